"""Many questions of many tables: the answers of `ask`, on any executor; one that fails spoils no other."""

import json
import os
import signal
import threading
from importlib.util import find_spec

import numpy as np
import polars as pl
import pytest

import whence as wh
from whence.data.moments import moments
from whence.engine import many_questions, many_tables
from whence.engine.questions_failed import QuestionsFailed
from whence.runtime.errors import (
    Cancelled,
    EmptyData,
    GraphSyntax,
    InvalidOption,
    MissingFile,
    TaskFailed,
)
from whence.runtime.events import Cancellation, Finished, Progress, cancellable, listening
from whence.runtime.executor import TasksSetAside, executor
from whence.runtime.journal import read
from whence.runtime.results import executor as with_journal
from whence.testing.coverage import Trial, coverage
from whence.testing.worlds import BACK_DOOR, linear

GRAPH = "z -> x -> y; z -> y"
QUESTIONS = ["effect of x on y", "P(y=1 | do(x=1))", "P(x=1 | z=0)"]
BACKENDS = ["serial", "threads:2", "processes:2", "dask"]


def world(seed, rows=240):
    """x raises the chance of y; z confounds them."""
    chance = np.random.default_rng(seed)
    z = chance.random(rows) < 0.5
    x = chance.random(rows) < np.where(z, 0.7, 0.3)
    y = chance.random(rows) < 0.2 + 0.3 * x + 0.3 * z
    return {"x": x.astype(int), "y": y.astype(int), "z": z.astype(int)}


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shops")
    paths = [folder / f"{name}.csv" for name in ("north", "south", "west")]
    for seed, path in enumerate(paths):
        rows = zip(*world(seed).values(), strict=True)
        path.write_text("x,y,z\n" + "".join(f"{x},{y},{z}\n" for x, y, z in rows))
    return paths


@pytest.fixture(scope="module")
def processes():
    made = executor("processes:2")
    yield made
    made.close()


@pytest.fixture(scope="module")
def dask():
    if find_spec("distributed") is None:
        pytest.skip("distributed is not installed")
    from whence.runtime.executor.cluster.dask import dask

    made = dask(None, 2)
    yield made
    made.close()


@pytest.fixture
def workers(request):
    held = {"processes:2": "processes", "dask": "dask"}.get(request.param)
    return request.param if held is None else request.getfixturevalue(held)


def told(answer):
    """An answer as text, without the seconds it took."""
    found = answer.to_dict()
    del found["provenance"]["elapsed_s"]
    return json.dumps(found, sort_keys=True)


@pytest.fixture(scope="module")
def one_by_one(files):
    """What `ask` says to every question of every file, in this thread."""
    return {
        (question, path): wh.ask(question, path, GRAPH) for path in files for question in QUESTIONS[1:]
    } | {(QUESTIONS[0], files[0]): wh.ask(QUESTIONS[0], files[0], GRAPH)}


@pytest.mark.parametrize("workers", BACKENDS, indirect=True)
def test_the_answers_are_those_of_ask_to_the_byte(workers, files, one_by_one):
    found = wh.ask_many(QUESTIONS, files[0], GRAPH, executor=workers)
    assert [told(answer) for answer in found] == [told(one_by_one[each, files[0]]) for each in QUESTIONS]
    assert found[0].estimate.plan is not None
    assert np.array_equal(found[0].estimate.influence, one_by_one[QUESTIONS[0], files[0]].estimate.influence)


@pytest.mark.parametrize("workers", BACKENDS, indirect=True)
def test_every_question_is_asked_of_every_table_table_by_table(workers, files, one_by_one):
    found = wh.ask_many(QUESTIONS[1:], graph=GRAPH, tables=files, executor=workers)
    expected = [one_by_one[question, path] for path in files for question in QUESTIONS[1:]]
    assert [told(answer) for answer in found] == [told(answer) for answer in expected]


