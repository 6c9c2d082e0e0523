"""A basis that lets a linear model bend: hinges at quantiles of each column of many values.

Between knots a fit is a straight line, and beyond the last ones it goes on straight, which is as tame as an
extrapolation can be.

Source: T. Hastie, R. Tibshirani and J. Friedman, *The Elements of Statistical Learning* (2009), section 5.2.

>>> import numpy as np
>>> hinges(np.arange(11.0)[:, None]).shape
(11, 6)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from whence.numerics.arrays import Floats

KNOTS = (0.1, 0.25, 0.5, 0.75, 0.9)
"""Quantiles at which a column may bend."""


def hinges(design: Floats) -> Floats:
    """The design (n, p) and max(x − knot, 0) for each knot of its columns with more than five values."""
    columns: list[Floats] = [design]
    for place in range(design.shape[1]):
        column = design[:, place]
        if np.unique(column).size > len(KNOTS):
            knots = np.unique(np.quantile(column, KNOTS))
            inner = knots[(knots > column.min()) & (knots < column.max())]
            columns.append(np.maximum(column[:, None] - inner[None, :], 0.0))
    return np.concatenate(columns, axis=1)
