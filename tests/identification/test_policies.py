"""Effects of policies: published shapes by hand, random ones against models in which they are in force."""

from __future__ import annotations

import numpy as np
import pytest

from oracles.evaluation import agree
from oracles.models import interventional
from oracles.policies import holds, loops, policy_trial, under, world_of
from oracles.sources import truth_in, value_in
from oracles.tangents import moves_alone
from oracles.worlds import all_admgs, arrows, random_admg
from whence.identification.idc import Barred, identify_conditional_effect
from whence.identification.sources.general_id import Thicket
from whence.identification.sources.policies import Policy, at_values, prove_policy
from whence.language.estimand import Step
from whence.language.expression import P
from whence.language.printing import to_text
from whence.language.simplify import simplify
from whence.language.source import POLICY, Source
from whence.runtime.errors import (
    InvalidQuery,
    RepeatedVariable,
    TreatmentIsOutcome,
    UnknownVariable,
)


def test_a_policy_that_looks_at_a_confounder_is_evaluated_by_weighing_what_was_seen():
    graph = arrows("Z->X Z->Y X->Y")
    policies = [Policy("X", ("Z",))]
    step = prove_policy(graph, ["Y"], policies)
    assert isinstance(step, Step)
    assert to_text(simplify(step.formula)) == "Σ_{X, Z} P(Z) P(Y | X, Z) P@policy(X | Z)"
    assert holds(step, graph, policies)


def test_a_sequential_plan_is_identified_where_what_it_looks_at_blocks_the_hidden_causes():
    # Pearl & Robins' process of two decisions with an observation in between (Causality, figure 4.4).
    graph = arrows("X1->Z X1->X2 Z->X2 X1->Y X2->Y X1<->Z Z<->Y")
    both = [Policy("X1"), Policy("X2", ("X1", "Z"))]
    plan = prove_policy(graph, ["Y"], both)
    assert isinstance(plan, Thicket)
    easier = arrows("X1->Z X1->X2 Z->X2 X1->Y X2->Y Z<->Y")
    found = prove_policy(easier, ["Y"], both)
    assert isinstance(found, Step)
    assert holds(found, easier, both)
    assert "P@policy(X2 | X1, Z)" in to_text(simplify(found.formula))


def test_a_policy_can_be_out_of_reach_where_the_plain_intervention_is_not():
    # do(X) needs P(Y | X) alone; a policy that looks at Z needs how Z and Y hang together once X is set.
    graph = arrows("X->Y X<->Z Z<->Y")
    step = identify_conditional_effect(graph, graph.mask("X"), graph.mask("Y"))
    assert isinstance(step, Step)
    assert step.formula == P("Y", "X")
    policies = [Policy("X", ("Z",))]
    assert isinstance(prove_policy(graph, ["Y"], policies), Thicket)
    assert moves_alone(graph, [Source(P(graph.nodes))], under(policies, 1, ["Y"], []))
    # One that looks at nothing needs no more than the plain intervention.
    assert isinstance(prove_policy(graph, ["Y"], [Policy("X")]), Step)


def test_a_policy_always_at_one_value_is_the_plain_intervention():
    rng = np.random.default_rng(3)
    identified = 0
    for number in range(150):
        graph = random_admg(rng, int(rng.integers(3, 6)), 3.0)
        x, y, w = (str(name) for name in rng.permutation(graph.nodes)[:3])
        given = [w] if number % 2 else []
        plain = identify_conditional_effect(graph, graph.mask([x]), graph.mask([y]), graph.mask(given))
        policies = [Policy(x, value=1)]
        found = prove_policy(graph, [y], policies, given)
        assert isinstance(found, Thicket) == isinstance(plain, Barred)
        if isinstance(found, Step):
            identified += 1
            world = world_of(graph, policies, (), number)
            truth = interventional(world.own, [y], [x], given)
            assert agree(value_in(world, found.formula), truth)
            closed = at_values(found.formula, policies)
            assert "do" not in to_text(closed)
    assert identified > 60


@pytest.mark.parametrize("elsewhere", [False, True])
def test_no_step_is_false_for_random_policies_and_refusals_are_real(elsewhere):
    verdicts = []
    for number in range(400):
        trial = policy_trial((4, number, int(elsewhere)), elsewhere, refusals=number % 4 == 0)
        assert not trial.wrong
        verdicts.append(trial.verdict)
    assert verdicts.count("identified") > 100
    assert verdicts.count("looks ahead") > 50
    assert verdicts.count("refused") > 5


