"""The loop from outside: a scripted model, real confined cells, and every way a run can end."""

import json
from pathlib import Path

import pytest

from rlm.scripted import Script, cell
from whence.rlm import RLM, Budget, Completion, NoAnswer, Price, Reply, Usage
from whence.rlm.errors import BudgetSpent, InvalidOutput, RequestRefused
from whence.runtime.errors import Cancelled, InvalidOption
from whence.runtime.events import Cancellation, cancellable

TEXT = "\n".join(f"row {number}: {'leak' if number % 7 == 0 else 'fine'}" for number in range(1, 2001))


def run(
    script: Script, question: str = "How many leaks?", text: object = TEXT, **options: object
) -> Completion:
    return RLM("scripted", client=script, route="recursive", **options).completion(text, question)


def test_a_run_looks_at_the_context_and_gives_its_answer():
    script = Script(
        cell("rows = context.splitlines()\nprint(len(rows), rows[0])"),
        cell("FINAL(sum('leak' in row for row in rows))"),
    )
    done = run(script, output=int)
    assert done.answer == 285
    assert done.iterations == 2
    assert done.isolation in {"bubblewrap", "landlock", "monty"}
    assert "2000 row 1: fine" in script.seen[1][-1]["content"]


def test_the_prefix_of_the_conversation_only_grows():
    script = Script(cell("x = 1"), cell("y = 2"), cell("FINAL(x + y)"))
    run(script)
    for before, after in zip(script.seen, script.seen[1:], strict=False):
        assert after[: len(before)] == before


def test_the_context_is_never_sent():
    script = Script(cell("print(len(context))"), cell("FINAL('done')"))
    run(script, text="secret needle " * 100_000)
    assert all(len(message["content"]) < 20_000 for messages in script.seen for message in messages)


# ── finishing ───────────────────────────────────────────────────────────────────────────────────────────────

FINISHES = {
    "FINAL": "FINAL('five')",
    "FINAL_VAR by name": "found = 'five'\nFINAL_VAR('found')",
    "SUBMIT": "SUBMIT('five')",
    "answer set": "answer['content'] = 'five'\nanswer['ready'] = True",
    "answer rebound": "answer = {'content': 'five', 'ready': True}",
}


@pytest.mark.parametrize("code", FINISHES.values(), ids=FINISHES)
def test_every_way_to_finish_gives_the_answer(code: str):
    assert run(Script(cell(code))).answer == "five"


RECOVERS = {
    "python fence": "```python\nFINAL(42)\n```",
    "py fence": "```py\nFINAL(42)\n```",
    "no language": "```\nFINAL(42)\n```",
    "no fence": "FINAL(42)",
    "unclosed fence": "```repl\nFINAL(42)",
    "fence in a text": "```repl\ns = '''\n```\nnot code\n```\n'''\nFINAL(42 if 'not code' in s else 0)\n```",
    "prose around": "I am done.\n```repl\nFINAL(42)\n```\nThat was it.",
}


@pytest.mark.parametrize("reply", RECOVERS.values(), ids=RECOVERS)
def test_a_cell_in_any_usual_form_is_run(reply: str):
    done = run(Script(reply), output=int)
    assert done.answer == 42
    assert done.iterations == 1


MALFORMED = {
    "prose with FINAL": "The answer is FINAL(42).",
    "prose alone": "I believe it is 42.",
    "json alone": '{"answer": 42}',
    "ready without content": cell("answer['ready'] = True"),
    "empty text": cell("FINAL('')"),
    "none": cell("FINAL(None)"),
    "an object": cell("FINAL(object())"),
    "unknown variable": cell("FINAL_VAR('nothing_of_that_name')"),
    "wrong type": cell("FINAL('forty-two')"),
    "a value for a name": cell("found = 'five'\nFINAL_VAR(found)"),
    "syntax error": cell("FINAL(42"),
    "exception before": cell("1 / 0\nFINAL(42)"),
}


