"""Hostile and odd files, each with what has to come of it: a right table, or one typed error."""

import gzip
import io
import os
import struct
import zipfile
from dataclasses import dataclass

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq

from studio.uploads.parquet_by_hand import GZIP, SNAPPY, ZSTD, page, parquet

GIGA = 1 << 30


@dataclass(frozen=True)
class Beast:
    """A file's bytes (or a function that writes it), its name, and the table or the errors to be had of it.

    `table` is a dict of columns as `python_values` gives them, or a number of rows; `errors` are codes.
    """

    name: str
    content: object
    errors: tuple = ()
    table: object = None
    filename: str = "data.csv"
    says: str = ""


def _sparse(path):
    with path.open("wb") as file:
        file.truncate(GIGA)


def _long_field(path):
    with path.open("wb") as file:
        file.write(b"x,y\n1,")
        for _ in range(24):
            file.write(b"a" * (1 << 20))
        file.write(b"\n")


def _sql(query, **options):
    def write(path):
        told = "".join(f", {name} {value}" for name, value in options.items())
        duckdb.connect().execute(f"COPY ({query}) TO '{path}' (FORMAT parquet{told})")

    return write


def _arrow(table):
    def write(path):
        pq.write_table(table, path)

    return write


def _archive(name, content):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return out.getvalue()


def _feather():
    out = io.BytesIO()
    pyarrow.feather.write_feather(pa.table({"x": [1]}), out, compression="uncompressed")
    return out.getvalue()


def _encrypted():
    return b"PARE" + bytes(64) + (20).to_bytes(4, "little") + b"PARE"


GOOD = parquet()
HEADER = ",".join(f"c{i}" for i in range(1_000_000)).encode()
NAUGHTY = "<script>alert(1)</script>"
LIES = ("unreadable_data", "too_costly", "too_much_data")

