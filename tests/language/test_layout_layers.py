"""The layered method: rows are optimal, orders good, edits move little, pins are kept."""

import random
import statistics
from itertools import combinations

import numpy as np
import pytest
from scipy.optimize import linprog

from whence.language.graph import Edge, Graph
from whence.language.layout import Layout, layout
from whence.language.layout_order import Web, arrange, crossings
from whence.language.layout_ranks import ranks
from whence.language.layout_rows import spread
from whence.language.roles import roles
from whence.language.routes import labels, routes, shape_box
from whence.runtime.errors import CyclicGraph


def random_links(rng: random.Random, size: int, per_node: float) -> list[tuple[int, int]]:
    pairs = {tuple(sorted(rng.sample(range(size), 2))) for _ in range(round(size * per_node))}
    return sorted(pairs)


def random_dag(seed: int, size: int) -> Graph:
    names = [f"v{i}" for i in range(size)]
    links = random_links(random.Random(seed), size, 1.6)
    return Graph.of(names, [Edge(names[a], names[b]) for a, b in links])


@pytest.mark.parametrize("seed", range(30))
def test_rows_are_as_short_in_all_as_a_linear_program_finds(seed: int):
    rng = random.Random(seed)
    size = rng.randint(2, 30)
    links = random_links(rng, size, rng.uniform(0.8, 2.2))
    found = ranks(size, links)
    assert all(found[b] > found[a] for a, b in links)
    cost, less = np.zeros(size), np.zeros((len(links), size))
    for i, (a, b) in enumerate(links):
        cost[b] += 1
        cost[a] -= 1
        less[i, a], less[i, b] = 1, -1
    best = linprog(cost, A_ub=less, b_ub=-np.ones(len(links)), bounds=[(0, size)] * size).fun
    assert sum(found[b] - found[a] for a, b in links) == pytest.approx(best)


def web_of(links: list[tuple[int, int]], upper: int, lower: int) -> Web:
    up: list[list[int]] = [[] for _ in range(upper + lower)]
    down: list[list[int]] = [[] for _ in range(upper + lower)]
    for a, b in links:
        down[a].append(upper + b)
        up[upper + b].append(a)
    return Web([list(range(upper)), list(range(upper, upper + lower))], up, down)


@pytest.mark.parametrize("seed", range(20))
def test_crossings_are_counted_pair_by_pair(seed: int):
    rng = random.Random(seed)
    links = [(rng.randrange(6), rng.randrange(6)) for _ in range(10)]
    expected = sum((a - c) * (b - d) < 0 for (a, b), (c, d) in combinations(links, 2))
    assert crossings(web_of(links, 6, 6)) == expected


def test_a_tree_and_a_ladder_are_drawn_without_a_crossing():
    rng = random.Random(1)
    for size in (10, 20, 40):
        tree = [Edge(f"v{rng.randrange(i)}", f"v{i}") for i in range(1, size)]
        names = [f"v{i}" for i in range(size)]
        rng.shuffle(names)
        web = drawn_web(Graph.of(names, tree))
        assert crossings(web) == 0


def drawn_web(graph: Graph) -> Web:
    links = [(graph.index[edge.source], graph.index[edge.target]) for edge in graph.edges]
    rank = ranks(len(graph.nodes), links)
    rows: list[list[int]] = [[] for _ in range(max(rank) + 1)]
    for node, row in enumerate(rank):
        rows[row].append(node)
    up: list[list[int]] = [[] for _ in rank]
    down: list[list[int]] = [[] for _ in rank]
    for a, b in links:
        assert rank[b] == rank[a] + 1
        down[a].append(b)
        up[b].append(a)
    web = Web(rows, up, down)
    arrange(web)
    return web


def test_a_still_row_keeps_its_order_though_edges_cross():
    web = web_of([(0, 2), (1, 1), (2, 0)], 3, 3)
    web.still = frozenset({0})
    arrange(web)
    assert web.rows == [[0, 1, 2], [5, 4, 3]]


def test_spread_keeps_order_and_distance_and_gives_way_to_what_weighs_more():
    assert spread([0.0, 0.0], [0.0, 10.0], [1.0, 1.0]) == [-5.0, 5.0]
    assert spread([0.0, 0.0], [0.0, 10.0], [1e9, 1.0]) == pytest.approx([0.0, 10.0], abs=1e-6)
    assert spread([0.0, 100.0], [0.0, 10.0], [1.0, 1.0]) == [0.0, 100.0]


@pytest.mark.parametrize("seed", range(12))
def test_without_a_question_every_effect_stands_below_its_cause(seed: int):
    graph = random_dag(seed, 15)
    at = {node.name: node.y for node in layout(graph, framed=False).nodes}
    assert all(at[edge.source] < at[edge.target] for edge in graph.edges)


@pytest.mark.parametrize("seed", range(12))
def test_long_edges_run_past_the_nodes_of_the_rows_they_cross(seed: int):
    graph = random_dag(seed, 18)
    found = layout(graph, framed=False)
    assert found.vias
    boxes = {node.name: shape_box(node) for node in found.nodes}
    for pair, points in found.vias.items():
        assert not any(
            box.holds(point) for name, box in boxes.items() if name not in pair for point in points
        )
    assert len(routes(graph, found, labels(graph, found))) == len(graph.edges)


