r"""Text tables: CSV with commas, semicolons, tabs or bars, in UTF-8, a header in the first line.

Nothing is guessed where a guess can lose rows: the header is read here (the engine would rename equal names),
every cell is read as text, a line with too many or too few fields is an error that names the line, and then a
column is numbers only if every cell of it is a number. `NA`, nothing at all and their like mean missing.
A first line that is all numbers is data, not names; the columns are then called column0, column1, …

>>> header('a,"b;c"\n1,2\n', ",")
['a', 'b;c']
"""

from __future__ import annotations

import codecs
import csv
import io
from dataclasses import dataclass
from pathlib import Path

from whence.data.columns import Column
from whence.data.duck import Engine, EngineFailure, engine, literal, pattern
from whence.data.engine_columns import held
from whence.data.names import usable
from whence.data.raw import Raw
from whence.runtime.errors import EmptyData, UnreadableData

MISSING_WORDS = ("", "NA", "N/A", "#N/A", "NaN", "nan", "NULL", "null", "<NA>")
SEPARATORS = (",", ";", "\t", "|")
LONGEST_LINE = 1 << 24
_CHUNK = 1 << 20
_COLUMNS_AT_ONCE = 256


@dataclass(frozen=True, slots=True)
class Layout:
    """How a text table is written: the separator, the names, and how many lines stand before the data."""

    separator: str
    names: tuple[str, ...]
    skip: int
    headed: bool

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of the data must know of the layout."""
        told = "The first line is all numbers: read as data; columns are numbered."
        return () if self.headed else (told,)


def read_csv(path: Path, label: str, threads: int | None = None) -> Raw:
    """All columns of a text table.

    Raises `EmptyData`, `UnreadableData` (encoding, ragged lines, open quotes) and what `usable` raises.
    """
    check_encoding(path, label)
    layout = layout_of(path, label)
    try:
        with engine([path.resolve()], threads) as db:
            db.run(f"CREATE TABLE given AS SELECT * FROM {cells_of(path.resolve(), layout)}")
            columns = _typed(db, len(layout.names))
    except EngineFailure as failure:
        raise unreadable(failure, label) from None
    if not columns or not len(columns[0]):
        raise EmptyData(label)
    return Raw(dict(zip(layout.names, columns, strict=True)), label, layout.notes)


def check_encoding(path: Path, label: str) -> None:
    """Raise `UnreadableData` unless the whole file is UTF-8 text."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    lines = 1
    with path.open("rb") as file:
        start = file.read(4)
        if start[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
            raise _wrong_encoding(label, "it is encoded as UTF-16, not UTF-8", "UTF-16")
        chunk = start + file.read(_CHUNK)
        while chunk:
            if b"\0" in chunk:
                raise _wrong_encoding(
                    label, "it holds NUL bytes: it is no text, or encoded as UTF-16", "UTF-16"
                )
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError as error:
                line = lines + error.object[: error.start].count(b"\n")
                byte = error.object[error.start]
                reason = (
                    f"its encoding is not UTF-8 (byte 0x{byte:02X} on line {line:,}); "
                    "it may be Latin-1 or Windows-1252"
                )
                raise _wrong_encoding(label, reason, "WINDOWS-1252") from None
            lines += chunk.count(b"\n")
            chunk = file.read(_CHUNK)
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        reason = "its encoding is not UTF-8 (it ends inside a character)"
        raise _wrong_encoding(label, reason, "WINDOWS-1252") from None


def _wrong_encoding(label: str, reason: str, encoding: str) -> UnreadableData:
    cure = f"Save it as UTF-8, for example with: iconv -f {encoding} -t UTF-8 old.csv > new.csv"
    return UnreadableData(label, reason, cure)


def layout_of(path: Path, label: str) -> Layout:
    """The layout, from the first lines of the file."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        skipped = 0
        first = file.readline(LONGEST_LINE)
        while first and not first.strip():
            skipped += 1
            first = file.readline(LONGEST_LINE)
        second = file.readline(LONGEST_LINE)
    if not first:
        raise EmptyData(label)
    head = first.replace("\r\n", "\n").replace("\r", "\n")  # old Mac line ends make the file one line
    separator = separator_of(head.split("\n")[0], (second or head.partition("\n")[2]).split("\n")[0])
    names = header(head, separator)
    if all(_is_number(name) for name in names):
        return Layout(separator, usable([f"column{place}" for place in range(len(names))]), skipped, False)
    return Layout(separator, usable(names, label), skipped + 1, True)


def header(text: str, separator: str) -> list[str]:
    """The fields of the first record of the text."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    csv.field_size_limit(LONGEST_LINE)
    return next(reader, list[str]())


def separator_of(first: str, second: str) -> str:
    """The separator that cuts the header and the next line alike, into the most fields; a comma in doubt.

    >>> separator_of("name;income, net", "Ann;12")
    ';'
    """
    counts = {mark: (_outside_quotes(first, mark), _outside_quotes(second, mark)) for mark in SEPARATORS}
    best = max(SEPARATORS, key=lambda mark: (counts[mark][0] == counts[mark][1] > 0, counts[mark][0]))
    return best if counts[best][0] else ","


def _outside_quotes(line: str, mark: str) -> int:
    return sum(part.count(mark) for part in line.split('"')[::2])


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def cells_of(path: Path, layout: Layout) -> str:
    """The SQL table of all cells as text, in columns c0, c1, …"""
    columns = ", ".join(f"'c{place}': 'VARCHAR'" for place in range(len(layout.names)))
    missing = ", ".join(literal(word) for word in MISSING_WORDS)
    options = (
        f"auto_detect=false, header=false, skip={layout.skip}, delim={literal(layout.separator)}, "
        f"quote='\"', escape='\"', compression='none', nullstr=[{missing}], "
        f"max_line_size={LONGEST_LINE}, columns={{{columns}}}"
    )
    return f"read_csv({literal(pattern(path))}, {options})"


def kinds_of(db: Engine, table: str, count: int) -> list[str]:
    """Each column's type: whole numbers if all its cells are, else numbers if all are, else text."""
    kinds: list[str] = []
    for start in range(0, count, _COLUMNS_AT_ONCE):
        names = [f"c{place}" for place in range(start, min(start + _COLUMNS_AT_ONCE, count))]
        verdicts = db.rows(f"SELECT {', '.join(_verdict(name) for name in names)} FROM {table}")[0]
        kinds += [_KINDS[int(verdict or 0)] for verdict in verdicts]
    return kinds


def _typed(db: Engine, count: int) -> list[Column]:
    columns: list[Column] = []
    every = kinds_of(db, "given", count)
    for start in range(0, count, _COLUMNS_AT_ONCE):
        kinds = every[start : start + _COLUMNS_AT_ONCE]
        names = [f"c{place}" for place in range(start, start + len(kinds))]
        cast = [f"CAST({name} AS {kind}) AS {name}" for name, kind in zip(names, kinds, strict=True)]
        fetched = db.columns(f"SELECT {', '.join(cast)} FROM given")
        columns += [held(one, kind) for one, kind in zip(fetched, kinds, strict=True)]
    return columns


_KINDS = ("VARCHAR", "DOUBLE", "BIGINT")


def _verdict(name: str) -> str:
    # The engine would also take 0x1F and 1_000 for numbers, and 1.5 for the whole number 2.
    number = f"TRY_CAST({name} AS DOUBLE) IS NOT NULL AND NOT regexp_matches({name}, '[_xX]')"
    whole = f"TRY_CAST({name} AS BIGINT) IS NOT NULL AND NOT regexp_matches({name}, '[.eEiIaA]')"
    level = f"CASE WHEN NOT ({number}) THEN 0 WHEN {whole} THEN 2 ELSE 1 END"
    return f"min({level}) FILTER (WHERE {name} IS NOT NULL)"


def unreadable(failure: EngineFailure, label: str) -> UnreadableData:
    """What the engine's failure to read a text table means, with the line if it tells one."""
    line = f"line {failure.line:,}" if failure.line is not None else "some line"
    if failure.expected is not None and failure.found is not None:
        fields = f"{line} has {failure.found:,} fields where the header has {failure.expected:,}"
        return UnreadableData(label, fields, "Mend that line, or quote the fields that hold the separator.")
    if failure.open_quote:
        return UnreadableData(label, f"{line} has a quote that is not closed", "Close or double the quote.")
    if failure.mixed_line_ends:
        return UnreadableData(label, "its line ends are mixed", "Save it with one kind of line end.")
    if failure.long_line:
        return UnreadableData(label, f"{line} is longer than {LONGEST_LINE:,} bytes", "Is this a table?")
    if failure.kind == "memory":
        return UnreadableData(label, "it does not fit into memory", "Keep the columns that are needed.")
    return UnreadableData(label, "it is no table of text in rows and columns", "Give CSV or Parquet.")
