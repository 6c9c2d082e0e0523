"""Cells in a worker of their own: what they keep, what they show, what they say when they fail."""

from __future__ import annotations

import pytest

from rlm.worker.hosting import Worker, failure, reply


@pytest.fixture(scope="module")
def worker():
    with Worker(texts=["alpha\nbeta\n", "gamma\n"]) as worker:
        yield worker


def test_the_documents_are_there_by_every_name(worker):
    told = worker.output("print(context_0, context_1, docs[1], docs['doc0'], len(docs), sep='|')")
    assert told == "alpha\nbeta\n|gamma\n|gamma\n|alpha\nbeta\n|2\n"


def test_one_document_is_the_context():
    with Worker(texts=["alpha\nbeta\n"]) as worker:
        assert (
            worker.output("print(context[:5], context == docs[0], grep('eta')[0].line)") == "alpha True 2\n"
        )


def test_the_last_bare_expression_is_shown_and_no_other(worker):
    assert worker.output("1 + 1\n'a'\n[2, 3]") == "[2, 3]\n"
    assert worker.output("None") == ""
    assert worker.output("x = 5") == ""


def test_variables_stay_and_are_told_by_name(worker):
    ran = worker.run("names_a = [1, 2]\nnames_b = 'x' * 18_223\nnames_c = {1: 2}\nnames_d = 42")
    assert ran["names"] == {
        "names_a": "list of 2",
        "names_b": "str of 18,223 characters",
        "names_c": "dict of 1",
        "names_d": "int 42",
    }
    assert worker.run("names_a.append(3)")["names"] == {"names_a": "list of 3"}
    assert worker.run("names_d")["names"] == {}


def test_an_exception_keeps_what_was_done_and_shows_the_cells_own_lines(worker):
    ran = worker.run("kept_x = 41\ndef halve(n):\n    return n / 0\nprint('before')\nhalve(3)\nkept_y = 1")
    error = ran["error"]
    assert (error["kind"], error["message"]) == ("ZeroDivisionError", "division by zero")
    assert error["traceback"].split("\n")[1::2] == ["    halve(3)", "    return n / 0"]
    assert "line 5" in error["traceback"] and "session.py" not in error["traceback"]
    assert ran["output"] == "before\n"
    assert "kept_x" in ran["names"] and "kept_y" not in ran["names"]
    assert worker.output("kept_x") == "41\n"


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("x = (", "line 1"),
        ("a = 1\nif a\n    b", "line 2"),
        ("return 3", "'return' outside function"),
        ("!ls", "no shell commands"),
        ("x = '\0'", "null"),
        ("x = '\ud800'", ""),
        ("(" * 5_000 + ")" * 5_000, ""),
        ("-" * 100_000 + "1", ""),
    ],
)
def test_code_that_cannot_be_read_runs_nothing_and_says_where(worker, code, told):
    ran = worker.run(f"unread = 1\n{code}" if code[0] not in "(-" else code)
    if code != "x = '\ud800'":  # arrives as a replacement character, which is text
        assert told.replace("line 1", "line 2").replace("line 2", "line ") in ran["error"]["message"]
        assert "unread" not in ran["names"]
    assert worker.output("2") == "2\n"


def test_a_cell_that_is_indented_as_a_whole_runs(worker):
    assert worker.output("    a_b = 1\n    a_b + 1") == "2\n"


def test_futures_stay_on_from_cell_to_cell(worker):
    worker.output("from __future__ import annotations\ndef later(x: not_there): return x")
    assert (
        worker.output("def latest(x: not_there): return x\nlatest.__annotations__") == "{'x': 'not_there'}\n"
    )


def test_classes_dataclasses_and_main_are_at_home(worker):
    code = "from dataclasses import dataclass\n@dataclass\nclass P:\n    x: int\n"
    code += "if __name__ == '__main__':\n    print(P(3))"
    assert worker.output(code) == "P(x=3)\n"
    worker.output("def source_of():\n    return 1")
    assert (
        worker.output("import inspect\nprint(inspect.getsource(source_of))")
        == "def source_of():\n    return 1\n"
    )


def test_await_works_at_the_top_of_a_cell(worker):
    code = "import asyncio\nasync def two(n):\n    await asyncio.sleep(0)\n    return n\n"
    assert worker.output(code + "await asyncio.gather(*(two(n) for n in range(3)))") == "[0, 1, 2]\n"
    assert worker.output("asyncio.run(two(5))") == "5\n"
    assert (
        worker.output("async with asyncio.Lock():\n    print(await two(7), await llm_query('x'))")
        == "7 re: x\n"
    )
    assert worker.output("await asyncio.to_thread(llm_query, 'y')") == "'re: y'\n"


def test_names_that_were_promised_are_put_back_and_what_was_there_is_kept(worker):
    ran = worker.run("pairs = [1, 2]\nfor chunk in 'ab': pass\ndel quote")
    assert "`pairs` names a tool and was put back; your value is in `pairs_`" in ran["output"]
    assert (
        worker.output("print(pairs_, chunk_, callable(pairs), callable(chunk), callable(quote))")
        == "[1, 2] b True True True\n"
    )


