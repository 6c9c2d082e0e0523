"""Out-of-fold predictions of rows in memory: what `learning` learns, as arrays.

>>> import numpy as np
>>> from whence.runtime.seeds import Seed
>>> x, labels = np.arange(8.0), np.arange(8) % 2
>>> line = Nuisance(2.0 * x, "linear", probability=False)
>>> cross_fit(x[:, None], [line], [labels], 2, seed=Seed(0))[0][0].round(6).tolist()
[0.0, 2.0, 4.0, 6.0, 8.0, 10.0, 12.0, 14.0]
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from whence.estimation.learning import learn
from whence.estimation.lessons import Given, Nuisance

if TYPE_CHECKING:
    from collections.abc import Sequence

    from whence.numerics.arrays import Floats, Integers
    from whence.runtime.executor import Executor
    from whence.runtime.seeds import Seed

__all__ = ["Nuisance", "cross_fit"]


def cross_fit(
    design: Floats,
    nuisances: Sequence[Nuisance],
    splits: Sequence[Integers],
    folds: int,
    *,
    seed: Seed,
    executor: Executor | None = None,
) -> list[list[Floats]]:
    """Out-of-fold predictions (n,) of each nuisance for each split: `result[split][nuisance]`."""
    rows = Given.of(design, nuisances, splits)
    learnt = learn(rows, folds, seed=seed, executor=executor)
    found = np.empty((len(nuisances), len(splits), rows.n))
    for part in rows.items():
        found[:, :, part] = learnt.predict(rows.lesson(part))
    return [list(found[:, split]) for split in range(len(splits))]
