"""A basis that lets a linear model bend: hinges at quantiles of each column of many values.

Between knots a fit is a straight line, and beyond the last ones it goes on straight, which is as tame as an
extrapolation can be.

Source: T. Hastie, R. Tibshirani and J. Friedman, *The Elements of Statistical Learning* (2009), section 5.2.

>>> import numpy as np
>>> design = np.arange(11.0)[:, None]
>>> hinges(design, knots(design)).shape
(11, 6)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from whence.numerics.arrays import Floats
    from whence.numerics.fold_moments import Standard

Knots: TypeAlias = "tuple[Floats, ...]"
"""Where each column of a design may bend; nowhere, for columns of few values."""

KNOTS = (0.1, 0.25, 0.5, 0.75, 0.9)
"""Quantiles at which a column may bend."""


def knots(design: Floats) -> Knots:
    """The inner quantiles of each column of a design (n, p) that has more than five values."""
    found: list[Floats] = []
    for column in design.T:
        at = np.zeros(0)
        if np.unique(column).size > len(KNOTS):
            at = np.unique(np.quantile(column, KNOTS))
            at = at[(at > column.min()) & (at < column.max())]
        found.append(at)
    return tuple(found)


def hinges(design: Floats, at: Knots) -> Floats:
    """The design (n, p) and max(x − knot, 0) for each knot of its columns."""
    found = [np.maximum(design[:, place, None] - each, 0.0) for place, each in enumerate(at) if each.size]
    return np.concatenate([design, *found], axis=1)


def bent(design: Floats, at: Knots | None) -> Floats:
    """The design with its hinges at these knots; itself if there are none."""
    return design if at is None else hinges(design, at)


@dataclass(frozen=True, slots=True, eq=False)
class Basis:
    """Columns made from a design: itself, or bent at knots; and how they are made alike."""

    knots: Knots | None
    form: Standard

    @property
    def width(self) -> int:
        """How many columns it makes, that of ones included."""
        return 1 + self.form.means.size

    def columns(self, design: Floats) -> Floats:
        """A column of ones, and those of the basis, made alike."""
        return self.form.apply(bent(design, self.knots))
