"""The tree of a run counts what happened, grows as it happens, and shows no stranger's text but as text."""

import html.parser
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlm.runs import BAD, a_hostile_run, a_run, batch, called, ran, replied, started
from whence.rlm.events import Noted
from whence.rlm.messages import Usage
from whence.rlm.views.markup import element, style
from whence.rlm.views.showing import columns, cut, fitted, visible
from whence.rlm.views.tree import MOST_SHOWN_CALLS, RunTree, TreeBuilder, tree_of
from whence.rlm.views.tree_html import POLICY, to_html
from whence.rlm.views.tree_style import STYLE
from whence.rlm.views.tree_text import to_text


class Page(html.parser.HTMLParser):
    """What is in a page: its elements with their attributes, and its text."""

    def __init__(self, page):
        super().__init__()
        self.elements, self.texts = [], []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.texts.append(data)


def test_the_tree_holds_the_turns_the_cells_and_what_they_asked():
    tree = tree_of(a_run())
    assert [turn.number for turn in tree.turns] == [1, 2, 3, 4, 5]
    assert [len(turn.steps) for turn in tree.turns] == [1, 1, 1, 0, 2]
    [asked] = tree.turns[1].steps[0].batches
    assert (asked.asked, asked.totals.calls, asked.totals.failed, asked.totals.shared) == (64, 64, 2, 8)
    assert asked.errors == {"rate_limited": 2}
    assert tree.turns[1].steps[0].ran.error.startswith("SubCallFailed")
    assert tree.turns[2].steps[0].children == ("0.0",)
    assert [child.run for child in tree.children] == ["0.0"]
    assert tree.children[0].ended.answer == "March"
    assert [note.at for note in tree.notes] == [11.0, 12, 12.1]
    assert tree.budget.calls == 66 and tree.seconds == 15.5


def test_the_sums_are_those_of_the_calls_and_replies_and_shared_ones_are_free():
    tree = tree_of(a_run())
    assert tree.own.replies == 5 and tree.totals.replies == 6
    assert tree.own.usd == pytest.approx(5 * 0.0042 + 54 * 0.0005)
    assert tree.totals.usd == pytest.approx(6 * 0.0042 + 54 * 0.0005)
    assert tree.totals.usage == Usage(6 * 2_100 + 54 * 150, 6 * 180 + 54 * 3)
    assert tree.totals.unpriced == 0 and tree.totals.cost is not None


def test_a_cost_without_a_price_is_not_called_free():
    tree = tree_of([started(), replied(1, 1.0, usd=None)])
    assert tree.totals.unpriced == 1 and tree.totals.cost is None
    assert "no price" in to_text(tree) and "no price" in to_html(tree)
    shared, failed = called(1, 1.0, usd=None, shared=True), called(2, 1.0, error="x")
    told = [started(), batch(3), called(0, 1.0, usd=None), shared, failed]
    tree = tree_of(told)
    assert tree.totals.unpriced == 1 and tree.totals.cost is None


def test_of_many_calls_the_first_and_the_first_failed_are_shown():
    told = [
        started(),
        batch(1_000),
        *(called(i, 1.0, error="timed_out: x" if i > 500 else None) for i in range(1_000)),
    ]
    [asked] = tree_of(told).turns[0].steps[0].batches
    assert len(asked.shown) == 2 * MOST_SHOWN_CALLS
    assert asked.totals.calls == 1_000 and asked.errors == {"timed_out": 499}


def test_a_tree_that_was_given_out_does_not_change_when_more_happens():
    builder = TreeBuilder()
    seen = []
    for event in a_run():
        builder.add(event)
        seen.append((builder.tree(), repr(builder.tree())))
    assert all(repr(tree) == before for tree, before in seen)
    assert seen[-1][0] == tree_of(a_run())
    for tree, _ in seen:
        assert to_text(tree) and to_html(tree)


def test_while_calls_are_open_the_tree_says_so():
    events = [started(), replied(1, 1.0), batch(64), *(called(i, 2.0) for i in range(10))]
    tree = tree_of(events)
    assert tree.ended is None and tree.turns[0].steps[0].ran is None
    assert "64 calls, 54 open" in to_text(tree) and "open" in to_text(tree).splitlines()[1]


def test_a_run_that_goes_on_after_a_kill_begins_its_tree_anew():
    events = list(a_run())
    assert tree_of([*events[:30], *events]) == tree_of(events)


def test_runs_below_runs_are_counted_with_their_parents():
    events = [started()]
    for depth in range(1, 60):
        run = ".".join(["0"] * (depth + 1))
        events += [started(run, at=float(depth)), replied(1, float(depth), run=run)]
    tree = tree_of(events)
    assert tree.totals.replies == 59 and tree.own.replies == 0
    text = to_text(tree, full=True)
    assert max(map(columns, text.splitlines())) <= 100
    assert to_html(tree)


@given(st.permutations(list(a_run())[:40]), st.integers(0, 40))
def test_events_in_any_order_or_cut_anywhere_make_a_tree(events, end):
    tree = tree_of(events[:end])
    assert isinstance(tree, RunTree)
    assert to_text(tree, full=True).endswith("\n")


