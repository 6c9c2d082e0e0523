"""A graph or a table that was read before, with what it was read from: read once, asked many questions.

>>> already_read("z -> x", ("z", "x")).source
'z -> x'
>>> as_given(already_read({"x": [0, 1]}, "the table")) is None
True
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Generic, TypeVar, cast

V = TypeVar("V")


@dataclass(frozen=True, slots=True, eq=False)
class AlreadyRead(Generic[V]):
    """`value`, and the path or the text that it came from; None where it came from memory."""

    value: V
    source: str | None


def already_read(given: object, value: V) -> AlreadyRead[V]:
    """What was `given`, and the value that was made of it."""
    named = isinstance(given, str | os.PathLike)
    return AlreadyRead(value, os.fspath(cast("str | os.PathLike[str]", given)) if named else None)


def as_given(source: object) -> object:
    """What `source` was read from; `source` itself where nobody has read it yet."""
    return cast("AlreadyRead[object]", source).source if isinstance(source, AlreadyRead) else source
