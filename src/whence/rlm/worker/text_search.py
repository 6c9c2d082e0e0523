"""Looking for text in a text that is not held in memory.

What is looked for is looked for as bytes, block by block: valid UTF-8 begins with a byte that begins a
character wherever it stands, so bytes are found exactly where the characters are. One character is not so: a
U+FFFD may stand for bytes that are no UTF-8, and is looked for in the decoded text.
"""

from __future__ import annotations

import operator
from abc import abstractmethod
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, SupportsIndex

from whence.rlm.worker.text_index import Source

if TYPE_CHECKING:
    from whence.rlm.worker.text import Context, Text


class Searchable:
    """The methods of a `str` that look for something, or cut at what they find."""

    __slots__ = ("source", "start", "stop")
    source: Source
    start: int
    stop: int

    @property
    @abstractmethod
    def first(self) -> int:
        """How many characters of the document stand before."""

    @abstractmethod
    def __len__(self) -> int: ...

    @abstractmethod
    def pieces(self) -> Iterator[str]:
        """The text in pieces."""

    @abstractmethod
    def between(self, start: int, stop: int) -> Context:
        """The part between two borders, given as bytes of the document."""

    @abstractmethod
    def whole(self, what: str = "str()") -> str:
        """All of it as a real `str`, if that is not too large."""

    @abstractmethod
    def characters(self, start: int, stop: int) -> Text | Context:
        """The part between two positions in characters."""

    # ── looking for something ───────────────────────────────────────────────────────────────────────────────

    def __contains__(self, sub: object) -> bool:
        if not isinstance(sub, str | Searchable):
            raise TypeError(f"'in <string>' requires string as left operand, not {type(sub).__name__}")
        return self.find(plain(sub)) >= 0

    def find(
        self, sub: str | Context, start: SupportsIndex | None = None, end: SupportsIndex | None = None
    ) -> int:
        """The lowest position of `sub`, or -1."""
        return self._look(plain(sub), start, end, self.source.find, last=False)

    def rfind(
        self, sub: str | Context, start: SupportsIndex | None = None, end: SupportsIndex | None = None
    ) -> int:
        """The highest position of `sub`, or -1."""
        return self._look(plain(sub), start, end, self.source.rfind, last=True)

    def index(
        self, sub: str | Context, start: SupportsIndex | None = None, end: SupportsIndex | None = None
    ) -> int:
        """Like `find`, but a ValueError if there is none."""
        return _found(self.find(sub, start, end))

    def rindex(
        self, sub: str | Context, start: SupportsIndex | None = None, end: SupportsIndex | None = None
    ) -> int:
        """Like `rfind`, but a ValueError if there is none."""
        return _found(self.rfind(sub, start, end))

    def count(
        self, sub: str | Context, start: SupportsIndex | None = None, end: SupportsIndex | None = None
    ) -> int:
        """How often `sub` occurs without overlaps."""
        sub, bounds = plain(sub), self._bounds(start, end)
        if bounds is None:
            return 0
        if not sub:
            return len(self.between(*bounds)) + 1
        if (needle := _needle(sub)) is not None:
            return self.source.count(needle, *bounds)
        return sum(1 for _ in _occurrences(self.between(*bounds).pieces(), sub, len(sub)))

    def startswith(
        self,
        prefix: str | tuple[str, ...],
        start: SupportsIndex | None = None,
        end: SupportsIndex | None = None,
    ) -> bool:
        """Whether it begins with `prefix`, or one of them."""
        wanted, bounds = _affixes(prefix, "startswith"), self._bounds(start, end)
        if bounds is None:
            return False
        view = self.between(*bounds)
        return any(_starts(view, text) for text in wanted)

    def endswith(
        self,
        suffix: str | tuple[str, ...],
        start: SupportsIndex | None = None,
        end: SupportsIndex | None = None,
    ) -> bool:
        """Whether it ends with `suffix`, or one of them."""
        wanted, bounds = _affixes(suffix, "endswith"), self._bounds(start, end)
        if bounds is None:
            return False
        view = self.between(*bounds)
        return any(not text or (len(text) <= len(view) and view[-len(text) :] == text) for text in wanted)

    def _bounds(self, start: SupportsIndex | None, end: SupportsIndex | None) -> tuple[int, int] | None:
        """The bytes between two positions, which may be negative or beyond; None if they are crossed."""
        if start is None and end is None:
            return self.start, self.stop
        count = len(self)
        low = 0 if start is None else operator.index(start)
        high = count if end is None else operator.index(end)
        low = max(0, low + count) if low < 0 else low
        high = max(0, high + count) if high < 0 else min(high, count)
        if low > high:
            return None
        return self.source.byte_at(self.first + low), self.source.byte_at(self.first + high)

    def _look(
        self,
        sub: str,
        start: SupportsIndex | None,
        end: SupportsIndex | None,
        search: Callable[[bytes, int, int], int],
        *,
        last: bool,
    ) -> int:
        bounds = self._bounds(start, end)
        if bounds is None:
            return -1
        low, high = bounds
        if not sub:
            return self.source.character_at(high if last else low) - self.first
        needle = _needle(sub)
        if needle is not None:
            at = search(needle, low, high)
            return at if at < 0 else self.source.character_at(at) - self.first
        hits = _occurrences(self.between(low, high).pieces(), sub, 1)
        hit = max(hits, default=-1) if last else next(hits, -1)
        return hit if hit < 0 else hit + self.source.character_at(low) - self.first

    # ── parts of it ─────────────────────────────────────────────────────────────────────────────────────────

    def strip(self, chars: str | None = None) -> str | Context:
        """Without white space (or `chars`) at both ends."""
        return self._stripped(chars, left=True, right=True)

    def lstrip(self, chars: str | None = None) -> str | Context:
        """Without white space (or `chars`) at the beginning."""
        return self._stripped(chars, left=True, right=False)

    def rstrip(self, chars: str | None = None) -> str | Context:
        """Without white space (or `chars`) at the end."""
        return self._stripped(chars, left=False, right=True)

    def _stripped(self, chars: str | None, *, left: bool, right: bool) -> str | Context:
        low, high = 0, len(self)
        for piece in self.pieces() if left else ():
            kept = piece.lstrip(chars)
            low += len(piece) - len(kept)
            if kept:
                break
        stop = self.stop
        while right and high > low:
            start = max(self.start, self.source.cut(stop - max(4, self.source.sizes.piece)))
            piece = self.source.decode(start, stop)
            kept = piece.rstrip(chars)
            high -= len(piece) - len(kept)
            if kept:
                break
            stop = start
        return self.characters(low, max(low, high))

    def partition(self, sep: str) -> tuple[str | Context, str, str | Context]:
        """What is before the first `sep`, `sep`, what is after it."""
        at = self.find(_separator(sep))
        if at < 0:
            return self.between(self.start, self.stop), "", ""
        return self.characters(0, at), sep, self.characters(at + len(sep), len(self))

    def rpartition(self, sep: str) -> tuple[str | Context, str, str | Context]:
        """What is before the last `sep`, `sep`, what is after it."""
        at = self.rfind(_separator(sep))
        if at < 0:
            return "", "", self.between(self.start, self.stop)
        return self.characters(0, at), sep, self.characters(at + len(sep), len(self))

    def removeprefix(self, prefix: str, /) -> str | Context:
        """Without `prefix`, if it begins with that."""
        return self.characters(len(prefix) if self.startswith(prefix) else 0, len(self))

    def removesuffix(self, suffix: str, /) -> str | Context:
        """Without `suffix`, if it ends with that."""
        stop = len(self) - len(suffix) if suffix and self.endswith(suffix) else len(self)
        return self.characters(0, stop)

    def isascii(self) -> bool:
        """Whether it is ASCII throughout."""
        return all(self.source.read(*piece).isascii() for piece in self.source.pieces(self.start, self.stop))


