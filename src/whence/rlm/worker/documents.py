"""The documents of a run, as the model's code sees them: `docs`, `context`, `context_0`, …

The host hands over open files and says which bytes of which are a document. Every file is mapped once, and a
document is decoded when it is first used: up to 32 MB as a `Text`, which is a `str`; beyond that it is never
read as a whole, but a `Context` over the mapping. Mapped pages belong to the file and can be dropped at any
time, so they are no memory of the worker's own.
"""

from __future__ import annotations

import json
import os
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from mmap import ACCESS_READ, mmap
from typing import Literal, SupportsIndex, cast, overload
from weakref import WeakValueDictionary

from whence.rlm.worker.text import Context, Text
from whence.rlm.worker.text_index import SIZES, Sizes, Source

NUMBERED = 100
"""So many documents have a name of their own, `context_0` and so on."""


class Shelf:
    """The mapped documents; those decoded last are kept, up to a limit in bytes."""

    def __init__(self, sources: Sequence[Source], keep: int) -> None:
        self.sources = sources
        self.by_name: dict[str, int] = {}
        for number, source in enumerate(sources):
            self.by_name.setdefault(source.name, number)
        self._keep = keep
        self._kept: OrderedDict[int, Text] = OrderedDict()
        self._used: WeakValueDictionary[int, Text] = WeakValueDictionary()
        self._bytes = 0

    def take(self, number: int) -> Text | Context:
        """The document of this number: the same object as long as somebody holds it."""
        source = self.sources[number]
        if source.size > source.sizes.real:
            return Context(source)
        text = self._used.get(number)
        if text is None:
            text = Text(source.decode(0, source.size), source)
            self._used[number] = text
        if number in self._kept:
            self._kept.move_to_end(number)
            return text
        self._kept[number] = text
        self._bytes += source.size
        while self._bytes > self._keep and len(self._kept) > 1:
            gone, _ = self._kept.popitem(last=False)
            self._bytes -= self.sources[gone].size
        return text


class Docs(Sequence["Text | Context"]):
    """The documents in order: `docs[0]`, `docs["name"]`, `docs[2:5]`, `len(docs)`, `docs.names`."""

    __slots__ = ("_numbers", "_shelf")

    def __init__(self, shelf: Shelf, numbers: range | None = None) -> None:
        self._shelf = shelf
        self._numbers = range(len(shelf.sources)) if numbers is None else numbers

    @property
    def names(self) -> list[str]:
        """The name of each."""
        return [self._shelf.sources[number].name for number in self._numbers]

    @property
    def sizes(self) -> list[int]:
        """The bytes of each."""
        return [self._shelf.sources[number].size for number in self._numbers]

    @property
    def parts(self) -> list[dict[str, int]]:
        """Each document as the host knows it, to be handed to a child without being sent."""
        return [
            {"document": number, "start": 0, "end": self._shelf.sources[number].size}
            for number in self._numbers
        ]

    def __len__(self) -> int:
        return len(self._numbers)

    @overload
    def __getitem__(self, key: SupportsIndex | str) -> Text | Context: ...
    @overload
    def __getitem__(self, key: slice) -> Docs: ...
    def __getitem__(self, key: SupportsIndex | str | slice) -> Text | Context | Docs:
        if isinstance(key, slice):
            return Docs(self._shelf, self._numbers[key])
        if isinstance(key, str):
            return self._shelf.take(self._named(key))
        try:
            number = self._numbers[key]
        except IndexError:
            raise IndexError(f"there are {len(self):,} documents: docs[0] to docs[{len(self) - 1}]") from None
        return self._shelf.take(number)

    def _named(self, name: str) -> int:
        number = self._shelf.by_name.get(name, -1)
        if number not in self._numbers:
            some = ", ".join(repr(known) for known in self[:5].names)
            raise KeyError(f"no document {name!r}; docs.names are: {some}{', …' if len(self) > 5 else ''}")
        return number

    def __contains__(self, value: object) -> bool:
        """Whether it is the name of a document here, or its text."""
        if isinstance(value, str) and self._shelf.by_name.get(value, -1) in self._numbers:
            return True
        return isinstance(value, str | Context) and any(value == document for document in self)

    def __iter__(self) -> Iterator[Text | Context]:
        for number in self._numbers:
            yield self._shelf.take(number)

    def __copy__(self) -> Docs:
        return self

    def __deepcopy__(self, memo: object) -> Docs:
        return self

    def __repr__(self) -> str:
        sources = [self._shelf.sources[number] for number in self._numbers[:6]]
        shown = [
            f"  [{place}] {source.name!r}, {source.size:,} bytes: {_head(source)!r}"
            for place, source in enumerate(sources)
        ]
        more = [f"  … {len(self) - 6:,} more"] if len(self) > 6 else []
        return "\n".join([f"<{len(self):,} documents, {sum(self.sizes):,} bytes", *shown, *more]) + ">"


def open_documents(
    documents: Sequence[Mapping[str, object]],
    files: Sequence[int],
    shape: Literal["text", "documents", "json"],
    *,
    sizes: Sizes = SIZES,
) -> dict[str, object]:
    """Map the files, close their descriptors, and give the names that the model's code finds.

    A `context_i` is the object `docs[i]` while the texts together are not larger than one may be; beyond,
    it is a `Context`, so that opening a thousand files decodes none of them.
    """
    mapped = [_mapped(descriptor) for descriptor in files]
    sources = [
        Source(
            mapped[cast("int", one["file"])],
            cast("int", one["offset"]),
            cast("int", one["length"]),
            name=str(one["name"]),
            document=number,
            sizes=sizes,
        )
        for number, one in enumerate(documents)
    ]
    docs = Docs(Shelf(sources, 4 * sizes.real))
    names: dict[str, object] = {"docs": docs}
    room = sizes.real
    for number, source in enumerate(sources[:NUMBERED]):
        room -= source.size
        names[f"context_{number}"] = docs[number] if room >= 0 else Context(source)
    if shape == "documents" or not sources:
        names["context"] = docs
    elif shape == "json" and sources[0].size <= sizes.whole:
        names["context"] = names["context_0"] = json.loads(sources[0].read(0, sources[0].size))
    else:
        names["context"] = names["context_0"] = docs[0]
    return names


def _mapped(descriptor: int) -> mmap | bytes:
    # The mapping holds a descriptor of its own; an empty file cannot be mapped.
    try:
        return mmap(descriptor, 0, access=ACCESS_READ) if os.fstat(descriptor).st_size else b""
    finally:
        os.close(descriptor)


def _head(source: Source) -> str:
    return source.decode(0, source.cut(min(source.size, 240)))[:60]
