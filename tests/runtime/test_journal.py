"""A record can only grow, and a changed line shows."""

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from whence.runtime import journal
from whence.runtime.errors import BrokenRecord, MissingFile
from whence.runtime.executor import threads
from whence.runtime.journal import RecordInUse, UnusableRecord, Writer, append, read


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


# ── a writer ────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_writer_and_append_write_one_chain(tmp_path):
    path = tmp_path / "run.jsonl"
    first = append(path, {"number": 0})
    with Writer(path) as writer:
        assert writer.count == 1
        second = writer.write({"text": 'ü\n"\ud800', "b": None, "a": [1, 2.5, {"x": True}]})
        assert writer.count == 2
    third = append(path, {"number": 2})
    assert [json.loads(line)["hash"] for line in path.read_text().splitlines()] == [first, second, third]
    assert read(path)[1] == {"text": 'ü\n"\ud800', "b": None, "a": [1, 2.5, {"x": True}]}


def test_what_a_writer_wrote_can_be_read_while_it_is_open(tmp_path):
    with Writer(tmp_path / "run.jsonl") as writer:
        for number in range(3):
            writer.write({"number": number})
            assert len(read(writer.path)) == number + 1
        writer.flush()


def test_a_second_writer_is_refused_until_the_first_is_closed(tmp_path):
    path = tmp_path / "run.jsonl"
    with Writer(path) as writer:
        writer.write({"number": 0})
        with pytest.raises(RecordInUse, match=r"run\.jsonl"):
            Writer(path)
        writer.write({"number": 1})
    with Writer(path) as writer:
        assert writer.count == 2 and writer.torn == 0


def test_a_closed_writer_writes_no_more(tmp_path):
    writer = Writer(tmp_path / "run.jsonl")
    writer.close()
    writer.close()
    writer.flush()
    with pytest.raises(UnusableRecord, match="closed"):
        writer.write({"number": 0})


def test_a_path_that_cannot_be_written_is_a_typed_error(tmp_path):
    for path in (tmp_path, tmp_path / "no" / "run.jsonl"):
        with pytest.raises(UnusableRecord):
            Writer(path)


def test_an_entry_that_is_no_json_leaves_the_record_as_it_was(tmp_path):
    with Writer(tmp_path / "run.jsonl") as writer:
        writer.write({"number": 0})
        for wrong in (float("nan"), float("inf"), object()):
            with pytest.raises((ValueError, TypeError)):
                writer.write({"number": wrong})
        writer.write({"number": 1})
    assert [entry["number"] for entry in read(writer.path)] == [0, 1]


def test_half_a_line_is_cut_off_wherever_the_crash_was(tmp_path):
    path = tmp_path / "run.jsonl"
    with Writer(path) as writer:
        for number in range(3):
            writer.write({"number": number})
    whole = path.read_bytes()
    start = whole.rindex(b"\n", 0, -1) + 1
    for cut in range(start + 1, len(whole) - 1):
        path.write_bytes(whole[:cut])
        with pytest.raises(BrokenRecord):
            read(path)
        assert len(read(path, torn="skip")) == 2
        with Writer(path) as writer:
            assert writer.torn == cut - start and writer.count == 2
            writer.write({"number": 7})
        assert [entry["number"] for entry in read(path)] == [0, 1, 7]


def test_a_whole_line_that_lacks_only_its_end_is_kept(tmp_path):
    path = tmp_path / "run.jsonl"
    append(path, {"number": 0})
    path.write_bytes(path.read_bytes().removesuffix(b"\n"))
    with Writer(path) as writer:
        assert writer.torn == 0
        writer.write({"number": 1})
    assert [entry["number"] for entry in read(path)] == [0, 1]


@pytest.mark.parametrize("line", range(5))
def test_a_writer_does_not_build_upon_a_changed_line(record, line):
    lines = record.read_text().splitlines()
    edited = json.loads(lines[line])
    edited["entry"]["number"] = float("nan") if line % 2 else 9
    lines[line] = json.dumps(edited)
    record.write_text("\n".join(lines) + "\n")
    before = record.read_bytes()
    for torn in ("refuse", "skip"):
        with pytest.raises(BrokenRecord) as caught:
            read(record, torn=torn)
        assert caught.value.line == line + 1
    with pytest.raises(BrokenRecord):
        Writer(record)
    assert record.read_bytes() == before


def test_several_threads_write_through_one_writer(tmp_path):
    with Writer(tmp_path / "run.jsonl") as writer:
        threads(4).map(lambda number: writer.write({"number": number}), range(200), stage="write")
    assert sorted(entry["number"] for entry in read(writer.path)) == list(range(200))


def test_a_full_disk_is_a_typed_error_and_leaves_no_half_line(tmp_path, monkeypatch):
    with Writer(tmp_path / "run.jsonl") as writer:
        writer.write({"number": 0})
        plain = os.write

        def full(fd, data):
            if len(data) > 10:
                return plain(fd, data[:10])
            raise OSError(errno.ENOSPC, "No space left on device")

        with monkeypatch.context() as patched:
            patched.setattr(os, "write", full)
            with pytest.raises(UnusableRecord, match="No space"):
                writer.write({"number": "x" * 11})
        writer.write({"number": 1})
    assert [entry["number"] for entry in read(writer.path)] == [0, 1]


ENDLESS = """
import itertools, sys
from whence.runtime.journal import Writer

writer = Writer(sys.argv[1])
for number in itertools.count():
    writer.write({"number": number, "text": "x" * (number * 7919 % 100_000)})
    sys.stdout.write(f"{number}\\n")
    sys.stdout.flush()
"""


@pytest.mark.parametrize("entries", [1, 40, 300])
def test_a_process_killed_in_the_middle_loses_nothing_it_has_written(tmp_path, entries):
    path = tmp_path / "run.jsonl"
    source = str(Path(journal.__file__).parents[2])
    process = subprocess.Popen(
        [sys.executable, "-c", ENDLESS, str(path)], stdout=subprocess.PIPE, env={"PYTHONPATH": source}
    )
    told = [int(process.stdout.readline()) for _ in range(entries)]
    with pytest.raises(RecordInUse):
        Writer(path)
    process.kill()
    told += [int(line) for line in process.stdout.read().splitlines() if line]
    process.stdout.close()
    process.wait()
    kept = [entry["number"] for entry in read(path, torn="skip")]
    assert kept == list(range(len(kept))) and len(kept) >= len(told)
    with Writer(path) as writer:
        assert writer.count == len(kept)
        writer.write({"number": len(kept)})
    assert [entry["number"] for entry in read(path)] == list(range(len(kept) + 1))
