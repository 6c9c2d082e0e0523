"""How many rows, their means and their sums of products: of a table, or of any number of files, anywhere.

The rows are those that are complete in the columns asked for. They are summed block by block, where a block
is 65,536 rows of the data as they stand, and the blocks are added in a fixed tree. So the digits are the same
for a table in memory and for its files, however the rows were parted into files, and whoever sums which part:
threads, processes, or the workers of a cluster, which read their parts themselves and send back few numbers.

>>> from whence.data.reading import table
>>> found = moments(table({"x": [1.0, 2.0, 6.0], "y": [1, 0, None]}), ["x", "y"])
>>> found.n, found.rows_dropped, found.means.tolist(), found.products.tolist()
(2, 1, [1.5, 0.5], [[0.5, -0.5], [-0.5, 0.5]])
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from whence.data.columns import Column
from whence.data.frame import check_size
from whence.data.names import known
from whence.data.scanning.forms import Form
from whence.data.scanning.opening import scan
from whence.data.scanning.scan import Scan
from whence.data.spans import BLOCKS_IN_A_SPAN, Parts, Span, parts
from whence.data.tables import Table
from whence.numerics.arrays import Floats, Integers, integers
from whence.numerics.blas import one_thread
from whence.numerics.blocks import BLOCK, blocks, tree_sum
from whence.numerics.moments import Central, central
from whence.runtime.errors import EmptyData, InfiniteValues, TextInNumericRole, UnsuitableMethod
from whence.runtime.executor import executor as as_executor

if TYPE_CHECKING:
    from whence.data.columns import Storage
    from whence.data.scanning.forms import Family
    from whence.runtime.executor import Executor

Files: TypeAlias = str | os.PathLike[str] | Sequence[str | os.PathLike[str]]


@dataclass(frozen=True, slots=True, eq=False)
class Moments:
    """Of the complete rows of some columns.

    Attributes
    ----------
    names: the p columns; booleans count as 0 and 1, dates in days since 1970
    n: observations: the sum of the counts, or the number of rows
    rows_dropped: observations lost because a cell was missing
    means: (p,)
    products: (p, p), the sums over the rows of (x − mean)(x − mean)'
    """

    names: tuple[str, ...]
    n: int
    rows_dropped: int
    means: Floats
    products: Floats

    @property
    def covariance(self) -> Floats:
        """The sample covariances (p, p), by n − 1; NaN for a single observation."""
        return self.products / (self.n - 1) if self.n > 1 else np.full_like(self.products, np.nan)

    def gram(self) -> Floats:
        """X'X of the columns with an intercept before them (1 + p, 1 + p)."""
        rows = np.concatenate([[1.0], self.means])
        square = self.n * np.outer(rows, rows)
        square[1:, 1:] += self.products
        return square


def moments(
    source: Table | Scan | Files, names: Sequence[str], *, executor: Executor | str | None = None
) -> Moments:
    """The moments of some columns over the rows that are complete in them.

    `source` is a table, a scan, or what `whence.scan` opens: a file, a folder of Parquet parts, a list of
    them. Parts of Parquet files are read by the workers themselves (on a cluster every machine must see the
    files); other scans are read here, block by block. Memory does not grow with the rows.

    Raises `UnknownColumn`, `TextInNumericRole` for columns of text, `InfiniteValues`, `UnreadableData` for
    numbers too large to square, `EmptyData` if no row is complete, `UnsuitableMethod` for a table of
    probabilities, and what opening the files raises.
    """
    workers = as_executor(executor)
    held = source if isinstance(source, Table | Scan) else scan(source)
    unique = tuple(dict.fromkeys(known(name, held.columns) for name in names))
    if isinstance(held, Table):
        found = _of_table(held, {name: held.column(name) for name in unique}, workers)
    else:
        found = _of_scan(held, {name: _form(held, name) for name in unique}, workers)
    for name, count, largest in zip(unique, found.infinite.tolist(), found.largest.tolist(), strict=True):
        if count:
            raise InfiniteValues(name, count)
        check_size(name, found.storages[name], largest)
    if found.rows.n == 0.0:
        raise EmptyData(f"{held.source} that are complete in {', '.join(unique[:8])}")
    return Moments(unique, int(found.rows.n), int(found.lost), found.rows.means, found.rows.products)


