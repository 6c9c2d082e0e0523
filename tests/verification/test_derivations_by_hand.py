"""Derivations written out by hand: the textbook ones are accepted, and no other use can be made of them."""

from dataclasses import replace

import numpy as np
import pytest

from oracles.evaluation import agree, truth_of, value_of
from oracles.models import joint, random_model
from oracles.worlds import arrows
from verification.derivations import (
    BACK_DOOR,
    CONDITIONAL,
    FRONT_DOOR,
    LATE,
    NAPKIN,
    TREATED,
    VERMA,
    adjustment,
    c_component,
    condition_on_what_comes_after,
    conditional,
    effect,
    from_doing,
    front_door,
    napkin,
    proof,
    treated,
    verma,
)
from whence.identification.verify import verify
from whence.identification.witnesses.witness import disagreement
from whence.language.estimand import Adjustment, Estimand, Fact, FrontDoor, General, Observed, Step
from whence.language.expression import (
    Difference,
    Expectation,
    Expression,
    Kernel,
    P,
    Quotient,
    Sum,
    Term,
    substitute,
)
from whence.language.graph import Graph
from whence.language.query import Query, att
from whence.language.refusals import Hedge, NotIdentified
from whence.runtime.errors import ProofRejected

CORRECT = {
    "back-door": (adjustment("Y", "X", ("Z",)), BACK_DOOR, Adjustment(("X",), ("Y",), ("Z",))),
    "front-door": (front_door(), FRONT_DOOR, FrontDoor(("X",), ("Y",), ("Z",))),
    "napkin": (napkin(), NAPKIN, General()),
    "verma": (verma(), VERMA, General()),
    "conditional": (conditional(), CONDITIONAL, General()),
    "condition": (condition_on_what_comes_after(), LATE, General()),
    "adjustment within W": (
        adjustment("Y", "X", ("Z",), ("W",)),
        TREATED,
        Adjustment(("X",), ("Y",), ("Z",), ("W",)),
    ),
    "treated": (treated(), TREATED, Adjustment(("X",), ("Y",), ("Z",))),
    "treated within W": (treated(w=("W",)), TREATED, Adjustment(("X",), ("Y",), ("Z",), ("W",))),
    "treated by the front door": (from_doing(front_door()), FRONT_DOOR, General()),
    "treated by what cannot matter": (
        Step("consistency", P(Term("Y", None, (Term("X", 0),)), Term("X", 1)), P("Y", Term("X", 1))),
        arrows("Y->X X<->Y X->Z"),
        General(),
    ),
    "observation": (Step("observation", P("Y", "X"), P("Y", "X")), BACK_DOOR, Observed()),
    "no back door": (adjustment("Y", "X", ()), LATE, Adjustment(("X",), ("Y",), ())),
}


@pytest.mark.parametrize("name", CORRECT)
def test_a_correct_derivation_is_accepted_and_its_estimand_is_true(name: str):
    step, graph, shape = CORRECT[name]
    estimand = proof(step, graph, shape)
    checked = verify(estimand)
    assert [each.step for each in checked] == list(estimand.derivation.walk())
    for seed in range(3):
        model = random_model(graph, np.random.default_rng(seed))
        assert agree(truth_of(step.claim, model), value_of(step.formula, joint(model)))


def test_a_difference_of_means_is_proved_from_one_pattern_for_both_of_its_values():
    step, graph, shape = CORRECT["front-door"]
    sides = [Expectation("Y", substitute(step.formula, {"X": value})) for value in (1, 0)]
    bodies = [Expectation("Y", P("Y", (), Term("X", value))) for value in (1, 0)]
    body, formula = Difference(*bodies), Difference(*sides)
    estimand = Estimand(Query(body), formula, Step("query", body, formula, (), (step,)), shape, graph)
    assert len(verify(estimand)) > 5
    swapped = Difference(sides[1], sides[0])
    lie = replace(estimand, expression=swapped, derivation=replace(estimand.derivation, formula=swapped))
    with pytest.raises(ProofRejected, match="query"):
        verify(lie)


