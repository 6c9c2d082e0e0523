"""Front-door sets, instruments and implied independences against their definitions."""

import numpy as np

from identification.definitions import subsets
from identification.test_id_published_cases import front_door_by_definition
from oracles.worlds import arrows, random_admg, random_hidden
from whence.identification.front_door import front_door_set
from whence.identification.implications import implied_independences
from whence.identification.instruments import Instrument, instruments
from whence.identification.separation import separated


def test_a_front_door_set_exists_exactly_where_the_definition_has_one():
    rng = np.random.default_rng(41)
    verdicts = []
    for _ in range(400):
        graph = random_admg(rng, int(rng.integers(3, 7)), degree=2.5, share=0.3)
        x, *others, y = (graph.nodes[i] for i in graph.order)
        exists = any(front_door_by_definition(graph, x, y, z) for z in subsets(others))
        found = front_door_set(graph, x, y)
        assert (found is not None) == exists
        assert found is None or front_door_by_definition(graph, x, y, found)
        verdicts.append(found)
    assert sum(bool(found) for found in verdicts) > 20
    assert verdicts.count(None) > 20


def test_the_front_door_set_is_the_mediator_and_not_all_that_could_join_it():
    graph = arrows("X->A A->B B->Y X<->Y D->E E->Y")
    assert front_door_set(graph, "X", "Y") == {"A"}
    assert front_door_set(arrows("X->Y"), "X", "Y") is None


def test_instruments_meet_their_definition_and_every_unconditional_one_is_found():
    rng = np.random.default_rng(42)
    found_some = 0
    for _ in range(200):
        graph = random_admg(rng, 6, degree=2.2)
        x, y, *others = (str(v) for v in rng.permutation(graph.nodes))
        way = [edge for edge in graph.edges if edge.mark == "->"]
        below = {v: {v} for v in graph.nodes}
        for v in (graph.nodes[i] for i in reversed(graph.order)):
            for edge in way:
                if edge.source == v:
                    below[v] |= below[edge.target]
        causal = {v for v in below[x] if y in below[v]} - {x}
        first = {edge for edge in way if edge.source == x and edge.target in causal}
        cut = type(graph).of(graph.nodes, [edge for edge in graph.edges if edge not in first])
        found = instruments(graph, x, y)
        for each in found:
            assert each.name not in below[x] | below[y]
            assert not set(each.given) & ({x} | below[x] | below[y])
            assert separated(cut, each.name, y, each.given)
            assert not separated(cut, each.name, x, each.given)
        for v in set(others) - below[x] - below[y]:
            if separated(cut, v, y) and not separated(cut, v, x):
                assert Instrument(v) in found
        found_some += bool(found)
    assert found_some > 20


def test_no_instrument_is_dropped_for_a_better_one_and_none_is_latent():
    graph = arrows("A->Z Z->X X->Y U->X U->Y L->X", latent=("U", "L"))
    assert instruments(graph, "X", "Y") == (Instrument("A"), Instrument("Z"))


def test_each_nonadjacent_pair_that_can_be_separated_is_listed_with_a_minimal_set():
    rng = np.random.default_rng(43)
    for _ in range(60):
        graph = random_hidden(rng, 7, 2, degree=2.5)
        listed = {frozenset((each.x, each.y)): each.given for each in implied_independences(graph)}
        for i, x in enumerate(graph.observed):
            for y in graph.observed[i + 1 :]:
                others = set(graph.observed) - {x, y}
                fitting = [set(z) for z in subsets(others) if separated(graph, x, y, z)]
                given = listed.get(frozenset((x, y)))
                assert (given is not None) == bool(fitting)
                if given is not None:
                    assert set(given) in fitting
                    assert not any(z < set(given) for z in fitting)
