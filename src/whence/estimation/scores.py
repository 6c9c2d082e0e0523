"""The scores: every estimate here is a signed sum of ratios of sums over rows.

What a row adds above and below each ratio is known from its own predictions; the estimate and the influence
of every row on it follow from the sums. Inverse-probability weights are so normalised to average one, which
keeps the estimate within the range of what was seen (Hájek).

Source: J. Robins, A. Rotnitzky and L. Zhao, J. Amer. Statist. Assoc. 89 (1994), for the augmented means;
V. Chernozhukov and others, Econometrics Journal 21 (2018), for cross-fitting and the partially linear score.

>>> import numpy as np
>>> y, x = np.array([1.0, 2.0, 3.0, 4.0]), np.array([0.0, 1.0, 0.0, 1.0])
>>> round(settled(slope(y - y.mean(), x - x.mean()))[0], 6)
1.0
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from whence.numerics.arrays import Floats, floats
from whence.numerics.ratios import Ratios, ratios_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from whence.numerics.arrays import Booleans

CLIP = 0.01
"""Propensities are cut to [0.01, 0.99]: no row counts more than a hundredfold."""


@dataclass(frozen=True, slots=True, eq=False)
class Score:
    """Σ sign · Σ top / Σ bottom: what rows put above and below each of J ratios (J, n), and signs (J,)."""

    tops: Floats
    bottoms: Floats
    signs: Floats

    def influence(self, ratios: Ratios, split: int = 0) -> Floats:
        """The influence of each row (n,) on the estimate that has these ratios over all rows."""
        weights = ratios.weights(self.signs)[split]
        return weights @ (self.tops - ratios.values[split][:, None] * self.bottoms)


def settled(score: Score) -> tuple[float, Floats]:
    """The estimate from rows that are all at hand, and influence values (n,) that average to zero."""
    ratios = ratios_of([(score.tops, score.bottoms)])
    return float(ratios.totals(score.signs)[0]), score.influence(ratios)


def clipped(chances: Floats) -> Floats:
    """Probabilities cut to [CLIP, 1 − CLIP]."""
    return np.clip(chances, CLIP, 1.0 - CLIP)


def arm_weights(arm: Booleans, chance: Floats) -> Floats:
    """Weights (n,) that make an arm stand for everyone: one over the chance of being in it."""
    return np.where(arm, 1.0 / clipped(chance), 0.0)


def odds_weights(base: Booleans, chance: Floats) -> Floats:
    """Weights (n,) that make the base arm stand for the treated: the odds of treatment.

    Only chances near one are cut; those near zero belong to rows that rightly count for nothing.
    """
    cut = np.minimum(chance, 1.0 - CLIP)
    return np.where(base, cut / (1.0 - cut), 0.0)


def augmented_mean(y: Floats, weights: Floats, predicted: Floats) -> Score:
    """E[Y | do(arm)]: the predictions' mean, corrected by the arm's weighted residuals."""
    return Score(
        np.stack([predicted, weights * (y - predicted)]),
        np.stack([np.ones_like(predicted), weights]),
        np.ones(2),
    )


def augmented_difference(y: Floats, weights: Sequence[Floats], predicted: Sequence[Floats]) -> Score:
    """E[Y | do(arm)] less that of the other arm; weights and predictions are pairs of (n,).

    The predictions are subtracted row by row: what both arms have in common, which may be all but a
    millionth of the outcome, so never comes into the sums.
    """
    corrections = [w * (y - m) for w, m in zip(weights, predicted, strict=True)]
    return Score(
        np.stack([predicted[0] - predicted[1], *corrections]),
        np.stack([np.ones_like(y), *weights]),
        np.array([1.0, 1.0, -1.0]),
    )


def effect_on_treated(y: Floats, treated: Booleans, weights: Floats, predicted: Floats) -> Score:
    """E[Y₁ − Y₀ | treated]: what the treated have over the prediction, less what the weighted others have."""
    residuals, ones = y - predicted, floats(treated)
    return Score(
        np.stack([ones * residuals, weights * residuals]),
        np.stack([ones, weights]),
        np.array([1.0, -1.0]),
    )


def slope(y_left: Floats, t_left: Floats) -> Score:
    """The partially linear effect of one unit: what is left of Y on what is left of T."""
    return Score((t_left * y_left)[None, :], (t_left**2)[None, :], np.ones(1))
