"""A permutation test of partial association: no distribution is assumed, so long tails raise no false alarm.

What the given columns leave of one variable is dealt out to the rows at random, again and again; the p-value
is the share of deals that are as strongly associated with the other variables as what was seen. The t and F
tests of normal theory reject such data several times too often far out, where Holm's correction looks.

Source: D. Freedman and D. Lane, J. Bus. Econ. Statist. 1 (1983), for dealing out residuals; J. Besag and P.
Clifford, Biometrika 78 (1991), for stopping early.

>>> x = np.arange(20.0)
>>> permutation_p(x, (x**2)[:, None], np.empty((20, 0)), draws=199, seed=Seed(0))
0.005
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from whence.numerics.arrays import floats
from whence.numerics.blas import kernel, product
from whence.numerics.fold_moments import CONSTANT
from whence.numerics.linear import TOLERANCE
from whence.numerics.random import generator
from whence.runtime.seeds import Seed

if TYPE_CHECKING:
    from whence.numerics.arrays import Floats

AT_ONCE = 250
ENOUGH = 25
"""Deals as strong as what was seen, after which the p-value is known well enough."""


@kernel
def permutation_p(x: Floats, block: Floats, given: Floats, *, draws: int, seed: Seed) -> float:
    """The p-value of x (n,) ⊥ the columns of `block` (n, q) given those of `given` (n, k; k may be 0).

    At most `draws` deals, so it is at least 1 / (draws + 1); 1 where `given` determines x or the block.
    """
    own, others, told = _centred(x[:, None]), _centred(block), _centred(given)
    every = np.column_stack([np.ones(x.size), told])
    known = _directions(every, every)
    left = _without(own, known)[:, 0]
    ways = _directions(_without(others, known), others)
    if ways.shape[1] == 0 or float(left @ left) <= TOLERANCE * float(np.sum(own**2)):
        return 1.0
    seen = float(_strength(left[:, None], ways, known)[0])
    chance = generator(seed)
    as_strong, done = 0, 0
    while done < draws and as_strong < ENOUGH:
        many = min(AT_ONCE, draws - done)
        dealt = chance.permuted(np.broadcast_to(left, (many, left.size)), axis=1).T
        # A deal that is the very one seen may differ from it in the last bits.
        as_strong += int(np.count_nonzero(_strength(dealt, ways, known) >= seen * (1.0 - 1e-9)))
        done += many
    return (as_strong + 1) / (done + 1)


def _centred(columns: Floats) -> Floats:
    """The columns (n, p) less their means, so that years or times of day are as good as small numbers.

    A constant column differs from its mean by rounding only, and becomes nought.
    """
    means = columns.mean(axis=0)
    constant = np.ptp(columns, axis=0) <= CONSTANT * np.abs(means)
    return floats(np.where(constant, 0.0, columns - means))


def _directions(left: Floats, whole: Floats) -> Floats:
    """An orthonormal basis (n, r) of the columns `left` over of `whole`, where more than a trace is left."""
    lengths = np.linalg.norm(left, axis=0)
    some = lengths > TOLERANCE**0.5 * np.linalg.norm(whole, axis=0)
    turned, sizes, _ = np.linalg.svd(left[:, some] / lengths[some], full_matrices=False)
    return floats(turned[:, sizes > TOLERANCE**0.5])


def _without(columns: Floats, known: Floats) -> Floats:
    return columns - product(known, product(known.T, columns))


def _strength(dealt: Floats, ways: Floats, known: Floats) -> Floats:
    """The share of what is left of each column (n, m) that lies along the ways: the partial R² (m,)."""
    along = np.sum(product(ways.T, dealt) ** 2, axis=0)
    whole = np.sum(dealt**2, axis=0) - np.sum(product(known.T, dealt) ** 2, axis=0)
    return floats(along / np.maximum(whole, 1e-300))
