"""What a weights column means: counts, or the probabilities of a joint distribution, and nothing else.

Whole numbers are counts: the row stands for so many, and n is their sum. Non-negative numbers that add up to
one are probabilities: values can be computed, standard errors cannot. Survey weights mean something else
again and are refused until they are supported.

>>> import numpy as np
>>> from whence.data.columns import from_array
>>> weighting_of("count", from_array(np.array([81, 234])))
'counts'
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import numpy as np

from whence.data.columns import EXACT_WHOLE, Column
from whence.numerics.arrays import Floats
from whence.runtime.errors import InvalidWeights, quoted

Weighting: TypeAlias = Literal["none", "counts", "probabilities"]

TABLE_TOLERANCE = 1e-3
"""A table typed in with three or four digits may miss one by this much; it is rescaled to one when used."""


def weighting_of(name: str, column: Column) -> Weighting:
    """Which kind of weights this is.

    Raises `InvalidWeights` for text, missing, negative or infinite weights, weights that are all zero, and
    fractions that do not add up to one (survey weights).
    """
    called = f"the column {quoted(name)}"
    if column.storage not in {"integer", "number", "boolean"}:
        raise InvalidWeights(f"{called} holds {column.storage}, not numbers")
    if column.missing_count:
        raise InvalidWeights(f"{called} is missing in {column.missing_count:,} rows")
    weights = column.values
    if not bool(np.all(np.isfinite(weights))):
        raise InvalidWeights(f"{called} holds infinite values")
    if bool(np.any(weights < 0)):
        raise InvalidWeights(f"{called} holds negative values")
    total = float(np.sum(weights.astype(np.float64)))
    if total == 0:
        raise InvalidWeights(f"{called} adds up to zero")
    if column.storage != "number":
        if total > EXACT_WHOLE:
            raise InvalidWeights(f"{called} adds up to more than can be counted exactly")
        return "counts"
    if abs(total - 1.0) > TABLE_TOLERANCE:
        reason = f"{called} holds fractions that add up to {total:.6g}, not to one"
        raise InvalidWeights(f"{reason}; survey weights are not supported yet")
    return "probabilities"


def rescaled(probabilities: Floats) -> Floats:
    """The probabilities of the rows that are left, made to add up to one; untouched if they do already."""
    total = float(np.sum(probabilities))
    return probabilities if total == 0 or abs(total - 1.0) < 1e-9 else probabilities / total
