"""The file of a journal: private, sealed, shared; nobody else's file is touched, no damage goes unseen."""

import os
import shutil
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import whence
from whence.runtime.results.errors import DamagedJournal, JournalFull, UnusableJournal
from whence.runtime.results.store import OURS, Store

HOME = os.pathsep.join([str(Path(whence.__file__).parents[1]), os.environ.get("PYTHONPATH", "")])


def key(number):
    return number.to_bytes(32, "big")


def run(script, *arguments, **environment):
    return subprocess.run(
        [sys.executable, "-c", script, *map(str, arguments)],
        capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": HOME, **environment},
    )  # fmt: skip


def test_what_is_put_is_found_by_whoever_opens_the_file_next(tmp_path):
    first = Store(tmp_path / "run.sqlite")
    first.put(key(1), "work", b"one")
    second = Store(tmp_path / "run.sqlite")
    assert second.found([key(1), key(2)]) == {key(1): b"one"}
    first.close()
    assert len(first) == 1  # opened again
    second.put(key(1), "work", b"another")
    assert first.found([key(1)]) == {key(1): b"one"}
    assert (first.added, second.added) == (1, 0)


def test_a_name_with_odd_characters_is_that_name(tmp_path):
    for name in ("run ?mode=ro#%41.sqlite", "läuft.sqlite"):
        Store(tmp_path / name).put(key(1), "work", b"one")
        assert (tmp_path / name).is_file()
        assert len(Store(str(tmp_path / name))) == 1


def test_only_its_owner_may_read_it(tmp_path):
    old = os.umask(0)
    try:
        store = Store(tmp_path / "run.sqlite")
        store.put(key(1), "work", b"one")
    finally:
        os.umask(old)
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}
    assert {path.name for path in tmp_path.iterdir()} == {"run.sqlite", "run.sqlite-wal", "run.sqlite-shm"}


def foreign(path):
    with sqlite3.connect(path) as file:
        file.execute("CREATE TABLE mine (x)")
    file.close()


@pytest.mark.parametrize(
    "make",
    [
        lambda path: path.write_text("a,b\n1,2\n" * 100),
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(b"SQLite format 3\0"),
        foreign,
    ],
)
def test_a_file_that_is_no_journal_is_refused_and_left_as_it_is(tmp_path, make):
    path = tmp_path / "precious"
    make(path)
    before = path.read_bytes(), path.stat().st_mtime_ns
    with pytest.raises(UnusableJournal, match="no journal of results, and was left as it is"):
        Store(path)
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before
    assert [each.name for each in tmp_path.iterdir()] == ["precious"]


def test_a_folder_or_a_place_that_is_not_there_is_refused(tmp_path):
    for path in (tmp_path, tmp_path / "no" / "run.sqlite"):
        with pytest.raises(UnusableJournal, match="cannot be used"):
            Store(path)


@pytest.mark.parametrize(
    ("path", "because"),
    [("a\0b", "null character"), ("x" * 300, "too long"), (3, "no path"), (None, "no path")],
)
def test_what_can_be_no_path_of_a_file_is_refused_with_a_reason(tmp_path, monkeypatch, path, because):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UnusableJournal, match=because):
        Store(path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_a_pipe_is_refused_at_once_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "run.sqlite")
    with pytest.raises(UnusableJournal, match="no journal of results"):
        Store(tmp_path / "run.sqlite")


def test_what_is_left_of_a_journal_that_is_gone_is_not_mixed_into_a_new_one(tmp_path):
    (tmp_path / "run.sqlite-wal").write_bytes(b"anything")
    with pytest.raises(UnusableJournal, match="is left of a journal"):
        Store(tmp_path / "run.sqlite")
    assert [each.name for each in tmp_path.iterdir()] == ["run.sqlite-wal"]


def test_a_form_of_another_version_is_refused(tmp_path):
    path = tmp_path / "run.sqlite"
    Store(path).close()
    file = sqlite3.connect(path)
    assert file.execute("PRAGMA application_id").fetchone() == (OURS,)
    file.execute("PRAGMA user_version = 99")
    file.close()
    with pytest.raises(UnusableJournal, match="form 99"):
        Store(path)


