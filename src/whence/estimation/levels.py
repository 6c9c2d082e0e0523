"""Which levels an effect is between, when the question left them open.

One against nought for 0/1 and booleans; one unit more for numbers; for two labels it is asked back, since
which way round cannot be guessed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from whence.language.query import Contrast, of_contrast
from whence.runtime.errors import AmbiguousQuestion, UnsuitableMethod

if TYPE_CHECKING:
    from whence.estimation.columns import Columns
    from whence.estimation.plan import Setting
    from whence.language.expression import Value

LEAST_ROWS_PER_ARM = 10


def between(contrast: Contrast, columns: Columns) -> tuple[tuple[Setting, ...], float]:
    """The two arms of a contrast, or no arms and the step in units of the treatment whose slope is wanted.

    Raises `AmbiguousQuestion` where the treatment's levels are labels and none was named, and
    `UnsuitableMethod` where a level of a numeric treatment is text.
    """
    column, name = columns[contrast.treatment], contrast.treatment
    levels = tuple(column.levels or ())
    if contrast.level is not None and contrast.base is not None:
        arms = ((name, contrast.level),), ((name, contrast.base),)
        if column.text or (_enough(columns, name, contrast.level) and _enough(columns, name, contrast.base)):
            return arms, 1.0
        if isinstance(contrast.level, str) or isinstance(contrast.base, str):
            raise UnsuitableMethod(
                "auto", f"{name} is a number, and {contrast.level!r} is text", "Give the levels as numbers."
            )
        if column.binary or (column.discrete and len(levels) == 1):
            return arms, 1.0  # a level that nobody has: refused where the arms are made
        return (), float(contrast.level) - float(contrast.base)
    if column.text:
        readings = [
            str(of_contrast(contrast.at(level, base))) for level in levels for base in levels if level != base
        ]
        raise AmbiguousQuestion(
            name, readings[:6], f"{name} has labels, so an effect has to say which one against which."
        )
    if column.binary and float(levels[1]) - float(levels[0]) == 1.0:
        return (((name, levels[1]),), ((name, levels[0]),)), 1.0
    return (), 1.0


def _enough(columns: Columns, name: str, value: Value) -> bool:
    """Whether a level of a discrete treatment has rows enough to be an arm of its own."""
    members = columns[name].equals(value)
    if not columns[name].discrete:
        return False
    counted = members if columns.weights is None else columns.weights[members]
    return float(np.sum(counted)) >= (LEAST_ROWS_PER_ARM if columns.weighting != "probabilities" else 1e-300)
