"""Two worlds in words: what is said of a mechanism is what it does, and what is shown is what was proved."""

import html
import random
import re
from dataclasses import replace
from fractions import Fraction
from itertools import product

import pytest

from whence.explanation.answer import Answer
from whence.explanation.worlds import TwoWorlds, mechanism_words, two_worlds
from whence.explanation.worlds_text import worlds_lines
from whence.identification.identify import identify
from whence.language.graph_text import graph
from whence.language.model import HiddenCause, Mechanism, StructuralModel
from whence.language.query_text import query
from whence.language.refusals import TWO_MODELS, NotIdentified
from whence.language.source import Source

QUESTIONS = {
    "bow": ("P(y | do(x))", "x -> y; x <-> y", None),
    "contrast": ("ATE(x -> y)", "x -> y; x <-> y; z -> x; z -> y", None),
    "two worlds": ("P(y_{x=0}=0, y_{x=1}=1)", "x -> y", None),
    "a given distribution": ("P(y | do(x))", "x -> m -> y; x <-> m; m <-> y", ["P(x, m, y)"]),
    "another population": (
        "P(y | do(x))", "x -> z -> y; x <-> y",
        ["P(x, z)", Source(query("P@trial(y | do(z))").body, ("y", "z"))],
    ),
    "large": ("P(y | do(x))", "x -> a -> b -> c -> d -> e -> f -> g -> h -> i -> y; x <-> y; x <-> a", None),
    "words for values": ("P(y=b | do(x=on))", "x -> y; x <-> y", None),
}  # fmt: skip


def refusal(kind: str) -> NotIdentified:
    text, drawing, given = QUESTIONS[kind]
    found = identify(query(text), graph(drawing), given)
    assert isinstance(found, NotIdentified)
    return found


def shown(kind: str) -> TwoWorlds:
    found = two_worlds(refusal(kind))
    assert found is not None
    return found


def answer(kind: str) -> Answer:
    found = refusal(kind)
    return Answer(QUESTIONS[kind][0], found.query, refusal=found, graph=found.graph, verified=True)


# ── what is said of a mechanism ─────────────────────────────────────────────────────────────────────────────


def said(words: str, case: dict[str, int]) -> int:
    """What a mechanism does in a case, going by the words alone."""
    halves = re.split(r"(?:^|; )where (\w+) = (\d+): ", words)
    if len(halves) > 1:
        parts = {int(value): text for value, text in zip(halves[2::3], halves[3::3], strict=True)}
        return said(parts[case[halves[1]]], case)
    if found := re.fullmatch(r"always (\d+)", words):
        return int(found[1])
    if found := re.fullmatch(r"copies (\w+)", words):
        return case[found[1]]
    if found := re.fullmatch(r"the opposite of (\w+)", words):
        return 1 - case[found[1]]
    if found := re.fullmatch(r"1 where (\w+) and (\w+) (differ|agree), else 0", words):
        return int((case[found[1]] != case[found[2]]) == (found[3] == "differ"))
    if found := re.fullmatch(r"1 where an (odd|even) number of (.*) are 1, else 0", words):
        number = sum(case[name] for name in re.split(r", | and ", found[2]))
        return int(number % 2 == (found[1] == "odd"))
    if found := re.fullmatch(r"(\d+) where (\w+ = .*), else (\d+)", words):
        pairs = (part.split(" = ") for part in found[2].split(" and "))
        return int(found[1] if all(case[name] == int(value) for name, value in pairs) else found[3])
    *told, rest = words.split(", ")
    for each in told:
        found = re.fullmatch(r"(\d+) where (\w+) is (.*)", each)
        assert found, words
        if case[found[2]] in map(int, found[3].split(" or ")):
            return int(found[1])
    return int(rest.removeprefix("else "))


def model_of(table: tuple[int, ...], sizes: tuple[int, ...]) -> tuple[Mechanism, StructuralModel]:
    names = ["X", "U1", "U2", "U3"][: len(sizes)]
    causes = [
        HiddenCause(name, (Fraction(1, size),) * size)
        for name, size in zip(names[1:], sizes[1:], strict=True)
    ]
    mechanism = Mechanism("Y", tuple(names), table)
    levels = (("X", tuple(range(sizes[0]))), ("Y", tuple(sorted({0, 1, *table}))))
    return mechanism, StructuralModel(levels, tuple(causes), (mechanism,))


def check(table: tuple[int, ...], sizes: tuple[int, ...]) -> bool:
    mechanism, model = model_of(table, sizes)
    words = mechanism_words(mechanism, model)
    if words is None:
        return False
    for case, value in zip(product(*map(range, sizes)), table, strict=True):
        assert said(words, dict(zip(mechanism.inputs, case, strict=True))) == value, words
    return True


