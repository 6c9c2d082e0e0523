"""What went wrong in a cell, told by its own lines: the harness's frames and files are left out."""

from __future__ import annotations

import linecache
import re
from collections.abc import Sequence
from types import TracebackType
from typing import Final, TypedDict

CELL: Final = re.compile(r"<cell (\d+)>")
_LONGEST: Final = 4_000
_MOST_FRAMES: Final = 12


class Mistake(TypedDict):
    """A failure as the host is told of it: the exception's name, its message, the cell's own lines."""

    kind: str
    message: str
    traceback: str


def remember(filename: str, code: str) -> None:
    """Let tracebacks find the source of a cell."""
    linecache.cache[filename] = (len(code), None, code.splitlines(keepends=True), filename)


def mistake_of(error: BaseException, last_failure: str = "") -> Mistake:
    """Tell an exception that the cell's code raised; `last_failure` is why a sub-call failed before it."""
    kind = type(error).__name__
    if isinstance(error, SyntaxError):
        return Mistake(kind=kind, message=_cut(_syntax(error)), traceback=_lines(error.__traceback__))
    message = _text(error)
    if isinstance(error, SystemExit):
        message = f"sys.exit({message}) ends nothing here; use FINAL(value) to finish, or just end the cell"
    elif isinstance(error, KeyError):
        message = f"no such key: {message}"
    # Where a failed call met a function that wants text, Python's own message names the type alone.
    hint = f" (the sub-call failed: {last_failure})" if last_failure and "FailedCall" in message else ""
    cause = error.__cause__
    if cause is not None:
        hint = f"{hint} (caused by {type(cause).__name__}: {_text(cause)})"
    return Mistake(kind=kind, message=_cut(f"{message}{hint}"), traceback=_lines(error.__traceback__))


def unreadable(error: BaseException) -> Mistake:
    """Tell why code could not be read, with the place."""
    if not isinstance(error, SyntaxError):
        return Mistake(
            kind="SyntaxError", message=_cut(f"the code cannot be read: {_text(error)}"), traceback=""
        )
    return Mistake(kind=type(error).__name__, message=_cut(_syntax(error)), traceback="")


def _syntax(error: SyntaxError) -> str:
    message = f"{error.msg} (line {error.lineno}, column {error.offset})"
    line = (error.text or "").rstrip("\n").expandtabs(1)
    if not line or len(line) > 400:
        return message
    hint = ""
    if line.lstrip()[:1] in {"!", "%"}:
        hint = "\nOnly Python runs here: no shell commands, no % commands."
    return f"{message}\n  {line}\n  {' ' * (max(error.offset or 1, 1) - 1)}^{hint}"


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except BaseException as worse:  # noqa: BLE001 - the model's own class may fail at this
        return f"(its message cannot be shown: {type(worse).__name__})"


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]} … ({len(text):,} characters)"


def _lines(trace: TracebackType | None) -> str:
    places: list[str] = []
    while trace is not None:
        code = trace.tb_frame.f_code
        match = CELL.fullmatch(code.co_filename)
        if match:
            where = "" if code.co_name == "<module>" else f", in {code.co_name}"
            line = linecache.getline(code.co_filename, trace.tb_lineno).strip()[:200]
            places.append(f"  cell {match[1]}, line {trace.tb_lineno}{where}\n    {line}")
        trace = trace.tb_next
    return "\n".join(_shortened(places))


def _shortened(places: Sequence[str]) -> Sequence[str]:
    if len(places) <= _MOST_FRAMES:
        return places
    half = _MOST_FRAMES // 2
    return [*places[:half], f"  [… {len(places) - 2 * half:,} more calls …]", *places[-half:]]
