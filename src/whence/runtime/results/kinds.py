"""How further kinds of results are stored: one pair of functions for each kind.

>>> from decimal import Decimal
>>> storable(Decimal, to_plain=str, from_plain=Decimal)
>>> storing(Decimal).to_plain(Decimal("0.10"))
'0.10'
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from whence.runtime.errors import InvalidOption

V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Storing:
    """How one kind is stored: as a plain value that says everything, and back."""

    name: str
    to_plain: Callable[[Any], object]
    from_plain: Callable[[Any], object]


_by_kind: dict[type, Storing] = {}
_by_name: dict[str, Storing] = {}


def storable(
    kind: type[V], *, to_plain: Callable[[V], object], from_plain: Callable[[Any], V], name: str | None = None
) -> None:
    """Say how results of a kind are stored in a journal.

    `to_plain` gives numbers, texts, bytes, tuples, lists, dicts or arrays of them; `from_plain` makes the
    same value of that again. `name` is what the journal calls the kind (its module and name, if not said):
    change it when the plain form changes. Raises `InvalidOption` if another kind has that name.
    """
    title = name if name is not None else f"{kind.__module__}:{kind.__qualname__}"
    for other, how in _by_kind.items():
        if how.name == title and (other.__module__, other.__qualname__) != (
            kind.__module__,
            kind.__qualname__,
        ):
            raise InvalidOption("name", title, "a name that no other kind has")
    _by_kind[kind] = _by_name[title] = Storing(title, to_plain, from_plain)


def storing(kind: type) -> Storing | None:
    """How a kind is stored, if somebody said so."""
    return _by_kind.get(kind)


def storing_named(name: str) -> Storing | None:
    """How the kind of that name is stored, if somebody said so."""
    return _by_name.get(name)
