"""Claims about stored columns: they come back the same, and what was tampered with does not come back."""

import datetime as dt
import json
import os
import random
import string

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whence.data.reading import table
from whence.studio.uploads.errors import BrokenStore
from whence.studio.uploads.stored import ARRAYS, DESCRIPTION, bytes_of, load, store

FULL = {
    "x": [1, 2, None, 4],
    "half": [0.5, None, -0.0, 1e300],
    "inf": [float("inf"), 1.5, float("-inf"), None],
    "yes": [True, False, None, True],
    "word": ["b", "a", None, "ü\u2028"],
    "day": [dt.date(2020, 1, 2), None, dt.date(1600, 1, 1), dt.datetime(2020, 1, 1, 3, 4, 5, 6, dt.UTC)],
    "none": [None, None, None, None],
    "same": [7, 7, 7, 7],
}


def same(one, other):
    assert one.columns == other.columns
    for name in one.columns:
        left, right = one.store[name], other.store[name]
        assert (left.storage, left.levels, left.ordered) == (right.storage, right.levels, right.ordered)
        assert left.values.dtype == right.values.dtype
        assert np.array_equal(left.values, right.values)
        assert (left.missing is None) == (right.missing is None)
        assert np.array_equal(left.present, right.present)
    assert one.sha256 == other.sha256


def stored(folder, columns=FULL):
    original = table(columns)
    store(original, folder)
    return original


def redescribed(folder, change):
    """Change the description as `change` says."""
    head = json.loads((folder / DESCRIPTION).read_text(encoding="utf-8"))
    change(head)
    (folder / DESCRIPTION).write_text(json.dumps(head), encoding="utf-8")


def test_every_kind_of_column_comes_back_the_same(tmp_path):
    original = stored(tmp_path)
    back = load(tmp_path, expected=original.sha256)
    same(back, original)
    assert back.source == original.source
    assert not back.store["x"].values.flags.writeable


cells = st.one_of(
    st.none(),
    st.integers(-(2**63) + 1, 2**63 - 1),
    st.floats(),
    st.booleans(),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=5),
    st.datetimes(),
)
columns = st.integers(1, 6).flatmap(
    lambda rows: st.dictionaries(
        st.text(string.ascii_lowercase, min_size=1, max_size=3),
        st.lists(cells, min_size=rows, max_size=rows),
        min_size=1,
        max_size=4,
    )
)


@settings(max_examples=300)
@given(columns=columns)
def test_any_table_comes_back_the_same(columns, tmp_path_factory):
    folder = tmp_path_factory.mktemp("stored")
    original = stored(folder, columns)
    same(load(folder), original)


def test_ordered_levels_keep_their_order(tmp_path):

    frame = pd.DataFrame({"g": pd.Categorical(["low", "high"], ["low", "high"], ordered=True)})
    original = table(frame)
    store(original, tmp_path)
    assert load(tmp_path).store["g"].levels == ("low", "high")
    same(load(tmp_path), original)


def test_notes_come_back_harmless(tmp_path):
    stored(tmp_path)
    redescribed(tmp_path, lambda head: head.update(notes=["a\x1b[2Jb", 7, "x" * 9_999] * 40))
    notes = load(tmp_path).notes
    assert len(notes) == 50
    assert notes[0] == "a\\x1b[2Jb"
    assert max(map(len, notes)) <= 600


def test_a_wrong_byte_is_refused_or_changes_nothing(tmp_path):
    original = stored(tmp_path)
    good = (tmp_path / ARRAYS).read_bytes()
    dice = random.Random(3)
    refused = 0
    for _ in range(400):
        bad = bytearray(good)
        bad[dice.randrange(len(bad))] ^= 1 << dice.randrange(8)
        (tmp_path / ARRAYS).write_bytes(bad)
        try:
            same(load(tmp_path), original)  # the value of a cell that is missing, say
        except BrokenStore:
            refused += 1
    assert refused > 300


@pytest.mark.parametrize("cut", [0, 1, 5, 100, -1, -8])
def test_arrays_that_end_too_early_or_too_late_are_refused(cut, tmp_path):
    stored(tmp_path)
    good = (tmp_path / ARRAYS).read_bytes()
    (tmp_path / ARRAYS).write_bytes(good[:cut])
    with pytest.raises(BrokenStore):
        load(tmp_path)
    (tmp_path / ARRAYS).write_bytes(good + b"x")
    with pytest.raises(BrokenStore, match="follows"):
        load(tmp_path)


CHANGES = {
    "another schema": lambda head: head.update(schema="whence.columns/9"),
    "no rows": lambda head: head.update(rows=0),
    "a trillion rows": lambda head: head.update(rows=10**12),
    "rows as text": lambda head: head.update(rows="4"),
    "rows as truth": lambda head: head.update(rows=True),
    "no columns": lambda head: head.update(columns=[]),
    "columns of another kind": lambda head: head.update(columns={"x": 1}),
    "a column that is none": lambda head: head["columns"].append(7),
    "one column too many": lambda head: head["columns"].append(head["columns"][0] | {"name": "more"}),
    "one column too few": lambda head: head["columns"].pop(),
    "equal names": lambda head: head["columns"][0].update(name="half"),
    "a name with a line break": lambda head: head["columns"][0].update(name="a\nb"),
    "an unknown storage": lambda head: head["columns"][0].update(storage="object"),
    "another storage": lambda head: head["columns"][0].update(storage="number"),
    "holes that are not there": lambda head: head["columns"][7].update(holes=True),
    "a billion levels": lambda head: head["columns"][4].update(levels=10**9),
    "levels less than none": lambda head: head["columns"][4].update(levels=-1),
    "levels of numbers": lambda head: head["columns"][0].update(levels=3),
    "numbers that are ordered": lambda head: head["columns"][0].update(ordered=True),
    "another hash": lambda head: head.update(sha256="0" * 64),
    "notes that are none": lambda head: head.update(notes="x"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_description_that_does_not_fit_is_refused(change, tmp_path):
    stored(tmp_path)
    redescribed(tmp_path, change)
    with pytest.raises(BrokenStore):
        load(tmp_path)


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b"null", b"\xff", b"[" * 100_000, b'{"schema":'])
def test_a_description_that_is_no_json_is_refused(text, tmp_path):
    stored(tmp_path)
    (tmp_path / DESCRIPTION).write_bytes(text)
    with pytest.raises(BrokenStore):
        load(tmp_path)