def test_every_policy_in_every_graph_of_three_nodes_is_right():
    outcomes = []
    for number, graph in enumerate(all_admgs("XYZ")):
        policies = [Policy("X", ("Z",))]
        if loops(graph, policies):
            with pytest.raises(InvalidQuery):
                prove_policy(graph, ["Y"], policies)
            continue
        found = prove_policy(graph, ["Y"], policies)
        outcomes.append(isinstance(found, Step))
        if isinstance(found, Step):
            assert holds(found, graph, policies, seed=number)
        else:
            assert moves_alone(graph, [Source(P(graph.nodes))], under(policies, 1, ["Y"], []))
    assert outcomes.count(True) > 80
    assert outcomes.count(False) == 20


def test_the_treatment_itself_may_be_asked_about_and_seen():
    graph = arrows("Z->X X->Y X<->Y")
    policies = [Policy("X", ("Z",))]
    asked = prove_policy(graph, ["X"], policies)
    assert isinstance(asked, Step)
    assert to_text(simplify(asked.formula)) == "Σ_{Z} P(Z) P@policy(X | Z)"
    assert holds(asked, graph, policies)
    plain = arrows("Z->X Z->Y X->Y")
    seen = prove_policy(plain, ["Y"], policies, ["X"])
    assert isinstance(seen, Step)
    assert holds(seen, plain, policies)


def test_a_policy_is_evaluated_from_an_experiment_elsewhere():
    graph = arrows("Z->X Z->Y X->Y X<->Y")
    trial = Source(P(["Y", "Z"], do="X", population="trial"), differs=("Z",))
    policies = [Policy("X", ("Z",))]
    found = prove_policy(graph, ["Y"], policies, (), [trial, Source(P("Z"))])
    assert isinstance(found, Step)
    assert to_text(simplify(found.formula)) == "Σ_{X, Z} P(Z) P@trial(Y | do(X), Z) P@policy(X | Z)"
    assert holds(found, graph, policies, [trial, Source(P("Z"))])


def test_policies_that_make_no_sense_are_errors_with_a_cure():
    graph = arrows("Z->X X->M M->Y")
    with pytest.raises(InvalidQuery, match="looks at M, which comes after X"):
        prove_policy(graph, ["Y"], [Policy("X", ("M",))])
    with pytest.raises(InvalidQuery, match="comes after"):
        prove_policy(graph, ["Y"], [Policy("X", ("M",)), Policy("M", ("X",))])
    # Where a policy of M looks away from X, the policy of X may look at M.
    assert isinstance(prove_policy(graph, ["Y"], [Policy("X", ("M",)), Policy("M", ())]), Step)
    with pytest.raises(InvalidQuery, match="needs an outcome and a policy"):
        prove_policy(graph, ["Y"], [])
    with pytest.raises(InvalidQuery, match="needs an outcome and a policy"):
        prove_policy(graph, [], [Policy("X")])
    with pytest.raises(InvalidQuery, match="looks at nothing"):
        Policy("X", ("Z",), 1)
    with pytest.raises(InvalidQuery, match="names the population"):
        prove_policy(graph, ["Y"], [Policy("X")], (), [Source(P("Y", do="X", population=POLICY))])
    with pytest.raises(RepeatedVariable):
        prove_policy(graph, ["Y"], [Policy("X"), Policy("X", ("Z",))])
    with pytest.raises(RepeatedVariable):
        prove_policy(graph, ["Y"], [Policy("X", ("X",))])
    with pytest.raises(TreatmentIsOutcome):
        prove_policy(graph, ["X"], [Policy("X", value=0)])
    with pytest.raises(UnknownVariable):
        prove_policy(graph, ["Y"], [Policy("X", ("Q",))])


def test_a_claim_about_a_policy_is_what_is_so_where_it_is_in_force():
    graph = arrows("Z->X Z->Y X->Y")
    policies = [Policy("X", ("Z",))]
    world = world_of(graph, policies, (), 5)
    step = prove_policy(graph, ["Y"], policies)
    assert isinstance(step, Step)
    own = P("Y")
    assert agree(value_in(world, step.formula), truth_in(world, step.claim))
    assert not agree(value_in(world, step.formula), value_in(world, own))
