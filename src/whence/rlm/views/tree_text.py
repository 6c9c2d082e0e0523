"""A run's tree as plain text: a line a step, a hundred columns, no colours (the door adds those it wants).

What models and documents wrote is cut to its line and cannot move the cursor; `full` adds code and output.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from whence.rlm.views.showing import (
    calls,
    columns,
    count,
    cut,
    fitted,
    money,
    one_line,
    seconds,
    size,
    state,
    sums,
    visible,
)
from whence.rlm.views.tree import RunTree, Step, Turn

CALLS, COST, TIME = 30, 9, 8
LEAST_LEFT = 16
LONGEST_OUTPUT = 4_000
LONGEST_CODE = 20_000


@dataclass(slots=True)
class _Line:
    """A line of the tree, what stands in its columns, what is written under it, and what hangs on it."""

    left: str
    calls: str = ""
    cost: str = ""
    time: str = ""
    body: list[str] = field(default_factory=list[str])
    below: list[_Line] = field(default_factory=list["_Line"])


def to_text(tree: RunTree, *, full: bool = False, width: int = 100) -> str:
    """The run as lines of text, each at most `width` columns (60 at least)."""
    width = max(60, width)
    mark, word, said = state(tree)
    lines = [
        fitted(one_line(tree.started.question) or "(no question: the context says what is asked)", width),
        fitted(f"{mark} {word}: {one_line(said)}", width),
        fitted(_setting(tree), width),
        fitted(f"{sums(tree.totals)} · {seconds(tree.seconds)}", width),
    ]
    if tree.started.strength:
        lines.append(fitted(f"confined by {one_line(tree.started.strength)}", width))
    lines.append("")
    for line in (below := _run(tree, full, ended=False)):
        lines += _drawn(line, "", line is below[-1], width)
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _setting(tree: RunTree) -> str:
    started = tree.started
    parts = [
        started.model,
        f"read directly ({started.why})" if started.route == "direct" else "recursive",
        started.isolation,
        f"{count(started.documents, 'document')}, {size(started.bytes)}" if started.documents else "",
        _left(tree),
    ]
    return visible(" · ".join(part for part in parts if part))


def _left(tree: RunTree) -> str:
    """What is left of the budget, where it is limited."""
    if tree.budget is None or not tree.budget.left:
        return ""
    written = {"usd": money, "seconds": seconds}
    parts = [
        written[kind](max(0.0, value)) if kind in written else count(round(value), kind.removesuffix("s"))
        for kind, value in tree.budget.left.items()
    ]
    return f"left: {', '.join(parts)}"


# ── lines ───────────────────────────────────────────────────────────────────────────────────────────────────


def _run(tree: RunTree, full: bool, *, ended: bool = True) -> list[_Line]:
    """The lines of a run in the order of time, and its end."""
    children = {child.run: child for child in tree.children}
    timed: list[tuple[float, _Line]] = []
    for turn in tree.turns:
        timed += _turn(turn, children, full)
    timed += [(note.at, _Line(f"▲ {one_line(note.message)}")) for note in tree.notes]
    # A run that hangs nowhere: its parent's cell was not recorded.
    timed += [(child.started.at, _child(child, full)) for child in children.values()]
    lines = [line for _, line in sorted(timed, key=lambda pair: pair[0])]
    if ended:
        mark, word, said = state(tree)
        lines.append(_Line(f"{mark} {word}: {one_line(said)}"))
    return lines


def _turn(turn: Turn, children: dict[str, RunTree], full: bool) -> Iterator[tuple[float, _Line]]:
    reply = turn.reply
    before = None if reply is None else reply.at
    label = str(turn.number) if turn.number else "–"
    if not turn.steps and reply is not None:
        body = _block("reply", reply.text) if full else []
        words = f"{label}  no cell: {one_line(reply.text)}"
        yield reply.at, _Line(words, cost=_cost(turn, None), time=seconds(reply.seconds), body=body)
    for place, step in enumerate(turn.steps):
        at = _end(step, before or 0.0)
        name = label if len(turn.steps) == 1 else f"{label}.{place + 1}"
        took = max(0.0, at - (at if before is None else before))
        if reply is not None and place == 0:
            took += reply.seconds
        line = _step(step, name, children, full)
        line.cost = _cost(turn, step, first=place == 0)
        line.time = seconds(took)
        yield at, line
        before = at


def _step(step: Step, name: str, children: dict[str, RunTree], full: bool) -> _Line:
    ran = step.ran
    line = _Line(f"{name}  {'(not ended)' if ran is None else one_line(ran.code)}", calls(step.batches))
    failed: dict[str, int] = {}
    for batch in step.batches:
        for code, number in batch.errors.items():
            failed[code] = failed.get(code, 0) + number
    if failed:
        told = ", ".join(f"{number:,} {visible(code)}" for code, number in failed.items())
        line.below.append(_Line(f"▲ calls failed: {told}"))
    line.below += [_child(children.pop(run), full) for run in step.children if run in children]
    if ran is not None and ran.error is not None:
        line.below.append(_Line(f"■ {one_line(ran.error)}"))
    if ran is not None and ran.lost:
        line.below.append(_Line(f"▲ lost with the session: {visible(', '.join(ran.lost))}"))
    if full and ran is not None:
        line.body = [*_block("", ran.code, LONGEST_CODE), *_block("output", ran.output)]
    return line


def _child(tree: RunTree, full: bool) -> _Line:
    done = tree.totals
    words = f"run {visible(tree.run)}: {one_line(tree.started.question)}"
    sent = count(done.calls + done.replies, "call")
    return _Line(words, sent, money(done.cost), seconds(tree.seconds), below=_run(tree, full))


def _end(step: Step, before: float) -> float:
    if step.ran is not None:
        return step.ran.at
    return max([before, *(batch.ended for batch in step.batches)])


def _cost(turn: Turn, step: Step | None, *, first: bool = True) -> str:
    """What a step cost; the reply it comes from is paid with the first."""
    parts: list[float | None] = []
    if turn.reply is not None and first:
        parts.append(turn.reply.usd)
    if step is not None and step.totals.calls:
        parts.append(step.totals.cost)
    known = [part for part in parts if part is not None]
    return money(sum(known)) if known else ""


def _block(title: str, text: str, most: int = LONGEST_OUTPUT) -> list[str]:
    """A text of several lines, what is too long cut out of its middle."""
    if not text.strip():
        return []
    lines = [visible(line.expandtabs(4)) for line in cut(text, most)[0].rstrip().split("\n")]
    return [*([f"{title}:"] if title else []), *(f"  {line}" for line in lines)]


# ── drawing ─────────────────────────────────────────────────────────────────────────────────────────────────


def _drawn(line: _Line, before: str, last: bool, width: int) -> Iterator[str]:
    if len(before) > width // 3:  # runs in runs in runs: the deepest ones stand below one another
        before = before[: width // 3 - 1] + "…"
    prefix = before + ("└─ " if last else "├─ ")
    under = before + ("   " if last else "│  ")
    asked = f"{fitted(line.calls, CALLS):<{CALLS}} " if line.calls else ""
    right = f"{asked}{line.cost:>{COST}} {line.time:>{TIME}}"
    room = width - len(prefix) - len(right) - 2
    if room < LEAST_LEFT:
        right = f"{line.cost:>{COST}} {line.time:>{TIME}}"
        room = width - len(prefix) - len(right) - 2
    if not (line.calls or line.cost or line.time):
        yield prefix + fitted(line.left, width - len(prefix))
    else:
        left = fitted(line.left, room)
        yield f"{prefix}{left}{' ' * (room - columns(left))}  {right}"
    beside = under + ("│  " if line.below else "   ")
    for text in line.body:
        for piece in _wrapped(text, width - len(beside)):
            yield beside + piece
    for child in line.below:
        yield from _drawn(child, under, child is line.below[-1], width)


def _wrapped(text: str, width: int) -> Iterator[str]:
    """The text in pieces of at most so many columns."""
    while len(text) > width or columns(text) > width:
        piece = text[:width]
        while columns(piece) > width:
            piece = piece[:-1]
        yield piece
        text = text[len(piece) :]
    yield text
