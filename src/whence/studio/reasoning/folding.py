"""A run told as it goes: each event of the engine moves the picture that the page shows of it on by a little.

The engine speaks of seven stages and, inside them, of items that are done; what is emitted inside a stage
under another name (folds of a cross-fit, independences under test) counts for the stage that is going.

>>> from whence.runtime.events import Progress, Started
>>> view = fresh(1, 0, "effect of x on y")
>>> for event in (Started(stage="estimate"), Progress(stage="nuisances", done=3, total=10)):
...     view = folded(view, event, 1.5)
>>> [(stage.done, stage.total) for stage in view.stages if stage.state == "going"]
[(3, 10)]
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import singledispatch

from whence.explanation.answer import Answer
from whence.explanation.figures import interval, number, percent
from whence.language.lettering import visible
from whence.language.printing import to_text
from whence.runtime.events import (
    Derived,
    Estimated,
    Event,
    Failed,
    Finished,
    Progress,
    Refuted,
    Started,
    Warned,
)
from whence.studio.reasoning.run_view import STAGES, Check, RunState, RunView, Stage

MOST_LINES = 400
"""So many lines of a proof, numbers, checks and warnings each are kept; an answer holds them all."""


def fresh(number_: int, revision: int, question: str) -> RunView:
    """A run that waits to begin."""
    stages = tuple(Stage(name, title, "waiting") for name, title in STAGES)
    return RunView(number_, revision, question, "going", stages)


def folded(view: RunView, event: Event, seconds: float) -> RunView:
    """The picture after an event that came so many seconds into the run."""
    return _after(event, replace(view, seconds=seconds))


@singledispatch
def _after(_: Event, view: RunView) -> RunView:
    return view


@_after.register
def _(event: Started, view: RunView) -> RunView:
    # Until a stage has ended, `seconds` holds when it began; `shown` takes that out.
    return _staged(view, event.stage, lambda stage: replace(stage, state="going", seconds=view.seconds))


@_after.register
def _(event: Finished, view: RunView) -> RunView:
    return _staged(view, event.stage, lambda stage: _over(stage, view.seconds))


@_after.register
def _(event: Failed, view: RunView) -> RunView:
    return _staged(view, event.stage, lambda stage: replace(_over(stage, view.seconds), state="failed"))


@_after.register
def _(event: Progress, view: RunView) -> RunView:
    going = next((stage.name for stage in reversed(view.stages) if stage.state == "going"), "")
    return _staged(view, going, lambda stage: replace(stage, done=event.done, total=event.total))


@_after.register
def _(event: Derived, view: RunView) -> RunView:
    return replace(view, steps=(*view.steps, visible(event.formula))[:MOST_LINES])


@_after.register
def _(event: Estimated, view: RunView) -> RunView:
    return replace(view, told=(*view.told, _number(event.value, event.interval))[:MOST_LINES])


@_after.register
def _(event: Refuted, view: RunView) -> RunView:
    return replace(view, checks=(*view.checks, Check(visible(event.name), event.verdict))[:MOST_LINES])


@_after.register
def _(event: Warned, view: RunView) -> RunView:
    return replace(view, warnings=tuple(dict.fromkeys((*view.warnings, visible(event.message))))[:MOST_LINES])


def _staged(view: RunView, name: str, change: Callable[[Stage], Stage]) -> RunView:
    return replace(view, stages=tuple(change(each) if each.name == name else each for each in view.stages))


def _over(stage: Stage, now: float) -> Stage:
    return replace(stage, state="done", seconds=max(0.0, now - (stage.seconds or 0.0)))


def shown(view: RunView) -> RunView:
    """The picture for the page: a stage that has not ended has taken no seconds yet."""
    stages = tuple(
        each if each.state in ("done", "failed") else replace(each, seconds=None) for each in view.stages
    )
    return replace(view, stages=stages)


def ended(view: RunView, state: RunState, *, answer: Answer | None = None, error: str = "") -> RunView:
    """The picture of a run that is over; what its answer holds replaces what was heard on the way."""
    left = tuple(
        replace(each, state="failed" if state == "failed" else "waiting", seconds=None)
        if each.state == "going"
        else each
        for each in view.stages
    )
    view = replace(view, state=state, error=error, stages=left)
    return view if answer is None else told_by(answer, view)


def told_by(answer: Answer, view: RunView) -> RunView:
    """The picture with all that the answer holds, as it is again after the studio was started anew."""
    proof = () if answer.estimand is None else tuple(answer.estimand.derivation.walk())
    numbers = answer.estimates or (() if answer.estimate is None else (answer.estimate,))
    elapsed = answer.provenance.get("elapsed_s")
    return replace(
        view,
        answer=answer,
        steps=tuple(visible(f"{to_text(step.claim)}: {step.rule}") for step in proof[:MOST_LINES]),
        told=tuple(_number(each.value, each.interval, each.level) for each in numbers[:MOST_LINES]),
        checks=tuple(Check(visible(each.name), each.verdict) for each in answer.refutations),
        warnings=tuple(dict.fromkeys(visible(each.message) for each in answer.warnings)),
        stages=tuple(replace(each, state="done") for each in view.stages),
        seconds=float(elapsed) if isinstance(elapsed, int | float) else view.seconds,
    )


def _number(value: float, ends: tuple[float, float] | None, level: float | None = None) -> str:
    sure = "" if level is None else f"{percent(level)}: "
    return number(value) if ends is None else f"{number(value)} ({sure}{interval(ends)})"
