"""What of the scripts goes over the wire: little, and the same program."""

import gzip
import re

import pytest

from whence.studio.assets import SCRIPTS, script, sent
from whence.studio.lean import TOKEN, lean


def test_both_scripts_together_are_at_most_twelve_kilobytes():
    sizes = [len(gzip.compress(sent(name), 9, mtime=0)) for name in SCRIPTS]
    assert sum(sizes) <= 12 * 1024


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_lean_script_has_the_same_words_and_quotations_in_the_same_order(name):
    def words(source):
        return [each[0] for each in TOKEN.finditer(source) if each.lastgroup in ("word", "quoted")]

    source = script(name)
    # The comments go first, for an apostrophe in one would begin a quotation.
    bare = re.sub(r"(?m)^\s*(//.*|/\*\*.*|\*.*)$| // .*$", "", source)
    assert words(lean(source)) == words(bare)
    assert lean(lean(source)) == lean(source)


@pytest.mark.parametrize("name", SCRIPTS)
def test_no_text_becomes_code_in_the_browser(name):
    source = script(name)
    for forbidden in (
        "eval(",
        "Function(",
        "import(",
        "document.write",
        "insertAdjacentHTML",
        "outerHTML",
        "HTMLUnsafe",
    ):
        assert forbidden not in source
    assert len(re.findall(r"innerHTML", source)) == (1 if name == "client.js" else 0)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a / b / c", "a/b/c"),
        ("x = / b /g.test(y)", "x=/ b /g.test(y)"),
        ("(a) / 2 / (b)", "(a)/2/(b)"),
        ("[1] /  2", "[1]/2"),
        ("return / a/", "return/ a/"),
        ("a + +b - -c", "a+ +b- -c"),
        ("a++ + ++b", "a++ + ++b"),
        ("'//  x'  + `/*  ${y}  */`", "'//  x'+`/*  ${y}  */`"),
        ("let a // why\nlet b", "let a\nlet b"),
        ("f()\ng()", "f()\ng()"),
        ("f();\n\n  g();", "f();g();"),
        ("{ a: 1, b: [2, 3,], }", "{a:1,b:[2,3]}"),
        ("/* a\n b */ x", "x"),
        ("[/[/\"']/, /a\\/'/]", "[/[/\"']/,/a\\/'/]"),
        ("const of = 1", "const of=1"),
        ("", ""),
    ],
)
def test_lean_text_means_the_same(source, expected):
    assert lean(source) == expected
