"""Claims about the confined reader: what it may reach, how it ends, and that nothing it says is believed."""

import functools
import json
import socket
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from studio.uploads.parquet_by_hand import parquet
from studio.uploads.reader import LIMITS, confined
from whence.data.reading import table
from whence.examples import path
from whence.runtime.confinement import NotConfinable, NurseryFailed, landlock, nursery_for, seccomp
from whence.runtime.confinement.bubblewrap import found
from whence.runtime.confinement.escapes import ATTEMPTS
from whence.runtime.confinement.probe import attempted
from whence.runtime.errors import Cancelled, DataError, UnreadableData
from whence.studio.settings import Settings
from whence.studio.uploads import reading
from whence.studio.uploads.errors import TooCostly
from whence.studio.uploads.failures import rebuilt
from whence.studio.uploads.limits import Limits, limits_from, limits_of
from whence.studio.uploads.reading import read_confined
from whence.studio.uploads.stored import ARRAYS, DESCRIPTION, store

LABEL = 'the file "data"'
KINDS = [
    pytest.param("bubblewrap", marks=pytest.mark.skipif(found() is None, reason="bwrap is not installed")),
    pytest.param(
        "landlock",
        marks=pytest.mark.skipif(not (landlock.version() and seccomp.available()), reason="no Landlock here"),
    ),
]


@pytest.fixture(params=KINDS)
def isolation(request, monkeypatch):
    """Each way of confining by itself."""
    monkeypatch.setattr(reading, "nursery_for", functools.partial(nursery_for, isolation=request.param))
    try:
        reading._nursery(LIMITS)
    except (NotConfinable, NurseryFailed) as error:
        pytest.skip(f"{request.param} does not work here: {error}")
    return request.param


def test_each_way_of_confining_reads_what_the_reader_reads(isolation, tmp_path):
    text = tmp_path / "data.csv"
    text.write_text("x,y\n1,a\n2,\n")
    for file, suffix in ((text, ".csv"), (path("lalonde"), ".parquet"), (path("kidney_stones"), ".csv")):
        assert read_confined(file, LABEL, LIMITS, suffix=suffix).sha256 == table(file).sha256


def test_a_bomb_harms_nobody_under_either(isolation, tmp_path):
    file = tmp_path / "data"
    for content in (parquet(codec=99), parquet(rows=10**12), b"x\n\0"):
        file.write_bytes(content)
        with pytest.raises(DataError):
            read_confined(file, LABEL, LIMITS, suffix=".parquet")


def test_no_attempt_to_break_out_of_the_reader_gets_through(isolation):
    outcomes = attempted(reading._nursery(LIMITS), [attempt for attempt in ATTEMPTS if attempt.quick])
    got = {name: outcome for name, outcome in outcomes.items() if not outcome.startswith("stopped")}
    # The one variable is what threadpoolctl, which numbers come in with, sets when it is imported.
    own = {"find a secret in the environment": "ESCAPED: the variables KMP_DUPLICATE_LIB_OK"}
    assert got in ({}, own)
    assert len(outcomes) > 50


@confined
def test_nothing_is_left_of_a_worker(tmp_path):
    (tmp_path / "data").write_text("x\n1\n")
    seen = []
    taken = reading._taken

    def remembering(*given):
        seen.append(taken(*given))
        return seen[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "_taken", remembering)
        read_confined(tmp_path / "data", LABEL, LIMITS)
        with pytest.raises(Cancelled):
            read_confined(tmp_path / "data", LABEL, LIMITS, cancelled=lambda: True)
    assert len(seen) == 2
    for worker in seen:
        assert worker.ended() is not None
        assert not worker.scratch.exists()


def descriptors():
    return len(list(Path("/proc/self/fd").iterdir()))


@confined
def test_no_descriptor_is_left_open(tmp_path):
    (tmp_path / "data").write_text("x\n1\n")
    (tmp_path / "bad").write_bytes(b"x\n\0\n")
    read_confined(tmp_path / "data", LABEL, LIMITS)
    before = descriptors()
    for _ in range(5):
        read_confined(tmp_path / "data", LABEL, LIMITS)
        with pytest.raises(UnreadableData):
            read_confined(tmp_path / "bad", LABEL, LIMITS)
    assert descriptors() <= before


def test_without_confinement_files_are_refused_with_the_cure(monkeypatch, tmp_path):
    def none(*_args, **_kwargs):
        raise NotConfinable(["this is a toaster"])

    monkeypatch.setattr(reading, "nursery_for", none)
    (tmp_path / "data").write_text("x\n1\n")
    with pytest.raises(UnreadableData, match=r"toaster.*Landlock.*bundled examples"):
        read_confined(tmp_path / "data", LABEL, LIMITS)


def test_limits_cross_to_the_worker_unchanged():
    assert limits_from(json.loads(json.dumps(asdict(LIMITS)))) == LIMITS
    assert limits_of(Settings(rows=7, columns=5)).columns == 5


# ── a worker that was taken over ────────────────────────────────────────────────────────────────────────────


class Taken:
    """A worker that says what the test has it say, and wrote what the test wrote."""

    def __init__(self, scratch, said, *, hung_up=True, how="exit 0", written=0):
        self.socket, self._theirs = socket.socketpair()
        self.scratch = scratch
        self.killed = False
        self._how = how
        self._written = written
        self._theirs.sendall(said)
        if hung_up:
            self._theirs.shutdown(socket.SHUT_WR)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()
        self._theirs.close()
        self.killed = True

    def kill(self):
        self.killed = True

    def ended(self):
        return self._how

    def scratch_bytes(self):
        return self._written


