"""What has to be learnt besides the effect: the treatment's and the outcome's nuisance functions.

Source: V. Chernozhukov and others, "Double/debiased machine learning", Econometrics Journal 21 (2018).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from whence.estimation.lessons import Nuisance
from whence.numerics.arrays import floats

if TYPE_CHECKING:
    from collections.abc import Sequence

    from whence.estimation.plan import EstimationPlan
    from whence.estimation.problem import Problem
    from whence.numerics.arrays import Floats


def nuisances_of(plan: EstimationPlan, data: Problem) -> tuple[tuple[Nuisance, ...], tuple[Nuisance, ...]]:
    """What has to be learnt: the treatment's nuisances and the outcome's, with the plan's learners.

    For arms: the chance of each arm (of two arms that cover everyone, one chance says both) and the outcome
    within each; for the treated only the second arm's outcome; for a slope both regressions.
    """
    by_outcome, by_treatment = plan.learners.outcome, plan.learners.treatment
    outcome_ridge, treatment_ridge = plan.ridges
    if plan.method == "plr":
        binary = len(data.arms) == 2
        return (
            (Nuisance(data.t, by_treatment, probability=binary, ridge=treatment_ridge),),
            (Nuisance(data.y, by_outcome, probability=False, ridge=outcome_ridge),),
        )
    chances = data.arms[:1] if data.covered else data.arms
    modelled = data.arms[1:] if plan.treated else data.arms
    return (
        tuple(Nuisance(floats(a), by_treatment, probability=True, ridge=treatment_ridge) for a in chances),
        tuple(
            Nuisance(data.y, by_outcome, probability=False, members=a, ridge=outcome_ridge) for a in modelled
        ),
    )


def chances_of(data: Problem, predicted: Sequence[Floats]) -> list[Floats]:
    """The chance of each arm from the treatment's predictions."""
    return [predicted[0], 1.0 - predicted[0]] if data.covered else list(predicted)
