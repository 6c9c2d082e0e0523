r"""The lines of a text that is not held in memory, found when they are asked for.

Only "\n" ends a line ("\r" before it stays in the line), and an end of line at the end of the text begins no
further line, as when a file is read line by line. Lines are numbered from 0 here, as items of a list are.

>>> from whence.rlm.worker.text import Context
>>> lines = Context.of("one\ntwo\r\nthree\n").lines
>>> len(lines), lines[1], lines[-1], lines[:2]
(3, 'two\r', 'three', ['one', 'two\r'])
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, SupportsIndex, cast, overload

from whence.rlm.worker.text_index import Source

if TYPE_CHECKING:
    from whence.rlm.worker.text import Context


def blocks_of_lines(source: Source, start: int, stop: int) -> Iterator[tuple[int, int]]:
    """The bytes from a line's start to `stop` in blocks of whole lines; a line longer than a block is one."""
    while start < stop:
        end = start + source.sizes.piece
        if end >= stop:
            end = stop
        else:
            end = source.rfind(b"\n", start, end) + 1 or source.find(b"\n", end, stop) + 1 or stop
        yield start, end
        start = end


class Lines(Sequence["str | Context"]):
    """Lines: an item is a `str`, a slice a list of them (beyond 32 MB a `Context`, and lines found later)."""

    __slots__ = ("_before", "_view")

    def __init__(self, view: Context) -> None:
        self._view = view
        self._before: int | None = None

    @property
    def _first(self) -> int:
        # The number of the line break that ends line 0.
        if self._before is None:
            self._before = self._view.source.line_breaks_before(self._view.start)
        return self._before

    def __len__(self) -> int:
        view = self._view
        if view.start == view.stop:
            return 0
        breaks = view.source.line_breaks_before(view.stop) - self._first
        return breaks + (view.source.read(view.stop - 1, view.stop) != b"\n")

    @overload
    def __getitem__(self, key: SupportsIndex) -> str | Context: ...
    @overload
    def __getitem__(self, key: slice) -> Sequence[str | Context]: ...
    def __getitem__(self, key: SupportsIndex | slice) -> str | Context | Sequence[str | Context]:
        if isinstance(key, slice):
            chosen = range(len(self))[key]
            return self._run(chosen) if chosen.step == 1 and chosen else [self[number] for number in chosen]
        number = range(len(self))[key]
        start, after = self._begin(number), self._begin(number + 1)
        if self._view.source.read(after - 1, after) == b"\n":
            after -= 1
        return self._text(start, after)

    def _run(self, numbers: range) -> Sequence[str | Context]:
        start, stop = self._begin(numbers[0]), self._begin(numbers[-1] + 1)
        lines = Lines(self._view.between(start, stop))
        return list(lines) if stop - start <= self._view.source.sizes.real else lines

    def _begin(self, number: int) -> int:
        if number == 0:
            return self._view.start
        return min(self._view.source.after_break(self._first + number - 1), self._view.stop)

    def _text(self, start: int, stop: int) -> str | Context:
        source = self._view.source
        return (
            source.decode(start, stop)
            if stop - start <= source.sizes.real
            else self._view.between(start, stop)
        )

    def __iter__(self) -> Iterator[str | Context]:
        source = self._view.source
        for start, stop in blocks_of_lines(source, self._view.start, self._view.stop):
            ended = source.read(stop - 1, stop) == b"\n"
            if stop - start <= source.sizes.piece:
                yield from source.decode(start, stop - ended).split("\n")
            else:
                yield self._text(start, stop - ended)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Lines | list):
            return NotImplemented
        theirs = cast("Sequence[object]", other)
        return len(self) == len(theirs) and all(a == b for a, b in zip(self, theirs, strict=True))

    __hash__ = None  # pyright: ignore[reportAssignmentType]

    def __repr__(self) -> str:
        count = len(self)
        shown = ", ".join(
            repr(line if isinstance(line, str) and len(line) < 200 else line[:200]) for line in self[:3]
        )
        return f"<{count:,} lines: [{shown}{', …' if count > 3 else ''}]>"
