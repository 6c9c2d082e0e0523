"""One quiet line on stderr that says what is being done; gone when it is done, absent when nobody watches."""

import shutil
import sys
from collections.abc import Generator
from contextlib import contextmanager
from typing import TextIO

from whence.runtime.events import Event, Progress, Started, listening

WORDS = {
    "read": "reading",
    "parse": "reading the question",
    "identify": "looking for an estimand",
    "verify": "checking the proof",
    "estimate": "estimating",
    "refute": "trying to refute",
    "explain": "writing",
}


@contextmanager
def progress(stream: TextIO | None = None) -> Generator[None]:
    """Show what is heard inside on one line of `stream` (stderr), if that is a terminal."""
    shown = Line(stream or sys.stderr)
    if not shown.stream.isatty():
        yield
        return
    try:
        with listening(shown.hear):
            yield
    finally:
        shown.clear()


class Line:
    """A line of a terminal that is written over again and again."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    def hear(self, event: Event) -> None:
        """Show the stage, and how far it is."""
        match event:
            case Started(stage=stage):
                self.write(WORDS.get(stage, stage))
            case Progress(stage=stage, done=done, total=total) if total > 1:
                self.write(f"{WORDS.get(stage, stage)}  {done}/{total}")
            case _:
                pass

    def write(self, text: str) -> None:
        """Replace what the line shows."""
        width = shutil.get_terminal_size().columns - 1
        self.stream.write(f"\r\x1b[2K{text[:width]}")
        self.stream.flush()

    def clear(self) -> None:
        """Leave the line empty."""
        self.stream.write("\r\x1b[2K")
        self.stream.flush()