@pytest.mark.parametrize("reply", MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_finish_is_told_to_the_model_which_recovers(reply: str):
    script = Script(reply, cell("FINAL(42)"))
    done = run(script, output=int)
    assert done.answer == 42
    assert done.iterations == 2
    told = script.seen[1][-1]["content"]
    assert "Turn 1 of" in told
    assert len(told.split("Turn 1 of")[0].strip()) > 20, "it is told what was wrong"


@pytest.mark.parametrize("reply", MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_finish_for_ever_is_a_typed_error_and_never_prose(reply: str):
    with pytest.raises(NoAnswer) as caught:
        run(Script(reply), output=int, max_iterations=2)
    partial = caught.value.completion
    assert isinstance(partial, Completion)
    assert partial.answer is None
    assert partial.iterations == 3  # two turns and the chance to conclude


def test_of_several_finishing_cells_the_first_valid_one_wins_and_that_is_said():
    done = run(Script(cell("FINAL('')") + "\n" + cell("FINAL('a')") + "\n" + cell("FINAL('b')")))
    assert done.answer == "a"
    assert done.iterations == 1
    assert any("not run" in note for note in done.notes)


def test_a_field_of_another_name_is_refused_with_the_right_one():
    script = Script(cell("SUBMIT(reply=42)"), cell("SUBMIT(answer=42)"))
    assert run(script, output="context -> answer: int").answer == 42
    assert "answer" in script.seen[1][-1]["content"]


def test_an_answer_of_the_wrong_type_is_refused_with_its_reason():
    script = Script(cell("FINAL({'count': 'many'})"), cell("FINAL({'count': 3})"))
    schema = {"type": "object", "properties": {"count": {"type": "integer"}}, "required": ["count"]}
    assert run(script, output=schema).answer == {"count": 3}
    assert "count" in script.seen[1][-1]["content"]


def test_an_answer_that_says_it_is_not_ready_is_not_taken():
    script = Script(
        cell("answer['content'] = 'too early'\nanswer['ready'] = 'false'"), cell("FINAL('in the end')")
    )
    done = run(script)
    assert (done.answer, done.iterations) == ("in the end", 2)


def test_a_list_within_a_sentence_is_no_answer():
    replies = iter(["I found none, see [1].", "[]"])
    done = RLM(
        "scripted", client=lambda messages: next(replies), output=list[int], route="direct"
    ).completion("no list", "Which rows?")
    assert done.answer == []
    assert done.calls == 2


def test_a_sub_reply_that_was_cut_off_can_be_told_from_a_whole_one():
    script = Script(cell("FINAL(llm_query('Tell all').finish)"))

    def speak(messages: list[dict[str, str]]) -> str | Reply:
        if messages[0]["role"] == "system":
            return script(messages)
        return Reply("a reply that", Usage(input=5, output=3), finish="length")

    assert RLM("scripted", client=speak, route="recursive").completion(TEXT, "?").answer == "length"


def test_what_a_server_finds_too_long_to_read_directly_is_gone_through_in_parts():
    script = Script(cell("FINAL(len(context))"))

    def speak(messages: list[dict[str, str]]) -> str:
        if messages[0]["role"] != "system":
            raise RequestRefused("lm.example", 400, "maximum context length is 10 tokens")
        return script(messages)

    done = RLM("scripted", client=speak, output=int).completion("some text", "How long?")
    assert (done.answer, done.route) == (9, "recursive")
    assert "maximum context length" in done.why


def test_the_same_words_are_asked_once_and_the_model_is_told_how_to_ask_again():
    counted = iter(range(100))
    script = Script(
        cell("FINAL([str(llm_query('Which?', sample=k)) for k in (0, 0, 1, 2)])"),
        sub=lambda _: str(next(counted)),
    )
    assert run(script, output=list[str]).answer == ["0", "0", "1", "2"]
    assert "sample=1" in script.seen[0][0]["content"]


# ── budgets ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_when_the_calls_are_spent_the_model_may_conclude_and_no_call_is_over():
    script = Script(
        cell("got = llm_query_batched([f'item {i}' for i in range(50)])\nprint(len(got.failed))"),
        cell("FINAL(len([reply for reply in got if reply.ok]))"),
    )
    done = run(script, budget=Budget(calls=12), output=int)
    assert done.calls == len(script.asked) + len(script.seen) == 12
    assert done.answer == 10


def test_a_budget_of_one_call_is_one_concluding_call():
    script = Script(cell("FINAL('at once')"))
    done = run(script, budget=Budget(calls=1))
    assert done.answer == "at once"
    assert done.calls == 1


def test_a_run_that_never_concludes_within_its_budget_is_an_error_that_holds_the_run():
    script = Script(cell("llm_query(f'again {len(history)}')"))
    with pytest.raises(NoAnswer) as caught:
        run(script, budget=Budget(calls=6))
    partial = caught.value.completion
    assert isinstance(partial, Completion)
    assert partial.calls == 6
    assert "budget of 6 calls" in str(caught.value)


def test_money_needs_a_price_and_is_kept():
    with pytest.raises(Exception, match="price"):
        run(Script(cell("FINAL(1)")), budget=Budget(usd=0.5))
    done = run(
        Script(cell("llm_query('hello')\nFINAL(1)")),
        budget=Budget(usd=0.5),
        price=Price(input=1.0, output=2.0),
    )
    assert done.usd is not None
    assert 0 < done.usd < 0.5


def test_turns_end_with_a_chance_to_conclude():
    script = Script(cell("print('thinking')"), cell("print('still')"), cell("FINAL('late')"))
    done = run(script, max_iterations=2)
    assert done.answer == "late"
    assert "last reply" in script.seen[2][-1]["content"]


# ── recursion ───────────────────────────────────────────────────────────────────────────────────────────────


class Family(Script):
    """A leading model that knows by its question whether it is the root or a child."""

    def __call__(self, messages: list[dict[str, str]]) -> str:
        if messages[0]["role"] == "system" and "Count the leaks in this half" in messages[1]["content"]:
            return cell("FINAL(sum('leak' in row for row in context.splitlines()))")
        return super().__call__(messages)


def test_children_see_their_part_only_and_share_the_budget():
    script = Family(
        cell(
            "half = len(context) // 2\ncut = context.find('\\n', half)\n"
            "got = rlm_query_batched(['Count the leaks in this half'] * 2, [context[:cut], context[cut:]])\n"
            "FINAL(sum(int(reply) for reply in got))"
        )
    )
    done = run(script, output=int, budget=Budget(calls=20))
    assert done.answer == 285
    assert done.calls == 3
    assert len(done.tree.children) == 2


def test_a_child_may_be_given_several_documents():
    script = Family(cell("FINAL(rlm_query('Say', docs[1:]))"))

    def speak(messages: list[dict[str, str]]) -> str:
        if messages[0]["role"] == "system" and "Question: Say" in messages[1]["content"]:
            return cell("FINAL(f'{len(docs)} {docs[0]} {docs[1]}')")
        return script(messages)

    done = RLM("scripted", client=speak, route="recursive").completion(["a", "b", "c"], "?")
    assert done.answer == "2 b c"


def test_a_child_may_be_given_a_list_of_pieces_and_texts():
    script = Script(cell("FINAL(rlm_query('Say', [context[4:8], 'made up', context[:3]]))"))

    def speak(messages: list[dict[str, str]]) -> str:
        if messages[0]["role"] == "system" and "Question: Say" in messages[1]["content"]:
            return cell("FINAL('|'.join(str(text) for text in docs))")
        return script(messages)

    done = RLM("scripted", client=speak, route="recursive").completion("one two three", "?")
    assert done.answer == "two |made up|one"


def test_at_the_deepest_level_a_child_is_a_plain_question():
    script = Script(
        cell("FINAL(rlm_query('what?', context[:30]))"), sub=lambda prompt: f"sub saw {len(prompt)}"
    )
    done = run(script, max_depth=0)
    assert str(done.answer).startswith("sub saw")
    assert any("deepest" in note for note in done.notes)


def test_a_child_that_fails_is_a_failed_call_and_the_run_goes_on():
    class Failing(Script):
        def __call__(self, messages: list[dict[str, str]]) -> str:
            if messages[0]["role"] == "system" and "Fail" in messages[1]["content"]:
                return "I will not."
            return super().__call__(messages)

    script = Failing(
        cell("reply = rlm_query('Fail', context[:40])\nprint(reply.ok, repr(reply))"),
        cell("FINAL('went on')"),
    )
    done = run(script, max_iterations=3)
    assert done.answer == "went on"
    assert "False <failed call: no_answer" in script.seen[1][-1]["content"]


# ── routes, history, tools ──────────────────────────────────────────────────────────────────────────────────


def test_a_short_context_is_read_directly_and_that_is_reported():
    done = RLM("scripted", client=lambda messages: "42", output=int).completion(
        "six times seven", "How much?"
    )
    assert done.answer == 42
    assert done.route == "direct"
    assert "cheaper" in done.why
    assert done.calls == 1


def test_a_long_context_is_not():
    done = RLM("scripted", client=Script(cell("FINAL('x')"))).completion("long " * 100_000, "How much?")
    assert done.route == "recursive"


def test_a_direct_reply_of_the_wrong_type_is_asked_again_and_never_taken():
    with pytest.raises(NoAnswer):
        RLM("scripted", client=lambda messages: "about forty", output=int, route="direct").completion(
            "x", "?"
        )


def test_a_conversation_that_outgrows_the_window_is_summed_up_and_stays_readable():
    script = Script(
        *[cell(f"print('{number} ' * 2000)") for number in range(8)],
        cell("FINAL(str(len(history)) + ' ' + str('0 0 0' in history[1]))"),
    )
    summaries = []

    def speak(messages: list[dict[str, str]]) -> str:
        if "Sum it up" in messages[-1]["content"]:
            summaries.append(len(messages))
            return "I printed numbers."
        done = sum(message["role"] == "assistant" for message in messages)
        seen = "".join(message["content"] for message in messages)
        turn = max([int(part.split(" of")[0]) for part in seen.split("Turn ")[1:]], default=0)
        return script.turns[min(turn, len(script.turns) - 1)] if done < 99 else ""

    done = RLM("scripted", client=speak, route="recursive", window=8_000).completion(TEXT, "?")
    assert summaries
    assert done.answer == "16 True"


def test_tools_of_the_user_can_be_called_from_cells():
    def price_of(item: str) -> float:
        """The list price of an item."""
        return {"bolt": 0.25}[item]

    script = Script(cell("print(price_of('bolt'))\nprice_of('nut')"), cell("FINAL(price_of(item='bolt'))"))
    done = run(script, tools={"price_of": price_of}, output=float)
    assert done.answer == 0.25
    assert "KeyError" in script.seen[1][-1]["content"]
    assert "list price" in script.seen[0][0]["content"]


def test_a_cancelled_run_stops():
    token = Cancellation()

    def speak(messages: list[dict[str, str]]) -> str:
        token.cancel()
        return cell("print(1)")

    with pytest.raises(Cancelled), cancellable(token):
        RLM("scripted", client=speak, route="recursive").completion(TEXT, "?")


# ── journals ────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_recorded_run_replays_bit_for_bit_without_a_model(tmp_path: Path):
    script = Script(
        cell("got = llm_query_batched([f'item {i}' for i in range(5)])\nprint(got)"), cell("FINAL(got[3])")
    )
    rlm = RLM("scripted", client=script, route="recursive")
    first = rlm.completion(TEXT, "?", journal=tmp_path / "run.jsonl")
    asked = len(script.asked) + len(script.seen)

    again = rlm.completion(TEXT, "?", replay=tmp_path / "run.jsonl")
    assert len(script.asked) + len(script.seen) == asked, "no model was asked"
    assert again.answer == first.answer
    assert (again.usage, again.usd, again.iterations) == (first.usage, first.usd, first.iterations)
    assert again.replayed == asked


def test_a_replay_that_asks_something_else_is_told(tmp_path: Path):
    rlm = RLM("scripted", client=Script(cell("FINAL(1)")), route="recursive")
    rlm.completion(TEXT, "?", journal=tmp_path / "run.jsonl")
    with pytest.raises(Exception, match=r"another|holds no reply"):
        rlm.completion(TEXT, "Another question?", replay=tmp_path / "run.jsonl")


def test_a_journal_is_not_written_over(tmp_path: Path):
    rlm = RLM("scripted", client=Script(cell("FINAL(1)")), route="recursive")
    rlm.completion(TEXT, "?", journal=tmp_path / "run.jsonl")
    before = (tmp_path / "run.jsonl").read_bytes()
    with pytest.raises(Exception, match="resume"):
        rlm.completion(TEXT, "?", journal=tmp_path / "run.jsonl")
    assert (tmp_path / "run.jsonl").read_bytes() == before


# ── misuse ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "options",
    [
        {"environment": "docker"},
        {"environment": "unsafe"},
        {"route": "fast"},
        {"window": 10},
        {"max_depth": -1},
        {"max_iterations": 0},
        {"api": "soap"},
        {"tools": {"not a name": len}},
        {"attempts": 0},
    ],
)
def test_options_that_cannot_be_meant_are_refused(options: dict[str, object]):
    with pytest.raises(InvalidOption):
        RLM("scripted", **options)


@pytest.mark.parametrize(
    "limits", [{"calls": 0}, {"usd": -1}, {"seconds": float("nan")}, {"depth": -1}, {"iterations": True}]
)
def test_budgets_that_cannot_be_meant_are_refused(limits: dict[str, object]):
    with pytest.raises(InvalidOption):
        Budget(**limits)


def test_a_completion_is_plain_json():
    done = run(Script(cell("FINAL([1, 2])")), output=list[int])
    assert json.loads(json.dumps(done.to_dict()))["answer"] == [1, 2]


def test_errors_hold_nothing_that_cannot_be_told():
    error = BudgetSpent("calls", 5, 1)
    assert json.dumps(error.to_dict())
    assert "valid" in str(InvalidOutput("no"))
