"""What a step of a linear derivation says: a sentence for a statistician, and one for a manager.

>>> from whence.language.linear import Equation, LinearStep
>>> linear_manager_words(LinearStep("sales", ("price",), (Equation("tax"),)))
'We let tax move price and watch sales: tax can touch sales only that way.'
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from whence.language.words import listed

if TYPE_CHECKING:
    from whence.language.linear import Equation, LinearStep


def linear_step_words(step: LinearStep) -> str:
    """The step for someone who knows regression and instruments."""
    causes, y = listed(step.unknowns), listed((step.target,))
    sources = "; ".join(map(_source, step.equations))
    less = f" less the known parts of {listed(step.known)}" if step.known else ""
    if step.method == "regression":
        beside = listed(step.equations[0].given)
        held = f", with {beside} as further regressors" if step.equations[0].given else ""
        return (
            f"The error of {y} is uncorrelated with {causes}, so regressing {y} on {causes}{held} is right."
        )
    many = f"{len(step.unknowns)} equations give" if len(step.unknowns) > 1 else "this equation gives"
    what = "the coefficients" if len(step.unknowns) > 1 else "the coefficient"
    return f"The error of {y}{less} is uncorrelated with {sources}: {many} {what} of {causes}."


def linear_manager_words(step: LinearStep) -> str:
    """The step for someone who decides."""
    causes, y = listed(step.unknowns), listed((step.target,))
    sources = listed(dict.fromkeys(each.source for each in step.equations))
    if step.method == "regression":
        given = step.equations[0].given
        alike = f" among cases alike in {listed(given)}" if given else ""
        return f"We compare {y} where {causes} differs{alike}: nothing hidden is mixed in."
    if step.method == "half-trek":
        return f"We first take off effects already known, and what is left shows what {causes} does to {y}."
    given = tuple(dict.fromkeys(name for each in step.equations for name in each.given))
    alike = f" among cases alike in {listed(given)}" if given else ""
    return f"We let {sources} move {causes}{alike} and watch {y}: {sources} can touch {y} only that way."


def _source(equation: Equation) -> str:
    less = f" less the known effects of {listed(equation.less)} on it" if equation.less else ""
    given = f" given {listed(equation.given)}" if equation.given else ""
    return f"{listed((equation.source,))}{less}{given}"
