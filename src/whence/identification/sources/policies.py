"""Policies: what would happen if treatments were given by a rule, at random or by what is seen.

A policy sets X by a distribution π(X | Z) of our own in place of the mechanism that it had. Where policies
are in force the graph is another: X listens to Z and to nothing else. P(Y) is then a sum over the ancestors
of Y there, of the policies and of the kernel Q[D] of the ancestors that no policy governs; that kernel is
sought in what was observed, or in other sources. The population where policies are in force is named
"policy", so that P@policy(X | Z) stands for π in the formula.

Complete for policies that are free to be anything: then the effect is determined only if Q[D] is. `Policy`
with a value is the plain intervention do(X = x).

Sources: J. Tian, "Identifying dynamic sequential plans" (UAI 2008); J. Correa and E. Bareinboim, "A calculus
for stochastic interventions: causal effect identification and surrogate experiments" (AAAI 2020); I. Shpitser
and E. Sherman, "Identification of personalized effects associated with causal pathways" (UAI 2018).

>>> from whence.language.graph import Edge
>>> from whence.language.printing import to_text
>>> from whence.language.simplify import simplify
>>> g = Graph.of((), [Edge("Z", "X"), Edge("Z", "Y"), Edge("X", "Y")])
>>> step = prove_policy(g, ["Y"], [Policy("X", ("Z",))])
>>> to_text(step.claim), to_text(simplify(step.formula))
('P@policy(Y)', 'Σ_{X, Z} P(Z) P(Y | X, Z) P@policy(X | Z)')
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from whence.identification.idc import settable, with_settable
from whence.identification.kinship import ancestors, descendants, require_directed
from whence.identification.separation import disjoint_masks
from whence.identification.sources.general_id import Thicket, identify_kernel, read_sources
from whence.language.estimand import Fact, Step
from whence.language.expression import Expression, P, Quotient, Value, product, substitute, total
from whence.language.graph import Edge, Graph
from whence.language.printing import name_text
from whence.language.source import POLICY, Source
from whence.runtime.errors import CyclicGraph, InvalidQuery, RepeatedVariable, TreatmentIsOutcome


@dataclass(frozen=True, slots=True)
class Policy:
    """A rule that sets `variable`: by a distribution π(variable | given), or always to `value`."""

    variable: str
    given: tuple[str, ...] = ()
    value: Value | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "given", tuple(sorted(self.given)))
        if self.value is not None and self.given:
            raise InvalidQuery(
                f"A policy that always sets {name_text(self.variable)} to one value looks at nothing.",
                "Leave out the value, or what it looks at.",
            )

    @property
    def mechanism(self) -> P:
        """π(variable | given), as it stands in a formula."""
        return P(self.variable, self.given, (), POLICY)


def prove_policy(
    graph: Graph,
    outcomes: Sequence[str],
    policies: Sequence[Policy],
    given: Sequence[str] = (),
    sources: Sequence[Source] = (),
) -> Step | Thicket:
    """The step that proves P@policy(outcomes | given) equal to a formula, or what bars it.

    `graph` is a DAG or ADMG without latent nodes; without `sources` all of it was observed. The formula is in
    the sources and the policies. Raises `UnknownVariable`,
    `RepeatedVariable`, `TreatmentIsOutcome` for what is always set to one value and asked about, and
    `InvalidQuery` for no outcomes or policies, for a source named "policy", and for a policy that looks at
    what comes after its variable. A treatment that is always set to one value stays open in the step, among
    what is done; `at_values` closes it.
    """
    require_directed(graph, "The effect of a policy")
    y, w = disjoint_masks(graph, outcomes, given)
    _check(graph, y | w, policies, sources)
    ruled = under_policies(graph, policies)
    x = graph.mask(policy.variable for policy in policies if policy.value is not None)
    moved = settable(ruled, x, y, w)
    done, rest = with_settable(x, w, moved)
    joint = _joint(graph, ruled, done, y | rest, policies, sources)
    if isinstance(joint, Thicket):
        return joint
    step = joint
    if rest:
        claim = P(graph.names(y), graph.names(rest), graph.names(done), POLICY)
        step = Step(
            "condition", claim, Quotient(joint.formula, total(graph.names(y), joint.formula)), (), (joint,)
        )
    for node in reversed(moved):
        one = 1 << node
        done &= ~one
        sides = (graph.names(y), (graph.nodes[node],), graph.names(done | rest))
        fact = Fact("separated", *sides, cut_into=graph.names(done), cut_out_of=(graph.nodes[node],))
        rest |= one
        claim = P(graph.names(y), graph.names(rest), graph.names(done), POLICY)
        step = Step("rule 2", claim, step.formula, (fact,), (step,))
    return step


def at_values(formula: Expression, policies: Iterable[Policy]) -> Expression:
    """The formula with each treatment that is always set to one value at it."""
    values = {policy.variable: policy.value for policy in policies if policy.value is not None}
    return substitute(formula, values)


def under_policies(graph: Graph, policies: Iterable[Policy]) -> Graph:
    """The graph where the policies are in force: each variable listens to what its policy looks at.

    Raises `InvalidQuery` where a policy would look at what comes after its variable.
    """
    chosen = {policy.variable: policy.given for policy in policies}
    kept = [
        edge
        for edge in graph.edges
        if edge.target not in chosen and not (edge.mark == "<->" and edge.source in chosen)
    ]
    looks = [Edge(name, variable) for variable, names in chosen.items() for name in names]
    try:
        return Graph.of(graph.nodes, [*kept, *looks])
    except CyclicGraph:
        raise _looks_ahead(graph, kept, looks) from None


def _looks_ahead(graph: Graph, kept: Sequence[Edge], looks: Sequence[Edge]) -> InvalidQuery:
    """Which policy closes a circle, were they introduced one after the other."""
    held = list(kept)
    x = z = ""
    for look in looks:
        x, z = look.target, look.source
        before = Graph.of(graph.nodes, held)
        if descendants(before, before.mask([x]), before.all) & before.mask([z]):
            break
        held.append(look)
    x, z = name_text(x), name_text(z)
    return InvalidQuery(
        f"The policy for {x} looks at {z}, which comes after {x} where the policies are in force.",
        f"Let it look at what is known when {x} is decided.",
    )


def _joint(
    graph: Graph, ruled: Graph, done: int, y: int, policies: Sequence[Policy], sources: Sequence[Source]
) -> Step | Thicket:
    """P@policy(Y | do X) as a sum of policies and of the kernel of what no policy governs."""
    target = ancestors(ruled, y, ruled.all & ~done)
    governed = graph.mask(policy.variable for policy in policies)
    active = [policy for policy in policies if graph.mask([policy.variable]) & target]
    natural = target & ~governed
    factors = [policy.mechanism for policy in active]
    claim = P(graph.names(y), (), graph.names(done), POLICY)
    summed = graph.names(target & ~y)
    if not natural:
        return Step("policy", claim, total(summed, product(factors)))
    read = read_sources(graph, sources or (Source(P(graph.nodes)),))
    kernel = identify_kernel(graph, natural, read)
    if isinstance(kernel, Thicket):
        return replace(kernel, treatments=graph.names(governed | done), outcomes=graph.names(y))
    return Step("policy", claim, total(summed, product((kernel.formula, *factors))), (), (kernel,))


def _check(graph: Graph, asked: int, policies: Sequence[Policy], sources: Iterable[Source]) -> None:
    if not asked or not policies:
        raise InvalidQuery(
            "A question about policies needs an outcome and a policy.",
            'Name them, as in identify_policy("P(Y)", graph, [Policy("X", ("Z",))]).',
        )
    if any(source.population == POLICY for source in sources):
        raise InvalidQuery(
            f'"{POLICY}" names the population where the policies are in force.',
            "Name the source's population otherwise.",
        )
    seen = 0
    for policy in policies:
        x, *_ = disjoint_masks(graph, policy.variable, policy.given)
        if seen & x:
            raise RepeatedVariable(policy.variable)
        if policy.value is not None and asked & x:
            raise TreatmentIsOutcome(policy.variable)
        seen |= x
