"""What `identify` makes of whole questions: shapes, conditions, contrasts, refusals, misuse."""

import numpy as np
import pytest

from oracles.evaluation import value_of
from oracles.models import among_those_seen, interventional, joint, random_model
from oracles.worlds import arrows
from whence.identification.identify import identify
from whence.identification.verify import verify
from whence.language.estimand import Adjustment, Estimand, FrontDoor, General, Observed
from whence.language.expression import Difference, Expectation, Kernel, P, Quotient, Term
from whence.language.graph import Edge, Graph
from whence.language.query import Query, att, cate, effect
from whence.language.refusal_json import refusal_from_dict, refusal_to_dict
from whence.language.refusals import NotIdentified, NotYetAnswerable
from whence.runtime.errors import (
    InvalidGraph,
    InvalidQuery,
    RepeatedVariable,
    TreatmentIsOutcome,
    UnknownVariable,
)
from whence.runtime.events import Derived, listening

CONFOUNDED = arrows("Z->X Z->Y X->Y")
FRONT_DOOR = arrows("X->M M->Y X<->Y")
NAPKIN = arrows("W->Z Z->X X->Y W<->X W<->Y")


def estimand(query, graph) -> Estimand:
    found = identify(query, graph)
    assert isinstance(found, Estimand), found
    return found


def number(found: Estimand, model) -> float:
    table = value_of(found.expression, joint(model))
    assert table.names == ()
    return float(table.cells)


def mean(table, name) -> float:
    assert table.names == (name,)
    return float(table.cells @ np.arange(len(table.cells)))


@pytest.mark.parametrize(("graph", "shape"), [
    (CONFOUNDED, Adjustment(("X",), ("Y",), ("Z",))),
    (arrows("X->Y"), Adjustment(("X",), ("Y",), ())),
    (FRONT_DOOR, FrontDoor(("X",), ("Y",), ("M",))),
    (arrows("W->Z Z->X X->Y W<->X W<->Y"), General()),
    (arrows("Z->X Z->Y"), General()),
    (arrows("Z->X Z->Y X->Y O->Y I->X"), Adjustment(("X",), ("Y",), ("O", "Z"))),
])  # fmt: skip
def test_the_average_effect_is_right_and_its_shape_is_recorded(graph, shape):
    found = estimand(effect("X", "Y"), graph)
    if isinstance(shape, Adjustment):
        shape = Adjustment(shape.treatments, shape.outcomes, graph.names(graph.mask(shape.adjust)))
    assert found.shape == shape
    model = random_model(graph, np.random.default_rng(1), levels={"Y": 3})
    truth = [mean(interventional(model, ["Y"], ["X"]).at({"X": level}), "Y") for level in (1, 0)]
    assert number(found, model) == pytest.approx(truth[0] - truth[1], abs=1e-12)


def test_a_treatment_that_causes_nothing_has_effect_zero_without_adjustment():
    found = estimand(effect("X", "Y"), arrows("Z->X Z->Y"))
    assert "X" not in {
        term.name
        for step in found.derivation.walk()
        if isinstance(step.formula, P)
        for term in step.formula.terms
    }
    assert number(found, random_model(found.graph, np.random.default_rng(2))) == 0


def test_the_effect_within_levels_of_a_covariate_is_adjusted_within_them():
    graph = arrows("Z->X Z->Y X->Y W->Y W->Z")
    found = estimand(cate("X", "Y", "W"), graph)
    assert found.shape == Adjustment(("X",), ("Y",), ("Z",), ("W",))
    model = random_model(graph, np.random.default_rng(3))
    truth = interventional(model, ["Y"], ["X"], ["W"])
    table = value_of(found.expression, joint(model))
    for w in (0, 1):
        means = [mean(truth.at({"X": level, "W": w}), "Y") for level in (1, 0)]
        assert float(table.at({"W": w}).cells) == pytest.approx(means[0] - means[1], abs=1e-12)


