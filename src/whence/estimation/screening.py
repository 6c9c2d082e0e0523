"""Which learners model the nuisances: stated rules first, then out-of-fold risk, and the reasons in words.

1. What the user names is used.
2. Boosting needs 500 rows, and ten for each column; below that the linear learners are used.
3. Where overlap is poor under a logistic propensity the linear learners stay: trees that tell the arms apart
   better only make the weights wilder, and their predictions jump where nobody was seen.
4. Otherwise boosted trees replace a linear learner where their out-of-fold risk, on a subsample of at most
4,000
   rows, is lower by more than its standard error; boosted propensities must keep overlap themselves.
5. A linear learner with fewer than ten rows (of the rarer class) per column gets a ridge, chosen likewise.

Source: the rule of one standard error is that of L. Breiman and others, *CART* (1984), section 3.4.3; ten
events per variable, P. Peduzzi and others, J. Clin. Epidemiol. 49 (1996).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from whence.estimation.crossfit import Nuisance, cross_fit
from whence.estimation.learners import Choice, Learners, learner_name
from whence.estimation.overlap import is_poor, overlap, weights_of
from whence.estimation.values import LearnerRisk
from whence.numerics.arrays import Floats, floats
from whence.numerics.folds import fold_labels
from whence.numerics.random import generator

if TYPE_CHECKING:
    from collections.abc import Sequence

    from whence.estimation.plan import EstimationPlan
    from whence.estimation.problem import Problem
    from whence.runtime.executor import Executor
    from whence.runtime.seeds import Seed

LEAST_ROWS = 500
SUBSAMPLE = 4_000
SCREEN_FOLDS = 3
ROWS_PER_COLUMN = 10
RIDGES = (0.0, 0.001, 0.01, 0.1, 1.0)


@dataclass(frozen=True, slots=True)
class Screened:
    """The learners chosen, the ridges of the linear ones (outcome, treatment), the risks seen, and why."""

    learners: Learners
    ridges: tuple[float, float]
    risks: tuple[LearnerRisk, ...]
    why: tuple[str, ...]


def screened(plan: EstimationPlan, data: Problem, seed: Seed, executor: Executor | None) -> Screened:
    """The learners of a plan, by the rules of this module."""
    treatment, outcome = nuisances_of(plan, data)
    risks: list[LearnerRisk] = []
    why: list[str] = []
    ridges = (
        _ridge(data, outcome, "outcome", seed, executor, why),
        _ridge(data, treatment, "treatment", seed, executor, why),
    )
    if plan.learners.outcome != "auto" and plan.learners.treatment != "auto":
        return Screened(plan.learners, ridges, (), tuple(why))
    linear = Learners(_else(plan.learners.outcome, "linear"), _else(plan.learners.treatment, "linear"))
    stay = _reason_to_stay_linear(plan, data, ridges[1], seed, executor)
    if stay is not None:
        return Screened(linear, ridges, (), (*why, stay))
    chosen: list[Choice] = []
    roles: tuple[tuple[str, Choice, float, tuple[Nuisance, ...]], ...] = (
        ("outcome", plan.learners.outcome, ridges[0], outcome),
        ("treatment", plan.learners.treatment, ridges[1], treatment),
    )
    for role, asked, ridge, group in roles:
        if asked != "auto":
            chosen.append(asked)
            continue
        found, seen, words = _compared(data, group, role, ridge, seed.child(role), executor)
        if role == "treatment" and found == "boosted" and len(data.arms) == 2:
            found, words = _unless_overlap_is_lost(plan, data, seed, executor, words)
            seen = tuple(
                replace(each, chosen=each.learner == learner_name(found, probability=True)) for each in seen
            )
        chosen.append(found)
        risks.extend(seen)
        why.append(words)
    return Screened(Learners(chosen[0], chosen[1]), ridges, tuple(risks), tuple(why))


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
    chances = data.arms[:1] if _covering(data) else data.arms
    modelled = data.arms[1:] if plan.treated else data.arms
    return (
        tuple(Nuisance(floats(a), by_treatment, probability=True, ridge=treatment_ridge) for a in chances),
        tuple(
            Nuisance(data.y, by_outcome, probability=False, members=a, ridge=outcome_ridge) for a in modelled
        ),
    )


def _covering(data: Problem) -> bool:
    return len(data.arms) == 2 and bool(np.all(data.arms[0] | data.arms[1]))


def chances_of(data: Problem, predicted: Sequence[Floats]) -> list[Floats]:
    """The chance of each arm from the treatment's predictions."""
    return [predicted[0], 1.0 - predicted[0]] if _covering(data) else list(predicted)


def _else(asked: Choice, otherwise: Choice) -> Choice:
    return otherwise if asked == "auto" else asked


def _ridge(
    data: Problem,
    group: tuple[Nuisance, ...],
    role: str,
    seed: Seed,
    executor: Executor | None,
    why: list[str],
) -> float:
    """Zero where there are ten rows of the rarer class to each column; else the ridge of least risk."""
    columns = data.design.shape[1]
    if columns == 0 or min(_support(each) for each in group) >= ROWS_PER_COLUMN * columns:
        return 0.0
    labels = fold_labels(data.strata, SCREEN_FOLDS, seed.child("ridge"), data.clusters)
    tried = [replace(each, choice="linear", ridge=ridge) for ridge in RIDGES for each in group]
    predicted = cross_fit(data.design, tried, [labels], SCREEN_FOLDS, seed=seed, executor=executor)[0]
    losses = [
        sum(
            float(np.mean(_losses(tried[i * len(group) + j], predicted[i * len(group) + j])))
            for j in range(len(group))
        )
        for i in range(len(RIDGES))
    ]
    best = RIDGES[int(np.argmin(losses))]
    if best > 0.0:
        why.append(
            f"With {data.design.shape[1]:,} columns and few rows for them, the {role} model is shrunk "
            f"(ridge {best:g} per row)."
        )
    return best


