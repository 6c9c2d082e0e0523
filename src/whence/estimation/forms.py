"""What a query asks for, as estimators see it: an effect between arms, a mean in an arm, or neither.

>>> from whence.language.query import effect
>>> difference_of_means(effect("x", "y", 1, 0).body).arms
((('x', 1),), (('x', 0),))
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from whence.language.expression import (
    Difference,
    Expectation,
    Expression,
    P,
    Product,
    Sum,
    Term,
    Value,
    atoms,
    children,
    rebuilt,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from whence.estimation.plan import EstimationPlan, Setting


@dataclass(frozen=True, slots=True)
class Means:
    """E[outcome | do(arm), within] in one arm, or of the first arm less the second.

    `event` is the value in P(outcome = event | …), which is the mean of an indicator.
    """

    outcome: str
    arms: tuple[Setting, ...]
    within: Setting = ()
    event: Value | None = None


def mean_in_arm(body: Expression) -> Means | None:
    """The reading of E[Y | do(X=x), z] or P(Y=y | do(X=x), z) with every value set; None for another form."""
    match body:
        case Expectation(variable=outcome, body=P(of=(Term(name=name, value=None, world=()),)) as atom):
            if name != outcome:
                return None
            event = None
        case P(of=(Term(name=outcome, value=event, world=()),)) as atom if event is not None:
            pass
        case _:
            return None
    if not atom.do or any(term.value is None or term.world for term in (*atom.do, *atom.given)):
        return None
    return Means(outcome, (_setting(atom.do),), _setting(atom.given), event)


def difference_of_means(body: Expression) -> Means | None:
    """The reading of a difference of two such means in the same group; None for another form."""
    if not isinstance(body, Difference):
        return mean_in_arm(body)
    left, right = mean_in_arm(body.left), mean_in_arm(body.right)
    if left is None or right is None:
        return None
    same_arms = [name for name, _ in left.arms[0]] == [name for name, _ in right.arms[0]]
    if (left.outcome, left.within, left.event) != (right.outcome, right.within, right.event) or not same_arms:
        return None
    return Means(left.outcome, (*left.arms, *right.arms), left.within, left.event)


def _setting(terms: Sequence[Term]) -> Setting:
    return tuple((term.name, term.value) for term in terms if term.value is not None)


def seen(body: Expression) -> Expression:
    """The same question about seeing instead of doing: what a naive reader of the data would compute."""
    if isinstance(body, P):
        worlds = {part.name: part for term in body.of for part in term.world if not part.world}
        done = {term.name: term for term in body.do}
        given = {term.name: term for term in body.given if not term.world}
        return P([Term(term.name, term.value) for term in body.of], [*{**given, **done, **worlds}.values()])
    return rebuilt(body, tuple(seen(part) for part in children(body)))


def across_worlds(body: Expression) -> bool:
    """Whether a probability in it speaks of several worlds at once, so that nothing like it is ever seen."""
    found = [atom for atom in atoms(body) if isinstance(atom, P)]
    return any(_crossing(atom) for atom in found)


def _crossing(atom: P) -> bool:
    names = [term.name for term in (*atom.of, *atom.given)]
    nested = any(part.world for term in (*atom.of, *atom.given) for part in term.world)
    elsewhere = any(term.world for term in atom.given) or len({term.world for term in atom.of}) > 1
    return nested or elsewhere or len(set(names)) < len(names)


def adjusted(plan: EstimationPlan) -> Expression:
    """The adjustment formula of a plan between arms, as an expression."""
    first = plan.arms[0]
    means = [_standardised(plan, arm, first) for arm in plan.arms]
    return means[0] if len(means) == 1 else Difference(means[0], means[1])


def _standardised(plan: EstimationPlan, arm: Setting, first: Setting) -> Expression:
    fixed = dict(plan.within)
    names = tuple(name for name in dict.fromkeys((*plan.adjust, *plan.by)) if name not in fixed)
    group = [Term(name, value) for name, value in plan.within]
    held = [Term(name, value) for name, value in arm]
    outcome = P(Term(plan.outcome, plan.event), (*held, *group, *(Term(name) for name in names)))
    body: Expression = outcome if plan.event is not None else Expectation(plan.outcome, outcome)
    if not names:
        return body
    over = [*group, *(Term(name, value) for name, value in first)] if plan.treated else group
    return Sum(names, Product((body, P(names, over))))
