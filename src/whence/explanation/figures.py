"""How numbers are written for people: three significant digits, whole money, true minus signs, "a to b".

>>> number(-8497.52), number(0.09732), number(1571.3, "$"), number(16177, "count")
('−8,500', '0.0973', '$1,571', '16,177')
>>> interval((190.2, 2949.6), "$")
'$190 to $2,950'
"""

from __future__ import annotations

import math

MINUS = "−"
LARGEST_POWER = 11
"""Numbers from 10^12 on are written as a power of ten."""
CURRENCIES = frozenset("$€£¥₹₩₽₺₴₦₫฿")


def number(value: float | None, unit: str = "", *, digits: int = 3, signed: bool = False) -> str:
    """The number with its unit; nothing measured is a dash.

    `unit` may be a currency sign (before the number), `count` (whole), `%`, or words (after the number).
    """
    if value is None:
        return "–"
    if not math.isfinite(value):
        return "not a number" if math.isnan(value) else ("∞" if value > 0 else MINUS + "∞")
    sign = MINUS if value < 0 else "+" if signed and value > 0 else ""
    size = abs(value)
    if unit in CURRENCIES and unit:
        if size == 0:
            return f"{unit}0"
        return f"{sign}{unit}{size:,.0f}" if size >= 100 else f"{sign}{unit}{size:,.2f}"
    if unit == "count":
        return f"{sign}{size:,.0f}"
    shown = significant(size, digits)
    if not any(character in shown for character in "123456789"):
        sign = ""
    if unit == "%":
        return f"{sign}{shown} %"
    return f"{sign}{shown} {unit}".rstrip()


def sample(n: int) -> str:
    """How many there were: "n = 16,177"; a table of probabilities counts nobody.

    >>> sample(16177), sample(0)
    ('n = 16,177', 'from a table of probabilities')
    """
    return f"n = {number(n, 'count')}" if n else "from a table of probabilities"


def significant(size: float, digits: int = 3) -> str:
    """A number that is not negative to so many significant digits, in plain notation while that is short."""
    if size == 0:
        return "0"
    power = math.floor(math.log10(size))
    rounded = round(size, digits - 1 - power)
    power = math.floor(math.log10(rounded)) if rounded else power
    if power < -5 or power > LARGEST_POWER:
        return scientific(rounded, power, digits)
    return f"{rounded:,.{max(0, digits - 1 - power)}f}"


def scientific(size: float, power: int, digits: int = 3) -> str:
    """A number as a small one times this power of ten."""
    return f"{size / 10.0**power:.{digits - 1}f} × 10^{str(power).replace('-', MINUS)}"


def tick(value: float, step: float, unit: str = "") -> str:
    """A number on an axis: as many places as the step has, no more.

    >>> tick(0.25, 0.25), tick(-2500, 2500, "$"), tick(0, 5, "$")
    ('0.25', '−$2,500', '$0')
    """
    places = max(0, next((i for i in range(9) if abs(step * 10**i - round(step * 10**i)) < 1e-6), 9))
    sign = MINUS if value < 0 else ""
    before = unit if unit in CURRENCIES else ""
    behind = " %" if unit == "%" else ""
    return f"{sign}{before}{abs(value):,.{places}f}{behind}"


def interval(ends: tuple[float, float] | None, unit: str = "") -> str:
    """A range as "a to b", both ends in one notation.

    >>> interval((8.48e11, 1.12e12))
    '0.85 × 10^12 to 1.12 × 10^12'
    """
    if ends is None:
        return "no interval"
    low, high = ends
    if unit in CURRENCIES or unit == "count" or not (math.isfinite(low) and math.isfinite(high)):
        return f"{number(low, unit)} to {number(high, unit)}"
    bare = unit if unit == "%" else ""
    words = "" if unit == "%" else f" {unit}".rstrip()
    power = math.floor(math.log10(max(abs(low), abs(high), 1.0)))
    if power > LARGEST_POWER and min(abs(low), abs(high)) >= 10.0 ** (power - 3):
        first, second = (f"{MINUS if end < 0 else ''}{scientific(abs(end), power)}" for end in ends)
        return f"{first} to {second}{bare and ' %'}{words}"
    return f"{number(low, bare)} to {number(high, bare)}{words}"


def percent(share: float) -> str:
    """A share as per cent, for levels and powers: 0.95 is "95 %"."""
    if not math.isfinite(share):
        return "–"
    size = abs(share) * 100
    shown = f"{size:.0f}" if size >= 10 or size == round(size) else f"{size:.2g}"
    return f"{MINUS if share < 0 else ''}{shown} %"


def p_value(p: float | None) -> str:
    """A p-value, as "p = 0.034" or "p < 0.001"."""
    if p is None:
        return ""
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}" if p < 0.1 else f"p = {p:.2f}"


def listed(names: tuple[str, ...] | list[str], last: str = "and") -> str:
    """Names in a sentence: "a, b and c"."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} {last} {names[-1]}"
