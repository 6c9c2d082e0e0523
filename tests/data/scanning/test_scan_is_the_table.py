"""Claims: a scan shows, block by block and fact by fact, what the in-memory table of the same file shows."""

from pathlib import Path

import duckdb
import numpy as np
import pytest

import whence as wh
from whence.data.contingency import counts
from whence.data.frame import complete
from whence.data.scanning.sampling import positions
from whence.numerics.blocks import BLOCK
from whence.runtime.errors import WhenceError

KINDS = """
    i AS row_number, (i * 7) % 13 AS k, i % 3 = 0 AS yes,
    CASE WHEN i % 17 = 0 THEN NULL ELSE i % 2 = 0 END AS perhaps,
    CASE WHEN i % 11 = 0 THEN NULL ELSE (i % 5)::DOUBLE END AS whole,
    CASE WHEN i % 7 = 0 THEN NULL WHEN i % 13 = 0 THEN 'nan'::DOUBLE ELSE sin(i) END AS x,
    CASE WHEN i % 2 = 0 THEN 0.5 ELSE -0.0 END AS half, (i % 7)::FLOAT AS narrow, (i % 100) / 10.0 AS tenth,
    CASE i % 4 WHEN 0 THEN 'true' WHEN 1 THEN 'True' WHEN 2 THEN 'false' END AS truth,
    'é''"x' || (i % 300) AS town, '2020-01-0' || (1 + i % 9) AS day_text,
    '2020-01-01T' || lpad((i % 26)::VARCHAR, 2, '0') || ':00' AS no_date,
    timestamp '1960-01-01' + to_seconds(i * 1000) AS moment, date '1969-01-01' + (i % 1000)::INT AS day,
    timestamp_ns '1969-12-31 23:59:59.123456789' AS nanos, make_timestamptz(i * 1000000 + 1) AS zoned,
    NULL::INT AS nothing, NULL::VARCHAR AS no_text, i::UBIGINT * 1000 AS fits,
    18446744073709551615::UBIGINT - i::UBIGINT AS giant, 9007199254740993 + i AS beyond, i::HUGEINT AS huge,
    ('00000000-0000-0000-0000-0000000000' || (10 + i % 50))::UUID AS code, '' AS empty,
    (i * 31) % 1009 AS user_id, [1, 2] AS pair
"""
FEW = "k, yes, perhaps, whole, x, half, truth, town, day_text, nanos, nothing, pair"


def written(path: Path, select: str, form: str = "parquet") -> Path:
    with duckdb.connect() as db:
        db.execute(f"COPY ({select}) TO '{path}' (FORMAT {form})")
    return path


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    select = f"SELECT {KINDS} FROM range({BLOCK + 2_001}) r(i)"
    return written(tmp_path_factory.mktemp("large") / "kinds.parquet", select)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    select = f"SELECT {FEW} FROM (SELECT {KINDS} FROM range(900) r(i))"
    return written(tmp_path_factory.mktemp("small") / "kinds.parquet", select)


def hold_alike(scan: wh.Scan, table: wh.Table) -> None:
    assert scan.columns == table.columns
    assert (scan.rows, scan.n, len(scan)) == (table.rows, table.n, len(table))
    assert scan.notes == table.notes
    assert dict(scan.derived) == dict(table.derived)
    for name in table.columns:
        column, form = table.column(name), scan.form(name)
        assert (form.storage, form.levels, form.ordered) == (column.storage, column.levels, column.ordered), (
            name
        )
    at = 0
    for block in scan.blocks(scan.columns):
        size = len(next(iter(block.values())))
        assert size == min(BLOCK, table.rows - at)
        for name, column in block.items():
            whole = table.column(name).take(np.arange(at, at + size))
            assert column.same_as(whole), name
            assert column.values.tobytes() == whole.values.tobytes(), name
            assert (column.missing is None) == (whole.missing is None)
            assert not column.values.flags.writeable
        at += size
    assert at == table.rows
    assert scan.missing == table.missing
    assert scan.schema == table.schema
    assert scan.sha256 == table.sha256


def test_every_kind_of_column_has_in_its_blocks_the_cells_it_has_in_memory(
    large: Path,
) -> None:
    hold_alike(wh.scan(large), wh.table(large))


