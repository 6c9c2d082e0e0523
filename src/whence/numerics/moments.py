"""Means and sums of products over blocks of rows, the same to the last bit on any number of cores.

Each block is centred at its own means; two neighbours are joined by a formula that adds what their means
differ by. Nothing is ever squared far from its mean, so no digits are lost however large the means, and one
pass over the rows is enough. Blocks are joined in the fixed binary tree of `whence.numerics.blocks`.

Source: T. F. Chan, G. H. Golub and R. J. LeVeque, "Algorithms for computing the sample variance: analysis and
recommendations", The American Statistician 37 (1983).

>>> import numpy as np
>>> low, high = central(np.array([[0.0], [2.0]])), central(np.array([[4.0]]))
>>> joined = together([low, high])
>>> joined.n, joined.means.tolist(), joined.products.tolist()
(3.0, [2.0], [[8.0]])
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from whence.numerics.blas import kernel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from whence.numerics.arrays import Floats


@dataclass(frozen=True, slots=True, eq=False)
class Central:
    """Of `n` rows (counts, if they are weighted): `means` (p,) and centred sums of products (p, p).

    Rows that are no rows have means of zero.
    """

    n: float
    means: Floats
    products: Floats

    def __add__(self, other: Central) -> Central:
        """The moments of both."""
        return _joined(self, other)


@kernel
def central(matrix: Floats, counts: Floats | None = None) -> Central:
    """The moments of one block (n, p), each row counted so many times (n,), or once."""
    rows, width = matrix.shape
    n = float(rows) if counts is None else float(counts.sum())
    if n == 0.0:
        return Central(0.0, np.zeros(width), np.zeros((width, width)))
    means = _summed(matrix, counts) / n
    centred = matrix - means
    # What rounding left of the mean is taken out again: the "corrected two-pass" of the source.
    rest = _summed(centred, counts)
    products = centred.T @ (centred if counts is None else centred * counts[:, None])
    products = products - np.outer(rest, rest) / n
    return Central(n, means + rest / n, (products + products.T) / 2.0)


def together(parts: Sequence[Central]) -> Central:
    """The moments of at least one part, joined in a fixed binary tree.

    A tree of trees is one tree where every part but the last joins the same power of two of blocks.
    """
    level = list(parts)
    while len(level) > 1:
        pairs = [_joined(left, right) for left, right in zip(level[0::2], level[1::2], strict=False)]
        level = pairs if len(level) % 2 == 0 else [*pairs, level[-1]]
    return level[0]


def _joined(left: Central, right: Central) -> Central:
    if left.n == 0.0 or right.n == 0.0:
        return right if left.n == 0.0 else left
    n = left.n + right.n
    apart = right.means - left.means
    between = np.outer(apart, apart) * (left.n * (right.n / n))
    return Central(n, left.means + apart * (right.n / n), left.products + right.products + between)


def _summed(matrix: Floats, counts: Floats | None) -> Floats:
    return matrix.sum(axis=0) if counts is None else counts @ matrix
