"""How a run ends: by a value that is data, handed in; never by prose, an object's name or nothing at all."""

from __future__ import annotations

import pytest

from rlm.worker.hosting import Worker


@pytest.fixture(scope="module")
def worker():
    with Worker() as worker:
        yield worker


def finish(worker, code):
    """The value and the way of the finish that `code` makes."""
    worker.calls.clear()
    ran = worker.run(code)
    assert ran["error"] is None, ran["error"]
    assert ran["finished"]
    ((kind, arguments),) = worker.calls
    assert kind == "finish"
    return arguments["value"], arguments["by"]


@pytest.mark.parametrize(
    ("code", "value", "by"),
    [
        ("FINAL(42)", 42, "FINAL"),
        ("FINAL('Paris')", "Paris", "FINAL"),
        ("FINAL({'a': (1, 2)})", {"a": [1, 2]}, "FINAL"),
        ("FINAL([])", [], "FINAL"),
        ("FINAL(0)", 0, "FINAL"),
        ("FINAL(False)", False, "FINAL"),
        ("FINAL(llm_query('x'))", "re: x", "FINAL"),
        ("result = [1]\nFINAL_VAR('result')", [1], "FINAL_VAR"),
        ("result = [1]\nFINAL_VAR(result)", [1], "FINAL_VAR"),
        ("FINAL_VAR('the answer is 42')", "the answer is 42", "FINAL_VAR"),
        ("SUBMIT(42)", 42, "SUBMIT"),
        ("SUBMIT(answer=42)", 42, "SUBMIT"),
        ("SUBMIT(a=1, b=2)", {"a": 1, "b": 2}, "SUBMIT"),
        ("answer['content'] = 'x'\nanswer['ready'] = True", "x", "answer"),
        ("answer['ready'] = True\nanswer['content'] = 'later'", "later", "answer"),
        ("answer = {'content': [1], 'ready': True}", [1], "answer"),
        ("def f():\n    FINAL('deep')\nf()", "deep", "FINAL"),
        ("import asyncio\nasync def f():\n    FINAL('awaited')\nawait f()", "awaited", "FINAL"),
    ],
)
def test_every_way_to_finish_hands_in_its_value(worker, code, value, by):
    if "llm_query" in code:
        worker.calls.clear()
        assert worker.run(code)["finished"]
        assert worker.calls[-1] == ("finish", {"value": value, "by": by})
    else:
        assert finish(worker, code) == (value, by)
    worker.run("answer = {'content': '', 'ready': False}")


MALFORMED = {
    "None": ("FINAL(None)", "empty answer"),
    "nothing": ("FINAL('')", "empty answer"),
    "blanks": ("FINAL('  \\n ')", "empty answer"),
    "no argument": ("FINAL()", "one value"),
    "two arguments": ("FINAL(1, 2)", "one value"),
    "ready without content": ("answer = {'ready': True}", "empty answer"),
    "ready with blank content": ("answer = {'content': ' ', 'ready': True}", "empty answer"),
    "an object": ("FINAL(object())", "text, numbers, lists or dicts"),
    "an object as content": (
        "answer = {'content': object(), 'ready': True}",
        "text, numbers, lists or dicts",
    ),
    "a function": ("FINAL(len)", "text, numbers, lists or dicts"),
    "not a number": ("FINAL(float('nan'))", "no number"),
    "infinite inside": ("FINAL({'x': [float('-inf')]})", "no number"),
    "a name that is not there": ("FINAL_VAR('no_such')", "none called 'no_such'"),
    "a near miss": ("my_result = 1\nFINAL_VAR('my_resul')", "Did you mean 'my_result'?"),
    "a variable that is None": ("nothing = None\nFINAL_VAR('nothing')", "empty answer"),
    "the name of a variable as text": ("total = 3\nFINAL('total')", "FINAL(total)"),
    "SUBMIT without anything": ("SUBMIT()", "needs a value"),
    "SUBMIT with both": ("SUBMIT(1, a=2)", "not both"),
    "ready that cannot be read": (
        "class B:\n    def __bool__(self): 1/0\nanswer = {'ready': B(), 'content': 1}",
        "zero",
    ),
}


