"""Proofs about policies: all that are found are accepted, and none that states something false."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from oracles.evaluation import Meaningless
from oracles.policies import loops, world_of
from oracles.sources import is_true_of
from oracles.worlds import arrows, random_admg
from verification.mutations import changed_node, parts_of, swapped
from whence.identification.sources.policies import Policy
from whence.identification.sources.policy_questions import identify_policy
from whence.identification.verify import verify
from whence.language.estimand import Adjustment, Estimand, Fact, Observed, Step
from whence.language.estimand_json import estimand_from_dict, estimand_to_dict
from whence.language.expression import Kernel, P, Product, Sum, Term, atoms
from whence.language.graph import Edge, Graph
from whence.language.query import Query
from whence.language.source import POLICY, Source
from whence.runtime.errors import CyclicGraph, InvalidQuery, ProofRejected

Proof = tuple[Estimand, Graph, list[Policy]]


@pytest.fixture(autouse=True)
def no_refusals(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what is proved matters here: models that would prove a refusal are not sought."""
    monkeypatch.setattr("whence.identification.sources.policy_questions.refuse_policy", lambda *_: None)


def random_proof(rng: np.random.Generator, elsewhere: bool) -> Proof | None:
    """A random question about one or two policies, with its proof if there is one."""
    graph = random_admg(rng, int(rng.integers(3, 6)), float(rng.uniform(1.5, 3.5)))
    names = [str(name) for name in rng.permutation(graph.nodes)]
    governed = names[: int(rng.integers(1, 3))]
    rest = names[len(governed) :]
    y, w = rest[:1], rest[1 : 1 + int(rng.choice([0, 0, 1]))]
    policies = [Policy(x, tuple(z for z in names if z != x and rng.random() < 0.35)) for x in governed]
    always = [Policy(rest[-1], value=1)] if len(rest) > 2 and rng.random() < 0.3 else []
    given = [Source(P(names[1:], (), names[:1])), Source(P(graph.nodes))] if elsewhere else None
    try:
        found = identify_policy(Query(P(y, w)), graph, [*policies, *always], given)
    except InvalidQuery:
        return None
    return (found, graph, policies) if isinstance(found, Estimand) else None


def is_true(estimand: Estimand, graph: Graph, policies: list[Policy], seed: int) -> bool:
    """Whether every step states what is so in a random model of the graph where the policies are in force."""
    sources = [source for source in estimand.given if source.population != POLICY]
    # What is set anyway may have any policy: with its own mechanism there could be a circle.
    fixed = [Policy(term.name) for atom in atoms(estimand.query.body) for term in atom.do]
    world = world_of(graph, [*policies, *fixed], sources, seed)
    steps = [step for step in estimand.derivation.walk() if step.rule != "query"]
    return all(is_true_of(step, world) for step in steps)


@pytest.mark.parametrize("elsewhere", [False, True])
def test_every_proof_about_random_policies_is_accepted_also_after_a_journey_through_json(elsewhere):
    rules = []
    for number in range(300):
        proof = random_proof(np.random.default_rng((21, number, elsewhere)), elsewhere)
        if proof is not None:
            estimand, graph, policies = proof
            steps = verify(estimand)
            rules += [checked.step.rule for checked in steps]
            back = estimand_from_dict(estimand_to_dict(estimand))
            assert back == estimand
            assert verify(back) == steps
            assert is_true(estimand, graph, policies, number)
    assert rules.count("policy") > 80
    assert rules.count("rule 2") > 5
    assert rules.count("condition") > 15


