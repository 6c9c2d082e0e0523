"""Propensities as far as they can be added up: what a block of rows says of overlap, and what all say.

Counts, sums and extremes are exact. Quantiles and common support are so for a single block; of several, they
are those of evenly spaced rows of each arm, held against extremes that every row has a part in.

Source: G. Imbens and D. Rubin, *Causal Inference for Statistics* (2015), chapter 14; L. Kish (1965).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from whence.estimation.scores import CLIP
from whence.estimation.values import BINS, QUANTILES, Arm, Overlap
from whence.numerics.arrays import Booleans, Floats, Integers, floats
from whence.numerics.intervals import effective_size_of


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """Some rows: their chances (m, arms), how many rows each stands for, and their stratum."""

    chances: Floats
    weights: Floats
    strata: Integers

    def __add__(self, other: Sample) -> Sample:
        """Those of both."""
        return Sample(
            np.concatenate([self.chances, other.chances]),
            np.concatenate([self.weights, other.weights]),
            np.concatenate([self.strata, other.strata]),
        )

    def within(self, reach: Floats, *, treated: bool) -> float:
        """The share of those who count whose chances lie within the reach (arms, 4) of the arms."""
        if treated:
            who = self.strata == 0
            first = self.chances[who, 0]
            return _share((first >= -reach[1, 0]) & (first <= reach[1, 1]), self.weights[who])
        inside = np.ones(self.weights.size, dtype=np.bool_)
        for k, ends in enumerate(reach):
            inside &= (self.chances[:, k] >= -ends[2]) & (self.chances[:, k] <= ends[3])
        return _share(inside, self.weights)


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """The propensities of some rows, as far as they can be added up.

    Of each arm: its rows, sums of weights and of their squares `sums` (arms, 3), a histogram of the chance of
    the first arm (arms, bins), and the `reach` (arms, 4) of the chance of the first arm and of its own: the
    least of each, negated, and the greatest. `cut` counts the rows whose chance is cut, and all in any arm.
    """

    sums: Floats
    histogram: Integers
    reach: Floats
    cut: Integers
    sample: Sample

    def __add__(self, other: Seen) -> Seen:
        """The propensities of both."""
        return Seen(
            self.sums + other.sums,
            self.histogram + other.histogram,
            np.maximum(self.reach, other.reach),
            self.cut + other.cut,
            self.sample + other.sample,
        )

    def told(self, labels: Sequence[str], *, treated: bool) -> Overlap:
        """What they say of overlap, under these names of the arms."""
        found = tuple(
            Arm(
                label,
                int(self.sums[k, 0]),
                self._quantiles(k),
                tuple(int(count) for count in self.histogram[k]),
                effective_size_of(float(self.sums[k, 1]), float(self.sums[k, 2])),
            )
            for k, label in enumerate(labels)
        )
        share = int(self.cut[0]) / max(int(self.cut[1]), 1)
        return Overlap(found, self.support(treated=treated), share)

    def support(self, *, treated: bool) -> float:
        """The common support: see `whence.estimation.overlap.common_support`."""
        return self.sample.within(self.reach, treated=treated)

    def _quantiles(self, arm: int) -> tuple[float, ...]:
        """Quantiles of the chance of the first arm: exact where every row is in the sample."""
        who = self.sample.strata == arm
        values, weights = self.sample.chances[who, 0], self.sample.weights[who]
        if bool(np.all(weights == 1.0)):
            return tuple(float(q) for q in np.quantile(values, QUANTILES))
        order = np.argsort(values, kind="stable")
        heaped = np.cumsum(weights[order])
        at = (heaped - 0.5 * weights[order]) / heaped[-1]
        inner: Floats = np.interp(floats(QUANTILES), floats(at), floats(values[order]))
        inner[0], inner[-1] = -self.reach[arm, 0], self.reach[arm, 1]
        return tuple(float(q) for q in inner)


def seen(
    arms: Sequence[Booleans],
    chances: Sequence[Floats],
    weights: Sequence[Floats],
    *,
    treated: bool,
    most: int | None = None,
) -> Seen:
    """The propensities of one block of rows.

    Of at most `most` rows of each arm, evenly spaced, and of as many of neither, the chances are kept (all,
    if not said).
    """
    first, strata = chances[0], strata_of(arms)
    cut = (first < CLIP) | (first > 1.0 - CLIP)
    if treated:
        cut = cut & (first > 0.5)  # for the treated a chance near zero only makes a small weight
    members = strata < len(arms)
    bins = [np.histogram(first[arm], bins=BINS, range=(0.0, 1.0))[0] for arm in arms]
    sums = [
        [float(np.count_nonzero(arm)), float(np.sum(weight)), float(np.sum(weight**2))]
        for arm, weight in zip(arms, weights, strict=True)
    ]
    counted = np.array([np.count_nonzero(cut & members), np.count_nonzero(members)], dtype=np.int64)
    sample = _sampled(np.stack(chances, axis=1), strata, len(arms), most)
    return Seen(np.array(sums), np.array(bins, dtype=np.int64), reach_of(arms, chances), counted, sample)


def strata_of(arms: Sequence[Booleans]) -> Integers:
    """The arm of each row (n,), one more than the last for rows of none."""
    strata = np.full(arms[0].size, len(arms), dtype=np.int64)
    for k, arm in enumerate(arms):
        strata[arm] = k
    return strata


def reach_of(arms: Sequence[Booleans], chances: Sequence[Floats]) -> Floats:
    """The reach (arms, 4) of the chance of the first arm, and of its own, among the rows of each arm."""
    return np.array(
        [
            [
                _greatest(-chances[0][arm]),
                _greatest(chances[0][arm]),
                _greatest(-own[arm]),
                _greatest(own[arm]),
            ]
            for arm, own in zip(arms, chances, strict=True)
        ]
    )


def _greatest(values: Floats) -> float:
    return float(np.max(values, initial=-np.inf))


def _sampled(chances: Floats, strata: Integers, arms: int, most: int | None) -> Sample:
    if most is None or strata.size <= most:
        return Sample(chances, np.ones(strata.size), strata)
    rows = [np.flatnonzero(strata == stratum) for stratum in range(arms + 1)]
    kept = [each[:: max(-(-each.size // most), 1)] for each in rows]
    weights = [
        np.full(some.size, each.size / max(some.size, 1)) for each, some in zip(rows, kept, strict=True)
    ]
    at = np.concatenate(kept)
    return Sample(chances[at], np.concatenate(weights), strata[at])


def _share(inside: Booleans, weights: Floats) -> float:
    total = float(np.sum(weights))
    return float(np.sum(weights[inside])) / total if total > 0.0 else 0.0
