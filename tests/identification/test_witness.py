"""Two models prove a refusal: they are held against the definition, unit by unit, by other code."""

import random
from fractions import Fraction

import numpy as np
import pytest

from oracles.pairs import faults, value_in
from oracles.trials import random_effect
from oracles.worlds import arrows, random_admg, random_hidden
from whence.identification.counterfactuals.conflicts import conflicts
from whence.identification.idc import Barred, identify_conditional_effect
from whence.identification.projection import latent_projection
from whence.identification.witnesses.model_agreement import agree_on_all
from whence.identification.witnesses.model_answers import answer
from whence.identification.witnesses.model_values import Evaluated
from whence.identification.witnesses.parity_models import parity_pair
from whence.identification.witnesses.parity_routes import Aim
from whence.identification.witnesses.random_models import random_table
from whence.identification.witnesses.witness import disagreement
from whence.language.expression import Difference, P, Quotient, Term
from whence.language.graph import Graph
from whence.language.model import Disagreement
from whence.language.model_json import disagreement_from_dict, disagreement_to_dict
from whence.language.query import Query, ate, att, cate, effect
from whence.language.refusals import Hedge

BOW = arrows("X->Y X<->Y")
Y1, Y0 = Term("Y", 1, (Term("X", 1),)), Term("Y", 0, (Term("X", 0),))


def proof(query: Query, graph: Graph, units: int = 1 << 13) -> Disagreement:
    """The pair for a query, held against the definition if its units are few enough."""
    projection = latent_projection(graph)
    pair = disagreement(query, graph)
    assert pair is not None, query
    if np.prod([len(cause.probabilities) for cause in pair.first.hidden]) <= units:
        assert faults(pair, query.body, projection) == []
    return pair


@pytest.mark.parametrize("graph", [
    BOW,
    arrows("X->Z Z->Y X<->Z"),
    arrows("X->Z Z->Y X<->Z X<->Y"),
    arrows("X->Y X->Z Z->Y X<->Y"),
    arrows("X->Z Z->Y X<->Y Z<->Y"),
    arrows("X->Y Z->X Z->Y X<->Z Z<->Y"),
    arrows("X->Z1 Z1->Z2 Z2->Y X<->Z2 Z1<->Y X<->Y"),
    arrows("Z->X X->Y X<->Y Z<->X"),
    arrows("W1->X X->Y1 W1<->W2 W2<->Y1 X<->W2 W2->Y2 Y1->Y Y2->Y"),
    arrows("U->X U->Y X->M M->Y U->M", latent=("U",)),
])  # fmt: skip
def test_each_published_graph_with_an_unidentified_effect_has_two_models_that_prove_it(graph):
    proof(Query(P("Y", (), "X")), graph)
    proof(effect("X", "Y", 1, 0), graph)


def test_random_refused_effects_all_have_two_models_that_the_definition_confirms():
    kinds = []
    for number in range(400):
        rng = np.random.default_rng((11, number))
        nodes = int(rng.integers(3, 7))
        graph = (
            random_hidden(rng, nodes + 1, 1)
            if number % 4 == 3
            else random_admg(rng, nodes, 2.5, float(rng.uniform(0.3, 0.6)))
        )
        query = random_effect(rng, graph.observed)
        seen = latent_projection(graph)
        assert isinstance(query.body, P)
        x, y, z = (
            seen.mask(term.name for term in part) for part in (query.body.do, query.body.of, query.body.given)
        )
        barred = identify_conditional_effect(seen, x, y, z)
        if isinstance(barred, Barred):
            pair = disagreement(query, graph, (), barred.hedge, barred.treatments, barred.outcomes)
            assert pair is not None, (graph, query)
            if len(pair.first.hidden) <= 9:
                assert faults(pair, query.body, seen) == [], (graph, query)
                kinds.append("conditional" if z else "joint")
    assert kinds.count("conditional") > 15
    assert kinds.count("joint") > 15


def test_no_pair_is_ever_found_for_an_effect_that_is_identified():
    identified = 0
    for number in range(60):
        rng = np.random.default_rng((12, number))
        graph = random_admg(rng, int(rng.integers(3, 5)), 2.0, 0.3)
        query = random_effect(rng, graph.nodes)
        assert isinstance(query.body, P)
        parts = (query.body.do, query.body.of, query.body.given)
        found = identify_conditional_effect(graph, *(graph.mask(t.name for t in part) for part in parts))
        if not isinstance(found, Barred):
            identified += 1
            assert disagreement(query, graph) is None, (graph, query)
    assert identified > 30


@pytest.mark.parametrize("query", [
    ate("X", "Y", 9, 10),
    ate("X", "Y", True, False),
    ate("X", "Y", "new", "old"),
    att("X", "Y", 1, 0),
    att("X", "Y", 2.5, 1),
    Query(Quotient(P(Term("Y", 1), (), Term("X", 0)), P(Term("Y", 1), (), Term("X", 1)))),
    Query(Difference(P(Term("Y", "yes"), (), Term("X", 0)), P(Term("Y", "yes"), Term("X", 0)))),
    Query(P(Y1)),
])  # fmt: skip
def test_the_values_that_a_question_names_are_levels_of_the_two_models(query):
    pair = proof(query, BOW)
    named = {
        (part.name, part.value)
        for atom in (query.body,)
        for term in getattr(atom, "terms", ())
        for part in (term, *term.world)
        if part.value is not None
    }
    assert all(value in pair.first.levels_of(name) for name, value in named)


