"""The three questions put to a database server, written once, in DuckDB's dialect.

Every query looks at the table through one sub-select, which calls its columns c0, c1, … and gives their
values the meaning they have everywhere else in Whence: a number that is not a number is missing, texts are
equal if they are the same letters. So a name from the database stands in a query at one place only, quoted
by one function, and everything around it is our own words.

>>> kept = Origin(("shop", "sales"), (("price", "number"), ('the "odd" one', "text")))
>>> counts(kept, ["price"], at_most=9).splitlines()[0]
'SELECT c0, COUNT(*)'
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from whence.runtime.errors import UnknownColumn

Kind: TypeAlias = Literal["boolean", "integer", "number", "text", "date", "moment", "other"]
"""What a server says a column holds: `moment` is a date with a time, `other` is settled value by value."""

ROWS: Final = "COUNT(*)"

MARK: Final = "\x1f"
"""Around the name of a value that is sent beside a query; no name of a column can hold it."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Which table, its columns with their kinds in the order of their numbers, and which of its rows.

    `where` is a condition over c0, c1, …, which are then the first of the columns; `collation` is how the
    server is told that texts are equal only if they are the same letters, where it has to be told.
    """

    table: tuple[str, ...]
    columns: tuple[tuple[str, Kind], ...]
    where: str = ""
    filtered_by: int = 0
    collation: str = ""

    def place(self, name: str) -> str:
        """What queries call a column: c and its number. Raises `UnknownColumn`."""
        return f"c{self.number(name)}"

    def number(self, name: str) -> int:
        """The number of a column."""
        names = [each for each, _ in self.columns]
        if name not in names:
            raise UnknownColumn(name, known=names)
        return names.index(name)

    def kind(self, name: str) -> Kind:
        """What kind of column the server says it is."""
        return self.columns[self.number(name)][1]

    def names(self, wanted: Iterable[str]) -> tuple[str, ...]:
        """All names of the database that a query on these columns holds."""
        read = [name for name, _ in self.columns[: self.filtered_by]]
        return (*self.table, *dict.fromkeys((*read, *wanted)))


def identifier(name: str) -> str:
    """A name as an identifier: in double quotes, its own doubled."""
    return '"' + name.replace('"', '""') + '"'


def number(value: float) -> str:
    """A number as SQL: in scientific notation, so that no engine takes it for a decimal fraction.

    What is not finite equals nothing that a column holds here, and so is NULL.
    """
    if not math.isfinite(value):
        return "CAST(NULL AS DOUBLE)"
    written = repr(float(value))
    return written if "e" in written else f"{written}e0"


def seen(
    origin: Origin,
    names: Iterable[str],
    *,
    complete: bool = False,
    beside: Iterable[str] = (),
    also: Sequence[str] = (),
) -> str:
    """The table as every query sees it: these columns, in rows that pass the filter.

    With `complete`, in rows that miss none of them; `beside` are further columns, which may be missing, and
    `also` further conditions on rows.
    """
    wanted = list(dict.fromkeys(names))
    inner = [name for name, _ in origin.columns[: origin.filtered_by]]
    whole = set(wanted) if complete else set[str]()
    items = [
        f"{_meant(identifier(name), origin.kind(name), origin.collation, whole=name in whole)} "
        f"AS {origin.place(name)}"
        for name in dict.fromkeys((*inner, *wanted, *beside))
    ]
    table = ".".join(identifier(part) for part in origin.table)
    found = f"(SELECT {', '.join(items) or '1 AS one'}\nFROM {table}) AS seen"
    conditions = [f"({origin.where})"] if origin.where else []
    conditions += [_there(origin.place(name), origin.kind(name)) for name in wanted] if complete else []
    conditions += [f"({condition})" for condition in also]
    if not conditions:
        return found
    return f"(SELECT *\nFROM {found}\nWHERE {' AND '.join(conditions)}) AS kept"


def _meant(column: str, kind: Kind, collation: str, *, whole: bool) -> str:
    """A column in the meaning it has in memory; a `whole` one only where rows that miss it are left out."""
    if kind == "text":
        return f"CAST({column} AS VARCHAR){f' COLLATE {collation}' if collation else ''}"
    if kind == "number":
        number_ = f"CAST({column} AS DOUBLE)"
        return number_ if whole else f"CASE WHEN {_there(column, kind)} THEN {number_} END"
    return column


def _there(column: str, kind: Kind) -> str:
    """Whether a cell is not missing.

    Of all numbers, only what is not a number fails both comparisons: in databases where it equals itself and
    is above all others, as in Postgres, and in those where it compares with nothing.
    """
    return f"({column} <= 0 OR -{column} <= 0)" if kind == "number" else f"{column} IS NOT NULL"


def select(items: Sequence[str], source: str, *, by: Sequence[str] = (), at_most: int | None = None) -> str:
    """One SELECT, on lines of its own."""
    lines = [f"SELECT {', '.join(items)}", f"FROM {source}"]
    lines += [f"GROUP BY {', '.join(by)}"] if by else []
    lines += [] if at_most is None else [f"LIMIT {at_most:d}"]
    return "\n".join(lines)


def counts(origin: Origin, names: Sequence[str], *, at_most: int, complete_in: Sequence[str] = ()) -> str:
    """How often each combination of these columns occurs, missing values counted like others.

    With `complete_in`, only in rows in which none of those columns is missing. One combination more than
    `at_most` is asked for, so that it shows if there are too many.
    """
    keys = [origin.place(name) for name in names]
    source = seen(origin, complete_in, complete=True) if complete_in else seen(origin, names)
    return select([*keys, ROWS], source, by=keys, at_most=at_most + 1)


def sums(terms: Sequence[str], source: str) -> str:
    """How many rows there are, and the sum of each term over them."""
    return select([ROWS, *(f"SUM({term})" for term in terms)], source)


def grouped_sums(keys: Sequence[str], terms: Sequence[str], source: str, *, at_most: int) -> str:
    """The same for each combination of the keys."""
    items = [*keys, ROWS, *(f"SUM({term})" for term in terms)]
    return select(items, source, by=keys, at_most=at_most + 1)


def derived(
    items: Sequence[tuple[str, str]], source: str, name: str, *, keep: Sequence[str] = (), fence: str = ""
) -> str:
    """A further sub-select: expressions under aliases, beside columns that are kept as they are."""
    written = ", ".join([*keep, *(f"{expression} AS {alias}" for expression, alias in items)])
    return "\n".join([f"(SELECT {written}", f"FROM {source}", *([fence] if fence else [])]) + f") AS {name}"


def value(name: str) -> str:
    """The place of a value, v0, v1, …, which is sent beside the query and never becomes part of its text."""
    return f"{MARK}{name}{MARK}"
