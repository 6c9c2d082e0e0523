"""A joint distribution as an array of cells, one axis for each variable: what discrete estimands are read
off.

>>> import numpy as np
>>> coin = Joint(("heads",), ((0, 1),), np.array([0.5, 0.5]), n=10)
>>> coin.position("heads", True)
1
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from whence.runtime.errors import UnknownColumn

if TYPE_CHECKING:
    from whence.language.expression import Value
    from whence.numerics.arrays import Floats

MOST_CELLS = 20_000_000
"""An array of more cells than this is not made (160 MB of float64)."""


@dataclass(frozen=True, slots=True)
class Joint:
    """Probabilities of every combination of levels; `n` is the number of rows behind them, if there are rows.

    `cells` has one axis per name, as long as that name's `levels`; it adds up to one.
    """

    names: tuple[str, ...]
    levels: tuple[tuple[Value, ...], ...]
    cells: Floats
    n: float | None = None

    def axis(self, name: str) -> int:
        """The axis of a variable."""
        if name not in self.names:
            raise UnknownColumn(name, self.names)
        return self.names.index(name)

    def levels_of(self, name: str) -> tuple[Value, ...]:
        """The levels of a variable, in the order of its axis."""
        return self.levels[self.axis(name)]

    def position(self, name: str, value: Value) -> int | None:
        """Where a value stands on its variable's axis; None if it was never seen."""
        return position(self.levels_of(name), value)


def position(levels: tuple[Value, ...], value: Value) -> int | None:
    """Where a value stands among levels (1, 1.0 and true are one); a number may stand as text, else None."""
    if value in levels:
        return levels.index(value)
    as_text = [str(level) for level in levels]
    return as_text.index(str(value)) if str(value) in as_text else None
