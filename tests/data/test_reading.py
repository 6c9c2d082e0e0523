"""Data come in: the same table from any source, with any number of threads, and nothing lost unsaid."""

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow.feather
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whence.data import complete, counts, design, summary, table
from whence.data.tables import Table

COLUMNS = {
    "treat": [1, 0, 1, None, 0],
    "age": [37, 22, 30, 27, 33],
    "earnings": [9930.045898, None, 0.1 + 0.2, 1e-300, -7.25],
    "whole": [1.0, 2.0, 3.0, None, 5.0],
    "large": [2**60 + 1, 2**53 + 1, -(2**62), 0, 1],
    "region": ["west", "östlich", None, 'the "far" south', "a,b;c"],
    "married": [True, False, None, True, True],
    "day": ["2020-01-01", None, "2021-12-31", "2020-01-01", "1969-07-20"],
    "nothing": [None, None, None, None, None],
}


class Stream:
    """Anything that offers Arrow data by the PyCapsule interface."""

    def __init__(self, frame: pl.DataFrame) -> None:
        self.frame = frame

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self.frame.__arrow_c_stream__(requested_schema)


def flavours(folder: Path) -> dict[str, object]:
    """The same data in every flavour that `table` takes."""
    polars = pl.DataFrame(COLUMNS)
    typed = polars.with_columns(pl.col("day").str.to_date())
    arrow = polars.to_arrow()
    polars.write_csv(folder / "t.csv")
    polars.write_csv(folder / "semicolons.csv", separator=";")
    polars.write_csv(folder / "na.csv", null_value="NA")
    polars.drop("nothing").with_columns(nothing=pl.lit(None, pl.Float64)).write_parquet(folder / "t.parquet")
    pyarrow.feather.write_feather(arrow, folder / "t.arrow")
    numbers = {"earnings": np.array([v if v is not None else np.nan for v in COLUMNS["earnings"]])}
    return {
        "dict": COLUMNS,
        "dict with arrays": {**COLUMNS, **numbers, "age": np.array(COLUMNS["age"], dtype=np.int32)},
        "dict with series": {**COLUMNS, "age": pd.Series(COLUMNS["age"]), "day": pl.Series(COLUMNS["day"])},
        "pandas": pd.DataFrame(COLUMNS),
        "pandas, own missing values": pd.DataFrame(COLUMNS).convert_dtypes(),
        "pandas on arrow": polars.to_pandas(use_pyarrow_extension_array=True),
        "pandas, categories": pd.DataFrame(COLUMNS).astype({"region": "category", "treat": "category"}),
        "polars": polars,
        "polars, typed dates": typed,
        "polars, categories": polars.with_columns(pl.col("region").cast(pl.Categorical)),
        "polars, lazy": polars.lazy(),
        "arrow": arrow,
        "arrow stream": Stream(polars),
        "duckdb": duckdb.sql("FROM arrow"),
        "csv": folder / "t.csv",
        "csv, path as text": str(folder / "t.csv"),
        "csv with semicolons": folder / "semicolons.csv",
        "csv with NA": folder / "na.csv",
        "parquet": folder / "t.parquet",
        "arrow file": folder / "t.arrow",
        "a table": table(COLUMNS),
        "halves": [polars.head(2), polars.tail(3)],
    }


def everything(t: Table) -> tuple[object, ...]:
    """All that can be asked of a table, as plain values and bytes."""
    frame = complete(t, ["age", "region", "whole"])
    return (
        t.columns,
        tuple(t.schema),
        t.sha256,
        [t.column(name).python_values() for name in t.columns],
        frame.column("whole").tobytes(),
        design(frame, ["region", "age"]).matrix.tobytes(),
        counts(t, ["treat", "married"]).cells.tobytes(),
        summary(t),
    )


def test_every_flavour_of_the_same_data_gives_the_same_table(tmp_path: Path):
    expected = everything(table(COLUMNS))
    for name, source in flavours(tmp_path).items():
        assert everything(table(source)) == expected, name


def test_the_canonical_form_is_what_was_meant():
    t = table(COLUMNS)
    assert [(f.name, f.kind, f.missing) for f in t.schema] == [
        ("treat", "binary", 1),
        ("age", "integer", 0),
        ("earnings", "continuous", 1),
        ("whole", "integer", 1),
        ("large", "integer", 0),
        ("region", "categorical", 1),
        ("married", "binary", 1),
        ("day", "date", 1),
        ("nothing", "constant", 5),
    ]
    assert t.column("large").python_values() == COLUMNS["large"]
    assert t.column("region").python_values() == COLUMNS["region"]
    assert t.schema["treat"].levels == (0, 1)
    assert all(type(level) is int for level in t.schema["treat"].levels)
    assert t.schema["married"].levels == (False, True)
    assert t.missing == {n: sum(v is None for v in vs) for n, vs in COLUMNS.items() if None in vs}


