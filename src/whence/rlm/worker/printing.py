r"""What a cell prints: its first and last characters within a limit, and the count of all.

A cell may print a hundred megabytes by mistake; what is kept is bounded as it is written.

>>> screen = Capture(most=8)
>>> _ = screen.write("abcdefgh" * 1000)
>>> screen.take()
('abcdef\n[… 7,992 characters left out …]\ngh', 8000)
"""

from __future__ import annotations

import io
from itertools import islice
from typing import Final, cast

from whence.runtime.locks import lock

SHOWN: Final = 20_000
"""Characters of a value that is shown because it is the last expression of a cell."""
_SHOWN_ITEMS: Final = 2_000


class Capture(io.TextIOBase):
    """A text stream that keeps the first three quarters and the last quarter of `most` characters."""

    encoding = "utf-8"

    def __init__(self, most: int) -> None:
        super().__init__()
        self._first = most - most // 4
        self._last = most // 4
        self._lock = lock()
        self._begin()

    def _begin(self) -> None:
        self.printed = 0
        self._head: list[str] = []
        self._room = self._first
        self._tail: list[str] = []
        self._tail_size = 0

    def write(self, text: object, /) -> int:
        """Take `text`."""
        if not isinstance(text, str):
            raise TypeError(f"write() takes text, not {type(text).__name__}")
        size = len(text)
        with self._lock:
            self.printed += size
            kept = min(size, self._room)
            if kept:
                self._head.append(text[:kept])
                self._room -= kept
            if kept < size:
                self._keep_last(text[max(kept, size - self._last) :])
        return size

    def _keep_last(self, text: str) -> None:
        self._tail.append(text)
        self._tail_size += len(text)
        if self._tail_size > 2 * self._last + 1_000:
            joined = "".join(self._tail)
            self._tail = [joined[len(joined) - self._last :]]
            self._tail_size = self._last

    def take(self) -> tuple[str, int]:
        """What was printed since the last time, cut in the middle, and how many characters it was."""
        with self._lock:
            head = "".join(self._head)
            tail = "".join(self._tail)
            tail = tail[max(0, len(tail) - self._last) :]
            printed = self.printed
            self._begin()
        left_out = printed - len(head) - len(tail)
        if left_out:
            head += f"\n[… {left_out:,} characters left out …]\n"
        return head + tail, printed

    def writable(self) -> bool:
        """It can be written to."""
        return True

    @property
    def buffer(self) -> io.RawIOBase:
        """The same stream for bytes."""
        return _Bytes(self)


class _Bytes(io.RawIOBase):
    """`sys.stdout.buffer`: bytes are taken as UTF-8."""

    def __init__(self, screen: Capture) -> None:
        super().__init__()
        self._screen = screen

    def writable(self) -> bool:
        return True

    def write(self, data: object, /) -> int:
        taken = bytes(cast("bytes", data))
        self._screen.write(taken.decode("utf-8", "replace"))
        return len(taken)


def shown(value: object) -> str:
    """The `repr` of a value, cut where it is long; the parts that are cut off are not written out first.

    >>> shown("x" * 50_000)[-30:]
    "xx' … 50,000 characters in all"
    >>> shown(list(range(5_000)))[-26:]
    '999, … 5,000 items in all]'
    """
    if type(value) is str and len(value) > SHOWN:
        return f"{value[:SHOWN]!r} … {len(value):,} characters in all"
    items: list[object] = cast("list[object]", value) if isinstance(value, list) else []
    table: dict[object, object] = cast("dict[object, object]", value) if isinstance(value, dict) else {}
    if len(items) > _SHOWN_ITEMS:
        return _cut(repr(items[:_SHOWN_ITEMS])[:-1] + f", … {len(items):,} items in all]")
    if len(table) > _SHOWN_ITEMS:
        first = dict(islice(table.items(), _SHOWN_ITEMS))
        return _cut(repr(first)[:-1] + f", … {len(table):,} entries in all}}")
    return _cut(repr(cast("object", value)))


def _cut(text: str) -> str:
    if len(text) <= SHOWN:
        return text
    end = text[len(text) - 100 :]
    return f"{text[: SHOWN - 100]}\n[… {len(text) - SHOWN:,} characters left out …]\n{end}"