@pytest.fixture(scope="module")
def mixed(files):
    """Tables of every kind, and what `ask` says of each."""
    tables = {
        "a file": str(files[0]),
        "rows": world(1),
        "read before": wh.table(world(2)),
        "files": [files[0], files[1]],
    }
    return tables, [wh.ask(QUESTIONS[2], table, GRAPH, where="z = 0") for table in tables.values()]


@pytest.mark.parametrize("workers", BACKENDS, indirect=True)
def test_tables_may_be_named_and_be_of_any_kind(workers, mixed):
    tables, alone = mixed
    found = wh.ask_many(QUESTIONS[2:], graph=GRAPH, tables=tables, executor=workers, where="z = 0")
    assert [answer.provenance["table"] for answer in found] == list(tables)
    assert [answer.estimate for answer in found] == [answer.estimate for answer in alone]
    assert [each.provenance["command"] for each in found] == [each.provenance["command"] for each in alone]


@pytest.mark.parametrize("workers", BACKENDS, indirect=True)
def test_what_fails_is_told_when_the_rest_is_answered(workers, files, tmp_path):
    tables = [files[0], tmp_path / "gone.csv", files[1]]
    with pytest.raises(QuestionsFailed) as caught:
        wh.ask_many(["P(x=1 | z=1)", "effect of x on w"], graph=GRAPH, tables=tables, executor=workers)
    failed = caught.value
    assert sorted(failed.failures) == failed.failed == [1, 2, 3, 5]
    assert isinstance(failed.failures[2], MissingFile)
    assert failed.__cause__ is failed.failures[1]
    assert [answer is None for answer in failed.answers] == [False, True, True, True, False, True]
    assert failed.answers[4].estimate == wh.ask("P(x=1 | z=1)", files[1], GRAPH).estimate
    assert '4 of 6 questions failed. On "effect of x on w"' in failed.message
    assert "gone.csv" in failed.message
    assert json.dumps(failed.to_dict())


def test_an_error_of_one_table_in_memory_is_that_tables_alone(files):
    with pytest.raises(QuestionsFailed) as caught:
        wh.ask_many(
            QUESTIONS[2:], graph=GRAPH, tables={"none": {"x": []}, "some": world(0)}, executor="serial"
        )
    assert list(caught.value.failures) == [0]
    assert isinstance(caught.value.failures[0], EmptyData)
    assert "of the table none" in caught.value.message
    assert caught.value.answers[1].provenance["table"] == "some"


def test_a_fault_in_one_question_is_told_with_its_place_and_spoils_no_other(monkeypatch):
    def ask(question, *args, **options):
        return 1 / 0 if question == "bad" else wh.ask(question, *args, **options)

    monkeypatch.setattr(many_questions, "ask", ask)
    with pytest.raises(QuestionsFailed) as caught:
        wh.ask_many([QUESTIONS[2], "bad"], world(0), GRAPH, executor="serial")
    fault = caught.value.failures[1]
    assert isinstance(fault, TaskFailed)
    assert (fault.index, fault.cause) == (1, "ZeroDivisionError: division by zero")
    assert "in ask" in fault.__notes__[0]


def test_a_question_that_kills_its_workers_is_told_and_spoils_no_other():
    class Killing:
        name, workers, shares_memory = "killing", 2, True

        def map(self, task, items, *, stage, kind, each):
            each(0, task(items[0]))
            each(2, task(items[2]))
            raise TasksSetAside(stage, len(items), {1: ["killed", "killed", "killed"]})

        def stream(self, *args, **options):
            raise AssertionError

        def close(self):
            pass

    with pytest.raises(QuestionsFailed) as caught:
        wh.ask_many(QUESTIONS, world(0), GRAPH, executor=Killing())
    assert isinstance(caught.value.failures[1], TasksSetAside)
    assert [answer is None for answer in caught.value.answers] == [False, True, False]


