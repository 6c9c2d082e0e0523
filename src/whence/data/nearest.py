"""Which of the values that occur is meant, where one is named that does not.

>>> nearest_of(7, (1, 6, 9, 20), 3)
(6, 9, 1)
>>> nearest_of(6, (1, 6, 9, 20), 3)
(6,)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from whence.data.columns import Value


def nearest_of(value: Value | None, found: tuple[Value, ...], most: int) -> tuple[Value, ...]:
    """The value alone if it is among those that occur; else those nearest to it, of labels all."""
    if value is not None and value in found:
        return (value,)
    if value is None or isinstance(value, str) or any(isinstance(each, str) for each in found):
        return found
    return tuple(sorted(found, key=lambda each: abs(float(each) - float(value)))[:most])
