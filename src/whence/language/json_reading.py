"""Reading values of ours back from plain JSON: what is not of the right form is an `InvalidAnswer`.

Every reader of this room is built from these, so that no file, however garbled, ends in a `KeyError`.

>>> Fields({"name": "x"}, "a term").text("name")
'x'
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar, cast

from whence.runtime.errors import InvalidAnswer

if TYPE_CHECKING:
    from whence.language.expression import Value

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Fields:
    """A JSON object being read; `what` names it in errors."""

    data: object
    what: str

    def get(self, key: str) -> object:
        """The entry, or None where there is none; raises `InvalidAnswer` if this is no object."""
        if not isinstance(self.data, Mapping):
            raise InvalidAnswer(f"{self.what} is {kind(self.data)}, not an object")
        return cast("Mapping[object, object]", self.data).get(key)

    def required(self, key: str) -> object:
        """The entry; raises `InvalidAnswer` where there is none."""
        found = self.get(key)
        if found is None:
            raise InvalidAnswer(f'{self.what} has no "{key}"')
        return found

    def text(self, key: str) -> str:
        """A text entry."""
        found = self.required(key)
        if not isinstance(found, str):
            raise InvalidAnswer(f'"{key}" of {self.what} is {kind(found)}, not text')
        return found

    def truth(self, key: str) -> bool:
        """A true or false entry; absent is false."""
        found = self.get(key)
        if found is not None and not isinstance(found, bool):
            raise InvalidAnswer(f'"{key}" of {self.what} is {kind(found)}, not true or false')
        return bool(found)

    def value(self, key: str) -> Value | None:
        """A number, text, or true or false; None where there is none."""
        found = self.get(key)
        if isinstance(found, float) and not math.isfinite(found):
            raise InvalidAnswer(f'"{key}" of {self.what} is not a finite number')
        if found is None or isinstance(found, bool | int | float | str):
            return found
        raise InvalidAnswer(f'"{key}" of {self.what} is {kind(found)}, not a value')

    def list(self, key: str) -> Sequence[object]:
        """A list; absent is empty."""
        found = self.get(key)
        if found is None:
            return ()
        if not isinstance(found, list | tuple):
            raise InvalidAnswer(f'"{key}" of {self.what} is {kind(found)}, not a list')
        return cast("Sequence[object]", found)

    def each(self, key: str, read: Callable[[object], T]) -> tuple[T, ...]:
        """Every entry of a list, read; absent is empty."""
        return tuple(read(item) for item in self.list(key))

    def names(self, key: str) -> tuple[str, ...]:
        """A list of texts; absent is empty."""
        return self.each(key, lambda item: as_text(item, f'"{key}" of {self.what}'))

    def choice(self, key: str, allowed: Sequence[T]) -> T:
        """An entry that must be one of these."""
        found = self.required(key)
        for option in allowed:
            if option == found:
                return option
        raise InvalidAnswer(f'"{key}" of {self.what} is {kind(found)}, which is none of those known')


def as_text(data: object, what: str) -> str:
    """The text that this must be."""
    if not isinstance(data, str):
        raise InvalidAnswer(f"{what} holds {kind(data)}, not text")
    return data


def kind(data: object) -> str:
    """What JSON calls a value like this, for messages."""
    if data is None:
        return "null"
    if isinstance(data, bool):
        return "true" if data else "false"
    if isinstance(data, str):
        return f'the text "{data[:40]}"'
    if isinstance(data, int | float):
        return f"the number {data}"
    return "an object" if isinstance(data, Mapping) else "a list" if isinstance(data, list) else "no JSON"