TEXTS = [
    Beast("plain", b"x,y\n1,2\n3,4\n", table={"x": [1, 3], "y": [2, 4]}),
    Beast("byte order mark", b"\xef\xbb\xbfx,y\n1,2\n", table={"x": [1], "y": [2]}),
    Beast("windows lines", b"x,y\r\n1,a\r\n", table={"x": [1], "y": ["a"]}),
    Beast("old mac lines", b"x,y\r1,a\r2,b\r", table={"x": [1, 2], "y": ["a", "b"]}),
    Beast("semicolons", b"x;y\n1;a, b\n", table={"x": [1], "y": ["a, b"]}),
    Beast("tabs", b"x\ty\n1\ta\n", table={"x": [1], "y": ["a"]}, filename="data.tsv"),
    Beast("no line end", b"x\n7", table={"x": [7]}),
    Beast("a quoted line break", b'x,y\n1,"a\nb"\n', table={"x": [1], "y": ["a\nb"]}),
    Beast(
        "formulas",
        b"x\n=1+1\n@SUM(A1)\n\"=cmd|'/c calc'!A0\"\n",
        table={"x": ["=1+1", "@SUM(A1)", "=cmd|'/c calc'!A0"]},
    ),
    Beast("markup as a name", f"{NAUGHTY},y\n1,2\n".encode(), table={NAUGHTY: [1], "y": [2]}),
    Beast(
        "sql as a name",
        b'"x""; DROP TABLE given; --",y\n1,2\n',
        table={'x"; DROP TABLE given; --': [1], "y": [2]},
    ),
    Beast("a path as a name", b"../../etc/passwd,y\n1,2\n", table={"../../etc/passwd": [1], "y": [2]}),
    Beast(
        "reserved words as names",
        b"__proto__,constructor\n1,2\n",
        table={"__proto__": [1], "constructor": [2]},
    ),
    Beast("only holes", b"x,y\nNA,1\n,2\n", table={"x": [None, None], "y": [1, 2]}),
    Beast("hexadecimal is text", b"x\n0x1F\n1\n", table={"x": ["0x1F", "1"]}),
    Beast("giant numbers", b"x\n1e308\n99999999999999999999\n", table={"x": [1e308, 1e20]}),
    Beast("infinite", b"x\ninf\n1.5\n", table={"x": [float("inf"), 1.5]}),
    Beast("a wrong suffix", GOOD, table={"x": [1, 2, 3]}, filename="data.csv"),
    Beast("an unknown suffix", b"x\n1\n", table={"x": [1]}, filename="data.exe"),
    Beast("no header", b"1,2\n3,4\n", table={"column0": [1, 3], "column1": [2, 4]}),
    Beast("astral letters", "x\n\U0001f600\n".encode(), table={"x": ["\U0001f600"]}),
    Beast(
        "a file name inside",
        b"x\n/etc/passwd\nfile:///etc/passwd\n",
        table={"x": ["/etc/passwd", "file:///etc/passwd"]},
    ),
    Beast("nothing", b"", ("empty_data",)),
    Beast("a header alone", b"x,y\n", ("empty_data",)),
    Beast("blank lines alone", b"\n\n\n\n", ("empty_data",)),
    Beast("equal names", b"x,x\n1,2\n", ("duplicate_columns",)),
    Beast("names that differ in capitals", b"Age,age\n1,2\n", ("duplicate_columns",)),
    Beast("an empty name", b"x,,z\n1,2,3\n", ("unusable_column_name",)),
    Beast("a control character in a name", b"x,a\x1b[2Jb\n1,2\n", ("unusable_column_name",)),
    Beast("a name that turns the text round", "x,a\u202eb\n1,2\n".encode(), ("unusable_column_name",)),
    Beast("a name of 100,000 letters", b"a" * 100_000 + b",y\n1,2\n", ("unreadable_data",), says="name"),
    Beast("a million columns", HEADER + b"\n" + HEADER + b"\n", ("too_many_columns",)),
    Beast("201 columns", ",".join(f"c{i}" for i in range(201)).encode() + b"\n", ("too_many_columns",)),
    Beast("ragged rows", b"x,y\n1,2\n1,2,3\n", ("unreadable_data",), says="line 3"),
    Beast("a short row", b"x,y\n1,2\n1\n", ("unreadable_data",), says="line 3"),
    Beast("an open quote", b'x,y\n1,"2\n3,4\n', ("unreadable_data",)),
    Beast("NUL bytes", b"x,y\n1,\x002\n", ("unreadable_data",), says="NUL"),
    Beast("NUL late", b"x\n" + b"1\n" * 40_000 + b"\0\n", ("unreadable_data",), says="NUL"),
    Beast("UTF-16 with a mark", "x,y\n1,2\n".encode("utf-16"), ("unreadable_data",), says="UTF-16"),
    Beast("UTF-16 without", "x,y\n1,2\n".encode("utf-16-le"), ("unreadable_data",), says="UTF-16"),
    Beast("Latin-1", "x\ncaf\xe9\n".encode("latin-1"), ("unreadable_data",), says="Latin-1"),
    Beast("half a character", b"x\n\xe2\x82", ("unreadable_data",), says="ends inside"),
    Beast("a surrogate", b"x\n\xed\xa0\x80\n", ("unreadable_data",)),
    Beast(
        "noise", bytes(np.random.default_rng(0).integers(1, 256, 5_000, dtype=np.uint8)), ("unreadable_data",)
    ),
    Beast("too many rows", b"x\n" + b"1\n" * 100_001, ("too_much_data",), says="rows"),
    Beast(
        "too many cells",
        ",".join(f"c{i}" for i in range(150)).encode() + b"\n" + b"\n" * 90_000,
        ("too_much_data",),
        says="cells",
    ),
    Beast("a sparse gigabyte", _sparse, ("too_much_data",), says="bytes"),
    Beast("a field of 24 megabytes", _long_field, ("unreadable_data",), says="longer"),
    Beast("a line of 20 megabytes", b"a" * (20 << 20), ("unreadable_data",), says="longer"),
]

