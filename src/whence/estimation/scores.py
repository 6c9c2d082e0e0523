"""The scores: from out-of-fold predictions to a number and the influence of each row on it.

Each function returns the estimate and influence values (n,) that average to zero. Inverse-probability weights
are normalised to average one, which keeps the estimate within the range of what was seen (Hájek).

Source: J. Robins, A. Rotnitzky and L. Zhao, J. Amer. Statist. Assoc. 89 (1994), for the augmented means;
V. Chernozhukov and others, Econometrics Journal 21 (2018), for cross-fitting and the partially linear score.

>>> import numpy as np
>>> y, x = np.array([1.0, 2.0, 3.0, 4.0]), np.array([0.0, 1.0, 0.0, 1.0])
>>> round(slope(y - y.mean(), x - x.mean())[0], 6)
1.0
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from whence.numerics.arrays import floats

if TYPE_CHECKING:
    from whence.numerics.arrays import Booleans, Floats

CLIP = 0.01
"""Propensities are cut to [0.01, 0.99]: no row counts more than a hundredfold."""


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


def augmented_mean(y: Floats, weights: Floats, predicted: Floats) -> tuple[float, Floats]:
    """E[Y | do(arm)]: the predictions' mean, corrected by the arm's weighted residuals."""
    shares = weights / float(np.mean(weights))
    residuals = y - predicted
    correction = float(np.mean(shares * residuals))
    centre = float(np.mean(predicted))
    return centre + correction, predicted - centre + shares * (residuals - correction)


def effect_on_treated(
    y: Floats, treated: Booleans, weights: Floats, predicted: Floats
) -> tuple[float, Floats]:
    """E[Y₁ − Y₀ | treated]: what the treated have over the prediction, less what the weighted others have."""
    residuals = y - predicted
    ones = floats(treated)
    shares_treated, shares_others = ones / float(np.mean(ones)), weights / float(np.mean(weights))
    top = float(np.mean(shares_treated * residuals))
    bottom = float(np.mean(shares_others * residuals))
    return top - bottom, shares_treated * (residuals - top) - shares_others * (residuals - bottom)


def slope(y_left: Floats, t_left: Floats) -> tuple[float, Floats]:
    """The partially linear effect of one unit: what is left of Y on what is left of T."""
    square = float(np.mean(t_left**2))
    value = float(np.mean(t_left * y_left)) / square
    return value, t_left * (y_left - value * t_left) / square
