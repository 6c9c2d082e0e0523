"""The turns of a recursive run as rows: the code of each reply, what it asked, its time and its cost."""

from __future__ import annotations

from dataclasses import dataclass

from whence.rlm.views.showing import calls, count, cut, fitted, money, one_line, seconds, state, visible
from whence.rlm.views.tree import Batch, RunTree, Step, Totals, Turn

LONGEST_TEXT = 6_000
LONGEST_CALL = 400
LONGEST_QUESTION = 2_000
TONES = {"answered": "survived", "open": "inconclusive", "failed": "failed"}


@dataclass(frozen=True, slots=True)
class Row:
    """A cell with what it asked, or a reply without one, as its turn shows it."""

    name: str
    line: str
    turn: Turn
    step: Step | None
    first: bool
    children: tuple[RunTree, ...]
    seconds: float | None = None
    runs: bool = False

    @property
    def failed(self) -> bool:
        """Whether its code raised."""
        return self.step is not None and self.step.ran is not None and self.step.ran.error is not None


def rows(tree: RunTree, turn: Turn) -> list[Row]:
    """The cells of a turn, or the reply alone where there is none."""
    children = {child.run: child for child in tree.children}
    label = str(turn.number) if turn.number else "–"
    if not turn.steps:
        code = written(turn)
        if code:
            return [Row(label, fitted(gist(code), 120), turn, None, True, (), None, last(tree, turn))]
        text = "" if turn.reply is None else turn.reply.text
        waited = None if turn.reply is None else turn.reply.seconds
        return [Row(label, fitted(f"(no code) {one_line(text)}", 120), turn, None, True, (), waited)]
    made: list[Row] = []
    before = None if turn.reply is None else turn.reply.at
    for i, step in enumerate(turn.steps):
        inside = tuple(children[run] for run in step.children if run in children)
        name = label if len(turn.steps) == 1 else f"{label}.{i + 1}"
        took = None
        if step.ran is not None:
            took = step.ran.seconds if before is None else max(step.ran.seconds, step.ran.at - before)
            before = step.ran.at
            took += turn.reply.seconds if i == 0 and turn.reply is not None else 0.0
        line = fitted(gist(written(turn) if step.ran is None else step.ran.code), 120)
        runs = step.ran is None and last(tree, turn)
        made.append(Row(name, line or "(its code is not told yet)", turn, step, i == 0, inside, took, runs))
    return made


def gist(code: str) -> str:
    r"""The line of some code that tells most: the first that is no import, if there is one.

    >>> gist("import json\nfrom re import sub\n\nlines = text.splitlines()")
    'lines = text.splitlines()'
    """
    lines = [line for line in code[:20_000].splitlines() if not line.startswith(("import ", "from "))]
    return one_line("\n".join(lines)) or one_line(code)


def written(turn: Turn) -> str:
    """The first code in a reply: while it runs, nothing else can be told of it."""
    text = "" if turn.reply is None else turn.reply.text
    return text.partition("```")[2].partition("\n")[2].partition("```")[0].strip()


def last(tree: RunTree, turn: Turn) -> bool:
    """Whether the turn is the one that the run is at."""
    return tree.ended is None and bool(tree.turns) and turn is tree.turns[-1]


def plain(text: str, most: int = LONGEST_TEXT) -> str:
    """A stranger's text cut to a length, with what cannot be seen spelt out; lines stay lines."""
    return visible(cut(text, most)[0], keep="\n\t")


def turn_words() -> dict[str, object]:
    """What the templates of turns say things with."""
    return {
        "plain": plain,
        "longest_call": LONGEST_CALL,
        "short": LONGEST_QUESTION,
        "seconds": seconds,
        "money": money,
        "calls": calls,
        "count": count,
        "state": state,
        "tones": TONES,
        "rows_of": rows,
        "shares": shares,
        "took": took,
        "cost": cost,
    }


def shares(batches: tuple[Batch, ...]) -> list[tuple[str, float, float]]:
    """What became of the calls, as parts of a bar: class, where it begins, how long it is, in per cent."""
    asked = sum(batch.asked for batch in batches)
    if not asked:
        return []
    done = sum((batch.totals for batch in batches), Totals())
    parts: list[tuple[str, float, float]] = []
    begins = 0.0
    well = done.calls - done.failed - done.shared
    for kind, number in (("well", well), ("shared", done.shared), ("bad", done.failed)):
        wide = 100 * max(0, number) / asked
        if wide:
            parts.append((kind, begins, wide))
        begins += wide
    return parts


def took(row: Row) -> str:
    """How long a row took, the wait for the model's reply included, in words; while it runs, nothing."""
    return "" if row.seconds is None else seconds(row.seconds)


def cost(row: Row) -> str:
    """What the reply and the calls of a row cost, where that is known."""
    known = [row.turn.reply.usd] if row.first and row.turn.reply is not None else []
    if row.step is not None and row.step.totals.calls:
        known.append(row.step.totals.cost)
    dollars = [each for each in known if each is not None]
    return money(sum(dollars)) if dollars else ""