@pytest.fixture(scope="module")
def long_files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("long")
    generator = np.random.default_rng(20)
    rows = 400_000
    frame = pl.DataFrame(
        {
            "row": np.arange(rows),
            "x": generator.normal(size=rows),
            "arm": generator.choice(["a", "b", "c"], rows),
            "y": np.where(generator.random(rows) < 0.1, np.nan, generator.normal(size=rows)),
        }
    ).with_columns(pl.col("y").fill_nan(None))
    frame.write_csv(folder / "long.csv")
    frame.write_parquet(folder / "long.parquet", row_group_size=50_000)
    return folder / "long.csv", folder / "long.parquet"


def test_one_two_and_seven_threads_give_the_same_bytes_in_the_order_of_the_file(
    long_files: tuple[Path, Path],
):
    seen = set()
    for threads in (1, 2, 7):
        for path in long_files:
            t = table(path, where="x > -0.5", derive={"z": "x * y"}, threads=threads)
            rows = t.column("row").values
            assert np.all(np.diff(rows) > 0)
            frame = complete(t, ["x", "y", "z", "arm"])
            matrix = design(frame, ["x", "y", "z", "arm"]).matrix
            facts = [(s.mean, s.sd) for s in summary(t)]
            seen.add((t.sha256, matrix.tobytes(), counts(t, ["arm"]).cells.tobytes(), tuple(facts)))
    assert len(seen) == 1


def test_sums_over_several_blocks_are_those_of_exact_arithmetic(long_files: tuple[Path, Path]):
    t = table(long_files[1])
    x = t.column("x").values
    facts = summary(t)[1]
    assert facts.mean == pytest.approx(float(np.mean(x)), abs=1e-14)
    assert facts.sd == pytest.approx(float(np.std(x, ddof=1)), rel=1e-12)
    assert facts.histogram is not None
    assert sum(facts.histogram.heights) == t.rows
    assert len(facts.histogram.heights) == 20