def test_misuse_is_told_before_any_question_is_asked(files):
    with pytest.raises(InvalidOption, match="`tables`"):
        wh.ask_many(QUESTIONS, files[0], GRAPH, tables=files)
    with pytest.raises(InvalidOption, match="there is `ask`"):
        wh.ask_many("effect of x on y", files[0], GRAPH)
    with pytest.raises(InvalidOption, match="a list of tables"):
        wh.ask_many(QUESTIONS, graph=GRAPH, tables=str(files[0]))
    for alone in (wh.table(world(0)), 3):
        with pytest.raises(InvalidOption, match="a list of tables"):
            wh.ask_many(QUESTIONS, graph=GRAPH, tables=alone)
    with pytest.raises(InvalidOption, match="a list of questions"):
        wh.ask_many(None, files[0], GRAPH)
    with pytest.raises(TypeError, match="unexpected keyword argument 'metod'"):
        wh.ask_many(QUESTIONS, files[0], GRAPH, metod="ols")
    with pytest.raises(GraphSyntax):
        wh.ask_many(QUESTIONS, files[0], "x -> -> y")
    with pytest.raises(MissingFile):
        wh.ask_many(QUESTIONS, "nowhere.csv", GRAPH)


def test_no_questions_and_no_tables_have_no_answers(files):
    assert wh.ask_many([], files[0], GRAPH) == ()
    assert wh.ask_many(QUESTIONS, graph=GRAPH, tables=[]) == ()


def test_questions_without_data_are_answered_by_formulas():
    found = wh.ask_many(QUESTIONS[:2], graph=GRAPH, given=iter(["P(x, y, z)"]), executor="serial")
    assert [told(a) for a in found] == [
        told(wh.ask(q, graph=GRAPH, given=["P(x, y, z)"])) for q in QUESTIONS[:2]
    ]


@pytest.mark.parametrize("spec", ["serial", "threads:2"])
def test_a_file_is_read_once_however_many_questions_are_asked(spec, files, monkeypatch):
    opened = []

    def counted(source, how):
        opened.append(source)
        return many_tables_read(source, how)

    many_tables_read = many_tables.as_table
    monkeypatch.setattr(many_tables, "as_table", counted)
    wh.ask_many(QUESTIONS[1:] * 2, graph=GRAPH, tables=files[:2], executor=spec)
    assert sorted(opened) == sorted(str(path) for path in files[:2])


def test_a_single_question_has_all_the_workers(monkeypatch):
    given = []

    def ask(*args, executor, **options):
        given.append(executor)
        return wh.ask(*args, executor=executor, **options)

    monkeypatch.setattr(many_questions, "ask", ask)
    two = executor("threads:2")
    wh.ask_many(QUESTIONS[2:], world(0), GRAPH, executor=two)
    wh.ask_many(QUESTIONS[1:], world(0), GRAPH, executor=two)
    assert given == [two, "serial", "serial"]


def test_answers_are_recorded_in_their_order_with_their_tables(files, tmp_path):
    record = tmp_path / "record.jsonl"
    tables = {path.stem: path for path in files[:2]}
    with pytest.raises(QuestionsFailed):
        wh.ask_many(
            ["P(x=1 | z=1)", "effect of x on w"],
            graph=GRAPH,
            tables=tables,
            record=record,
            executor="threads:2",
        )
    kept = read(record)
    assert [(entry["question"], entry["provenance"]["table"]) for entry in kept] == [
        ("P(x=1 | z=1)", "north"),
        ("P(x=1 | z=1)", "south"),
    ]


@pytest.mark.parametrize("workers", BACKENDS, indirect=True)
def test_what_happens_in_the_workers_is_heard(workers):
    heard = []
    wh.ask_many(QUESTIONS[1:], world(0), GRAPH, executor=workers, on_event=heard.append)
    assert Progress(stage="questions", done=2, total=2) in heard
    assert heard.count(Finished(stage="identify")) == 2


@pytest.mark.parametrize("workers", BACKENDS, indirect=True)
def test_all_questions_can_be_cancelled_together(workers):
    token = Cancellation()
    token.cancel()
    with cancellable(token), pytest.raises(Cancelled):
        wh.ask_many(QUESTIONS, world(0), GRAPH, executor=workers)


