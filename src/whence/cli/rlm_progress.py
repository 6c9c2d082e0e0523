"""The quiet line of a run: turn, calls, tokens, dollars and time, as they grow."""

import sys
from collections.abc import Generator
from contextlib import contextmanager

from whence.cli.progress import Line
from whence.rlm.events import BudgetShown, CallEnded, CallsStarted, ModelReplied, RunEvent, RunStarted
from whence.runtime.events import Event, listening


@contextmanager
def live() -> Generator[None]:
    """Show what is heard of a run on one line of stderr, if that is a terminal."""
    if not sys.stderr.isatty():
        yield
        return
    line = Live(Line(sys.stderr))
    try:
        with listening(line.hear):
            yield
    finally:
        line.line.clear()


class Live:
    """What the line says, kept up to date by events."""

    def __init__(self, line: Line) -> None:
        self.line = line
        self.turn = 0
        self.open = 0
        self.done = 0
        self.spent = ""

    def hear(self, event: Event) -> None:
        """Take an event in and write the line anew."""
        if not isinstance(event, RunEvent):
            return
        match event:
            case RunStarted(run="0", route=route, isolation=isolation):
                self.spent = f"{route}, {isolation}"
            case ModelReplied(run="0", iteration=iteration):
                self.turn = iteration
            case CallsStarted(count=count):
                self.open += count
            case CallEnded():
                self.done += 1
            case BudgetShown(calls=calls, tokens=tokens, usd=usd):
                money = "" if usd is None else f", ${usd:.4f}"
                self.spent = f"{calls:,} calls, {tokens:,} tokens{money}"
            case _:
                return
        asked = f"  ·  {self.done:,} of {self.open:,} questions answered" if self.open else ""
        self.line.write(f"turn {self.turn}{asked}  ·  {self.spent}  ·  {event.at:.0f} s")
