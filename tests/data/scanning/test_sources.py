"""Claims: what a scan can be of, that it sees those files and no others, and leaves nothing behind."""

import gc
import pickle
import subprocess
import sys
import tempfile
from pathlib import Path

import duckdb
import numpy as np
import pytest

import whence as wh
from whence.data.scanning import copies
from whence.data.scanning.arrow import BrokenStream, batches
from whence.runtime.errors import DataError, MissingFile, UnknownColumn, UnreadableData, UnsuitableMethod


def parquet(path: Path, select: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as db:
        db.execute(f"COPY ({select}) TO '{path}' (FORMAT parquet)")
    return path


@pytest.fixture
def parts(tmp_path: Path) -> list[Path]:
    folder = tmp_path / "parts"
    return [
        parquet(folder / "a.parquet", "SELECT i AS x, 'a' || i % 2 AS town FROM range(40) r(i)"),
        parquet(
            folder / "b.parquet",
            "SELECT i + 0.5 AS x, 'b' AS town, true AS new FROM range(9) r(i)",
        ),
    ]


def test_parts_are_read_one_under_another_like_a_list_of_them_in_memory(parts: list[Path]) -> None:
    table, scan = wh.table(parts), wh.scan(parts)
    assert scan.sha256 == table.sha256
    assert scan.notes == table.notes
    assert scan.source == table.source
    assert wh.scan(parts[0].parent).sha256 == table.sha256
    assert wh.scan(str(parts[0].parent / "*.parquet")).sha256 == table.sha256
    assert wh.scan(parts[0].parent).source == 'the folder "parts" of 2 Parquet files'


def test_what_writers_set_aside_in_a_folder_is_not_read(parts: list[Path]) -> None:
    parquet(parts[0].parent / "_temporary" / "c.parquet", "SELECT 1 AS x")
    (parts[0].parent / ".hidden.parquet").write_bytes(b"PAR1")
    (parts[0].parent / "_SUCCESS").write_text("")
    assert wh.scan(parts[0].parent).rows == 49


def test_a_folder_by_values_of_a_column_gives_that_column_too(tmp_path: Path) -> None:
    for year in (2020, 2021):
        parquet(tmp_path / "sales" / f"year={year}" / "a.parquet", f"SELECT {year} % 7 AS x FROM range(5)")
    scan = wh.scan(tmp_path / "sales")
    assert scan.counts(["year", "x"]).levels == ((2020, 2021), (4, 5))


def test_parts_that_hold_text_here_and_numbers_there_are_refused_by_name(parts: list[Path]) -> None:
    other = parquet(parts[0].parent / "c.parquet", "SELECT 'one' AS x")
    with pytest.raises(UnreadableData, match=r'"x".*numbers in "a.parquet" and text in "c.parquet"'):
        wh.scan([*parts, other])


def test_a_text_table_is_copied_once_and_the_copy_is_gone_with_the_scan(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "room"))
    (tmp_path / "room").mkdir()
    path = tmp_path / "shop.csv"
    path.write_text("a;b\n1;x\n2;y\n;x\n")
    scan = wh.scan(path)
    assert scan.sha256 == wh.table(path).sha256
    assert pickle.loads(pickle.dumps(scan)).sha256 == scan.sha256
    copy = scan.origin.copy
    assert copy is not None
    left = copy.path
    del scan, copy
    gc.collect()
    assert not left.exists()
    assert not any((tmp_path / "room").iterdir())


def test_where_files_cannot_be_held_without_a_name_the_copy_is_removed_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copies, "OPEN_FILES", tmp_path / "no such folder")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "room"))
    (tmp_path / "room").mkdir()
    (tmp_path / "shop.csv").write_text("a,b\n1,x\n")
    scan = wh.scan(tmp_path / "shop.csv")
    assert scan.counts(["a"]).n == 1
    assert any((tmp_path / "room").iterdir())
    del scan
    gc.collect()
    assert not any((tmp_path / "room").iterdir())


