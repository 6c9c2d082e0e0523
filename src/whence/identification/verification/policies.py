"""The verifier's rules for policies: what is so where variables are decided by rules of our own.

Each policy is a distribution at hand, P@policy(X | Z). Where policies are in force, X listens to Z and to
nothing else, and the claims about that are checked in the graph that it makes. All other mechanisms are as
they were, so that the kernel of what no policy governs is the same as without them.

Sources: J. Tian, "Identifying dynamic sequential plans" (UAI 2008); J. Correa and E. Bareinboim, "A calculus
for stochastic interventions" (AAAI 2020), theorem 1, for rule 2 where policies are in force.

>>> from whence.identification.verification.world import project
>>> from whence.language.graph import Edge, Graph
>>> world = project(Graph.of((), [Edge("U", "X"), Edge("X", "Y"), Edge("X", "Y", "<->")]))
>>> policy = Source(P("X", "U", (), POLICY), ("X",))
>>> in_force(Step("policy", P("Y", (), (), POLICY), P("Y")), world, (policy,)).spouses["Y"]
frozenset()
"""

from __future__ import annotations

from collections.abc import Iterable

from whence.identification.verification.world import NONE, Built, Names, World, demand, reached
from whence.language import expression as algebra
from whence.language.estimand import Step
from whence.language.expression import Expression, Kernel, P, Term
from whence.language.source import POLICY, Source

RULES = ("policy", "rule 2", "condition")
"""The rules that may speak of where policies are in force, and the only ones."""


def in_force(step: Step, world: World, sources: Iterable[Source]) -> World:
    """The graph that a step is about: the one that the policies make, if it is about where they are in force.

    Raises `ProofRejected` if another rule leads to or from there, and if something would come before itself.
    """
    claims = [step.claim, *(premise.claim for premise in step.premises)]
    there = [claim for claim in claims if isinstance(claim, P | Kernel) and claim.population == POLICY]
    if not there and step.rule != "policy":
        return world
    claim = step.claim
    fits = step.rule in RULES and isinstance(claim, P) and claim.population == POLICY
    demand(fits, step.rule, "it does not speak of where policies are in force")
    done = frozenset(term.name for term in claim.do) if isinstance(claim, P) else NONE
    return ruled_by(sources, world, done)


def ruled_by(sources: Iterable[Source], world: World, done: Names = NONE) -> World:
    """The graph in which each governed variable listens to what its policy looks at, and to nothing else.

    Raises `ProofRejected` where something would come before itself once edges into `done` are cut.
    """
    listens = _listens(sources)
    governed = frozenset(listens)
    demand(governed.union(*listens.values()) <= world.names, "policy", "it is not about observed variables")
    parents = {v: listens.get(v, found) for v, found in world.parents.items()}
    spouses = {v: NONE if v in governed else found - governed for v, found in world.spouses.items()}
    ruled = World(parents, spouses)
    cut = ruled.cut(into=done).parents
    circles = [v for v in cut if v in reached((v,), cut, cut)]
    demand(not circles, "policy", "a policy looks at what comes after its variable")
    return ruled


def on_policy(claim: P, step: Step, ruled: World, sources: Iterable[Source]) -> Built:
    """P@policy(Y | do X) as a sum of policies and of the kernel of what none of them governs."""
    listens = _listens(sources)
    y, x = _open(claim.of), _open(claim.do)
    fits = y and not claim.given and len(y) + len(x) == len(claim.terms) and not y & x
    demand(fits and y | x <= ruled.names and not step.because, "policy", "its claim does not fit the rule")
    kernels = [each.claim for each in step.premises if isinstance(each.claim, Kernel)]
    natural = frozenset(kernels[0].of) if kernels else NONE
    here = kernels == [Kernel(tuple(natural))] if step.premises else True
    demand(here and len(step.premises) < 2, "policy", "its premise is not one kernel")
    policies = [
        atom for atom in algebra.atoms(step.formula) if isinstance(atom, P) and atom.population == POLICY
    ]
    decided = frozenset(term.name for policy in policies for term in policy.of)
    stated = {P(v, above, (), POLICY) for v, above in listens.items()}
    demand(stated.issuperset(policies), "policy", "it uses a policy that is not stated")
    apart = not natural & listens.keys() and natural <= ruled.names
    demand(apart, "policy", "its kernel is of what a policy governs")
    whole = natural | decided
    closed = not whole & x and all(ruled.parents[v] - x <= whole for v in whole)
    demand(y <= whole and closed, "policy", "it leaves out what the outcomes depend on")
    factors: list[Expression] = [premise.formula for premise in step.premises]
    return algebra.total(whole - y, algebra.product([*factors, *policies])), ()


def _listens(sources: Iterable[Source]) -> dict[str, Names]:
    """What each governed variable listens to, read off the policies."""
    found: dict[str, Names] = {}
    for source in sources:
        if source.population == POLICY:
            known = source.distribution
            of, given = _open(known.of), _open(known.given)
            plain = len(of) == 1 and not known.do and not source.proxies and frozenset(source.differs) == of
            plain = plain and len(known.given) == len(given) and len(known.of) == 1 and not of & given
            demand(plain and not of & found.keys(), "policy", f"{source} is no policy")
            found |= dict.fromkeys(of, given)
    return found


def _open(terms: Iterable[Term]) -> Names:
    return frozenset(term.name for term in terms if term == Term(term.name))
