"""What of a reply is run, and that nothing else is."""

import ast
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from whence.rlm import cells as module
from whence.rlm.cells import Cell, cells


def code(reply):
    return [cell.code for cell in cells(reply).cells]


@pytest.fixture
def parses(monkeypatch):
    """Counts the parses and the characters parsed."""
    told = []
    plain = module._parsed

    def counted(text):
        told.append(len(text))
        return plain(text)

    monkeypatch.setattr(module, "_parsed", counted)
    return told


@pytest.mark.parametrize(
    "word", ["repl", "python", "py", "python3", "", "Python", "REPL", " repl", "{.python}"]
)
@pytest.mark.parametrize("marks", ["```", "~~~", "````", "~~~~~~"])
def test_a_fence_marked_repl_or_python_or_not_at_all_is_a_cell(word, marks):
    assert code(f"Let me see.\n{marks}{word}\nx = 1\nprint(x)\n{marks}\nThat is all.") == ["x = 1\nprint(x)"]


@pytest.mark.parametrize("word", ["json", "text", "bash", "sh", "markdown", "javascript"])
def test_a_fence_of_another_language_is_not_run_and_the_note_says_so(word):
    found = cells(f"```{word}\nFINAL(1)\n```\n```repl\nx = 1\n```")
    assert found.cells == (Cell("x = 1", 5),)
    assert f'"{word}"' in found.note
    alone = cells(f"```{word}\nFINAL(1)\n```")
    assert alone.cells == () and f'"{word}"' in alone.note


def test_several_fences_are_several_cells_in_order_with_their_lines():
    found = cells("a\n```repl\nx = 1\n```\nb\n```py\ny = 2\n```\n")
    assert found.cells == (Cell("x = 1", 3), Cell("y = 2", 7))
    assert found.note is None


def test_a_text_in_the_code_may_hold_a_fence():
    source = 'note = """\n```python\nprint(1)\n```\n"""\nFINAL(note)'
    assert code(f"```repl\n{source}\n```\nand then\n```repl\ny = 2\n```") == [source, "y = 2"]


def test_a_broken_cell_ends_at_the_first_closing_fence_and_does_not_swallow_the_next():
    assert code("```repl\nx = (1\n```\ntext\n```repl\ny = 2\n```") == ["x = (1", "y = 2"]
    assert code("```repl\nx = 'a\n```\n```repl\ny = '''a'''\n```") == ["x = 'a", "y = '''a'''"]


def test_a_fence_that_is_not_closed_goes_to_the_end():
    assert code("so\n```repl\nx = 1\nprint(x)") == ["x = 1\nprint(x)"]
    assert code("```repl\nx = (1") == ["x = (1"]


def test_a_fence_that_opens_before_the_last_was_closed_begins_a_cell():
    assert code("```repl\nx = 1\n```repl\ny = 2\n```") == ["x = 1", "y = 2"]


def test_fences_in_a_list_are_moved_to_the_left():
    assert code("1. look\n   ```python\n   for x in y:\n       print(x)\n   ```") == [
        "for x in y:\n    print(x)"
    ]
    assert code("- ```python\n  x = 1\n  ```") == ["x = 1"]
    assert code("```python\n    x = 1\n    y = 2\n```") == ["x = 1\ny = 2"]
    assert code("\t```python\n\tx = 1\n\t```") == ["x = 1"]


def test_windows_line_ends_are_read():
    assert code("look\r\n```repl\r\nx = 1\r\nprint(x)\r\n```\r\ndone\r\n") == ["x = 1\nprint(x)"]
    assert code("```json\r\n{}\r\n```\r\n```repl\r\nx = 1\r\n```\r\n") == ["x = 1"]
    assert code("x = 1\r\nprint(x)\r\n") == ["x = 1\nprint(x)"]


@pytest.mark.parametrize(
    "reply",
    [
        "FINAL(42)",
        "x = 1\nprint(x)",
        "import math",
        "for d in docs:\n    print(d)",
        "context[:500]",
        "answer['content'] = 'x'; answer['ready'] = True",
        "answer = {'content': 'x', 'ready': True}",
        "SUBMIT(answer=1)",
        "def f():\n    return 1",
        "[len(d) for d in docs]",
        "total: int = 3",
    ],
)
def test_a_reply_without_a_fence_that_is_all_code_is_a_cell(reply):
    assert code(f"\n{reply}\n") == [reply]


@pytest.mark.parametrize(
    "reply",
    [
        "The answer is FINAL(42)",
        "The answer is FINAL(42).",
        "FINAL(42) is the answer",
        "Yes",
        "42",
        "-3.5",
        '"a text"',
        "[1, 2, 3]",
        '{"answer": 42}',
        "not sure",
        "Answer: 42",
        "None",
        "this or that",
        "",
        " \n\t\n",
        "I will call `FINAL(42)` next.",
        "```FINAL(42)```",
        "answer is 42",
    ],
)
def test_prose_is_no_cell_and_the_note_says_where_code_goes(reply):
    found = cells(reply)
    assert found.cells == ()
    assert "fenced cell" in found.note


