"""Where a way is stopped on the drawing agrees with whether it is open, by the definition itself."""

import random
from itertools import pairwise

import pytest

from whence.language.graph import Edge, Graph
from whence.studio.drawing.ways import blockers, traces
from whence.studio.reasoning.reading import Reading, Way


def descendants(graph: Graph, name: str) -> set[str]:
    found, stack = set(), [name]
    while stack:
        node = stack.pop()
        if node not in found:
            found.add(node)
            stack += graph.names(graph.children[graph.index[node]])
    return found


def blocked_by_definition(graph: Graph, way: Way, held: set[str]) -> set[str]:
    found: set[str] = set()
    for i in range(1, len(way.nodes) - 1):
        node, edges = way.nodes[i], way.edges[i - 1 : i + 1]
        heads = [edge.mark == "<->" or edge.target == node for edge in edges]
        if (all(heads) and not descendants(graph, node) & held) or (not all(heads) and node in held):
            found.add(node)
    return found


def walk(graph: Graph, chance: random.Random) -> Way | None:
    """A random path of three nodes or more."""
    at = [chance.choice(graph.nodes)]
    edges: list[Edge] = []
    while len(at) < 5:
        step = [
            e for e in graph.edges if at[-1] in (e.source, e.target) and not {e.source, e.target} <= set(at)
        ]
        if not step:
            break
        edge = chance.choice(step)
        at.append(edge.target if edge.source == at[-1] else edge.source)
        edges.append(edge)
    return Way("w1", tuple(at), tuple(edges), False, False, "", "") if len(at) > 2 else None


@pytest.mark.parametrize("seed", range(40))
def test_blockers_are_those_of_the_definition(seed: int):
    chance = random.Random(seed)
    names = [f"v{i}" for i in range(7)]
    edges = [Edge(a, b) for i, a in enumerate(names) for b in names[i + 1 :] if chance.random() < 0.35]
    graph = Graph.of(names, [*edges, Edge("v0", "v6", "<->")])
    way = next(found for _ in range(100) if (found := walk(graph, chance)))
    held = {name for name in names if name not in (way.nodes[0], way.nodes[-1]) and chance.random() < 0.4}
    assert set(blockers(way, graph, held)) == blocked_by_definition(graph, way, held)


def test_a_blocked_way_runs_from_both_ends_to_what_blocks_it():
    edges = tuple(Edge(a, b) for a, b in pairwise("ABCDE"))
    graph = Graph.of((), edges)
    way = Way("w1", tuple("ABCDE"), edges, False, False, "", "")
    found = traces(Reading(graph, "identified", "", adjusted=("B", "D"), ways=(way,)))
    told = [(bool(t.flow), bool(t.ebb), bool(t.stopped)) for t in (found.edges[edge] for edge in edges)]
    assert told == [
        (True, False, False),
        (False, False, True),
        (False, False, True),
        (False, True, False),
    ]
    assert set(found.blocking) == {"B", "D"}


def test_an_open_way_flows_from_end_to_end_against_its_arrows_too():
    edges = (Edge("U", "X"), Edge("U", "Y"))
    graph = Graph.of((), edges)
    way = Way("w1", ("X", "U", "Y"), edges, False, True, "", "")
    found = traces(Reading(graph, "identified", "", ways=(way,)))
    assert found.edges[edges[0]].ebb == ["w1"]
    assert found.edges[edges[1]].flow == ["w1"]
    assert not found.blocking
