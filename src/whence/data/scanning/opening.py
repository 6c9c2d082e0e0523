r"""`scan`: rows that stay where they are, in a file, in many files, or in a table of a database file.

>>> import tempfile, pathlib
>>> with tempfile.TemporaryDirectory() as folder:
...     path = pathlib.Path(folder) / "shop.csv"
...     _ = path.write_text("price,sold\n9,1\n10,0\n")
...     scan(path, where="price > 9").rows
1
"""

from __future__ import annotations

import os
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from whence.data.duck import EngineFailure
from whence.data.engine_columns import selection
from whence.data.expressions import REASONS, Checked, check
from whence.data.names import check_name, usable
from whence.data.scanning.finding import found
from whence.data.scanning.scan import Scan
from whence.data.scanning.sources import located
from whence.runtime.errors import DuplicateColumns, EmptyData, InvalidFilter, UnreadableData, quoted

if TYPE_CHECKING:
    from whence.data.scanning.forms import Form
    from whence.data.scanning.layers import Layer


def scan(
    source: str | os.PathLike[str] | Sequence[str | os.PathLike[str]] | Scan,
    *,
    where: str | None = None,
    derive: Mapping[str, str] | None = None,
    database: str | Path | None = None,
) -> Scan:
    """Data that are read block by block and never held: for tables larger than memory.

    Parameters
    ----------
    source: a Parquet or CSV file; a list of Parquet files, a pattern such as "parts/*.parquet", or a folder
        of them, one under another in the order of their paths; another scan; with `database`, the name of a
        table or view
    where: keep the rows in which this SQL expression is true (unknown counts as not true)
    derive: new columns by name, each an SQL expression; truth values become 0 and 1
    database: a DuckDB file that has the table `source`

    The files must stay as they are while the scan is used. Raises what `table` raises.
    """
    made = source if isinstance(source, Scan) else _opened(source, database)
    for name, expression in (derive or {}).items():
        made = _derived(made, name, expression)
    usable(made.columns, made.source)
    return made if where is None else _filtered(made, where)


def _opened(
    source: str | os.PathLike[str] | Sequence[str | os.PathLike[str]], database: str | Path | None
) -> Scan:
    place = located(source, database)
    if place.rows == 0:
        raise EmptyData(place.origin.label)
    if not place.layer.sights:
        raise UnreadableData(place.origin.label, f"no column holds numbers, text or dates: {place.notes[0]}")
    return Scan(place.origin, place.layer, place.rows, place.origin.label, place.notes)


def _derived(scan: Scan, name: str, expression: str) -> Scan:
    check_name(name)
    checked = check(expression, scan.columns)
    forms, kind = _read(scan, checked)
    if kind == "VARCHAR" and _says_truth(scan, checked, forms):
        checked, kind = replace(checked, sql=f"CAST(({checked.sql}) AS BOOLEAN)"), "BOOLEAN"
    alike = [old for old in scan.columns if old.casefold() == name.casefold()]
    if alike and alike[0] != name:
        raise DuplicateColumns([alike[0], name])
    made = scan.layer.derive(MADE, checked, forms, kind)
    form = _form(scan, made, expression)
    if alike:
        if not _same(scan, made, name, form):
            raise InvalidFilter(expression, f"there is a column {quoted(name)} already, with other values")
        layer = scan.layer
    else:
        layer = scan.layer.derive(name, checked, forms, kind)
    parts = [origin for part in checked.columns for origin in (part, *scan.derived.get(part, ()))]
    derived = {**scan.derived, name: tuple(dict.fromkeys(parts))}
    return scan.with_layer(layer, derived=derived)


MADE = ""
"""What a derived column is called while it is looked at: no column of the user's can be."""


def _read(scan: Scan, checked: Checked) -> tuple[dict[str, Form], str]:
    """The forms of the columns that an expression names, and the engine's type of its values."""
    forms = {name: fact.form for name, fact in scan.facts(checked.columns).items()}
    with _of_expression(checked.text), scan.origin.opened() as db:
        kind = db.described(scan.layer.valued(checked, forms))[0][1]
    if selection(kind, "") is None:
        raise InvalidFilter(checked.text, "its values are no numbers, text, dates or truth values")
    return forms, kind


def _says_truth(scan: Scan, checked: Checked, forms: dict[str, Form]) -> bool:
    """Whether the texts that an expression gives say only true and false."""
    made = scan.layer.derive(MADE, checked, forms, "VARCHAR")
    return _form(scan, made, checked.text).storage == "boolean"


def _form(scan: Scan, made: Layer, text: str) -> Form:
    """The form of the column just made by the expression `text`, which is computed in every row."""
    with _of_expression(text), scan.origin.opened() as db:
        return found(db, made, [MADE])[0][MADE].form


def _same(scan: Scan, made: Layer, name: str, form: Form) -> bool:
    """Whether the derived column holds the values that the column `name` has already."""
    old = scan.form(name)
    if old.storage != form.storage or old.levels != form.levels:
        return False
    pair = [f.canonical(made.sights[n].cell) for n, f in ((name, old), (MADE, form))]
    with scan.origin.engine() as db:
        differ = f"count_if(({pair[0]}) IS DISTINCT FROM ({pair[1]}))"
        return not db.rows(f"SELECT {differ} FROM {made.sql}")[0][0]


def _filtered(scan: Scan, where: str) -> Scan:
    checked = check(where, scan.columns)
    forms, kind = _read(scan, checked)
    if kind != "BOOLEAN":
        raise InvalidFilter(where, "its values are not true or false")
    with _of_expression(where), scan.origin.opened() as db:
        asked = f"SELECT count_if(value), count_if(value IS NULL) FROM ({scan.layer.valued(checked, forms)})"
        kept, unknown = (int(count) for count in db.rows(asked)[0])
    if not kept:
        raise EmptyData(
            f"{scan.source} after the filter {quoted(where, 200)}",
            f"None of the {scan.rows:,} rows passes it: loosen the filter, or leave it out.",
        )
    told = f", in {unknown:,} of them the condition is unknown" if unknown else ""
    gone = scan.rows - kept
    if not gone:
        return scan
    note = f"The filter {quoted(where, 200)} left out {gone:,} of {scan.rows:,} rows{told}."
    layer = scan.layer.where(checked, forms)
    return Scan(scan.origin, layer, kept, scan.source, (*scan.notes, note), scan.derived)


@contextmanager
def _of_expression(text: str) -> Generator[None]:
    """Lay a failure of the engine at the door of the expression that was being computed."""
    try:
        yield
    except EngineFailure as failure:
        raise InvalidFilter(text, REASONS.get(failure.kind, "it cannot be computed")) from None