def plain(text: str | Searchable) -> str:
    """The real `str` that is given or meant."""
    if isinstance(text, Searchable):
        return text.whole()
    if not isinstance(text, str):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError(f"must be str, not {type(text).__name__}")
    return text


def _starts(view: Searchable, text: str) -> bool:
    low = view.source.byte_at(view.first + len(text))
    return low <= view.stop and view.between(view.start, low) == text


def _found(position: int) -> int:
    if position < 0:
        raise ValueError("substring not found")
    return position


def _separator(sep: str) -> str:
    if not plain(sep):
        raise ValueError("empty separator")
    return sep


def _affixes(given: str | tuple[str, ...], method: str) -> tuple[str, ...]:
    given = given if isinstance(given, tuple) else (given,)
    if not all(isinstance(text, str) for text in given):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError(f"{method} first arg must be str or a tuple of str")
    return given


def _needle(sub: str) -> bytes | None:
    # A U+FFFD may stand for bytes that are no UTF-8: then the characters must be searched, not the bytes.
    # A lone surrogate is in no decoded text, and is not found there.
    if "\ufffd" in sub:
        return None
    try:
        return sub.encode()
    except UnicodeEncodeError:
        return None


def _occurrences(pieces: Iterator[str], sub: str, step: int) -> Iterator[int]:
    """Where `sub` stands in the joined pieces; after one, the search goes on `step` characters later."""
    held, base, after = "", 0, 0
    for piece in pieces:
        held += piece
        while (hit := held.find(sub, max(0, after - base))) >= 0:
            yield base + hit
            after = base + hit + step
        gone = max(0, len(held) - len(sub) + 1)
        held, base = held[gone:], base + gone
