"""The sheet: everything a person has said so far in a project, as one value.

>>> Sheet().graph.nodes
()
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from whence.language.graph import Graph

Part: TypeAlias = Literal["treatment", "outcome", "placebo", "cluster", "weights", "ignored"]
"""What a column is for, where that was said; a column of no part is a covariate if the graph has it."""


@dataclass(frozen=True, slots=True)
class Dataset:
    """Which data the project holds: `key` names the stored columns, `label` is what a person calls them."""

    key: str
    label: str
    example: str | None = None


@dataclass(frozen=True, slots=True)
class Sheet:
    """What was said: data, parts of columns, graph, question and options.

    `contrast` holds the two values that are compared, from and to, as the person wrote them. `derive` are
    columns made from others, `where` keeps rows. `pins` are places of nodes that a person moved.
    """

    title: str = ""
    data: Dataset | None = None
    parts: Mapping[str, Part] = field(default_factory=dict[str, Part])
    contrast: tuple[str, str] | None = None
    derive: Mapping[str, str] = field(default_factory=dict[str, str])
    where: str | None = None
    graph: Graph = field(default_factory=lambda: Graph.of((), ()))
    pins: Mapping[str, tuple[float, float]] = field(default_factory=dict[str, tuple[float, float]])
    question: str = ""
    method: str = "auto"
    seed: int = 0
    level: float = 0.95

    def named(self, part: Part) -> tuple[str, ...]:
        """The columns of a part, in the order in which it was given to them."""
        return tuple(name for name, each in self.parts.items() if each == part)