@dataclass(frozen=True, slots=True)
class _Sums:
    """Of some blocks: the complete rows, what was lost, each column's infinite cells and largest value."""

    rows: Central
    lost: float
    infinite: Integers
    largest: Floats
    storages: Mapping[str, Storage]

    def __add__(self, other: _Sums) -> _Sums:
        return _Sums(
            self.rows + other.rows,
            self.lost + other.lost,
            self.infinite + other.infinite,
            np.maximum(self.largest, other.largest),
            self.storages,
        )


def _sums(block: Mapping[str, Column], counts: Floats | None = None) -> _Sums:
    columns = list(block.values())
    rows = len(columns[0]) if columns else 0
    matrix = np.empty((rows, len(columns)))
    whole = np.ones(rows, dtype=np.bool_)
    for place, column in enumerate(columns):
        matrix[:, place] = column.floats()
        whole &= column.present
    infinite = integers(np.isinf(matrix).sum(axis=0))
    kept = matrix if bool(whole.all()) else matrix[whole]
    left = None if counts is None else counts[whole]
    lost = float(rows - kept.shape[0]) if counts is None else float(counts[~whole].sum())
    # Sums over infinite values mean nothing, and are not looked at.
    found = central(kept if not infinite.any() else np.zeros_like(kept), left)
    largest = np.abs(kept).max(axis=0, initial=0.0)
    return _Sums(found, lost, infinite, largest, {name: column.storage for name, column in block.items()})


def _of_table(table: Table, columns: Mapping[str, Column], workers: Executor) -> _Sums:
    if table.weighting == "probabilities":
        raise UnsuitableMethod(
            "moments", "the table holds probabilities, not observations", "Give rows or counts."
        )
    for name, column in columns.items():
        _check_numeric(name, column.storage, column.levels)
    counts = None if table.weights is None else table.store[table.weights].floats()
    pieces = blocks(table.rows)
    groups = [pieces[start : start + BLOCKS_IN_A_SPAN] for start in range(0, len(pieces), BLOCKS_IN_A_SPAN)]
    # Where memory is not shared, bringing the rows to the workers would cost more than summing them here.
    here = workers if workers.shares_memory else as_executor("serial")
    return tree_sum(here.map(_OfSlices(columns, counts), groups, stage="moments"))


def _of_scan(held: Scan, forms: Mapping[str, Form], workers: Executor) -> _Sums:
    parted = parts(held, forms)
    if parted is not None:
        files, spans = parted
        return tree_sum(workers.map(_OfSpan(files), spans, stage="moments"))
    total = -(-held.rows // BLOCK)
    with one_thread():
        return tree_sum(workers.stream(_sums, held.blocks(list(forms)), stage="moments", total=total))


@dataclass(frozen=True, slots=True)
class _OfSlices:
    """The sums over some blocks of columns in memory."""

    columns: Mapping[str, Column]
    counts: Floats | None

    def __call__(self, pieces: Sequence[slice]) -> _Sums:
        with one_thread():
            return tree_sum(map(self._block, pieces))

    def _block(self, rows: slice) -> _Sums:
        block = {
            name: replace(
                column,
                values=column.values[rows],
                missing=None if column.missing is None else column.missing[rows],
            )
            for name, column in self.columns.items()
        }
        return _sums(block, None if self.counts is None else self.counts[rows])


@dataclass(frozen=True, slots=True)
class _OfSpan:
    """The sums over the blocks of a span, read by whoever is asked."""

    files: Parts

    def __call__(self, span: Span) -> _Sums:
        with one_thread():
            return tree_sum(map(_sums, self.files.blocks(span)))


def _form(held: Scan, name: str) -> Form:
    """What a column is, as far as its numbers go: without a pass over the rows unless it is of text."""
    family = held.layer.sights[name].family
    if family in _STORAGES:
        return Form(_STORAGES[family], family)
    form = held.form(name)
    _check_numeric(name, form.storage, form.levels)
    return form


_STORAGES: dict[Family, Storage] = {
    "boolean": "boolean",
    "integer": "integer",
    "unsigned": "number",
    "double": "number",
    "date": "date",
    "moment": "date",
}


def _check_numeric(name: str, storage: Storage, levels: Sequence[str]) -> None:
    if storage == "text":
        raise TextInNumericRole(name, "variable", list(levels[:3]))