def places(found: Layout) -> dict[str, tuple[float, float]]:
    return {node.name: (node.x, node.y) for node in found.nodes}


def edited(graph: Graph, rng: random.Random) -> Graph:
    while True:
        edges = list(graph.edges)
        if rng.random() < 0.5:
            edges.remove(rng.choice(edges))
        else:
            edges.append(Edge(*rng.sample(graph.nodes, 2)))
        try:
            return Graph.of(graph.nodes, edges)
        except CyclicGraph:
            continue


@pytest.mark.parametrize("question", [False, True])
def test_an_edit_moves_a_fifth_of_the_nodes_at_most_in_the_median(question: bool):
    shares: list[float] = []
    for seed in range(30):
        rng = random.Random(seed)
        graph = random_dag(seed, rng.randint(8, 16))
        after = edited(graph, rng)
        ends = (["v1"], [graph.nodes[-1]]) if question else ([], [])
        before = layout(graph, roles(graph, *ends), framed=False)
        then = layout(after, roles(after, *ends), framed=False, previous=before)
        old, new = places(before), places(then)
        shares.append(sum(new[name] != old[name] for name in new) / len(new))
    assert statistics.median(shares) <= 0.2


def test_a_dense_graph_is_drawn_again_without_a_look_at_every_pair_of_lines(monkeypatch):
    from whence.language import layout_kept as rooms

    names = [f"v{i}" for i in range(60)]
    graph = Graph.of(names, [Edge(a, b) for a, b in combinations(names, 2)])
    before = layout(graph, framed=False)
    looked = 0

    def looks(some, others):
        nonlocal looked
        looked += len(list(some)) * len(others)
        return 0

    monkeypatch.setattr(rooms, "crossings_with", looks)
    layout(graph, roles(graph, ["v0"], ["v50"]), framed=False, previous=before)
    assert 0 < looked < 200 * rooms.MOST_LOOKS


@pytest.mark.parametrize("seed", range(8))
def test_drawing_the_same_again_changes_nothing(seed: int):
    graph = random_dag(seed, 14)
    played = roles(graph, ["v2"], ["v13"])
    once = layout(graph, played, framed=False, pins={"v3": (50.0, 60.0)})
    assert layout(graph, played, framed=False, previous=once, pins={"v3": (50.0, 60.0)}) == once


@pytest.mark.parametrize("seed", range(10))
def test_pins_are_kept_and_nothing_is_put_on_them(seed: int):
    rng = random.Random(seed)
    graph = random_dag(seed, 12)
    before = layout(graph, framed=False)
    at = places(before)
    pins = {"v0": at["v5"], "v7": (rng.uniform(-200, 600), rng.uniform(-200, 600))}
    for previous in (None, before):
        found = layout(graph, framed=False, previous=previous, pins=pins)
        now = places(found)
        assert {name: now[name] for name in pins} == pins
        boxes = {node.name: shape_box(node) for node in found.nodes}
        for name in pins:
            others = [box for other, box in boxes.items() if other not in pins]
            assert not any(boxes[name].meets(box) for box in others)


def test_a_graph_that_grows_edge_by_edge_stays_about_as_clear_as_one_drawn_afresh():
    kept = fresh = 0
    for seed in range(6):
        graph = random_dag(seed, 14)
        found, now = None, graph
        for count in range(1, len(graph.edges) + 1):
            now = Graph.of((), graph.edges[:count])
            found = layout(now, framed=False, previous=found)
        assert found is not None
        kept += straight_crossings(now, places(found))
        fresh += straight_crossings(now, places(layout(now, framed=False)))
    assert kept <= 1.5 * fresh + 12


def straight_crossings(graph: Graph, at: dict[str, tuple[float, float]]) -> int:
    def turn(a, b, c):
        return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])

    total = 0
    for one, other in combinations(graph.edges, 2):
        a, b, c, d = at[one.source], at[one.target], at[other.source], at[other.target]
        total += turn(a, b, c) * turn(a, b, d) < 0 and turn(c, d, a) * turn(c, d, b) < 0
    return total


def test_groups_of_alike_covariates_and_chains_through_a_group_are_drawn():
    # A way out of a group and back into it must not make its row depend on itself.
    clique = [Edge(a, b, "<->") for a, b in combinations(("a", "b", "c"), 2)]
    graph = Graph.of(
        (), [*clique, Edge("a", "d"), Edge("d", "b"), Edge("c", "X"), Edge("b", "Y"), Edge("X", "Y")]
    )
    found = layout(graph, roles(graph, ["X"], ["Y"]))
    assert len(found.nodes) == 6
    assert len(found.frames) == 1


def test_undirected_and_circle_marks_make_rows_too():
    chain = [Edge(a, b, "o-o") for a, b in ("ab", "bc", "cd", "de")]
    at = places(layout(Graph.of((), chain, kind="PAG"), framed=False))
    assert len({y for _, y in at.values()}) > 1
