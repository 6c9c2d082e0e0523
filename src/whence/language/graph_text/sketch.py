"""A graph being read: what the formats put together before it is checked.

>>> sketch = Sketch()
>>> sketch.join(["x"], "<-", ["y", "z"])
>>> sketch.graph().edges
(Edge(source='y', target='x', mark='->', citations=()), Edge(source='z', target='x', mark='->', citations=()))
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from whence.language.graph import Edge, Graph, as_mark

if TYPE_CHECKING:
    from collections.abc import Sequence

    from whence.language.graph import Kind

MIRRORED = {"<-": "->", "<-o": "o->", "--o": "o--"}
"""Arrows drawn towards the left, as they are drawn towards the right."""


@dataclass(slots=True)
class Sketch:
    """Nodes in order of naming, edges, latent nodes, the kind if the text names one, and what else it says.

    `said` holds the attributes of nodes: roles and places, which are no part of a graph.
    """

    nodes: dict[str, None] = field(default_factory=dict[str, None])
    edges: list[Edge] = field(default_factory=list[Edge])
    latent: set[str] = field(default_factory=set[str])
    kind: Kind | None = None
    said: dict[str, dict[str, str]] = field(default_factory=dict[str, dict[str, str]])

    def add(self, name: str) -> str:
        """A node."""
        self.nodes[name] = None
        return name

    def join(self, left: Sequence[str], arrow: str, right: Sequence[str]) -> None:
        """An edge from each on the left to each on the right, however the arrow points."""
        if arrow in MIRRORED:
            left, right, arrow = right, left, MIRRORED[arrow]
        mark = as_mark(arrow)
        self.edges.extend(Edge(a, b, mark) for a in left for b in right)

    def graph(self, kind: Kind | None = None, latent: Sequence[str] = ()) -> Graph:
        """The graph, checked."""
        hidden = self.latent | set(latent)
        return Graph.of(self.nodes, self.edges, latent=hidden, kind=kind or self.kind)