def test_the_context_may_be_rebound_and_is_still_in_docs():
    with Worker(texts=["alpha\n"]) as worker:
        assert "still in `docs`" in worker.output("context = context.upper()")
        assert worker.output("print(context, docs[0])") == "ALPHA\n alpha\n\n"
        assert "put back" in worker.output("del docs")
        assert worker.output("len(docs)") == "1\n"


def test_show_vars_lists_what_the_model_made():
    with Worker() as worker:
        assert worker.output("SHOW_VARS()") == "You have made no variables yet.\n"
        assert worker.output("a = [1]\nimport re\nprint(SHOW_VARS())") == "a: list of 1\nre: module re\n"


def test_what_the_host_puts_is_there(worker):
    worker.send({"type": "put", "name": "history", "value": [{"role": "user", "content": "hi"}]})
    assert worker.output("history[0]['content']") == "'hi'\n"


def test_random_numbers_are_the_same_in_every_session():
    code = "import random\nimport numpy as np\nprint(random.random(), np.random.rand())"
    told = []
    for _ in range(2):
        with Worker() as worker:
            told.append(worker.output(code))
    with Worker(seed=8) as worker:
        told.append(worker.output(code))
    assert told[0] == told[1] != told[2]


def test_tools_of_the_host_are_called_by_name():
    with Worker(tools=["look_up"]) as worker:
        assert worker.output("look_up('a', n=(1, 2))") == "['look_up', ['a'], {'n': [1, 2]}]\n"
        assert worker.run("look_up(object())")["error"]["kind"] == "TypeError"
    with Worker(lambda kind, arguments: failure("tool_failed", "no such row"), tools=["look_up"]) as worker:
        assert "no such row" in worker.run("look_up('a')")["error"]["message"]


def test_threads_may_ask_at_the_same_time(worker):
    code = (
        "from concurrent.futures import ThreadPoolExecutor\n"
        "with ThreadPoolExecutor(20) as pool:\n"
        "    found = list(pool.map(llm_query, [f'q{n}' for n in range(100)]))\n"
        "found == [f're: q{n}' for n in range(100)]"
    )
    assert worker.output(code) == "True\n"


def test_what_was_submitted_can_be_waited_for_in_a_later_cell(worker):
    worker.output("under_way = [llm_submit(f'late {n}') for n in range(3)]")
    assert (
        worker.output("[one.result() for one in under_way], under_way[0].done()")
        == "(['re: late 0', 're: late 1', 're: late 2'], True)\n"
    )


def test_waiting_for_the_host_is_told_apart():
    with Worker(lambda kind, arguments: None) as worker:
        number = worker.start("handle = llm_submit('x')\nhandle.result(timeout=0.2)")
        ran = worker.finish(number)
        assert ran["error"]["kind"] == "TimeoutError"
        assert 0.15 < ran["waiting"] <= ran["seconds"]


def test_a_failed_call_says_why_even_where_python_speaks_of_its_type_alone():
    with Worker(lambda kind, arguments: [failure()] * len(arguments["prompts"])) as worker:
        ran = worker.run("llm_query('x').upper()")
        assert ran["error"]["kind"] == "SubCallFailed"
        assert "rate_limited: too many requests" in ran["error"]["message"]
        ran = worker.run("', '.join(llm_query_batched(['x', 'y']))")
        assert "rate_limited: too many requests" in ran["error"]["message"]
        assert (
            worker.output("llm_query_batched(['x'])") == "[<failed call: rate_limited: too many requests>]\n"
        )


def test_a_thousand_questions_go_in_one_frame_and_come_back_in_order():
    with Worker() as worker:
        assert (
            worker.output("r = llm_query_batched([f'q{n}' for n in range(1000)])\nr[999], r.ok, len(r)")
            == "('re: q999', True, 1000)\n"
        )
        assert len(worker.calls) == 1


def test_help_of_every_name_is_readable():
    from whence.rlm.worker.names import NAMES

    with Worker() as worker:
        for name in NAMES:
            if name in {"context", "docs", "history", "answer"}:
                continue
            told = worker.output(f"help({name})")
            assert name in told and len(told) > 100, name
        known = worker.output("sorted(name for name in globals() if not name.startswith('_'))")
        assert set(NAMES) <= set(known.strip("[]\n").replace("'", "").split(", "))


def test_notes_do_not_mix_with_the_last_line_printed(worker):
    assert worker.output("print('a', end='')\npairs = 1").startswith("a\n[note]")


def test_a_reply_with_a_value_has_it():
    with Worker(lambda kind, arguments: [reply("[1]", [1])]) as worker:
        assert worker.output("llm_query('x', schema=list).value") == "[1]\n"
        assert worker.calls[0][1]["schema"] == {"type": "array"}