def test_a_condition_after_the_treatment_goes_through_idc():
    found = estimand(Query(P("Y", "Z", "X")), arrows("X->Z Z->Y X<->Z"))
    assert found.derivation.premises[0].rule == "rule 2"
    assert found.shape == General()


@pytest.mark.parametrize(("graph", "rules"), [
    (CONFOUNDED, {"treated"}),
    (NAPKIN, {"consistency"}),
])  # fmt: skip
def test_the_effect_on_the_treated_is_right_by_adjustment_and_from_the_effect_on_all(graph, rules):
    found = estimand(att("X", "Y"), graph)
    assert {step.rule for step in found.derivation.premises} == rules
    model = random_model(graph, np.random.default_rng(4))
    truth = among_those_seen(model, ["Y"], "X").at({"X": 1})
    means = [mean(truth.at({"X*": level}), "Y") for level in (1, 0)]
    assert number(found, model) == pytest.approx(means[0] - means[1], abs=1e-12)
    said = [each.statement for each in found.assumptions if "two values" in each.statement]
    assert said == (["X takes two values only."] if rules == {"consistency"} else [])


def test_levels_that_are_falsy_words_or_numbers_are_levels_all_the_same():
    for level, base in ((False, True), ("", "x"), (0.0, 2.5)):
        found = estimand(att("X", "Y", level, base), NAPKIN)
        assert found.shape == General()
        assert [len(step.premises) for step in found.derivation.premises] == [0, 1]


def test_ratios_and_mixtures_of_seeing_and_doing_are_put_back_together():
    risk = Query(Quotient(P(Term("Y", 1), (), Term("X", 1)), P(Term("Y", 1), (), Term("X", 0))))
    model = random_model(CONFOUNDED, np.random.default_rng(5))
    done = interventional(model, ["Y"], ["X"]).at({"Y": 1})
    assert number(estimand(risk, CONFOUNDED), model) == pytest.approx(float(done.cells[1] / done.cells[0]))
    mixed = estimand(
        Query(Difference(P(Term("Y", 1), (), Term("X", 1)), P(Term("Y", 1), Term("X", 1)))), CONFOUNDED
    )
    assert mixed.shape == General()
    seen = interventional(model, ["Y"], [], ["X"]).at({"Y": 1, "X": 1})
    assert number(mixed, model) == pytest.approx(float(done.cells[1] - seen.cells))


def test_seeing_alone_is_its_own_estimand():
    query = Query(Expectation("Y", P("Y", Term("X", 1))))
    found = estimand(query, CONFOUNDED)
    assert found.expression == query.body
    assert found.shape == Observed()


def test_free_variables_that_cannot_matter_are_averaged_over():
    found = estimand(Query(P("Y", (), "X")), arrows("W->Z Z->X X->Y W<->X W<->Y"))
    model = random_model(found.graph, np.random.default_rng(6))
    assert value_of(found.expression, joint(model)).names == ("X", "Y")


def test_assumptions_name_the_covariates_and_the_askers_own():
    query = effect("X", "Y")
    found = estimand(Query(query.body, query.contrast, ("monotone(X -> Y)",)), CONFOUNDED)
    said = {each.statement: each.source for each in found.assumptions}
    assert said["No unobserved confounder of X and Y beyond Z."] == "graph"
    assert said["monotone(X -> Y)"] == "user"
    through = estimand(effect("X", "Y"), FRONT_DOOR)
    assert "X affects Y only through M." in [each.statement for each in through.assumptions]


def test_each_step_is_told_as_it_is_derived():
    heard = []
    with listening(heard.append):
        found = estimand(effect("X", "Y"), FRONT_DOOR)
    assert len(heard) == len(list(found.derivation.walk()))
    assert all(isinstance(each, Derived) and each.stage == "identify" for each in heard)


