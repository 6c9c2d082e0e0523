r"""Text of any size that behaves like a `str` and is not read before it is used.

A document of up to 32 MB is a `Text`, which is a `str`. A larger one is a `Context`: it has the methods of a
`str`, with positions in characters, and looks at the mapped file block by block. A slice of either knows its
`part`, by which a sub-call is given that part of the document without sending it through the worker again.
What must make a new text as large as the whole (`upper`, `split`, `replace`) does so up to 256 MB and raises
`TooLarge` beyond. Bytes that are not UTF-8 read as U+FFFD, as by `bytes.decode("utf-8", "replace")`.

>>> context = Context.of("Über allen Gipfeln\nIst Ruh,\n")
>>> len(context), context[:4], context.find("Ist"), context[-5:-2], "Ruh" in context
(28, 'Über', 19, 'Ruh', True)
"""

from __future__ import annotations

import operator
import re
from abc import ABCMeta
from collections.abc import Callable, Iterator, Sequence
from functools import total_ordering
from typing import SupportsIndex, TypeAlias, cast, overload

from whence.rlm.worker.text_index import SIZES, Sizes, Source, TooLarge
from whence.rlm.worker.text_lines import Lines
from whence.rlm.worker.text_search import Searchable, plain

__all__ = ["Context", "Text", "TooLarge"]

Part: TypeAlias = "dict[str, int]"


class Text(str):
    """A document, or a part of one, as a real `str`: `name` and number of the `document`, and its `part`.

    Only slices without a step keep this; every other method gives a plain `str`.
    """

    __slots__ = ("__weakref__", "_first", "_source")
    _source: Source
    _first: int

    def __new__(cls, text: str, source: Source, first: int = 0) -> Text:
        """Make it of `text`, which begins at character `first` of the source."""
        made = super().__new__(cls, text)
        made._source = source
        made._first = first
        return made

    @property
    def name(self) -> str:
        """The document's name."""
        return self._source.name

    @property
    def document(self) -> int | None:
        """The document's number in `docs`."""
        return self._source.document

    @property
    def view(self) -> Context:
        """The same text as a `Context`."""
        source = self._source
        return Context(
            source, source.byte_at(self._first), source.byte_at(self._first + len(self)), self._first
        )

    @property
    def part(self) -> Part | None:
        """Which bytes of which document this is."""
        return self.view.part

    @property
    def lines(self) -> Lines:
        """Its lines, see `Context.lines`."""
        return self.view.lines

    def line_at(self, position: int) -> int:
        """Which of `lines` the character at `position` is in."""
        return self.view.line_at(position)

    def __copy__(self) -> Text:
        return self

    def __deepcopy__(self, memo: object) -> Text:
        return self

    def __reduce__(self) -> tuple[type[str], tuple[str]]:
        return str, (str(self),)

    def __getitem__(self, key: SupportsIndex | slice) -> str:
        found = super().__getitem__(key)
        if isinstance(key, slice):
            chosen = range(len(self))[key]
            if chosen.step == 1:
                return Text(found, self._source, self._first + chosen.start)
        return found


