"""Direct, indirect and path-specific effects against enumerated models, and paths taken apart."""

import numpy as np
import pytest

from oracles.evaluation import value_of
from oracles.functional import random_functional
from oracles.mediated import mediation_trials, truth_of_mediated
from oracles.worlds import arrows
from whence.identification.counterfactuals.path_specific import unfolded
from whence.identification.identify import identify
from whence.identification.verify import verify
from whence.language.estimand import Estimand
from whence.language.graph import Graph
from whence.language.mediation import as_mediated, cde, nde, nie, path_specific
from whence.language.query_text import query
from whence.language.refusals import NotIdentified
from whence.runtime.errors import InvalidGraph, InvalidQuery, UnknownVariable

MEDIATED = arrows("X->M M->Y X->Y C->M C->Y")
KITE = arrows("X->A A->M A->Y M->Y X->Y")


def value(asked, graph, model) -> float:
    found = identify(asked, graph)
    assert isinstance(found, Estimand), found
    verify(found, graph)
    return float(value_of(found.expression, model.joint()).cells)


def test_random_parts_of_effects_are_what_their_definitions_say():
    tally = mediation_trials(60, seed=1)
    assert tally.faults == []
    identified = {kind: tally.counts[f"{kind} identified"] for kind in ("NDE", "NIE", "CDE", "PSE")}
    assert min(identified.values()) >= 3, tally.counts


@pytest.mark.parametrize("asked", [
    nde("X", "Y", "M"),
    nie("X", "Y", "M"),
    cde("X", "Y", {"M": 1}),
    path_specific("X", "Y", [("X", "M", "Y")]),
    path_specific("X", "Y", [("X", "Y")]),
], ids=str)  # fmt: skip
def test_with_an_observed_confounder_of_the_mediator_every_part_is_identified(asked):
    named = as_mediated(asked.body)
    assert named is not None
    for seed in range(4):
        model = random_functional(MEDIATED, np.random.default_rng(seed), {"M": 3, "Y": 3})
        assert value(asked, MEDIATED, model) == pytest.approx(truth_of_mediated(named, model), abs=1e-9)


def test_total_is_direct_less_the_reverse_indirect_effect():
    model = random_functional(MEDIATED, np.random.default_rng(9))
    total = value(query("E[Y | do(X=1)] - E[Y | do(X=0)]"), MEDIATED, model)
    direct = value(nde("X", "Y", "M"), MEDIATED, model)
    backwards = value(nie("X", "Y", "M", level=0, base=1), MEDIATED, model)
    assert total == pytest.approx(direct - backwards, abs=1e-12)


def test_what_no_experiment_can_test_is_said_where_worlds_are_put_together():
    for asked, said in ((nde("X", "Y", "M"), True), (cde("X", "Y", {"M": 0}), False)):
        found = identify(asked, MEDIATED)
        assert isinstance(found, Estimand)
        assert any("Across worlds" in each.statement for each in found.assumptions) is said


def test_a_hidden_confounder_of_mediator_and_outcome_bars_the_natural_effects_with_two_models():
    graph = arrows("X->M M->Y X->Y M<->Y")
    for asked in (nde("X", "Y", "M"), nie("X", "Y", "M")):
        found = identify(asked, graph)
        assert isinstance(found, NotIdentified)
        assert verify(found, graph) == ()


def test_a_recanting_witness_bars_an_effect_along_paths_that_part_at_it():
    barred = path_specific("X", "Y", [("X", "A", "M", "Y")])
    assert isinstance(identify(barred, KITE), NotIdentified)
    together = path_specific("X", "Y", [("X", "A", "M", "Y"), ("X", "A", "Y")])
    model = random_functional(KITE, np.random.default_rng(2))
    named = as_mediated(together.body)
    assert named is not None
    assert value(together, KITE, model) == pytest.approx(truth_of_mediated(named, model), abs=1e-9)


@pytest.mark.parametrize(("text", "nested"), [
    ("PSE(X -> Y via X -> Y)", "E[Y_{A_{X=0}, M_{X=0}, X=1}] - E[Y_{X=0}]"),
    ("PSE(X -> Y via X -> A -> Y)", "E[Y_{A_{X=1}, M_{X=0}, X=0}] - E[Y_{X=0}]"),
    ("PSE(X -> Y via X -> A -> M -> Y)", "E[Y_{M_{A_{X=1}, X=0}, X=0}] - E[Y_{X=0}]"),
])  # fmt: skip
def test_paths_are_taken_apart_edge_by_edge(text, nested):
    assert str(unfolded(query(text), KITE)) == nested


def test_a_variable_beside_the_path_does_not_hear_of_it():
    """X -> A -> Y alone: M, which A causes too, is as it was."""
    graph = arrows("X->A A->M A->Y M->Y")
    model = random_functional(graph, np.random.default_rng(5))
    asked = path_specific("X", "Y", [("X", "A", "Y")])
    named = as_mediated(asked.body)
    assert named is not None
    assert abs(truth_of_mediated(named, model)) > 1e-3
    assert str(unfolded(asked, graph)) == "E[Y_{A_{X=1}, M_{X=0}, X=0}] - E[Y_{X=0}]"


@pytest.mark.parametrize(("text", "error", "hint"), [
    ('P(Y_{X=0, "along X -> M -> Y"=1})', InvalidQuery, "no edge X -> M"),
    ('P(Y_{X=0, "along X -> A -> M"=1})', InvalidQuery, "does not end in Y"),
    ('P(Y_{"along X -> A -> Y"=1})', InvalidQuery, "Set it as well"),
    ('P(Y_{X=0, A=1, "along X -> A -> Y"=1})', InvalidQuery, "A is set"),
    ('P(Y_{X=0, "along X -> A -> Y"})', InvalidQuery, "Give the path a value"),
    ('P(Y_{X=0, "along X -> B -> Y"=1})', UnknownVariable, '"B"'),
])  # fmt: skip
def test_a_path_that_is_none_is_an_error_with_its_cure(text, error, hint):
    with pytest.raises(error, match=hint):
        identify(query(text), KITE)


def test_paths_need_a_graph_whose_arrows_are_known():
    with pytest.raises(InvalidGraph):
        identify(path_specific("X", "Y", [("X", "Y")]), Graph.of("XY", [], kind="CPDAG"))
