"""The question that a sheet puts, and the options it implies."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import whence as wh
from whence.studio.projects.asking import options_of, question_of, value_of
from whence.studio.projects.sheet import Sheet

BOTH = {"x": "treatment", "y": "outcome"}


def test_a_typed_question_goes_before_everything():
    assert question_of(Sheet(question=" why? ", parts=BOTH, contrast=("0", "1"))) == "why?"


def test_treatment_and_outcome_make_a_question():
    assert question_of(Sheet(parts=BOTH)) == "ATE(x -> y)"


def test_the_values_that_are_compared_stand_in_it_the_second_against_the_first():
    made = question_of(Sheet(parts=BOTH, contrast=("0", "1")))
    assert made == "E[y | do(x=1)] - E[y | do(x=0)]"


@pytest.mark.parametrize("told", [{}, {"x": "treatment"}, {"y": "outcome"}, {"x": "placebo", "y": "weights"}])
def test_one_of_the_two_alone_makes_none(told):
    assert question_of(Sheet(parts=told, contrast=("0", "1"))) == ""


NAMES = st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp")), min_size=1, max_size=12).filter(
    lambda name: name.strip()
)


@settings(max_examples=60, deadline=None)
@given(NAMES, NAMES, NAMES, NAMES)
def test_whatever_the_names_and_values_the_question_reads_back_to_them(treatment, outcome, low, high):
    if treatment == outcome or value_of(low) == value_of(high):
        return
    sheet = Sheet(parts={treatment: "treatment", outcome: "outcome"}, contrast=(low, high))
    contrast = wh.query(question_of(sheet)).contrast
    assert contrast is not None
    assert (contrast.treatment, contrast.outcome) == (treatment, outcome)
    assert (contrast.level, contrast.base) == (value_of(high), value_of(low))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1),
        (" 1 ", 1),
        ("-2", -2),
        ("−2.5", -2.5),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("true", True),
        ("False", False),
        ("1e999", "1e999"),
        ("nan", "nan"),
        ("10 mg", "10 mg"),
        ("1_000", "1_000"),
        ("٣", "٣"),
    ],
)
def test_a_value_is_what_a_person_means_by_it(text, value):
    assert value_of(text) == value
    assert type(value_of(text)) is type(value)


def test_options_are_told_where_there_are_any():
    parts = {"n": "weights", "v": "cluster", "p": "placebo", "q": "placebo", "i": "ignored", **BOTH}
    sheet = Sheet(parts=parts, derive={"u": "x + 1"}, where="x > 0", method="ols", seed=7, level=0.9)
    assert options_of(sheet) == {
        "method": "ols",
        "seed": 7,
        "level": 0.9,
        "where": "x > 0",
        "derive": {"u": "x + 1"},
        "weights": "n",
        "clusters": "v",
        "placebo_outcomes": ("p", "q"),
    }


def test_a_blank_sheet_asks_in_the_usual_way():
    assert options_of(Sheet()) == {"method": "auto", "seed": 0, "level": 0.95}


def test_ask_takes_the_options_as_they_are():
    data = {"x": [0, 0, 1, 1] * 40, "y": [1, 2, 2, 3] * 40, "n": [1] * 160}
    sheet = Sheet(parts={**BOTH, "n": "weights"}, method="ols", where="y < 4", contrast=("0", "1"))
    answer = wh.ask(question_of(sheet), data, "x -> y", **options_of(sheet))
    assert answer.estimate is not None
    assert answer.estimate.value == pytest.approx(1.0)
