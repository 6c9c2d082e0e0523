"""What is written of a run can be read again, goes on after a kill, and holds no secret."""

import dataclasses
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rlm.runs import a_hostile_run, a_run
from whence.rlm import events
from whence.rlm.errors import ResumeMismatch
from whence.rlm.journal import record
from whence.rlm.journal.record import (
    Header,
    Recorder,
    UnreadableEntry,
    check_same,
    entry_of,
    event_of,
    header_of,
    replies,
    reply_entry,
    run_events,
)
from whence.rlm.messages import Reply, Usage
from whence.rlm.views.tree import tree_of
from whence.runtime.errors import BrokenRecord
from whence.runtime.events import Progress
from whence.runtime.journal import RecordInUse, append, read
from whence.runtime.secrets import Secret

HEADER = Header(
    question="What?",
    context="ab" * 32,
    model="big",
    sub_model="small",
    options={"seed": 0, "output": None},
    versions={"whence": "0.1.0"},
)
KINDS = sorted(record._kinds().values(), key=lambda kind: kind.__name__)
TEXT = st.text(max_size=8)
NUMBER = st.floats(allow_nan=False) | st.integers(-5, 5).map(float)
USAGE = st.builds(Usage, st.integers(0, 9), st.integers(0, 9), st.integers(0, 9), st.booleans())
JSONS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
PARTS = {
    "str": TEXT,
    "str | None": st.none() | TEXT,
    "int": st.integers(-(2**63), 2**63),
    "float": NUMBER,
    "float | None": st.none() | NUMBER,
    "bool": st.booleans(),
    "JSON": JSONS,
    "Usage": USAGE,
    "dict[str, str]": st.dictionaries(TEXT, TEXT, max_size=3),
    "dict[str, float]": st.dictionaries(TEXT, NUMBER, max_size=3),
    "tuple[str, ...]": st.lists(TEXT, max_size=3).map(tuple),
    "Literal['direct', 'recursive']": st.sampled_from(["direct", "recursive"]),
}
EVENT = st.one_of(
    [st.builds(kind, **{part.name: PARTS[part.type] for part in dataclasses.fields(kind)}) for kind in KINDS]
)
REPLY = st.builds(
    Reply,
    TEXT,
    USAGE,
    st.none() | st.floats(0, 9),
    st.floats(0, 9),
    TEXT,
    st.sampled_from(["stop", "length"]),
)


def test_every_event_of_a_run_is_known():
    assert {kind.__name__ for kind in KINDS} >= {
        "RunStarted", "ModelReplied", "CellRan", "CallsStarted", "CallEnded", "BudgetShown",
        "HistoryCompacted", "Concluding", "Noted", "RunEnded",
    }  # fmt: skip
    assert all(part.type in record.READERS for kind in KINDS for part in dataclasses.fields(kind))


@given(EVENT)
def test_every_event_comes_back_from_its_entry(event):
    entry = json.loads(json.dumps(entry_of(event), allow_nan=False))
    assert event_of(entry) == event
    assert type(event_of(entry)) is type(event)


@settings(max_examples=150)
@given(st.dictionaries(st.text(min_size=1, max_size=5), REPLY, max_size=4))
def test_every_reply_comes_back_under_its_key(tmp_path_factory, answered):
    path = tmp_path_factory.mktemp("run") / "run.jsonl"
    with Recorder(path, HEADER) as recorder:
        for key, reply in answered.items():
            recorder.reply(key, reply)
            recorder.reply(key, reply)
    assert replies(path) == answered
    assert len(read(path)) == 1 + len(answered)


@pytest.mark.parametrize(
    "entry",
    [
        {},
        {"kind": "reply"},
        {"kind": "event"},
        {"kind": "event", "event": "runevent", "run": "0"},
        {"kind": "event", "event": "exploded"},
        {"kind": "event", "event": ["noted"]},
        {"kind": "event", "event": "noted"},
        {"kind": "event", "event": "noted", "message": 3},
        {"kind": "event", "event": "noted", "message": "a", "more": 1},
        {"kind": "event", "event": "noted", "message": "a", "at": "late"},
        {"kind": "event", "event": "noted", "message": "a", "at": True},
        {**entry_of(next(a_run())), "route": "sideways"},
        {**entry_of(next(a_run())), "documents": 1.5},
        {**entry_of(next(a_run())), "documents": 10**400},
        {"kind": "event", "event": "noted", "message": "a", "at": 10**400},
    ],
)
def test_an_entry_that_is_none_of_ours_is_a_typed_error(entry):
    with pytest.raises(UnreadableEntry):
        event_of(entry)