CELLS = st.one_of(
    st.none(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
)
WORDS = st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\x00"), min_size=1)


@settings(max_examples=60)
@given(
    numbers=st.lists(CELLS, min_size=1, max_size=30),
    words=st.lists(st.one_of(st.none(), WORDS.map(lambda w: "w" + w)), min_size=30, max_size=30),
)
def test_any_numbers_and_words_survive_the_way_through_a_file(
    tmp_path_factory: pytest.TempPathFactory, numbers: list[float | None], words: list[str | None]
):
    path = tmp_path_factory.mktemp("any") / "any.csv"
    columns = {"number": numbers, "word": words[: len(numbers)]}
    given_directly = table(columns)
    pd.DataFrame(columns, dtype=object).to_csv(path, index=False, lineterminator="\n")
    assert table(path).sha256 == given_directly.sha256


def test_the_hash_changes_with_a_value_a_name_a_type_a_hole_or_the_order_of_rows():
    base = {"x": [1, 2, 3], "s": ["a", "b", "c"]}
    variants = [
        base,
        {**base, "x": [1, 2, 4]},
        {"y": base["x"], "s": base["s"]},
        {**base, "x": [1.5, 2, 3]},
        {**base, "x": [1, 2, None]},
        {**base, "x": ["1", "2", "3"]},
        {**base, "x": [True, False, True]},
        {"x": [2, 1, 3], "s": ["b", "a", "c"]},
        {**base, "s": ["ab", "b", "c"]},
        {"s": base["s"], "x": base["x"]},
    ]
    assert len({table(variant).sha256 for variant in variants}) == len(variants)


def test_the_hash_is_pinned_so_that_old_records_can_be_checked():
    pinned = "f4df940b726bea6f4a2adfc9a3c896ba642e99deb21ee29c4e19f4b0f082b5ff"
    assert table({"x": [1, 2, None], "s": ["a", "b", None], "f": [0.5, -0.0, 2.0]}).sha256 == pinned


def test_a_filtered_file_and_the_file_of_the_filtered_rows_are_the_same_table(tmp_path: Path):
    (tmp_path / "all.csv").write_text("x,s,y\n1,a,0.5\n2,b,1\n3,c,2\n")
    (tmp_path / "some.csv").write_text("x,s,y\n2,b,1\n3,c,2\n")
    assert table(tmp_path / "all.csv", where="x > 1").sha256 == table(tmp_path / "some.csv").sha256


def test_files_are_stacked_by_name_and_what_one_lacks_is_missing_there(tmp_path: Path):
    (tmp_path / "a.csv").write_text("x,y\n1,2.5\n2,3.5\n")
    (tmp_path / "b.csv").write_text("y,z,x\n4,w,3\n")
    t = table([tmp_path / "a.csv", tmp_path / "b.csv"])
    assert t.columns == ("x", "y", "z")
    assert t.column("x").python_values() == [1, 2, 3]
    assert t.column("y").python_values() == [2.5, 3.5, 4.0]
    assert t.column("z").python_values() == [None, None, "w"]
    assert any('"z" is not in' in note and "2 rows" in note for note in t.notes)


@pytest.mark.parametrize(
    ("above", "below", "expected"),
    [
        ([1, 2], [0.5], [1.0, 2.0, 0.5]),
        ([1, 2], ["x"], ["1", "2", "x"]),
        ([True, None], [2], [1, None, 2]),
        ([True], ["x"], ["true", "x"]),
        ([None], ["2020-01-01"], [None, "2020-01-01"]),
        (["2020-01-01"], ["x"], ["2020-01-01", "x"]),
        (["b", None], ["a"], ["b", None, "a"]),
        ([None], [None], [None, None]),
    ],
)
def test_stacking_takes_the_widest_type_that_any_part_needs(above: list, below: list, expected: list):
    stacked = table([table({"v": above}), table({"v": below})])
    assert stacked.column("v").python_values() == expected


def test_an_ordered_category_keeps_the_order_of_its_levels():
    order = ["low", "middle", "high"]
    sizes = ["high", "low", None, "middle"]
    polars = pl.DataFrame({"size": pl.Series(sizes, dtype=pl.Enum(order))})
    pandas = pd.DataFrame({"size": pd.Categorical(sizes, categories=order, ordered=True)})
    relation = duckdb.sql(
        "SELECT CAST(s AS ENUM('low', 'middle', 'high')) AS size FROM "
        "(VALUES ('high'), ('low'), (NULL), ('middle')) AS v(s)"
    )
    for source in (polars, pandas, relation):
        t = table(source)
        assert t.schema["size"].kind == "ordered"
        assert t.schema["size"].levels == ("low", "middle", "high")
        assert t.column("size").python_values() == sizes
    assert len({table(source).sha256 for source in (polars, pandas, relation)}) == 1


def test_columns_that_cannot_be_held_are_left_out_and_said_so():
    frame = pl.DataFrame({"tags": [[1], [2]], "raw": [b"x", b"y"], "x": [1, 2]})
    for source in (frame, frame.to_arrow(), {"tags": [[1], [2]], "raw": [b"x", b"y"], "x": [1, 2]}):
        t = table(source)
        assert t.columns == ("x",)
        assert len([note for note in t.notes if note.startswith("Left out the column")]) == 2


def test_moments_with_a_time_zone_are_those_of_utc():
    frame = pd.DataFrame({"at": pd.to_datetime(["2020-01-01 00:30"]).tz_localize("Europe/Paris")})
    assert table(frame).column("at").python_values() == ["2019-12-31 23:30:00"]


def test_a_query_on_a_relation_keeps_numbers_of_every_width():
    relation = duckdb.sql(
        "SELECT 1.25::DECIMAL(5,2) AS d, 5::HUGEINT AS h, 7::UTINYINT AS t, 0.5::FLOAT AS f"
    )
    assert [table(relation).column(n).python_values() for n in "dhtf"] == [[1.25], [5], [7], [0.5]]


def test_reading_needs_neither_pandas_nor_pyarrow_nor_polars(tmp_path: Path):
    (tmp_path / "t.csv").write_text("x,s,d\n1,a,2020-01-01\n2,,\n")
    duckdb.execute(f"COPY (SELECT 1 AS x, 'a' AS s, TRUE AS b) TO '{tmp_path}/t.parquet' (FORMAT parquet)")
    with sqlite3.connect(tmp_path / "t.db") as database:
        database.execute("CREATE TABLE people AS SELECT 1 AS x, 'a' AS s")
    database.close()
    code = f"""
import sys
for library in ("pandas", "pyarrow", "polars"):
    sys.modules[library] = None
from whence.data import complete, counts, design, summary, table
folder = {str(tmp_path)!r}
t = table(folder + "/t.csv", where="x > 0", derive={{"z": "x = 1"}})
summary(t); counts(t, ["s", "z"]); design(complete(t, ["x", "s"]), ["x", "s"])
table(folder + "/t.parquet", where="s = 'a'"); table("people", database=folder + "/t.db"); t.sha256
import duckdb
table(duckdb.sql("SELECT 1 AS x, 'a' AS s"))
"""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_the_table_shows_itself_and_escapes_what_a_file_calls_its_columns():
    t = table({"<b>": [1, 2, 3], "count": [5, 6, 7]}, weights="count")
    assert repr(t).startswith("<Table 3 rows standing for 18 × 1 columns, from columns given in Python>")
    html = t._repr_html_()
    assert "&lt;b&gt;" in html
    assert "<b>" not in html


def test_a_table_and_its_arrays_cannot_be_changed():
    mine = np.array([1.5, 2.5])
    t = table({"x": mine})
    mine[0] = 9.0
    assert t.column("x").python_values() == [1.5, 2.5]
    with pytest.raises(ValueError, match="read-only"):
        t.column("x").values[0] = 9.0
    with pytest.raises(AttributeError):
        t.source = "elsewhere"