OTHERS = [
    Beast("zip", _archive("data.csv", b"x\n" + b"0\n" * 100_000), ("unreadable_data",), says="archive"),
    Beast("spreadsheet", _archive("xl/workbook.xml", b"<x/>"), ("unreadable_data",), filename="data.xlsx"),
    Beast("zip called CSV", _archive("../../evil", b"x"), ("unreadable_data",), says="archive"),
    Beast("gzip bomb", gzip.compress(bytes(50 << 20)), ("unreadable_data",), says="compressed"),
    Beast("pickle", b"\x80\x04cos\nsystem\n(S'id'\ntR.", ("unreadable_data",), says="pickle"),
    Beast("SQLite", b"SQLite format 3\0" + bytes(100), ("unreadable_data",), says="database"),
    Beast("DuckDB", bytes(8) + b"DUCK" + bytes(100), ("unreadable_data",), says="database"),
    Beast("Stata", b"<stata_dta><header>", ("unreadable_data",), says="Stata"),
    Beast("Arrow", _feather(), ("unreadable_data",), says="Arrow"),
    Beast("a program", b"\x7fELF" + bytes(200), ("unreadable_data",)),
    Beast("a picture", b"\x89PNG\r\n\x1a\n" + bytes(200), ("unreadable_data",)),
    Beast("text called pq", b"x\n1\n", ("unreadable_data",), filename="data.pq", says="Parquet"),
    Beast("text called Parquet", b"x\n1\n", ("unreadable_data",), filename="data.parquet", says="Parquet"),
]

_STRINGS = pa.table({"t": pa.array(["b", None, "a"]), "n": pa.array([1.5, None, 2.0])})
_NESTED = pa.table({"x": [1, 2], "deep": pa.array([[1], [2, 3]])})
_ENUM = pa.table({"g": pa.array(["low", "high", "low"]).dictionary_encode()})

