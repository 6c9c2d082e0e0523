"""Linear effects: textbook answers, and every small graph against the rank of the Jacobian."""

import json
from collections import Counter
from dataclasses import replace
from fractions import Fraction
from itertools import combinations
from random import Random

import numpy as np
import pytest

from oracles.linear import Linearised, all_forward_admgs
from oracles.worlds import arrows, random_hidden
from whence.identification.identify import identify
from whence.identification.linear.identify_linear import identify_linear
from whence.identification.verification.linear import verify_linear
from whence.language.covariance import Cov, Covariances, Ratio, moment_latex
from whence.language.estimand import Estimand
from whence.language.linear import Equation, LinearEstimand, LinearStep, NotIdentifiedLinearly, Through
from whence.language.linear_json import linear_from_dict, linear_to_dict
from whence.language.query import effect
from whence.language.refusals import NotYetAnswerable
from whence.runtime.errors import (
    InvalidAnswer,
    InvalidOption,
    InvalidQuery,
    ProofRejected,
    TreatmentIsOutcome,
    UnknownVariable,
    UnsuitableMethod,
)

BOW = "X->Y X<->Y"
CASES = {
    # graph, kind: the formula, the method, whether it needs linearity
    ("X->Y", "direct"): ("b[X -> Y] = Cov(X, Y) / Var(X)", "regression", False),
    ("Z->X Z->Y X->Y", "total"): ("t[X -> Y] = Cov(X, Y | Z) / Var(X | Z)", "regression", False),
    ("Z->X " + BOW, "direct"): ("b[X -> Y] = Cov(Z, Y) / Cov(Z, X)", "instrument", True),
    ("W->Z W<->Y Z->X " + BOW, "direct"): (
        "b[X -> Y] = Cov(Z, Y | W) / Cov(Z, X | W)",
        "instrument",
        True,
    ),
    ("X->M M->Y X<->Y", "total"): (
        (
            "t[X -> Y] = b[X -> M] · b[M -> Y], where "
            "b[X -> M] = Cov(X, M) / Var(X); b[M -> Y] = Cov(M, Y | X) / Var(M | X)"
        ),
        "regression",
        False,
    ),
    # Both halves of the front door are confounded; an instrument for the whole way is not.
    ("Z->X X->M M->Y X<->Y M<->Y", "total"): ("t[X -> Y] = Cov(Z, Y) / Cov(Z, X)", "instrument", True),
    ("A->X A->Z1 Z1->Z2 X->Y Z2->Y A<->Y", "direct"): (
        "b[X -> Y] = Cov(X, Y | A) / Var(X | A)",
        "regression",
        False,
    ),
    ("Y->X", "total"): ("t[X -> Y] = 0", "no path", False),
}


@pytest.mark.parametrize(("text", "kind"), CASES)
def test_the_textbook_answer_is_found(text: str, kind: str):
    found = identify_linear(arrows(text), "X", "Y", kind)
    formula, method, needs_linearity = CASES[text, kind]
    assert isinstance(found, LinearEstimand)
    assert (found.text, found.method, found.nonparametric) == (formula, method, not needs_linearity)
    assert verify_linear(found) == found.steps


def test_two_instruments_for_two_confounded_causes_are_an_instrumental_set():
    # Brito and Pearl (2002): neither Z1 nor Z2 is an instrument alone.
    g = arrows("Z1->X1 Z1->X2 Z2->X1 Z2->X2 X1->Y X2->Y X1<->Y X2<->Y")
    found = identify_linear(g, "X1", "Y")
    assert isinstance(found, LinearEstimand)
    assert found.method == "instrumental set"
    assert [each.source for each in found.steps[0].equations] == ["Z1", "Z2"]
    assert found.formula.bottom.rows[0] == (Cov("Z1", "X1"), Cov("Z1", "X2"))
    assert "vmatrix" in found.latex


def test_one_instrument_for_two_confounded_causes_is_refused_with_two_models():
    found = identify_linear(arrows("Z->X1 Z->X2 X1->Y X2->Y X1<->Y X2<->Y"), "X1", "Y")
    assert isinstance(found, NotIdentifiedLinearly)
    assert verify_linear(found) == ()


def test_what_would_help_was_tried():
    bow = identify_linear(arrows(BOW), "X", "Y")
    assert bow.would_help == (
        "an instrument: a variable that moves X, and Y only through it",
        "observing what causes both X and Y",
    )
    # With one of two confounded causes on the other's way, no single addition is enough, and none is named.
    assert identify_linear(arrows("X->W W->Y W<->Y " + BOW), "X", "Y").would_help == ()
    assert identify_linear(arrows("U->X U->Y X->Y", latent=("U",)), "X", "Y").would_help[-1] == "observing U"