def mutant(proof: Proof, rng: np.random.Generator) -> Proof | None:
    """The proof with one thing changed: a formula, a claim, the policies or the graph."""
    estimand, graph, policies = proof
    kind = str(rng.choice(["formula", "formula", "policy", "graph", "claim"]))
    if kind == "policy":
        n = int(rng.integers(len(policies)))
        old = policies[n]
        others = [v for v in graph.nodes if v != old.variable]
        new = Policy(old.variable, tuple({*old.given} ^ {str(rng.choice(others))}))
        own = Source(old.mechanism, (old.variable,))
        given = [Source(new.mechanism, own.differs) if each == own else each for each in estimand.given]
        changed = [new if each is old else each for each in policies]
        parts = [part for part in parts_of(estimand.expression) if part == old.mechanism]
        root = estimand.derivation
        if rng.random() < 0.7:  # the new policy stands in the formulas as well
            return (
                replace_everywhere(
                    replace(estimand, given=tuple(given)), {id(part): new.mechanism for part in parts}
                ),
                graph,
                changed,
            )
        return replace(estimand, given=tuple(given), derivation=root), graph, changed
    if kind == "graph":
        a, b = (str(v) for v in rng.permutation(graph.nodes)[:2])
        edge = Edge(a, b, str(rng.choice(["->", "<->"])))
        kept = [each for each in graph.edges if {each.source, each.target} != {a, b}]
        try:
            changed = Graph.of(graph.nodes, [*kept, edge] if rng.random() < 0.8 else kept)
        except CyclicGraph:
            return None
        return replace(estimand, graph=changed), changed, policies
    steps = [step for step in estimand.derivation.walk() if step.rule != "query"]
    step = steps[int(rng.integers(len(steps)))]
    if kind == "claim" and isinstance(step.claim, P):
        names = [term for term in step.claim.terms if rng.random() < 0.7]
        of, given, do = (
            [term for term in part if term in names]
            for part in (step.claim.of, step.claim.given, step.claim.do)
        )
        return with_step(estimand, step, replace(step, claim=P(of, given, do, POLICY))), graph, policies
    parts = parts_of(step.formula)
    old = parts[int(rng.integers(len(parts)))]
    new, _ = changed_node(old, graph.nodes, rng)
    if rng.random() < 0.6:
        return replace_everywhere(estimand, {id(old): new}), graph, policies
    return (
        with_step(estimand, step, replace(step, formula=swapped(step.formula, {id(old): new}))),
        graph,
        policies,
    )


def with_step(estimand: Estimand, old: Step, new: Step) -> Estimand:
    """The proof with one step in the place of another."""

    def walk(step: Step) -> Step:
        return new if step is old else replace(step, premises=tuple(map(walk, step.premises)))

    return replace(estimand, derivation=walk(estimand.derivation))


def replace_everywhere(estimand: Estimand, change: dict) -> Estimand:
    """The proof with parts of its formulas changed wherever they are shared."""

    def walk(step: Step) -> Step:
        return replace(step, formula=swapped(step.formula, change), premises=tuple(map(walk, step.premises)))

    root = walk(estimand.derivation)
    return replace(estimand, derivation=root, expression=root.formula)


def test_no_changed_proof_about_policies_is_accepted_unless_it_is_true():
    verdicts = {"rejected": 0, "accepted": 0}
    for number in range(1200):
        rng = np.random.default_rng((22, number))
        proof = random_proof(rng, bool(number % 2))
        changed = mutant(proof, rng) if proof is not None else None
        if changed is None or changed[0] == proof[0]:
            continue
        try:
            verify(changed[0])
        except ProofRejected:
            verdicts["rejected"] += 1
            continue
        estimand, graph, policies = changed
        verdicts["accepted"] += 1
        assert not loops(graph, [*policies, *(Policy(t.name) for t in estimand.query.body.do)])
        try:
            assert is_true(estimand, graph, policies, number), (estimand, graph, policies)
        except Meaningless as error:
            pytest.fail(f"accepted, but {error}: {estimand} {graph}")
    assert verdicts["rejected"] > 300
    assert verdicts["accepted"] > 20


BOTH = arrows("Z->X Z->Y X->Y X->M M->Y")
RULE = P("X", "Z", (), POLICY)
NATURAL = ("M", "Y", "Z")


def proof_of(step: Step, graph: Graph = BOTH, *rules: Source, shape=None) -> Estimand:
    """A proof of P@policy(Y) with this step, the policies being `rules`, or else the one that looks at Z."""
    root = Step("query", step.claim, step.formula, (), (step,))
    found = identify_policy("P(Y)", BOTH, Policy("X", ("Z",)))
    assert isinstance(found, Estimand)
    given = (Source(P(graph.nodes)), *(rules or (Source(RULE, ("X",)),)))
    query = Query(step.claim)
    return replace(
        found,
        query=query,
        graph=graph,
        given=given,
        derivation=root,
        expression=step.formula,
        shape=shape or found.shape,
    )


def sound() -> Step:
    """The step of the rule in the proof that is found for the graph above."""
    found = identify_policy("P(Y)", BOTH, Policy("X", ("Z",)))
    assert isinstance(found, Estimand)
    return found.derivation.premises[0]


def test_the_proof_that_the_wrong_ones_differ_from_is_accepted():
    step = sound()
    assert step.rule == "policy"
    assert step.claim == P("Y", (), (), POLICY)
    assert verify(proof_of(step))


STEP = sound()
INNER = STEP.premises[0]
F = INNER.formula
DISTRICTS = INNER.premises
POLICY_OF_M = Source(P("M", "X", (), POLICY), ("M",))