def test_a_text_table_that_is_none_leaves_no_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "room"))
    (tmp_path / "room").mkdir()
    for text in (b"a,b\n1,2,3\n", b"a,b\n", b"a,b\n1,\xff\n", b'a,b\n1,"x\n'):
        (tmp_path / "bad.csv").write_bytes(text)
        with pytest.raises(DataError) as of_scan:
            wh.scan(tmp_path / "bad.csv")
        with pytest.raises(DataError) as of_table:
            wh.table(tmp_path / "bad.csv")
        assert str(of_scan.value) == str(of_table.value)
    assert not any((tmp_path / "room").iterdir())


def test_no_room_for_the_copy_is_said_before_it_is_begun(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full:
        free = 1

    monkeypatch.setattr(copies.shutil, "disk_usage", lambda path: Full)
    (tmp_path / "shop.csv").write_text("a,b\n1,x\n")
    with pytest.raises(UnreadableData, match=r"no room on the disk.*TMPDIR"):
        wh.scan(tmp_path / "shop.csv")


def test_a_table_of_a_database_file_is_scanned_and_a_query_is_not(tmp_path: Path) -> None:
    path = tmp_path / "shop.duckdb"
    with duckdb.connect(str(path)) as db:
        db.execute("CREATE TABLE sales AS SELECT i AS x, i % 3 AS z FROM range(70000) r(i)")
        db.execute("CREATE VIEW few AS SELECT z, x FROM sales WHERE x < 10")
    for name in ("sales", "few"):
        assert wh.scan(name, database=path).sha256 == wh.table(name, database=path).sha256
    with pytest.raises(UnreadableData, match=r'no table "sale"\. Did you mean "sales"'):
        wh.scan("sale", database=path)
    with pytest.raises(UnreadableData, match="no table"):
        wh.scan("SELECT 1", database=path)


def test_a_view_in_a_database_file_cannot_read_other_files(tmp_path: Path) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("x\n1\n")
    with duckdb.connect(str(tmp_path / "shop.duckdb")) as db:
        db.execute(f"CREATE VIEW spy AS SELECT * FROM read_csv('{secret}')")
    with pytest.raises(DataError):
        wh.scan("spy", database=tmp_path / "shop.duckdb")


def test_names_and_texts_that_look_like_sql_are_only_names_and_texts(tmp_path: Path) -> None:
    name, text = """x"); DROP TABLE y; --'""", "a'); SELECT 1; --"
    with duckdb.connect() as db:
        db.register("given", {name: np.array([text, text, "b"], dtype=object)})
        db.execute(f"COPY (SELECT * FROM given) TO '{tmp_path / 'odd [1].parquet'}' (FORMAT parquet)")
    scan = wh.scan(tmp_path / "odd [1].parquet")
    assert scan.counts([name]).levels == ((text, "b"),)
    assert [block[name].levels for block in scan.blocks([name])] == [(text, "b")]


def test_a_file_that_changed_since_it_was_opened_is_not_read_on(tmp_path: Path) -> None:
    path = parquet(tmp_path / "x.parquet", "SELECT 1 AS x")
    scan = wh.scan(path)
    parquet(path, "SELECT 2 AS x, 3 AS y")
    with pytest.raises(UnreadableData, match="it has changed since it was opened"):
        list(scan.blocks(["x"]))


def test_a_damaged_file_is_said_to_be_one_without_a_path_of_this_machine(tmp_path: Path) -> None:
    path = parquet(tmp_path / "x.parquet", "SELECT random() AS x FROM range(300000)")
    data = bytearray(path.read_bytes())
    data[1000:200_000] = bytes(199_000)
    path.write_bytes(data)
    with pytest.raises(UnreadableData, match=r'the file "x.parquet": it is damaged') as told:
        list(wh.scan(path).blocks(["x"]))
    assert str(tmp_path) not in str(told.value)


def test_an_iterator_that_is_left_early_lets_go_of_the_file(tmp_path: Path) -> None:
    path = parquet(tmp_path / "x.parquet", "SELECT i AS x FROM range(300000) r(i)")
    scan = wh.scan(path)
    for _ in range(3):
        blocks = scan.blocks(["x"])
        next(blocks)
        del blocks
    assert sum(len(block["x"]) for block in scan.blocks(["x"])) == 300_000


@pytest.mark.parametrize(
    ("source", "error"),
    [
        ("none.parquet", MissingFile),
        ("*.none", MissingFile),
        ({"x": [1]}, UnreadableData),
        ([], UnreadableData),
    ],
)
def test_what_is_no_file_is_refused(tmp_path: Path, source: object, error: type[Exception]) -> None:
    with pytest.raises(error):
        wh.scan(str(tmp_path / source) if isinstance(source, str) else source)


def test_files_of_other_kinds_are_refused_with_a_cure(tmp_path: Path) -> None:
    (tmp_path / "a.gz").write_bytes(b"\x1f\x8b123")
    with pytest.raises(UnreadableData, match="Unpack it first"):
        wh.scan(tmp_path / "a.gz")
    (tmp_path / "a.parquet").write_text("no parquet")
    with pytest.raises(UnreadableData, match="Save it as Parquet"):
        wh.scan(tmp_path / "a.parquet")
    (tmp_path / "empty").mkdir()
    with pytest.raises(UnreadableData, match="a folder without Parquet files"):
        wh.scan(tmp_path / "empty")


def test_an_unknown_column_is_named_with_the_near_miss(tmp_path: Path) -> None:
    scan = wh.scan(parquet(tmp_path / "x.parquet", "SELECT 1 AS price"))
    for act in (scan.form, lambda name: list(scan.blocks([name])), lambda name: scan.counted([name])):
        with pytest.raises(UnknownColumn, match='Did you mean "price"'):
            act("prize")


def test_text_of_too_many_levels_is_known_for_what_it_is_and_not_read(tmp_path: Path) -> None:
    path = parquet(tmp_path / "x.parquet", "SELECT 'w' || i AS name, i AS x FROM range(300000) r(i)")
    scan = wh.scan(path)
    assert scan.schema["name"].kind == "identifier"
    assert scan.form("name").unlisted
    with pytest.raises(UnreadableData, match="too many different texts"):
        list(scan.blocks(["name"]))
    assert scan.sample(5, 0).columns == ("x",)
    assert len(scan.sha256) == 64
    assert wh.scan(path, derive={"last": "right(name, 1)"}).values("last") == tuple("0123456789")


def test_more_combinations_than_can_be_held_are_refused_before_they_fill_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("whence.data.scanning.counting.MOST_COMBINATIONS", 1_000)
    scan = wh.scan(parquet(tmp_path / "x.parquet", "SELECT i AS x FROM range(5000) r(i)"))
    with pytest.raises(UnsuitableMethod, match="more than 1,000 combinations"):
        scan.counted(["x"])


def test_dates_written_as_text_are_dates_however_many_there_are(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    with duckdb.connect() as db:
        moments = "timestamp '1960-01-01' + to_seconds(i * 1000) AS t FROM range(90000) r(i)"
        db.execute(f"COPY (SELECT {moments}) TO '{path}' (FORMAT csv)")
    assert wh.scan(path).storage("t") == "date"
    assert wh.scan(path).sha256 == wh.table(path).sha256


def test_a_column_of_a_type_that_is_not_known_breaks_the_stream_and_not_the_process() -> None:
    with duckdb.connect() as db:
        capsule = db.query("SELECT [1, 2] AS x").__arrow_c_stream__()
        with pytest.raises(BrokenStream) as told, batches(capsule) as found:
            next(found)
        assert told.value.text == "columns of the Arrow type +l"


MEMORY = """
import resource, sys
import whence as wh
scan = wh.scan(sys.argv[1])
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
rows = sum(len(block["a"]) for block in scan.complete(scan.columns).blocks(scan.columns))
print(rows, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


def test_reading_all_rows_takes_a_small_part_of_the_memory_that_holding_them_would(tmp_path: Path) -> None:
    columns = ", ".join(f"random() AS {name}" for name in "abcdefgh")
    path = parquet(tmp_path / "large.parquet", f"SELECT {columns} FROM range(4000000)")
    command = [sys.executable, "-c", MEMORY, str(path)]
    rows, grown = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    assert int(rows) == 4_000_000
    assert int(grown) < 130  # megabytes; the columns would be 256, and three times that while they are read
