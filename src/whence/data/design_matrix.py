"""Columns as the numeric matrix of a regression: text with k levels becomes k − 1 columns of 0 and 1.

>>> from whence.data.frame import complete
>>> from whence.data.reading import table
>>> frame = complete(table({"age": [30, 40, 50], "region": ["n", "s", "w"]}), ["age", "region"])
>>> design(frame, ["age", "region"]).labels
('age', 'region[s]', 'region[w]')
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from whence.data.frame import Frame
from whence.data.names import COLUMN_LIMIT
from whence.numerics.arrays import Floats
from whence.runtime.errors import TooManyColumns


@dataclass(frozen=True, slots=True, eq=False)
class Design:
    """A numeric matrix (rows, p) without an intercept, a label per column, the variable of each."""

    matrix: Floats
    labels: tuple[str, ...]
    variables: tuple[str, ...]

    def columns_of(self, name: str) -> tuple[int, ...]:
        """Which columns belong to a variable."""
        return tuple(place for place, variable in enumerate(self.variables) if variable == name)


def design(frame: Frame, names: Sequence[str]) -> Design:
    """The design matrix of some columns of a frame, in the order of `names`.

    Numbers, booleans (0/1) and dates (days) are one column; text has one column per level that occurs but the
    first. Raises `UnknownColumn`, and `TooManyColumns` above 4,096.
    """
    plan: list[tuple[str, str | None, int]] = []
    for name in dict.fromkeys(names):
        levels = frame.levels(name)
        if levels is None:
            plan.append((name, None, 0))
        else:
            present = np.unique(frame.column(name)).astype(np.int64)
            plan += [(name, levels[int(code)], int(code)) for code in present[1:]]
    if len(plan) > COLUMN_LIMIT:
        raise TooManyColumns(len(plan), COLUMN_LIMIT)
    matrix = np.empty((frame.rows, len(plan)), dtype=np.float64)
    for place, (name, level, code) in enumerate(plan):
        column = frame.column(name)
        matrix[:, place] = column if level is None else column == code
    labels = tuple(name if level is None else f"{name}[{level}]" for name, level, _ in plan)
    return Design(matrix, labels, tuple(name for name, _, _ in plan))
