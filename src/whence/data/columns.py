"""One column in its one canonical form, whatever it was read from.

A number is a number whether it came from a CSV file, a pandas column with NaN for holes or an Arrow array, so
every reader brings its values here first: floats that are all whole become integers, text that says only true
and false becomes booleans, text that is all ISO dates becomes dates, NaN and None become missing. Everything
later (hash, counts, moments) looks only at this form, so the flavour of the source cannot change a result.

>>> import numpy as np
>>> from_array(np.array([1.0, float("nan"), 3.0])).storage
'integer'
>>> from_texts(["b", "a", None]).levels
('a', 'b')
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Literal, TypeAlias, cast

import numpy as np
import numpy.typing as npt

from whence.numerics.arrays import Booleans, Floats, Integers

Array: TypeAlias = npt.NDArray[Any]
Value: TypeAlias = bool | int | float | str
Storage: TypeAlias = Literal["boolean", "integer", "number", "text", "date"]

EXACT_WHOLE = 2.0**53
"""Above this, neighbouring whole numbers share one float."""

BOOLEAN_WORDS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
ISO_DATE = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?)?", re.ASCII)


class UnsupportedValues(Exception):  # noqa: N818  (never seen by the user: the reader notes the column instead)
    """Values that no column here can hold; the text says what they are."""


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """Values (n,) of one storage and which are missing.

    `values` is bool, int64, float64, datetime64[us], or for text int32 positions in `levels`; a missing cell
    holds zero (text: −1). `missing` is None where nothing is missing. `ordered` text keeps the order of its
    levels; otherwise they are sorted.
    """

    storage: Storage
    values: Array
    missing: Booleans | None = None
    levels: tuple[str, ...] = ()
    ordered: bool = False

    def __len__(self) -> int:
        return int(self.values.shape[0])

    @property
    def missing_count(self) -> int:
        """How many cells are missing."""
        return 0 if self.missing is None else int(np.count_nonzero(self.missing))

    @property
    def present(self) -> Booleans:
        """Which cells are not missing (n,)."""
        return np.ones(len(self), dtype=np.bool_) if self.missing is None else ~self.missing

    def take(self, rows: Array) -> Column:
        """The cells at `rows` (positions, or a mask of length n); the levels of text stay as they are."""
        missing = None if self.missing is None else self.missing[rows]
        if missing is not None and not bool(missing.any()):
            missing = None
        return replace(self, values=_frozen(self.values[rows]), missing=_maybe_frozen(missing))

    def settled(self) -> Column:
        """The canonical form anew, after cells were left out: levels that no cell has are gone."""
        if self.storage != "text":
            return _canonical(self)
        used = np.unique(self.values[self.present])
        place = np.full(len(self.levels) + 1, -1, dtype=np.int32)
        place[used] = np.arange(len(used), dtype=np.int32)
        levels = tuple(self.levels[int(code)] for code in used)
        return _canonical(replace(self, values=place[self.values], levels=levels))

    def same_as(self, other: Column) -> bool:
        """Whether both hold the same values, cell by cell."""
        if self.storage != other.storage or len(self) != len(other) or self.levels != other.levels:
            return False
        same_holes = np.array_equal(self.present, other.present)
        return bool(same_holes and np.array_equal(self.values, other.values))

    def floats(self) -> Floats:
        """The cells as float64 (n,), NaN where missing.

        Booleans as 0/1, dates as days since 1970, text as positions in `levels`.
        """
        if self.storage == "date":
            numbers = self.values.astype(np.int64) / 86_400e6
        else:
            numbers = self.values.astype(np.float64)
        if self.missing is not None:
            numbers[self.missing] = np.nan
        return numbers

    def level_codes(self) -> tuple[tuple[Value, ...], Integers]:
        """The distinct values that occur, in order, and each cell's position among them (−1: missing)."""
        present = self.present
        found, inverse = np.unique(self.values[present], return_inverse=True)
        codes = np.full(len(self), -1, dtype=np.int64)
        codes[present] = inverse.ravel()
        return tuple(self._value(cast("np.generic", item)) for item in found), codes

    def distinct(self) -> int:
        """How many different values occur."""
        values = self.values if self.missing is None else self.values[~self.missing]
        return int(np.unique(values).shape[0])

    def _value(self, item: np.generic) -> Value:
        plain = cast("int | float | bool", item.item()) if self.storage != "date" else 0
        match self.storage:
            case "text":
                return self.levels[int(plain)]
            case "date":
                return iso(cast("np.datetime64", item))
            case "boolean" | "integer" | "number":
                return plain

    def python_values(self) -> list[Value | None]:
        """Every cell as a plain Python value, None where missing."""
        levels, codes = self.level_codes()
        return [None if code < 0 else levels[code] for code in codes.tolist()]


