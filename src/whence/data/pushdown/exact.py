"""Sums that are the same to the last bit in whatever order a server adds, and with however many workers.

A server adds floating-point numbers in the order in which its workers happen to meet the rows, so the same
query gives other last digits tomorrow. Whole numbers have no such order. So each term is multiplied by the
power of two that brings the largest just under 2^61 and rounded to a whole number of 64 bits, and those are
added up, exactly, since such servers keep their sums in 128 bits or more. What is lost of a row is half a
unit of 2^-61 of the largest term: less than adding in floating point would lose. A term whose bound may be
far above what occurs is held in two such numbers, which together hold every bit of it.

Servers that keep such sums in 64 bits (SQLite) get more numbers of fewer bits, which cannot overflow below
eight thousand million rows.

Source: the fixed-point accumulator of U. Kulisch, *Computer Arithmetic and Validity* (2008), chapter 8, cut
to the range that a bound on the terms leaves.

>>> one = ExactSum("(d0 * d1)", bound=12.0)
>>> one.sql(wide=True)
['CAST((d0 * d1) * 1.4411518807585587e+17 AS BIGINT)']
>>> one.value([432345564227567616], wide=True)
3.0
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from whence.data.pushdown.sql import number
from whence.runtime.plain import quoted

if TYPE_CHECKING:
    from whence.data.pushdown.dialects import Dialect

WIDE: Final = 61
"""Bits of a number whose sum may be of any length: two short of 63, for a bound that rounding made small."""

NARROW: Final = 30
"""Bits of a number whose sum is held in 63."""

_LARGEST_POWER: Final = 1000


@dataclass(frozen=True, slots=True)
class ExactSum:
    """The sum of a term, an expression whose absolute value is nowhere above `bound`.

    `finely`: whether the term is held to its last bit, because the bound may be far above what occurs.
    """

    term: str
    bound: float
    finely: bool = False

    def parts(self, *, wide: bool) -> int:
        """In how many whole numbers each term is held."""
        return (1 if wide else 2) + (1 if self.finely else 0)

    def power(self, *, wide: bool) -> int:
        """The exponent of the power of two that the term is multiplied by."""
        exponent = math.frexp(self.bound)[1] if self.bound > 0.0 else 0
        return min((WIDE if wide else NARROW) - exponent, _LARGEST_POWER)

    def sql(self, *, wide: bool) -> list[str]:
        """The numbers to be summed: the term to so many bits, then what that leaves, to as many more."""
        left = f"{self.term} * {number(math.ldexp(1.0, self.power(wide=wide)))}"
        further = number(math.ldexp(1.0, WIDE if wide else NARROW))
        written: list[str] = []
        for _ in range(self.parts(wide=wide)):
            written.append(f"CAST({left} AS BIGINT)")
            left = f"({left} - CAST({written[-1]} AS DOUBLE)) * {further}"
        return written

    def value(self, fetched: Sequence[object], *, wide: bool) -> float:
        """The sum, rounded once."""
        unit = 2 ** (WIDE if wide else NARROW)
        total = sum((_whole(part) / Fraction(unit) ** k for k, part in enumerate(fetched)), Fraction(0))
        return math.ldexp(float(total), -self.power(wide=wide))


def _whole(value: object) -> Fraction:
    """A sum as the driver gives it; one over no rows is missing, and zero."""
    if value is None:
        return Fraction(0)
    if isinstance(value, int | float | Decimal | str):
        return Fraction(value)
    raise TypeError(f"a sum came back as {quoted(type(value).__name__)}")


def written(sums: Sequence[ExactSum], dialect: Dialect) -> list[str]:
    """The terms of all these sums, in order."""
    return [term for each in sums for term in each.sql(wide=dialect.wide_sums)]


def read(sums: Sequence[ExactSum], fetched: Sequence[object], dialect: Dialect) -> list[float]:
    """The values of these sums from one row of a result."""
    values: list[float] = []
    place = 0
    for each in sums:
        width = each.parts(wide=dialect.wide_sums)
        values.append(each.value(fetched[place : place + width], wide=dialect.wide_sums))
        place += width
    return values
