"""Sensitivity contours: the estimate that a hidden confounder of each strength would leave.

Along: how much of the treatment it explains; up: how much of the outcome (both partial R²). On a line the
same is left of the estimate; on the thick one nothing. Benchmarks are confounders as strong as a covariate.

Source: C. Cinelli and C. Hazlett, "Making sense of sensitivity" (JRSS B 2020), figure 2.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from whence.explanation.charts.canvas import ticks
from whence.explanation.figures import number, percent
from whence.explanation.sentence import unit_of
from whence.language.lettering import cut, escape, visible, width
from whence.language.routes import Rectangle
from whence.language.svg_marks import tag

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from whence.explanation.answer import Answer
    from whence.refutation.cinelli_hazlett import Strength

WIDE, TALL = 400.0, 330.0
LEFT, TOP, RIGHT, BOTTOM = 52.0, 12.0, 330.0, 278.0
SHARES = (0.75, 0.5, 0.25, 0.0)
STEPS = 120


@dataclass(frozen=True, slots=True)
class Point:
    """A benchmark: what it is as strong as, where it lies, and what it would leave."""

    label: str
    with_treatment: float
    with_outcome: float
    left: float


@dataclass(frozen=True, slots=True)
class Plane:
    """The regression that sensitivity is judged by, and the strengths that are drawn."""

    estimate: float
    se: float
    df: float
    robustness: float
    wide: float
    tall: float
    points: tuple[Point, ...]

    def outcome_at(self, share: float, with_treatment: float) -> float:
        """The partial R² with the outcome at which just this share of the estimate is left."""
        bias = (1 - share) * abs(self.estimate)
        return bias**2 * (1 - with_treatment) / (self.se**2 * self.df * with_treatment)

    def place(self, with_treatment: float, with_outcome: float) -> tuple[float, float]:
        """Pixels of a strength."""
        x = LEFT + (RIGHT - LEFT) * with_treatment / self.wide
        return x, BOTTOM - (BOTTOM - TOP) * with_outcome / self.tall


def plane(details: Mapping[str, Any] | None) -> Plane | None:
    """The plane of recorded sensitivity; None where there is none, or it is not readable."""
    if not details:
        return None
    keys = ("estimate", "se", "df", "robustness_value")
    found = [details.get(key) for key in keys]
    if not all(isinstance(each, int | float) and math.isfinite(each) for each in found):
        return None
    estimate, se, df, robustness = (float(cast("float", each)) for each in found)
    if se <= 0 or df <= 0 or estimate == 0:
        return None
    benchmarks = details.get("benchmarks")
    points = (
        [_point(each) for each in cast("list[object]", benchmarks)] if isinstance(benchmarks, list) else []
    )
    known = tuple(each for each in points if each is not None)
    # Confounders may be strong in one way and weak in the other: each axis has its own reach.
    wide = max([1.6 * robustness, 0.02, *(1.2 * each.with_treatment for each in known)])
    tall = max([2.2 * robustness, 0.02, *(1.2 * each.with_outcome for each in known)])
    return Plane(estimate, se, df, robustness, min(0.95, wide), min(0.95, tall), known)


def _point(data: object) -> Point | None:
    if not isinstance(data, dict):
        return None
    each = cast("dict[str, Any]", data)
    try:
        times = f"{float(each['times']):g}× "
        left = float(each["estimate"])
        where = float(each["with_treatment"]), float(each["with_outcome"])
        return Point(times + visible(str(each["name"])), *where, left)
    except (KeyError, TypeError, ValueError):
        return None


def contour_chart(
    answer: Answer, *, at: Strength | None = None, trail: Sequence[Strength] = (), label: str = ""
) -> str:
    """The figure; empty without a recorded sensitivity. `at` marks a supposed confounder, under its `label`,
    on the `trail` along which it may be moved.
    """
    found = plane(answer.sensitivity)
    if found is None:
        return ""
    unit = unit_of(answer)
    parts = _axes(found)
    taken: list[float] = []
    # The line of nothing left is named first, the others where there is room.
    for share in sorted(SHARES):
        parts += _curve(found, share, unit, taken)
    if at is None:
        parts += _points(found, unit)
    else:
        parts += _supposed(found, at, trail, label)
    said = f"Nothing is left of the estimate where both partial R² are {percent(found.robustness)}. "
    said += "; ".join(f"{each.label} leaves {number(each.left, unit)}" for each in found.points)
    if at is not None:
        said = f"A supposed confounder of {percent(at.with_treatment)} and {percent(at.with_outcome)}. {said}"
    told = tag("title", {}, "Sensitivity to a hidden confounder") + tag("desc", {}, escape(said))
    view = {"viewBox": f"0 0 {WIDE:.0f} {TALL:.0f}"}
    return tag("svg", {"class": "wh-chart contour", "role": "img", **view}, told, *parts)


def _axes(found: Plane) -> list[str]:
    parts: list[str] = []
    for place in ticks(0.0, found.wide, about=4):
        x, _ = found.place(place, 0)
        if x <= RIGHT + 1:
            parts.append(_line(x, TOP, x, BOTTOM, "wh-grid"))
            parts.append(_text(x, BOTTOM + 18, percent(place), "wh-quiet", "middle"))
    for place in ticks(0.0, found.tall, about=4):
        _, y = found.place(0, place)
        if place and y >= TOP - 1:
            parts.append(_line(LEFT, y, RIGHT, y, "wh-grid"))
            parts.append(_text(LEFT - 6, y + 4, percent(place), "wh-quiet", "end"))
    parts.append(_line(LEFT, BOTTOM, RIGHT, BOTTOM, "wh-axis") + _line(LEFT, TOP, LEFT, BOTTOM, "wh-axis"))
    middle = (TOP + BOTTOM) / 2
    across = "explains of the treatment (partial R²)"
    parts.append(_text((LEFT + RIGHT) / 2, BOTTOM + 40, across, "wh-quiet", "middle"))
    turned = {"transform": f"rotate(-90 12 {middle:.0f})"}
    parts.append(_text(12, middle, "explains of the outcome (partial R²)", "wh-quiet", "middle", turned))
    return parts


def _curve(found: Plane, share: float, unit: str, taken: list[float]) -> list[str]:
    """The strengths that leave this share of the estimate, named at the line's end if there is room."""
    corners: list[tuple[float, float]] = []
    for i in range(1, STEPS + 1):
        # Steps grow from the left, where the lines are steep.
        treatment = found.wide * (i / STEPS) ** 2
        outcome = found.outcome_at(share, treatment)
        if outcome <= found.tall:
            corners.append(found.place(treatment, outcome))
    if len(corners) < 2:
        return []
    kind, tone = ("wh-null", "wh-bias") if share == 0 else ("wh-level", "wh-quiet")
    drawn = [tag("path", {"class": kind, "d": "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in corners)})]
    label = number(found.estimate * share, unit) if share else "nothing left"
    x, y = corners[-1]
    if any(abs(y - other) < 14 for other in taken):
        return drawn
    taken.append(y)
    return [*drawn, _text(x + 6, y + 4, label, tone, "start")]


def _points(found: Plane, unit: str) -> list[str]:
    x, y = found.place(found.robustness, found.robustness)
    parts = [tag("circle", {"class": "wh-hollow-dot", "cx": f"{x:.1f}", "cy": f"{y:.1f}", "r": 4})]
    places = [found.place(each.with_treatment, each.with_outcome) for each in found.points]
    taken = [Rectangle(px - 7, py - 7, px + 7, py + 7) for px, py in places]
    for each, (px, py) in zip(found.points, places, strict=True):
        label = cut(f"{each.label}: {number(each.left, unit)}", RIGHT - LEFT - 20, 12)
        box = _free(px, py, width(label, 12), taken)
        taken.append(box)
        corners = f"{px:.1f},{py - 6:.1f} {px + 6:.1f},{py:.1f} {px:.1f},{py + 6:.1f} {px - 6:.1f},{py:.1f}"
        parts.append(tag("polygon", {"class": "wh-dot", "points": corners}))
        parts.append(_text(box.left, box.bottom - 4, label, "", "start"))
    return parts


def _supposed(found: Plane, at: Strength, trail: Sequence[Strength], label: str) -> list[str]:
    """The supposed confounder with its way, and the benchmarks as small diamonds on it."""
    x, y = found.place(found.robustness, found.robustness)
    parts = [tag("circle", {"class": "wh-hollow-dot", "cx": f"{x:.1f}", "cy": f"{y:.1f}", "r": 4})]
    way = [found.place(each.with_treatment, each.with_outcome) for each in trail]
    if len(way) > 1:
        parts.append(
            tag("path", {"class": "wh-trail", "d": "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in way)})
        )
    for each in found.points:
        x, y = found.place(each.with_treatment, each.with_outcome)
        corners = f"{x:.1f},{y - 5:.1f} {x + 5:.1f},{y:.1f} {x:.1f},{y + 5:.1f} {x - 5:.1f},{y:.1f}"
        parts.append(tag("polygon", {"class": "wh-hollow-dot", "points": corners}))
    x, y = found.place(min(at.with_treatment, found.wide), min(at.with_outcome, found.tall))
    parts.append(_line(LEFT, y, x, y, "wh-span") + _line(x, y, x, BOTTOM, "wh-span"))
    parts.append(tag("circle", {"class": "wh-moving", "cx": f"{x:.1f}", "cy": f"{y:.1f}", "r": 7}))
    words = cut(label, RIGHT - LEFT, 12)
    wide = width(words, 12)
    left = x - wide - 12 if x + 12 + wide > WIDE else x + 12
    parts.append(_text(max(left, LEFT + 4), y - 12 if y > TOP + 16 else y + 22, words, "wh-strong", "start"))
    return parts


def _free(x: float, y: float, wide: float, taken: Sequence[Rectangle]) -> Rectangle:
    """A place for a label beside a point, else above it, as high as need be."""
    beside = Rectangle(x + 10, y - 8, x + 10 + wide, y + 8)
    left = min(max(x - wide / 2, LEFT + 4), WIDE - wide - 2)
    above = [Rectangle(left, y - 24 - 8 * step, left + wide, y - 8 - 8 * step) for step in range(24)]
    fitting = (box for box in (beside, *above) if box.right <= WIDE and not any(map(box.meets, taken)))
    return next(fitting, beside)


def _line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    ends = {"x1": f"{x1:.1f}", "y1": f"{y1:.1f}", "x2": f"{x2:.1f}", "y2": f"{y2:.1f}"}
    return tag("line", {"class": kind, **ends})


def _text(
    x: float, y: float, words: str, kind: str, anchor: str, more: Mapping[str, str] | None = None
) -> str:
    place = {"x": f"{x:.1f}", "y": f"{y:.1f}", "font-size": 12, "text-anchor": anchor}
    return tag("text", {"class": kind, **place, **(more or {})}, escape(words))


def contour_words(answer: Answer) -> Sequence[str]:
    """What to see in the figure."""
    found = plane(answer.sensitivity)
    if found is None:
        return ()
    lines = [
        (
            "The lines are the confounders that would leave three quarters of the estimate, half, a quarter "
            "and (the thick one) nothing. "
            f"The ring marks {percent(found.robustness)} of both, the robustness value."
        )
    ]
    if found.points:
        lines.append(
            f"Diamonds are confounders as strong as {_first(found.points)}, once, or several times over."
        )
    return lines


def _first(points: Sequence[Point]) -> str:
    names = dict.fromkeys(each.label.split("× ", 1)[1] for each in points)
    return " or ".join(names)