def iso(moment: np.datetime64) -> str:
    """A moment as ISO text: the date alone at midnight.

    >>> iso(np.datetime64("2020-01-02T00:00:00", "us"))
    '2020-01-02'
    """
    text = str(moment.astype("datetime64[us]"))
    day, _, clock = text.partition("T")
    return (
        day
        if clock.startswith("00:00:00") and not clock[8:].strip(".0")
        else f"{day} {clock.rstrip('0').rstrip('.')}"
    )


def from_array(values: Array, missing: Booleans | None = None, *, ordered: bool = False) -> Column:
    """A column from a numpy array (n,) and optionally which cells are missing.

    Raises `UnsupportedValues` for values that are no number, text, boolean or date.
    """
    kind = values.dtype.kind
    if kind == "b":
        return _canonical(Column("boolean", values, missing))
    if kind in "iu":
        if kind == "u" and values.size and int(values.max()) > np.iinfo(np.int64).max:
            return _canonical(Column("number", values.astype(np.float64), missing))
        return _canonical(Column("integer", values.astype(np.int64), missing))
    if kind == "f":
        numbers = values.astype(np.float64)
        return _canonical(Column("number", numbers, _either(missing, np.isnan(numbers))))
    if kind == "M":
        moments = values.astype("datetime64[us]")
        return _canonical(Column("date", moments, _either(missing, np.isnat(moments))))
    if kind in "US":
        texts = cast("list[str]", np.char.decode(values).tolist() if kind == "S" else values.tolist())
        return from_texts(texts if missing is None else _holed(texts, missing), ordered=ordered)
    if kind == "O":
        items = cast("list[object]", values.tolist())
        return from_objects(items if missing is None else _holed(items, missing))
    raise UnsupportedValues(_UNSUPPORTED_KINDS.get(kind, f"values of type {values.dtype}"))


_UNSUPPORTED_KINDS = {"c": "complex numbers", "m": "durations", "V": "records"}


def from_texts(
    texts: Iterable[str | None], *, order: Sequence[str] | None = None, ordered: bool = False
) -> Column:
    """A column from texts, None where missing; `order` gives the levels' own order (else they are sorted)."""
    first_seen: dict[str, int] = {}
    raw = np.fromiter(
        (-1 if text is None else first_seen.setdefault(text, len(first_seen)) for text in texts),
        dtype=np.int32,
    )
    levels = sorted(first_seen) if order is None else [level for level in order if level in first_seen]
    position = {level: place for place, level in enumerate(levels)}
    recode = np.array([position[text] for text in first_seen] + [-1], dtype=np.int32)
    missing = raw < 0
    return _canonical(Column("text", recode[raw], missing, tuple(levels), ordered or order is not None))


def from_objects(items: Sequence[object]) -> Column:
    """A column from any Python values: numbers, booleans, text, dates, with None, NaN and NA as missing.

    Numbers mixed with text become text. Raises `UnsupportedValues` for lists, bytes and other objects.
    """
    cells = [None if _is_missing(item) else _scalar(item) for item in items]
    kinds = {type(cell) for cell in cells if cell is not None}
    missing = np.fromiter((cell is None for cell in cells), dtype=np.bool_, count=len(cells))
    if not kinds or kinds <= {bool}:
        return _canonical(Column("boolean", _filled(cells, False, np.bool_), missing))
    if kinds <= {bool, int} and all(abs(cast("int", cell or 0)) < 2**63 for cell in cells):
        return _canonical(Column("integer", _filled(cells, 0, np.int64), missing))
    if kinds <= {bool, int, float}:
        return _canonical(Column("number", _filled(cells, 0.0, np.float64), missing))
    if kinds <= {np.datetime64}:
        return from_array(_filled(cells, np.datetime64("NaT", "us"), "datetime64[us]"), missing)
    return from_texts([None if cell is None else as_text(cell) for cell in cells])


def stacked(parts: Sequence[Column]) -> Column:
    """The columns one under another, in the widest storage that any of them needs."""
    filled = [part for part in parts if part.missing_count < len(part)] or list(parts)
    storages = {part.storage for part in filled}
    if len(storages) > 1 and storages & {"text", "date"}:
        texts = [None if v is None else as_text(v) for part in parts for v in part.python_values()]
        return from_texts(texts)
    missing = np.concatenate([~part.present for part in parts])
    if storages == {"text"}:
        levels = [np.array([*part.levels, None], dtype=object) for part in parts]
        texts = np.concatenate(
            [
                level[part.values] if part.storage == "text" else np.full(len(part), None, dtype=object)
                for level, part in zip(levels, parts, strict=True)
            ]
        )
        orders = {part.levels for part in filled if part.ordered}
        one_order = orders.pop() if len(orders) == 1 and all(part.ordered for part in filled) else None
        return from_texts(cast("list[str | None]", texts.tolist()), order=one_order)
    if storages == {"date"}:
        moments = [p.values if p.storage == "date" else np.zeros(len(p), "datetime64[us]") for p in parts]
        return _canonical(Column("date", np.concatenate(moments), missing))
    widest: Storage = next(s for s in ("number", "integer", "boolean") if s in storages)
    numeric = [p.values if p in filled else np.zeros(len(p), dtype=np.bool_) for p in parts]
    return from_array(np.concatenate(numeric).astype(_NUMERIC[widest]), missing)


