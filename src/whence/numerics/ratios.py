"""Ratios of sums over rows, and the error of sums of such ratios, from one pass over the rows.

The influence of a row on a ratio Σtop / Σbottom is (top − ratio · bottom) / mean(bottom). What a row is
worth is so known only at the end; but a block can be centred at its own ratios, and two blocks are brought to
common ratios when they are added. Nothing large is ever subtracted from something large.

Source: W. Cochran, *Sampling Techniques* (1977), chapter 6, for the ratio estimator; T. Chan, G. Golub and
R. LeVeque, The American Statistician 37 (1983), for the joining.

>>> import numpy as np

from whence.numerics.blas import product
>>> tops, bottoms = np.array([[2.0, 4.0, 9.0]]), np.ones((1, 3))
>>> found = ratios_of([(tops[:, :1], bottoms[:, :1])]) + ratios_of([(tops[:, 1:], bottoms[:, 1:])])
>>> found.values.tolist(), found.squares(np.ones(1)).tolist()
([[5.0]], [26.0])
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from whence.numerics.blas import product

if TYPE_CHECKING:
    from collections.abc import Sequence

    from whence.numerics.arrays import Floats


@dataclass(frozen=True, slots=True, eq=False)
class Ratios:
    """Of `n` rows: J ratios in each of S splits.

    `values` (S, J) are the ratios, zero where nothing is below; `bottoms` (S, J) the sums below; `products`
    (S, 2J, 2J) the sums of products of top − value · bottom and bottom of each ratio.
    """

    n: float
    values: Floats
    bottoms: Floats
    products: Floats

    def __add__(self, other: Ratios) -> Ratios:
        """The ratios over the rows of both."""
        bottoms = self.bottoms + other.bottoms
        share = other.bottoms / np.where(bottoms == 0.0, 1.0, bottoms)
        values = np.where(
            self.bottoms == 0.0, other.values, self.values + (other.values - self.values) * share
        )
        products = self._about(values) + other._about(values)
        return Ratios(self.n + other.n, values, bottoms, products)

    def _about(self, values: Floats) -> Floats:
        splits, many = values.shape
        change = np.tile(np.eye(2 * many), (splits, 1, 1))
        change[:, np.arange(many), many + np.arange(many)] = self.values - values
        return change @ self.products @ np.swapaxes(change, 1, 2)

    def weights(self, signs: Floats) -> Floats:
        """What each top − value · bottom counts in the influence on Σ sign · ratio: (S, J)."""
        return signs * self.n / np.where(self.bottoms == 0.0, 1.0, self.bottoms)

    def squares(self, signs: Floats) -> Floats:
        """The sum of the squared influences of all rows on Σ sign · ratio, in each split: (S,)."""
        weights, many = self.weights(signs), self.values.shape[1]
        inner = self.products[:, :many, :many]
        return np.maximum(np.einsum("sj,sjk,sk->s", weights, inner, weights), 0.0)

    def totals(self, signs: Floats) -> Floats:
        """Σ sign · ratio in each split: (S,)."""
        return self.values @ signs


def ratios_of(splits: Sequence[tuple[Floats, Floats]]) -> Ratios:
    """The ratios of one block: of each split tops and bottoms (J, n)."""
    found = [_of_split(tops, bottoms) for tops, bottoms in splits]
    values, below, products = (np.stack(each) for each in zip(*found, strict=True))
    return Ratios(float(splits[0][0].shape[1]), values, below, products)


def _of_split(tops: Floats, bottoms: Floats) -> tuple[Floats, Floats, Floats]:
    many, rows = tops.shape
    below = bottoms.sum(axis=1)
    safe = np.where(below == 0.0, 1.0, below)
    values = np.where(below == 0.0, 0.0, tops.sum(axis=1) / safe)
    both = np.empty((2 * many, rows))
    both[many:] = bottoms
    np.subtract(tops, values[:, None] * bottoms, out=both[:many])
    # What rounding left of the ratio is taken out again.
    rest = np.where(below == 0.0, 0.0, both[:many].sum(axis=1) / safe)
    both[:many] -= rest[:, None] * bottoms
    return values + rest, below, product(both, both.T)


def mean_errors(squares: Floats, rows: float) -> Floats:
    """The standard error of a mean of so many rows from sums of squares of influences."""
    return np.sqrt(squares / max(rows - 1.0, 1.0) / rows)