def test_the_hash_that_is_expected_decides(tmp_path):
    stored(tmp_path)
    with pytest.raises(BrokenStore, match="hash"):
        load(tmp_path, expected="0" * 64)


def test_what_takes_too_much_memory_is_refused_before_it_is_read(tmp_path):
    original = stored(tmp_path)
    (tmp_path / ARRAYS).unlink()
    with pytest.raises(BrokenStore, match="more than 100"):
        load(tmp_path, most_bytes=100)
    assert bytes_of(original) > 100


def test_links_and_pipes_in_the_folder_are_refused(tmp_path):
    stored(tmp_path)
    (tmp_path / ARRAYS).rename(tmp_path / "elsewhere")
    (tmp_path / ARRAYS).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(BrokenStore):
        load(tmp_path)
    (tmp_path / ARRAYS).unlink()
    os.mkfifo(tmp_path / ARRAYS)
    with pytest.raises(BrokenStore):
        load(tmp_path)


# ── arrays that say what they may not ───────────────────────────────────────────────────────────────────────


def written(folder, description, *arrays):
    """A store of one column of two rows, made by hand."""
    base = {"name": "x", "ordered": False, "holes": False, "levels": 0, "letters": 0}
    head = {"schema": "whence.columns/1", "rows": 2, "sha256": "", "source": "", "notes": []}
    (folder / DESCRIPTION).write_text(json.dumps({**head, "columns": [{**base, **description}]}))
    with (folder / ARRAYS).open("wb") as file:
        for array in arrays:
            np.save(file, array, allow_pickle=array.dtype.hasobject)


TEXT = {"storage": "text", "levels": 2, "letters": 2}
LETTERS, ENDS, CODES = np.frombuffer(b"ab", np.uint8), np.array([1, 2]), np.array([0, 1], np.int32)
ARRAYS_WRONG = {
    "objects": ({"storage": "integer"}, np.array([1, "x"], dtype=object)),
    "two dimensions": ({"storage": "integer"}, np.zeros((2, 1), np.int64)),
    "by column": ({"storage": "integer"}, np.asfortranarray(np.zeros((1, 2), np.int64))),
    "big end first": ({"storage": "integer"}, np.zeros(2, ">i8")),
    "narrower numbers": ({"storage": "integer"}, np.zeros(2, np.int32)),
    "not a number": ({"storage": "number"}, np.array([0.5, np.nan])),
    "not a time": ({"storage": "date"}, np.array(["2020-01-01", "NaT"], "datetime64[us]")),
    "half true": ({"storage": "boolean"}, np.array([1, 7], np.uint8).view(np.bool_)),
    "a level that is not there": (TEXT, np.array([0, 2], np.int32), LETTERS, ENDS),
    "a level below none": (TEXT, np.array([0, -2], np.int32), LETTERS, ENDS),
    "a hole that is not told": (TEXT, np.array([0, -1], np.int32), LETTERS, ENDS),
    "a hole that has a level": (TEXT | {"holes": True}, CODES, np.array([True, False]), LETTERS, ENDS),
    "levels out of order": (TEXT, CODES, np.frombuffer(b"ba", np.uint8), ENDS),
    "equal levels": (TEXT, CODES, np.frombuffer(b"aa", np.uint8), ENDS),
    "levels that overlap": (TEXT, CODES, LETTERS, np.array([2, 1])),
    "levels that end outside": (TEXT, CODES, LETTERS, np.array([1, 3])),
    "levels that begin outside": (TEXT, CODES, LETTERS, np.array([-1, 2])),
    "no text": (TEXT, CODES, np.frombuffer(b"a\xff", np.uint8), ENDS),
}


@pytest.mark.parametrize("wrong", ARRAYS_WRONG.values(), ids=ARRAYS_WRONG)
def test_arrays_that_say_what_they_may_not_are_refused(wrong, tmp_path):
    description, *arrays = wrong
    written(tmp_path, description, *arrays)
    with pytest.raises(BrokenStore) as refusal:
        load(tmp_path)
    assert "hash" not in refusal.value.reason


def test_a_form_that_is_not_canonical_is_made_so(tmp_path):
    # Whole numbers as floats, a level that no cell has, words for truth values: no reader gives these.
    truth = table({"x": [True, False]})
    written(
        tmp_path,
        {"storage": "text", "levels": 3, "letters": 10},
        np.array([2, 0], np.int32),
        np.frombuffer(b"falsentrue", np.uint8),
        np.array([5, 6, 10]),
    )
    same(load(tmp_path, expected=truth.sha256), truth)
    written(tmp_path, {"storage": "number"}, np.array([1.0, 2.0]))
    same(load(tmp_path, expected=table({"x": [1, 2]}).sha256), table({"x": [1, 2]}))