@pytest.fixture
def hear(monkeypatch, tmp_path):
    """A function that reads a file by a worker that says this."""
    (tmp_path / "data").write_text("x\n1\n")
    (tmp_path / "scratch").mkdir()

    def heard(said, limits=LIMITS, told=None, **options):
        worker = Taken(tmp_path / "scratch", said, **options)
        monkeypatch.setattr(reading, "_taken", lambda *_: worker)
        try:
            return read_confined(tmp_path / "data", LABEL, limits, on_progress=told)
        finally:
            assert worker.killed

    vars(heard)["stored"] = tmp_path / "scratch" / "stored"
    return heard


NONSENSE = {
    "nothing": b"",
    "no line": b'{"done": true}',
    "no JSON": b"hello\n",
    "a list": b"[1]\n",
    "a number": b"7\n",
    "no text": b"\xff\xfe\n",
    "nested too deep": b"[" * 60_000 + b"\n",
    "a line without end": b"x" * 200_000,
    "stages without end": b'{"stage": "reading"}\n' * 150,
    "done without a table": b'{"done": true}\n',
    "an unknown failure": b'{"failed": "boo"}\n',
    "a failure that is no text": b'{"failed": {"a": [1]}, "details": 7}\n',
    "a failure without details": b'{"failed": "unreadable_data"}\n',
    "details of other kinds": b'{"failed": "too_much_data", "details": {"what": ["rows"], "count": "x"}}\n',
    "an endless number": b'{"failed": "too_many_columns", "details": {"count": ' + b"9" * 5_000 + b"}}\n",
    "names that are none": b'{"failed": "duplicate_columns", "details": {"names": 7}}\n',
}


@pytest.mark.parametrize("said", NONSENSE.values(), ids=NONSENSE)
def test_nonsense_from_a_worker_is_one_typed_error(said, hear):
    with pytest.raises(DataError) as error:
        hear(said)
    assert len(str(error.value)) < 1_000


def test_what_a_worker_says_is_cut_and_made_harmless(hear):
    reason = "\x1b[2J\u202e" + "long " * 1_000
    said = {
        "failed": "unreadable_data",
        "details": {"reason": reason, "where": "/etc"},
        "cure": "\x1b]0;x\x07",
    }
    with pytest.raises(UnreadableData) as error:
        hear(json.dumps(said).encode() + b"\n")
    text = str(error.value)
    assert not set(text) & {"\x1b", "\u202e", "\x07"}
    assert len(text) < 900
    assert error.value.where == LABEL


def test_only_known_stages_are_told_in_words_of_ours(hear):
    told = []
    said = b'{"stage": "<b>"}\n{"stage": 7}\n{"stage": "reading"}\n{"stage": ["reading"]}\n'
    with pytest.raises(DataError):
        hear(said, told=told.append)
    assert told == ["Reading the columns"]


def test_a_worker_that_says_nothing_is_ended_in_time(hear):
    with pytest.raises(TooCostly, match=r"0\.3 seconds"):
        hear(b"", Limits(seconds=0.3), hung_up=False)


def test_a_worker_that_fills_the_disk_is_ended(hear):
    with pytest.raises(TooCostly, match="disk"):
        hear(b"", Limits(seconds=30), hung_up=False, written=1 << 50)


@pytest.mark.parametrize("how", ["killed by signal 9 (SIGKILL)", "killed by signal 6 (SIGABRT)"])
def test_a_worker_that_breaks_down_is_told_as_too_costly(how, hear):
    with pytest.raises(TooCostly):
        hear(b'{"stage": "reading"}\n', how=how)


def test_a_table_that_a_worker_made_up_is_checked_like_any_other(hear):
    hear.stored.mkdir()
    store(table({"x": [1, 2]}), hear.stored)
    assert hear(b'{"done": true}\n').rows == 2
    (hear.stored / ARRAYS).write_bytes((hear.stored / ARRAYS).read_bytes()[:-1] + b"\x07")
    with pytest.raises(UnreadableData, match="hash"):
        hear(b'{"done": true}\n')


def test_a_worker_cannot_have_the_host_read_another_file(hear, tmp_path):
    hear.stored.mkdir()
    store(table({"x": [1, 2]}), hear.stored)
    (hear.stored / DESCRIPTION).rename(tmp_path / "elsewhere")
    (hear.stored / DESCRIPTION).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UnreadableData):
        hear(b'{"done": true}\n')


def test_a_worker_cannot_have_the_host_hold_more_than_the_limit(hear):
    hear.stored.mkdir()
    store(table({"x": np.arange(50_000)}), hear.stored)
    with pytest.raises(UnreadableData, match="more than 100,000"):
        hear(b'{"done": true}\n', Limits(table_bytes=100_000))


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"failed": "empty_data"}, "empty_data"),
        ({"failed": "duplicate_columns", "details": {"names": ["x", "x"]}}, "duplicate_columns"),
        ({"failed": "unusable_column_name", "details": {"name": "a\nb"}}, "unusable_column_name"),
        ({"failed": "too_many_columns", "details": {"count": 9, "limit": 3}}, "too_many_columns"),
        ({"failed": "too_much_data", "details": {"what": "rows", "count": 9, "limit": 3}}, "too_much_data"),
        ({"failed": "unreadable_data", "details": {"reason": "so"}}, "unreadable_data"),
        ({"failed": "memory"}, "too_costly"),
        ({"failed": "cancelled"}, "unreadable_data"),
    ],
)
def test_errors_come_back_as_what_they_were(said, code):
    assert rebuilt(said, LABEL).code == code
