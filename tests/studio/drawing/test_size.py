"""Large and dense graphs are drawn with bounded work: way-points, rounds and comparisons have a limit."""

import random
from itertools import pairwise

import pytest

from whence.language import layout_rows
from whence.language.graph import Edge, Graph
from whence.language.layout import layout
from whence.language.roles import roles
from whence.studio.drawing.canvas import canvas
from whence.studio.reasoning.reading import Reading


def dense(size: int, count: int) -> Graph:
    rng = random.Random(size)
    names = [f"v{i}" for i in range(size)]
    pairs = {tuple(sorted(rng.sample(range(size), 2))) for _ in range(count)}
    return Graph.of(names, [Edge(names[a], names[b]) for a, b in sorted(pairs)])


@pytest.mark.parametrize(("size", "count"), [(40, 500), (120, 900)])
def test_the_longest_edges_get_no_way_points_beyond_the_limit(size: int, count: int):
    graph = dense(size, count)
    found = layout(graph, framed=False)
    points = sum(map(len, found.vias.values()))
    assert 0 < points < layout_rows.MOST_POINTS + size
    assert len(found.nodes) == size


def test_every_edge_of_a_dense_graph_is_drawn_and_a_pin_is_still_kept():
    graph = dense(60, 600)
    played = roles(graph, ["v10"], ["v59"])
    before = layout(graph, played, framed=False)
    given = Reading(graph, "identified", "", roles=played)
    picture = canvas(given, {"v3": (1.0, 2.0)}, None, address="/p/a", live=True, previous=before)
    assert picture.count('class="edge ') == len(graph.edges)
    assert 'data-x="1" data-y="2"' in picture
    assert 'class="wh-graph canvas large"' in picture


def test_thirty_mediators_stand_in_one_column_without_touching():
    edges = [Edge("X", f"m{i}") for i in range(30)] + [Edge(f"m{i}", "Y") for i in range(30)]
    graph = Graph.of((), edges)
    found = layout(graph, roles(graph, ["X"], ["Y"]), framed=False)
    places = sorted(node.y for node in found.nodes if node.role == "mediator")
    assert all(b - a > 60 for a, b in pairwise(places))