def test_what_is_known_already_is_taken_off_a_half_trek_source():
    # Foygel, Draisma and Drton (2012), figure 3b.
    g = arrows("V1->V2 V1->V5 V2->V3 V2->V4 V3->V5 V1<->V3 V1<->V4 V1<->V5")
    for cause, target in (("V1", "V2"), ("V1", "V5"), ("V2", "V3"), ("V2", "V4"), ("V3", "V5")):
        found = identify_linear(g, cause, target)
        assert isinstance(found, LinearEstimand), (cause, target)
        verify_linear(found)
    found = identify_linear(g, "V1", "V5")
    assert found.method == "half-trek"


def test_every_effect_in_every_graph_of_three_variables_is_decided_as_the_jacobian_says():
    for g in all_forward_admgs(3):
        world = Linearised(g)
        for (x, y), kind in (
            (pair, kind) for pair in combinations(g.nodes, 2) for kind in ("direct", "total")
        ):
            found = identify_linear(g, x, y, kind)
            verify_linear(found)
            assert isinstance(found, LinearEstimand) == world.determines(x, y, kind), (g, x, y, kind)


def test_four_variables_a_sample_nothing_found_is_undetermined_and_few_are_left_open():
    chosen = Random(1).sample(all_forward_admgs(4), 250)
    counts: Counter[tuple[bool, str]] = Counter()
    for g in chosen:
        world = Linearised(g)
        for (x, y), kind in (
            (pair, kind) for pair in combinations(g.nodes, 2) for kind in ("direct", "total")
        ):
            found = identify_linear(g, x, y, kind)
            if not isinstance(found, NotYetAnswerable):
                verify_linear(found)
            counts[world.determines(x, y, kind), type(found).__name__] += 1
            if isinstance(found, LinearEstimand):
                assert world.determines(x, y, kind), (g, x, y, kind)
            elif kind == "total":
                assert not isinstance(identify(effect(x, y), g), Estimand), (g, x, y)
    assert counts[True, "LinearEstimand"] > 1500
    # Determined up to finitely many values, and not by these methods.
    assert counts[True, "NotYetAnswerable"] < 20
    assert counts[False, "NotYetAnswerable"] == 0


def test_hidden_nodes_with_any_number_of_effects_are_never_taken_for_independent_ones():
    rng = np.random.default_rng(11)
    found_some = 0
    for _ in range(60):
        g = random_hidden(rng, int(rng.integers(4, 8)), int(rng.integers(1, 3)), 2.8)
        x, y = (str(v) for v in rng.permutation(g.observed)[:2])
        for kind in ("direct", "total"):
            found = identify_linear(g, x, y, kind)
            if not isinstance(found, NotYetAnswerable):
                # Evaluated on covariances of models with these hidden nodes, in fractions.
                verify_linear(found)
                found_some += 1
    assert found_some > 80


def test_a_determinant_that_one_hidden_cause_makes_zero_is_not_divided_by():
    # In the projection Z1 and Z2 move X1 and X2 by correlations of their own; here by one hidden cause.
    one = arrows("U->Z1 U->Z2 U->X1 U->X2 X1->Y X2->Y X1<->Y X2<->Y", latent=("U",))
    own = "Z1<->Z2 Z1<->X1 Z1<->X2 Z2<->X1 Z2<->X2 X1<->X2 X1->Y X2->Y X1<->Y X2<->Y"
    assert isinstance(identify_linear(arrows(own), "X1", "Y"), LinearEstimand)
    assert isinstance(identify_linear(one, "X1", "Y"), NotYetAnswerable)


def test_a_formula_is_evaluated_over_fractions_and_floats():
    found = identify_linear(arrows("Z->X " + BOW), "X", "Y")
    names = ("X", "Y", "Z")
    whole = Covariances.of(names, {("Z", "Y"): 3, ("Z", "X"): 2})
    assert found.value(whole) == Fraction(3, 2)
    assert found.value(Covariances.of(names, {("Z", "Y"): 0.3, ("Z", "X"): 0.2})) == pytest.approx(1.5)
    with pytest.raises(UnsuitableMethod, match="is zero"):
        found.value(Covariances.of(names, {("Z", "Y"): 3}))
    with pytest.raises(UnknownVariable, match="covariance matrix"):
        found.value(Covariances.of(("X", "Y"), {}))


def test_a_covariance_given_others_is_that_of_the_residuals():
    rng = np.random.default_rng(0)
    root = rng.integers(-4, 5, (4, 6))
    sigma = root @ root.T
    seen = Covariances.of(
        "abcd", {(a, b): int(sigma[i, j]) for i, a in enumerate("abcd") for j, b in enumerate("abcd")}
    )
    inner = np.linalg.inv(sigma[2:, 2:])
    expected = sigma[0, 1] - sigma[0, 2:] @ inner @ sigma[2:, 1]
    assert float(seen.given("a", "b", "cd")) == pytest.approx(expected)
    assert isinstance(seen.given("a", "b", "cd"), Fraction)


def test_latex_needs_no_more_than_amsmath():
    assert moment_latex(Ratio(Cov("Z1", "Y", ("W",)), Cov("Z1", "Z1"))) == (
        r"\frac{\operatorname{Cov}({Z_{1}}, Y \mid W)}{\operatorname{Var}({Z_{1}})}"
    )