def test_the_effect_on_the_treated_needs_a_proof_for_each_of_its_two_worlds():
    query = att("X", "Y")
    same = Step("consistency", P(Term("Y", None, (Term("X", 1),)), Term("X", 1)), P("Y", Term("X", 1)))
    other = treated()
    formula = Difference(Expectation("Y", same.formula), Expectation("Y", other.formula))
    shape = Adjustment(("X",), ("Y",), ("Z",))
    root = Step("query", query.body, formula, (), (same, other))
    estimand = Estimand(query, formula, root, shape, TREATED)
    assert len(verify(estimand)) == 3
    without = replace(root, premises=(other,), formula=replace(formula, left=query.body.left))
    with pytest.raises(ProofRejected, match="not proved"):
        verify(replace(estimand, derivation=without, expression=without.formula))


def test_hidden_causes_are_the_same_whether_drawn_as_nodes_or_as_bidirected_edges():
    drawn = arrows("U->X U->Y X->Z Z->Y", latent=("U",))
    assert verify(proof(front_door(), drawn))
    with pytest.raises(ProofRejected):
        verify(proof(front_door(), arrows("U->X U->Y X->Z Z->Y U->Z", latent=("U",))))
    chain = arrows("X->U U->Z Z->Y V->W W->X W->Y", latent=("U", "V", "W"))
    assert verify(proof(front_door(), chain))


def seeing(body: Expression, graph: Graph) -> Estimand:
    """What was seen, told as it is."""
    return Estimand(Query(body), body, Step("query", body, body), Observed(), graph)


def unfinished() -> dict[str, Estimand]:
    """Right steps put to the wrong use at the root."""
    right = proof(*CORRECT["back-door"])
    root = right.derivation
    seen = P("Y", "X")
    return {
        "the estimand is another": replace(right, expression=seen),
        "the root's formula is another": replace(right, derivation=replace(root, formula=seen)),
        "the root's claim is another": replace(right, derivation=replace(root, claim=P("Y", (), "Z"))),
        "the query is another": replace(right, query=Query(P("X", (), "Z"))),
        "the root is no root": replace(right, derivation=root.premises[0]),
        "the root rests on nothing": replace(right, derivation=replace(root, premises=())),
        "the effect is left as it is": replace(
            right, expression=root.claim, derivation=replace(root, formula=root.claim, premises=())
        ),
        "a value is lost": replace(
            right,
            query=Query(P("Y", (), Term("X", 1))),
            derivation=replace(root, claim=P("Y", (), Term("X", 1))),
        ),
        "the estimate would adjust for nothing": replace(right, shape=Adjustment(("X",), ("Y",), ())),
        "the estimate would be of another effect": replace(right, shape=Adjustment(("Z",), ("Y",), ("Z",))),
        "the estimate would be of another outcome": replace(right, shape=Adjustment(("X",), ("Z",), ("Z",))),
        "the estimate would adjust for nobody": replace(right, shape=Adjustment(("X",), ("Y",), ("Z", "Q"))),
        "the estimate would be within Z": replace(right, shape=Adjustment(("X",), ("Y",), (), ("Z",))),
        "the estimate among the treated would adjust for what comes after": proof(
            treated(), arrows("Z->X Z->Y X->Y X->D"), Adjustment(("X",), ("Y",), ("Z", "D"))
        ),
        "the estimate within W would adjust for what comes after": proof(
            adjustment("Y", "X", ("Z",), ("W",)),
            arrows("Z->X Z->Y X->Y X->D W->Y"),
            Adjustment(("X",), ("Y",), ("Z", "D"), ("W",)),
        ),
        "the estimate would go by the front door": replace(right, shape=FrontDoor(("X",), ("Y",), ("Z",))),
        "the estimate would go by no door": replace(right, shape=FrontDoor(("X",), ("Y",), ())),
        "the estimate would be what was seen": replace(right, shape=Observed()),
        "what is asked about is hidden": seeing(P("Y", "U"), arrows("U->Y U->X", latent=("U",))),
        "what is asked about is unknown": seeing(P("Y", "Q"), BACK_DOOR),
        "what is asked about is a kernel": seeing(Kernel("Y"), BACK_DOOR),
        "the graph has no direction": replace(
            right, graph=Graph.of(BACK_DOOR.nodes, BACK_DOOR.edges, kind="PAG")
        ),
        "the graph knows other variables": replace(right, graph=arrows("A->B")),
        "the outcome is hidden": replace(right, graph=arrows("Z->X Z->Y X->Y", latent=("Y",))),
        "the confounder is hidden": replace(right, graph=arrows("Z->X Z->Y X->Y", latent=("Z",))),
    }


