"""What each edge carries for a question: the effect, an open bias, a bias that is blocked, or neither.

An edge carries the effect when it lies on a directed way from treatment to outcome, and bias when it lies on
a way between the two that stays open once the effect's own first edges are taken out. Adjusting blocks some
such ways and (at colliders) opens others.

Source: E. Perković, J. Textor, M. Kalisch and M. Maathuis, "Complete graphical characterization and
construction of adjustment sets" (2018), for the graph without the first edges of causal paths.

>>> from whence.language.graph import Edge, Graph
>>> g = Graph.of((), [Edge("Z", "X"), Edge("Z", "Y"), Edge("X", "Y")])
>>> strands(g, ["X"], ["Y"])[Edge("Z", "X")], strands(g, ["X"], ["Y"], ["Z"])[Edge("Z", "X")]
('open', 'blocked')
"""

from __future__ import annotations

from collections.abc import Iterable

from whence.language.graph import Edge, Graph, bits, union
from whence.language.roles import closure
from whence.language.svg import Strand

Walk = tuple[int, bool]
"""A node and whether it was entered through an arrowhead."""


def strands(
    graph: Graph, treatments: Iterable[str], outcomes: Iterable[str], adjusted: Iterable[str] = ()
) -> dict[Edge, Strand]:
    """What each edge carries; names that are not in the graph are skipped."""
    x, y, z = (graph.mask(n for n in names if n in graph.index) for names in (treatments, outcomes, adjusted))
    if not x or not y:
        return {}
    between = closure(graph.children, union(graph.children, x)) & closure(graph.parents, y)
    biased, still = _open_edges(graph, x, y, 0), _open_edges(graph, x, y, z)
    found: dict[Edge, Strand] = {}
    for edge in graph.edges:
        a, b = graph.index[edge.source], graph.index[edge.target]
        carries = edge.mark == "->" and (x | between) >> a & 1 and between >> b & 1
        if carries:
            found[edge] = "causal"
        elif edge in still:
            found[edge] = "open"
        elif edge in biased:
            found[edge] = "blocked"
        else:
            found[edge] = "plain"
    return found


def _open_edges(graph: Graph, x: int, y: int, given: int) -> set[Edge]:
    """The edges on ways between x and y that are open given the mask, the effect's first edges taken out."""
    between = closure(graph.children, union(graph.children, x)) & closure(graph.parents, y)
    steps: dict[int, list[tuple[int, bool, bool, Edge]]] = {node: [] for node in range(len(graph.nodes))}
    for edge in graph.edges:
        a, b = graph.index[edge.source], graph.index[edge.target]
        first = edge.mark == "->" and x >> a & 1 and between >> b & 1
        if not first:
            into_a, into_b = edge.mark == "<->", edge.mark in ("->", "<->", "o->")
            steps[a].append((b, into_a, into_b, edge))
            steps[b].append((a, into_b, into_a, edge))
    known = closure(graph.parents, given)
    from_x = _reached(steps, x, given, known)
    from_y = _reached(steps, y, given, known)
    found: set[Edge] = set()
    for node, ways in steps.items():
        for other, leaves_by_head, enters_by_head, edge in ways:
            starts = x >> node & 1 or any(
                _passes(node, head, leaves_by_head, given, known)
                for head in (True, False)
                if (node, head) in from_x
            )
            ends = y >> other & 1 or any(
                _passes(other, head, enters_by_head, given, known)
                for head in (True, False)
                if (other, head) in from_y
            )
            if starts and ends and not x >> other & 1 and not y >> node & 1:
                found.add(edge)
    return found


def _reached(
    steps: dict[int, list[tuple[int, bool, bool, Edge]]], start: int, given: int, known: int
) -> set[Walk]:
    """Every node that an open way from the start reaches, with how it is entered."""
    found: set[Walk] = set()
    pending: list[Walk] = []
    for node in bits(start):
        pending += [(other, enters) for other, _, enters, _ in steps[node]]
    while pending:
        node, head = pending.pop()
        if (node, head) in found or start >> node & 1:
            continue
        found.add((node, head))
        pending += [
            (other, enters)
            for other, leaves, enters, _ in steps[node]
            if _passes(node, head, leaves, given, known)
        ]
    return found


def _passes(node: int, entered_by_head: bool, left_by_head: bool, given: int, known: int) -> bool:
    """Whether a way may go on through the node: a collider if known of, another if not held."""
    if entered_by_head and left_by_head:
        return bool(known >> node & 1)
    return not given >> node & 1
