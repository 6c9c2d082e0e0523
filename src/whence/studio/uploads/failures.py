"""The errors of a confined worker, as the host makes them anew: by kind, texts cut and made harmless.

>>> str(rebuilt({"failed": "empty_data"}, "it"))
'There are no rows in it. Give data with at least one row under its header.'
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, cast, get_args

from whence.runtime.errors import (
    DuplicateColumns,
    EmptyData,
    TooManyColumns,
    UnreadableData,
    UnusableColumnName,
    WhenceError,
)
from whence.runtime.plain import harmless
from whence.studio.uploads.errors import Counted, TooCostly, TooMuchData

GIVE: Final = "Give CSV with a header line, or Parquet."
_COUNTED: Final = get_args(Counted)
_MOST: Final = 1 << 62


def rebuilt(said: Mapping[str, object], label: str) -> WhenceError:
    """The error that a worker tells of; `label` is what the host calls the file, whatever the worker says."""
    details = _mapping(said.get("details"))
    match said.get("failed"):
        case "empty_data":
            return EmptyData(label)
        case "duplicate_columns":
            return DuplicateColumns(_names(details.get("names")))
        case "unusable_column_name":
            # Not made harmless: the error spells out what cannot be shown, and so tells what is wrong.
            return UnusableColumnName(str(details.get("name", ""))[:200])
        case "too_many_columns":
            return TooManyColumns(_number(details.get("count")), _number(details.get("limit")))
        case "too_much_data" if details.get("what") in _COUNTED:
            what = cast("Counted", details["what"])
            return TooMuchData(label, what, _number(details.get("count")), _number(details.get("limit")))
        case "memory":
            return TooCostly(label, "it does not fit into the memory that reading it may take")
        case "unreadable_data" if isinstance(details.get("reason"), str):
            return UnreadableData(label, _text(details["reason"], 400), _text(said.get("cure"), 300))
        case _:
            return UnreadableData(label, "it could not be read", GIVE)


def _mapping(value: object) -> Mapping[str, object]:
    return cast("Mapping[str, object]", value) if isinstance(value, dict) else dict[str, object]()


def _names(value: object) -> list[str]:
    names = cast("list[object]", value) if isinstance(value, list) else list[object]()
    return [_text(name, 200) for name in names[:20]] or ["?"]


def _text(value: object, most: int) -> str:
    return harmless(value)[:most] if isinstance(value, str) else ""


def _number(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        return 0
    return min(max(value, 0), _MOST)
