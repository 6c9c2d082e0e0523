"""`grep` finds what `re.search` finds in each line; the functions of `re` take a `Context`."""

import re
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whence.rlm.worker.pattern_plan import plan_of
from whence.rlm.worker.patterns import grep_in
from whence.rlm.worker.text import Context, Text, TooLarge
from whence.rlm.worker.text_index import Sizes, Source

TINY = Sizes(block=5, piece=16, real=0, whole=10_000)
PATTERNS = [
    "a",
    "ab",
    "ab+",
    "a.*b",
    r"\bab\b",
    r"^a",
    r"b$",
    r"\Aa",
    r"a\Z",
    r"(?<!\s)a",
    r"a(?!\s)",
    r"a(?=\n)",
    "x*",
    "",
    r"\s",
    r"[^x]+b",
    r"(?i)AB",
    r"(a|b)\1",
    r"(?:ab){2}",
    r"a++b",
    r"(?>a*)b",
    r"\Bb",
    r"é",
    r"[é漢]",
    r"\w+ \w+",
    "漢a",
    "\ufffd",
    "(?s)a.b",
    "(?m)^b",
    "(?:abc)?a",
    "a{2,}",
    "(?i:A)b",
    "a\nb",
    r"(?P<n>a)(?(n)b|c)",
    r"[\s\S]b",
]
PIECES = ["a", "b", "ab", "aa", "A", " ", "\n", "\n", "\r\n", "é", "漢", "x", "abab", "\u2028"]
CONTENTS = st.lists(
    st.sampled_from([*(p.encode() for p in PIECES), b"\xff", b"\xe6\xbc", "\ufffd".encode()]), max_size=40
).map(b"".join)


def context_of(content: bytes, sizes: Sizes = TINY) -> Context:
    return Context(Source(content, name="d", document=0, sizes=sizes))


def by_hand(pattern: str, text: str, flags: int = 0):
    found, at = [], 0
    for number, line in enumerate(text.removesuffix("\n").split("\n") if text else (), 1):
        if match := re.search(pattern, line, flags):
            found.append((number, at + match.start(), at + match.end(), line))
        at += len(line) + 1
    return found


def told(hits):
    return [(hit.line, hit.start, hit.end, hit.text) for hit in hits]


@given(CONTENTS, st.sampled_from(PATTERNS), st.booleans(), st.integers(0, 5))
@settings(max_examples=4000)
def test_grep_finds_in_each_line_what_search_finds_there(content, pattern, ignore_case, cut):
    text = content.decode("utf-8", "replace")[cut:]
    expected = by_hand(pattern, text, re.IGNORECASE if ignore_case else 0)
    hits = grep_in([])(pattern, context_of(content)[cut:], ignore_case=ignore_case, limit=None)
    assert told(hits) == expected
    assert not hits.more
    some = grep_in([])(pattern, text, ignore_case=ignore_case, limit=2)
    assert told(some) == expected[:2]
    assert some.more == (len(expected) > 2)


@pytest.mark.parametrize("pattern", PATTERNS)
def test_every_pattern_is_run_in_each_way_it_can_be(pattern):
    text = "".join(PIECES[i % len(PIECES)] + PIECES[i * i % 11] for i in range(300))
    assert told(grep_in([])(pattern, text, limit=None)) == by_hand(pattern, text)


def test_plans_know_what_a_match_must_hold_and_what_can_see_other_lines():
    plans = {pattern: plan_of(re.compile(pattern)) for pattern in PATTERNS}
    assert plans["ab"].literal and plans["ab"].needle == "ab"
    assert plans["ab+"].needle == "a" or plans["ab+"].needle == "b"
    assert plans["(?i)AB"].needle == "ab" and plans["(?i:A)b"].needle == "b"
    assert plans["(?:abc)?a"].needle == "a" and plans["(?:ab){2}"].needle == "ab"
    assert not plans["a{2,}"].literal and not plan_of(re.compile("(a)")).literal
    assert plans["(?i)AB"].folded and not plans["(?i)AB"].literal
    assert plan_of(re.compile("(?i)éa(?-i:BcD)")).needle == "bcd"
    assert plan_of(re.compile("")).needle is None and not plan_of(re.compile("")).literal
    for pattern in (r"\Aa", r"a\Z", r"(?<!\s)a", r"a(?!\s)", r"a++b", r"(?>a*)b", r"\Bb"):
        assert not plans[pattern].across, pattern
    for pattern in ("a.*b", r"\bab\b", "^a", "b$", r"[^x]+b", r"(a|b)\1"):
        assert plans[pattern].across, pattern


def test_hits_show_where_they_are_and_what_is_around():
    hits = grep_in([])("two", "one\ntwo\nthree\nfour\n", before=1, after=1)
    assert hits[0].before == ("one",) and hits[0].after == ("three",)
    assert repr(hits) == "1 hit\ntext-1- one\ntext:2: two\ntext-3- three"
    assert "there are more: grep(…, limit=100)" in repr(grep_in([])("o", "o\no\n", limit=1))
    assert "ignore_case=True" in repr(grep_in([])("zzz", "o"))
    long = "x" * 1000 + "needle" + "y" * 1000
    assert grep_in([])("needle", long)[0].text == "…" + "x" * 100 + "needle" + "y" * 194 + "…"