@pytest.mark.parametrize("sizes", [(2,), (3,), (2, 2), (2, 3), (2, 2, 2)])
def test_the_words_for_a_mechanism_say_what_it_does_in_every_case(sizes: tuple[int, ...]):
    cells = len(list(product(*map(range, sizes))))
    told = sum(check(table, sizes) for table in product((0, 1), repeat=cells))
    assert told > cells  # copies, parities and exceptions at least


def test_the_words_say_what_larger_mechanisms_do():
    chance = random.Random(4)
    told = 0
    for _ in range(300):
        fixed = chance.randrange(2)
        sizes = (2, 2, 2, 2)
        table = tuple(
            (sum(case[1:]) % 2 if case[0] == fixed else case[chance.randrange(1, 2)])
            for case in product(*map(range, sizes))
        )
        told += check(table, sizes)
        check(tuple(chance.choice((0, 1, 2)) for _ in range(6)), (2, 3))
    assert told == 300


# ── what is shown of the two ────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("kind", QUESTIONS)
def test_the_sentence_says_both_values_and_they_are_not_the_same_text(kind: str):
    worlds = shown(kind)
    first, second = worlds.parts[0].first, worlds.parts[0].second
    assert first != second
    assert worlds.sentence.endswith(f"{first} in one and {second} in the other.")
    pair = refusal(kind).models
    if pair is not None and "about" not in first:
        assert (Fraction(first), Fraction(second)) == pair.values


@pytest.mark.parametrize("kind", QUESTIONS)
def test_every_view_shows_the_two_worlds(kind: str):
    found, worlds = answer(kind), shown(kind)
    views = [found.to_text(full=True), html.unescape(found.to_html()), found.to_markdown(), found.to_latex()]
    for view in views:
        flat = re.sub(r"[\s\\]+", "", view)
        assert "Two worlds" in view
        assert re.sub(r"\s+", "", worlds.parts[0].first) in flat
        if len(worlds.parts) > 1:
            assert "second world" in view
    assert re.sub(r"\s+", "", worlds.sentence) in re.sub(r"\s+", "", found.to_text())


@pytest.mark.parametrize("kind", QUESTIONS)
def test_the_reason_does_not_say_twice_that_there_are_two_models(kind: str):
    assert TWO_MODELS in answer(kind).refusal.message
    for view in (answer(kind).to_text(full=True), answer(kind).to_markdown()):
        assert "Two models agree" not in view


def test_small_worlds_are_shown_whole_and_large_ones_counted():
    bow = shown("bow")
    assert [part.name for part in bow.parts[1:]] == ["U1 (hidden)", "U2 (hidden)", "x", "y"]
    assert bow.parts[-1].first == "1 where an odd number of x, U1 and U2 are 1, else 0"
    assert bow.parts[-1].second == "copies U2"
    large = shown("large")
    assert len(large.parts) == 1
    assert "11 mechanisms" in large.note


def test_what_differs_in_another_population_is_shown_and_the_rest_is_not_shown_twice():
    names = [part.name for part in shown("another population").parts]
    assert [name for name in names if name.endswith(", in trial")] == ["U2 (hidden), in trial", "y, in trial"]
    assert len(names) == len(set(names))


def test_the_open_values_are_those_at_which_the_two_differ():
    found = refusal("bow")
    at = {term.name: term.value for term in found.models.at}
    assert shown("bow").parts[0].name == f"P(y={at['y']} | do(x={at['x']}))"


def test_a_table_shows_the_mechanism_of_either_world():
    worlds, found = shown("words for values"), refusal("words for values").models
    table = next(table for table in worlds.tables if table.title == "y")
    assert table.head == ("x", "U1", "U2", "first world", "second world")
    mechanism = next(each for each in found.first.mechanisms if each.variable == "y")
    assert mechanism.inputs == ("x", "U1", "U2")
    assert [row[-2].strip('"') for row in table.rows] == list(mechanism.table)


@pytest.mark.parametrize("width", [60, 80, 100])
@pytest.mark.parametrize("kind", QUESTIONS)
def test_the_lines_keep_to_the_width(kind: str, width: int):
    lines = list(worlds_lines(shown(kind), width))
    assert lines
    assert max(map(len, lines)) <= width


def test_models_that_are_none_are_not_shown_and_break_no_view():
    found = refusal("bow")
    short = replace(found.models.first, mechanisms=(Mechanism("x", ("nobody",), (0,)),))
    broken = replace(found, models=replace(found.models, first=short))
    assert "do not fit together" in two_worlds(broken).note
    bad = replace(answer("bow"), refusal=broken, verified=False)
    assert all("Two worlds" in view for view in (bad.to_text(full=True), bad.to_html(), bad.to_latex()))


def test_a_refusal_without_models_shows_none():
    assert two_worlds(NotIdentified("no")) is None
