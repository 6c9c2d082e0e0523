"""The documents of a session as monty gets them: small ones as text, large ones a part at a time.

A string is copied into the interpreter's process and into every state of it that is kept. Documents of more
than 8 MB together stay on this side, and code there asks for the parts it wants, which are counted in bytes.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, cast

from whence.runtime.plain import JSON

SMALL: Final = 8 << 20
LONGEST_PART: Final = 8 << 20
_WINDOW: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Part:
    """A document: its name, and which bytes of which open file it is."""

    name: str
    file: int
    offset: int
    length: int


class Documents:
    """The documents, and the functions by which a cell reads parts of them."""

    def __init__(self, parts: Sequence[Part], shape: str) -> None:
        self.parts = tuple(parts)
        self.shape = shape
        self.small = sum(part.length for part in parts) <= SMALL

    def values(self) -> dict[str, JSON]:
        """Give what is handed over as values when the session begins."""
        if not self.small:
            return {"_documents": [[part.name, part.length] for part in self.parts]}
        texts = [self._text(number, 0, part.length) for number, part in enumerate(self.parts)]
        listed: list[JSON] = list(texts)
        names: list[JSON] = [part.name for part in self.parts]
        given: dict[str, JSON] = {"docs": listed, "doc_names": names, "context": self._context(texts)}
        numbered: dict[str, JSON] = {f"context_{number}": text for number, text in enumerate(texts[:100])}
        return given | (numbered if self.shape != "json" else {"context_0": given["context"]})

    def code(self) -> str:
        """Give the code that makes the documents out of the values."""
        if self.small:
            return ""
        lines = ["docs = [_Context(i, one[0], one[1]) for i, one in enumerate(_documents)]"]
        lines += ["doc_names = [one[0] for one in _documents]"]
        lines += ["context = docs[0] if len(docs) == 1 else docs"]
        lines += [f"context_{number} = docs[{number}]" for number in range(min(len(self.parts), 100))]
        return "\n".join(lines) + "\n"

    async def slice(self, number: object, start: object = 0, end: object = None) -> str:
        """Read bytes `start` to `end` of a document as text."""
        part = self._part(number)
        first = _place(start, part.length)
        last = part.length if end is None else _place(end, part.length)
        if last - first > LONGEST_PART:
            raise ValueError(f"a part may have {LONGEST_PART:,} bytes at most; use .piece(start)")
        return self._text(cast("int", number), first, max(first, last))

    async def find(self, number: object, text: object, start: object = 0) -> int:
        """Find a text from byte `start` on: its first byte, or -1."""
        part = self._part(number)
        if not isinstance(text, str) or not text or len(text) > 10_000:
            raise ValueError("find takes a text of 1 to 10,000 characters")
        wanted = text.encode()
        place = _place(start, part.length)
        while place < part.length:
            window = self._bytes(part, place, min(part.length, place + _WINDOW + len(wanted)))
            if (found := window.find(wanted)) >= 0:
                return place + found
            place += _WINDOW
        return -1

    async def piece(self, number: object, start: object = 0, size: object = _WINDOW) -> list[JSON]:
        """Read whole lines from byte `start` on: the text, and where the next piece starts."""
        part = self._part(number)
        first = _place(start, part.length)
        most = size if isinstance(size, int) and 0 < size <= LONGEST_PART else _WINDOW
        data = self._bytes(part, first, min(part.length, first + most))
        if first + len(data) < part.length and (cut := data.rfind(b"\n")) >= 0:
            data = data[: cut + 1]
        return [data.decode(errors="replace"), first + len(data)]

    def _context(self, texts: Sequence[str]) -> JSON:
        if self.shape == "json":
            return cast("JSON", json.loads(texts[0]))
        listed: list[JSON] = list(texts)
        return texts[0] if self.shape == "text" and len(texts) == 1 else listed

    def _part(self, number: object) -> Part:
        if not isinstance(number, int) or not 0 <= number < len(self.parts):
            raise IndexError("there is no such document")
        return self.parts[number]

    def _text(self, number: int, start: int, end: int) -> str:
        return self._bytes(self.parts[number], start, end).decode(errors="replace")

    def _bytes(self, part: Part, start: int, end: int) -> bytes:
        data = b""
        while start + len(data) < end:
            # A read may give less than was asked for, two gigabytes at most.
            more = os.pread(part.file, end - start - len(data), part.offset + start + len(data))
            if not more:
                break
            data += more
        return data


def _place(place: object, length: int) -> int:
    if not isinstance(place, int):
        raise TypeError("places in a document are whole numbers of bytes")
    return max(0, place + length) if place < 0 else min(place, length)
