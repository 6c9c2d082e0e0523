"""Intervals for means of scores: Wilson's where all are 0 or 1, else the bootstrap's."""

import math

import numpy as np

Z = 1.959964
DRAWS = 2_000


def wilson(successes: float, n: int) -> tuple[float, float]:
    share = successes / n
    middle = (share + Z * Z / (2 * n)) / (1 + Z * Z / n)
    half = Z / (1 + Z * Z / n) * math.sqrt(share * (1 - share) / n + Z * Z / (4 * n * n))
    return max(0.0, middle - half), min(1.0, middle + half)


def bootstrap(values: list[float]) -> tuple[float, float]:
    """The middle 95 % of the means of resampled values."""
    given = np.asarray(values, dtype=float)
    picked = np.random.default_rng(0).integers(0, len(given), (DRAWS, len(given)))
    low, high = np.quantile(given[picked].mean(axis=1), (0.025, 0.975))
    return float(low), float(high)


def of_scores(scores: list[float]) -> tuple[float, float]:
    if all(score in (0.0, 1.0) for score in scores):
        return wilson(sum(scores), len(scores))
    return bootstrap(scores)
