"""What may leave the worker: plain JSON, made from what models usually hold, and nothing by guess.

An object that is no data is refused with what to give instead; its `str` is never an answer. Neither is a
number that is not one.

>>> leaving({"when": {3, 1}, "pair": (1, 2.5)})
{'when': [1, 3], 'pair': [1, 2.5]}
>>> leaving(float("nan"))
Traceback (most recent call last):
    ...
ValueError: the value holds nan, which is no number; give None or text there
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import ItemsView, KeysView, Mapping, Sequence, Set, ValuesView
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from pathlib import PurePath
from typing import Final, cast

from whence.rlm.worker.replies import FailedCall
from whence.rlm.worker.text import Context
from whence.runtime.plain import JSON

DEEPEST: Final = 60
_MOST_DIGITS: Final = 4_000


def leaving(value: object, what: str = "the value") -> JSON:
    """Give `value` as plain JSON, or raise an error that says of `what` why it cannot be."""
    return _Leaving(what).of(value, 0)


class _Leaving:
    def __init__(self, what: str) -> None:
        self.what = what

    def of(self, value: object, depth: int) -> JSON:
        if depth > DEEPEST:
            raise ValueError(f"{self.what} is nested more than {DEEPEST} deep, or holds itself")
        if isinstance(value, FailedCall):
            raise value.cause()
        if value is None or value is True or value is False:
            return value
        if isinstance(value, Enum):
            return self.of(cast("object", value.value), depth + 1)
        if isinstance(value, str):
            return str.__str__(value)
        if isinstance(value, int | float | Decimal | Fraction):
            return self._number(value)
        if isinstance(value, Mapping):
            return self._table(cast("Mapping[object, object]", value), depth)
        if isinstance(value, Set):
            return self._set(cast("Set[object]", value), depth)
        return self._other(value, depth)

    def _other(self, value: object, depth: int) -> JSON:
        if isinstance(value, datetime | date | time):
            return value.isoformat()
        if isinstance(value, timedelta):
            return value.total_seconds()
        if isinstance(value, PurePath):
            return str(value)
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            named = {
                field.name: cast("object", getattr(value, field.name)) for field in dataclasses.fields(value)
            }
            return self._table(cast("Mapping[object, object]", named), depth)
        if type(value).__module__.partition(".")[0] == "numpy" and hasattr(value, "tolist"):
            return self.of(cast("object", getattr(value, "tolist")()), depth + 1)  # noqa: B009
        if isinstance(value, Context):
            return str(value)
        if isinstance(value, bytes | bytearray | memoryview):
            raise TypeError(f"{self.what} holds bytes; decode them to text first")
        if isinstance(value, Sequence | KeysView | ValuesView | ItemsView):
            items = cast("Sequence[object]", value)
            fields = cast("tuple[str, ...] | None", getattr(items, "_fields", None))
            if fields is not None:
                return self._table(dict(zip(fields, items, strict=True)), depth)
            return [self.of(item, depth + 1) for item in items]
        raise TypeError(f"{self.what} holds {_an(value)}; text, numbers, lists or dicts can be given")

    def _number(self, value: float | Decimal | Fraction) -> JSON:
        if isinstance(value, int):
            if value.bit_length() > _MOST_DIGITS * 10 // 3:
                raise ValueError(
                    f"{self.what} holds an integer of thousands of digits; round it or give it as text"
                )
            return int(value)
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if not math.isfinite(number):
            raise ValueError(f"{self.what} holds {value}, which is no number; give None or text there")
        return int(value) if not isinstance(value, float) and value == int(value) else number

    def _table(self, table: Mapping[object, object], depth: int) -> JSON:
        made: dict[str, JSON] = {}
        for key, item in table.items():
            name = self._key(key)
            if name in made:
                raise ValueError(f"{self.what} has two keys that are both written {name!r}; rename one")
            made[name] = self.of(item, depth + 1)
        return made

    def _key(self, key: object) -> str:
        if isinstance(key, FailedCall):
            raise key.cause()
        if isinstance(key, Enum):
            return self._key(cast("object", key.value))
        if isinstance(key, str):
            return str.__str__(key)
        if key is None or isinstance(key, bool | int | float | date | time | PurePath):
            return key.isoformat() if isinstance(key, date | time) else str(key)
        if type(key).__module__.partition(".")[0] == "numpy" and hasattr(key, "tolist"):
            return self._key(cast("object", getattr(key, "tolist")()))  # noqa: B009
        raise TypeError(f"{self.what} has a dict key that is {_an(key)}; keys must be text or numbers")

    def _set(self, items: Set[object], depth: int) -> JSON:
        made = [self.of(item, depth + 1) for item in items]
        return sorted(made, key=_order)


def _order(item: JSON) -> tuple[int, float, str]:
    if isinstance(item, bool | int | float):
        return (0, float(item), "")
    return (1, 0.0, str(item))


def _an(value: object) -> str:
    kind = type(value)
    if isinstance(value, type):
        return f"the class {value.__name__}"
    if callable(value):
        return f"the {kind.__name__} {getattr(value, '__name__', '')!r}".replace(" ''", "")
    hint = "; turn it into a list with list(…)" if hasattr(value, "__next__") else ""
    home = kind.__module__.partition(".")[0]
    if home == "pandas":
        hint = "; use .to_dict() or .tolist()"
    return f"an object of type {kind.__name__}{hint}"