@pytest.mark.parametrize("change", ["value = x'00'", "value = NULL || 'text'", f"key = x'{key(9).hex()}'"])
def test_a_row_that_was_changed_is_not_believed(tmp_path, change):
    store = Store(tmp_path / "run.sqlite")
    for number in (1, 2):
        store.put(key(number), "work", b"value")
    file = sqlite3.connect(tmp_path / "run.sqlite")
    file.execute("PRAGMA ignore_check_constraints = ON")
    file.execute(f"UPDATE OR IGNORE results SET {change} WHERE key = ?", (key(1),))
    if "NULL" in change:
        file.execute("UPDATE results SET value = 'text' WHERE key = ?", (key(1),))
    file.commit()
    file.close()
    assert store.found([key(1), key(2), key(9)]) == {key(2): b"value"}
    assert store.damaged == 0 + ("key" in change or 1)
    store.put(key(1), "work", b"value")
    assert store.found([key(1)]) == {key(1): b"value"}


def test_a_damaged_file_is_an_error_that_says_so(tmp_path):
    path = tmp_path / "run.sqlite"
    store = Store(path)
    for number in range(500):
        store.put(key(number), "work", b"value" * 20)
    store.close()
    whole = path.read_bytes()
    for start, end in ((100, 4096), (4096, len(whole))):
        path.write_bytes(whole[:start] + b"\xa5" * (end - start) + whole[end:])
        with pytest.raises(DamagedJournal, match="Move it away"):
            Store(path).found(map(key, range(500)))
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DamagedJournal):
        Store(path).found(map(key, range(500)))


WRITES = """
import sys
from whence.runtime.results.store import Store
store = Store(sys.argv[1])
for number in range(300):
    store.put(number.to_bytes(32, "big"), sys.argv[2], b"value %d" % number)
print(store.added)
"""


def test_two_programs_that_make_and_fill_one_journal_at_once_do_no_harm(tmp_path):
    path = tmp_path / "run.sqlite"
    both = [
        subprocess.Popen(
            [sys.executable, "-c", WRITES, path, name], stdout=subprocess.PIPE, text=True,
            env={**os.environ, "PYTHONPATH": HOME},
        )
        for name in ("one", "other")
    ]  # fmt: skip
    added = [int(each.communicate()[0]) for each in both]
    assert sum(added) == 300
    found = Store(path).found(map(key, range(300)))
    assert found == {key(number): b"value %d" % number for number in range(300)}


def test_many_threads_may_write(tmp_path):
    store = Store(tmp_path / "run.sqlite")

    def write(start):
        for number in range(start, 100, 4):
            store.put(key(number), "work", b"value")

    threads = [threading.Thread(target=write, args=(start,)) for start in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(store) == store.added == 100


FILLS = """
import resource, signal, sys
from whence.runtime.results import JournalFull
from whence.runtime.results.store import Store
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
store = Store(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
done = 0
try:
    while True:
        store.put(done.to_bytes(32, "big"), "work", b"value" * 1000)
        done += 1
except JournalFull as error:
    print(done, error)
"""


def test_where_there_is_no_room_the_error_says_so_and_nothing_that_was_kept_is_lost(tmp_path):
    said = run(FILLS, tmp_path / "run.sqlite")
    assert "there is no room for a further result" in said.stdout, said.stderr
    done = int(said.stdout.split()[0])
    assert done > 10
    assert len(Store(tmp_path / "run.sqlite").found(map(key, range(done)))) == done


OPENS = """
import os, sys
from whence.runtime.results.store import Store
if os.getuid() == 0:
    os.seteuid(65534)
Store(sys.argv[1])
"""


def test_a_journal_that_cannot_be_written_to_is_refused_before_the_work(tmp_path):
    path = tmp_path / "run.sqlite"
    Store(path).close()
    path.chmod(0o444)
    for folder in (tmp_path, tmp_path.parent, tmp_path.parent.parent):
        folder.chmod(0o755)
    said = run(OPENS, path)
    assert "UnusableJournal" in said.stderr
    assert path.stat().st_mode & 0o777 == 0o444


def test_a_copy_of_a_closed_journal_is_a_journal(tmp_path):
    store = Store(tmp_path / "run.sqlite")
    store.put(key(1), "work", b"one")
    store.close()
    assert [each.name for each in tmp_path.iterdir()] == ["run.sqlite"]
    shutil.copy(tmp_path / "run.sqlite", tmp_path / "copy.sqlite")
    assert Store(tmp_path / "copy.sqlite").found([key(1)]) == {key(1): b"one"}


def test_the_typed_error_is_one_of_ours():
    error = JournalFull("run.sqlite", "disk full")
    assert isinstance(error, UnusableJournal)
    assert error.to_dict()["error"] == "journal_full"