@pytest.mark.parametrize(
    ("text", "kind"),
    [*CASES, (BOW, "direct"), ("Z1->X Z2->X A->X Z1->A Z2->A A->Y A<->Y " + BOW, "total")],
)
def test_json_brings_back_what_was_found_and_it_verifies(text: str, kind: str):
    found = identify_linear(arrows(text), "X", "Y", kind)
    data = json.loads(json.dumps(linear_to_dict(found)))
    again = linear_from_dict(data)
    assert again == found
    verify_linear(again)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"schema": "x"}, "schema"),
        ({"steps": [{"target": "Y", "unknowns": ["X"], "equations": []}]}, "unknowns"),
        ({"steps": 3}, "list"),
        ({"status": "refused", "models": [{}]}, "models|names|message"),
        ({"totals": [{"effect": "Y"}]}, "no cause"),
    ],
)
def test_garbled_json_is_an_invalid_answer(change: dict, reason: str):
    data = linear_to_dict(identify_linear(arrows("Z->X " + BOW), "X", "Y"))
    with pytest.raises(InvalidAnswer, match=reason):
        linear_from_dict({**data, **change})


def mutations() -> list[tuple[str, LinearEstimand]]:
    """Proofs that state something false, each with the graph it is false in."""
    g = arrows("W->Z W<->Y Z->X X->D Y->D " + BOW)
    found = identify_linear(g, "X", "Y")

    def with_step(**changes: object) -> LinearEstimand:
        return replace(found, steps=(replace(found.steps[0], **changes),))

    front = identify_linear(arrows("X->M M->Y X->Y"), "X", "Y", "total")
    front = replace(front, left_out=(), totals=(Through("Y", ("X",)),))
    return [
        ("the instrument is confounded", with_step(equations=(Equation("W"),))),
        ("it conditions on nothing", with_step(equations=(Equation("Z"),))),
        ("it conditions on what comes after", with_step(equations=(Equation("Z", ("W", "D")),))),
        ("it conditions on the treatment", with_step(equations=(Equation("Z", ("W", "X")),))),
        ("it takes off what was not found", with_step(equations=(Equation("Z", (), ("W",)),))),
        ("the source is the target", with_step(equations=(Equation("Y"),))),
        ("the source is a regressor", with_step(equations=(Equation("X", ("Z",)),))),
        ("another variable is the cause", with_step(unknowns=("Z",))),
        ("too many equations", with_step(equations=(*found.steps[0].equations, Equation("Z")))),
        ("a coefficient used before it is found", with_step(known=("X",), unknowns=("Z",))),
        ("another effect", replace(found, cause="Z")),
        ("a total effect is more", replace(found, kind="total")),
        ("nothing is proved", replace(found, steps=())),
        ("a direct effect with something left out", replace(found, left_out=("W",))),
        ("a path is forgotten", front),
        ("another graph", replace(found, graph=arrows("W->Z W<->Y Z->X Z->Y " + BOW))),
    ]


@pytest.mark.parametrize(("why", "wrong"), mutations(), ids=[why for why, _ in mutations()])
def test_a_proof_that_states_something_false_is_rejected(why: str, wrong: LinearEstimand):
    with pytest.raises(ProofRejected):
        verify_linear(wrong)


def test_two_models_that_are_no_proof_are_rejected():
    refusal = identify_linear(arrows("Z->Y " + BOW), "X", "Y")
    first, second = refusal.models
    moved = replace(second, coefficients=(*second.coefficients[:-1], ("X", "Y", Fraction(9))))
    loud = replace(first, errors=tuple((a, b, v * (1 if a == b else 99)) for a, b, v in first.errors))
    stray = replace(first, coefficients=(*first.coefficients, ("X", "Z", Fraction(1))))
    for models in ((first, first), (first, moved), (loud, second), (stray, second), None):
        with pytest.raises(ProofRejected):
            verify_linear(replace(refusal, models=models))
    with pytest.raises(ProofRejected):
        verify_linear(refusal, arrows("Z->Y X->Y"))


@pytest.mark.parametrize(
    ("ask", "error"),
    [
        (("X", "Q"), UnknownVariable),
        (("X", "X"), TreatmentIsOutcome),
        (("U", "Y"), InvalidQuery),
        (("X", "U", "total"), InvalidQuery),
        (("X", "Y", "partial"), InvalidOption),
    ],
)
def test_bad_input_is_a_typed_error(ask: tuple, error: type[Exception]):
    with pytest.raises(error):
        identify_linear(arrows("U->X U->Y X->Y", latent=("U",)), *ask)


def test_graphs_with_open_edges_are_not_yet_answered():
    from whence.language.graph import Edge, Graph

    found = identify_linear(Graph.of((), [Edge("X", "Y", "--")]), "X", "Y")
    assert isinstance(found, NotYetAnswerable)


def test_the_method_of_a_step_is_what_the_field_calls_it():
    assert LinearStep("Y", ("X",), (Equation("X", ("W",)),)).method == "regression"
    assert LinearStep("Y", ("X",), (Equation("Z"),), ("W",)).method == "half-trek"
