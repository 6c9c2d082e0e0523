"""How the ways of a question are shown on the drawing: where each runs, and where it is stopped.

A way that is open flows from end to end. One that is blocked runs from either end up to the nearest variable
that blocks it, and rests between. A variable blocks a way if it is held and passes it on (a chain or a fork),
or if two arrows of the way meet in it and neither it nor anything it causes is held.

Source: J. Pearl, "Causality" (2009), section 1.2.3.

>>> from whence.language.graph import Edge, Graph
>>> g = Graph.of((), [Edge("Z", "X"), Edge("Z", "Y")])
>>> way = Way("w1", ("X", "Z", "Y"), g.edges, False, False, "X ← Z → Y", "held")
>>> blockers(way, g, {"Z"}), blockers(way, g, set())
(('Z',), ())
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from whence.language.graph import Edge, Graph
from whence.language.roles import closure
from whence.studio.reasoning.reading import Reading, Way


@dataclass(slots=True)
class Trace:
    """The ids of the ways that run through an edge as drawn, against it, or are at rest in it."""

    flow: list[str] = field(default_factory=list[str])
    ebb: list[str] = field(default_factory=list[str])
    stopped: list[str] = field(default_factory=list[str])


@dataclass(frozen=True, slots=True)
class Traces:
    """What to light up for each way: its edges, the variables on it, and those that block it."""

    edges: Mapping[Edge, Trace]
    along: Mapping[str, list[str]]
    blocking: Mapping[str, list[str]]


def traces(reading: Reading) -> Traces:
    """The marks that the ways of a reading leave on edges and variables."""
    edges: dict[Edge, Trace] = {}
    along: dict[str, list[str]] = {}
    blocking: dict[str, list[str]] = {}
    conditions = reading.query.conditions if reading.query is not None else ()
    held = {*reading.adjusted, *conditions}
    for way in reading.ways:
        at = () if way.open else blockers(way, reading.graph, held)
        for name in way.nodes:
            along.setdefault(name, []).append(way.id)
        for name in at:
            blocking.setdefault(name, []).append(way.id)
        first = way.nodes.index(at[0]) if at else (len(way.nodes) if way.open else 0)
        last = way.nodes.index(at[-1]) if at else len(way.nodes)
        for place, (edge, name) in enumerate(zip(way.edges, way.nodes, strict=False)):
            trace = edges.setdefault(edge, Trace())
            forward = edge.source == name
            if first <= place < last:
                trace.stopped.append(way.id)
            elif forward == (place < first):
                trace.flow.append(way.id)
            else:
                trace.ebb.append(way.id)
    return Traces(edges, along, blocking)


def blockers(way: Way, graph: Graph, held: Collection[str]) -> tuple[str, ...]:
    """The variables at which a way is blocked while these are held, in the order of the way."""
    leading = closure(graph.parents, graph.mask(name for name in held if name in graph.index))
    found: list[str] = []
    for name, (before, after) in zip(way.nodes[1:-1], pairwise(way.edges), strict=False):
        if _points_at(before, name) and _points_at(after, name):
            if not leading >> graph.index[name] & 1:
                found.append(name)
        elif name in held:
            found.append(name)
    return tuple(found)


def _points_at(edge: Edge, name: str) -> bool:
    return edge.mark[-1] == ">" if edge.target == name else edge.mark[0] == "<"
