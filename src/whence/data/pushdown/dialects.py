"""Our SQL said in a server's own, by SQLGlot; what SQLGlot makes of it is read back before it is believed.

A query of ours is parsed as DuckDB's, written anew in the other dialect, and parsed again as that one. If it
is then one statement that holds the very names that went in, it may run; a name that a dialect cannot quote
is refused, not tried. Values that are sent beside the query are marked, and get the mark of the driver at
hand.

Postgres, DuckDB and SQLite are tried against real servers by our tests. Of other dialects (Snowflake,
BigQuery and whatever else SQLGlot knows) only the text is checked, and a table that is asked in one of them
says so.

Source: PEP 249, "Python Database API Specification v2.0", paramstyle.

>>> said('SELECT CAST("a" AS DOUBLE) AS c0 FROM "t"', POSTGRES, ("t", "a")).text("pyformat")
'SELECT CAST("a" AS DOUBLE PRECISION) AS c0 FROM "t"'
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Final

from whence.data.pushdown.errors import UnquotableName
from whence.data.pushdown.sql import MARK
from whence.runtime.errors import InvalidOption, MissingExtra

NAMED: Final = {"named": ":{}", "pyformat": "%({})s"}
POSITIONAL: Final = {"qmark": "?", "format": "%s", "numeric": ":{}"}


@dataclass(frozen=True, slots=True)
class Dialect:
    """What is particular to a kind of server.

    `collation` makes texts equal only if they are the same letters; `wide_sums`: whether sums of whole
    numbers of 64 bits are kept in more; `fence` keeps a sub-select from being copied into each place that
    uses it; `tried`: whether our tests ask such a server; `title` is how people call it.
    """

    name: str
    title: str
    collation: str = ""
    wide_sums: bool = False
    fence: str = ""
    tried: bool = False


POSTGRES: Final = Dialect("postgres", "Postgres", '"C"', wide_sums=True, fence="OFFSET 0", tried=True)
DUCKDB: Final = Dialect("duckdb", "DuckDB", wide_sums=True, tried=True)
SQLITE: Final = Dialect("sqlite", "SQLite", "BINARY", tried=True)
_KNOWN: Final = {each.name: each for each in (POSTGRES, DUCKDB, SQLITE)}
_UNTRIED: Final = {
    "snowflake": Dialect("snowflake", "Snowflake", wide_sums=True),
    "bigquery": Dialect("bigquery", "BigQuery"),
}


def dialect(name: str) -> Dialect:
    """The dialect of that name. Raises `InvalidOption` for one that SQLGlot does not know."""
    known = _KNOWN | _UNTRIED
    if name in known:
        return known[name]
    classes: Mapping[str, object] = sqlglot().Dialect.classes
    if not name or name not in classes:
        raise InvalidOption("dialect", name, [*known, *(each for each in classes if each not in known)][:24])
    return Dialect(name, name)


@dataclass(frozen=True, slots=True)
class Said:
    """A query in its server's dialect: pieces of text, and between them the names of values."""

    pieces: tuple[str, ...]

    def text(self, style: str) -> str:
        """The query for a driver whose values are marked in this style of PEP 249."""
        doubled = style in ("format", "pyformat") and len(self.pieces) > 1
        words = [piece.replace("%", "%%") if doubled else piece for piece in self.pieces]
        for place in range(1, len(words), 2):
            name = self.pieces[place]
            marked = NAMED.get(style) or POSITIONAL[style]
            words[place] = marked.format(name if style in NAMED else (place + 1) // 2)
        return "".join(words)

    def values(self, style: str, of: Mapping[str, object]) -> dict[str, object] | list[object] | None:
        """The values as that driver takes them; None if there are none."""
        names = self.pieces[1::2]
        if not names:
            return None
        return {name: of[name] for name in names} if style in NAMED else [of[name] for name in names]


def said(sql: str, to: Dialect, names: Collection[str]) -> Said:
    """A query of ours in a server's dialect; `names` are all that it may hold in quotes.

    Raises `UnquotableName` if a name does not come through whole, `MissingExtra` without SQLGlot.
    """
    if to == DUCKDB:  # as it was written
        return Said(tuple(sql.split(MARK)))
    library = sqlglot()
    tree = library.parse_one(re.sub(f"{MARK}(v[0-9]+){MARK}", r"$\1", sql), read="duckdb")
    for waiting in list(tree.find_all(library.exp.Placeholder)):
        waiting.replace(library.exp.Var(this=f"{MARK}{waiting.name}{MARK}"))
    expected = {*names, *_collations(to)}
    text = str(tree.sql(dialect=to.name))
    if _quoted(tree) - expected or not _holds(text.replace(MARK, ""), to, expected & _quoted(tree)):
        raise UnquotableName(next((name for name in names if not _plain(name)), ""), to.title)
    return Said(tuple(text.split(MARK)))


def _collations(to: Dialect) -> set[str]:
    return {to.collation.strip('"')} if to.collation.startswith('"') else set()


def _holds(text: str, to: Dialect, names: set[str]) -> bool:
    """Whether the finished text is one statement that has exactly these names in quotes."""
    library = sqlglot()
    try:
        trees = library.parse(text, read=to.name)
    except library.errors.SqlglotError:
        return False
    return len(trees) == 1 and trees[0] is not None and _quoted(trees[0]) == names


def _quoted(tree: Any) -> set[str]:  # noqa: ANN401  (SQLGlot is optional)
    found = tree.find_all(sqlglot().exp.Identifier)
    return {str(each.this) for each in found if each.args.get("quoted")}


def _plain(name: str) -> bool:
    return re.fullmatch(r"[\w .-]+", name) is not None


def sqlglot() -> Any:  # noqa: ANN401  (SQLGlot is optional)
    """The library. Raises `MissingExtra` where it is not installed."""
    try:
        return import_module("sqlglot")
    except ImportError:
        raise MissingExtra("sqlglot", "Asking a database server") from None