_NUMERIC = {"number": np.float64, "integer": np.int64, "boolean": np.bool_}


def as_text(value: object) -> str:
    """A value as the text that it would be in a file.

    >>> as_text(True), as_text(1.0), as_text("x")
    ('true', '1', 'x')
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) <= EXACT_WHOLE:
        return str(int(value))
    return iso(cast("np.datetime64", value)) if isinstance(value, np.datetime64) else str(value)


def _canonical(column: Column) -> Column:
    """The one form of these values: see the module."""
    missing = column.missing
    if missing is not None and not bool(missing.any()):
        missing = None
    if missing is not None and bool(missing.all()):
        return Column("number", _frozen(np.zeros(len(column))), _frozen(missing))
    if column.storage == "text":
        return _canonical_text(replace(column, missing=missing))
    values, storage = column.values, column.storage
    if storage == "number":
        known = values if missing is None else values[~missing]
        if bool(np.all(np.abs(known) <= EXACT_WHOLE)) and bool(np.all(known == np.floor(known))):
            values, storage = np.where(missing, 0, values) if missing is not None else values, "integer"
            values = values.astype(np.int64)
        else:
            values = values + 0.0  # −0 and 0 are one number
    if missing is not None:
        values = np.where(missing, np.zeros((), dtype=values.dtype), values)
    return Column(storage, _frozen(values), None if missing is None else _frozen(missing))


def _canonical_text(column: Column) -> Column:
    levels, codes, missing = column.levels, column.values, column.missing
    if not column.ordered and all(level in BOOLEAN_WORDS for level in levels):
        words = np.array([BOOLEAN_WORDS[level] for level in levels] + [False])
        return Column("boolean", _frozen(words[codes]), _maybe_frozen(missing))
    if not column.ordered and all(ISO_DATE.fullmatch(level) for level in levels):
        try:
            moments = np.array([*levels, "1970-01-01"], dtype="datetime64[us]")
        except ValueError:  # 2020-13-45 looks like a date and is none
            pass
        else:
            return Column("date", _frozen(moments[codes]), _maybe_frozen(missing))
    return Column("text", _frozen(codes.astype(np.int32)), _maybe_frozen(missing), levels, column.ordered)


def _is_missing(item: object) -> bool:
    if item is None or type(item).__name__ in {"NAType", "NaTType"}:
        return True
    return isinstance(item, float | np.floating | Decimal | np.datetime64) and bool(item != item)


def _scalar(item: object) -> bool | int | float | str | np.datetime64:
    if isinstance(item, np.generic) and not isinstance(item, np.datetime64):
        item = cast("object", item.item())
    if isinstance(item, bool | int | float | str):
        return item
    if isinstance(item, Decimal):
        return float(item)
    if isinstance(item, np.datetime64):
        return item.astype("datetime64[us]")
    if isinstance(item, dt.datetime):
        moment = item if item.tzinfo is None else item.astimezone(dt.UTC).replace(tzinfo=None)
        return np.datetime64(moment.isoformat(), "us")
    if isinstance(item, dt.date):
        return np.datetime64(item.isoformat(), "us")
    if isinstance(item, dt.time) or type(item).__name__ == "UUID":
        return str(item)
    raise UnsupportedValues(f"values of type {type(item).__name__}")


def _filled(cells: Sequence[object], filler: object, dtype: npt.DTypeLike) -> Array:
    return np.array([filler if cell is None else cell for cell in cells], dtype=dtype)


def _holed(items: Sequence[Any], missing: Booleans) -> list[Any]:
    return [None if hole else item for item, hole in zip(items, missing.tolist(), strict=True)]


def _either(missing: Booleans | None, more: Booleans) -> Booleans:
    return more if missing is None else missing | more


def _maybe_frozen(mask: Booleans | None) -> Booleans | None:
    return None if mask is None else _frozen(mask)


def _frozen(values: Array) -> Array:
    """The array made read-only, in a copy if it belongs to someone else."""
    own = np.ascontiguousarray(values) if values.base is None and values.flags.owndata else np.array(values)
    own.flags.writeable = False
    return own