@pytest.mark.parametrize(
    ("where", "derive"),
    [
        ("x > 0.5 and k < 4", {}),
        ("perhaps", {}),
        ("truth and day_text > '2020-01-03'", {"double": "x * 2 + k", "many": "k > 3"}),
        (
            "town like '%x1%' or nothing is null",
            {
                "upper": "upper(town)",
                "said": "case when yes then 'true' else 'false' end",
                "next": "said + 1",
                "year": "year(day_text)",
                "ratio": "half / k",
                "when": "nanos",
            },
        ),
        ("k in (1, 2)", {"k": "k * 1"}),
    ],
)
def test_filters_and_derived_columns_give_what_they_give_in_memory(
    small: Path, where: str, derive: dict[str, str]
) -> None:
    hold_alike(wh.scan(small, where=where, derive=derive), wh.table(small, where=where, derive=derive))
    assert (
        wh.scan(wh.scan(small), where=where, derive=derive).notes
        == wh.scan(small, where=where, derive=derive).notes
    )


@pytest.mark.parametrize(
    ("where", "derive"),
    [
        ("k + 1", {}),
        ("x > 7", {}),
        ("nope > 7", {}),
        ("k = (select 1)", {}),
        (None, {"k": "k * 2"}),
        (None, {"K": "k"}),
        (None, {"bad": "cast(town as double)"}),
        (None, {"bad": "[k]"}),
    ],
)
def test_what_cannot_be_filtered_or_derived_is_refused_in_the_words_of_the_table(
    small: Path, where: str | None, derive: dict[str, str]
) -> None:
    with pytest.raises(WhenceError) as of_table:
        wh.table(small, where=where, derive=derive)
    with pytest.raises(WhenceError) as of_scan:
        wh.scan(small, where=where, derive=derive)
    assert (type(of_scan.value), str(of_scan.value)) == (type(of_table.value), str(of_table.value))


@pytest.mark.parametrize("names", [["x"], ["whole", "town"], ["perhaps", "half", "truth", "tenth"]])
def test_complete_rows_are_those_of_memory_with_their_own_levels(large: Path, names: list[str]) -> None:
    scan, frame = wh.scan(large), complete(wh.table(large), names)
    rows = scan.complete(names)
    assert scan.rows - rows.rows == frame.rows_dropped
    blocks = list(rows.blocks(names))
    assert [len(block[names[0]]) for block in blocks[:-1]] == [BLOCK] * (len(blocks) - 1)
    for name in names:
        assert (
            np.concatenate([block[name].floats() for block in blocks]).tobytes()
            == frame.column(name).tobytes()
        )
        found = frame.values(name)[0]
        assert rows.values(name, 20) == (found if len(found) <= 20 else None)
        if rows.storage(name) == "text":
            assert rows.labels(name) == frame.levels(name)


def test_levels_that_only_incomplete_rows_have_are_gone_from_the_complete_ones(tmp_path: Path) -> None:
    path = tmp_path / "few.csv"
    path.write_text("town,x\na,1\nb,\nc,2.5\n")
    assert wh.scan(path).complete(["town", "x"]).form("town").levels == ("a", "c")
    assert wh.scan(path).complete(["town"]).form("town").levels == ("a", "b", "c")


@pytest.mark.parametrize("cells", ["1e400", "inf", "1e200"])
def test_numbers_that_cannot_be_computed_with_are_refused_as_in_memory(tmp_path: Path, cells: str) -> None:
    path = tmp_path / "odd.csv"
    path.write_text(f"x,y\n1.5,1\n{cells},\n2.5,3\n")
    with pytest.raises(WhenceError) as of_table:
        complete(wh.table(path), ["x", "y"])
    with pytest.raises(WhenceError) as of_scan:
        wh.scan(path).complete(["x", "y"])
    assert str(of_scan.value) == str(of_table.value)


