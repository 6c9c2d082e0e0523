"""Runs beside the loop: told as they go, cancelled, kept, and taken up again with the same answer."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

import whence as wh
from whence.runtime.events import Event, Progress, Started, check_cancelled, emit, stage
from whence.studio.projects.edits import Ask, Derive, DropData, LoadData, SetGraph, SetOptions, Where
from whence.studio.projects.project import Project
from whence.studio.projects.sheet import Dataset
from whence.studio.reasoning import runner as module
from whence.studio.reasoning.folding import folded, fresh
from whence.studio.reasoning.runner import DataNotThere, NothingAsked, Runner, TooManyRuns

LONG = 60.0


def drugs() -> wh.Table:
    rows = [
        (z, x, 2 * x + 3 * z + i % 5) for i in range(120) for z, x in ((0, 0), (0, 0), (0, 1), (1, 0), (1, 1))
    ]
    z, x, y = zip(*rows, strict=True)
    return wh.table({"z": list(z), "x": list(x), "y": list(y)})


class Loop:
    """The event loop's thread, as far as a runner knows it: what is posted is done here, in order."""

    def __init__(self) -> None:
        self.posted: queue.Queue[Callable[[], None]] = queue.Queue()
        self.changes: list[str] = []
        self.runner = Runner(self.changes.append, self.posted.put)

    def until(self, done: Callable[[], bool]) -> None:
        end = time.monotonic() + LONG
        while not done():
            assert time.monotonic() < end, "it never came about"
            try:
                self.posted.get(timeout=0.005)()
            except queue.Empty:
                continue

    def end(self, project: Project, number: int = 1):
        def over() -> bool:
            return any(v.number == number and v.state != "going" for v in self.runner.views(project))

        self.until(lambda: over() and project.run(number).state != "going")
        return next(v for v in self.runner.views(project) if v.number == number)


@pytest.fixture
def project(tmp_path):
    made = Project(tmp_path / "p1")
    made.apply(LoadData(Dataset("k", "drugs.csv")))
    made.apply(SetGraph("z -> x -> y; z -> y"))
    made.apply(Ask("effect of x on y"))
    made.apply(SetOptions("ols", 3, 0.9))
    yield made
    if not made.closed:
        made.close()


@pytest.fixture
def loop():
    made = Loop()
    yield made
    made.runner.close()


@pytest.fixture
def gate(monkeypatch):
    """An `ask` that goes on until it is cancelled or let through, and says that it has begun."""

    class Gate:
        def __init__(self) -> None:
            self.opened, self.begun = False, list[str]()

        def ask(self, question, data, graph, **options):
            self.begun.append(question)
            with stage("read"), stage("estimate"):
                emit(Progress(stage="nuisances", done=2, total=7))
                while not self.opened:
                    check_cancelled()
                    time.sleep(0.001)
            return wh.ask(question, data, graph, **options)

    made = Gate()
    monkeypatch.setattr(module, "ask", made.ask)
    yield made
    made.opened = True


def same(one, other) -> bool:
    """Equal answers, but for how long they took."""
    return replace(one, provenance={}) == replace(other, provenance={})


def test_a_run_gives_the_answer_that_ask_gives(project, loop) -> None:
    loop.runner.start(project, drugs())
    view = loop.end(project)
    direct = wh.ask("effect of x on y", drugs(), "z -> x -> y; z -> y", method="ols", seed=3, level=0.9)
    assert view.state == "answered" and view.answer is not None
    assert view.answer.estimate == direct.estimate and view.answer.refutations == direct.refutations
    assert same(view.answer, direct)
    assert [stage.state for stage in view.stages] == ["done"] * 7
    assert view.steps[-1].endswith(": query") and view.checks and view.told
    assert project.answer(1) == view.answer and "p1" in loop.changes


def test_what_a_run_found_is_the_same_after_a_restart(project, loop, tmp_path) -> None:
    loop.runner.start(project, drugs())
    before = loop.end(project)
    project.close()
    with Project(tmp_path / "p1") as again:
        (after,) = Loop().runner.views(again)
    timeless = [
        replace(view, stages=tuple(replace(s, done=0, total=0, seconds=None) for s in view.stages))
        for view in (before, after)
    ]
    assert timeless[0] == timeless[1]


