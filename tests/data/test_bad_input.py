"""Bad data get one clear typed error that says what, where and what to do, never in an engine's words."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from whence.data import complete, counts, table
from whence.runtime.errors import (
    DataError,
    DuplicateColumns,
    EmptyData,
    InfiniteValues,
    MissingFile,
    TextInNumericRole,
    TooManyColumns,
    UnknownColumn,
    UnreadableData,
    UnusableColumnName,
)

WIDE = ",".join(f"v{place}" for place in range(10_000))

FILES = [
    ("empty.csv", b"", EmptyData, "no rows"),
    ("header.csv", b"a,b\n", EmptyData, "no rows"),
    ("header_alone.csv", b"a,b", EmptyData, "no rows"),
    ("blank.csv", b"\n \n\n", EmptyData, "no rows"),
    (
        "latin.csv",
        "name,x\nAnn,1\nJosé,2\n".encode("latin-1"),
        UnreadableData,
        "encoding is not UTF-8 (byte 0xE9 on line 3)",
    ),
    ("cut.csv", b"name,x\nJos\xc3", UnreadableData, "encoding is not UTF-8"),
    ("utf16.csv", "a,b\n1,2\n".encode("utf-16"), UnreadableData, "UTF-16"),
    ("utf16le.csv", "a,b\n1,2\n".encode("utf-16-le"), UnreadableData, "UTF-16"),
    ("nul.csv", b"a,b\n1,\x00\n", UnreadableData, "NUL"),
    ("same.csv", b"a,b,a\n1,2,3\n", DuplicateColumns, '"a"'),
    ("same_quoted.csv", b'a,"a"\n1,2\n', DuplicateColumns, '"a"'),
    (
        "case.csv",
        b"age,Age\n1,2\n",
        DuplicateColumns,
        'differ only in capitals, which many readers take for one name: "age", "Age"',
    ),
    ("nameless.csv", b",a\n1,2\n", UnusableColumnName, "is empty"),
    ("spaces.csv", b"a, \n1,2\n", UnusableColumnName, "is empty"),
    ("newline.csv", b'"a\nb",c\n1,2\n', UnusableColumnName, "control characters"),
    ("bell.csv", b"a\x07,c\n1,2\n", UnusableColumnName, "control characters"),
    ("turned.csv", "a\u202e,c\n1,2\n".encode(), UnusableColumnName, "control characters"),
    ("wide.csv", f"{WIDE}\n{WIDE}\n".encode(), TooManyColumns, "10,000 columns; at most 4,096"),
    ("long_row.csv", b"a,b\n1,2\n3,4,5\n", UnreadableData, "line 3 has 3 fields where the header has 2"),
    ("short_row.csv", b"a,b\n1,2\n3\n", UnreadableData, "line 3 has 1 fields where the header has 2"),
    ("open.csv", b'a,b\n1,"x\n', UnreadableData, "quote that is not closed"),
    ("ends.csv", b"a,b\n1,2\r\n3,4\n", UnreadableData, "line ends"),
    ("broken.parquet", b"PAR1 and nothing more", UnreadableData, "damaged Parquet"),
    ("text.parquet", b"a,b\n1,2\n", UnreadableData, "no Parquet"),
    ("broken.arrow", b"ARROW1 and nothing more", UnreadableData, "Arrow"),
    ("packed.csv.gz", b"\x1f\x8b and nothing more", UnreadableData, "gunzip"),
    ("sheet.xlsx", b"PK\x03\x04 and nothing more", UnreadableData, "Save it as CSV"),
    ("model.pkl", b"\x80\x04 and nothing more", UnreadableData, "pickle"),
    ("shop.db", b"SQLite format 3\0", UnreadableData, "database="),
]


@pytest.mark.parametrize(("name", "content", "error", "words"), FILES, ids=[case[0] for case in FILES])
def test_a_bad_file_is_refused_with_its_reason(
    tmp_path: Path, name: str, content: bytes, error: type[DataError], words: str
):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(error) as caught:
        table(path)
    assert words in str(caught.value)
    assert caught.value.cure or isinstance(caught.value, UnreadableData)
    assert caught.value.__cause__ is None


def test_a_long_latin_1_file_is_refused_however_late_the_byte_comes(tmp_path: Path):
    path = tmp_path / "late.csv"
    path.write_bytes(b"a,b\n" + b"1,x\n" * 600_000 + b"2,caf\xe9\n")
    with pytest.raises(UnreadableData, match="on line 600,002"):
        table(path)


def test_a_byte_order_mark_is_no_part_of_the_first_name(tmp_path: Path):
    (tmp_path / "bom.csv").write_bytes("\ufeffa,b\n1,2\n".encode())
    assert table(tmp_path / "bom.csv").columns == ("a", "b")


def test_no_such_file_a_directory_and_an_address_are_refused(tmp_path: Path):
    with pytest.raises(MissingFile, match=r"nowhere\.csv"):
        table(tmp_path / "nowhere.csv")
    with pytest.raises(UnreadableData, match="directory"):
        table(tmp_path)
    with pytest.raises(UnreadableData, match="Download it first"):
        table("https://example.org/t.csv")
    with pytest.raises(UnreadableData, match="no database"):
        table("SELECT * FROM people")
    with pytest.raises(UnreadableData, match="no regular file"):
        table("/dev/null")


@pytest.mark.parametrize(
    ("source", "error", "words"),
    [
        ({}, EmptyData, "no rows"),
        ({"a": []}, EmptyData, "no rows"),
        ({"a": [1, 2], "b": [1]}, UnreadableData, "different lengths"),
        ({"a": 1}, UnreadableData, "no list of values"),
        ({"a": "text"}, UnreadableData, "no list of values"),
        ({"a": np.ones((2, 2))}, UnreadableData, "dimension"),
        ({"a": [[1], [2]]}, UnreadableData, "type list"),
        ({"a": [1], "A": [2]}, DuplicateColumns, '"a", "A"'),
        ({"": [1]}, UnusableColumnName, "is empty"),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), DuplicateColumns, '"a"'),
        (pd.DataFrame(), EmptyData, "no rows"),
        (pd.DataFrame({"a": []}), EmptyData, "no rows"),
        (pd.DataFrame(np.zeros((1, 5_000))), TooManyColumns, "5,000"),
        (pd.Series([1, 2]), UnreadableData, "no table"),
        (np.ones((2, 2)), UnreadableData, "no table"),
        ([1, 2], UnreadableData, "a list must hold files"),
        ([], UnreadableData, "a list must hold files"),
        (7, UnreadableData, "no table"),
        (None, UnreadableData, "no table"),
    ],
)
def test_a_bad_source_is_refused_with_its_reason(source: object, error: type[DataError], words: str):
    with pytest.raises(error) as caught:
        table(source)
    assert words in str(caught.value)


def test_hostile_names_without_control_characters_simply_work(tmp_path: Path):
    names = [
        'a "quoted" name',
        "<script>alert(1)</script>",
        "'; DROP TABLE given; --",
        "c,d",
        "{{7*7}}",
        "SELECT",
        "c0",
    ]
    path = tmp_path / "hostile.csv"
    pd.DataFrame([range(len(names)), range(1, len(names) + 1)], columns=names).to_csv(path, index=False)
    t = table(
        path, where='"a ""quoted"" name" = 1 AND "\'; DROP TABLE given; --" = 3 AND "c0" = 7 AND "SELECT" = 6'
    )
    assert t.columns == tuple(names)
    assert [t.column(name).python_values() for name in names] == [[k] for k in range(1, len(names) + 1)]


def test_a_file_name_with_stars_and_brackets_means_that_file_alone(tmp_path: Path):
    (tmp_path / "da[1]*.csv").write_text("a\n7\n")
    (tmp_path / "da1x.csv").write_text("a\n8\n")
    assert table(tmp_path / "da[1]*.csv").column("a").python_values() == [7]


def test_numbers_are_numbers_only_if_every_cell_is_one(tmp_path: Path):
    path = tmp_path / "mixed.csv"
    path.write_text(
        "hex,under,sign,word,exp,zip,big\n0x1F,1_000,+5,1,1e3,007,99999999999999999999\n1,2,-1,x,2,010,1\n"
    )
    t = table(path)
    assert [t.column(name).storage for name in t.columns] == [
        "text", "text", "integer", "text", "integer", "integer", "number",
    ]  # fmt: skip


def test_a_late_word_makes_a_column_text_and_loses_no_row(tmp_path: Path):
    path = tmp_path / "late.csv"
    path.write_text("x\n" + "1\n" * 60_000 + "unknown\n")
    t = table(path)
    assert (t.rows, t.schema["x"].levels) == (60_001, ("1", "unknown"))


def test_a_file_without_names_is_read_with_numbered_columns_and_says_so(tmp_path: Path):
    (tmp_path / "bare.csv").write_text("1,2.5\n3,4.5\n")
    t = table(tmp_path / "bare.csv")
    assert (t.columns, t.rows) == (("column0", "column1"), 2)
    assert "first line is all numbers" in t.notes[0]


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_separators_and_line_ends_are_found_out(tmp_path: Path, mark: str, end: str):
    path = tmp_path / "t.csv"
    path.write_bytes(end.join([mark.join(line) for line in (["a", "b"], ["1", "x"], ["2", "y"])]).encode())
    t = table(path)
    assert (t.columns, t.column("a").python_values()) == (("a", "b"), [1, 2])


def test_an_unknown_column_names_the_near_miss():
    t = table({"sales": [1, 2], "price": [3, 4]})
    for use in (lambda: complete(t, ["sale"]), lambda: counts(t, ["sale"]), lambda: t.schema["sale"]):
        with pytest.raises(UnknownColumn, match='Did you mean "sales"'):
            use()


def test_infinite_values_are_refused_when_the_column_is_used():
    t = table({"x": [1.0, float("inf"), float("-inf")], "y": [1, 2, 3]})
    assert complete(t, ["y"]).n == 3
    for use in (complete, counts):
        with pytest.raises(InfiniteValues, match='"x" holds 2 infinite values'):
            use(t, ["y", "x"])


def test_text_in_a_numeric_role_shows_the_words_that_are_no_numbers():
    frame = complete(
        table({"income": ["1200", "unknown", "1300"], "sex": ["f", "m", "f"]}), ["income", "sex"]
    )
    with pytest.raises(TextInNumericRole) as caught:
        frame.numeric("income", role="outcome")
    assert 'The outcome "income" holds text (such as "unknown")' in str(caught.value)
    assert frame.column("sex").tolist() == [0, 1, 0]


def test_a_table_with_no_complete_row_is_refused():
    with pytest.raises(EmptyData, match="complete in x, y"):
        complete(table({"x": [1, None], "y": [None, 2]}), ["x", "y"])
