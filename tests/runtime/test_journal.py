"""A record can only grow, and a changed line shows."""

import json

import pytest

from whence.runtime.errors import BrokenRecord, MissingFile
from whence.runtime.executor import threads
from whence.runtime.journal import append, read


@pytest.fixture
def record(tmp_path):
    path = tmp_path / "record.jsonl"
    for number in range(5):
        append(path, {"number": number, "text": "ü\n" * number})
    return path


def test_entries_come_back_in_order(record):
    assert [entry["number"] for entry in read(record)] == [0, 1, 2, 3, 4]
    assert read(record)[3]["text"] == "ü\nü\nü\n"


def test_a_missing_record_is_an_error_and_not_an_empty_one(tmp_path):
    with pytest.raises(MissingFile):
        read(tmp_path / "none.jsonl")


@pytest.mark.parametrize("line", range(5))
def test_an_edited_line_breaks_the_chain_at_that_line(record, line):
    lines = record.read_text().splitlines()
    edited = json.loads(lines[line])
    edited["entry"]["number"] = 9
    lines[line] = json.dumps(edited)
    record.write_text("\n".join(lines) + "\n")
    with pytest.raises(BrokenRecord) as caught:
        read(record)
    assert caught.value.line == line + 1


@pytest.mark.parametrize("line", range(4))
def test_a_removed_line_and_swapped_lines_break_the_chain(record, line):
    lines = record.read_text().splitlines()
    record.write_text("\n".join(lines[:line] + lines[line + 1 :]) + "\n")
    with pytest.raises(BrokenRecord):
        read(record)
    lines[line], lines[line + 1] = lines[line + 1], lines[line]
    record.write_text("\n".join(lines) + "\n")
    with pytest.raises(BrokenRecord):
        read(record)


def test_half_a_line_is_never_built_upon(record):
    record.write_bytes(record.read_bytes()[:-20])
    with pytest.raises(BrokenRecord):
        append(record, {"number": 5})


def test_several_threads_append_to_one_unbroken_chain(tmp_path):
    path = tmp_path / "record.jsonl"
    hashes = threads(4).map(lambda number: append(path, {"number": number}), range(40), stage="write")
    assert sorted(entry["number"] for entry in read(path)) == list(range(40))
    assert len(set(hashes)) == 40


def test_a_last_line_longer_than_a_block_is_found(tmp_path):
    path = tmp_path / "record.jsonl"
    append(path, {"text": "x" * 300_000})
    append(path, {"text": "y"})
    assert [entry["text"][0] for entry in read(path)] == ["x", "y"]
