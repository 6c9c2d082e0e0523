"""Plain JSON values: what events, errors and answers are made of when they leave the process.

`plain` turns a value of ours into one that `json.dumps` accepts and every JSON reader accepts back: numbers
that JSON has no word for (infinite, not a number) become text, mappings get string keys, sets are sorted.

>>> plain({"p": float("inf"), "names": ("x", "y")})
{'p': 'inf', 'names': ['x', 'y']}
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence, Set
from enum import Enum
from typing import TypeAlias, cast

JSON: TypeAlias = "bool | int | float | str | list[JSON] | dict[str, JSON] | None"


def plain(value: object) -> JSON:
    """Give `value` as plain JSON; a value with `to_dict` gives that, an unknown one its text."""
    if isinstance(value, Enum):
        return plain(cast("object", value.value))
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else str(value)
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in cast("Mapping[object, object]", value).items()}
    if isinstance(value, Set):
        return [plain(item) for item in sorted(cast("Set[object]", value), key=str)]
    if isinstance(value, list | tuple):
        return [plain(item) for item in cast("Sequence[object]", value)]
    for leave in ("to_dict", "tolist"):  # our own values; numpy's scalars and arrays
        as_plain: Callable[[], object] | None = getattr(value, leave, None)
        if as_plain is not None:
            return plain(as_plain())
    return str(value)


def quoted(name: str, limit: int = 80) -> str:
    r"""Put `name` in double quotes, safe to print: control characters are spelt out, long names are cut.

    >>> print(quoted('a\nb"c'))
    "a\nb\"c"
    """
    shown = name if len(name) <= limit else name[: limit - 1] + "…"
    return '"' + "".join(_spelt(character) for character in shown) + '"'


def bare(name: str) -> str:
    """Give a plain word as it is, and any other name in quotes."""
    return name if re.fullmatch(r"\w[\w.]*", name) and len(name) <= 80 else quoted(name)


def _spelt(character: str) -> str:
    if character in '"\\':
        return "\\" + character
    return character if character.isprintable() else character.encode("unicode_escape").decode("ascii")
