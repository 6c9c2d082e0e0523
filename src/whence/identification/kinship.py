"""Who descends from whom, and who shares hidden causes: ancestors, descendants, districts.

A district (or c-component) is a set of nodes that are joined by bidirected edges: the distribution of an
ADMG falls into one factor per district. All sets here are bit masks, and `among` restricts the graph to a
subset of its nodes.

Source: J. Tian and J. Pearl, "A general identification condition for causal effects" (AAAI 2002).

>>> from whence.language.graph import Edge, Graph
>>> g = Graph.of((), [Edge("X", "Z"), Edge("Z", "Y"), Edge("X", "Y", "<->")])
>>> [g.names(district) for district in districts(g, g.all)]
[('X', 'Y'), ('Z',)]
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from whence.language.graph import Graph, union
from whence.runtime.errors import InvalidGraph


def closure(rows: Sequence[int], start: int, among: int) -> int:
    """The nodes of `among` that a chain of `rows` leads to from `start`, which is one of them."""
    found = fresh = start
    while fresh:
        fresh = union(rows, fresh) & among & ~found
        found |= fresh
    return found


def ancestors(graph: Graph, of: int, among: int) -> int:
    """`of` and its ancestors in the subgraph on `among`."""
    return closure(graph.parents, of & among, among)


def descendants(graph: Graph, of: int, among: int) -> int:
    """`of` and its descendants in the subgraph on `among`."""
    return closure(graph.children, of & among, among)


def district(graph: Graph, of: int, among: int) -> int:
    """What bidirected edges of the subgraph on `among` join to `of`, itself included."""
    return closure(graph.spouses, of & among, among)


def districts(graph: Graph, among: int) -> list[int]:
    """The districts of the subgraph on `among`, by their first node."""
    found: list[int] = []
    spouses = graph.spouses
    left = among
    while left:
        low = left & -left
        joined = spouses[low.bit_length() - 1] & among
        group = closure(spouses, low | joined, among) if joined else low
        found.append(group)
        left &= ~group
    return found


def ancestral_around(graph: Graph, part: int, among: int) -> int:
    """The largest ancestral subset of `among` in which `part` is a district; empty if there is none."""
    beyond = union(graph.spouses, part) & among & ~part
    left = among & ~descendants(graph, beyond, among)
    return left if part & left == part else 0


def ancestors_of(graph: Graph, names: Iterable[str]) -> tuple[str, ...]:
    """The variables and their ancestors, by name; raises `UnknownVariable`."""
    return graph.names(ancestors(graph, graph.mask(names), graph.all))


def descendants_of(graph: Graph, names: Iterable[str]) -> tuple[str, ...]:
    """The variables and their descendants, by name; raises `UnknownVariable`."""
    return graph.names(descendants(graph, graph.mask(names), graph.all))


def require_directed(graph: Graph, purpose: str) -> None:
    """Raise `InvalidGraph` for kinds of graph whose edges leave directions open."""
    if graph.kind not in ("DAG", "ADMG"):
        raise InvalidGraph(
            f"{purpose} reads a DAG or an ADMG, and this graph is a {graph.kind}.",
            "Direct its open edges, or ask about one member of its class.",
        )
