"""The canonical form of a whole column, known without holding the column.

`columns` says what the one form of some values is: floats that are all whole are integers, text that says
only true and false is booleans, and so on. Of a column that is read in blocks, the form of the whole must be
known before the first block can be written in it. A `Form` is that: with it, a block's raw values become the
very slice that the in-memory column would have there; and the engine can be told to compute the same values.

>>> import numpy as np
>>> whole = Form("integer", "double")
>>> whole.column(np.array([1.0, np.nan]), None).missing.tolist()
[False, True]
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from whence.data.columns import BOOLEAN_WORDS, Array, Column, Storage, from_texts
from whence.data.duck import literal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from whence.numerics.arrays import Booleans

FEW_WORDS = 64
"""So many words are looked through one by one."""

Family: TypeAlias = Literal["boolean", "integer", "unsigned", "double", "date", "moment", "text"]
"""How the engine holds a column: `unsigned` is beyond int64, a `moment` has a time zone."""

_FAMILIES: tuple[tuple[str, Family], ...] = (
    (r"BOOLEAN", "boolean"),
    (r"(TINY|SMALL|BIG)?INT(EGER)?|U(TINY|SMALL)INT|UINTEGER", "integer"),
    (r"UBIGINT", "unsigned"),
    (r"DATE|TIMESTAMP(_\w+)?", "date"),
    (r"TIMESTAMP WITH TIME ZONE", "moment"),
    (r"VARCHAR|UUID|TIME( WITH TIME ZONE|_NS)?|(?s:ENUM\(.*\))", "text"),
)


def family_of(kind: str) -> Family:
    """The family of an engine's type that we hold; whatever is cast to a double is one."""
    for pattern, family in _FAMILIES:
        if re.fullmatch(pattern, kind):
            return family
    return "double"


@dataclass(frozen=True, slots=True, eq=False)
class Form:
    """What a whole column is.

    Attributes
    ----------
    storage, levels, ordered: as of the in-memory `Column`
    family: how the engine gives its cells
    words: (text only) the texts that occur, in the order of their codes; None where they are too many to hold
    empty: whether every cell is missing
    """

    storage: Storage
    family: Family
    levels: tuple[str, ...] = ()
    ordered: bool = False
    words: tuple[str, ...] | None = ()
    meanings: Array | None = None
    empty: bool = False

    @property
    def coded(self) -> bool:
        """Whether its cells travel as positions among its words."""
        return self.family == "text" and self.words is not None

    @property
    def unlisted(self) -> bool:
        """Whether it is text of too many levels to hold."""
        return self.family == "text" and self.words is None and self.storage == "text" and not self.empty

    @property
    def first(self) -> int:
        """The position of the first word, as cells are fetched: a list of few words starts with 1."""
        return 1 if self.words is not None and len(self.words) <= FEW_WORDS else 0

    @property
    def codes(self) -> Array:
        """The positions of all words, as cells are fetched."""
        return np.arange(len(self.words or ()), dtype=np.int64) + self.first

    def fetched(self, cell: str) -> str:
        """The SQL that fetches a cell: itself, or its position among the words."""
        if self.empty:
            return "CAST(NULL AS DOUBLE)"
        if self.words is None:
            return f"CAST({cell} AS TIMESTAMP)"
        if not self.coded:
            return cell
        listed = ", ".join(literal(word) for word in self.words)
        if self.first:
            # Of a column that is stored as positions in a dictionary, only the dictionary is looked through.
            return f"list_position([{listed}], CAST({cell} AS VARCHAR))"
        # The cast is a look-up in a hash table of the words; an unknown word cannot occur.
        return f"enum_code(CAST({cell} AS ENUM({listed})))"

    def canonical(self, cell: str) -> str:
        """The SQL that computes a cell as the in-memory column would show it to the engine."""
        if self.empty:
            return "CAST(NULL AS DOUBLE)"
        match self.storage:
            case "text":
                return f"CAST({cell} AS VARCHAR)"
            case "boolean":
                return cell if self.family == "boolean" else _truth(cell)
            case "date":
                known = f"make_timestamp(epoch_us({cell}))" if self.family == "moment" else cell
                return f"CAST({known} AS TIMESTAMP)"
            case "integer" | "number":
                number = f"nullif(CAST({cell} AS DOUBLE), CAST('nan' AS DOUBLE)) + 0.0"
                if self.storage == "number":
                    return number
                return f"CAST({number if self.family == 'double' else cell} AS BIGINT)"

    def column(self, values: Array, missing: Booleans | None) -> Column:
        """Some of its cells, as `fetched` gave them, in the canonical form of the whole."""
        if self.empty:
            zeros, every = np.zeros(len(values)), np.ones(len(values), dtype=np.bool_)
            return Column("number", _frozen(zeros), _frozen(every))
        missing = _either(missing, values)
        if missing is None or not bool(missing.any()):
            return Column(self.storage, _frozen(self._settled(values)), None, self.levels, self.ordered)
        known = np.where(missing, np.zeros((), dtype=values.dtype), values)
        settled = self._settled(known)
        filler = -1 if self.storage == "text" else np.zeros((), dtype=settled.dtype)
        filled = np.where(missing, filler, settled).astype(settled.dtype)
        return Column(self.storage, _frozen(filled), _frozen(missing), self.levels, self.ordered)

    def _settled(self, values: Array) -> Array:
        if self.coded and self.meanings is not None:
            return self.meanings[values if not self.first else np.maximum(values, 1) - 1]
        match self.storage:
            case "boolean":
                return values.astype(np.bool_)
            case "integer":
                return values.astype(np.int64)
            case "date":
                return values.astype("datetime64[us]")
            case "number" | "text":
                return np.add(values, 0.0, dtype=np.float64)


def form_of_text(words: Sequence[str], order: Sequence[str] | None) -> Form:
    """The form of a text column in which these words occur, `order` being their own order if they have one.

    >>> form_of_text(["true", "false"], None).storage
    'boolean'
    """
    if not words:
        return Form("number", "text", words=(), empty=True)
    codes = from_texts(sorted(words) if order is None else list(words), order=order)
    called = tuple(sorted(words)) if order is None else tuple(words)
    return Form(codes.storage, "text", codes.levels, codes.ordered, called, codes.values)


def _truth(cell: str) -> str:
    yes, no = (
        ", ".join(literal(word) for word, meaning in BOOLEAN_WORDS.items() if meaning is wanted)
        for wanted in (True, False)
    )
    return f"CASE WHEN {cell} IN ({yes}) THEN true WHEN {cell} IN ({no}) THEN false END"


def _either(missing: Booleans | None, values: Array) -> Booleans | None:
    """Which cells are missing: those said to be, and numbers and moments that are none."""
    if values.dtype.kind not in "fM":
        return missing
    undefined = np.isnan(values) if values.dtype.kind == "f" else np.isnat(values)
    return undefined if missing is None else missing | undefined


def _frozen(values: Array) -> Array:
    values.flags.writeable = False  # every caller has just made them
    return values
