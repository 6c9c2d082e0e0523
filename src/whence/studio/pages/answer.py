"""The page of one answer: the report's own words and figures, with a slider for what nobody measured.

The slider asks the server, and what comes back is what `whence.refutation.cinelli_hazlett` gives for that
strength: no arithmetic is done in the page.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from whence.explanation.charts.contour import contour_chart, plane
from whence.explanation.charts.supposed import Covariate, Supposed, covariates, suppose
from whence.explanation.figures import interval, number, percent
from whence.explanation.html import fragment
from whence.explanation.outline import MARKS, robustness_words
from whence.explanation.sentence import unit_of
from whence.language.lettering import visible
from whence.refutation.cinelli_hazlett import Strength
from whence.runtime.errors import InvalidOption
from whence.studio.pages.environment import drawn, render
from whence.studio.pages.runs import base_of, taken
from whence.studio.pages.shell import document, masthead

if TYPE_CHECKING:
    from whence.explanation.answer import Answer
    from whence.studio.reasoning.run_view import RunView
    from whence.studio.view import View

TRAIL = 60
STEP = 0.05


def answer_page(view: View, run: RunView) -> str:
    """The whole page of a run's answer."""
    assert run.answer is not None, "the run has an answer"
    address = f"{base_of(view)}/answers/{run.number}"
    body = render(
        "answer_page.html.j2",
        masthead=drawn(
            masthead(((view.sheet.title or "Untitled project", base_of(view)), (f"Answer {run.number}", "")))
        ),
        base=base_of(view),
        number=run.number,
        revision=run.revision,
        earlier=[each for each in view.runs if each.answer is not None and each.number != run.number][:6],
        answer=drawn(answer_body(run.answer, address=address)),
        take=taken(run.number),
    )
    return document(f"Answer {run.number}: {run.question}", body, address=address)


def answer_body(answer: Answer, *, address: str) -> str:
    """The answer as an element; `address` is that of its page, below which the slider asks."""
    return fragment(answer, supposing=_supposing(answer, address))


def sensitivity_reply(
    answer: Answer,
    *,
    benchmark: str | None = None,
    times: float | None = None,
    r2_treatment: float | None = None,
    r2_outcome: float | None = None,
) -> str:
    """The element `#sensitivity`: what is left of the estimate under a supposed confounder.

    It is `times` as strong as the covariate `benchmark`, or, without a benchmark, has these two partial R².
    Raises `InvalidOption` for a covariate that was not recorded.
    """
    asked = _asked(answer, benchmark or None, times, r2_treatment, r2_outcome)
    if asked is None:
        return render("sensitivity.html.j2", figure="", said=None)
    return _told(answer, asked)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the sliders ask: a strength in words and figures, and the way along which they move it."""

    words: str
    label: str
    strength: Strength | None
    trail: tuple[Strength, ...] = ()


def _asked(
    answer: Answer,
    benchmark: str | None,
    times: float | None,
    r2_treatment: float | None,
    r2_outcome: float | None,
) -> _Asked | None:
    drawn_plane = plane(answer.sensitivity)
    if drawn_plane is None:
        return None
    if benchmark is None:
        both = drawn_plane.robustness
        treatment = min(max(both if r2_treatment is None else r2_treatment, 0.0), 1.0)
        outcome = min(max(both if r2_outcome is None else r2_outcome, 0.0), 1.0)
        return _Asked("A hidden confounder of that strength", "that strength", Strength(treatment, outcome))
    known = {each.name: each for each in covariates(answer)}
    if benchmark not in known:
        raise InvalidOption("benchmark", benchmark, tuple(known))
    return _multiple(known[benchmark], 1.0 if times is None else times)


def _multiple(covariate: Covariate, times: float) -> _Asked:
    times = min(max(times, 0.0), covariate.most)
    name = visible(covariate.name)
    along = (covariate.strength(covariate.most * i / TRAIL) for i in range(TRAIL + 1))
    trail = tuple(each for each in along if each is not None)
    words = f"A hidden confounder {multiple(times)} as {name}"
    return _Asked(words, f"{times:g}× {name}", covariate.strength(times), trail)


def multiple(times: float) -> str:
    """How many times as strong, in words.

    >>> multiple(1.0), multiple(2.0), multiple(1.35)
    ('as strong', 'twice as strong', '1.35 times as strong')
    """
    if times == 1:
        return "as strong"
    return "twice as strong" if times == 2 else f"{times:g} times as strong"


def _told(answer: Answer, asked: _Asked) -> str:
    found = None if asked.strength is None else suppose(answer, asked.strength)
    if found is None:
        return render("sensitivity.html.j2", figure="", said="No confounder can be that strong.")
    unit = unit_of(answer)
    label = f"{asked.label}: {number(found.left.estimate, unit)}"
    figure = contour_chart(answer, at=found.strength, trail=asked.trail, label=label)
    mark, verdict = _verdict(found)
    return render(
        "sensitivity.html.j2",
        figure=drawn(figure),
        said=asked.words,
        with_treatment=percent(found.strength.with_treatment),
        with_outcome=percent(found.strength.with_outcome),
        left=number(found.left.estimate, unit),
        interval=f"{percent(found.level)}: {interval(found.interval, unit)}",
        before=number(found.before.estimate, unit),
        mark=mark,
        sign=MARKS[mark],
        verdict=verdict,
    )


def _verdict(found: Supposed) -> tuple[str, str]:
    was_open = _open(found)
    if found.flips:
        return "failed", "The effect would change its sign."
    if was_open:
        return "inconclusive", "Zero lies in the interval of the regression as it is."
    if found.holds_zero:
        return "inconclusive", "Zero would lie in the interval."
    return "survived", "The interval would still exclude zero."


def _open(found: Supposed) -> bool:
    low, high = found.before.interval(found.level)
    return low <= 0 <= high


def _supposing(answer: Answer, address: str) -> str:
    """The sliders with what they ask first; empty without recorded sensitivity."""
    found = plane(answer.sensitivity)
    if found is None or suppose(answer, Strength(0.0, 0.0)) is None:
        return ""
    known = covariates(answer)
    first = known[0].name if known else None
    return render(
        "supposing.html.j2",
        address=f"{address}/sensitivity",
        covariates=known,
        most=max((each.most for each in known), default=1.0),
        step=STEP,
        wide=found.wide,
        tall=found.tall,
        start=round(found.robustness, 4),
        robust=robustness_words(answer),
        reply=drawn(sensitivity_reply(answer, benchmark=first, times=1.0)),
    )