def test_where_and_derive_are_not_lost_on_a_table_that_has_them_already(project, loop) -> None:
    project.apply(Derive("w", "z * 2"))
    project.apply(Where("y < 8"))
    prepared = wh.table(drugs(), where="y < 8", derive={"w": "z * 2"})
    loop.runner.start(project, prepared)
    answer = loop.end(project).answer
    assert answer is not None
    options = {"where": "y < 8", "derive": {"w": "z * 2"}, "method": "ols", "seed": 3, "level": 0.9}
    direct = wh.ask("effect of x on y", drugs(), "z -> x -> y; z -> y", **options)
    assert same(answer, direct) and answer.provenance["data_sha256"] == direct.provenance["data_sha256"]
    assert "--where 'y < 8'" in answer.provenance["command"]


def test_progress_is_told_while_a_run_goes_on(project, loop, gate) -> None:
    loop.runner.start(project, drugs())
    loop.until(lambda: any(s.total == 7 for s in loop.runner.views(project)[0].stages))
    (view,) = loop.runner.views(project)
    states = {stage.name: (stage.state, stage.done, stage.total) for stage in view.stages}
    assert states["estimate"] == ("going", 2, 7) and states["refute"] == ("waiting", 0, 0)
    assert all(stage.seconds is None for stage in view.stages if stage.state == "going")
    gate.opened = True
    assert loop.end(project).state == "answered"


def test_a_run_is_cancelled_and_says_nothing_more(project, loop, gate) -> None:
    loop.runner.start(project, drugs())
    loop.until(lambda: bool(gate.begun))
    assert loop.runner.cancel(project.id, 1)
    view = loop.end(project)
    assert view.state == "cancelled" and view.answer is None and not view.error
    assert project.run(1).state == "cancelled"
    assert not loop.runner.cancel(project.id, 1) and not loop.runner.cancel("other", 1)


def test_two_go_on_at_once_and_a_third_waits_and_can_be_cancelled_before_it_began(
    project, loop, gate
) -> None:
    project.apply(SetOptions("auto", 0, 0.95))
    for question in ("E[y | x=1]", "E[y | x=0]", "E[y | z=1]"):
        project.apply(Ask(question))
        loop.runner.start(project, drugs())
    loop.until(lambda: len(gate.begun) == 2)
    third = loop.runner.views(project)[0]
    assert third.number == 3 and third.state == "going"
    assert {stage.state for stage in third.stages} == {"waiting"}
    loop.runner.cancel(project.id, 3)
    assert loop.end(project, 3).state == "cancelled"
    gate.opened = True
    assert [loop.end(project, number).state for number in (1, 2)] == ["answered", "answered"]
    assert sorted(gate.begun) == ["E[y | x=0]", "E[y | x=1]"]
    assert [view.number for view in loop.runner.views(project)] == [3, 2, 1]


def test_a_misuse_fails_with_its_message_and_cure(project, loop) -> None:
    project.apply(SetGraph("z -> x -> y; z -> y; height -> y"))
    loop.runner.start(project, drugs())
    view = loop.end(project)
    assert view.state == "failed" and "height" in view.error and "latent" in view.error
    assert project.run(1).error == view.error
    assert next(stage.state for stage in view.stages if stage.name == "read") == "failed"


def test_a_fault_of_ours_fails_without_its_details_but_in_the_log(project, loop, monkeypatch, caplog) -> None:
    def fail(*_, **__):
        raise ZeroDivisionError("a secret of the machine")

    monkeypatch.setattr(module, "ask", fail)
    loop.runner.start(project, drugs())
    view = loop.end(project)
    assert view.state == "failed" and "secret" not in view.error and view.error
    assert "a secret of the machine" in caplog.text


def test_what_was_going_when_the_process_ended_is_begun_again_with_the_same_answer(
    project, loop, gate, tmp_path
):
    loop.runner.start(project, drugs())
    loop.until(lambda: bool(gate.begun))
    loop.runner.close()
    project.close()
    gate.opened = True
    with Project(tmp_path / "p1") as again:
        assert again.run(1).state == "going"
        second = Loop()
        assert second.runner.views(again)[0].state == "going"
        again.apply(Ask("E[y | x=0]"))  # a later question is not the one that is taken up
        second.runner.resume(again, {1: drugs()})
        second.runner.resume(again, {1: drugs()})
        view = second.end(again)
    direct = wh.ask("effect of x on y", drugs(), "z -> x -> y; z -> y", method="ols", seed=3, level=0.9)
    assert view.answer is not None and same(view.answer, direct)
    assert len(gate.begun) == 2


