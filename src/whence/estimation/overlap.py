"""Whether the arms can be compared: propensities, effective sizes, balance before and after weighting.

Source: G. Imbens and D. Rubin, *Causal Inference for Statistics* (2015), chapter 14; L. Kish (1965).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from whence.estimation.scores import CLIP, arm_weights, odds_weights
from whence.estimation.values import BINS, QUANTILES, Arm, Balance, Overlap
from whence.numerics.arrays import floats
from whence.numerics.intervals import effective_size
from whence.numerics.logistic import fit_logistic

if TYPE_CHECKING:
    from collections.abc import Sequence

    from whence.numerics.arrays import Booleans, Floats

SMALL_EFFECTIVE_SIZE = 50.0
LEAST_SHARE = 0.1
"""Overlap is low where the weights leave less than this share of an arm."""

MOST_ROWS, ROWS_PER_COLUMN = 2_000, 5
"""A regression's common support is looked at on about so many rows, of at least so many for each column."""

LEAST_SUPPORT = 0.9
"""Overlap is low where fewer of those who count lie within the other arm's range of propensities."""


def weights_of(arms: Sequence[Booleans], chances: Sequence[Floats], *, treated: bool) -> list[Floats]:
    """The weight of each row in its arm (n,): inverse chances, or for the treated one and the odds."""
    if treated:
        return [floats(arms[0]), odds_weights(arms[1], chances[0])]
    return [arm_weights(arm, chance) for arm, chance in zip(arms, chances, strict=True)]


def overlap(
    arms: Sequence[Booleans],
    chances: Sequence[Floats],
    weights: Sequence[Floats],
    labels: Sequence[str],
    *,
    treated: bool,
) -> Overlap:
    """What the propensities say: `chances` are those of being in each arm, of which the first is shown."""
    first = chances[0]
    members = np.logical_or.reduce(list(arms))
    found = tuple(
        Arm(
            label,
            int(np.count_nonzero(arm)),
            tuple(float(q) for q in np.quantile(first[arm], QUANTILES)),
            tuple(int(count) for count in np.histogram(first[arm], bins=BINS, range=(0.0, 1.0))[0]),
            effective_size(weight),
        )
        for arm, weight, label in zip(arms, weights, labels, strict=True)
    )
    cut = (first < CLIP) | (first > 1.0 - CLIP)
    if treated:
        cut = cut & (first > 0.5)  # for the treated a chance near zero only makes a small weight
    return Overlap(found, common_support(arms, chances, treated=treated), float(np.mean(cut[members])))


def common_support(arms: Sequence[Booleans], chances: Sequence[Floats], *, treated: bool) -> float:
    """The share of those who count whose chance of each arm lies in the range of those who were in it.

    For the treated, those in the first arm count; else everyone does, whichever arm they were in or none.
    """
    if treated:
        first = chances[0]
        low, high = float(first[arms[1]].min()), float(first[arms[1]].max())
        return float(np.mean((first[arms[0]] >= low) & (first[arms[0]] <= high)))
    inside = np.ones(arms[0].size, dtype=np.bool_)
    for arm, chance in zip(arms, chances, strict=True):
        inside &= (chance >= chance[arm].min()) & (chance <= chance[arm].max())
    return float(np.mean(inside))


def apart(arms: Sequence[Booleans], found: Overlap) -> bool:
    """Whether nobody can be compared: no common support, or for one arm none among those outside it."""
    if len(arms) == 1:
        return not bool(arms[0].all()) and found.common_support <= float(np.mean(arms[0]))
    return found.common_support == 0.0


def support_of_regression(design: Floats, arms: Sequence[Booleans]) -> float | None:
    """The common support of two arms by a logistic propensity on the rows themselves, or on some of many.

    None where there are no two arms, nothing to tell them apart by, or so many columns for the rows of the
    rarer arm that any two groups can be told apart by chance.
    """
    columns = design.shape[1]
    if len(arms) != 2 or columns == 0:
        return None
    some = slice(None, None, max(design.shape[0] // MOST_ROWS, 1))
    arms, design = [arm[some] for arm in arms], design[some]
    if min(int(np.count_nonzero(arm)) for arm in arms) < ROWS_PER_COLUMN * columns:
        return None
    chance = fit_logistic(design, floats(arms[0])).predict(design)
    return common_support(arms, [chance, 1.0 - chance], treated=False)


def is_poor(found: Overlap) -> bool:
    """Whether the weights leave little of an arm, or many who count have nobody like them."""
    little = any(arm.effective_size < LEAST_SHARE * arm.n for arm in found.arms)
    small = any(arm.effective_size < SMALL_EFFECTIVE_SIZE <= arm.n for arm in found.arms)
    return little or small or found.common_support < LEAST_SUPPORT


def balance(
    design: Floats, labels: Sequence[str], arms: Sequence[Booleans], weights: Sequence[Floats]
) -> tuple[Balance, ...]:
    """The standardised mean difference of each design column between two arms, plain and weighted.

    The scale is the root of the mean of the two arms' variances before weighting.
    """
    if len(arms) != 2 or design.shape[1] == 0:
        return ()
    means = [design[arm].mean(axis=0) for arm in arms]
    spread = np.sqrt((design[arms[0]].var(axis=0) + design[arms[1]].var(axis=0)) / 2.0)
    scale = np.where(spread > 0.0, spread, 1.0)
    weighted = [weight @ design / float(np.sum(weight)) for weight in weights]
    before, after = (means[0] - means[1]) / scale, (weighted[0] - weighted[1]) / scale
    return tuple(
        Balance(label, float(b), float(a)) for label, b, a in zip(labels, before, after, strict=True)
    )


def correlations(
    design: Floats, labels: Sequence[str], treatment: Floats, left: Floats
) -> tuple[Balance, ...]:
    """For a treatment that is a number: its correlation with each column, and that of what is left of it."""
    spread = design.std(axis=0)
    scale = np.where(spread > 0.0, spread, 1.0)
    centred = (design - design.mean(axis=0)) / scale

    def of(t: Floats) -> Floats:
        size = float(t.std())
        return floats(centred.T @ (t - t.mean()) / t.size / (size if size > 0.0 else 1.0))

    return tuple(
        Balance(label, float(b), float(a))
        for label, b, a in zip(labels, of(treatment), of(left), strict=True)
    )
