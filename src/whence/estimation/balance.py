"""How alike the arms are in what is adjusted for, before weighting and after.

Source: G. Imbens and D. Rubin, *Causal Inference for Statistics* (2015), chapter 14.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from whence.estimation.values import Balance
from whence.numerics.arrays import Booleans, Floats
from whence.numerics.blas import product
from whence.numerics.fold_moments import CONSTANT
from whence.numerics.moments import Central, central


def balance(
    design: Floats, labels: Sequence[str], arms: Sequence[Booleans], weights: Sequence[Floats]
) -> tuple[Balance, ...]:
    """The standardised mean difference of each design column between two arms, plain and weighted.

    The scale is the root of the mean of the two arms' variances before weighting.
    """
    if len(arms) != 2 or design.shape[1] == 0:
        return ()
    means = design.mean(axis=0)
    plain = [central(design[arm]) for arm in arms]
    return balanced(labels, plain, [weighted(design, means, weight) for weight in weights])


def weighted(design: Floats, means: Floats, weights: Floats) -> Floats:
    """The sum of weights (n,), and of the weighted columns of a design less these means: (1 + p,)."""
    return np.concatenate([[np.sum(weights)], product(weights, design - means)])


def balanced(labels: Sequence[str], plain: Sequence[Central], sums: Sequence[Floats]) -> tuple[Balance, ...]:
    """The balance of two arms from their moments, and from the sums of `weighted` about common means."""
    variances = [np.diag(each.products) / max(each.n, 1.0) for each in plain]
    spread = np.sqrt((variances[0] + variances[1]) / 2.0)
    size = np.maximum(np.abs(plain[0].means), np.abs(plain[1].means))
    constant = spread <= CONSTANT * np.maximum(size, 1e-300)
    # Columns that vary in neither arm may still tell them apart; those that vary nowhere differ by rounding.
    apart = np.abs(plain[0].means - plain[1].means)
    scale = np.where(
        constant, np.where(apart <= CONSTANT * size, np.inf, 1.0), np.where(constant, 1.0, spread)
    )
    before = (plain[0].means - plain[1].means) / scale
    centres = [each[1:] / each[0] if each[0] > 0.0 else np.zeros(each.size - 1) for each in sums]
    after = (centres[0] - centres[1]) / scale
    return tuple(
        Balance(label, float(b), float(a)) for label, b, a in zip(labels, before, after, strict=True)
    )


def correlations(labels: Sequence[str], found: Central, treatment: int, left: int) -> tuple[Balance, ...]:
    """For a treatment that is a number: its correlation with each column, and that of what is left of it.

    From moments of the design's columns, then others: those of the treatment and of what is left of it stand
    in the columns of these numbers.
    """
    spread = np.sqrt(np.maximum(np.diag(found.products), 0.0))
    constant = spread <= CONSTANT * np.sqrt(max(found.n, 1.0)) * np.maximum(np.abs(found.means), 1e-300)
    factors = np.where(constant, 0.0, 1.0 / np.where(constant, 1.0, spread))
    of = found.products * np.outer(factors, factors)
    return tuple(
        Balance(label, float(of[place, treatment]), float(of[place, left]))
        for place, label in enumerate(labels)
    )