def test_effects_within_levels_of_a_covariate_differ_between_the_two_models():
    proof(cate("X", "Y", "Z", 1, 0), arrows("Z->X Z->Y X->Y X<->Y"))
    proof(cate("X", "Y", "Z", 1, 0), arrows("X->Z X<->Z Z<->Y"))


@pytest.mark.parametrize("body", [
    P((Y1, Y0)),
    P(Term("Y", 0, (Term("X", 0),)), (Term("X", 1), Term("Y", 1))),
    P(Term("Y", 1, (Term("X", 1),)), (Term("X", 0), Term("Y", 0))),
])  # fmt: skip
def test_joint_counterfactuals_are_not_known_even_without_hidden_common_causes(body):
    proof(Query(body), arrows("X->Y"))
    proof(Query(body), arrows("Z->X Z->Y X->Y"))


@pytest.mark.parametrize(("graph", "body"), [
    ("X->A X->B A<->B", P((Term("A", 1, (Term("X", 0),)), Term("B", 1, (Term("X", 1),))))),
    ("X->A X->B A<->M M<->B M->B", P((Term("A", 1, (Term("X", 0),)), Term("B", 1, (Term("X", 1),))))),
    ("X->W W->A W->B A<->B", P((Term("A", 1, (Term("X", 0),)), Term("B", 1, (Term("X", 1),))))),
])  # fmt: skip
def test_two_worlds_that_meet_in_one_district_are_told_apart_by_models_that_no_experiment_tells(graph, body):
    found = arrows(graph)
    aim = Aim(found.mask("X"), found.mask("AB"), named=found.all)
    pairs = [parity_pair(found, forest, way, aim, {}) for forest, way in conflicts(found, aim)]
    assert pairs
    for first, second in pairs:
        one, two = Evaluated(first), Evaluated(second)
        assert agree_on_all(one, two)
        for do in ((), *((Term("X", level),) for level in (0, 1))):
            seen = P((Term("A", 1), Term("B", 1)), (), do)
            assert answer(seen, {"": one}, {}) == answer(seen, {"": two}, {}) == value_in(first, seen, {})
    assert any(value_in(first, body, {}) != value_in(second, body, {}) for first, second in pairs)


def test_a_random_table_heeds_every_one_of_its_inputs():
    for number in range(20):
        table = random_table((0, 1), 16, random.Random(number))
        steps = len(table) // 16
        rows = [table[start : start + steps] for start in range(0, len(table), steps)]
        assert all(set(row) == {0, 1} for row in rows)
        for place in range(4):
            assert any(rows[row] != rows[row ^ 1 << place] for row in range(16))


def test_nested_counterfactuals_are_searched_too():
    mediated = Term("M", None, (Term("X", 0),))
    body = P(Term("Y", 1, (Term("X", 1), mediated)))
    proof(Query(body), arrows("X->M M->Y X->Y M<->Y"))


def test_a_long_way_from_the_hedge_to_the_outcome_leaves_a_difference_to_be_seen():
    chain = " ".join(f"M{i}->M{i + 1}" for i in range(40))
    graph = arrows(f"X->M0 X<->M0 {chain} M40->Y")
    pair = disagreement(effect("X", "Y", 1, 0), graph, (), Hedge(("M0", "X"), ("M0",), ("M0",)))
    assert pair is not None
    assert abs(pair.values[0] - pair.values[1]) > Fraction(1, 100)


def test_the_exact_answer_of_a_model_is_that_of_every_unit_solved():
    graph = arrows("X->M M->Y X->Y M<->Y")
    pair = proof(Query(P(Term("Y", 1, (Term("X", 1), Term("M", None, (Term("X", 0),)))))), graph)
    worlds = [
        P(Term("Y", 1), Term("M", 1)),
        P(Term("Y", 1), Term("M", 1), Term("X", 0)),
        P((Y1, Term("M", 0)), Term("X", 0)),
        P((Y1, Term("Y", 0, (Term("X", 1), Term("M", None, (Term("X", 0),)))))),
    ]
    for model in (pair.first, pair.second):
        for body in worlds:
            assert answer(body, {"": Evaluated(model)}, {}) == value_in(model, body, {})


def test_two_models_survive_json():
    pair = proof(effect("X", "Y", 1, 0), BOW)
    assert disagreement_from_dict(disagreement_to_dict(pair)) == pair


def test_names_of_hidden_causes_keep_clear_of_the_names_in_the_graph():
    graph = arrows("U1->U2 U1<->U2 U2->U3")
    proof(effect("U1", "U3", 1, 0), graph)
