"""A refusal says why in plain words, settles what is settled, and offers linearity where it helps."""

import pytest

from whence.data.reading import table
from whence.estimation.api import estimate
from whence.identification.identify import identify
from whence.identification.linear.identify_linear import identify_linear
from whence.identification.refusing import LINEAR, UNDECIDED
from whence.language.estimand import Estimand
from whence.language.graph_text import graph
from whence.language.linear import LinearEstimand
from whence.language.query_text import query
from whence.language.refusals import TWO_MODELS, NotIdentified, NotYetAnswerable
from whence.runtime.errors import UnsuitableMethod


def reply(text, drawing, given=None):
    return identify(query(text), graph(drawing), given)


@pytest.mark.parametrize(
    ("text", "drawing", "why"),
    [
        ("P(y | do(x))", "x -> y; x <-> y", "unobserved common causes join x with y."),
        (
            "P(y_{x=0}=0, y_{x=1}=1)", "x -> y",
            ("what y would be had x been 0 and what it would be had x been 1 are needed for the same case, "
            "and no data show both."),
        ),
        (
            "P(y_{x=0}=1 | m=1)", "x -> m -> y; x <-> y",
            ("what m was and what it would be had x been 0 are needed for the same case, "
            "and no data show both."),
        ),
        (
            "P(y_{x=0}=1, m=1)", "x -> m; x -> y; m <-> y",
            ("m and y share unobserved causes and are needed with x as it was and with x = 0 for the same "
            "case, and no data show both."),
        ),
    ],
)  # fmt: skip
def test_why_is_said_in_words_that_read_well(text, drawing, why):
    found = reply(text, drawing)
    assert isinstance(found, NotIdentified)
    assert found.message.endswith(f"is not determined: {why} {TWO_MODELS}")


def test_several_variables_are_listed_as_a_sentence_lists_them():
    found = reply("P(y | do(x))", "x -> m -> y; x <-> m; m <-> y; x <-> y")
    assert "join x with m and y." in found.message
    found = reply("P(y | do(x))", "x -> m -> y; x <-> m; m <-> y", ["P(x, m, y)"])
    assert "how m and y respond when all else is set" in found.message


def test_what_is_not_settled_is_not_called_not_determined():
    # What is asked is identified from P(y | x) only at the values that are given: no procedure here says so.
    found = reply("P(y | do(x), s=1)", "x -> y; s -> y", ["P(y | x, s=1)"])
    assert isinstance(found, NotYetAnswerable)
    assert found.message.startswith("No formula was found for P(y | do(x), s=1): ")
    assert found.message.endswith(UNDECIDED)
    assert "not determined" not in found.message


@pytest.mark.parametrize(
    "drawing",
    ["z -> x -> y; x <-> y", "x -> y; x <-> y", "z -> x -> y; x <-> y; z <-> y", "x -> m -> y; x <-> m"],
)
def test_linearity_is_offered_where_and_only_where_it_gives_a_formula(drawing):
    known = graph(drawing)
    linear = isinstance(identify_linear(known, "x", "y", "total"), LinearEstimand)
    for text in ("E[y | do(x=1)] - E[y | do(x=0)]", "ATT(x -> y)", "P(y | do(x))"):
        found = identify(query(text), known)
        assert isinstance(found, NotIdentified)
        assert any(LINEAR in each for each in found.would_help) == linear


@pytest.mark.parametrize("text", ["P(y | do(x), w)", "P(y_{x=0}=0 | x=1, y=1)", "P(y, w | do(x))"])
def test_linearity_is_not_offered_for_what_it_does_not_answer(text):
    found = reply(text, "z -> x -> y; x <-> y; w -> y")
    assert not any(LINEAR in each for each in getattr(found, "would_help", ()))


def test_a_formula_of_two_populations_is_not_evaluated_on_one_table():
    found = reply("P(y=1 | do(x=1))", "z -> x -> y; z -> y", ["P@there(x, y, z)", "P(z)"])
    assert isinstance(found, Estimand)
    rows = table({"x": [0, 1] * 20, "z": [0, 1, 1, 0] * 10, "y": [1, 1, 0, 0] * 10})
    with pytest.raises(UnsuitableMethod, match="P@there"):
        estimate(found, rows)