# ── as text ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_text_has_a_line_for_each_step():
    lines = to_text(tree_of(a_run())).splitlines()
    assert lines[0] == "What do the customers complain about most, and in which month?"
    assert lines[1] == "● answered: Late delivery, most of all in March."
    assert "bubblewrap" in lines[2] and "1,934 calls" in lines[2]
    [asked] = [line for line in lines if line.startswith("├─ 2")]
    assert "64 calls, 2 failed, 8 shared" in asked and "$0.0312" in asked and asked.endswith("5.1 s")
    assert sum("■ SubCallFailed" in line for line in lines) == 1
    assert any("run 0.0" in line for line in lines) and any(
        "lost with the session: reviews" in line for line in lines
    )
    assert "topics = llm" not in "\n".join(lines)
    assert "topics = llm" in to_text(tree_of(a_run()), full=True)


@pytest.mark.parametrize("width", [60, 80, 100, 140])
@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("run", [a_run, a_hostile_run])
def test_no_line_is_wider_than_asked_and_none_moves_the_cursor(run, full, width):
    text = to_text(tree_of(run()), full=full, width=width)
    assert max(map(columns, text.splitlines())) <= width
    assert all(character.isprintable() for character in text.replace("\n", ""))
    assert len(text) < 200_000


def test_wide_letters_take_two_columns():
    tree = tree_of(
        [started(question="語" * 200), replied(1, 1.0), ran(1, 2.0, "x = '" + "語" * 90 + "'", "語" * 300)]
    )
    assert max(map(columns, to_text(tree, full=True).splitlines())) <= 100
    assert fitted("語語語", 5) == "語語…"


def test_long_output_is_cut_and_the_number_said():
    tree = tree_of([started(), replied(1, 1.0), ran(1, 2.0, "x", "y" * 1_000_000)])
    assert "… 996,000 characters are not shown …" in to_text(tree, full=True)
    assert "… 980,000 characters are not shown …" in to_html(tree)
    assert len(to_html(tree)) < 60_000
    assert cut("abc", 3) == ("abc", 0)


# ── as a page ───────────────────────────────────────────────────────────────────────────────────────────────


def test_the_page_needs_nothing_and_may_do_nothing():
    page = Page(to_html(tree_of(a_run())))
    tags = {tag for tag, _ in page.elements}
    assert not tags & {"script", "link", "img", "iframe", "a", "form", "object", "base"}
    assert "details" in tags and "svg" in tags
    told = next(attributes for _, attributes in page.elements if attributes.get("http-equiv"))
    assert told["content"] == POLICY
    assert POLICY.startswith("default-src 'none'") and "unsafe" not in POLICY
    assert all(
        not key.startswith("on") and key != "style" for _, attributes in page.elements for key in attributes
    )
    assert not re.search(r"url\(|@import|https?:", to_html(tree_of(a_run())))


def test_the_page_tells_the_run():
    text = " ".join(Page(to_html(tree_of(a_run()))).texts)
    for words in (
        "What do the customers", "Late delivery, most of all in March.", "big-model", "bubblewrap",
        "64, 2 failed, 8 shared", "21,942", "$0.0522", "SubCallFailed", "rate_limited", "Run 0.0",
        "two calls failed", "reviews",
    ):  # fmt: skip
        assert words in text, words


def test_the_page_draws_when_each_step_was():
    page = Page(to_html(tree_of(a_run())))
    bars = [attributes for tag, attributes in page.elements if tag == "rect" and "%" in attributes["width"]]
    assert {bar["class"] for bar in bars} == {"reply", "cell", "calls"}
    for bar in bars:
        left, width = float(bar["x"][:-1]), float(bar["width"][:-1])
        assert left >= 0 and width > 0 and left + width <= 100.01


def test_hostile_texts_are_only_text():
    page = to_html(tree_of(a_hostile_run()))
    assert "<script" not in page.casefold()
    assert "\u202e" not in page and "\x1b" not in page and "\x00" not in page and "\x9b" not in page
    parsed = Page(page)
    assert not {tag for tag, _ in parsed.elements} & {"script", "img"}
    assert "<script>alert(1)</script>" in " ".join(parsed.texts)
    assert "\\u202e" in page and len(page) < 400_000
    page.encode("utf-8")


@given(st.text(max_size=40))
def test_any_text_comes_through_the_page_as_it_can_be_seen(text):
    tree = tree_of([started(question="q"), Noted(message=text or "-", at=1.0)])
    [note] = [part for part in Page(to_html(tree)).texts if part == visible(text or "-", keep="\n\t")][:1]
    assert note == visible(text or "-", keep="\n\t")


@pytest.mark.parametrize(
    ("name", "attributes"),
    [
        ("script", {}),
        ("a", {}),
        ("p>", {}),
        ("p", {"onclick": "x"}),
        ("p", {"style": "x"}),
        ("p", {'a"': 1}),
        ("P", {}),
    ],
)
def test_nothing_that_can_act_is_built(name, attributes):
    with pytest.raises(ValueError, match="here"):
        element(name, attributes)


def test_what_is_built_is_escaped_everywhere():
    made = str(element("p", {"title": BAD}, BAD))
    [(tag, attributes)] = Page(made).elements
    assert tag == "p" and set(attributes) == {"title"} and attributes["title"] == visible(BAD)
    with pytest.raises(ValueError, match="style"):
        style("</style><script>")
    assert "<" not in STYLE