WRONG: dict[str, Estimand] = {
    "it states a fact": proof_of(replace(STEP, because=(Fact("district", ("Y",)),))),
    "two premises": proof_of(replace(STEP, premises=(INNER, INNER))),
    "no premise": proof_of(replace(STEP, premises=())),
    "the policy comes first": proof_of(replace(STEP, formula=Sum(("M", "X", "Z"), Product((RULE, F))))),
    "the policy twice": proof_of(replace(STEP, formula=Sum(("M", "X", "Z"), Product((F, RULE, RULE))))),
    "the policy is left out": proof_of(replace(STEP, formula=Sum(("M", "Z"), F))),
    "less is summed out": proof_of(replace(STEP, formula=Sum(("M", "X"), Product((F, RULE))))),
    "another policy stands in the formula": proof_of(
        replace(STEP, formula=Sum(("M", "X", "Z"), Product((F, P("X", "M", (), POLICY)))))
    ),
    "the policy is not stated": replace(proof_of(STEP), given=(Source(P(BOTH.nodes)),)),
    "the policy is said to change nothing": proof_of(STEP, BOTH, Source(RULE)),
    "the policy is said to change more": proof_of(STEP, BOTH, Source(RULE, ("X", "Y"))),
    "two policies for one variable": proof_of(
        STEP, BOTH, Source(RULE, ("X",)), Source(P("X", (), (), POLICY), ("X",))
    ),
    "a policy for two variables": proof_of(STEP, BOTH, Source(P(("X", "M"), "Z", (), POLICY), ("M", "X"))),
    "a policy at a value": proof_of(STEP, BOTH, Source(P("X", Term("Z", 1), (), POLICY), ("X",))),
    "a policy with do": proof_of(STEP, BOTH, Source(P("X", "Z", "M", POLICY), ("X",))),
    "a policy with records": proof_of(STEP, BOTH, Source(RULE, ("X",), (("X", "M"),))),
    "the kernel is of what another policy governs": proof_of(STEP, BOTH, Source(RULE, ("X",)), POLICY_OF_M),
    "a parent is left out": proof_of(STEP, arrows("Z->X Z->Y X->Y X->M M->Y W->Y")),
    "the claim is of the world as it is": proof_of(replace(STEP, claim=P("Y"))),
    "the claim is of another population": proof_of(replace(STEP, claim=P("Y", (), (), "trial"))),
    "the claim has a condition": proof_of(replace(STEP, claim=P("Y", "Z", (), POLICY))),
    "the claim has a value": proof_of(replace(STEP, claim=P(Term("Y", 1), (), (), POLICY))),
    "what is claimed is done": proof_of(replace(STEP, claim=P("Y", (), "Z", POLICY))),
    "the premise is of another population": proof_of(
        replace(STEP, premises=(replace(INNER, claim=Kernel(NATURAL, POLICY)),))
    ),
    "a kernel where policies are in force": proof_of(
        Step("ancestral", Kernel(("Z",), POLICY), P("Z", (), (), POLICY), (Fact("ancestral", ("Z",)),))
    ),
    "it is moved from there to here": proof_of(
        Step("transport", P("Y"), STEP.formula, (Fact("alike", ("Y",)),), (STEP,))
    ),
    "another rule speaks of it": proof_of(
        Step("sum", P("Y", (), (), POLICY), Sum(("X",), P("X", "Z", (), POLICY)), (), (STEP,))
    ),
    "a shape that estimates another effect": proof_of(STEP, shape=Adjustment((), ("Y",), ("Z",))),
    "a shape of what was seen": proof_of(STEP, shape=Observed()),
}


@pytest.mark.parametrize("how", WRONG)
def test_a_wrong_step_about_policies_is_rejected(how):
    with pytest.raises(ProofRejected):
        verify(WRONG[how])


def test_a_policy_that_looks_ahead_has_no_proof():
    ahead = Policy("X", ("M",))
    step = replace(STEP, formula=Sum(("M", "X", "Z"), Product((F, ahead.mechanism))))
    with pytest.raises(ProofRejected, match="after its variable"):
        verify(proof_of(step, BOTH, Source(ahead.mechanism, ("X",))))


def test_exchanging_seeing_and_doing_is_checked_where_the_policies_are_in_force():
    # Of the old way of deciding, X and Y share a cause; of the new one they do not: rule 2 holds there.
    graph = arrows("X->Y X<->Y Z->Y")
    found = identify_policy("P(Y | X)", graph, Policy("X"), ["P(Y, Z | do(X))", "P(X, Y, Z)"])
    assert isinstance(found, Estimand)
    assert "rule 2" in [checked.step.rule for checked in verify(found)]
    listens = replace(found, given=found.given[:-1])
    with pytest.raises(ProofRejected):
        verify(listens)
