"""What a step of a derivation says, twice: for a statistician, and for a manager.

The first sentence names the rule's condition and can be checked; it is that of `whence.language.words`. The
second says why the step is fair in the words of everyday comparison, with no term of the trade, to someone
who has to decide and will not check.

>>> from whence.language.estimand import Step
>>> from whence.language.expression import P, Product, Sum
>>> shares = Sum(("season",), Product((P("sales", ("price", "season")), P("season"))))
>>> print(step_sentences(Step("adjustment", P("sales", do="price"), shares)).manager)
We compare sales at different price only among cases alike in season, then weigh the cases as they occur.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from whence.language.expression import Expression, Kernel, P, Sum
from whence.language.words import listed, step_words

if TYPE_CHECKING:
    from collections.abc import Callable

    from whence.language.estimand import Rule, Step


@dataclass(frozen=True, slots=True)
class StepSentences:
    """One step in two sentences: `statistician` can be checked, `manager` can be told."""

    statistician: str
    manager: str


def step_sentences(step: Step) -> StepSentences:
    """Both sentences of a step."""
    return StepSentences(step_words(step), manager_words(step))


def manager_words(step: Step) -> str:
    """The step in a sentence without terms of the trade."""
    return MANAGER_WORDS[step.rule](step)


def _about(expression: Expression) -> str:
    """The variables that a claim is about, as a sentence lists them."""
    match expression:
        case Kernel(of=names):
            return listed(names)
        case P(of=terms):
            return listed(dict.fromkeys(term.name for term in terms))
        case _:
            return "it"


def _set(expression: Expression) -> str:
    """What a claim sets, by doing or in imagination."""
    if not isinstance(expression, P):
        return "it"
    worlds = [part.name for term in expression.terms for part in term.world]
    names = dict.fromkeys([*(term.name for term in expression.do), *worlds])
    return listed(names) if names else "it"


def _held(expression: Expression) -> str:
    """What a claim takes as seen."""
    given = expression.given if isinstance(expression, P) else ()
    return listed(dict.fromkeys(term.name for term in given)) if given else "the same group"


def _summed(step: Step) -> str:
    return listed(step.formula.over) if isinstance(step.formula, Sum) and step.formula.over else ""


def _ancestral(step: Step) -> str:
    return f"Nothing outside drives {_about(step.claim)}, so the records show it as it is."


def _c_factor(step: Step) -> str:
    return f"We single out the part of the records that tells how {_about(step.claim)} comes about."


def _c_component(step: Step) -> str:
    return f"From what we worked out so far we single out how {_about(step.claim)} comes about."


def _marginal(step: Step) -> str:
    return f"We drop what has no say in {_about(step.claim)}."


def _districts(step: Step) -> str:
    return f"We put {_about(step.claim)} together from parts that can be looked at one at a time."


def _average(step: Step) -> str:
    over = _summed(step) or "the rest"
    return f"The result is the same whatever {over} is, so we take the average and lose nothing."


def _effect(step: Step) -> str:
    x, y = _set(step.claim), _about(step.claim)
    return f"The parts found above tell what happens to {y} when we change {x} ourselves."


def _adjustment(step: Step) -> str:
    x, y, over = _set(step.claim), _about(step.claim), _summed(step)
    if not over:
        return f"Nothing is mixed up with {x}, so a plain comparison of {y} at different {x} is fair."
    return (
        f"We compare {y} at different {x} only among cases alike in {over}, "
        "then weigh the cases as they occur."
    )


def _treated(step: Step) -> str:
    y, over = _about(step.claim), _summed(step)
    alike = f" who are alike in {over}" if over else ""
    return f"For what {y} would have been, we look at others{alike}, weighed to match the group asked about."


def _rule_2(step: Step) -> str:
    return f"Here it comes to the same for {_about(step.claim)} whether we see a value or bring it about."


def _condition(step: Step) -> str:
    return f"We look only at the cases with the {_held(step.claim)} asked about."


def _observation(step: Step) -> str:
    return f"This can be read straight off the records of {_about(step.claim)}."


def _consistency(step: Step) -> str:
    return f"For those who had that {_set(step.claim)} anyway, what would have been is what was."


def _transport(step: Step) -> str:
    return f"{_about(step.claim)} works the same way there as here, so we may borrow what was learnt there."


def _counterfactual(step: Step) -> str:
    y = _about(step.claim)
    return f"We replay how {y} came about with other settings, one independent part at a time."


def _conditional_counterfactual(step: Step) -> str:
    y = _about(step.claim)
    return f"We replay how {y} came about with other settings, for just the cases that fit what was seen."


def _ratio(step: Step) -> str:
    return (
        f"Of the cases that fit what was seen, we take the share in which {_about(step.claim)} is as asked."
    )


def _impossible(_: Step) -> str:
    return "This cannot happen: the question asks for two things that exclude each other."


def _given(step: Step) -> str:
    return f"One of the sources at hand tells this about {_about(step.claim)} directly."


def _rule_1(step: Step) -> str:
    return (
        f"Some of what we know has no bearing on {_about(step.claim)} here, so we may leave it out or add it."
    )


def _rule_3(step: Step) -> str:
    return f"Some of what we could change has no effect on {_about(step.claim)} here, so we may ignore it."


def _sum(step: Step) -> str:
    return f"We add up all the ways in which {_about(step.claim)} can come out."


def _chain(step: Step) -> str:
    return f"We learn {_about(step.claim)} in two steps: first one part, then the rest among such cases."


def _proxy(_: Step) -> str:
    return "Where an entry was made, we take the entry for the value; blanks are left aside."


def _value(step: Step) -> str:
    return f"What is true whatever the values is true for those asked about in {_about(step.claim)}."


def _policy(step: Step) -> str:
    y = _about(step.claim)
    return f"We put our own way of deciding in the place of the old one and follow what that does to {y}."


def _query(step: Step) -> str:
    if not step.premises:
        return "The question is about the records as they are."
    return "Putting the pieces together answers the question from the records alone."


MANAGER_WORDS: dict[Rule, Callable[[Step], str]] = {
    "ancestral": _ancestral,
    "c-factor": _c_factor,
    "c-component": _c_component,
    "marginal": _marginal,
    "districts": _districts,
    "average": _average,
    "effect": _effect,
    "adjustment": _adjustment,
    "treated": _treated,
    "rule 2": _rule_2,
    "condition": _condition,
    "observation": _observation,
    "consistency": _consistency,
    "transport": _transport,
    "counterfactual": _counterfactual,
    "conditional counterfactual": _conditional_counterfactual,
    "ratio": _ratio,
    "impossible": _impossible,
    "given": _given,
    "rule 1": _rule_1,
    "rule 3": _rule_3,
    "sum": _sum,
    "chain": _chain,
    "proxy": _proxy,
    "value": _value,
    "policy": _policy,
    "query": _query,
}