def test_code_in_thoughts_is_not_run():
    thought = "I could\n```repl\nFINAL(1)\n```\nbut no."
    assert code(f"<think>{thought}</think>\n```repl\nFINAL(2)\n```") == ["FINAL(2)"]
    assert code(f"\n<think>\n{thought}\n</think>\n```repl\nFINAL(2)\n```") == ["FINAL(2)"]
    assert code(f"<think>\n{thought}\n</think>```repl\nFINAL(2)\n```") == ["FINAL(2)"]
    assert code("<think>hm</think>FINAL(2)") == ["FINAL(2)"]


def test_thoughts_whose_beginning_the_server_left_out_are_passed_over():
    assert code("```repl\nFINAL(1)\n```\nno.\n</think>\n```repl\nFINAL(2)\n```") == ["FINAL(2)"]
    assert code("```repl\nFINAL((1\n</think>\n```repl\nFINAL(2)\n```") == ["FINAL(2)"]
    assert code("hm\n</think>\nFINAL(2)") == ["FINAL(2)"]


def test_a_reply_that_is_only_thought_says_so():
    found = cells("<think>\n```repl\nFINAL(1)\n```\n")
    assert found.cells == () and "<think>" in found.note


def test_code_may_speak_of_thoughts():
    source = 'x = """\n</think>\n<think>\n"""\ny = x.split("</think>```")'
    assert code(f"```repl\n{source}\n```") == [source]


def test_an_empty_fence_is_no_cell():
    found = cells("```repl\n\n```")
    assert found.cells == () and "empty" in found.note
    assert cells("```repl FINAL(42)\n```").cells == ()
    assert code("```repl\nx = 1\n```\n```") == ["x = 1"]


def test_prose_behind_a_stray_line_of_backticks_is_not_run():
    found = cells("```repl\nx = 1\n```\n```\nThat was all, I think.")
    assert [cell.code for cell in found.cells] == ["x = 1"] and found.note


def test_a_warning_of_python_about_the_code_is_not_ours():
    assert code("```repl\nx = '\\d'\n```") == ["x = '\\d'"]


# ── any source ──────────────────────────────────────────────────────────────────────────────────────────────

LINE = st.sampled_from(
    [
        "x = 1", "print(x)", "# a note", "", "    ", "if x:\n    y = 2", "def f():\n\n    return '```'",
        'a = """\n```\n"""', "b = '''\n~~~\n```python\nz\n```\n'''", 'c = f"""\n````\n{x}\n"""',
        "s = (\n~~~\n1)", "d = '</think>'", 'e = """\n</think>\n<think>\n"""', "g = 'ü\\n'",
        "h = [\n  1,\n]", '"""\n```\n```\n"""',
    ]
)  # fmt: skip
SOURCE = st.lists(LINE, min_size=1, max_size=8).map("\n".join).filter(str.strip)


@given(SOURCE, st.sampled_from(["```", "~~~", "````", "~~~~"]), st.sampled_from(["repl", "python", ""]))
@example('x = """\n```\n"""', "```", "repl")
def test_any_source_in_a_fence_comes_back_exactly(source, marks, word):
    ast.parse(source)
    before, after = "I look.\n\n", "\n\nThen I go on."
    assert code(f"{before}{marks}{word}\n{source}\n{marks}{after}") == [source]
    assert code(f"{marks}{word}\n{source}\n{marks}\n{marks}repl\nlast = 1\n{marks}") == [source, "last = 1"]


@given(st.text(alphabet=st.sampled_from("`~ \n\t\"'()x=1<think/>-repl\r\\#"), max_size=80))
def test_no_reply_makes_it_fail_and_every_cell_is_part_of_the_reply(reply):
    found = cells(reply)
    squeezed = re.sub(r"\s", "", reply)
    for cell in found.cells:
        assert cell.code.strip()
        assert re.sub(r"\s", "", cell.code) in squeezed
    assert found.cells or found.note


# ── hostile replies ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "reply",
    [
        "`" * 1_000_000,
        "```\n" * 100_000,
        "```repl\n" * 100_000,
        "```repl\nx = (\n```\n" * 30_000,
        '```repl\nx = """\n```\n' * 20_000,
        "```repl\nx = '''\n" + "```\n'''\n\"\"\"\n" * 20_000,
        "~~~repl\n" + "(\n~~~\n)\n" * 30_000,
        "```json\n{}\n```\n" * 30_000,
        "".join("`" * length + "repl\nx(\n" for length in range(1_200, 2, -1)),
        "<think>\n" * 50_000,
        "</think>\n```repl\nx\n```\n" * 20_000,
        "- " * 300_000 + "```",
        " " * 1_000_000 + "```",
        "```repl\n" + "(" * 200_000,
        "```repl\n" + "-" * 500_000 + "1\n```",
        "x = 1\n" * 100_000,
        "a\x00b\n```repl\n\x00\n```",
        "```repl\n\ud800\n```",
    ],
    ids=range(18),
)
def test_what_is_tried_for_a_hostile_reply_is_bounded(reply, parses):
    cells(reply)
    assert len(parses) <= module.MOST_PARSES + 1
    assert sum(parses) <= module.PARSED_ANYWAY + (module.PARSED_PER_CHARACTER + 1) * len(reply)


def test_thousands_of_fences_within_one_text_are_one_cell_found_in_few_parses(parses):
    source = 'x = """\n' + "```\n" * 5_000 + '"""'
    assert code(f"```repl\n{source}\n```") == [source]
    assert len(parses) <= 3
