"""Whether the arms can be compared: weights, common support, and when there is too little of it.

Source: G. Imbens and D. Rubin, *Causal Inference for Statistics* (2015), chapter 14; L. Kish (1965).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from whence.estimation.propensities import Sample, reach_of, seen, strata_of
from whence.estimation.scores import arm_weights, odds_weights
from whence.numerics.arrays import floats
from whence.numerics.logistic import fit_logistic

if TYPE_CHECKING:
    from collections.abc import Sequence

    from whence.estimation.values import Overlap
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
    """What the propensities of rows at hand say: `chances` are those of being in each arm."""
    return seen(arms, chances, weights, treated=treated).told(labels, treated=treated)


def common_support(arms: Sequence[Booleans], chances: Sequence[Floats], *, treated: bool) -> float:
    """The share of those who count whose chance of each arm lies in the range of those who were in it.

    For the treated, those in the first arm count; else everyone does, whichever arm they were in or none.
    """
    everyone = Sample(np.stack(chances, axis=1), np.ones(arms[0].size), strata_of(arms))
    return everyone.within(reach_of(arms, chances), treated=treated)


def apart(found: Overlap, rows: int) -> bool:
    """Whether nobody can be compared: no common support, or for one arm of `rows` none outside of it."""
    if len(found.arms) == 1:
        within = found.arms[0].n / rows
        return within < 1.0 and found.common_support <= within * (1.0 + 1e-9)
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
