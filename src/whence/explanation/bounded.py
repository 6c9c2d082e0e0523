"""Limits in words: what an answer shows where there is no single number.

>>> limits_shown({"lower": 0.391332, "upper": 0.779211, "interval": None, "n": 337}, "")
('0.391 to 0.779', '', '337')
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from whence.explanation.figures import interval, number, percent, sample
from whence.language.lettering import visible

if TYPE_CHECKING:
    from collections.abc import Mapping

    Told = tuple[Literal["survived", "inconclusive"], str, tuple[str, ...]]


def limits_shown(bounds: Mapping[str, Any], unit: str) -> tuple[str, str, str]:
    """The limits, their confidence interval and n, as the cells of a table show them."""
    ends, sure, n = (float(bounds["lower"]), float(bounds["upper"])), bounds.get("interval"), bounds.get("n")
    shown = ""
    if sure:
        level = percent(float(bounds.get("level", 0.95)))
        shown = f"{level}: {interval((float(sure[0]), float(sure[1])), unit)}"
    return interval(ends, unit), shown, number(n, "count") if n else ""


def limits_told(bounds: Mapping[str, Any], warned: bool) -> Told:
    """How the limits were found: mark, headline, and the lines under it."""
    sharp, n = bool(bounds.get("sharp")), bounds.get("n")
    lines = [f"Method: {visible(str(bounds.get('method', 'linear programming')))}."]
    types = bounds.get("types")
    lines += [f"{number(types, 'count')} kinds of units were told apart."] if types else []
    why = visible(str(bounds.get("why", "")))
    lines += [f"{why[:1].upper()}{why[1:]}."] if why else []
    if bounds.get("interval"):
        level = percent(float(bounds.get("level", 0.95)))
        lines.append(f"The {level} interval covers both limits together; it is conservative.")
    elif n:
        lines.append("These are the limits of the sample: no interval was worked out for them.")
    headline = f"limits, {'none narrower follow' if sharp else 'narrower ones may exist'}"
    return "inconclusive" if warned else "survived", f"{headline}, {sample(n or 0)}", tuple(lines)
