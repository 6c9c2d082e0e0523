"""Documents as parts of open read-only files, which is how a sandbox is given them without a copy.

A `Contexts` owns its descriptors: close it, or use it in a `with` block. Large files of the user's travel as
they are. One that is cut short while a sandbox has it mapped kills that worker (SIGBUS), which is reported as
a dead worker, and one that is rewritten is read as it is then; everything else is a copy that cannot change.
"""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from whence.rlm.contexts.storing import PIECE, Document, LeftOut, Store
from whence.rlm.errors import UnusableContext
from whence.runtime.plain import JSON, quoted

Shape: TypeAlias = Literal["text", "documents", "json"]

READABLE = 64 << 20
SHOWN = 10
HEAD = 500
SAMPLE = 4_096
MOST_PARTS = 200  # each may need a descriptor of its own

__all__ = ["Contexts", "Document", "LeftOut", "Shape"]


@dataclass(slots=True, eq=False)
class Contexts:
    """`documents`, each a part of one of `files` (descriptors); what was `left_out` and why; `notes`.

    `shape` says what the model's code finds as `context`: one text, the documents, or a JSON value.
    """

    documents: tuple[Document, ...]
    files: tuple[int, ...]
    shape: Shape = "text"
    left_out: tuple[LeftOut, ...] = ()
    notes: tuple[str, ...] = ()
    _sha256: str = field(default="", init=False, repr=False)

    @property
    def bytes(self) -> int:
        """The size of all documents."""
        return sum(document.length for document in self.documents)

    def sha256(self) -> str:
        """A hash of the shape, the names and the contents; it reads everything once."""
        if not self._sha256:
            total = hashlib.sha256(self.shape.encode())
            for number, document in enumerate(self.documents):
                name = document.name.encode("utf-8", "surrogatepass")
                total.update(b"%d %d " % (len(name), document.length) + name)
                for piece in self._pieces(number, 0, document.length):
                    total.update(piece)
            self._sha256 = total.hexdigest()
        return self._sha256

    # ── reading ─────────────────────────────────────────────────────────────────────────────────────────────

    def read(self, document: int, start: int = 0, end: int | None = None) -> str:
        """The text between two bytes of a document, at most 64 MB."""
        length = self.documents[document].length
        start, end = max(0, start), length if end is None else min(end, length)
        if end - start > READABLE:
            raise UnusableContext(
                self.documents[document].name,
                f"{end - start:,} bytes are more than the {READABLE:,} that are read at once",
                "Read it in parts.",
            )
        return b"".join(self._pieces(document, start, end)).decode("utf-8", "replace")

    def text(self, limit: int) -> str:
        """All documents, each under its name if there are several; at most `limit` characters."""
        if self.bytes > min(4 * limit, READABLE):  # a character has at most four bytes
            self._too_long(f"{self.bytes:,} bytes", limit)
        texts = [self.read(number) for number in range(len(self.documents))]
        if self.shape == "documents":
            named = zip(self.documents, texts, strict=True)
            texts = [f"=== {quoted(document.name, 300)} ===\n{text}" for document, text in named]
        joined = "\n\n".join(texts)
        if len(joined) > limit:
            self._too_long(f"{len(joined):,} characters", limit)
        return joined

    def _too_long(self, size: str, limit: int) -> None:
        what = self.documents[0].name if len(self.documents) == 1 else f"{len(self.documents):,} documents"
        raise UnusableContext(
            what,
            f"{size} do not fit in {limit:,} characters",
            'Read it by parts, with route="recursive" or smaller slices.',
        )

    def _pieces(self, number: int, start: int, end: int) -> Iterator[bytes]:
        if not self.files and self.documents:
            raise UnusableContext(self.documents[number].name, "it was closed", "Read it before closing it.")
        document = self.documents[number]
        descriptor = self.files[document.file]
        at, stop = document.offset + start, document.offset + end
        while at < stop:
            piece = os.pread(descriptor, min(PIECE, stop - at), at)
            if not piece:
                reason = "the file has become shorter since it was opened"
                raise UnusableContext(document.name, reason, "Leave it alone during a run.")
            yield piece
            at += len(piece)

    def preview(self) -> str:
        """What it looks like from outside, for a prompt: how much there is, the names, how it begins."""
        what = {"text": "One text", "json": "A JSON value"}.get(
            self.shape, f"{len(self.documents):,} documents"
        )
        lines = [f"{what}: {self.bytes:,} bytes, about {self._characters():,} characters."]
        if self.shape == "documents":
            lines += [
                f"- docs[{number}] {quoted(document.name, 120)}: {document.length:,} bytes"
                for number, document in enumerate(self.documents[:SHOWN])
            ]
            more = len(self.documents) - SHOWN
            lines += [f"- … and {more:,} more: see docs.names"] if more > 0 else []
        if self.left_out:
            why = Counter(left.reason.split(":")[0] for left in self.left_out)
            reasons = ", ".join(f"{count:,} {reason}" for reason, count in why.most_common(5))
            lines.append(f"Left out: {len(self.left_out):,} ({reasons}).")
        lines += self.notes[:3]
        head = self.read(0, 0, 4 * HEAD)[:HEAD] if self.documents else ""
        whose = "The first begins" if len(self.documents) > 1 else "It begins"
        return "\n".join([*lines, f"{whose}:", head])

    def _characters(self) -> int:
        seen, characters = 0, 0
        for number, document in enumerate(self.documents[:SHOWN]):
            sample = min(document.length, SAMPLE)
            seen += sample
            characters += len(self.read(number, 0, sample))
        return round(self.bytes * characters / seen) if seen else 0

    # ── parts, and the end ──────────────────────────────────────────────────────────────────────────────────

    def part(self, part: Mapping[str, JSON]) -> Contexts:
        """What a child is given: text, a part of a document, or several of these. Nothing of it is trusted.

        {"text": …}, {"document", "start", "end"} or {"parts": [one of these, …]}.
        """
        several = part.get("parts")
        if isinstance(several, list):
            return self._parts(several)
        text = part.get("text")
        if isinstance(text, str):
            with Store() as store:
                store.add_text("text", text)
                documents, files = store.finish()
            return Contexts(documents, files, "text", notes=tuple(store.notes))
        number, start, end = (_whole(part, key) for key in ("document", "start", "end"))
        if number >= len(self.documents):
            raise _unusable(f"document {number}", f"there are {len(self.documents)} documents")
        document = self.documents[number]
        if not start <= end <= document.length:
            raise _unusable(f"bytes {start} to {end}", f"{document.name!r} has {document.length:,} bytes")
        if not self.files:
            raise _unusable(document.name, "it was closed")
        name = document.name
        if end - start < document.length:
            name = f"{name}, bytes {start:,} to {end:,}"
        held = Document(name, 0, document.offset + start, end - start)
        return Contexts((held,), (os.dup(self.files[document.file]),), "text")

    def _parts(self, parts: list[JSON]) -> Contexts:
        """Several parts as the documents of one child; every file is held once."""
        if not 0 < len(parts) <= MOST_PARTS:
            raise _unusable(f"{len(parts):,} parts", f"a child takes 1 to {MOST_PARTS:,}")
        documents: list[Document] = []
        places: dict[tuple[int, int], int] = {}
        opened: list[int] = []
        try:
            for one in parts:
                if not isinstance(one, dict) or "parts" in one:
                    raise _unusable("a part", "it is neither text nor a part of a document")
                with self.part(one) as own:
                    for held in own.documents:
                        status = os.fstat(own.files[held.file])
                        place = places.setdefault((status.st_dev, status.st_ino), len(opened))
                        if place == len(opened):
                            opened.append(os.dup(own.files[held.file]))
                        documents.append(Document(held.name, place, held.offset, held.length))
        except BaseException:
            for descriptor in opened:
                os.close(descriptor)
            raise
        return Contexts(tuple(documents), tuple(opened), "documents")

    def close(self) -> None:
        """Close the descriptors; a second time does nothing."""
        files, self.files = self.files, ()
        for descriptor in files:
            os.close(descriptor)

    def __enter__(self) -> Contexts:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        self.close()


def _whole(part: Mapping[str, JSON], key: str) -> int:
    value = part.get(key)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 1 << 63:
        raise _unusable("part", f"its {key} is {value!r:.60}, not a whole number")
    return value


def _unusable(what: str, reason: str) -> UnusableContext:
    return UnusableContext(what, reason, "Give a slice of a document, or text.")
