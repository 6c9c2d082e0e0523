"""Which learners model the nuisances: stated rules first, then out-of-fold risk, and the reasons in words.

1. What the user names is used.
2. With fewer than 500 rows, or fewer than ten for each column, the linear learners are used.
3. Where overlap is poor under a logistic propensity the linear learners stay: learners that tell the arms
   apart better only make the weights wilder, and their predictions are guesses where nobody was seen.
4. Otherwise the learner of least out-of-fold risk, on at most 5,000 rows: linear, on splines, or boosted
   trees. A propensity must keep overlap itself.
   For errors by the bootstrap boosted trees are left out: they stop early by rows held out, and among the
   copies in a bootstrap sample such rows are known already.
5. A linear learner with fewer than ten rows (of the rarer class) per column gets a ridge, chosen likewise.

Source: M. van der Laan, E. Polley and A. Hubbard, "Super learner", Stat. Appl. Genet. Mol. Biol. 6 (2007),
for the choice by out-of-fold risk; P. Peduzzi and others, J. Clin. Epidemiol. 49 (1996), for ten events per
variable.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from whence.estimation.crossfit import Nuisance, cross_fit
from whence.estimation.learners import OURS, Choice, Learners, learner_name
from whence.estimation.nuisances import chances_of, nuisances_of
from whence.estimation.overlap import is_poor, overlap, weights_of
from whence.estimation.values import LearnerRisk, Warning_
from whence.numerics.folds import fold_labels
from whence.numerics.random import generator

if TYPE_CHECKING:
    from collections.abc import Sequence

    from whence.estimation.plan import EstimationPlan
    from whence.estimation.problem import Problem
    from whence.numerics.arrays import Floats
    from whence.runtime.executor import Executor
    from whence.runtime.seeds import Seed

LEAST_ROWS = 500
SUBSAMPLE = 5_000
SCREEN_FOLDS = 3
ROWS_PER_COLUMN = 10
RIDGES = (0.0, 0.001, 0.01, 0.1, 1.0)
NOTHING = "There is nothing to adjust for."
CANDIDATES: tuple[Choice, ...] = ("linear", "splines", "boosted")


@dataclass(frozen=True, slots=True)
class Screened:
    """The learners chosen, the ridges of the linear ones (outcome, treatment), the risks seen, and why.

    `warnings` tell what the choice cannot do.
    """

    learners: Learners
    ridges: tuple[float, float]
    risks: tuple[LearnerRisk, ...]
    why: tuple[str, ...]
    warnings: tuple[Warning_, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class _Screen:
    """The setting of a screen: what is planned, on which rows, from which chance, with which workers."""

    plan: EstimationPlan
    data: Problem
    seed: Seed
    executor: Executor | None

    def out_of_fold(self, tried: Sequence[Nuisance], folds: int, name: str) -> list[Floats]:
        seed = self.seed.child(name)
        labels = fold_labels(self.data.strata, folds, seed, self.data.clusters, self.data.copies)
        return cross_fit(self.data.design, tried, [labels], folds, seed=seed, executor=self.executor)[0]

    def poor(self, predicted: Sequence[Floats]) -> bool:
        """Whether overlap is poor under these predictions of the treatment."""
        arms, treated = self.data.arms, self.plan.treated
        if not arms:
            return False
        chances = chances_of(self.data, predicted)
        weights = weights_of(arms, chances, treated=treated)
        return is_poor(overlap(arms, chances, weights, ("", "")[: len(arms)], treated=treated))


def screened(plan: EstimationPlan, data: Problem, seed: Seed, executor: Executor | None) -> Screened:
    """The learners of a plan, by the rules of this module."""
    treatment, outcome = nuisances_of(plan, data)
    screen = _Screen(plan, data, seed, executor)
    ridges = (_ridge(screen, outcome), _ridge(screen, treatment))
    why = shrunk(ridges, data.design.shape[1])
    asked = plan.learners
    if asked.outcome != "auto" and asked.treatment != "auto":
        return Screened(asked, ridges, (), why)
    stay = _reason_to_stay_linear(screen, ridges[1])
    if stay is not None:
        linear = Learners(_else(asked.outcome, "linear"), _else(asked.treatment, "linear"))
        return Screened(linear, ridges, (), (*why, stay))
    small = replace(screen, data=_subsample(data, seed))
    of_treatment, of_outcome = nuisances_of(plan, small.data)
    first, risks_first, why_first = _chosen(small, "outcome", asked.outcome, of_outcome, ridges[0])
    second, risks_second, why_second = _chosen(small, "treatment", asked.treatment, of_treatment, ridges[1])
    return Screened(
        Learners(first, second), ridges, (*risks_first, *risks_second), (*why, *why_first, *why_second)
    )


def shrunk(ridges: tuple[float, float], columns: int) -> tuple[str, ...]:
    """Why the linear learners of outcome and treatment are shrunk, if they are."""
    return tuple(
        f"With {columns:,} columns and few rows for them, the {role} model is shrunk "
        f"(ridge {ridge:g} per row)."
        for role, ridge in zip(("outcome", "treatment"), ridges, strict=True)
        if ridge > 0.0
    )


def _else(asked: Choice, otherwise: Choice) -> Choice:
    return otherwise if asked == "auto" else asked


def _ridge(screen: _Screen, group: tuple[Nuisance, ...]) -> float:
    """Zero where there are ten rows of the rarer class to each column; else the ridge of least risk."""
    columns = screen.data.design.shape[1]
    if columns == 0 or min(_support(each) for each in group) >= ROWS_PER_COLUMN * columns:
        return 0.0
    tried = [replace(each, choice="linear", ridge=ridge) for ridge in RIDGES for each in group]
    predicted = screen.out_of_fold(tried, SCREEN_FOLDS, "ridge")
    losses = [float(np.mean(losses_of(each, found))) for each, found in zip(tried, predicted, strict=True)]
    many = len(group)
    return RIDGES[int(np.argmin([sum(losses[i * many : (i + 1) * many]) for i in range(len(RIDGES))]))]


def _support(nuisance: Nuisance) -> int:
    members = nuisance.target if nuisance.members is None else nuisance.target[nuisance.members]
    if not nuisance.probability:
        return members.size
    ones = int(np.count_nonzero(members > 0.5))
    return min(ones, members.size - ones)


def _reason_to_stay_linear(screen: _Screen, ridge: float) -> str | None:
    data, linear = screen.data, "Linear models of outcome and treatment:"
    rows, columns = data.design.shape
    if columns == 0:
        return NOTHING
    if rows < max(LEAST_ROWS, ROWS_PER_COLUMN * columns):
        return f"{linear} {rows:,} rows with {columns:,} columns are too few for flexible ones."
    plain = replace(screen.plan, learners=Learners("linear", "linear"), ridges=(0.0, ridge))
    predicted = screen.out_of_fold(nuisances_of(plain, data)[0], screen.plan.options.folds, "overlap")
    if screen.poor(predicted):
        return f"{linear} overlap is poor, and flexible ones would extrapolate wildly there."
    return None


def _chosen(
    screen: _Screen, role: str, asked: Choice, group: tuple[Nuisance, ...], ridge: float
) -> tuple[Choice, tuple[LearnerRisk, ...], tuple[str, ...]]:
    """The candidate of least out-of-fold risk (a propensity that loses the overlap does not count)."""
    if asked != "auto":
        return asked, (), ()
    candidates = OURS if screen.plan.options.errors == "bootstrap" else CANDIDATES
    tried = [replace(each, choice=choice, ridge=ridge) for choice in candidates for each in group]
    predicted = screen.out_of_fold(tried, SCREEN_FOLDS, role)
    risks: list[float] = []
    lost: list[bool] = []
    for i in range(len(candidates)):
        part = slice(i * len(group), (i + 1) * len(group))
        losses = [losses_of(each, found) for each, found in zip(tried[part], predicted[part], strict=True)]
        risks.append(float(np.mean(np.concatenate(losses))))
        lost.append(i > 0 and role == "treatment" and screen.poor(predicted[part]))
    best = min(range(len(candidates)), key=lambda i: (lost[i], risks[i]))
    chance = group[0].probability
    names = [learner_name(choice, probability=chance) for choice in candidates]
    measure = "log loss" if chance else "squared error"
    figures = ", ".join(
        f"{name} {risk:.4g}{' (loses the overlap)' if gone else ''}"
        for name, risk, gone in zip(names, risks, lost, strict=True)
    )
    found = tuple(
        LearnerRisk(role, name, risk, i == best)
        for i, (name, risk) in enumerate(zip(names, risks, strict=True))
    )
    return candidates[best], found, (f"Out-of-fold {measure} of the {role}: {figures}.",)


def _subsample(data: Problem, seed: Seed) -> Problem:
    if data.n <= SUBSAMPLE:
        return data
    return data.rows(np.sort(generator(seed.child("subsample")).choice(data.n, SUBSAMPLE, replace=False)))


def losses_of(nuisance: Nuisance, predicted: Floats) -> Floats:
    """The loss of each row learnt from: squared error, or minus the log of the chance of what happened."""
    rows = slice(None) if nuisance.members is None else nuisance.members
    target, found = nuisance.target[rows], predicted[rows]
    if not nuisance.probability:
        return (target - found) ** 2
    safe = np.clip(found, 1e-6, 1.0 - 1e-6)
    return -(target * np.log(safe) + (1.0 - target) * np.log1p(-safe))
