"""Minimal separating sets: one in linear time, all of them one after the other.

Among the ancestors of x, y and what must be included, m-separation is plain separation in an undirected graph
(each district together with its parents made a clique). A set is minimal when no member but the included ones
can be left out; every minimal set lies among those ancestors. One is found by two closures, one from each
side; all are listed by growing the side of x one node at a time, which yields each set exactly once.

Sources: B. van der Zander and M. Liśkiewicz, "Finding minimal d-separators in linear time and applications"
(UAI 2019); K. Takata, "Space-optimal, backtracking algorithms to list the minimal vertex separators of a
graph" (2010).

>>> from whence.language.graph import Edge, Graph
>>> g = Graph.of((), [Edge("A", "X"), Edge("A", "M"), Edge("B", "M"), Edge("B", "Y")])
>>> task = Separation(Adjacency.of(g), g.mask("X"), g.mask("Y"), g.mask("M"), g.all)
>>> [g.names(found) for found in minimal_separators(task)]
[('A', 'M'), ('M', 'B')]
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from whence.identification.reachability import ANCESTORS, CONNECTED, Adjacency, reached
from whence.language.graph import bits, union
from whence.runtime.events import check_cancelled


@dataclass(frozen=True, slots=True)
class Separation:
    """What is to be separated, in masks: x from y by a set that holds `include`, within `allowed`."""

    adjacency: Adjacency
    x: int
    y: int
    include: int
    allowed: int


def minimal_separator(task: Separation) -> int | None:
    """A minimal set that m-separates x from y, `include` ⊆ set ⊆ `allowed`, or None if there is none."""
    edges = task.adjacency
    among = reached(ANCESTORS, edges, task.x | task.y | task.include)
    usable = (task.allowed & among & ~task.x & ~task.y) | task.include
    from_x = _closure(edges, task.x, usable, among)
    if from_x & task.y:
        return None
    near = (usable & from_x) | task.include
    return (near & _closure(edges, task.y, near, among)) | task.include


def _closure(edges: Adjacency, start: int, given: int, among: int) -> int:
    """Where walks lead whose non-colliders avoid `given`; among ancestors, every collider is open."""
    return reached(CONNECTED, edges, start, {"Z": given, "C": among}, among)


def minimal_separators(task: Separation) -> Iterator[int]:
    """Every minimal set, each once, lazily, with polynomial delay."""
    among = reached(ANCESTORS, task.adjacency, task.x | task.y | task.include)
    usable = task.allowed & among & ~task.x & ~task.y & ~task.include
    near = _without(_augmented(task.adjacency, among), among, usable | task.x | task.y | task.include)
    rows = [row & ~task.include for row in near]
    side = _side(rows, task.x, task.y)
    if side is None:
        return
    # Depth first by hand: (the side of x, the nodes that must not join it).
    pending = [(side, task.y)]
    while pending:
        check_cancelled()
        side, barred = pending.pop()
        border = union(rows, side) & ~side
        yield border | task.include
        branches: list[tuple[int, int]] = []
        for node in bits(border & ~barred):
            grown = _side(rows, side | 1 << node, task.y)
            if grown is not None and not grown & barred:
                branches.append((grown, barred))
            barred |= 1 << node
        pending.extend(reversed(branches))


def _side(rows: list[int], core: int, y: int) -> int | None:
    """The component of `core` off the separator next to y that `core` allows; None if it meets y."""
    shut = core | union(rows, core)
    if shut & y:
        return None
    far = _component(rows, y, ~shut)
    border = union(rows, far) & ~far
    return _component(rows, core, ~(border | far))


def _component(rows: list[int], start: int, among: int) -> int:
    found = fresh = start
    while fresh:
        fresh = union(rows, fresh) & among & ~found
        found |= fresh
    return found


def _augmented(edges: Adjacency, among: int) -> list[int]:
    """Who is joined to whom when each district of `among` and its parents are made a clique."""
    rows = [0] * len(edges.children)
    left = among
    while left:
        first = (left & -left).bit_length() - 1
        group, pending = 1 << first, [first]
        clique = group
        while pending:
            node = pending.pop()
            clique |= 1 << node
            for parent in edges.parents[node]:
                clique |= 1 << parent
            for spouse in edges.spouses[node]:
                if among >> spouse & 1 and not group >> spouse & 1:
                    group |= 1 << spouse
                    pending.append(spouse)
        for node in bits(clique):
            rows[node] |= clique & ~(1 << node)
        left &= ~group
    return rows


def _without(rows: list[int], among: int, kept: int) -> list[int]:
    """The undirected graph on `kept`, where paths through the other nodes of `among` count as edges."""
    rows = list(rows)
    for node in bits(among & ~kept):
        beside = rows[node]
        for other in bits(beside):
            rows[other] = (rows[other] | beside) & ~(1 << other) & ~(1 << node)
    return [row & kept for row in rows]
