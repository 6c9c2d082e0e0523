r"""`Scan`: a table that is read block by block, as often as needed, and never held.

It shows the face of a `Table` as far as that can be had without holding rows. What a column is (its storage,
its levels) is a fact on the whole column; it is found when first asked for, so that every block of the scan
is, cell by cell, the slice that the in-memory table of the same file would give: the digits of whatever is
computed from blocks cannot differ. A scan is made by `whence.scan`.

>>> import tempfile, pathlib
>>> from whence.data.scanning.opening import scan
>>> folder = tempfile.TemporaryDirectory()
>>> path = pathlib.Path(folder.name) / "shop.csv"
>>> _ = path.write_text("price,sold\n9,yes\n10,no\n9,\n")
>>> shop = scan(path)
>>> shop.rows, shop.form("sold").levels, shop.complete(["price", "sold"]).rows
(3, ('no', 'yes'), 2)
>>> [block["price"].values.tolist() for block in shop.blocks(["price"])]
[[9, 10, 9]]
>>> folder.cleanup()
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar, cast

import numpy as np

from whence.data.columns import from_array
from whence.data.contingency import counts as contingency
from whence.data.names import known
from whence.data.scanning.checks import check_finite
from whence.data.scanning.counting import counted, from_groups, marginal
from whence.data.scanning.describing import described
from whence.data.scanning.facts import MOST_VALUES
from whence.data.scanning.finding import found
from whence.data.scanning.groups import Groups
from whence.data.scanning.hashing import content_hash
from whence.data.scanning.nearest import nearest
from whence.data.scanning.sampling import positions, taken
from whence.data.scanning.streaming import blocks, joined, raw_batches
from whence.data.table_view import headline, to_html, to_text
from whence.data.tables import Table
from whence.runtime.errors import EmptyData

if TYPE_CHECKING:
    from whence.data.columns import Column, Storage, Value
    from whence.data.contingency import Counts
    from whence.data.scanning.facts import Fact
    from whence.data.scanning.forms import Form
    from whence.data.scanning.layers import Layer
    from whence.data.scanning.origins import Origin
    from whence.data.schema import Field, Schema
    from whence.data.weighting import Weighting
    from whence.runtime.seeds import Seed

K = TypeVar("K")


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Scan:
    """Rows of data that stay where they are.

    Attributes
    ----------
    origin: the files, and how they are come by
    layer: the rows of them that are meant, with their columns
    rows: how many rows there are
    source: where they are, in words
    notes: what was done on the way in, one sentence each
    derived: of each column that `derive=` made, the columns it was made from
    """

    origin: Origin
    layer: Layer
    rows: int
    source: str
    notes: tuple[str, ...] = ()
    derived: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    _known: dict[object, object] = field(default_factory=dict[object, object], compare=False)

    def __fingerprint__(self) -> tuple[object, ...]:
        """What a result computed from it depends on: the files with what is in them, and which rows count."""
        return self.origin, self.layer, self.rows, self.source, self.notes, self.derived

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the variables, in the source's order."""
        return tuple(self.layer.sights)

    @property
    def n(self) -> int:
        """How many observations there are: the rows, for a scan has no weights."""
        return self.rows

    @property
    def weights(self) -> None:
        """None: a scan has no column of weights."""
        return

    @property
    def weighting(self) -> Weighting:
        """What weights there are: none, for every row is one observation."""
        return "none"

    @property
    def schema(self) -> Schema:
        """What kind each column is; found when first asked for."""
        if "schema" not in self._known:
            self._known["schema"] = described(self, self.facts(self.columns))
        return cast("Schema", self._known["schema"])

    @property
    def missing(self) -> Mapping[str, int]:
        """How many cells are missing in each column that misses any."""
        lost = {name: self.rows - fact.present for name, fact in self.facts(self.columns).items()}
        return {name: count for name, count in lost.items() if count}

    @property
    def sha256(self) -> str:
        """The hash of all columns, that of the in-memory table of the same rows; found when first asked for.

        It takes a pass over each column. (Of text that has too many levels to hold, it is the scan's own.)
        """
        if "sha256" not in self._known:
            self._known["sha256"] = content_hash(self)
        return cast("str", self._known["sha256"])

    def facts(self, names: Sequence[str]) -> dict[str, Fact]:
        """What is known of whole columns: form, cells that are there, extremes, few values."""
        wanted = tuple(dict.fromkeys(known(name, self.columns) for name in names))
        unknown = [name for name in wanted if ("fact", name) not in self._known]
        if unknown:
            with self.origin.engine() as db:
                new, groups = found(db, self.layer, unknown)
            self._known.update({("fact", name): fact for name, fact in new.items()})
            if groups is not None:
                self._known["groups", tuple(unknown)] = groups
        return {name: cast("Fact", self._known["fact", name]) for name in wanted}

    def form(self, name: str) -> Form:
        """What a whole column is: its storage and levels."""
        return self.facts([name])[name].form

    def field(self, name: str) -> Field:
        """What kind one column is; the others are not looked at. Raises `UnknownColumn`."""
        key = ("field", name)
        if key not in self._known:
            self._known[key] = described(self, self.facts([name]))[name]
        return cast("Field", self._known[key])

    def storage(self, name: str) -> Storage:
        """How the values of a column are held; raises `UnknownColumn` with the near miss."""
        return self.form(name).storage

    def labels(self, name: str) -> tuple[str, ...]:
        """The levels of a column of text, if there are not too many to hold; none of any other."""
        return self.form(name).levels

    def values(self, name: str, most: int = MOST_VALUES) -> tuple[Value, ...] | None:
        """The distinct values of a column in order, if there are at most `most` (no more than 1,024)."""
        values = self.facts([name])[name].values
        return values if values is not None and len(values) <= min(most, MOST_VALUES) else None

    def nearest(self, name: str, value: Value | None, most: int) -> tuple[Value, ...]:
        """The value alone if it occurs in a column; else some that occur, nearest to it."""
        return nearest(self, name, value, most)

    def complete(self, names: Sequence[str]) -> Scan:
        """The rows that miss none of these columns, and those columns only.

        Its columns are in the canonical form of these rows. Raises `UnknownColumn`, `EmptyData` if no row is
        complete, and `InfiniteValues` and `UnreadableData` for numbers that cannot be computed with.
        """
        facts = self.facts(names)
        key = ("complete", tuple(facts))
        if key not in self._known:
            check_finite(self, facts)
            self._known[key] = self._complete(facts)
        return cast("Scan", self._known[key])

    def _complete(self, facts: Mapping[str, Fact]) -> Scan:
        narrowed = self.layer.narrowed(tuple(facts))
        if all(fact.present == self.rows for fact in facts.values()):
            return replace(self, layer=narrowed, _known=self._known_of(tuple(facts)))
        layer = narrowed.complete_in({name: fact.form for name, fact in facts.items()})
        with self.origin.engine() as db:
            rows = int(db.rows(f"SELECT count(*) FROM {layer.sql}")[0][0])
        if rows == 0:
            raise EmptyData(f"{self.source} that are complete in {', '.join([*facts][:8])}")
        return replace(self, layer=layer, rows=rows, _known=dict[object, object]())

    def with_layer(self, layer: Layer, derived: Mapping[str, tuple[str, ...]]) -> Scan:
        """The same rows with further columns; what is known of the others stays known."""
        return replace(self, layer=layer, derived=derived, _known=self._known_of(self.columns))

    def blocks(self, names: Sequence[str]) -> Iterator[Mapping[str, Column]]:
        """These columns, 65,536 rows after 65,536 (fewer in the last block), in the order of the file.

        Every column is as `table(...).column(name).take(rows)` would be: its storage and levels are those of
        the whole column. Every call is one pass, which opens the files anew, and closes them when the
        iterator is at its end or is closed. Raises `UnknownColumn`, and `UnreadableData` for text of more
        than 65,536 levels.
        """
        forms = self._forms(names)
        yield from blocks(self.origin, self.layer.narrowed(tuple(forms)), forms)

    def counted(self, names: Sequence[str]) -> Table:
        """How often each combination of values occurs: a `Table` of the distinct rows, weighted by counts.

        Counted where the rows are, and exact. Whatever is computed from counts alone gives the same digits
        on this table and on the rows.
        """
        forms = self._forms(names)
        if not forms:
            return Table(
                {"count": from_array(np.array([self.rows]))}, self.source, "count", "counts", self.notes
            )
        key = ("counted", tuple(forms))
        if key not in self._known:
            self._known[key] = self._count(forms)
        return cast("Table", self._known[key])

    def _count(self, forms: Mapping[str, Form]) -> Table:
        """The counts of columns, from those of more columns if they are known."""
        names = tuple(forms)
        known = [kept for kept in self._kept("groups", Groups) if set(names) <= set(kept.cells)]
        if known:
            return from_groups(known[0], forms, self.source, self.notes)
        wider = [table for table in self._kept("counted", Table) if set(names) <= set(table.columns)]
        if wider:
            return marginal(min(wider, key=len), names)
        return counted(self.origin, self.layer.narrowed(names), forms, self.source, self.notes)

    def counts(self, names: Sequence[str]) -> Counts:
        """The contingency table of some columns over the complete rows, as `whence.data.counts` gives it."""
        return contingency(self.counted(names), names)

    def sample(self, rows: int, seed: int | Seed = 0, names: Sequence[str] | None = None) -> Table:
        """A uniform random sample of so many rows, in the order of the file; all rows if there are no more.

        Which rows these are depends on the seed and on the number of rows of the scan alone. `names` are the
        columns to have; by default all that can be read in blocks.
        """
        wanted = names if names is not None else [n for n in self.columns if not self.form(n).unlisted]
        forms = self._forms(wanted)
        chosen = positions(self.rows, rows, seed)
        source = raw_batches(self.origin, self.layer.narrowed(tuple(forms)), forms)
        parts = list(taken(source, chosen))
        store = joined(forms, parts)
        note = f"A random sample of {chosen.shape[0]:,} of the {self.rows:,} rows."
        notes = (*self.notes, note) if chosen.shape[0] < self.rows else self.notes
        return Table(store, self.source, notes=notes, derived=self.derived)

    def _kept(self, what: str, kind: type[K]) -> list[K]:
        """What is known so far of one sort."""
        sorts = [found for key, found in self._known.items() if isinstance(key, tuple) and key[0] == what]
        return [found for found in sorts if isinstance(found, kind)]

    def _known_of(self, names: tuple[str, ...]) -> dict[object, object]:
        """What is known of these columns by themselves, in all rows."""
        known: dict[object, object] = {
            ("fact", name): self._known["fact", name] for name in names if ("fact", name) in self._known
        }
        for what in ("groups", "counted"):
            known |= {key: found for key, found in self._known.items() if _is_of(key, what, names)}
        return known

    def _forms(self, names: Sequence[str]) -> dict[str, Form]:
        return {name: fact.form for name, fact in self.facts(names).items()}

    def __contains__(self, name: object) -> bool:
        return name in self.layer.sights

    def __len__(self) -> int:
        return self.rows

    def __repr__(self) -> str:
        # A look at a scan must not cost a pass over its rows: kinds are shown once they are known.
        if "schema" in self._known:
            text = to_text(self.schema, self.rows, self.n, self.source, self.weighting)
            return text.replace("<Table", "<Scan", 1)
        size = headline(self.rows, self.n, len(self.columns), self.weighting)
        return f"<Scan {size}, from {self.source}>"

    def _repr_html_(self) -> str:
        told = to_html(self.schema, self.rows, self.n, self.source, self.weighting, self.notes)
        return told.replace("<strong>Table</strong>", "<strong>Scan</strong>", 1)


def _is_of(key: object, what: str, names: tuple[str, ...]) -> bool:
    """Whether this is the key of something known of some of these columns."""
    if not isinstance(key, tuple):
        return False
    sort, columns = cast("tuple[str, object]", key)
    return sort == what and set(cast("tuple[str, ...]", columns)) <= set(names)