@pytest.mark.parametrize("edit", [DropData(), Where("z = 1"), LoadData(Dataset("other", "other.csv"))])
def test_a_run_is_taken_up_on_the_data_that_it_was_asked_of(project, loop, gate, edit) -> None:
    gate.opened = True
    project.begin_run("effect of x on y")
    project.apply(edit)
    loop.runner.resume(project, {1: drugs()})
    direct = wh.ask("effect of x on y", drugs(), "z -> x -> y; z -> y", method="ols", seed=3, level=0.9)
    view = loop.end(project)
    assert view.answer is not None and same(view.answer, direct)


def test_data_that_cannot_be_read_are_not_taken_for_none(project, loop) -> None:
    with pytest.raises(DataNotThere):
        loop.runner.start(project, None)
    assert project.runs == ()
    project.begin_run("effect of x on y")
    loop.runner.resume(project, {})
    (view,) = loop.runner.views(project)
    assert view.state == "failed" and "cannot be read" in view.error


def test_nothing_is_begun_without_a_question_or_past_the_quota(project, loop, gate, monkeypatch) -> None:
    project.apply(Ask(""))
    with pytest.raises(NothingAsked):
        loop.runner.start(project, drugs())
    monkeypatch.setattr(module, "MOST_WAITING", 3)
    for question in ("effect of x on y", "P(y | do(x=1))", "P(y | do(x=0))"):
        project.apply(Ask(question))
        loop.runner.start(project, drugs())
    project.apply(Ask("effect of x on y among the treated"))
    with pytest.raises(TooManyRuns):
        loop.runner.start(project, drugs())
    assert len(project.runs) == 3


def test_what_is_asked_twice_at_once_is_run_once(project, loop, gate) -> None:
    first = loop.runner.start(project, drugs())
    assert loop.runner.start(project, drugs()).number == first.number
    project.apply(SetOptions("ols", 4, 0.9))
    other = loop.runner.start(project, drugs())
    assert other.number != first.number
    loop.runner.cancel(project.id, other.number)
    assert loop.runner.start(project, drugs()).number not in (first.number, other.number)


def test_variables_that_nothing_joins_do_not_claim_that_there_is_no_effect(project, loop) -> None:
    project.apply(SetGraph("z; x; y"))
    loop.runner.start(project, drugs())
    view = loop.end(project)
    assert view.answer.status == "refused" and "cannot be told from data alone" in view.answer.text


def test_without_data_the_formula_is_the_answer(project, loop) -> None:
    project.apply(DropData())
    loop.runner.start(project, None)
    view = loop.end(project)
    assert view.state == "answered" and view.answer.refusal.kind == "needs_data" and view.steps


def test_a_graph_without_nodes_is_no_graph(project, loop) -> None:
    project.apply(SetGraph(""))
    assert not project.sheet.graph.nodes
    project.apply(Ask("E[y | x=1]"))
    project.apply(SetOptions("auto", 0, 0.95))
    loop.runner.start(project, drugs())
    view = loop.end(project)
    assert view.state == "answered" and view.answer.status == "answered", view.error


def test_a_project_that_is_put_away_has_its_runs_stopped_and_no_end_written(project, loop, gate) -> None:
    loop.runner.start(project, drugs())
    loop.until(lambda: bool(gate.begun))
    loop.runner.forget(project.id)
    assert project.run(1).state == "going"
    assert not loop.runner.cancel(project.id, 1)


def test_an_end_that_cannot_be_written_is_told(project, loop, gate, monkeypatch) -> None:
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    class Full:
        def __init__(self, inner):
            self.inner = inner

        def __getattr__(self, name):
            return full if name == "end_run" else getattr(self.inner, name)

    loop.runner.start(Full(project), drugs())
    gate.opened = True
    loop.until(lambda: loop.runner.views(project)[0].state != "going" and not loop.runner._live)
    (view,) = loop.runner.views(project)
    assert view.state == "failed" and "disk full" in view.error and view.answer is None


def test_an_answer_whose_file_was_altered_is_told_and_breaks_no_page(project, loop, tmp_path) -> None:
    loop.runner.start(project, drugs())
    loop.end(project)
    path: Path = tmp_path / "p1" / "answers" / "1.json"
    path.write_text(path.read_text().replace("re", "er", 1))
    (view,) = Loop().runner.views(project)
    assert view.state == "failed" and view.error


def test_events_of_unknown_kinds_change_nothing() -> None:
    view = folded(fresh(1, 0, "q"), Started(stage="read"), 0.0)
    assert folded(view, Event(stage="read"), 0.0) == view