def test_grep_looks_in_one_document_in_several_or_in_all():
    docs = [
        Text(text, Source(text.encode(), name=text[0], document=i))
        for i, text in enumerate(("a b", "b c", "c b"))
    ]
    grep = grep_in(docs)
    assert [hit.document for hit in grep("b")] == ["a", "b", "c"]
    assert [hit.document for hit in grep("b", docs[1:])] == ["b", "c"]
    assert [hit.document for hit in grep("b", docs[2])] == ["c"]
    assert [hit.document for hit in grep(re.compile("B"), docs, ignore_case=True, limit=2)] == ["a", "b"]
    assert told(grep("a.b", "a.b axb", literal=True)) == [(1, 0, 3, "a.b axb")]
    part = docs[0][2:]
    assert told(grep("b", part)) == [(1, 0, 1, "b")]
    with pytest.raises(TypeError, match="not in int"):
        grep("a", [1])
    with pytest.raises(TypeError, match="not bytes"):
        grep(b"a")


def test_a_line_too_long_for_an_expression_is_still_searched_for_plain_text():
    context = context_of("é".encode() * 100 + b"needle" + b"x" * 1000 + b"\nneedle\n", Sizes(8, 16, 32, 64))
    hits = grep_in([])("needle", context)
    assert [(hit.line, hit.start, hit.end) for hit in hits] == [(1, 100, 106), (2, 1107, 1113)]
    with pytest.raises(TooLarge, match="Line 1 of 'd'"):
        grep_in([])("need.e", context)


RE = """
import re
from whence.rlm.worker.re_support import install_re_support
from whence.rlm.worker.text import Context, TooLarge
from whence.rlm.worker.text_index import Sizes, Source
text = "ab1 cd22\\nef333 gh\\n"
before = re.compile("x")
install_re_support(); install_re_support()
small = Context(Source(text.encode()), )
large = Context(Source(text.encode(), sizes=Sizes(8, 8, 4, 8)))
def spans(found):
    return [(m.group(), m.groups(), m.span(), m[0], m.start(m.lastindex or 0), m.groupdict()) for m in found]
for pattern in (r"[a-z]+(\\d*)", r"(?P<w>\\w)\\w(\\d)?", r"^\\w", r"(?m)\\w$", r"(?i)EF(3)", r"(\\s)(x)?"):
    for context in (small, large):
        for compiled in (pattern, re.compile(pattern)):
            for name in ("search", "match", "fullmatch"):
                ours, theirs = getattr(re, name)(compiled, context), getattr(re, name)(pattern, text)
                assert (ours is None) == (theirs is None)
                assert ours is None or (ours.span(), ours.groups()) == (theirs.span(), theirs.groups())
            assert re.findall(compiled, context) == re.findall(pattern, text)
            assert re.findall(compiled, string=context) == re.findall(pattern, text)
            assert spans(re.finditer(compiled, context)) == spans(re.finditer(pattern, text))
            assert [m.span() for m in re.compile(pattern).finditer(context, 3, 12)] == [
                m.span() for m in before.__class__.finditer(re.compile(pattern).real_pattern, text, 3, 12)]
    assert re.sub(pattern, "-", small, 1) == re.sub(pattern, "-", text, 1)
    assert re.subn(pattern, "-", small, 0, re.I) == re.subn(pattern, "-", text, 0, re.I)
    assert re.split(pattern, small, 1) == re.split(pattern, text, 1)
    for work in (lambda: re.sub(pattern, "", large), lambda: re.split(pattern, large)):
        try: work()
        except TooLarge: pass
        else: raise AssertionError
assert re.search("AB", large, re.I).span() == (0, 2) == re.search("AB", large, flags=re.I).span()
def refused(pattern, content):
    try: re.search(pattern, Context(Source(content, sizes=Sizes(8, 8, 4, 8))))
    except TypeError as error: return str(error)
assert "not all ASCII" in refused("a", "é".encode() * 9) and "grep(pattern)" in refused("a", "é".encode() * 9)
assert "control characters" in refused(r"\\s", b"a\\x1c" * 9)
assert "no form for bytes" in refused("é", b"a" * 9) and "no form for bytes" in refused(r"\\u0061", b"a" * 9)
p = re.compile("(?P<x>a)", re.I)
assert isinstance(p, re.Pattern) and p.pattern == "(?P<x>a)" and p.groups == 1 and p.groupindex["x"] == 1
assert re.match(p, "A") and re.compile(p) == p and hash(p) == hash(re.compile(p)) and "re.compile" in repr(p)
assert re.compile(b"a").findall(b"aa") == [b"a", b"a"] and re.sub(b"a", b"b", b"aa") == b"bb"
assert re.sub(p, "z", "aA") == "zz" and p.sub(lambda m: m["x"] * 2, "a") == "aa"
import copy, pickle
assert copy.deepcopy(p) == p and pickle.loads(pickle.dumps(p)).pattern == p.pattern
import ast, csv, datetime, difflib, fnmatch, glob, html, inspect, json, logging, shlex, string, textwrap
assert shlex.split("a 'b c'") == ["a", "b c"] and fnmatch.filter(["a.x"], "*.x") == ["a.x"]
assert string.Template("$a").substitute(a=1) == "1" and textwrap.fill("a b") == "a b"
assert datetime.datetime.strptime("2024-01-02", "%Y-%m-%d").year == 2024
print("ok")
"""


def test_the_functions_of_re_take_a_context_and_stay_what_they_are_for_all_else():
    # In a process of its own: `re` is changed for good.
    done = subprocess.run([sys.executable, "-c", RE], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("ok\n", "")