@total_ordering
class Context(Searchable):
    """Text that is too large to hold: the bytes of a document from `start` to `stop`, read as characters.

    Use it as a `str`. `context.lines` are its lines, `context[a:b]` a part of it (a real `str` up to 32 MB).
    """

    __slots__ = ("_hash", "_known_first", "_known_length")

    def __init__(
        self, source: Source, start: int = 0, stop: int | None = None, first: int | None = None
    ) -> None:
        self.source = source
        self.start = start
        self.stop = source.size if stop is None else stop
        self._known_first = 0 if start == 0 else first
        self._known_length: int | None = None
        self._hash: int | None = None

    @classmethod
    def of(cls, text: str, *, name: str = "text", sizes: Sizes = SIZES) -> Context:
        """Any text as a `Context`; a lone surrogate becomes U+FFFD."""
        try:
            encoded = text.encode()
        except UnicodeEncodeError:
            encoded = re.sub("[\ud800-\udfff]", "\ufffd", text).encode()
        return cls(Source(encoded, name=name, sizes=sizes))

    # ── what it is ──────────────────────────────────────────────────────────────────────────────────────────

    @property
    def name(self) -> str:
        """The document's name."""
        return self.source.name

    @property
    def document(self) -> int | None:
        """The document's number in `docs`."""
        return self.source.document

    @property
    def part(self) -> Part | None:
        """Which bytes of which document this is; None if it is no part of one."""
        if self.source.document is None:
            return None
        return {"document": self.source.document, "start": self.start, "end": self.stop}

    @property
    def bytes(self) -> int:
        """How many bytes of UTF-8 it is."""
        return self.stop - self.start

    @property
    def lines(self) -> Lines:
        r"""Its lines, a lazy list of them without their "\n"."""
        return Lines(self)

    def line_at(self, position: int) -> int:
        """Which of `lines` the character at `position` is in: `context.lines[context.line_at(position)]`."""
        at = self.source.byte_at(self.first + range(len(self) + 1)[position])
        return self.source.line_breaks_before(at) - self.source.line_breaks_before(self.start)

    @property
    def first(self) -> int:
        """How many characters of the document stand before."""
        if self._known_first is None:
            self._known_first = self.source.character_at(self.start)
        return self._known_first

    def pieces(self) -> Iterator[str]:
        """The text in pieces of about 256 KB."""
        for start, stop in self.source.pieces(self.start, self.stop):
            yield self.source.decode(start, stop)

    def between(self, start: int, stop: int) -> Context:
        """The part between two borders, given as bytes of the document."""
        return Context(self.source, start, stop)

    def whole(self, what: str = "str()") -> str:
        """All of it as a real `str`, if that is not too large."""
        limit = self.source.sizes.whole
        if self.bytes > limit:
            raise TooLarge(f"{what} of {self.name!r}", self.bytes, limit)
        key = (self.source, self.start, self.stop)
        if key not in _LAST:
            text = self.source.decode(self.start, self.stop)
            if self.bytes <= self.source.sizes.real:
                return text
            _LAST.clear()
            _LAST[key] = text
        return _LAST[key]

    # ── as a sequence of characters ─────────────────────────────────────────────────────────────────────────

    def __len__(self) -> int:
        if self._known_length is None:
            self._known_length = self.source.character_at(self.stop) - self.first
        return self._known_length

    def __bool__(self) -> bool:
        return self.stop > self.start

    def __iter__(self) -> Iterator[str]:
        for piece in self.pieces():
            yield from piece

    @overload
    def __getitem__(self, key: SupportsIndex) -> str: ...
    @overload
    def __getitem__(self, key: slice) -> str | Context: ...
    def __getitem__(self, key: SupportsIndex | slice) -> str | Context:
        if not isinstance(key, slice):
            at = self.source.byte_at(self.first + self._number(operator.index(key)))
            return self.source.decode(at, at + self.source.width(at))
        chosen = range(len(self))[key]
        if chosen.step != 1:
            return self._stepped(chosen)
        return self.characters(chosen.start, max(chosen.start, chosen.stop))

    def _number(self, index: int) -> int:
        if not -len(self) <= index < len(self):
            raise IndexError("string index out of range")
        return index % len(self)

    def characters(self, start: int, stop: int) -> Text | Context:
        """The part between two positions, a real `str` if that is not too large."""
        source, first = self.source, self.first + start
        low, high = source.byte_at(first), source.byte_at(self.first + stop)
        if high - low > source.sizes.real:
            return Context(source, low, high, first)
        return Text(source.decode(low, high), source, first)

    def _stepped(self, chosen: range) -> str:
        if not chosen:
            return ""
        if len(chosen) > self.source.sizes.whole:
            raise TooLarge(f"A slice with a step of {self.name!r}", len(chosen), self.source.sizes.whole)
        step, low, high = abs(chosen.step), min(chosen[0], chosen[-1]), max(chosen[0], chosen[-1]) + 1
        span = self.between(self.source.byte_at(self.first + low), self.source.byte_at(self.first + high))
        parts: list[str] = []
        skip = 0
        for piece in span.pieces():
            parts.append(piece[skip::step])
            skip = (skip - len(piece)) % step
        text = "".join(parts)
        return text if chosen.step > 0 else text[::-1]

    # ── what needs the whole ────────────────────────────────────────────────────────────────────────────────

    def encode(self, encoding: str = "utf-8", errors: str = "strict") -> bytes:
        """The whole as bytes, up to 256 MB."""
        return self.whole("encode()").encode(encoding, errors)

    def __getattr__(self, name: str) -> Callable[..., object]:
        # Every other method of a `str` works on the whole, or says that it is too large.
        if name.startswith("__") or not hasattr(str, name):
            raise AttributeError(
                f"'Context' has no attribute {name!r}; it has those of a str, and: lines, part"
            )

        def method(*args: object, **kwargs: object) -> object:
            found: Callable[..., object] = getattr(self.whole(f"{name}()"), name)
            return found(*args, **kwargs)

        return method

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *(name for name in dir(str) if not name.startswith("__"))})

    def __str__(self) -> str:
        return self.whole()

    def __format__(self, form: str) -> str:
        return format(self.whole("A formatted text"), form)

    def __add__(self, other: str | Context) -> str:
        return self.whole("A sum") + plain(other)

    def __radd__(self, other: str) -> str:
        return other + self.whole("A sum")

    def __mul__(self, times: SupportsIndex) -> str:
        count = max(operator.index(times), 0)
        if self.bytes * count > self.source.sizes.whole:
            raise TooLarge(f"A product of {self.name!r}", self.bytes * count, self.source.sizes.whole)
        return self.whole("A product") * count

    __rmul__ = __mul__

    def __mod__(self, values: object) -> str:
        return self.whole("%") % values

    # ── comparing ───────────────────────────────────────────────────────────────────────────────────────────

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, str | Context):
            return NotImplemented
        return self is other or self._order(other) == 0

    def __lt__(self, other: str | Context) -> bool:
        return self._order(other) < 0

    def __hash__(self) -> int:
        if self._hash is None:
            if self.bytes <= self.source.sizes.whole:
                self._hash = hash(self.whole("hash()"))
            else:  # equal texts have equal ends
                self._hash = hash((len(self), str(self[:16]), str(self[-16:])))
        return self._hash

    def _order(self, other: str | Context) -> int:
        at = 0
        for piece in self.pieces():
            theirs = str(other[at : at + len(piece)])
            if piece != theirs:
                return -1 if piece < theirs else 1
            at += len(piece)
        return -1 if other[at : at + 1] else 0

    def __copy__(self) -> Context:
        return self

    def __deepcopy__(self, memo: object) -> Context:
        return self

    def __repr__(self) -> str:
        head = self.source.decode(self.start, min(self.stop, self.source.cut(self.start + 400)))[:80]
        return f"<Context {self.name!r}, {self.bytes:,} bytes: {head!r}{'…' if len(head) == 80 else ''}>"


# The text that was last made as a whole: code that asks for one often asks again.
_LAST: dict[tuple[Source, int, int], str] = {}

cast("ABCMeta", Sequence).register(Context)
