"""Random streams that belong to the item of work, not to the worker.

Source: M. E. O'Neill (2015), on seed sequences; numpy's `SeedSequence`.

>>> from whence.runtime.seeds import Seed
>>> float(generator(Seed(0, (3,))).random()) == float(generator(Seed(0).child(3)).random())
True
"""

from __future__ import annotations

import numpy as np

from whence.runtime.seeds import Seed, as_seed


def generator(seed: int | Seed) -> np.random.Generator:
    """The numpy generator of a seed: `SeedSequence(entropy, spawn_key=key)` into PCG64."""
    grown = as_seed(seed)
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(grown.entropy, spawn_key=grown.key)))
