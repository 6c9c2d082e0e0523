"""What each step of a derivation says, in a sentence that a statistician accepts.

>>> from whence.language.estimand import Step
>>> from whence.language.expression import P
>>> step_words(Step("observation", P("Y", "X"), P("Y", "X")))
'P(Y | X) is about what was observed, so it stands for itself.'
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from whence.language.expression import Expression, Kernel, P, Sum, Term
from whence.language.printing import name_text, to_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from whence.language.estimand import Fact, Rule, Step


def step_words(step: Step) -> str:
    """The step in one or two plain sentences."""
    return WORDS[step.rule](step)


def fact_words(fact: Fact) -> str:
    """The fact of the graph in a plain clause."""
    x, y, given = listed(fact.x), listed(fact.y), listed(fact.given)
    match fact.kind:
        case "separated":
            given_part = f" given {given}" if fact.given else ""
            return f"in {graph_words(fact)}, every path between {x} and {y} is blocked{given_part}"
        case "ancestral":
            within = f" within {listed(fact.among)}" if fact.among else ""
            return f"{x} {_has(fact.x)} no cause outside {_them(fact.x)}{within}"
        case "district":
            within = f" among {listed(fact.among)}" if fact.among else ""
            return f"{x} {_is(fact.x)} joined by hidden common causes, and to nothing else{within}"
        case "order":
            return f"causes come before effects in the order {', '.join(map(name_text, fact.x))}"
        case "independent of":
            return f"Q[{', '.join(map(name_text, fact.x))}] does not depend on {y}"
        case "adjustment set":
            what = given if fact.given else "nothing"
            return f"adjusting for {what} blocks every biasing path from {x} to {y} and no causal one"
        case "alike":
            return f"what makes {x} is the same in both populations"


def graph_words(fact: Fact) -> str:
    """The graph that a fact is about, in words."""
    cuts = [f"edges into {listed(fact.cut_into)}"] if fact.cut_into else []
    cuts += [f"edges out of {listed(fact.cut_out_of)}"] if fact.cut_out_of else []
    whole = f"the graph on {listed(fact.among)}" if fact.among else "the graph"
    return f"{whole} without the {' and the '.join(cuts)}" if cuts else whole


def listed(names: Iterable[str]) -> str:
    """Names as a sentence lists them: `a, b and c`; of none, `nothing`."""
    shown = [name_text(name) for name in names]
    return " and ".join(filter(None, (", ".join(shown[:-1]), *shown[-1:]))) or "nothing"


def _is(names: tuple[str, ...]) -> str:
    return "is" if len(names) == 1 else "are"


def _has(names: tuple[str, ...]) -> str:
    return "has" if len(names) == 1 else "have"


def _them(names: tuple[str, ...]) -> str:
    return "itself" if len(names) == 1 else "themselves"


def _blocks(names: tuple[str, ...]) -> str:
    return f"{listed(names)} {'blocks' if len(names) == 1 else 'block'}"


def _of(step: Step) -> str:
    """The variables of the claimed kernel, as a sentence lists them."""
    return listed(_names(step.claim))


def _names(expression: Expression) -> tuple[str, ...]:
    match expression:
        case Kernel(of=of):
            return of
        case P(of=terms):
            return tuple(term.name for term in terms)
        case _:
            return ()


def _done(expression: Expression) -> tuple[str, ...]:
    """What a claim sets, by `do` or as a world."""
    if not isinstance(expression, P):
        return ()
    worlds = [part.name for term in expression.of for part in term.world]
    return tuple(dict.fromkeys([*(term.name for term in expression.do), *worlds]))


def _given(expression: Expression) -> tuple[Term, ...]:
    return expression.given if isinstance(expression, P) else ()


def _summed(expression: Expression) -> tuple[str, ...]:
    return expression.over if isinstance(expression, Sum) else ()


def _ancestral(step: Step) -> str:
    return (
        f"No cause of {_of(step)} lies outside, so setting every other variable "
        f"changes nothing there: {to_text(step.claim)} is {to_text(step.formula)}."
    )


def _c_factor(step: Step) -> str:
    return (
        f"No hidden cause joins {_of(step)} to the other variables, so its part of the joint distribution "
        "is the product of each variable given what came before it, less what is separated from it."
    )


def _c_component(step: Step) -> str:
    return (
        f"No hidden cause joins {_of(step)} to the other variables here, so its factor is the product, over "
        "its variables, of what is known up to each one divided by what is known before it."
    )


def _marginal(step: Step) -> str:
    before = [name for premise in step.premises for name in _names(premise.claim)]
    gone = [name for name in before if name not in _names(step.claim)]
    return f"Nothing left out causes {_of(step)}, so {listed(gone)} can be summed out."


def _districts(step: Step) -> str:
    groups = [f"{{{', '.join(map(name_text, _names(premise.claim)))}}}" for premise in step.premises]
    return (
        f"No hidden cause joins one of the groups {', '.join(groups)} to another, so the distribution of "
        f"{_of(step)} under intervention is the product of theirs."
    )


def _average(step: Step) -> str:
    over = listed(_summed(step.formula))
    return f"The formula is the same for every value of {over}; it is averaged over {over} as observed."


def _effect(step: Step) -> str:
    summed = tuple(name for premise in step.premises for name in _names(premise.claim))
    gone = [name for name in summed if name not in _names(step.claim)]
    ending = f", with {listed(gone)} summed out" if gone else ""
    return (
        f"When {listed(_done(step.claim))} is set, {_of(step)} depends only on causes whose distribution was "
        f"found above{ending}."
    )


def _adjustment(step: Step) -> str:
    over, x, y = _summed(step.formula), listed(_done(step.claim)), _of(step)
    if not over:
        return (
            f"No path confounds {x} and {y}, so what follows from setting {x} is what is seen along with it."
        )
    return (
        f"{_blocks(over)} every path that confounds {x} and {y} and no causal one, so comparing like with "
        f"like and averaging over {listed(over)} gives the effect."
    )


def _treated(step: Step) -> str:
    over, x = _summed(step.formula), listed(_done(step.claim))
    group = listed(term.name for term in _given(step.claim))
    if not over:
        return f"No path confounds {x} and {_of(step)}, so the others show what the group would have been."
    return (
        f"{_blocks(over)} every path that confounds {x} and {_of(step)}, so those alike in "
        f"{listed(over)} show what would have been, weighted as in the group seen ({group})."
    )


def _rule_2(step: Step) -> str:
    before = _done(step.premises[0].claim) if step.premises else ()
    # Either way round: what was set is now seen, or what was seen is now set.
    moved = sorted(set(before) ^ set(_done(step.claim)))
    return (
        f"With its effects cut, {listed(moved)} has no open path to {_of(step)}, so seeing {listed(moved)} "
        "is as good as setting it (rule 2 of the do-calculus)."
    )


def _condition(step: Step) -> str:
    given = [term.name for term in _given(step.claim)]
    return f"A conditional probability is the joint one divided by that of the condition ({listed(given)})."


def _observation(step: Step) -> str:
    return f"{to_text(step.claim)} is about what was observed, so it stands for itself."


def _consistency(step: Step) -> str:
    x = listed(_done(step.claim))
    return f"Where {x} was seen at the value that the question sets, what would have been is what was."


def _transport(step: Step) -> str:
    return f"What makes {_of(step)} is the same in both populations, so what was found there holds here."


def _counterfactual(step: Step) -> str:
    return (
        f"With their causes at the values of each world, {listed(dict.fromkeys(_names(step.claim)))} and all "
        "that leads to them fall into groups that share no hidden cause, and the groups multiply."
    )


def _ratio(_: Step) -> str:
    return "A conditional probability is that of both events divided by that of the condition."


def _impossible(step: Step) -> str:
    return f"The event contradicts itself, so {to_text(step.claim)} is zero."


def _given_at_hand(step: Step) -> str:
    return f"{to_text(step.claim)} follows from a distribution that is at hand by summing and conditioning."


def _rule_1(step: Step) -> str:
    beside = _changed(step, _given)
    return (
        f"Whether {beside} was seen makes no difference to {_of(step)} here: every path between them is "
        "blocked (rule 1 of the do-calculus)."
    )


def _rule_3(step: Step) -> str:
    set_ = _changed(step, lambda claim: claim.do if isinstance(claim, P) else ())
    return (
        f"Whether {set_} is set makes no difference to {_of(step)} here: no open path leads from the one to "
        "the other (rule 3 of the do-calculus)."
    )


def _changed(step: Step, part: Callable[[Expression], tuple[Term, ...]]) -> str:
    """The names that the claim has there and the premise has not, or the other way round."""
    before = {term.name for premise in step.premises[:1] for term in part(premise.claim)}
    after = {term.name for term in part(step.claim)}
    return listed(sorted(before ^ after)) if before ^ after else "what was left out"


def _sum(step: Step) -> str:
    over = _summed(step.formula)
    before = {name for premise in step.premises[:1] for name in _names(premise.claim)}
    gone = sorted(before - set(_names(step.claim))) or list(over)
    return f"{listed(gone) if gone else 'What is left out'} was not asked for, so it is summed out."


def _chain(step: Step) -> str:
    return (
        f"The joint probability of {_of(step)} is that of one part times that of the other given it "
        "(the chain rule)."
    )


def _proxy(step: Step) -> str:
    return (
        f"Where a value was recorded, the record is the value, so {to_text(step.claim)} can be read off it."
    )


def _value(step: Step) -> str:
    return f"What holds for every value holds for those asked about: {to_text(step.claim)}."


def _policy(step: Step) -> str:
    return (
        f"Where the policies are in force, {_of(step)} comes from the policies' own distributions and from "
        "the kernel of what no policy governs; the rest is summed out."
    )


def _query(step: Step) -> str:
    if not step.premises:
        return "The question asks only about what was observed."
    return "What was proved above, put into the question, gives the estimand."


WORDS: dict[Rule, Callable[[Step], str]] = {
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
    "conditional counterfactual": _counterfactual,
    "ratio": _ratio,
    "impossible": _impossible,
    "given": _given_at_hand,
    "rule 1": _rule_1,
    "rule 3": _rule_3,
    "sum": _sum,
    "chain": _chain,
    "proxy": _proxy,
    "value": _value,
    "policy": _policy,
    "query": _query,
}