def _support(nuisance: Nuisance) -> int:
    members = nuisance.target if nuisance.members is None else nuisance.target[nuisance.members]
    if not nuisance.probability:
        return members.size
    ones = int(np.count_nonzero(members > 0.5))
    return min(ones, members.size - ones)


def _reason_to_stay_linear(
    plan: EstimationPlan,
    data: Problem,
    ridge: float,
    seed: Seed,
    executor: Executor | None,
) -> str | None:
    if data.design.shape[1] == 0:
        return "There is nothing to adjust for."
    if data.n < max(LEAST_ROWS, ROWS_PER_COLUMN * data.design.shape[1]):
        return (
            f"Linear models of outcome and treatment: boosting needs more than {data.n:,} rows "
            f"for {data.design.shape[1]:,} columns."
        )
    if len(data.arms) == 2:
        first = replace(plan, learners=Learners("linear", "linear"), ridges=(0.0, ridge))
        labels = fold_labels(data.strata, plan.options.folds, seed.child("overlap"), data.clusters)
        if _poor(first, data, labels, plan.options.folds, seed, executor):
            return (
                "Linear models of outcome and treatment: overlap is poor, and flexible ones would "
                "extrapolate wildly there."
            )
    return None


def _poor(
    plan: EstimationPlan,
    data: Problem,
    labels: np.ndarray[tuple[int], np.dtype[np.int64]],
    folds: int,
    seed: Seed,
    executor: Executor | None,
) -> bool:
    treatment = nuisances_of(plan, data)[0]
    predicted = cross_fit(data.design, treatment, [labels], folds, seed=seed, executor=executor)[0]
    chances = chances_of(data, predicted) if plan.method != "plr" else [predicted[0], 1.0 - predicted[0]]
    weights = weights_of(data.arms, chances, treated=plan.treated)
    return is_poor(overlap(data.arms, chances, weights, ("", ""), treated=plan.treated))


def _compared(
    data: Problem,
    group: tuple[Nuisance, ...],
    role: str,
    ridge: float,
    seed: Seed,
    executor: Executor | None,
) -> tuple[Choice, tuple[LearnerRisk, ...], str]:
    """Linear against boosted on a subsample; boosted where its risk is lower by over the standard error."""
    rows = _subsample(data.n, seed)
    clusters = None if data.clusters is None else data.clusters[rows]
    labels = fold_labels(data.strata[rows], SCREEN_FOLDS, seed, clusters)
    some = [
        replace(
            each,
            target=each.target[rows],
            members=None if each.members is None else each.members[rows],
            ridge=ridge,
        )
        for each in group
    ]
    tried = [replace(each, choice=choice) for choice in ("linear", "boosted") for each in some]
    predicted = cross_fit(data.design[rows], tried, [labels], SCREEN_FOLDS, seed=seed, executor=executor)[0]
    losses = [_losses(each, found) for each, found in zip(tried, predicted, strict=True)]
    plain, boosted = np.concatenate(losses[: len(some)]), np.concatenate(losses[len(some) :])
    gain = plain - boosted
    better = float(gain.mean()) > float(gain.std()) / float(np.sqrt(gain.size))
    chance = group[0].probability
    names = [learner_name(choice, probability=chance) for choice in ("linear", "boosted")]
    risks = (
        LearnerRisk(role, names[0], float(plain.mean()), not better),
        LearnerRisk(role, names[1], float(boosted.mean()), better),
    )
    kept, other = (names[1], names[0]) if better else (names[0], names[1])
    measure = "log loss" if chance else "squared error"
    words = (
        f"For the {role}, {kept} rather than {other}: out-of-fold {measure} {float(boosted.mean()):.4g} "
        f"boosted, {float(plain.mean()):.4g} linear."
    )
    return ("boosted" if better else "linear"), risks, words


def _subsample(rows: int, seed: Seed) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    if rows <= SUBSAMPLE:
        return np.arange(rows)
    return np.sort(generator(seed.child("subsample")).choice(rows, SUBSAMPLE, replace=False))


def _losses(nuisance: Nuisance, predicted: Floats) -> Floats:
    """The loss of each row learnt from: squared error, or minus the log of the chance of what happened."""
    rows = slice(None) if nuisance.members is None else nuisance.members
    target, found = nuisance.target[rows], predicted[rows]
    if not nuisance.probability:
        return (target - found) ** 2
    safe = np.clip(found, 1e-6, 1.0 - 1e-6)
    return -(target * np.log(safe) + (1.0 - target) * np.log1p(-safe))


def _unless_overlap_is_lost(
    plan: EstimationPlan, data: Problem, seed: Seed, executor: Executor | None, words: str
) -> tuple[Choice, str]:
    rows = _subsample(data.n, seed.child("treatment"))
    small = replace(
        data,
        y=data.y[rows],
        t=data.t[rows],
        arms=tuple(arm[rows] for arm in data.arms),
        design=data.design[rows],
        group=data.group[rows],
        clusters=None if data.clusters is None else data.clusters[rows],
    )
    boosted = replace(plan, learners=Learners("boosted", "boosted"))
    labels = fold_labels(small.strata, SCREEN_FOLDS, seed.child("treatment"), small.clusters)
    if _poor(boosted, small, labels, SCREEN_FOLDS, seed, executor):
        return "linear", (
            "For the treatment, logistic regression: boosted trees fit better but lose the overlap."
        )
    return "boosted", words
