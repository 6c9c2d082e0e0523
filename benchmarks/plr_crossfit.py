"""Partially linear regression at 100,000 × 20 against a plain scikit-learn cross-fit on the same folds.

Run: python benchmarks/plr_crossfit.py [--rows 100000] [--columns 20]

Both are cross-fitted over the same five folds with linear nuisances; the estimates must agree to 1e-8.
Prints the processor seconds of each (one thread, the least of three runs) and their ratio.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numpy as np
from sklearn.linear_model import LinearRegression  # pyright: ignore[reportMissingTypeStubs]

from whence.estimation.crossfit import Nuisance, cross_fit
from whence.estimation.scores import settled, slope
from whence.numerics.arrays import Floats, Integers
from whence.numerics.blas import one_thread
from whence.numerics.folds import fold_labels
from whence.runtime.seeds import Seed

FOLDS = 5


def ours(x: Floats, t: Floats, y: Floats, labels: Integers) -> float:
    """Fold Gram matrices, one pass, then the score."""
    nuisances = [Nuisance(t, "linear", probability=False), Nuisance(y, "linear", probability=False)]
    treatment, outcome = cross_fit(x, nuisances, [labels], FOLDS, seed=Seed(0))[0]
    return settled(slope(y - outcome, t - treatment))[0]


def theirs(x: Floats, t: Floats, y: Floats, labels: Integers) -> float:
    """A regression of scikit-learn for each fold and nuisance, then the score."""
    left = [np.empty_like(t), np.empty_like(y)]
    for fold in range(FOLDS):
        learn, new = labels != fold, labels == fold
        for target, residual in zip((t, y), left, strict=True):
            fitted = LinearRegression().fit(x[learn], target[learn])
            residual[new] = target[new] - fitted.predict(x[new])
    return float(left[0] @ left[1] / (left[0] @ left[0]))


def timed(work: Callable[[], float]) -> tuple[float, float]:
    """The result and the least processor time of three runs."""
    best, result = float("inf"), 0.0
    for _ in range(3):
        start = time.process_time()
        result = work()
        best = min(best, time.process_time() - start)
    return result, best


def main() -> None:
    """Run both on one data set and compare."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rows", type=int, default=100_000)
    options.add_argument("--columns", type=int, default=20)
    given = options.parse_args()
    draws = np.random.default_rng(0)
    x = draws.normal(size=(given.rows, given.columns))
    t = x @ draws.normal(size=given.columns) + draws.normal(size=given.rows)
    y = 1.5 * t + x @ draws.normal(size=given.columns) + draws.normal(size=given.rows)
    labels = fold_labels(np.zeros(given.rows, dtype=np.int64), FOLDS, 0)
    with one_thread():
        mine, seconds = timed(lambda: ours(x, t, y, labels))
        peer, seconds_peer = timed(lambda: theirs(x, t, y, labels))
    print(f"whence        {mine:.12f}  {seconds:.3f} CPU s")
    print(f"scikit-learn  {peer:.12f}  {seconds_peer:.3f} CPU s")
    print(f"difference {abs(mine - peer):.1e}, ratio {seconds_peer / seconds:.1f}")
    if abs(mine - peer) > 1e-8:
        raise SystemExit("the two cross-fits disagree")


if __name__ == "__main__":
    main()
