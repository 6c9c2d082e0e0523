"""Front-door sets and instruments against their definitions."""

from itertools import combinations

import numpy as np
import pytest

from identification.definitions import below, is_open, paths, subsets
from identification.test_id_published_cases import front_door_by_definition
from oracles.worlds import all_admgs, arrows, random_admg
from whence.identification.designs.front_door import front_door_set
from whence.identification.designs.instruments import Instrument, conditional_instruments, instruments
from whence.language.graph import Edge, Graph
from whence.runtime.errors import InvalidQuery, RepeatedVariable, TreatmentIsOutcome, UnknownVariable

PAIRS = list(combinations("ABCD", 2))


def random_ordered(rng, hidden: float) -> Graph:
    """An ADMG on A, B, C, D, its arrows along that order: one of 4,096."""
    found = [Edge(*pair) for pair in PAIRS if rng.random() < 0.5]
    return Graph.of("ABCD", [*found, *(Edge(*pair, "<->") for pair in PAIRS if rng.random() < hidden)])


def check_front_door(graph, x, y, include=(), exclude=()):
    others = [v for v in graph.nodes if v not in (x, y) and v not in exclude]
    truth = [
        frozenset(z)
        for z in subsets(others)
        if set(include) <= set(z) and front_door_by_definition(graph, x, y, z)
    ]
    found = front_door_set(graph, x, y, include=include, exclude=exclude)
    assert (found is not None) == bool(truth)
    if found is not None:
        assert found in truth
        assert not any(smaller < found for smaller in truth)
    return found


def test_a_minimal_front_door_set_is_found_exactly_where_the_definition_has_one_on_all_small_graphs():
    found = [check_front_door(graph, x, y) for graph in all_admgs("ABC") for x, y in combinations("ABC", 2)]
    assert len(found) == 600
    rng = np.random.default_rng(40)
    for _ in range(600):
        graph = random_ordered(rng, 0.25)
        found += [check_front_door(graph, x, y) for x, y in PAIRS]
    assert sum(bool(each) for each in found) > 60
    assert found.count(None) > 1000


def test_a_front_door_set_holds_what_is_included_and_nothing_excluded_and_is_minimal_so():
    rng = np.random.default_rng(41)
    found = []
    for _ in range(500):
        graph = random_admg(rng, int(rng.integers(4, 8)), degree=2.5, share=0.3)
        first, last = sorted(rng.choice(len(graph.nodes), 2, replace=False))
        x, y = graph.nodes[graph.order[first]], graph.nodes[graph.order[last]]
        luck = {v: rng.random() for v in graph.nodes if v not in (x, y)}
        include = [v for v, chance in luck.items() if chance < 0.15]
        exclude = [v for v, chance in luck.items() if chance > 0.85]
        found.append(check_front_door(graph, x, y, include, exclude))
    assert sum(bool(each) for each in found) > 40


def test_a_mediator_that_another_one_makes_needless_is_left_out():
    graph = arrows("X->A X->B A->B B->Y X<->Y")
    assert front_door_set(graph, "X", "Y") == {"B"}
    assert front_door_set(graph, "X", "Y", include="A") == {"A", "B"}
    assert front_door_set(graph, "X", "Y", exclude="B") is None


def test_front_door_sets_refuse_bad_names():
    graph = arrows("X->M M->Y U->X U->Y", latent=("U",))
    with pytest.raises(UnknownVariable):
        front_door_set(graph, "X", "Y", include="N")
    with pytest.raises(RepeatedVariable):
        front_door_set(graph, "X", "Y", include="M", exclude="M")
    with pytest.raises(RepeatedVariable):
        front_door_set(graph, "X", "Y", exclude="Y")
    with pytest.raises(InvalidQuery, match="latent"):
        front_door_set(graph, "X", "Y", include="U")
    with pytest.raises(TreatmentIsOutcome):
        front_door_set(graph, "X", "X")
    assert front_door_set(graph, "X", "Y", exclude="U") == {"M"}


def test_the_front_door_set_is_the_mediator_and_not_all_that_could_join_it():
    graph = arrows("X->A A->B B->Y X<->Y D->E E->Y")
    assert front_door_set(graph, "X", "Y") == {"A"}
    assert front_door_set(arrows("X->Y"), "X", "Y") is None


def without_causal_edges(graph, x, y) -> Graph:
    causal = {v for v in below(graph, [x]) - {x} if y in below(graph, [v])}
    first = {Edge(x, v) for v in causal}
    return Graph.of(graph.nodes, [edge for edge in graph.edges if edge not in first])


