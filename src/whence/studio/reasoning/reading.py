"""What a graph says for a question: roles, ways, what is adjusted for, whether the effect can be known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from whence.language.estimand import Estimand
from whence.language.graph import Edge, Graph
from whence.language.query import Query
from whence.language.refusals import Refusal
from whence.language.roles import Role
from whence.language.svg import Strand

Standing: TypeAlias = Literal["empty", "unasked", "misread", "identified", "refused"]
"""No graph yet; no question yet; one that cannot be read; proved; not identified (or not answerable)."""


@dataclass(frozen=True, slots=True)
class Way:
    """A path between treatment and outcome: `text` is "X ← U → Y", `why` says what blocks or opens it."""

    id: str
    nodes: tuple[str, ...]
    edges: tuple[Edge, ...]
    causal: bool
    open: bool
    text: str
    why: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What is known of the graph and the question, before any data.

    `headline` is one sentence ("Identified: adjust for {Z}."), `echo` the question as it was read, `trouble`
    what is wrong with it. `ways` are the first few paths (`more` says how many are not shown; there may be
    others still where they are `uncounted`). `barrier` says, where no adjustment serves, what stands in the
    way ("X ← U → Y is open"). `advised` says whether it was looked for what would help: that takes longer
    than to prove a refusal, so a reading may do without at first.
    """

    graph: Graph
    standing: Standing
    headline: str
    echo: str = ""
    trouble: str = ""
    query: Query | None = None
    reply: Estimand | Refusal | None = None
    verified: bool = False
    formula: str = ""
    adjusted: tuple[str, ...] = ()
    roles: Mapping[str, Role] | None = None
    strands: Mapping[Edge, Strand] | None = None
    ways: tuple[Way, ...] = ()
    more: int = 0
    uncounted: bool = False
    barrier: str = ""
    sets: tuple[tuple[str, ...], ...] = ()
    instruments: tuple[str, ...] = ()
    would_help: tuple[str, ...] = ()
    advised: bool = True


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the data say of one implied independence: `broken` when they contradict it."""

    x: str
    y: str
    given: tuple[str, ...]
    p: float
    effect: float
    n: int
    broken: bool
    sentence: str


@dataclass(frozen=True, slots=True)
class Verdicts:
    """All implied independences that the data could be asked about; `pending` while they are being asked."""

    pending: bool
    tested: tuple[Verdict, ...] = ()
    sentence: str = ""
