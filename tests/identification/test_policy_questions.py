"""`identify_policy`: questions asked where policies are in force, answered and refused."""

from __future__ import annotations

import pytest

import whence as wh
from oracles.evaluation import agree
from oracles.policies import world_of
from oracles.sources import truth_in, value_in
from oracles.worlds import arrows
from whence.language.expression import P
from whence.language.source import POLICY, Source
from whence.runtime.errors import (
    InvalidGraph,
    InvalidQuery,
    RepeatedVariable,
    TreatmentIsOutcome,
    UnknownVariable,
)

GRAPH = arrows("Z->X Z->Y X->Y W->Y")
LOOKS = wh.Policy("X", ("Z",))


def test_the_estimand_carries_the_policies_beside_what_was_observed():
    found = wh.identify_policy("P(Y)", GRAPH, LOOKS)
    assert isinstance(found, wh.Estimand)
    assert found.given == (Source(P(GRAPH.nodes)), Source(P("X", "Z", (), POLICY), ("X",)))
    assert str(found.query) == "P@policy(Y)"
    assert wh.query(str(found.query)) == found.query
    assert found.query.rung == 2
    assert wh.verify(found)
    told = [assumption.statement for assumption in found.assumptions]
    assert "X is decided by Z and chance alone where its policy is in force." in told


def test_a_mean_a_difference_of_means_and_an_event_are_answered_at_their_values():
    for text, shown in (
        ("E[Y]", "Σ_{W, X, Z} P(W) P(Z) E[Y | W, X, Z] P@policy(X | Z)"),
        ("P(Y=1 | Z=0)", "Σ_{W, X} P(W) P(Y=1 | W, X, Z=0) P@policy(X | Z=0)"),
        (
            "E[Y | do(W=1)] - E[Y | do(W=0)]",
            "Σ_{X, Z} P(Z) E[Y | W=1, X, Z] P@policy(X | Z) - Σ_{X, Z} P(Z) E[Y | W=0, X, Z] P@policy(X | Z)",
        ),
    ):
        found = wh.identify_policy(text, GRAPH, LOOKS)
        assert isinstance(found, wh.Estimand)
        assert sorted(found.text.split()) == sorted(shown.split())
        assert wh.verify(found)


def test_a_policy_always_at_one_value_is_among_what_is_done():
    graph = arrows("Z->X Z->Y X->Y W->X W->Y")
    found = wh.identify_policy("E[Y]", graph, [LOOKS, wh.Policy("W", value=1)])
    assert isinstance(found, wh.Estimand)
    assert str(found.query) == "E@policy[Y | do(W=1)]"
    assert wh.verify(found)
    alone = wh.identify_policy("P(Y)", graph, wh.Policy("X", value=1))
    assert isinstance(alone, wh.Estimand)
    assert wh.verify(alone)
    assert "policy" not in alone.text


def test_the_formula_is_what_the_policies_bring_about_where_causes_are_hidden():
    # What a policy looks at may be out of sight of the graph's own arrows, and share hidden causes with Y.
    graph = arrows("X->Y Z->Y Z<->X V->Z V<->Y")
    policies = [wh.Policy("X", ("V", "Z"))]
    found = wh.identify_policy("P(Y | V)", graph, policies)
    assert isinstance(found, wh.Estimand)
    assert wh.verify(found)
    world = world_of(graph, policies, (), 3)
    assert agree(value_in(world, found.expression), truth_in(world, found.query.body))


def test_hidden_variables_are_projected_away_before_the_policies_are_put_in_force():
    drawn = wh.graph("U -> X; U -> Y; Z -> X; X -> M; M -> Y; Z -> Y", latent=["U"])
    found = wh.identify_policy("P(Y)", drawn, LOOKS)
    assert isinstance(found, wh.Estimand)
    assert wh.verify(found)
    assert "U" not in found.text


def test_what_is_given_elsewhere_serves_and_is_kept():
    graph = arrows("Z->X Z->Y X->Y X<->Y")
    trial = Source(P(["Y", "Z"], do="X", population="trial"), differs=("Z",))
    found = wh.identify_policy("P(Y)", graph, LOOKS, [trial, "P(Z)"])
    assert isinstance(found, wh.Estimand)
    assert found.given[:2] == (trial, Source(P("Z")))
    assert wh.verify(found)
    assert "P@trial(Y | do(X), Z)" in found.text


def test_what_cannot_be_had_is_refused_with_what_would_help():
    graph = arrows("X->Y X<->Z Z<->Y")
    refused = wh.identify_policy("P(Y)", graph, LOOKS)
    assert isinstance(refused, wh.NotIdentified)
    assert refused.would_help == ("an experiment that sets X",)
    assert wh.verify(refused) == ()
    helped = wh.identify_policy("P(Y)", graph, LOOKS, ["P(Y, Z | do(X))"])
    assert isinstance(helped, wh.Estimand)
    assert wh.verify(helped)
    assert isinstance(wh.identify_policy("P(Y)", graph, wh.Policy("X")), wh.Estimand)
    worlds = wh.identify_policy("P(Y_{X=0})", graph, LOOKS)
    assert isinstance(worlds, wh.NotYetAnswerable)


def test_questions_and_policies_that_make_no_sense_are_errors_with_a_cure():
    ahead = arrows("Z->X X->M M->Y")
    for query, graph, policies, given, error in (
        ("P(Y)", GRAPH, [], None, InvalidQuery),
        ("P(Y)", ahead, [wh.Policy("X", ("M",))], None, InvalidQuery),
        ("P(Y)", GRAPH, [LOOKS], ["P@policy(X, Y, Z)"], InvalidQuery),
        ("P(Y)", GRAPH, [LOOKS], [], InvalidQuery),
        ("P(Q)", GRAPH, [LOOKS], None, UnknownVariable),
        ("P(Y)", GRAPH, [wh.Policy("X", ("Q",))], None, UnknownVariable),
        ("P(X)", GRAPH, [wh.Policy("X", value=1)], None, TreatmentIsOutcome),
        ("P(Y | X)", GRAPH, [wh.Policy("X", value=1)], None, RepeatedVariable),
        ("P(Y | do(X=1))", GRAPH, [LOOKS], None, RepeatedVariable),
        ("P(Y | do(X=1))", GRAPH, [wh.Policy("X", value=0)], None, RepeatedVariable),
        ("P(Y)", GRAPH, [LOOKS, wh.Policy("X")], None, RepeatedVariable),
        ("P(Y)", GRAPH, [wh.Policy("X", value=1), wh.Policy("X", value=0)], None, RepeatedVariable),
        ("P(Y)", wh.graph("X -- Y", kind="CPDAG"), [wh.Policy("X")], None, InvalidGraph),
    ):
        with pytest.raises(error):
            wh.identify_policy(query, graph, policies, given)
    with pytest.raises(InvalidQuery, match="policies of yours"):
        wh.identify(wh.query("P(Y | do(X))"), GRAPH, ["P@policy(X | Z)"])


def test_one_proof_serves_for_every_policy_that_looks_at_the_same():
    found = wh.identify_policy("P(Y)", GRAPH, LOOKS)
    assert isinstance(found, wh.Estimand)
    for seed in range(5):
        world = world_of(GRAPH, [LOOKS], (), seed)
        truth = truth_in(world, found.query.body)
        assert agree(value_in(world, found.expression), truth)
