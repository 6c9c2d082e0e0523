"""`table`: data in, from wherever they are, as one `Table`.

The same data give the same table, to the last bit, whether they come from CSV, Parquet, Arrow, pandas,
polars, a dict of columns or a database, and however many threads read them; rows keep the order of the file.

>>> t = table({"treat": [1, 0, 1], "re74": [0.0, 12.5, None]}, derive={"u74": "re74 = 0"})
>>> t.rows, t.columns, t.schema["re74"].missing
(3, ('treat', 're74', 'u74'), 1)
>>> table(t, where="treat = 1").rows
2
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias, cast

import numpy as np

from whence.data import duck
from whence.data.addresses import refuse_address
from whence.data.columns import Column
from whence.data.databases import columns_of, read_query
from whence.data.dataframes import is_dataframe, read_dataframe
from whence.data.engine_columns import gathered
from whence.data.expressions import as_integers, check, computed
from whence.data.files import first_bytes, labelled, read_file
from whence.data.names import check_name, known, usable
from whence.data.raw import Raw, stack
from whence.data.tables import Table
from whence.data.weighting import Weighting, weighting_of
from whence.runtime.errors import DuplicateColumns, EmptyData, InvalidFilter, UnreadableData, quoted

Source: TypeAlias = object
"""A path, several, a dataframe, an Arrow table, a dict of columns, a DuckDB relation, SQL, or a `Table`."""


def table(
    source: Source,
    *,
    where: str | None = None,
    derive: Mapping[str, str] | None = None,
    weights: str | None = None,
    database: str | Path | None = None,
    threads: int | None = None,
) -> Table:
    """Read data.

    Parameters
    ----------
    source: a CSV, Parquet or Arrow file (`str` or `Path`); a list of sources, stacked by column name; a
        pandas, polars or Arrow table; a dict of columns; a DuckDB relation; a `Table`; with
        `database`, a SELECT
    where: keep the rows in which this SQL expression is true (unknown counts as not true), such as "age > 30"
    derive: new columns by name, each an SQL expression; truth values become 0 and 1
    weights: the column of counts, or of the probabilities of a joint table
    database: a DuckDB or SQLite file that `source` queries
    threads: how many the reader may use; the result is the same for any number

    Raises
    ------
    MissingFile, EmptyData, UnreadableData, DuplicateColumns, UnusableColumnName, TooManyColumns: bad data
    UnknownColumn, InvalidFilter: `where` or `derive` name no such column, or are no single expression
    InvalidWeights: the weights are neither counts nor probabilities
    """
    raw = _read(source, database, threads)
    if raw.notes and not raw.columns:
        raise UnreadableData(raw.source, f"no column holds numbers, text or dates: {raw.notes[0]}")
    if raw.rows == 0:
        raise EmptyData(raw.source)
    raw = _derived(raw, derive or {}, threads)
    earlier = source if isinstance(source, Table) else None
    named, weighting = _weighted(raw, weights, earlier)
    raw = raw if where is None else _filtered(raw, where, threads)
    if named is not None and weighting == "counts" and not bool(np.any(raw.columns[named].values)):
        raise EmptyData(f"{raw.source}: all counts are zero")
    return Table(raw.columns, raw.source, named, weighting, raw.notes, raw.derived)


def _read(source: Source, database: str | Path | None, threads: int | None) -> Raw:
    if database is not None:
        if not isinstance(source, str):
            raise UnreadableData("the query", "with `database`, the source is a text", 'Give "SELECT ...".')
        refuse_address(database)
        path = Path(database)
        first_bytes(path, labelled(path))
        return read_query(source, path, f"a query on {labelled(Path(path.name))}")
    if isinstance(source, Table):
        return Raw(source.store, source.source, source.notes, source.derived)
    if isinstance(source, str | os.PathLike):
        return _file(cast("str | os.PathLike[str]", source), threads)
    if isinstance(source, Mapping):
        return _from_mapping(cast("Mapping[object, object]", source))
    if isinstance(source, list | tuple):
        return _stacked(cast("Sequence[object]", source), threads)
    if duck.is_relation(source):
        return _from_relation(source)
    if is_dataframe(source):
        return read_dataframe(source)
    raise UnreadableData(
        f"an object of type {type(source).__name__}",
        "it is no table",
        "Give a file, a dataframe, or a dict of columns.",
    )


def _file(source: str | os.PathLike[str], threads: int | None) -> Raw:
    text = os.fspath(source)
    if text.lstrip()[:7].lower() in {"select ", "select\n"} and not Path(text[:255]).exists():
        raise UnreadableData("the query", "there is no database to ask", 'Give database="shop.db" as well.')
    refuse_address(text)
    # A report is passed on to others, who need the file's name and not the folders of whoever made it.
    return replace(read_file(Path(text), threads), source=labelled(Path(Path(text).name)))


def _from_mapping(source: Mapping[object, object]) -> Raw:
    label = "columns given in Python"
    names = usable(list(source), label)
    cells = {name: _cells(name, values) for name, values in zip(names, source.values(), strict=True)}
    if len({len(values) for values in cells.values()}) > 1:
        sizes = ", ".join(f"{name[:30]}: {len(values):,}" for name, values in list(cells.items())[:6])
        raise UnreadableData(label, f"they have different lengths ({sizes})", "Give columns of one length.")
    return columns_of(cells, label)


def _cells(name: str, values: object) -> Sequence[object]:
    if isinstance(values, str | bytes) or not hasattr(values, "__iter__") or isinstance(values, Mapping):
        raise UnreadableData(
            f"the column {quoted(name)}", "it is no list of values", "Give a list or an array."
        )
    if isinstance(values, np.ndarray) and values.ndim != 1:
        raise UnreadableData(
            f"the column {quoted(name)}", "it has more than one dimension", "Give one per name."
        )
    return cast(
        "Sequence[object]",
        values if isinstance(values, np.ndarray) else list(cast("Sequence[object]", values)),
    )


def _stacked(sources: Sequence[object], threads: int | None) -> Raw:
    tabular = all(isinstance(one, str | os.PathLike | Table) or is_dataframe(one) for one in sources)
    if not sources or not tabular:
        reason = "a list must hold files or tables, to be put one under another"
        raise UnreadableData("the list", reason, 'For columns give a dict, such as {"x": [0, 1]}.')
    return stack([_read(one, None, threads) for one in sources])


def _from_relation(source: object) -> Raw:
    label = "a DuckDB relation"
    try:
        described = duck.relation_described(source)
        usable([name for name, _ in described], label)
        return gathered(described, "given", lambda sql: duck.relation_columns(source, sql), label)
    except duck.EngineFailure:
        raise UnreadableData(label, "its query fails", "Run it in DuckDB to see why.") from None


def _derived(raw: Raw, derive: Mapping[str, str], threads: int | None) -> Raw:
    columns, made_from = dict(raw.columns), dict(raw.derived)
    for name, expression in derive.items():
        check_name(name)
        checked = check(expression, tuple(columns))
        column = as_integers(computed(checked, columns, threads))
        alike = [old for old in columns if old.casefold() == name.casefold()]
        if alike and alike[0] != name:
            raise DuplicateColumns([alike[0], name])
        if alike and not columns[name].same_as(column):
            raise InvalidFilter(expression, f"there is a column {quoted(name)} already, with other values")
        columns[name] = column
        parts = [origin for part in checked.columns for origin in (part, *made_from.get(part, ()))]
        made_from[name] = tuple(dict.fromkeys(parts))
    usable(tuple(columns), raw.source)
    return Raw(columns, raw.source, raw.notes, made_from)


def _weighted(raw: Raw, weights: str | None, earlier: Table | None) -> tuple[str | None, Weighting]:
    if weights is None or (earlier is not None and weights == earlier.weights):
        return (None, "none") if earlier is None else (earlier.weights, earlier.weighting)
    return weights, weighting_of(weights, raw.columns[known(weights, tuple(raw.columns))])


def _filtered(raw: Raw, where: str, threads: int | None) -> Raw:
    keeps = computed(check(where, tuple(raw.columns)), raw.columns, threads)
    if keeps.storage != "boolean" and keeps.missing_count < len(keeps):
        raise InvalidFilter(where, "its values are not true or false")
    kept = np.logical_and(keeps.values.astype(np.bool_), keeps.present)
    if not bool(kept.any()):
        raise EmptyData(
            f"{raw.source} after the filter {quoted(where, 200)}",
            f"None of the {raw.rows:,} rows passes it: loosen the filter, or leave it out.",
        )
    columns: dict[str, Column] = {name: column.take(kept).settled() for name, column in raw.columns.items()}
    unknown = f", in {keeps.missing_count:,} of them the condition is unknown" if keeps.missing_count else ""
    gone = int(np.count_nonzero(~kept))
    note = f"The filter {quoted(where, 200)} left out {gone:,} of {raw.rows:,} rows{unknown}."
    return Raw(columns, raw.source, (*raw.notes, note) if gone else raw.notes, raw.derived)