def test_an_event_that_could_not_be_read_again_is_not_written():
    class Noted(events.Noted):
        pass

    with pytest.raises(UnreadableEntry):
        entry_of(Noted(message="another class of the same name"))
    with pytest.raises(UnreadableEntry):
        entry_of(events.RunEvent())


@pytest.mark.parametrize("run", [a_run, a_hostile_run])
def test_the_tree_of_a_journal_is_the_tree_of_the_run(tmp_path, run):
    with Recorder(tmp_path / "run.jsonl", HEADER) as recorder:
        for event in run():
            recorder(event)
        recorder(Progress(stage="estimate", done=1, total=2))
    assert tree_of(run_events(tmp_path / "run.jsonl")) == tree_of(run())


def test_a_journal_goes_on_where_it_was_cut(tmp_path):
    path = tmp_path / "run.jsonl"
    reply = Reply("a", Usage(1, 2), 0.5, 1.5, "big")
    with Recorder(path, HEADER) as recorder:
        recorder.reply("k", reply)
        recorder.reply("l", reply)
    path.write_bytes(path.read_bytes()[:-20])
    assert replies(path) == {"k": reply}
    with pytest.raises(BrokenRecord):
        replies(path, "refuse")
    with Recorder(path, HEADER) as recorder:
        assert recorder.torn and recorder.replies == {"k": reply}
        recorder.reply("k", reply)
        recorder.reply("l", reply)
        with pytest.raises(RecordInUse):
            Recorder(path, HEADER)
    assert [entry["kind"] for entry in read(path)] == ["header", "reply", "reply"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"question": "Who?"}, "question"),
        ({"question": None}, "question"),
        ({"context": "cd" * 32}, "context"),
        ({"model": "other"}, "model"),
        ({"sub_model": "other"}, "sub-model"),
        ({"options": {"seed": 1, "output": None}}, "option seed"),
        ({"options": {"seed": 0, "output": None, "depth": 3}}, "option depth"),
    ],
)
def test_a_journal_of_another_run_is_refused_and_left_as_it_is(tmp_path, change, told):
    path = tmp_path / "run.jsonl"
    Recorder(path, HEADER).close()
    before = path.read_bytes()
    with pytest.raises(ResumeMismatch, match=told):
        Recorder(path, dataclasses.replace(HEADER, **change))
    assert path.read_bytes() == before
    Recorder(path, dataclasses.replace(HEADER, versions={"whence": "9"})).close()
    assert header_of(path) == HEADER


def test_a_record_of_something_else_is_no_journal_of_a_run(tmp_path):
    path = tmp_path / "record.jsonl"
    append(path, {"question": "effect of price on sales"})
    with pytest.raises(ResumeMismatch, match="kind of record"):
        Recorder(path, HEADER)
    with pytest.raises(ResumeMismatch):
        check_same(HEADER, path)
    with pytest.raises(UnreadableEntry):
        header_of(path)


def test_no_secret_is_written_wherever_it_stands(tmp_path):
    key = "sk-live-0123456789abcdef"
    Secret(key)
    path = tmp_path / "run.jsonl"
    header = dataclasses.replace(HEADER, question=f"Is {key} a key?", options={key: [key]})
    with Recorder(path, header) as recorder:
        recorder(events.Noted(message=f"the server said: bad key {key}"))
        recorder(
            events.CellRan(
                iteration=1, cell=0, code=f"k = {key!r}", output=key, error=key, names={key: key},
                lost=(key,), seconds=0,
            )
        )  # fmt: skip
        ended = {"error": None, "message": "", "iterations": 1, "usage": Usage(), "usd": None, "seconds": 0.0}
        recorder(events.RunEnded(answer={"found": [key]}, **ended))
        recorder.reply("k", Reply(key, Usage()))
    assert key not in path.read_text()
    check_same(header, path)
    assert key in json.dumps(reply_entry("k", Reply(key, Usage())))
