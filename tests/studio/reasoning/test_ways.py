"""Ways between treatment and outcome: open and blocked exactly as m-separation says, whatever is cut."""

from __future__ import annotations

import random
from itertools import combinations, permutations, product

import pytest

from whence.identification.adjustment import adjustment_sets, back_door
from whence.identification.separation import separated
from whence.language.graph import Edge, Graph
from whence.studio.reasoning.paths import paths
from whence.studio.reasoning.ways import ways

BETWEEN = ((), ("->",), ("<->",), ("->", "<->"))


def small_graphs(size: int, *, stride: int = 1, start: int = 0):
    """Every ADMG on so many nodes in one order, treatment and outcome anywhere in it; or one in `stride`."""
    for number, choice in enumerate(product(BETWEEN, repeat=size * (size - 1) // 2)):
        if number % stride != start:
            continue
        for x, y in permutations(range(size), 2):
            others = iter("AB")
            names = ["X" if i == x else "Y" if i == y else next(others) for i in range(size)]
            pairs = list(combinations(range(size), 2))
            edges = [
                Edge(names[a], names[b], m) for (a, b), ms in zip(pairs, choice, strict=True) for m in ms
            ]
            yield Graph.of(names, edges)


def subsets(names):
    return [each for size in range(len(names) + 1) for each in combinations(names, size)]


def without_first_edges(graph: Graph) -> tuple[Graph, tuple[str, ...]]:
    """The proper back-door graph, built edge by edge, and what must not be adjusted for."""
    door = back_door(graph, "X", "Y")
    causal = graph.names(door.causal)
    left = [e for e in graph.edges if not (e.mark == "->" and e.source == "X" and e.target in causal)]
    return Graph.of(graph.nodes, left, kind="ADMG"), graph.names(door.forbidden)


def check(graph: Graph) -> None:
    cut, forbidden = without_first_edges(graph)
    others = [name for name in graph.nodes if name not in ("X", "Y")]
    for given in subsets(others):
        found = ways(graph, ["X"], ["Y"], given, [], shown=12)
        assert any(w.open for w in found.ways) is not separated(graph, "X", "Y", given), (graph, given)
        if not set(given) & set(forbidden):
            biased = any(w.open and not w.causal for w in found.ways)
            assert biased is not separated(cut, "X", "Y", given), (graph, given)
            assert all(w.open for w in found.ways if w.causal)
        assert bool(found.barrier) is (adjustment_sets(graph, "X", "Y").first is None), graph
        for way in found.ways:
            assert way.why.startswith("Open: " if way.open else "Blocked"), way
            assert way.why.endswith(".") and len(way.why) > len("Blocked."), way


def test_ways_are_open_exactly_where_m_separation_fails_in_every_graph_of_three() -> None:
    for graph in small_graphs(3):
        check(graph)


@pytest.mark.parametrize("start", [0, 5])
def test_ways_are_open_exactly_where_m_separation_fails_in_graphs_of_four(start: int) -> None:
    for graph in small_graphs(4, stride=23, start=start):
        check(graph)


def test_a_way_named_as_barrier_is_open_when_nothing_is_adjusted_for() -> None:
    seen = 0
    for graph in small_graphs(4, stride=29):
        found = ways(graph, ["X"], ["Y"], [], [], shown=100)
        if found.barrier:
            first = found.barrier.split(" is open")[0]
            (way,) = [w for w in found.ways if w.text == first]
            assert way.open and not way.causal
            seen += 1
    assert seen > 100


def test_what_adjusting_opens_is_open_then_and_was_not_before() -> None:
    seen = 0
    for graph in small_graphs(4, stride=7):
        barrier = ways(graph, ["X"], ["Y"], [], [], shown=100).barrier
        if " opens " in barrier:
            held = barrier.split("{")[1].split("}")[0].split(", ")
            after = {w.text: w.open for w in ways(graph, ["X"], ["Y"], held, [], shown=100).ways}
            before = {w.text: w.open for w in ways(graph, ["X"], ["Y"], [], [], shown=100).ways}
            text = barrier.split(" opens ")[1]
            assert after[text] and not before[text]
            seen += 1
    assert seen > 10


def dense(size: int, seed: int, share: float = 0.5) -> Graph:
    chance = random.Random(seed)
    names = ["X", *(f"v{i}" for i in range(size - 2)), "Y"]
    order = chance.sample(names, size)
    edges = [Edge(a, b) for a, b in combinations(order, 2) if chance.random() < share]
    edges += [Edge(a, b, "<->") for a, b in combinations(order, 2) if chance.random() < 0.01]
    return Graph.of(names, edges)


@pytest.mark.parametrize("size", [12, 30, 100])
def test_a_bias_is_shown_however_many_ways_there_are(size: int) -> None:
    for seed in range(6):
        graph = dense(size, seed)
        cut, forbidden = without_first_edges(graph)
        chance = random.Random(seed)
        free = [n for n in graph.nodes if n not in (*forbidden, "Y")]
        largest = [n for n in free if n in graph.names(_above(graph))]
        for given in ([], chance.sample(free, len(free) // 2), free, largest):
            found = ways(graph, ["X"], ["Y"], given, [], shown=12)
            assert len(found.ways) <= 12
            biased = any(w.open and not w.causal for w in found.ways)
            assert biased is not separated(cut, "X", "Y", given)


def _above(graph: Graph) -> int:
    found = graph.mask(["X", "Y"])
    for node in reversed(graph.order):
        if found >> node & 1:
            found |= graph.parents[node]
    return found


def test_the_search_in_a_complete_graph_of_a_hundred_ends_and_says_that_it_did_not_count_all() -> None:
    graph = dense(100, 1, share=1.0)
    found = paths(graph, graph.mask("X"), graph.mask("Y"))
    assert not found.all and len(found.found) <= 100
    shown = ways(graph, ["X"], ["Y"], [], [], shown=12)
    assert shown.uncounted and len(shown.ways) == 12 and shown.more > 0


def test_all_paths_of_a_small_graph_are_counted_shortest_first() -> None:
    graph = Graph.of((), [Edge("X", "Y"), Edge("X", "Y", "<->"), Edge("X", "M"), Edge("M", "Y")])
    found = ways(graph, ["X"], ["Y"], [], [], shown=2)
    assert (len(found.ways), found.more, found.uncounted) == (2, 1, False)
    assert [way.text for way in ways(graph, ["X"], ["Y"], [], [], shown=9).ways] == [
        "X → Y",
        "X ↔ Y",
        "X → M → Y",
    ]


def test_ways_of_several_treatments_leave_all_of_them_for_good() -> None:
    graph = Graph.of((), [Edge("X", "V"), Edge("V", "Y"), Edge("U", "X"), Edge("U", "V")])
    found = ways(graph, ["X", "V"], ["Y"], [], [], shown=9)
    assert [way.text for way in found.ways] == ["V → Y"]


WORDS = [
    ("Z -> X; Z -> Y; X -> Y", [], [], "X ← Z → Y", "Open: Z is not adjusted for."),
    ("Z -> X; Z -> Y; X -> Y", ["Z"], [], "X ← Z → Y", "Blocked: Z is adjusted for."),
    ("Z -> X; Z -> Y; X -> Y", [], ["Z"], "X ← Z → Y", "Blocked: Z is held as seen."),
    (
        "X -> M -> Y",
        ["M"],
        [],
        "X → M → Y",
        "Blocked: M is adjusted for, which takes that part of the effect away.",
    ),
    ("X -> Y; X <-> Y", [], [], "X ↔ Y", "Open: a hidden cause is shared by X and Y."),
    ("Y -> X", [], [], "X ← Y", "Open: Y causes X."),
    ("A -> X; A -> B; B -> Y", [], [], "X ← A → B → Y", "Open: neither A nor B is adjusted for."),
    (
        "X -> S; Y -> S",
        [],
        [],
        "X → S ← Y",
        "Blocked at S: two arrows meet there, and it is not held fixed.",
    ),
    (
        "X -> S; Y -> S; S -> D",
        [],
        [],
        "X → S ← Y",
        "Blocked at S: two arrows meet there, and neither S nor anything it causes is held fixed.",
    ),
    ("X -> S; Y -> S", ["S"], [], "X → S ← Y", "Open: S, where two arrows meet, is adjusted for."),
    (
        "X -> S; Y -> S; S -> D",
        ["D"],
        [],
        "X → S ← Y",
        "Open: two arrows meet at S, and D is adjusted for, which it causes.",
    ),
    (
        "X -> M -> Y; X <-> M",
        [],
        [],
        "X ↔ M → Y",
        "Open: M comes after the treatment, and adjusting for it would take from the effect.",
    ),
]


@pytest.mark.parametrize(("text", "adjusted", "seen", "way", "why"), WORDS)
def test_why_a_way_is_open_or_blocked_is_told(text, adjusted, seen, way, why) -> None:
    from whence.language.graph_text import graph

    told = {each.text: each.why for each in ways(graph(text), ["X"], ["Y"], adjusted, seen, shown=12).ways}
    assert told[way] == why


def test_an_unobserved_cause_is_said_to_be_out_of_reach() -> None:
    graph = Graph.of((), [Edge("U", "X"), Edge("U", "Y")], latent=["U"])
    (way,) = ways(graph, ["X"], ["Y"], [], [], shown=12).ways
    assert way.why == "Open: U was not observed, so it cannot be adjusted for."