def test_what_no_procedure_covers_is_not_passed_off_as_impossible():
    beside = P(Term("Y", 1, (Term("X", 1),)), (), Term("M", 0))
    assert isinstance(identify(Query(beside), FRONT_DOOR), NotYetAnswerable)
    undirected = Graph.of((), [Edge("A", "B", "--")], kind="CPDAG")
    assert isinstance(identify(effect("A", "B"), undirected), NotYetAnswerable)
    assert isinstance(
        identify(effect("A", "B"), Graph.of((), [Edge("A", "B")], kind="MAG")), NotYetAnswerable
    )


def test_in_an_equivalence_class_the_formula_holds_in_every_graph_or_none_is_given():
    nothing = estimand(effect("A", "B"), Graph.of("AB", [], kind="CPDAG"))
    assert {step.rule for step in nothing.derivation.walk()} == {"given", "rule 3", "query"}
    edges = [Edge("A", "X"), Edge("B", "X"), Edge("X", "Y")]
    found = estimand(effect("X", "Y"), Graph.of((), edges, kind="CPDAG"))
    assert found.shape == Adjustment(("X",), ("Y",), (), ())


def test_the_effect_on_the_treated_is_refused_with_two_models_where_all_is_confounded():
    found = identify(att("X", "Y"), arrows("X->Y X<->Y"))
    assert isinstance(found, NotIdentified)
    assert found.models is not None


def test_what_is_no_equivalence_class_is_refused_whatever_is_asked():
    ring = Graph.of((), [Edge(a, b, "--") for a, b in ("AB", "BC", "CD", "DA")], kind="CPDAG")
    for query in (Query(P("A")), Query(P("A", "B")), effect("A", "C")):
        with pytest.raises(InvalidGraph, match="No DAG"):
            identify(query, ring)


def test_a_class_with_many_open_edges_and_few_members_has_its_proof_checked():
    path = [Edge(f"C{i}", f"C{i + 1}", "--") for i in range(30)]
    graph = Graph.of((), [*path, Edge("A", "X"), Edge("B", "X"), Edge("X", "Y")], kind="CPDAG")
    assert verify(estimand(effect("X", "Y"), graph), graph)


def test_a_chain_longer_than_python_nests_calls_is_refused_with_two_models_that_are_checked():
    chain = " ".join(f"M{i}->M{i + 1}" for i in range(600))
    graph = arrows(f"X->M0 X<->M0 {chain} M600->Y")
    found = identify(effect("X", "Y"), graph)
    assert isinstance(found, NotIdentified)
    verify(found, graph)
    assert refusal_from_dict(refusal_to_dict(found)) == found


def test_a_refusal_names_the_reduced_effect_that_its_hedge_is_for():
    found = identify(Query(P("Y", "Z", "X")), arrows("X->Z X->Y Z->Y X<->Y"))
    assert isinstance(found, NotIdentified)
    assert (set(found.treatments), set(found.outcomes)) == ({"X", "Z"}, {"Y"})


def test_misuse_is_a_typed_error():
    graph = arrows("Z->X Z->Y X->Y U->Y", latent=("U",))
    with pytest.raises(UnknownVariable, match="Y"):
        identify(effect("X", "YY"), graph)
    with pytest.raises(UnknownVariable):
        identify(Query(P(Term("Y", None, (Term("XX", 1),)), Term("X", 1))), graph)
    with pytest.raises(InvalidQuery, match="latent"):
        identify(effect("U", "Y"), graph)
    with pytest.raises(TreatmentIsOutcome):
        identify(Query(P("Y", (), "Y")), graph)
    with pytest.raises(TreatmentIsOutcome):
        identify(Query(P(Term("Y", None, (Term("Y", 1),)))), graph)
    for body in (P(("Y", "Y"), (), "X"), P("Y", "X", "X"), P("Y", "Y"), P("Y", ("Z", "Z"))):
        with pytest.raises(RepeatedVariable):
            identify(Query(body), graph)
    for body in (Kernel(("Y",)), P(())):
        with pytest.raises(InvalidQuery):
            identify(Query(body), graph)
