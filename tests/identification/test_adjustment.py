"""Adjustment against the criterion as its paper states it, path by path."""

from collections import Counter
from itertools import islice, permutations

import numpy as np
import pytest

from identification.definitions import adjusts, all_dags, forbidden, minimal, paths, subsets
from oracles.small_dags import dag_faults, every_dag
from oracles.worlds import arrows, random_admg, random_hidden
from whence.identification.adjustment import Spoiled, Valid, adjustment_sets, is_adjustment_set
from whence.identification.projection import latent_projection
from whence.runtime.errors import (
    InvalidOption,
    InvalidQuery,
    RepeatedVariable,
    TreatmentIsOutcome,
    UnknownVariable,
)


def check_every_set(graph, x, y):
    """Validity of every set, the list of all minimal ones, one minimal one, and the optimal one."""
    others = set(graph.observed) - set(x) - set(y)
    valid = [z for z in subsets(others) if adjusts(graph, x, y, z)]
    for z in subsets(others):
        verdict = is_adjustment_set(graph, x, y, z)
        assert bool(verdict) == (z in valid)
        if isinstance(verdict, Spoiled):
            assert verdict.some_set_serves == bool(valid)
    listed = list(adjustment_sets(graph, x, y, "all"))
    assert len(listed) == len(set(listed))
    assert set(listed) == minimal(valid)
    assert set(adjustment_sets(graph, x, y)) <= minimal(valid)
    assert bool(adjustment_sets(graph, x, y)) == bool(valid)
    best = adjustment_sets(graph, x, y, "optimal").first
    assert best is None or tuple(sorted(best)) in valid
    return valid, best


def test_every_set_of_every_dag_of_four_nodes_equals_the_criterion():
    for graph in all_dags(4):
        for x, y in permutations(graph.nodes, 2):
            valid, best = check_every_set(graph, [x], [y])
            causal = {v for path in paths(graph, [x], [y]) if path.causal for v in path.nodes[1:]}
            above = {edge.source for edge in graph.edges if edge.target in causal}
            if valid and causal:
                assert best == above - forbidden(graph, [x], [y]) - {x}


def test_every_pair_of_every_dag_of_four_nodes_has_the_separations_and_sets_of_its_paths():
    counts = Counter()
    assert [fault for graph in every_dag(4) for fault in dag_faults(graph, counts)] == []
    assert counts["sets"] == 543 * 12 * 4


def test_joint_treatments_and_outcomes_equal_the_criterion_on_random_admgs():
    rng = np.random.default_rng(21)
    existing = 0
    for _ in range(250):
        graph = random_admg(rng, int(rng.integers(4, 7)), degree=2.2, share=0.3)
        names = [str(v) for v in rng.permutation(graph.nodes)]
        k, m = int(rng.integers(1, 3)), int(rng.integers(1, 3))
        existing += bool(check_every_set(graph, names[:k], names[k : k + m])[0])
    assert existing > 50


def test_latent_nodes_change_nothing_but_are_never_in_a_set():
    rng = np.random.default_rng(22)
    for _ in range(80):
        graph = random_hidden(rng, 7, 2)
        x, y, *others = (str(v) for v in rng.permutation(graph.observed))
        drawn = latent_projection(graph)
        for z in subsets(others):
            assert bool(is_adjustment_set(graph, x, y, z)) == bool(is_adjustment_set(drawn, x, y, z))
        assert set(adjustment_sets(graph, x, y, "all")) == set(adjustment_sets(drawn, x, y, "all"))
        assert set(adjustment_sets(graph, x, y, "optimal")) == set(adjustment_sets(drawn, x, y, "optimal"))
        assert bool(is_adjustment_set(graph, x, y, sorted(graph.latent)[:1])) is False


def test_included_and_excluded_variables_are_kept_to():
    rng = np.random.default_rng(23)
    for _ in range(150):
        graph = random_admg(rng, 6, degree=2.2, share=0.3)
        x, y, a, b, *_ = (str(v) for v in rng.permutation(graph.nodes))
        others = set(graph.nodes) - {x, y, b}
        valid = [set(z) for z in subsets(others) if a in z and adjusts(graph, [x], [y], z)]
        found = set(adjustment_sets(graph, x, y, "all", include=a, exclude=[b]))
        assert found == minimal(valid)
        assert set(adjustment_sets(graph, x, y, include=a, exclude=b)) <= found
        assert bool(adjustment_sets(graph, x, y, include=a, exclude=b)) == bool(valid)


def test_all_minimal_sets_are_found_lazily_where_there_are_too_many_to_list():
    rungs = " ".join(f"A{i}->X A{i}->B{i} B{i}->Y" for i in range(60))
    graph = arrows(f"{rungs} X->Y")
    first = list(islice(adjustment_sets(graph, "X", "Y", "all"), 50))
    assert len(set(first)) == 50
    assert all(len(found) == 60 and is_adjustment_set(graph, "X", "Y", found) for found in first)


def test_what_spoils_a_set_is_told():
    graph = arrows("Z->X Z->Y X->M M->Y M->D U->X U->Y X->C Y->C", latent=("U",))
    mediator = is_adjustment_set(graph, "X", "Y", ["Z", "D"])
    assert isinstance(mediator, Spoiled)
    assert (mediator.reason, mediator.variable, mediator.some_set_serves) == (
        "forbidden variable",
        "D",
        False,
    )
    assert "causal path" in mediator.message
    opened = is_adjustment_set(graph, "X", "Y", "Z")
    assert isinstance(opened, Spoiled)
    assert str(opened.path) == "X <- U -> Y"
    hidden = is_adjustment_set(graph, "X", "Y", "U")
    assert isinstance(hidden, Spoiled)
    assert hidden.reason == "latent variable"


def test_no_set_at_all_differs_from_the_empty_set():
    assert list(adjustment_sets(arrows("X->Y"), "X", "Y")) == [frozenset()]
    assert list(adjustment_sets(arrows("X->Y X<->Y"), "X", "Y")) == []
    assert not adjustment_sets(arrows("X->Y X<->Y"), "X", "Y", "all")
    assert is_adjustment_set(arrows("X->Y"), "X", "Y") == Valid(())


def test_a_long_list_is_shown_in_short():
    assert repr(adjustment_sets(arrows("Z->X Z->Y X->Y"), "X", "Y")) == "AdjustmentSets(['Z'])"


def test_misuse_is_a_typed_error():
    graph = arrows("Z->X Z->Y X->Y U->Y", latent=("U",))
    with pytest.raises(TreatmentIsOutcome):
        adjustment_sets(graph, "X", "X")
    with pytest.raises(RepeatedVariable):
        is_adjustment_set(graph, "X", "Y", "X")
    with pytest.raises(RepeatedVariable):
        adjustment_sets(graph, "X", "Y", include="Z", exclude="Z")
    with pytest.raises(UnknownVariable):
        is_adjustment_set(graph, "X", "Y", "zz")
    with pytest.raises(InvalidOption):
        adjustment_sets(graph, "X", "Y", kind="best")  # type: ignore[arg-type]
    with pytest.raises(InvalidQuery, match="latent"):
        adjustment_sets(graph, "U", "Y")
    with pytest.raises(InvalidQuery):
        is_adjustment_set(graph, "X", ())