@pytest.mark.parametrize("name", unfinished())
def test_right_steps_are_rejected_when_they_prove_something_else(name: str):
    with pytest.raises(ProofRejected):
        verify(unfinished()[name])


def test_what_was_seen_is_its_own_estimand():
    assert len(verify(seeing(P("Y", "X"), BACK_DOOR))) == 1


def with_models(refusal: NotIdentified) -> NotIdentified:
    pair = disagreement(refusal.query, refusal.graph, (), refusal.hedge, refusal.treatments, refusal.outcomes)
    assert pair is not None
    return replace(refusal, models=pair)


def test_a_root_that_reaches_the_outcome_only_through_a_treatment_makes_no_hedge():
    graph = arrows("X1->R X1<->R R->X2 X2->Y")
    hedge = Hedge(("X1", "R"), ("R",), ("R",))
    one = with_models(NotIdentified("", (), Query(P("Y", (), "X1")), hedge, ("X1",), ("Y",), graph))
    assert verify(one) == ()
    both = replace(one, query=Query(P("Y", (), ("X1", "X2"))), treatments=("X1", "X2"))
    with pytest.raises(ProofRejected, match="no ancestor"):
        verify(both)


@pytest.mark.parametrize(
    ("graph", "hedge", "why"),
    [
        ("X->Y X<->Y", (("X", "Y"), ("Y",), ("X",)), "nested"),
        ("X->Y X<->Y", (("X", "Y"), ("X",), ("X",)), "nested"),
        ("X->Y X<->Y Z->Y", (("Z", "Y"), ("Y",), ("Y",)), "nested"),
        ("X->Y", (("X", "Y"), ("Y",), ("Y",)), "district"),
        ("X<->Y", (("X", "Y"), ("Y",), ("Y",)), "roots"),
        ("X->M M->Y X<->Y", (("X", "Y"), ("Y",), ("Y",)), "roots"),
        ("X->Z Z->Y X<->Z", (("X", "Z", "Y"), ("Z", "Y"), ("Y",)), "district"),
    ],
)
def test_what_is_no_hedge_is_rejected_for_what_it_lacks(graph: str, hedge, why: str):
    refusal = NotIdentified("", (), Query(P("Y", (), "X")), Hedge(*hedge), ("X",), ("Y",), arrows(graph))
    with pytest.raises(ProofRejected, match=why):
        verify(refusal)


def test_a_hedge_for_a_condition_that_rule_2_takes_away_is_rejected():
    # Z can be set instead of seen, and P(Y | do X, do Z) is P(Y | Z): the hedge is for P(Y, Z | do X).
    hedge = Hedge(("X", "Z"), ("Z",), ("Z",))
    refusal = NotIdentified("", (), Query(P("Y", "Z", "X")), hedge, ("X",), ("Y", "Z"), CONDITIONAL)
    with pytest.raises(ProofRejected, match="another effect"):
        verify(refusal)
    assert verify(with_models(replace(refusal, query=Query(P(("Y", "Z"), (), "X"))))) == ()


def test_a_proof_that_shares_parts_is_checked_in_time_linear_in_its_parts():
    # Each step doubles the tree: written out, the last formula has some 10^18 leaves.
    step = Step("ancestral", Kernel("Y"), P("Y"), (Fact("ancestral", ("Y",)),))
    for _ in range(60):
        step = c_component(step, ("Y",), "Y")
    graph = arrows("X->W Y->W")
    assert len(verify(proof(effect(step, graph, ("Y",), ("X",)), graph))) == 63

    def copied(expression: Expression, memo: dict[int, Expression]) -> Expression:
        if id(expression) not in memo:
            match expression:
                case Quotient(numerator=a, denominator=b):
                    memo[id(expression)] = Quotient(copied(a, memo), copied(b, memo))
                case Sum(over=over, body=body):
                    memo[id(expression)] = Sum(over, copied(body, memo))
                case _:
                    memo[id(expression)] = P("Y")
        return memo[id(expression)]

    # The same with no part shared between steps, as after a round trip through JSON.
    whole = effect(step, graph, ("Y",), ("X",))
    apart = replace(proof(whole, graph), expression=copied(whole.formula, {}))
    assert len(verify(apart)) == 63
