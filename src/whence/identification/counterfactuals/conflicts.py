"""Two models for a question that sees one variable at two values at once: in two worlds of the same case.

Two variables of one district listen to the same variable W, and the question has W at one value for the one
and at another for the other. In the first model both add W's bit to what they share, in the second neither
does. Whatever W is in one world, the two bits cancel: no observation and no experiment tells the models
apart. Across worlds they do not cancel.

Sources: I. Shpitser and J. Pearl, "What counterfactuals can be tested" (UAI 2007); J. Correa, S. Lee and
E. Bareinboim, "Nested counterfactual identification from arbitrary surrogate experiments" (NeurIPS 2021).

>>> from whence.language.graph import Edge
>>> g = Graph.of((), [Edge("X", "A"), Edge("X", "B"), Edge("A", "B", "<->")])
>>> [forest.tree for forest, way in conflicts(g, Aim(g.mask("X"), g.mask(["A", "B"])))]
[((1, 2),)]
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, pairwise

from whence.identification.kinship import ancestors, descendants
from whence.identification.witnesses.parity_forest import ParityForest
from whence.identification.witnesses.parity_routes import Aim, Routes, down_to, routes
from whence.language.graph import Graph, bits

AT_MOST = 30
"""Pairs of variables that are tried."""


def conflicts(graph: Graph, aim: Aim) -> Iterator[tuple[ParityForest, Routes]]:
    """What the two models are made of, for each variable below what is set and each two of its children."""
    among = ancestors(graph, aim.y | aim.z, graph.all)
    tried = 0
    for node in bits(descendants(graph, aim.x, graph.all) & among):
        for one, other in combinations(bits(graph.children[node] & among), 2):
            path = _joined(graph, one, other, among & ~(1 << node))
            tried += 1
            if tried > AT_MOST:
                return
            if not path:
                continue
            whole = sum(1 << each for each in path)
            way = routes(graph, path, aim)
            if way is None:
                continue
            way.crossing.update({one: node, other: node})
            if not aim.x >> node & 1:
                start = next(each for each in bits(aim.x) if descendants(graph, 1 << each, among) >> node & 1)
                way.flags += list(pairwise(down_to(graph, start, {node}, 0)))
            yield ParityForest(whole, whole, {}, tuple(pairwise(path))), way


def _joined(graph: Graph, one: int, other: int, among: int) -> list[int]:
    """A shortest path of bidirected edges between two nodes, or none."""
    came = {one: one}
    fresh = [one]
    while fresh and other not in came:
        found: list[int] = []
        for node in fresh:
            for spouse in bits(graph.spouses[node] & among):
                if spouse not in came:
                    came[spouse] = node
                    found.append(spouse)
        fresh = found
    if other not in came:
        return []
    path = [other]
    while path[-1] != one:
        path.append(came[path[-1]])
    return path[::-1]
