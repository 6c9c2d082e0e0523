"""Events in several worlds: every formula against enumerated models, every refusal with its reason."""

import json

import numpy as np
import pytest

from conftest import SHARED, shared_file
from oracles.evaluation import value_of
from oracles.functional import random_functional
from oracles.imagined import asked_trials, counterfactual_trials, fits, of_two_levels
from oracles.models import joint, random_model
from oracles.worlds import arrows, random_admg
from whence.identification.counterfactuals.counterfactual_worlds import Conflict
from whence.identification.counterfactuals.experiments import MOST_VARIABLES, every_experiment
from whence.identification.counterfactuals.imagining import identify_counterfactual
from whence.identification.effects import Proved, identify_doing
from whence.identification.identify import identify
from whence.identification.sources.general_id import kernels_from
from whence.identification.verify import verify
from whence.language.estimand import Adjustment, Estimand, Step
from whence.language.expression import Kernel, P, Term
from whence.language.graph import Graph
from whence.language.query import Query, att
from whence.language.query_text import query
from whence.language.refusals import Hedge, ImpossibleEvidence, NotIdentified, NotYetAnswerable
from whence.runtime.errors import InvalidGraph, InvalidQuery, TreatmentIsOutcome

CASES = "cases/identification.json"
CONFOUNDED = arrows("Z->X Z->Y X->Y")
FRONT_DOOR = arrows("X->M M->Y X<->Y")
NAPKIN = arrows("W->Z Z->X X->Y W<->X W<->Y")
BOW = arrows("X->Y X<->Y")


def atom(text: str) -> P:
    body = query(text).body
    assert isinstance(body, P)
    return body


def proved(graph: Graph, text: str) -> Proved:
    found = identify_counterfactual(graph, atom(text))
    assert isinstance(found, Proved), found
    return found


def test_random_events_in_several_worlds_have_the_probabilities_that_their_formulas_say():
    tally = counterfactual_trials(400, seed=1)
    assert tally.faults == []
    assert tally.counts["proved: counterfactual"] > 50
    assert tally.counts["proved: conditional counterfactual"] > 50
    assert tally.counts["refused: Conflict"] > 20


@pytest.mark.parametrize("sources", [False, True], ids=["from what is seen", "from experiments"])
def test_random_questions_are_proved_true_or_refused_with_two_models(sources):
    tally = asked_trials(80, seed=2, sources=sources)
    assert tally.faults == []
    assert tally.counts["proved"] >= 20
    assert tally.counts["not_identified"] >= 5


def test_an_event_in_one_world_is_the_effect_that_id_finds():
    for seed in range(60):
        rng = np.random.default_rng((7, seed))
        graph = random_admg(rng, int(rng.integers(3, 7)), 3.0, 0.35)
        x, y = (str(name) for name in rng.permutation(graph.nodes)[:2])
        done = identify_doing(graph, P(y, (), x))
        imagined = identify_counterfactual(graph, P(Term(y, None, (Term(x, 1),))))
        assert isinstance(done, Proved) == isinstance(imagined, Proved)
        if isinstance(done, Proved) and isinstance(imagined, Proved):
            seen = joint(random_model(graph, rng))
            one = value_of(done.step.formula, seen).at({x: 1})
            assert one.keep([y]).cells == pytest.approx(value_of(imagined.step.formula, seen).cells)


def test_the_effect_among_the_treated_keeps_its_shape_where_covariates_block():
    assert proved(CONFOUNDED, "P(Y_{X=0} | X=1)").shape == Adjustment(("X",), ("Y",), ("Z",))


@pytest.mark.parametrize("text", ["P(Y_{X=0} | X=1)", "P(Y_{X=2}=1 | X=0)", "P(Y_{X=1}=0, M_{X=1}=1 | X=0)"])
def test_the_effect_among_those_at_one_of_many_levels_goes_by_the_general_algorithm(text):
    found = proved(FRONT_DOOR, text)
    assert not of_two_levels(found)
    for seed in range(3):
        model = random_functional(FRONT_DOOR, np.random.default_rng(seed), {"X": 3, "Y": 2, "M": 3})
        assert fits(found, atom(text), model)


def test_two_levels_are_assumed_only_where_nothing_else_helps_and_then_said():
    found = proved(NAPKIN, "P(Y_{X=0} | X=1)")
    assert of_two_levels(found)
    for seed in range(3):
        assert fits(found, atom("P(Y_{X=0} | X=1)"), random_functional(NAPKIN, np.random.default_rng(seed)))
    estimand = identify(att("X", "Y"), NAPKIN)
    assert isinstance(estimand, Estimand)
    assert "X takes two values only." in [each.statement for each in estimand.assumptions]
    estimand = identify(att("X", "Y"), FRONT_DOOR)
    assert isinstance(estimand, Estimand)
    assert "X takes two values only." not in [each.statement for each in estimand.assumptions]


@pytest.mark.parametrize("text", ["PN(X=1 -> Y=1)", "PS(X=1 -> Y=1)", "PNS(X=1 -> Y=1)"])
def test_probabilities_of_causation_are_refused_with_two_models_even_without_confounding(text):
    graph = arrows("X->Y")
    found = identify(query(text), graph)
    assert isinstance(found, NotIdentified)
    assert verify(found, graph) == ()
    assert isinstance(
        identify_counterfactual(graph, atom(text), kernels_from(graph, every_experiment(graph))), Conflict
    )