PARQUETS = [
    Beast("by hand", GOOD, table={"x": [1, 2, 3]}),
    Beast("with holes", _arrow(_STRINGS), table={"t": ["b", None, "a"], "n": [1.5, None, 2.0]}),
    Beast("with lists", _arrow(_NESTED), table={"x": [1, 2]}),
    Beast("a dictionary", _arrow(_ENUM), table={"g": ["low", "high", "low"]}),
    Beast("a markup name", parquet((NAUGHTY.encode(),)), table={NAUGHTY: [1, 2, 3]}),
    Beast("no rows", _sql("SELECT 1 AS x WHERE false"), ("empty_data",)),
    Beast("equal names", parquet((b"x", b"x")), ("duplicate_columns",)),
    Beast("an empty name", parquet((b"",)), ("unusable_column_name", "unreadable_data")),
    Beast("a control character", parquet((b"a\x07b",)), ("unusable_column_name", "unreadable_data")),
    Beast("no text as a name", parquet((b"\xff\xfe",)), (*LIES, "unusable_column_name")),
    Beast("cut off", GOOD[:-20], ("unreadable_data",)),
    Beast("the beginning alone", b"PAR1", ("unreadable_data",)),
    Beast("two marks alone", b"PAR1PAR1", ("unreadable_data",)),
    Beast("no footer", b"PAR1" + bytes(40) + b"\0\0\0\0PAR1", ("unreadable_data",)),
    Beast("a footer larger than the file", GOOD[:-8] + b"\xff\xff\xff\x7fPAR1", ("unreadable_data",)),
    Beast("a negative footer", GOOD[:-8] + b"\xff\xff\xff\xffPAR1", ("unreadable_data",)),
    Beast("encrypted", b"PAR1" + _encrypted()[4:], ("unreadable_data",), says="encrypted"),
    Beast(
        "ten million rows in a kilobyte",
        _sql("SELECT 7 AS x FROM range(10000000)"),
        ("too_much_data",),
        says="rows",
    ),
    Beast(
        "a text of 140 MB in a few kilobytes",
        _sql("SELECT repeat('0', 140000000) AS x", compression="zstd"),
        ("too_much_data",),
        says="unpacked",
    ),
    Beast(
        "60,000 texts of 10 kB in a few kilobytes",
        _sql("SELECT repeat('ab', 5000) AS x, i FROM range(60000) r(i)", compression="zstd"),
        ("too_much_data", "too_costly", "unreadable_data"),
        table=60_000,
    ),
    Beast("a thousand columns", parquet(tuple(b"c%d" % i for i in range(1_000))), ("too_many_columns",)),
    Beast(
        "thirty thousand columns",
        parquet(tuple(b"c%d" % i for i in range(30_000)), data=b""),
        (*LIES, "too_many_columns"),
    ),
    Beast("says a trillion rows", parquet(rows=10**12), ("too_much_data",)),
    Beast("says a trillion rows everywhere", parquet(rows=10**12, in_group=10**12), ("too_much_data",)),
    Beast("says minus one row", parquet(rows=-1), LIES),
    Beast("says more rows than there are", parquet(rows=90_000, in_group=90_000), LIES),
    Beast(
        "says that it unpacks to a petabyte", parquet(unpacked=1 << 50), ("too_much_data",), says="unpacked"
    ),
    Beast("says that it unpacks to less than nothing", parquet(unpacked=-5), (*LIES, "empty_data"), table=3),
    Beast("a page that says two gigabytes", parquet(data=page((1, 2, 3), says_unpacked=(1 << 31) - 1)), LIES),
    Beast("a page that says less than nothing", parquet(data=page((1, 2, 3), says_unpacked=-1)), LIES),
    Beast(
        "a page that says a billion values", parquet(data=page((1, 2, 3), says_values=10**9)), LIES, table=3
    ),
    *[
        Beast(
            f"codec {codec}: two gigabytes of page",
            parquet(data=page((1,), says_unpacked=(1 << 31) - 1, body=os.urandom(64)), codec=codec),
            LIES,
        )
        for codec in (SNAPPY, GZIP, ZSTD)
    ],
    Beast(
        "an honest gzip page of 40 MB",
        parquet(
            (b"x",),
            tuple([0] * 3),
            codec=GZIP,
            data=page((0,) * 3, body=gzip.compress(bytes(40 << 20)), says_unpacked=40 << 20),
        ),
        LIES,
        table=3,
    ),
    Beast(
        "snappy that unpacks to four gigabytes",
        parquet(codec=SNAPPY, data=page((1, 2, 3), body=b"\xff\xff\xff\xff\x0f" + bytes(20))),
        LIES,
    ),
    Beast("an unknown codec", parquet(codec=99), LIES),
    Beast("an unknown type", parquet(kind=77), LIES),
    Beast("a column that lies outside of the file", parquet(offset=1 << 40), LIES),
    Beast("a column before the file", parquet(offset=-8), LIES),
    Beast("a column inside of the footer", parquet(offset=len(GOOD) - 30), LIES, table=3),
    Beast("children without end", parquet(children=(1 << 31) - 1), (*LIES, "too_many_columns")),
    Beast("less than no children", parquet(children=-1), (*LIES, "empty_data")),
    Beast(
        "bytes as texts",
        parquet((b"x",), (1,), kind=6, data=page((1,), body=struct.pack("<I", 3) + b"\xff\xfe\xfd")),
        (*LIES, "empty_data"),
    ),
    Beast(
        "a text that says four gigabytes",
        parquet((b"x",), (1,), kind=6, data=page((1,), body=b"\xff\xff\xff\xff" + b"abc")),
        (*LIES, "empty_data"),
    ),
]
for _beast in PARQUETS:
    object.__setattr__(_beast, "filename", "data.parquet")

ALL = [*TEXTS, *OTHERS, *PARQUETS]