def instruments_by_definition(graph, x, y):
    """Each instrument with each minimal set, by path enumeration over every subset."""
    spoiled = below(graph, [x, y])
    cut = without_causal_edges(graph, x, y)
    free = [v for v in graph.nodes if v not in spoiled]
    found = set()
    for v in free:
        to_x, to_y = list(paths(cut, [v], [x])), list(paths(cut, [v], [y]))
        sets = []
        for given in subsets(set(free) - {v}):
            tied = any(is_open(cut, path, given) for path in to_x)
            if tied and not any(is_open(cut, path, given) for path in to_y):
                sets.append(set(given))
        found |= {(v, frozenset(each)) for each in sets if not any(smaller < each for smaller in sets)}
    return found


def check_instruments(graph, x, y):
    truth = instruments_by_definition(graph, x, y)
    listed = [(each.name, frozenset(each.given)) for each in conditional_instruments(graph, x, y)]
    assert len(listed) == len(set(listed))
    assert set(listed) == truth
    best = instruments(graph, x, y)
    assert {each.name for each in best} == {name for name, _ in truth}
    for each in best:
        assert (each.name, frozenset(each.given)) in truth
        assert len(each.given) == min(len(given) for name, given in truth if name == each.name)
    return len(truth)


def test_every_instrument_and_every_minimal_set_of_it_is_found_on_small_graphs():
    count = sum(check_instruments(g, x, y) for g in all_admgs("ABC") for x in "ABC" for y in {*"ABC"} - {x})
    rng = np.random.default_rng(42)
    for _ in range(150):
        graph = random_ordered(rng, 0.3)
        count += sum(check_instruments(graph, x, y) for x in "ABCD" for y in {*"ABCD"} - {x})
    for _ in range(150):
        graph = random_admg(rng, int(rng.integers(5, 8)), degree=2.3)
        x, y = (str(v) for v in rng.permutation(graph.nodes)[:2])
        count += check_instruments(graph, x, y)
    assert count > 500


def test_in_larger_graphs_every_instrument_given_ancestors_is_still_found(monkeypatch):
    monkeypatch.setattr("whence.identification.designs.instruments.EXACT", -1)
    rng = np.random.default_rng(43)
    beyond = found_some = 0
    for _ in range(300):
        graph = random_admg(rng, int(rng.integers(4, 7)), degree=2.5, share=0.35)
        x, y = (str(v) for v in rng.permutation(graph.nodes)[:2])
        truth = instruments_by_definition(graph, x, y)
        found = {(each.name, frozenset(each.given)) for each in conditional_instruments(graph, x, y)}
        cut = without_causal_edges(graph, x, y)
        ancestral = {(v, given) for v, given in truth if all(below(cut, [u]) & {v, y} for u in given)}
        assert ancestral <= found <= truth
        beyond += len(truth - found)
        found_some += len(found)
    assert found_some > 100
    assert beyond < found_some


def test_a_collider_can_tie_an_instrument_to_the_treatment():
    graph = arrows("I->C T->C T->X X->Y X<->Y")
    assert [str(each) for each in instruments(graph, "X", "Y")] == ["I given C", "C", "T"]


def test_all_minimal_sets_of_an_instrument_can_be_had():
    graph = arrows("Z->X X->Y X<->Y Z->A A->B B->Y")
    listed = [each for each in conditional_instruments(graph, "X", "Y") if each.name == "Z"]
    assert listed == [Instrument("Z", ("A",)), Instrument("Z", ("B",))]
    assert instruments(graph, "X", "Y")[0] == Instrument("Z", ("A",))


def test_instruments_refuse_bad_names():
    graph = arrows("Z->X X->Y U->X U->Y", latent=("U",))
    for ask in (instruments, lambda *names: list(conditional_instruments(*names))):
        with pytest.raises(UnknownVariable):
            ask(graph, "Q", "Y")
        with pytest.raises(TreatmentIsOutcome):
            ask(graph, "Y", "Y")
        with pytest.raises(InvalidQuery, match="latent"):
            ask(graph, "X", "U")


def test_no_instrument_is_dropped_for_a_better_one_and_none_is_latent():
    graph = arrows("A->Z Z->X X->Y U->X U->Y L->X", latent=("U", "L"))
    assert instruments(graph, "X", "Y") == (Instrument("A"), Instrument("Z"))