def test_what_has_no_common_cause_with_the_question_cancels():
    graph = arrows("X->Y A->B A<->B")
    found = proved(graph, "P(Y_{X=0}=1 | B_{A=0}=1, A=1)")
    assert {step.claim.of for step in found.step.premises} == {("Y",)}  # type: ignore[union-attr]
    barred = identify_counterfactual(graph, atom("P(Y_{X=0}=1, A=1 | B_{A=0}=1)"))
    assert isinstance(barred, Conflict)


def test_a_kernel_that_is_not_identified_bars_with_its_hedge():
    found = identify_counterfactual(BOW, atom("P(Y_{X=0}=1)"))
    assert found == Hedge(("X", "Y"), ("Y",), ("Y",))


@pytest.mark.parametrize("text", [
    "P(Y_{X=0} | X=1, Y=1)",
    "P(Y_{X=0}, Y_{X=1})",
    "P(Y_{X} | X)",
    "P(Y_{X}=1, M=1)",
])  # fmt: skip
def test_a_name_open_for_two_things_at_once_is_refused_with_a_cure(text):
    with pytest.raises(InvalidQuery, match="such as"):
        identify(query(text), arrows("X->Y X->M"))


def test_one_open_name_for_one_thing_is_answered_for_all_its_values():
    found = proved(arrows("X->Y X->M"), "P(Y_{X}, M_{X}=1)")
    model = random_functional(arrows("X->Y X->M"), np.random.default_rng(3), 3)
    assert fits(found, atom("P(Y_{X}, M_{X}=1)"), model)
    assert value_of(found.step.formula, model.joint()).names == ("X", "Y")


def test_a_nested_setting_with_a_value_means_nothing():
    body = P(Term("Y", 1, (Term("M", 1, (Term("X", 0),)),)))
    with pytest.raises(InvalidQuery, match="another world"):
        identify(Query(body), FRONT_DOOR)
    with pytest.raises(InvalidQuery, match="own world"):
        identify(query("P(Y_{M_{M=1}}=1)"), FRONT_DOOR)


def test_what_is_set_in_its_own_world_is_what_it_was_set_to():
    assert isinstance(identify(query("P(Y_{X=0}=0 | Y_{Y=1}=0)"), BOW), ImpossibleEvidence)
    found = identify(query("P(M_{X=0}=0, Y_{Y=0}=0)"), FRONT_DOOR)
    assert isinstance(found, Estimand)
    assert found.text == "P(M=0 | X=0)"
    never = identify(query("P(M_{X=0}=0, Y_{Y=0}=1)"), FRONT_DOOR)
    assert isinstance(never, Estimand)
    assert never.derivation.premises[0].rule == "impossible"
    for text in ("P(Y_{Y=1})", "P(Y_{Y}=1)"):
        with pytest.raises(TreatmentIsOutcome):
            query(text)


def test_evidence_that_contradicts_itself_is_told_from_an_event_that_does():
    assert isinstance(identify(query("P(M=1 | X=1, Y_{X=1}=1, Y=0)"), BOW_WITH_M), ImpossibleEvidence)
    never = identify(query("P(Y_{X=1}=1 | X=1, Y=0)"), BOW)
    assert isinstance(never, Estimand)
    assert float(value_of(never.expression, joint(random_model(BOW, np.random.default_rng(1)))).cells) == 0


BOW_WITH_M = arrows("X->Y X<->Y M->Y")


def test_worlds_beside_doing_are_not_covered_and_not_passed_off_as_impossible():
    body = P(Term("Y", 1, (Term("X", 0),)), (), Term("M", 1))
    assert isinstance(identify(Query(body), FRONT_DOOR), NotYetAnswerable)


# ── every experiment at hand ────────────────────────────────────────────────────────────────────────────────


def published() -> list:
    if not (SHARED / CASES).exists():
        return [pytest.param({}, marks=pytest.mark.skip(f"needs ../shared/{CASES}"))]
    cases = json.loads(shared_file(CASES).read_text("utf-8"))["cases"]
    return [pytest.param(case, id=case["id"]) for case in cases if case["kind"] == "counterfactual"]


@pytest.mark.parametrize("case", published())
def test_published_counterfactuals_are_found_or_refused_from_all_experiments(case):
    graph = arrows(case["graph"])
    of, given = (
        [
            Term(name, value, tuple(Term(x, level) for x, level in world.items()))
            for name, value, world in part
        ]
        for part in (case["gamma"], case["delta"])
    )
    asked = Query(P(of, given))
    assert query(str(asked)) == asked
    found = identify(asked, graph, given=every_experiment(graph))
    wanted = {"identifiable": Estimand, "not identifiable": NotIdentified, "undefined": ImpossibleEvidence}
    assert isinstance(found, wanted[case["expected"]])
    if not isinstance(found, ImpossibleEvidence):
        verify(found, graph)


def test_all_experiments_hold_every_kernel():
    for seed in range(20):
        rng = np.random.default_rng(seed)
        graph = random_admg(rng, 4, 3.0, 0.5)
        kernel = kernels_from(graph, every_experiment(graph))
        for part in range(1, 16):
            step = kernel(part)
            assert isinstance(step, Step)
            assert step.claim == Kernel(graph.names(part))
    assert len(every_experiment(CONFOUNDED)) == 7
    with pytest.raises(InvalidGraph, match="can be set in"):
        every_experiment(Graph.of([f"V{i}" for i in range(MOST_VARIABLES + 1)], []))
