"""Plain JSON values: what events, errors and answers are made of when they leave the process.

`plain` turns a value of ours into one that `json.dumps` accepts and every JSON reader accepts back: numbers
that JSON has no word for (infinite, not a number) become text, mappings get string keys, sets are sorted.

>>> plain({"p": float("inf"), "names": ("x", "y")})
{'p': 'inf', 'names': ['x', 'y']}
"""

from __future__ import annotations

import json
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
    return placeless(str(value))


def placeless(text: str) -> str:
    """`text` without the places in memory that Python shows of an object, which are others in every run.

    >>> placeless("<Learner object at 0x7F21C0DE>")
    '<Learner object>'
    """
    return _PLACE.sub("", text)


def quoted(name: str, limit: int = 80) -> str:
    r"""Put `name` in double quotes, safe to print: control characters are spelt out, long names are cut.

    >>> print(quoted('a\nb"c'))
    "a\nb\"c"
    """
    shown = name if len(name) <= limit else name[: limit - 1] + "…"
    return '"' + "".join(_spelt(character) for character in shown) + '"'


# Control characters but the end of a line and the tab, halves of characters, what turns the direction of
# writing round or ends a line in its own way, and letters that cannot be seen at all.
_HARMFUL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\U000e0000-\U000e007f]"
)


def harmless(text: str, *, as_json: bool = False) -> str:
    r"""`text` for a terminal: what would move its cursor, change its settings or turn its letters round is
    spelt out, in `as_json` in the way of JSON.

    >>> print(harmless("done\x1b[2J\r\n\u202etxt"))
    done\x1b[2J
    \u202etxt
    """

    def spelt(found: re.Match[str]) -> str:
        return json.dumps(found[0])[1:-1] if as_json else ascii(found[0])[1:-1]

    return _HARMFUL.sub(spelt, text.replace("\r\n", "\n"))


_PLACE = re.compile(r" at 0x[0-9A-Fa-f]+")


def bare(name: str) -> str:
    """Give a plain word as it is, and any other name in quotes."""
    return name if re.fullmatch(r"\w[\w.]*", name) and len(name) <= 80 else quoted(name)


def _spelt(character: str) -> str:
    if character in '"\\':
        return "\\" + character
    return character if character.isprintable() else character.encode("unicode_escape").decode("ascii")
