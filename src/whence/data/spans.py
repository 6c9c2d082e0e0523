"""Parquet files one under another, cut into spans of rows that any process can read by itself.

A span is a fixed number of blocks of the concatenation, wherever one file ends and the next begins. So what
is summed over its blocks depends neither on how the rows were parted into files nor on who reads which span.
A Parquet file is read from any row on without reading what comes before it.

>>> spans_of([("a.parquet", 3), ("b.parquet", 4)], 5)
(Span(pieces=(('a.parquet', 0, 3), ('b.parquet', 0, 2))), Span(pieces=(('b.parquet', 2, 4),)))
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from whence.data.duck import identifier, literal, pattern
from whence.data.scanning.layers import base
from whence.data.scanning.origins import Origin
from whence.data.scanning.streaming import raw_batches, reblocked
from whence.numerics.blocks import BLOCK

if TYPE_CHECKING:
    from whence.data.columns import Column
    from whence.data.scanning.arrow import Batch
    from whence.data.scanning.forms import Form
    from whence.data.scanning.origins import Stamp
    from whence.data.scanning.scan import Scan

BLOCKS_IN_A_SPAN = 16
"""A power of two: the sum over a span is then a node of the tree over all blocks."""

ROW_NUMBER = "file_row_number"
"""What the engine calls the number of a row in its file."""


@dataclass(frozen=True, slots=True)
class Span:
    """Rows of files: of each piece the file, the first row, and the row after the last."""

    pieces: tuple[tuple[str, int, int], ...]


@dataclass(frozen=True, slots=True)
class Parts:
    """Some columns of Parquet files, to be read span by span.

    `kinds` is the engine's type of each column in the files together, `forms` what each whole column is.
    """

    label: str
    stamps: Mapping[str, Stamp]
    kinds: Mapping[str, str]
    forms: Mapping[str, Form]

    def blocks(self, span: Span) -> Iterator[dict[str, Column]]:
        """The rows of a span, 65,536 at a time. Raises `UnreadableData` if a file changed or is damaged."""
        pieces = chain.from_iterable(self._rows(*piece) for piece in span.pieces)
        for batch in reblocked(pieces):
            yield {
                name: form.column(cells.values, cells.missing)
                for (name, form), cells in zip(self.forms.items(), batch, strict=True)
            }

    def _rows(self, path: str, start: int, stop: int) -> Iterator[Batch]:
        files = (Path(path),)
        source = f"read_parquet({literal(pattern(files[0]))}, {ROW_NUMBER}=true)"
        plain = Origin(source, files, (self.stamps[path],), self.label)
        with plain.engine(1) as db:
            there = {name for name, _ in db.described(f"SELECT * FROM {source}")}
        cells = ", ".join(
            f"CAST({identifier(name) if name in there else 'NULL'} AS {kind}) AS {identifier(name)}"
            for name, kind in self.kinds.items()
        )
        rows = f"{ROW_NUMBER} >= {start} AND {ROW_NUMBER} < {stop}"
        layer, _ = base(f"(SELECT {cells} FROM {source} WHERE {rows})", tuple(self.kinds.items()))
        yield from raw_batches(plain, layer, self.forms)


def parts(scan: Scan, forms: Mapping[str, Form]) -> tuple[Parts, tuple[Span, ...]] | None:
    """The columns of a scan span by span; None if its rows are not those of Parquet files as they stand."""
    origin = scan.origin
    if origin.database or origin.copy is not None:
        return None
    with origin.engine() as db:
        kinds = dict(db.described(f"SELECT * FROM {origin.sql}"))
        if ROW_NUMBER in kinds or scan.layer.sql != base(origin.sql, tuple(kinds.items()))[0].sql:
            return None
        listed = ", ".join(literal(pattern(path)) for path in origin.files)
        sizes = db.rows(f"SELECT file_name, num_rows FROM parquet_file_metadata([{listed}])")
    rows = {str(path): int(count) for path, count in sizes}
    files = [str(path) for path in origin.files]
    if set(files) != set(rows):
        return None
    stamps = dict(zip(files, origin.stamps, strict=True))
    wanted = {name: kinds[name] for name in forms}
    found = spans_of([(path, rows[path]) for path in files], BLOCKS_IN_A_SPAN * BLOCK)
    return Parts(origin.label, stamps, wanted, forms), found


def spans_of(files: Sequence[tuple[str, int]], size: int) -> tuple[Span, ...]:
    """Files with so many rows each, cut into spans of `size` rows."""
    spans: list[Span] = []
    pieces: list[tuple[str, int, int]] = []
    room = size
    for path, rows in files:
        start = 0
        while start < rows:
            stop = min(rows, start + room)
            pieces.append((path, start, stop))
            room -= stop - start
            start = stop
            if room == 0:
                spans.append(Span(tuple(pieces)))
                pieces, room = [], size
    return (*spans, Span(tuple(pieces))) if pieces else tuple(spans)
