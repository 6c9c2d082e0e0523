"""Means and sums of products over blocks of rows, the same to the last bit on any number of cores.

Each block is centred at its own means; neighbours are added by a formula that takes in how far apart their
means are. Nothing is ever squared far from its mean, so no digits are lost however large the means, and one
pass over the rows is enough. Blocks are added in the fixed tree of `whence.numerics.blocks`.

Source: T. F. Chan, G. H. Golub and R. J. LeVeque, "Algorithms for computing the sample variance: analysis and
recommendations", The American Statistician 37 (1983).

>>> import numpy as np
>>> both = central(np.array([[0.0], [2.0]])) + central(np.array([[4.0]]))
>>> both.n, both.means.tolist(), both.products.tolist()
(3.0, [2.0], [[8.0]])
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from whence.numerics.arrays import Floats, floats
from whence.numerics.blas import kernel, product


@dataclass(frozen=True, slots=True, eq=False)
class Central:
    """Of `n` rows (counts, if they are weighted): `means` (p,) and centred sums of products (p, p).

    Rows that are no rows have means of zero.
    """

    n: float
    means: Floats
    products: Floats

    def __add__(self, other: Central) -> Central:
        """The moments of both together."""
        if self.n == 0.0 or other.n == 0.0:
            return other if self.n == 0.0 else self
        n = self.n + other.n
        share, apart = other.n / n, other.means - self.means
        between = np.outer(apart, apart) * (self.n * share)
        return Central(n, self.means + apart * share, self.products + other.products + between)


@kernel
def central(matrix: Floats, counts: Floats | None = None) -> Central:
    """The moments of one block (n, p), each row counted so many times (n,), or once."""
    rows, width = int(matrix.shape[0]), int(matrix.shape[1])
    n = float(rows) if counts is None else float(counts.sum())
    if n == 0.0:
        return Central(0.0, np.zeros(width), np.zeros((width, width)))
    means = _summed(matrix, counts) / n
    centred = matrix - means
    # What rounding left of the mean is taken out again: the "corrected two-pass" of the source.
    rest = _summed(centred, counts)
    products = product(centred.T, centred if counts is None else centred * counts[:, None])
    products = products - np.outer(rest, rest) / n
    return Central(n, means + rest / n, (products + products.T) / 2.0)


def _summed(matrix: Floats, counts: Floats | None) -> Floats:
    return floats(matrix.sum(axis=0) if counts is None else counts @ matrix)
