"""What code does by itself: pairs from keys, pieces that are the whole, quotes that are there."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rlm.worker.hosting import Scripted, echo, reply
from rlm.worker.test_llm_map import LABELS, items_of, scripted, truth
from whence.rlm.worker import asking
from whence.rlm.worker.chunking import _cuts, _rule, chunk
from whence.rlm.worker.pairing import pairs
from whence.rlm.worker.quoting import Quote, quote
from whence.rlm.worker.re_support import FUNCTIONS, install_re_support
from whence.rlm.worker.text import Context


@pytest.fixture(scope="module", autouse=True)
def _re_takes_contexts():
    """As in a worker; put back for whoever tests after."""
    usual = {name: getattr(re, name) for name in (*FUNCTIONS, "compile")}
    install_re_support()
    yield
    for name, function in usual.items():
        setattr(re, name, function)


def test_pairs_by_a_key_cost_one_question_per_item():
    host = scripted(["missing last", "prose"])
    asking.connect(host)
    items = [f"thing {n}" for n in range(12)]
    found = pairs(items, lambda a, b: a == b, key="Which colour?", labels=LABELS)
    assert found == [
        (i, j) for i in range(12) for j in range(i + 1, 12) if truth(items[i]) == truth(items[j])
    ]
    assert len(host.prompts) == 2
    assert found.keys == [truth(item) for item in items]


@settings(max_examples=150)
@given(
    st.lists(
        st.one_of(st.integers(0, 3), st.booleans(), st.lists(st.integers(0, 1), max_size=1)), max_size=9
    ),
    st.booleans(),
)
def test_pairs_found_by_keys_are_those_of_every_two_items(keys, ordered):
    def test(a, b):
        return (str(a), str(b)) in {("0", "1"), ("1", "1"), ("True", "2"), ("[0]", "[1]"), ("[]", "[]")}

    span = range(len(keys))
    if ordered:
        wanted = [(i, j) for i in span for j in span if i != j and test(keys[i], keys[j])]
    else:
        wanted = [
            (i, j) for i in span for j in span if i < j and (test(keys[i], keys[j]) or test(keys[j], keys[i]))
        ]
    assert pairs(list("abcdefghi")[: len(keys)], test, key=keys, ordered=ordered) == wanted


def test_pairs_by_a_question_ask_of_every_pair():
    def answer(kind, arguments):
        told = []
        for prompt in arguments["prompts"]:
            same = [re.findall(r"thing (\d+)", item) for item in items_of(prompt)]
            told.append(
                reply(
                    json.dumps(
                        {
                            str(n): "yes" if int(a) % 2 == int(b) % 2 else "no"
                            for n, (a, b) in enumerate(same, 1)
                        }
                    )
                )
            )
        return told

    asking.connect(Scripted(answer))
    assert pairs([f"thing {n}" for n in range(5)], "Both even or both odd?") == [
        (0, 2),
        (0, 4),
        (1, 3),
        (2, 4),
    ]


def test_too_many_pairs_are_refused_with_what_they_would_cost_and_the_cheaper_way():
    host = Scripted(echo)
    asking.connect(host)
    with pytest.raises(ValueError, match=r"4,950 pairs of 100 items.*left: calls=100.*one question per item"):
        pairs([f"thing {n}" for n in range(100)], "Alike?")
    assert [kind for kind, _ in host.calls] == ["estimate"]


def test_keys_must_go_with_the_items():
    with pytest.raises(ValueError, match="one key for each item"):
        pairs(["a", "b"], lambda a, b: True, key=[1])
    with pytest.raises(TypeError):
        pairs(["a"], 3)


TEXTS = st.text(alphabet="ab \n\nQ:é😀", max_size=200)
BY = st.sampled_from(["lines", "paragraphs", "characters", "items", r"Q:"])


@settings(max_examples=300)
@given(TEXTS, st.integers(1, 60), BY, st.booleans())
def test_pieces_together_are_the_whole_and_none_is_too_long(text, size, by, lazy):
    if by == "Q:" and "Q:" not in text:
        by = "lines"
    doc = Context.of(text) if lazy else text
    pieces = [str(piece) for piece in chunk(doc, size, by)]
    assert "".join(pieces) == text
    assert all(0 < len(piece) <= size for piece in pieces)


@settings(max_examples=300)
@given(TEXTS, st.integers(1, 60))
def test_a_line_is_cut_only_if_it_is_longer_than_a_piece(text, size):
    place = 0
    for piece in chunk(text, size)[:-1]:
        place += len(piece)
        if text[place - 1] != "\n":
            line = text[text.rfind("\n", 0, place) + 1 :].partition("\n")[0]
            assert len(line) + 1 > size


@settings(max_examples=300)
@given(st.lists(st.text(alphabet="ab\n", max_size=30), min_size=1, max_size=12), st.integers(1, 60))
def test_an_item_is_cut_only_if_it_is_longer_than_a_piece(items, size):
    text = "".join(f"\n# {item}" for item in items)[1:]
    starts = {match.start() for match in re.finditer(r"^# ", text, re.MULTILINE)}
    place = 0
    for piece in chunk(text, size, r"^# ")[:-1]:
        place += len(piece)
        if place not in starts:
            first = max(start for start in starts if start < place)
            end = min((start for start in starts if start > place), default=len(text))
            assert end - first > size


@settings(max_examples=300)
@given(TEXTS, st.integers(2, 60), st.sampled_from(["lines", "characters"]), st.data())
def test_an_overlap_repeats_the_end_of_the_piece_before_and_still_covers_all(text, size, by, data):
    overlap = data.draw(st.integers(1, size - 1))
    ends, lines = _rule(text, by)
    reached = 0
    for start, end in _cuts(text, size, overlap, ends, lines=lines):
        assert reached - overlap <= start <= reached < end <= start + size
        assert start in {0, reached} or by == "characters" or text[start - 1] == "\n"
        reached = end
    assert reached == len(text)
    assert len(chunk(text, size, by, overlap)) == len(
        list(_cuts(text, size, overlap, *[_rule(text, by)[0]], lines=lines))
    )


def test_a_list_is_cut_into_lists_of_whole_items():
    assert chunk(["aaa", "bb", "c", "ddddddd", "e"], size=5) == [["aaa", "bb"], ["c"], ["ddddddd"], ["e"]]


def test_items_are_found_by_a_function_of_a_line_or_by_what_most_begin_with():
    text = "1. one\nmore\n2. two\n3. three\n"
    assert chunk(text, 13, "items") == ["1. one\nmore\n", "2. two\n", "3. three\n"]
    assert chunk(text, 13, lambda line: line[:1].isdigit()) == ["1. one\nmore\n", "2. two\n", "3. three\n"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"size": 0},
        {"size": 1.5},
        {"size": True},
        {"overlap": 20_000},
        {"overlap": -1},
        {"by": "sentences"},
        {"by": "("},
        {"by": "Zz:"},
    ],
    ids=repr,
)
def test_a_cut_that_means_nothing_is_refused(wrong):
    with pytest.raises(ValueError, match="chunk"):
        chunk("some text", **wrong)


def test_only_text_and_lists_are_cut():
    for wrong in (None, 3, b"x", {"a": 1}):
        with pytest.raises(TypeError, match="chunk takes"):
            chunk(wrong)


DOC = "The sky is blue.\nIt   rains\tin Paris, since 1990.\n"


@pytest.mark.parametrize("doc", [DOC, Context.of(DOC)], ids=["text", "context"])
def test_a_quote_is_found_word_for_word_with_its_place(doc):
    assert quote(doc, "is blue") == Quote("text" if isinstance(doc, Context) else None, 8, 15, "is blue")
    found = quote(doc, "blue. It rains in Paris")
    assert DOC[found.start : found.end] == found.text == "blue.\nIt   rains\tin Paris"
    assert quote(doc, 4, 7).text == "sky"


@settings(max_examples=200)
@given(st.text(alphabet="ab c\n\té", min_size=1, max_size=60), st.data())
def test_every_part_of_a_text_can_be_quoted_with_any_spacing(text, data):
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    words = text[start:end].split()
    if words:
        found = quote(text, "  ".join(words))
        assert text[found.start : found.end] == found.text
        assert found.text.split() == words


@pytest.mark.parametrize(
    "wrong", ["It rains in Paris, since 1991.", "The sky is not blue.", "blue Paris", "zzzz"]
)
def test_words_that_are_not_there_are_refused(wrong):
    with pytest.raises(ValueError, match="does not hold"):
        quote(DOC, wrong)


def test_a_refused_quote_shows_the_nearest_passage():
    with pytest.raises(ValueError, match=r"nearest passage is at 0 to 20: 'The sky is blue"):
        quote(DOC, "The sky is not blue.")


def test_places_outside_and_things_that_are_no_words_are_refused():
    for wrong in ((5, 5), (5, 4), (-1, 3), (0, 999), (0, None)):
        with pytest.raises(ValueError, match="places"):
            quote(DOC, *wrong)
    for wrong in (None, 1.5, b"x"):
        with pytest.raises(TypeError):
            quote(DOC, wrong)
    with pytest.raises(TypeError):
        quote(None, "x")
    with pytest.raises(ValueError, match="blank"):
        quote(DOC, " ")
