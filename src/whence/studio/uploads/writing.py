"""Numbers, dates and cells as people read them.

>>> number(12345.678), number(-0.03125), number(1978.0), number(1.5e12)
('12,346', '−0.03125', '1978', '1.5 × 10^12')
>>> cell(True), cell(None), cell("a" * 99)[-1]
('true', '', '…')
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np

from whence.data.columns import Value, as_text, iso
from whence.runtime.plain import harmless

LONGEST_CELL: Final = 80
SEPARATED: Final = 10_000
_LARGE: Final = 1e12
_SMALL: Final = 1e-4
_DIGITS: Final = 4


def number(value: float, *, separated: bool = False) -> str:
    """A number for reading: thousands apart from five digits on, a true minus, few digits after the point.

    `separated` sets thousands apart from four digits on, as beside a number that has five.
    """
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    size = abs(value)
    comma = "," if size >= SEPARATED or separated else ""
    if size and (size >= _LARGE or size < _SMALL):
        digits, _, power = f"{size:.3e}".partition("e")
        text = f"{_trimmed(digits)} × 10^{int(power)}".replace("^-", "^−")
    elif size == round(size):
        text = f"{size:{comma}.0f}"
    else:
        after = max(_DIGITS - 1 - math.floor(math.log10(size)), 0)
        text = _trimmed(f"{size:{comma}.{after}f}")
    return f"−{text}" if value < 0 else text


def moment(value: Any) -> str:  # noqa: ANN401 - numpy's generic of a moment
    """A day, or a day and a time."""
    return iso(np.datetime64(value, "us"))


def cell(value: Value | None, longest: int = LONGEST_CELL) -> str:
    """A value as a cell of a small table shows it; a missing one is empty."""
    if value is None:
        return ""
    if isinstance(value, float) or (isinstance(value, int) and not isinstance(value, bool)):
        return number(float(value)) if abs(value) < 2**53 else str(value)
    text = harmless(as_text(value)).replace("\n", " ").replace("\t", " ")
    return text if len(text) <= longest else text[: longest - 1] + "…"


def _trimmed(digits: str) -> str:
    return digits.rstrip("0").rstrip(".") if "." in digits else digits
