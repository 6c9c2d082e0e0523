"""Jobs of every shape for `shapes`: in a module of their own, because worker processes import them."""

import math
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from whence.runtime.executor import Kind


@dataclass(frozen=True, slots=True)
class Shape:
    """A job: `task` over `items`, declared as `kind`."""

    name: str
    kind: Kind
    task: Callable[[float], object]
    items: Sequence[float]


def turns(seconds: float) -> int:
    """Turns of a loop that take so long, on this machine, when nothing else runs."""
    return max(1, round(seconds / _seconds_a_turn()))


@lru_cache(maxsize=1)
def _seconds_a_turn() -> float:
    count = 200_000
    best = math.inf
    for _ in range(5):
        began = time.thread_time()
        _loop(count)
        best = min(best, time.thread_time() - began)
    return best / count


def _loop(count: int) -> int:
    total = 0
    for number in range(count):
        total = (total * 31 + number) % 1_000_003
    return total


def python(count: float) -> int:
    """So many turns of a loop, in Python."""
    return _loop(int(count))


def numpy(size: float) -> float:
    """The sum of the roots of so many numbers: the lock is released, and no BLAS is called."""
    import numpy as np

    return float(np.sqrt(np.arange(size)).sum())


def replicates(count: float) -> float:
    """So many bootstrap replicates of a regression of 20,000 rows."""
    import numpy as np

    from whence.numerics.blocks import gram

    design = _design()
    total = 0.0
    for replicate in range(int(count)):
        drawn = np.random.default_rng(replicate).integers(len(design), size=len(design))
        total += float(gram(design.take(drawn, axis=0))[0, 0])
    return total


@lru_cache(maxsize=1)
def _design():
    import numpy as np

    return np.random.default_rng(0).standard_normal((20_000, 10))


def trees(rounds: float) -> float:
    """A boosted fit of so many trees."""
    from sklearn.ensemble import HistGradientBoostingRegressor

    from whence.numerics.blas import one_openmp_thread

    design = _design()[:3_000]
    with one_openmp_thread():
        fit = HistGradientBoostingRegressor(max_iter=int(rounds), random_state=0).fit(
            design, design[:, 0] ** 2
        )
        return float(fit.predict(design[:10]).sum())


def fits(count: float) -> float:
    """So many small fits of scikit-learn, which hold the lock most of the time."""
    from sklearn.linear_model import LogisticRegression

    from whence.numerics.blas import one_openmp_thread

    design = _design()[:300]
    total = 0.0
    with one_openmp_thread():
        for number in range(int(count)):
            fit = LogisticRegression(C=1.0 + number).fit(design[:, 1:], design[:, 0] > 0)
            total += float(fit.coef_.sum())
    return total


def both(count: float) -> float:
    """Half a loop in Python, half a replicate."""
    return _loop(int(count)) + replicates(1)


def sleep(seconds: float) -> float:
    """Wait."""
    time.sleep(seconds)
    return seconds


def shapes(*, long: bool) -> list[Shape]:
    """Thirty jobs of 10 µs to 3 s, and with `long` those for which processes pay."""
    spin = turns
    chance = random.Random(0)
    skewed = [chance.expovariate(1.0) for _ in range(200)]
    found = [
        Shape("python 10 × 1 µs", "python", python, [spin(1e-6)] * 10),
        Shape("python 10,000 × 1 µs", "python", python, [spin(1e-6)] * 10_000),
        Shape("python 10,000 × 20 µs", "python", python, [spin(20e-6)] * 10_000),
        Shape("python 1,000 × 200 µs", "python", python, [spin(200e-6)] * 1_000),
        Shape("python 100 × 5 ms", "python", python, [spin(5e-3)] * 100),
        Shape("python 3 × 300 ms", "python", python, [spin(0.3)] * 3),
        Shape("python 1 × 1 s", "python", python, [spin(1.0)]),
        Shape("python as gil_free 10,000 × 1 µs", "gil_free", python, [spin(1e-6)] * 10_000),
        Shape("python as gil_free 300 × 2 ms", "gil_free", python, [spin(2e-3)] * 300),
        Shape("python as gil_free 8 × 100 ms", "gil_free", python, [spin(0.1)] * 8),
        Shape("numpy 10 × 5 µs", "gil_free", numpy, [500] * 10),
        Shape("numpy 10,000 × 5 µs", "gil_free", numpy, [500] * 10_000),
        Shape("numpy 2,000 × 100 µs", "gil_free", numpy, [40_000] * 2_000),
        Shape("numpy 200 × 3 ms", "gil_free", numpy, [600_000] * 200),
        Shape("bootstrap 100 × 6 ms", "gil_free", replicates, [6] * 100),
        Shape("bootstrap 10 × 60 ms", "gil_free", replicates, [60] * 10),
        Shape("bootstrap 2 × 300 ms", "gil_free", replicates, [300] * 2),
        Shape("trees 20 × 30 ms", "gil_free", trees, [10] * 20),
        Shape("trees 5 × 150 ms", "gil_free", trees, [60] * 5),
        Shape("fits 100 × 6 ms", "python", fits, [6] * 100),
        Shape("fits as gil_free 100 × 6 ms", "gil_free", fits, [6] * 100),
        Shape("mixed 100 × 5 ms", "gil_free", both, [spin(4e-3)] * 100),
        Shape("waiting 10 × 1 µs", "io", sleep, [1e-6] * 10),
        Shape("waiting 1,000 × 100 µs", "io", sleep, [1e-4] * 1_000),
        Shape("waiting 100 × 10 ms", "io", sleep, [0.01] * 100),
        Shape("waiting 2 × 200 ms", "io", sleep, [0.2] * 2),
        Shape("skewed bootstrap, 5 ms on average", "gil_free", replicates, [1 + 5 * each for each in skewed]),
        Shape("one giant at the end", "gil_free", replicates, [1] * 100 + [300]),
        Shape("first slow, then fast", "python", python, [spin(0.3), *[spin(20e-6)] * 2_000]),
        Shape("first fast, then slow", "python", python, [spin(1e-6), *[spin(5e-3)] * 100]),
        Shape("slower and slower", "gil_free", replicates, [1 + each / 10 for each in range(100)]),
    ]
    if long:
        found += [
            Shape("python 2,000 × 20 ms", "python", python, [spin(0.02)] * 2_000),
            Shape("python 40 × 1 s", "python", python, [spin(1.0)] * 40),
            Shape("fits 4,000 × 10 ms", "python", fits, [10] * 4_000),
        ]
    return found
