"""`Remote`: a table in a database server, of which nothing but counts and sums ever comes here.

It shows the face of a `Table` as far as that can be had from aggregates: whoever estimates from counts or
from moments does so where the data are. Every method opens one read-only view and closes it again.

>>> import sqlite3
>>> from whence.data.pushdown.opening import remote
>>> db = sqlite3.connect(":memory:")
>>> _ = db.execute("CREATE TABLE t (x INT, y REAL)")
>>> _ = db.execute("INSERT INTO t VALUES (0, 1.5), (1, 2.5), (1, NULL)")
>>> t = remote(db, "t")
>>> t.rows, t.columns, t.missing
(3, ('x', 'y'), {'y': 1})
>>> t.counts(["x"]).cells.tolist(), t.moments(["y"]).means.tolist()
([1, 2], [2.0])
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from html import escape
from typing import TYPE_CHECKING, cast

from whence.data import contingency
from whence.data.frame import check_size
from whence.data.moments import Moments
from whence.data.names import known
from whence.data.nearest import nearest_of
from whence.data.pushdown import moments as sums
from whence.data.pushdown.counted import counted
from whence.data.pushdown.filters import filtered
from whence.data.pushdown.moments import Asked, Term
from whence.data.pushdown.sampling import drawn
from whence.data.pushdown.server import Server, Session
from whence.data.pushdown.sketches import Sketch, sketched
from whence.data.pushdown.sql import ROWS, Origin, number, seen, select
from whence.data.schema import Field, Schema
from whence.runtime.errors import (
    InfiniteValues,
    TextInNumericRole,
)
from whence.runtime.plain import quoted

if TYPE_CHECKING:
    from whence.data.columns import Storage, Value
    from whence.data.contingency import Counts
    from whence.data.pushdown.sql import Kind
    from whence.data.tables import Table
    from whence.data.weighting import Weighting
    from whence.numerics.moments import Central
    from whence.runtime.seeds import Seed


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Remote:
    """Rows of data that stay in a database server. Made by `whence.remote`.

    Attributes
    ----------
    columns: the names of the variables, in the server's order
    table, source: the table, and the rows of it that count, in words, without host or user
    notes: what there is to say of them, one sentence each
    where: which rows count, as it was written
    server, origin, values: whom to ask, of what, and the values that go beside every question
    """

    columns: tuple[str, ...]
    table: str
    source: str
    notes: tuple[str, ...]
    where: str | None
    server: Server
    origin: Origin
    values: Mapping[str, object]
    _known: dict[str, object] = field(default_factory=dict[str, object])

    # What is on a server may change unseen: no journal keeps what was computed from it.
    __fingerprint__ = None

    @property
    def weights(self) -> None:
        """None: every row is one observation."""
        return None

    @property
    def weighting(self) -> Weighting:
        """What weights there are: "none", since every row is one observation."""
        return "none"

    @property
    def derived(self) -> Mapping[str, tuple[str, ...]]:
        """No column is derived here; a view of the server's may hold derived ones."""
        return {}

    @property
    def rows(self) -> int:
        """How many rows there are; asked once."""
        if "rows" not in self._known:
            with self.session() as session:
                question = select([ROWS], seen(self.origin, ()))
                self._known["rows"] = int(session.rows(question, self.origin.names(()), self.values)[0][0])
        return cast("int", self._known["rows"])

    @property
    def n(self) -> int:
        """How many observations there are: the rows."""
        return self.rows

    @property
    def schema(self) -> Schema:
        """What kind each column is; each column is asked about once."""
        found = self.sketch(self.columns)
        return Schema(tuple(found[name].field(name) for name in self.columns))

    def field(self, name: str) -> Field:
        """What kind one column is; the others are not asked about."""
        return self.sketch([name])[name].field(name)

    @property
    def missing(self) -> Mapping[str, int]:
        """How many cells are missing in each column that misses any."""
        found = self.sketch(self.columns)
        return {name: each.missing for name, each in found.items() if each.missing}

    def storage(self, name: str) -> Storage:
        """How the column would be held in memory."""
        return self.sketch([name])[name].storage

    def labels(self, name: str) -> tuple[str, ...]:
        """The levels of a column of text, if they are listed; none of any other."""
        sketch = self.sketch([name])[name]
        return tuple(str(level) for level in sketch.levels) if sketch.storage == "text" else ()

    def nearest(self, name: str, value: Value | None, most: int) -> tuple[Value, ...]:
        """The value alone if it occurs in a column; else the nearest of those listed, of labels all."""
        levels = self.sketch([name])[name].levels
        if levels or not isinstance(value, int | float):
            return nearest_of(value, levels, most)
        with self.session() as session:
            asked = select([ROWS], seen(self.origin, [name], also=[f"{self.place(name)} = {number(value)}"]))
            found = int(session.rows(asked, self.origin.names([name]), self.values)[0][0])
        return (value,) if found else ()

    def sketch(self, names: Sequence[str]) -> dict[str, Sketch]:
        """What aggregates tell of these columns; each is asked about once. Raises `UnknownColumn`."""
        found = cast("dict[str, Sketch]", self._known.setdefault("sketches", {}))
        new = [name for name in dict.fromkeys(names) if known(name, self.columns) not in found]
        if new:
            with self.session() as session:
                found.update(sketched(session, self.origin, new, self.values))
            self._known.setdefault("rows", found[new[0]].rows)
        return {name: found[name] for name in names}

    def narrowed(self, names: Sequence[str]) -> Remote:
        """The same table as if it had these columns only, in its own order."""
        kept = tuple(name for name in self.columns if name in names)
        return replace(self, columns=kept or self.columns)

    def filtered(self, where: str) -> Remote:
        """The rows in which this expression is true as well; raises as `remote` does."""
        return _filtered(self, where)

    def counted(self, names: Sequence[str], *, complete_in: Sequence[str] = ()) -> Table:
        """How often each combination of values occurs: a `Table` of the combinations, weighted by counts.

        Rows that miss some of the values are counted too, or, with `complete_in`, only those that miss none
        of these columns nor of those named there. Whatever is computed from counts alone has the same digits
        on this table and on the rows in memory. Raises `UnknownColumn`, `EmptyData`, and `NeedsRows` for more
        combinations than are worth fetching.
        """
        unique = self._checked(names)
        full = self._checked((*unique, *complete_in)) if complete_in else ()
        with self.session() as session:
            return counted(
                session,
                self.origin,
                unique,
                self.values,
                source=self.source,
                notes=self.notes,
                complete_in=full,
            )

    def sample(self, rows: int, seed: int | Seed = 0, names: Sequence[str] | None = None) -> Table:
        """A random sample of so many rows, drawn from their counts; all of them if there are no more.

        It is weighted by counts. The sample depends on the seed and on the counts alone. Raises as `counted`.
        """
        return drawn(self.counted(self.columns if names is None else names), rows, seed)

    def counts(self, names: Sequence[str]) -> Counts:
        """The contingency table of some columns over the complete rows, as `whence.data.counts` gives it."""
        unique = self._checked(names)
        return contingency.counts(self.counted(unique), unique)

    def moments(self, names: Sequence[str]) -> Moments:
        """The means (p,) and centred sums of products (p, p) of numeric columns, over the complete rows.

        Booleans count as 0 and 1, dates in days since 1970. Raises `UnknownColumn`, `TextInNumericRole`,
        `InfiniteValues`, `UnreadableData` for giant numbers, and `EmptyData` if no row is complete.
        """
        unique = self._checked(names)
        asked = self.asked([self.term(name) for name in unique], unique)
        with self.session() as session:
            found = sums.moments(session, asked)
        return _named(unique, found, self.rows)

    def group_by(
        self, by: Sequence[str], names: Sequence[str]
    ) -> tuple[tuple[tuple[Value | None, ...], Moments], ...]:
        """For each combination of values of `by`, in order: these values, and the moments of `names` there.

        Over the rows that are complete in `names`; what is missing in `by` is None, and a group of its own.
        Raises as `moments` and `counted` do.
        """
        keys, unique = self._checked(by), self._checked(names)
        asked = self.asked([self.term(name) for name in unique], unique, beside=keys)
        with self.session() as session:
            found = sums.grouped(session, asked, [self.origin.place(name) for name in keys])
        return tuple((setting, _named(unique, each, int(each.n))) for setting, each in found)

    def term(self, name: str) -> Term:
        """The number that a column is to moments: itself, 0 or 1, or days. Raises as `moments` does."""
        sketch, kind = self.sketch([name])[name], self.origin.kind(name)
        if sketch.infinite:
            raise InfiniteValues(name, sketch.infinite)
        check_size(name, sketch.storage, sketch.bound)
        written = _as_number(kind, self.origin.place(name))
        if written is None:
            examples = [str(level) for level in sketch.levels[:3]]
            raise TextInNumericRole(name, "column", examples)
        return Term(written, sketch.low or 0.0, sketch.high or 0.0)

    def asked(
        self,
        terms: Sequence[Term],
        complete_in: Sequence[str],
        *,
        beside: Sequence[str] = (),
        rows: Sequence[str] = (),
        values: Mapping[str, object] | None = None,
    ) -> Asked:
        """These terms over the rows that are complete in some columns and fulfil all conditions of `rows`."""
        source = seen(self.origin, complete_in, complete=True, beside=beside, also=rows)
        names = self.origin.names((*complete_in, *beside))
        return Asked(tuple(terms), source, names, {**self.values, **(values or {})}, self.source)

    def place(self, name: str) -> str:
        """What queries call a column."""
        return self.origin.place(known(name, self.columns))

    @contextmanager
    def session(self) -> Generator[Session]:
        """A read-only view of one moment, for several questions that belong together."""
        with self.server.session() as session:
            yield session

    def _checked(self, names: Sequence[str]) -> tuple[str, ...]:
        return tuple(known(name, self.columns) for name in dict.fromkeys(names))

    def __contains__(self, name: object) -> bool:
        return name in self.columns

    def __len__(self) -> int:
        return self.rows

    def __repr__(self) -> str:
        return f"<Remote {self.source}: {len(self.columns):,} columns>"

    def _repr_html_(self) -> str:
        names = ", ".join(escape(name) for name in self.columns[:40])
        return f"<div><p><strong>Remote</strong>, {escape(self.source)}</p><p>{names}</p></div>"


def _filtered(whole: Remote, where: str) -> Remote:
    """The rows that pass this filter too."""
    origin = replace(whole.origin, where="", filtered_by=0)
    found = filtered(origin, where)
    if whole.where is not None:
        where = f"({whole.where}) AND ({where})"
        found = filtered(origin, where)
    source = f"{whole.table} where {quoted(where, 200)}"
    return replace(whole, where=where, source=source, origin=found.origin, values=found.values, _known={})


def _named(names: tuple[str, ...], found: Central, rows: int) -> Moments:
    return Moments(names, int(found.n), max(rows - int(found.n), 0), found.means, found.products)


def _as_number(kind: Kind, place: str) -> str | None:
    if kind == "boolean":
        return f"CASE WHEN {place} THEN 1e0 ELSE 0e0 END"
    if kind in ("integer", "number"):
        return f"CAST({place} AS DOUBLE)"
    if kind in ("date", "moment"):
        return f"(CAST(EXTRACT(EPOCH FROM {place}) AS DOUBLE) / 8.64e4)"
    return None
