"""Two regions of a project's page: the runs, as they go and as they ended, and the newest answer."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING

from whence.explanation.html import summary
from whence.explanation.outline import MARKS, check_name
from whence.language.lettering import visible
from whence.studio.pages.environment import drawn, render
from whence.studio.projects.asking import asks_alike
from whence.studio.reasoning.run_view import RunView, Stage
from whence.studio.wire.regions import Region

if TYPE_CHECKING:
    from whence.studio.view import View

MOST_PAST = 24
SIGNS = {"waiting": "", "going": "", "done": "✓", "failed": "!"}
WORDS = {"waiting": "waiting", "going": "going on", "done": "done", "failed": "failed"}
ENDED = {
    "failed": ("■", "failed", "Failed"),
    "cancelled": ("○", "quiet", "Cancelled"),
    "refused": ("▲", "inconclusive", "No number"),
    "bounded": ("▲", "inconclusive", "Limits only"),
}
"""How a run ended that has no number: mark, class, words."""

TAKEN = (
    ("Report", "report.html", "The whole answer as one HTML file, without scripts"),
    ("JSON", "answer.json", "Everything in it, for programs"),
    ("Python script", "script.py", "Makes this very answer again"),
)
TAKEN_OF_PROJECT = (
    ("Graph, dagitty", "graph.dagitty", "The graph as text"),
    ("Graph, SVG", "graph.svg", "The graph as a picture"),
    ("Log", "log.jsonl", "Every edit and run of the project, each line chained to the last"),
)


def runs_region(view: View) -> Region:
    """The runs: those that go on step by step, the ended ones as a list, two of which can be compared."""
    key = (view.project, view.live, view.revision if not view.live else 0, *map(_key, view.runs))
    return Region("runs", key, lambda: _runs(view))


def answer_region(view: View) -> Region:
    """The newest answer in short, with the way to all of it."""
    run = newest(view.runs)
    stale = run is not None and view.live and outdated(view)
    key = (view.project, view.live, run and (run.number, run.revision), stale)
    return Region("answer", key, lambda: _answer(view, run, stale))


def newest(runs: Sequence[RunView]) -> RunView | None:
    """The run whose answer is shown: the last that has one."""
    return max((run for run in runs if run.answer is not None), key=lambda run: run.number, default=None)


def outdated(view: View) -> bool:
    """Whether something that the newest answer rests on has changed since it was asked."""
    return view.asked is not None and not asks_alike(view.asked, view.sheet)


def base_of(view: View) -> str:
    """The address under which everything of a project lies."""
    return f"/p/{view.project}"


def took(seconds: float) -> str:
    """A time in words: 4 ms, 0.42 s, 1.3 s, 72 s, 5 min 03 s.

    >>> took(0.0042), took(0.421), took(1.26), took(71.7), took(303.2)
    ('4 ms', '0.42 s', '1.3 s', '72 s', '5 min 03 s')
    """
    if seconds >= 120:
        minutes, rest = divmod(round(seconds), 60)
        return f"{minutes} min {rest:02} s"
    if seconds < 0.0995:
        return f"{seconds * 1000:.0f} ms"
    digits = 2 if seconds < 0.995 else 1 if seconds < 9.95 else 0
    return f"{seconds:.{digits}f} s"


def taken(number: int) -> list[tuple[str, str, str, str]]:
    """What can be taken away: words, address below `take/`, what it is good for."""
    of_answer = [(words, f"answers/{number}/{file}", file, what) for words, file, what in TAKEN]
    return of_answer + [(words, file, file, what) for words, file, what in TAKEN_OF_PROJECT]


def _key(run: RunView) -> Hashable:
    """What the list depends on; an answer never changes once it is there."""
    return (
        *(run.number, run.revision, run.question, run.state, run.stages, run.steps, run.told, run.checks),
        *(run.warnings, run.error, run.answer is not None, round(run.seconds, 1)),
    )


def _runs(view: View) -> str:
    ordered = sorted(view.runs, key=lambda run: -run.number)
    going = [run for run in ordered if run.state == "going"]
    past = [run for run in ordered if run.state != "going"]
    return render(
        "runs.html.j2",
        base=base_of(view),
        live=view.live,
        going=going,
        past=[(run, _tone(run), _said(run)) for run in past[:MOST_PAST]],
        more=max(0, len(past) - MOST_PAST),
        answered=sum(run.answer is not None for run in ordered),
        status=status(ordered),
        signs=SIGNS,
        words=WORDS,
        marks=ENDED,
        shapes=MARKS,
        took=took,
        check_name=check_name,
    )


def status(runs: list[RunView]) -> str:
    """What is read aloud: the stage of the newest run, or how it ended. It changes seldom."""
    if not runs:
        return ""
    run = runs[0]
    if run.state != "going":
        return visible(f"Run {run.number}: {' '.join(_said(run).split())}")
    now = _now(run.stages)
    return f"Run {run.number}: {now.title}" if now is not None else f"Run {run.number} waits for its turn"


def _now(stages: tuple[Stage, ...]) -> Stage | None:
    return next((stage for stage in stages if stage.state == "going"), None)


def _tone(run: RunView) -> str:
    """How it ended, as a key of `ENDED`, or "answered"."""
    if run.answer is None:
        return "failed" if run.state == "failed" else "cancelled"
    return run.answer.status


def _said(run: RunView) -> str:
    """The run in a sentence."""
    if run.answer is not None:
        return run.answer.text
    if run.state == "failed":
        return run.error or "It broke off; the log of the studio tells more."
    return "It was stopped before it had an answer."


def _answer(view: View, run: RunView | None, stale: bool) -> str:
    shown = "" if run is None or run.answer is None else summary(run.answer)
    return render(
        "answer_region.html.j2",
        base=base_of(view),
        run=run,
        stale=stale,
        summary=drawn(shown),
        take=[] if run is None else taken(run.number)[: len(TAKEN)],
    )