def test_a_later_run_asks_again_only_what_was_not_answered_or_is_of_a_file_that_changed(files, tmp_path):
    path = tmp_path / "shop.csv"
    path.write_text(files[0].read_text())
    journal = tmp_path / "run.sqlite"

    def run():
        heard = []
        kept = with_journal("serial", journal=journal)
        found = wh.ask_many(QUESTIONS[1:], graph=GRAPH, tables=[path], executor=kept, on_event=heard.append)
        return found, heard.count(Finished(stage="identify"))

    first, asked = run()
    assert asked == 2
    again, asked = run()
    assert asked == 0
    assert [each.to_json() for each in again] == [each.to_json() for each in first]
    path.write_text(files[1].read_text() + "1,1,1\n")
    changed, asked = run()
    assert asked == 2
    assert changed[0].estimate != first[0].estimate


# ── on a cluster ────────────────────────────────────────────────────────────────────────────────────────────


def test_a_worker_of_the_cluster_is_killed_midway_and_every_question_is_answered(dask, files):
    client = dask.backend.client()
    client.wait_for_workers(2, timeout=30)
    victim = min(client.run(os.getpid).values())
    answered = []

    def hear(event):
        if isinstance(event, Progress) and event.stage == "questions" and event.done >= 3 and not answered:
            answered.append(event)
            os.kill(victim, signal.SIGKILL)

    found = wh.ask_many(QUESTIONS[1:] * 4, graph=GRAPH, tables=files, executor=dask, on_event=hear)
    assert answered
    expected = wh.ask_many(QUESTIONS[1:] * 4, graph=GRAPH, tables=files, executor="serial")
    assert [told(answer) for answer in found] == [told(answer) for answer in expected]
    client.wait_for_workers(2, timeout=30)


@pytest.mark.parametrize("lanes", [1, 2, 3, 7])
def test_bootstraps_refutations_and_coverage_runs_are_the_same_on_a_cluster(dask, lanes, monkeypatch):
    from whence.runtime.executor.cluster.dask import dask as on

    monkeypatch.setenv("WHENCE_CORES", "8")
    cluster = on(dask.backend.client(), lanes)
    data = wh.table(linear().draw(0, 120))
    options = {"method": "ols", "errors": "bootstrap", "replicates": 25}
    answers = [
        wh.ask("effect of t on y", data, BACK_DOOR, executor=w, **options) for w in ("serial", cluster)
    ]
    assert told(answers[0]) == told(answers[1])
    estimate = answers[0].estimate
    checks = [wh.refute(estimate, data, wh.graph(BACK_DOOR), executor=w) for w in ("serial", cluster)]
    assert len(checks[0]) >= 4
    assert checks[0] == checks[1]
    trial = Trial("linear", 80, method="ols")
    runs = [coverage(trial, range(6), executor=w) for w in ("serial", cluster)]
    assert runs[0] == runs[1]
    assert threading.active_count() < 40


def test_the_workers_of_a_cluster_read_their_parts_of_a_partitioned_table_themselves(dask, tmp_path):
    drawn = np.random.default_rng(3).normal(5, 2, (1_150_000, 2))
    for place, part in enumerate(np.array_split(drawn, 5)):
        pl.DataFrame({"a": part[:, 0], "b": part[:, 1]}).write_parquet(tmp_path / f"part{place}.parquet")
    heard = []
    with listening(heard.append):
        found = moments(tmp_path, ["a", "b"], executor=dask)
    alone = moments(wh.table({"a": drawn[:, 0], "b": drawn[:, 1]}), ["a", "b"], executor="serial")
    assert Progress(stage="moments", done=2, total=2) in heard
    assert (found.n, found.means.tobytes(), found.products.tobytes()) == (
        alone.n,
        alone.means.tobytes(),
        alone.products.tobytes(),
    )
