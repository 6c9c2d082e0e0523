"""What a person can do to a sheet. An edit is a value: it goes into the log as JSON and comes back equal.

`applied` gives the next sheet, or raises the typed error of whatever room finds the edit wrong
(`CyclicGraph`, `UnknownVariable`, …); a sheet is never half edited.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from whence.language.graph import Mark
from whence.studio.projects.sheet import Dataset, Part

Role: TypeAlias = Literal["treatment", "outcome", "none"]


@dataclass(frozen=True, slots=True)
class Rename:
    """Give the project a title."""

    title: str


@dataclass(frozen=True, slots=True)
class LoadData:
    """Take up data; nodes of the graph stay. A graph without nodes gets one for each column (at most 12)."""

    data: Dataset
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DropData:
    """Put the data away."""


@dataclass(frozen=True, slots=True)
class SetPart:
    """Say what a column is for; None takes that back. One treatment and one outcome at a time."""

    column: str
    part: Part | None


@dataclass(frozen=True, slots=True)
class SetContrast:
    """Say which two values of the treatment are compared; None for the usual ones."""

    values: tuple[str, str] | None


@dataclass(frozen=True, slots=True)
class Derive:
    """Make a column from others by an expression; an empty expression takes the column away."""

    name: str
    expression: str


@dataclass(frozen=True, slots=True)
class Where:
    """Keep the rows of which the condition is true; an empty one keeps all."""

    condition: str


@dataclass(frozen=True, slots=True)
class AddNode:
    """Add a variable to the graph, at a place if one is given."""

    name: str
    at: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class RemoveNode:
    """Take a variable and its edges out of the graph."""

    name: str


@dataclass(frozen=True, slots=True)
class RenameNode:
    """Call a variable otherwise, edges, part and place kept."""

    name: str
    to: str


@dataclass(frozen=True, slots=True)
class SetLatent:
    """Say whether a variable was measured."""

    name: str
    latent: bool


@dataclass(frozen=True, slots=True)
class AddEdge:
    """Join two variables; nodes that are not there yet are added."""

    source: str
    target: str
    mark: Mark = "->"


@dataclass(frozen=True, slots=True)
class RemoveEdge:
    """Take an edge out."""

    source: str
    target: str
    mark: Mark


@dataclass(frozen=True, slots=True)
class ChangeEdge:
    """Turn an edge into another between the same two: turned round (its ends swapped) or re-marked."""

    source: str
    target: str
    mark: Mark
    to_source: str
    to_target: str
    to_mark: Mark


@dataclass(frozen=True, slots=True)
class MoveNode:
    """Pin a variable to a place of the drawing; None lets the layout place it again."""

    name: str
    at: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Unpin:
    """Let the layout place every variable again."""


@dataclass(frozen=True, slots=True)
class SetGraph:
    """Replace the whole graph by a text in any format that `whence.graph` reads."""

    text: str


@dataclass(frozen=True, slots=True)
class Ask:
    """Put the question that the page shows; an empty one is made from treatment and outcome."""

    question: str


@dataclass(frozen=True, slots=True)
class SetOptions:
    """Choose method, seed and level."""

    method: str
    seed: int
    level: float


Edit: TypeAlias = (
    Rename
    | LoadData
    | DropData
    | SetPart
    | SetContrast
    | Derive
    | Where
    | AddNode
    | RemoveNode
    | RenameNode
    | SetLatent
    | AddEdge
    | RemoveEdge
    | ChangeEdge
    | MoveNode
    | Unpin
    | SetGraph
    | Ask
    | SetOptions
)
