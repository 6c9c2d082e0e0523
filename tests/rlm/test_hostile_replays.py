"""A run that is gone through again takes the course it took, whatever had gone wrong in it."""

import random
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from rlm.scripted import Script, cell
from whence.rlm import RLM, Budget, Completion
from whence.rlm.calling.budget import Ledger
from whence.rlm.errors import RequestRefused
from whence.rlm.journal.course import ASKING, Course, CutShort
from whence.rlm.journal.record import kept
from whence.rlm.journal.recording import Recall

TEXT = "\n".join(f"row {number}" for number in range(200))
BATCH = cell("got = llm_query_batched([f'item {i}' for i in range(12)])\nprint(got)")
END = cell("FINAL('done')")


class Concludes(Script):
    """Gives an answer only when it is told to conclude; `slow` seconds for every other turn but the first."""

    slow = 0.0

    def __call__(self, messages: list[dict[str, str]]) -> str:
        if "last reply" in messages[-1]["content"]:
            return cell("FINAL('concluded')")
        if messages[0]["role"] == "system" and len(messages) > 2:
            time.sleep(self.slow)
        return super().__call__(messages)


class Hangs(Concludes):
    slow = 4.0


def refuses_threes(prompt: str) -> str:
    if "3" in prompt:
        raise ValueError("no threes")
    return f"read {prompt}"


def flaky() -> Callable[[str], str]:
    seen: dict[str, int] = {}

    def answer(prompt: str) -> str:
        seen[prompt] = seen.get(prompt, 0) + 1
        if seen[prompt] == 1:
            raise ConnectionResetError("reset by peer")
        return f"read {prompt}"

    return answer


def both(path: Path, script: Script, **options: object) -> tuple[Completion, Completion, Completion]:
    rlm = RLM("scripted", client=script, route="recursive", **options)
    first = rlm.completion(TEXT, "?", journal=path / "run.jsonl")
    calls = len(script.asked) + len(script.seen)
    again = [rlm.completion(TEXT, "?", replay=path / "run.jsonl") for _ in range(2)]
    assert len(script.asked) + len(script.seen) == calls, "a replay asks nobody"
    return first, again[0], again[1]


RUNS = {
    "calls that failed": (Script(BATCH, END, sub=refuses_threes), {}),
    "calls that were tried again": (Script(BATCH, END, sub=flaky()), {}),
    "a reply without text": (Script(cell("print(repr(llm_query('a')))"), END, sub=lambda prompt: ""), {}),
    "a budget that is spent": (Script(BATCH, END, sub=flaky()), {"budget": Budget(calls=8)}),
    "turns that are over": (Concludes(cell("print(1)")), {"max_iterations": 2}),
    "a cell that never ends": (
        Concludes(cell("print(1)"), cell("while True: pass")),
        {"budget": Budget(seconds=2.5)},
    ),
    "a clock": (Script(cell("import time\nprint(time.time())"), END), {}),
    "a tool": (
        Script(cell("print(draw(), draw())"), cell("FINAL(str(draw()))")),
        {"tools": {"draw": random.random}},
    ),
}


@pytest.mark.parametrize(("script", "options"), RUNS.values(), ids=RUNS)
def test_a_replay_gives_what_the_run_gave_and_so_does_the_next(
    script: Script, options: dict[str, object], tmp_path: Path
):
    first, again, once_more = both(tmp_path, script, **options)
    for other in (again, once_more):
        assert (other.answer, other.iterations, other.calls) == (first.answer, first.iterations, first.calls)
        assert (other.usage, other.usd) == (first.usage, first.usd)


@pytest.mark.parametrize(
    "script",
    [Hangs(cell("print(1)")), Concludes(cell("llm_query('slow')"), sub=lambda prompt: time.sleep(4) or "x")],
    ids=["a reply that hangs", "a sub-call that hangs"],
)
def test_a_run_whose_time_was_over_is_replayed_to_its_conclusion(script: Script, tmp_path: Path):
    rlm = RLM("scripted", client=script, route="recursive", budget=Budget(seconds=2.5))
    first = rlm.completion(TEXT, "?", journal=tmp_path / "run.jsonl")
    again = rlm.completion(TEXT, "?", replay=tmp_path / "run.jsonl")
    assert first.answer == again.answer == "concluded"
    assert again.iterations == first.iterations