@pytest.mark.parametrize("names", [["k"], ["town", "yes"], ["half", "whole", "truth"], ["x", "k"]])
def test_counts_are_those_of_the_rows_and_of_the_table_of_distinct_rows(
    small: Path, names: list[str]
) -> None:
    scan, table = wh.scan(small), wh.table(small)
    there, here = scan.counts(names), counts(table, names)
    assert there.levels == here.levels
    assert (there.cells == here.cells).all()
    assert (there.n, there.rows_dropped) == (here.n, here.rows_dropped)
    weighted = scan.counted(names)
    assert weighted.n == table.n
    assert weighted.rows < table.rows
    assert weighted.columns == tuple(names)


FEW_VALUED = [
    ["yes", "perhaps"],
    ["whole", "truth"],
    ["half", "nothing", "no_text", "empty"],
    ["day_text", "no_date"],
    ["narrow", "nanos", "k"],
    ["code"],
]


@pytest.mark.parametrize("most", [65_536, 1])
@pytest.mark.parametrize("names", FEW_VALUED)
def test_what_the_counts_of_few_values_tell_is_what_the_passes_tell(
    large: Path, names: list[str], most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("whence.data.scanning.groups.MOST_GROUPS", most)
    scan, table = wh.scan(large), wh.table(large)
    found = scan.facts(names)
    assert bool(scan._known.get(("groups", tuple(names)))) == (most > 1)
    for name in names:
        column, fact = table.column(name), found[name]
        form = fact.form
        assert (form.storage, form.levels, form.ordered) == (column.storage, column.levels, column.ordered)
        assert fact.values == column.level_codes()[0]
        assert fact.present == table.rows - column.missing_count
        numbers = column.floats()[column.present]
        if column.storage in {"integer", "number"} and numbers.size:
            assert (fact.low, fact.high) == (numbers.min(), numbers.max())
    if most > 1 and "nothing" not in names:
        assert scan.counts(names).cells.tolist() == counts(table, names).cells.tolist()


def test_counts_that_follow_from_wider_counts_are_those_that_a_pass_would_give(small: Path) -> None:
    names = ["truth", "whole"]
    alone, after, narrow = wh.scan(small), wh.scan(small), wh.scan(small).complete([*names, "yes"])
    after.counted(["k", "truth", "whole"])
    assert narrow.counted(names).sha256 == wh.scan(small).complete([*names, "yes"]).counted(names).sha256
    assert (
        narrow.counts(names).cells.tolist()
        == counts(wh.table(small, where="yes is not null"), names).cells.tolist()
    )
    assert after.counted(names).sha256 == alone.counted(names).sha256
    assert after.counted([]).n == alone.counted([]).n == 900


def test_counts_and_facts_are_the_same_however_many_threads_the_engine_has(
    small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: set[tuple[object, ...]] = set()
    for threads in (1, 2, 7):
        monkeypatch.setattr("whence.data.scanning.origins.cores", lambda threads=threads: threads)
        scan = wh.scan(small)
        told.add((scan.counted(["k", "town"]).sha256, str(scan.schema), scan.sample(50, 3).sha256))
    assert len(told) == 1


def test_a_sample_depends_on_seed_and_rows_alone_and_keeps_the_order_of_the_file(large: Path) -> None:
    scan, table = wh.scan(large), wh.table(large)
    names = ["row_number", "x", "town", "perhaps"]
    some = scan.sample(500, 7, names)
    kept = positions(table.rows, 500, 7)
    assert some.column("row_number").values.tolist() == sorted(kept.tolist())
    for name in names:
        assert some.column(name).same_as(table.column(name).take(kept).settled())
    assert scan.sample(500, 8, names).sha256 != some.sha256
    assert some.notes[-1] == "A random sample of 500 of the 67,537 rows."
    assert scan.sample(10**9, 7, names).rows == table.rows


@pytest.mark.parametrize("wanted", [3, 8])
def test_every_row_is_as_likely_to_be_sampled(wanted: int) -> None:
    drawn = np.zeros(10)
    for seed in range(4_000):
        drawn[positions(10, wanted, seed)] += 1
    expected = 4_000 * wanted / 10
    spread = np.sqrt(4_000 * (wanted / 10) * (1 - wanted / 10))
    assert np.abs(drawn - expected).max() < 4 * spread
    assert drawn.sum() == 4_000 * wanted
