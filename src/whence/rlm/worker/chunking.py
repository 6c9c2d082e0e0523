r"""Cutting a document into pieces that together are the whole, without cutting through what belongs together.

Pieces end at the end of a line, a paragraph or an item; only one that is longer than the size is cut. Nothing
is lost and nothing is doubled, so that what is counted in the pieces can be added up.

>>> chunk("one\ntwo\nthree\n", size=8)
['one\ntwo\n', 'three\n']
>>> chunk("Q: a\nA: b\nQ: c\nA: d\n", size=10, by=r"Q:")
['Q: a\nA: b\n', 'Q: c\nA: d\n']
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Final, Protocol, Self, TypeAlias, cast

from whence.rlm.worker.packing import text_of
from whence.rlm.worker.replies import FailedCall
from whence.rlm.worker.text import Context

By: TypeAlias = "str | re.Pattern[str] | Callable[[str], object]"


class Sliceable(Protocol):
    """Text, in memory or not."""

    def __len__(self) -> int: ...
    def __getitem__(self, key: slice) -> Self: ...
    def find(self, sub: str, start: int = ..., end: int = ..., /) -> int:
        """Find the first."""
        ...

    def rfind(self, sub: str, start: int = ..., end: int = ..., /) -> int:
        """Find the last."""
        ...


Ends: TypeAlias = Callable[[int, int], int]
"""Where a piece that begins at the first place ends, at the second at most; the first place if nowhere."""

_NAMES: Final = ("lines", "paragraphs", "characters", "items")
_ITEMS: Final = (
    r"^#{1,6} ",
    r"^\s{0,3}(?:[-*•]|\(?\d{1,6}[.):])\s",
    r"^\[?\d{4}-\d\d-\d\d",
    r"^(?:Q|Question|Item|Entry|Record|Date|User|ID|From|Title|Document)\b[^\n:]{0,30}:",
)
_LOOKED_AT: Final = 200_000


def chunk(doc: object, size: int = 20_000, by: By = "lines", overlap: int = 0) -> list[object]:
    """Cut `doc` into pieces of at most `size` characters that together are the whole.

    by: "lines", "paragraphs", "characters", "items" (a new item begins at a heading, a bullet, a number or a
    date), a regular expression or a function of a line that tells where an item begins. Pieces end where a
    unit ends; only a unit longer than `size` is cut. overlap: so many characters of whole lines are repeated
    at the start of the next piece. A list is cut into lists of items.
    """
    if isinstance(doc, FailedCall):
        raise doc.cause()
    _check(size, overlap)
    if isinstance(doc, list | tuple):
        if overlap:
            raise ValueError("chunk cuts a list without overlap")
        return list(_grouped(cast("Sequence[object]", doc), size))
    if not isinstance(doc, str | Context):
        raise TypeError(f"chunk takes text, a document or a list of items, not {type(doc).__name__}")
    text = cast("Sliceable", doc)
    ends, lines = _rule(text, by)
    return [text[start:end] for start, end in _cuts(text, size, overlap, ends, lines=lines)]


def _check(size: object, overlap: object) -> None:
    if not isinstance(size, int) or isinstance(size, bool) or size < 1:
        raise ValueError(f"chunk takes its size in characters, 1 or more, not {size!r}")
    if not isinstance(overlap, int) or isinstance(overlap, bool) or not 0 <= overlap < size:
        raise ValueError(f"chunk takes an overlap from 0 to less than its size, not {overlap!r}")


def _grouped(items: Sequence[object], size: int) -> Iterator[list[object]]:
    group: list[object] = []
    total = 0
    for place, item in enumerate(items):
        length = len(text_of(item, f"chunk: item {place}"))
        if group and total + length > size:
            yield group
            group, total = [], 0
        group.append(item)
        total += length
    if group:
        yield group


def _rule(text: Sliceable, by: By) -> tuple[Ends, bool]:
    """How pieces end, and whether an overlap keeps lines whole."""
    name = by if isinstance(by, str) else ""
    if name and name not in _NAMES and f"{name}s" in _NAMES:
        name = f"{name}s"
    match name:
        case "lines":
            return lambda start, most: _after(text, ("\n",), start, most), True
        case "paragraphs":
            return lambda start, most: _after(text, ("\n\n", "\n"), start, most), True
        case "characters":
            return lambda _, most: most, False
        case "items":
            return _item_ends(text, _starts(text, _guessed(text))), True
        case _:
            if name.isalpha() and name.islower():
                raise ValueError(
                    f"chunk cuts by {', '.join(_NAMES)}, or a regular expression for the start of an item; "
                    f"not {by!r}"
                )
            return _item_ends(text, _starts(text, by)), True


def _after(text: Sliceable, marks: Sequence[str], start: int, most: int) -> int:
    """The place behind the last mark between; the weaker marks where the stronger is not there."""
    for mark in marks:
        at = text.rfind(mark, start, most)
        if at >= 0:
            return at + len(mark)
    return start


def _item_ends(text: Sliceable, starts: Sequence[int]) -> Ends:
    """Pieces end where an item begins; an item that is too long, at the end of a line."""
    from_here = 0

    def ends(start: int, most: int) -> int:
        nonlocal from_here
        while from_here < len(starts) and starts[from_here] <= start:
            from_here += 1
        last = start
        ahead = from_here
        while ahead < len(starts) and starts[ahead] <= most:
            last = starts[ahead]
            ahead += 1
        from_here = ahead
        return last if last > start else _after(text, ("\n",), start, most)

    return ends


def _starts(text: Sliceable, by: By | None) -> list[int]:
    """Where items begin, in order."""
    if by is None:
        return list(_line_starts(text))
    if callable(by):
        lines = list(_line_starts(text))
        ends = [*lines[1:], len(text)]
        return [
            start for start, end in zip(lines, ends, strict=True) if by(str(text[start:end]).rstrip("\n"))
        ]
    try:
        found = re.finditer(by, cast("str", text), 0 if isinstance(by, re.Pattern) else re.MULTILINE)
    except re.error as error:
        raise ValueError(f"chunk: {by!r} is no regular expression: {error}") from None
    starts = sorted({match.start() for match in found})
    if not starts:
        raise ValueError(
            f"chunk: nothing in the document matches {by!r}; look at its first lines, or cut by 'lines'"
        )
    return starts


def _line_starts(text: Sliceable) -> Iterator[int]:
    at = 0
    length = len(text)
    while at < length:
        yield at
        end = text.find("\n", at)
        if end < 0:
            return
        at = end + 1


def _guessed(text: Sliceable) -> str | None:
    """The pattern by which most items of the beginning start; None where lines are the items."""
    beginning = str(text[:_LOOKED_AT])
    counts = [(len(re.findall(pattern, beginning, re.MULTILINE)), pattern) for pattern in _ITEMS]
    count, pattern = max(counts, key=lambda pair: pair[0])
    return pattern if count >= 2 else None


def _cuts(text: Sliceable, size: int, overlap: int, ends: Ends, *, lines: bool) -> Iterator[tuple[int, int]]:
    length = len(text)
    start = 0  # of the piece
    reached = 0  # up to where pieces have covered the text
    while reached < length:
        most = start + size
        if most >= length:
            end = length
        else:
            end = ends(reached, most)
            if end <= reached:  # one unit is longer than a piece
                end = most
        yield start, end
        reached = end
        start = _back(text, start, end, overlap, lines=lines) if overlap and end < length else end


def _back(text: Sliceable, start: int, end: int, overlap: int, *, lines: bool) -> int:
    """Where the next piece begins so that it repeats at most `overlap` characters, in whole lines."""
    back = max(start + 1, end - overlap)
    if not lines:
        return back
    at = text.find("\n", back - 1, end)
    return at + 1 if at >= 0 else end