@pytest.mark.parametrize(("code", "told"), MALFORMED.values(), ids=MALFORMED.keys())
def test_a_malformed_finish_is_an_error_and_asks_the_host_nothing(worker, code, told):
    worker.run("answer = {'content': '', 'ready': False}")
    worker.calls.clear()
    ran = worker.run(code)
    assert not ran["finished"]
    assert told in ran["error"]["message"]
    assert worker.calls == []
    if "__bool__" not in code:
        assert worker.output("answer.get('ready')") == "False\n"
    worker.run("answer = {'content': '', 'ready': False}")


def test_words_of_a_finish_in_text_or_print_finish_nothing(worker):
    ran = worker.run("print('FINAL(42)')\n'FINAL_VAR(x)'")
    assert not ran["finished"] and ran["error"] is None


def test_the_text_of_a_variables_name_is_taken_at_its_word_the_second_time(worker):
    worker.run("yes = 1\nFINAL('yes')")
    assert finish(worker, "FINAL('yes')") == ("yes", "FINAL")


def test_what_follows_a_finish_is_not_run_and_that_is_said(worker):
    ran = worker.run("FINAL(1)\nafter_finish = 2")
    assert ran["finished"] and "was not run" in ran["output"]
    assert "after_finish" not in ran["names"]
    assert "was not run" not in worker.run("before_finish = 2\nFINAL(1)")["output"]


def test_a_second_finish_is_ignored_and_said(worker):
    worker.calls.clear()
    ran = worker.run("try:\n    FINAL(1)\nexcept BaseException:\n    FINAL(2)")
    assert ran["finished"] and "ignored" in ran["output"]
    assert [arguments["value"] for _, arguments in worker.calls] == [1]


def test_a_finish_that_is_swallowed_counts_all_the_same(worker):
    ran = worker.run("try:\n    FINAL(1)\nexcept BaseException:\n    pass\nswallowed = 2")
    assert ran["finished"] and "swallowed" not in ran["names"]


def test_a_finish_in_a_thread_counts(worker):
    code = (
        "from concurrent.futures import ThreadPoolExecutor\n"
        "with ThreadPoolExecutor(1) as pool:\n    pool.submit(FINAL, 5)\nnot_run = 1"
    )
    ran = worker.run(code)
    assert ran["finished"] and "not_run" not in ran["names"]


def test_what_the_host_does_not_accept_comes_back_as_an_error_that_can_be_mended():
    def answer(kind, arguments):
        good = isinstance(arguments["value"], int)
        return {"ok": True} if good else {"ok": False, "message": "an integer is wanted, not text"}

    with Worker(answer) as worker:
        ran = worker.run("FINAL('three')\nprint('on')")
        assert not ran["finished"]
        assert "an integer is wanted" in ran["error"]["message"]
        ran = worker.run("answer['content'] = 'three'; answer['ready'] = True")
        assert "an integer is wanted" in ran["error"]["message"]
        assert worker.output("answer['ready']") == "False\n"
        assert worker.run("try:\n    FINAL('x')\nexcept ValueError:\n    FINAL(3)")["finished"]


def test_fields_are_checked_by_name():
    with Worker(fields=["city", "year"], output_kind="fields") as worker:
        ran = worker.run("SUBMIT(town='Rome', year=1)")
        assert "no field 'town'" in ran["error"]["message"]
        assert "SUBMIT(city=…, year=…)" in ran["error"]["message"]
        assert "'year' is missing" in worker.run("SUBMIT(city='Rome')")["error"]["message"]
        assert finish(worker, "SUBMIT(city='Rome', year=1)") == ({"city": "Rome", "year": 1}, "SUBMIT")
        assert finish(worker, "SUBMIT('Rome', 1)") == ({"city": "Rome", "year": 1}, "SUBMIT")


def test_a_failed_call_is_never_an_answer():
    from rlm.worker.hosting import failure

    with Worker(lambda kind, arguments: [failure()]) as worker:
        for code in (
            "FINAL(llm_query('x'))",
            "FINAL([llm_query('x')])",
            "answer = {'ready': True, 'content': llm_query('x')}",
        ):
            ran = worker.run(code)
            assert ran["error"]["kind"] == "SubCallFailed" and not ran["finished"]


def test_the_tools_of_finishing_leave_the_next_cell_as_it_was(worker):
    assert worker.run("FINAL(1)")["finished"]
    assert not worker.run("x_next = (")["finished"]
    assert not worker.run("x_next = 1")["finished"]