class Counts(Concludes):
    """Concludes with what the cell that was cut short had made."""

    def __call__(self, messages: list[dict[str, str]]) -> str:
        reply = super().__call__(messages)
        return cell("FINAL(len(results))") if "concluded" in reply else reply


CUT = {
    "answers one by one": "results = []\nfor i in range(500): results.append(str(llm_query(f'item {i}')))",
    "no calls at all": "results = [1, 2, 3]\nwhile True: pass",
}


@pytest.mark.parametrize("code", CUT.values(), ids=CUT)
def test_what_a_cell_had_made_when_its_time_was_over_is_there_for_the_conclusion(code: str, tmp_path: Path):
    script = Counts(cell(code), sub=lambda prompt: time.sleep(0.1) or "read")
    rlm = RLM("scripted", client=script, route="recursive", output=int, budget=Budget(seconds=2.5))
    done = rlm.completion(TEXT, "?", journal=tmp_path / "run.jsonl")
    assert done.answer > 0
    assert done.seconds < 2.5
    asked = len(script.asked)
    again = rlm.completion(TEXT, "?", replay=tmp_path / "run.jsonl")
    assert again.answer == done.answer
    time.sleep(0.3)
    assert len(script.asked) == asked, "nothing is asked once the time is over"


def test_a_run_that_had_concluded_goes_on_with_a_larger_budget_and_replays_to_its_new_end(tmp_path: Path):
    script = Script(cell("print(1)"), cell("print(2)"), cell("print(llm_query('three'))"), END)
    small = RLM("scripted", client=script, route="recursive", budget=Budget(calls=2))
    journal = tmp_path / "run.jsonl"
    with pytest.raises(Exception, match="budget of 2 calls"):
        small.completion(TEXT, "?", journal=journal)
    large = RLM("scripted", client=script, route="recursive", budget=Budget(calls=20))
    assert large.completion(TEXT, "?", journal=journal, resume=True).answer == "done"
    assert large.completion(TEXT, "?", replay=journal).answer == "done"


def test_a_call_that_failed_is_asked_again_unless_the_model_has_heard_of_it(tmp_path: Path):
    down = True

    def speak(messages: list[dict[str, str]]) -> str:
        if messages[0]["role"] != "system":
            if down:
                raise RequestRefused("lm.example", 401, "wrong key")
            return "read"
        turns = sum(message["role"] == "assistant" for message in messages)
        if turns and down:
            raise RequestRefused("lm.example", 401, "wrong key")
        return [cell("print(repr(llm_query('a')))"), cell("FINAL(history[-1][:4])")][turns]

    rlm = RLM("scripted", client=speak, route="recursive")
    journal = tmp_path / "run.jsonl"
    with pytest.raises(RequestRefused):
        rlm.completion(TEXT, "?", journal=journal)
    assert any("/failed/" in key for key in kept(journal))
    down = False
    assert rlm.completion(TEXT, "?", journal=journal, resume=True).answer == "<fai", "it was told already"


def test_a_course_that_is_followed_is_cut_where_it_was_cut_and_nowhere_else():
    noted: dict[str, object] = {}
    course = Course(Recall(keep=noted.__setitem__), "0", follow=False)
    course.reach(1, ASKING)
    assert course.cut("The time is nearly over.", 300) == 300
    again = Course(Recall(noted, closed=True), "0", follow=True)
    again.reach(0, ASKING)
    with pytest.raises(CutShort, match="time"):
        again.reach(1, ASKING)
    assert again.cut("now another reason", 77) == 300


def test_retries_of_a_run_that_goes_on_count_against_its_budget(tmp_path: Path):
    script = Script(BATCH, END, sub=flaky())
    rlm = RLM("scripted", client=script, route="recursive")
    first = rlm.completion(TEXT, "?", journal=tmp_path / "run.jsonl")
    assert first.calls == 26
    again = rlm.completion(TEXT, "?", journal=tmp_path / "run.jsonl", resume=True)
    assert again.calls == 26
    assert Ledger(Budget(calls=26)).left()["calls"] == 26
