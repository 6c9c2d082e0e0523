r"""The bytes of one document, and where its characters and lines are.

A document is UTF-8, mapped and never read as a whole; characters are what `bytes.decode("utf-8", "replace")`
makes of it, whatever it holds. Decoding in pieces gives the same as decoding at once if no piece begins
inside a character, and a byte begins one unless it is a continuation byte (10xxxxxx) with a byte that is
none among the three before it. So the bytes are cut in blocks at such borders, and the characters of each
block counted when they are first needed: one that has as many as bytes needs no decoding to find one.

>>> source = Source("naïve\nплан".encode(), name="notes")
>>> source.byte_at(7), source.character_at(9), source.line_breaks_before(7)
(9, 7, 1)
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from mmap import mmap

MB = 1 << 20


class TooLarge(ValueError):
    """Text of this size is not made; the message names what to do instead."""

    def __init__(self, what: str, size: int, limit: int) -> None:
        super().__init__(
            f"{what} would make a text of {size:,} bytes; at most {limit:,} are made at once. "
            "Use grep(pattern), chunk(context), context.lines, or slices such as context[0:1_000_000]."
        )


@dataclass(frozen=True, slots=True)
class Sizes:
    """In bytes: a block of the index (at least 4), a piece read at once, the largest real `str` that a
    document or a slice is, and the largest that is made when a method needs the whole.
    """

    block: int = 32 << 10
    piece: int = 256 << 10
    real: int = 32 * MB
    whole: int = 256 * MB


SIZES = Sizes()


class Source:
    """The bytes of document number `document`, called `name`: `size` of them from `start` in `data`."""

    __slots__ = ("_ascii", "_breaks", "_characters", "_near", "_view", "document", "name", "size", "sizes")

    def __init__(
        self,
        data: mmap | bytes,
        start: int = 0,
        size: int | None = None,
        *,
        name: str = "text",
        document: int | None = None,
        sizes: Sizes = SIZES,
    ) -> None:
        self._view = memoryview(data)[start : len(data) if size is None else start + size]
        self.size = len(self._view)
        self.name = name
        self.document = document
        self.sizes = sizes
        self._characters = array("q", [0])  # how many before the border of each block
        self._breaks = array("q", [0])  # how many line breaks before each block
        self._ascii = True
        self._near: tuple[int, list[int]] = (-1, [])  # a block, and where the line after each break begins

    # ── bytes ───────────────────────────────────────────────────────────────────────────────────────────────

    def read(self, start: int, stop: int) -> bytes:
        """The bytes from `start` to `stop`."""
        return bytes(self._view[start:stop])

    def view(self, start: int, stop: int) -> memoryview:
        """The same without a copy."""
        return self._view[start:stop]

    def decode(self, start: int, stop: int) -> str:
        """The characters between two borders."""
        return str(self._view[start:stop], "utf-8", "replace")

    def find(self, needle: bytes, start: int, stop: int) -> int:
        """Where `needle` first stands between `start` and `stop`, or -1."""
        overlap = len(needle) - 1
        for at in range(start, stop - overlap, self.sizes.piece):
            hit = self.read(at, min(stop, at + self.sizes.piece + overlap)).find(needle)
            if hit >= 0:
                return at + hit
        return -1

    def rfind(self, needle: bytes, start: int, stop: int) -> int:
        """Where `needle` last stands between `start` and `stop`, or -1."""
        overlap = len(needle) - 1
        end = stop
        while end - overlap > start:
            begin = max(start, end - overlap - self.sizes.piece)
            hit = self.read(begin, end).rfind(needle)
            if hit >= 0:
                return begin + hit
            end = begin + overlap
        return -1

    def count(self, needle: bytes, start: int, stop: int) -> int:
        """How often `needle` stands between `start` and `stop`, without overlaps, from the left."""
        overlap = len(needle) - 1
        if not _overlaps_itself(needle):
            step = self.sizes.piece
            windows = ((at, min(stop, at + step + overlap)) for at in range(start, stop - overlap, step))
            return sum(self.read(begin, end).count(needle) for begin, end in windows)
        found, at = 0, start
        while at + overlap < stop:
            end = min(stop, at + self.sizes.piece + overlap)
            window, hit, after = self.read(at, end), 0, 0
            while (hit := window.find(needle, after)) >= 0:
                found, after = found + 1, hit + len(needle)
            at = max(at + after, end - overlap)
        return found

    # ── characters ──────────────────────────────────────────────────────────────────────────────────────────

    def cut(self, position: int) -> int:
        """The border of a character at `position`, or up to three bytes before it."""
        if not 0 < position < self.size:
            return max(0, min(position, self.size))
        for at in range(position, max(position - 4, -1), -1):
            if self._view[at] & 0xC0 != 0x80:
                return at
        return position

    def pieces(self, start: int, stop: int, size: int | None = None) -> Iterator[tuple[int, int]]:
        """The bytes between two borders in pieces cut at borders, as (from, to)."""
        step = max(4, size or self.sizes.piece)
        while start < stop:
            end = stop if stop - start <= step else self.cut(start + step)
            yield start, end
            start = end

    @property
    def characters(self) -> int:
        """How many characters there are; counts them all."""
        while self._count_block():
            pass
        return self._characters[-1]

    def byte_at(self, character: int) -> int:
        """The border before the character of this number, or the end."""
        while self._characters[-1] <= character and self._count_block():
            pass
        counts = self._characters
        if character >= counts[-1]:
            return self.size
        block = bisect_right(counts, character) - 1
        low, high = self.cut(block * self.sizes.block), self.cut((block + 1) * self.sizes.block)
        wanted = character - counts[block]
        if counts[block + 1] - counts[block] == high - low:
            return low + wanted
        while wanted and high - low > 8:
            middle = self.cut((low + high) // 2)
            half = len(self.decode(low, middle))
            if half <= wanted:
                low, wanted = middle, wanted - half
            else:
                high = middle
        for _ in range(wanted):
            low += self.width(low)
        return low

    def character_at(self, border: int) -> int:
        """How many characters stand before a border."""
        if border >= self.size:
            return self.characters
        block = border // self.sizes.block
        while len(self._characters) <= block + 1 and self._count_block():
            pass
        low, high = self.cut(block * self.sizes.block), self.cut((block + 1) * self.sizes.block)
        counts = self._characters
        if border >= high:
            return counts[block + 1] + len(self.decode(high, border))
        if counts[block + 1] - counts[block] == high - low:
            return counts[block] + border - low
        return counts[block] + len(self.decode(low, border))

    def width(self, border: int) -> int:
        """How many bytes the character at a border has."""
        for width in (4, 3, 2):
            if border + width <= self.size and len(self.decode(border, border + width)) == 1:
                return width
        return 1

    def _count_block(self) -> bool:
        block = len(self._characters) - 1
        low = self.cut(block * self.sizes.block)
        if low >= self.size:
            return False
        piece = self.read(low, self.cut((block + 1) * self.sizes.block))
        if piece.isascii():
            count = len(piece)
        else:
            self._ascii = False
            count = len(piece.decode("utf-8", "replace"))
        self._characters.append(self._characters[-1] + count)
        return True

    # ── lines ───────────────────────────────────────────────────────────────────────────────────────────────

    def line_breaks_before(self, position: int) -> int:
        r"""How many "\n" stand before a byte."""
        block = min(position, self.size) // self.sizes.block
        while len(self._breaks) <= block and self._count_breaks():
            pass
        begin = block * self.sizes.block
        return self._breaks[block] + self.read(begin, position).count(b"\n")

    def after_break(self, number: int) -> int:
        r"""The byte after the "\n" of this number, from 0; the end if there are not so many."""
        while self._breaks[-1] <= number and self._count_breaks():
            pass
        if number >= self._breaks[-1]:
            return self.size
        block = bisect_right(self._breaks, number) - 1
        if self._near[0] != block:
            begin = block * self.sizes.block
            parts = self.read(begin, begin + self.sizes.block).split(b"\n")
            self._near = (block, list(accumulate((len(part) + 1 for part in parts), initial=begin)))
        return self._near[1][number - self._breaks[block] + 1]

    def _count_breaks(self) -> bool:
        begin = (len(self._breaks) - 1) * self.sizes.block
        if begin >= self.size:
            return False
        count = self.read(begin, begin + self.sizes.block).count(b"\n")
        self._breaks.append(self._breaks[-1] + count)
        return True


def _overlaps_itself(needle: bytes) -> bool:
    # Long needles are rare and the way without this knowledge is right too.
    return len(needle) > 1_000 or any(needle[:k] == needle[-k:] for k in range(1, len(needle)))
