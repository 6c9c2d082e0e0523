"""Which questions the graph answers with zero: those about worlds that are one in all they mention."""

import pytest

from whence.identification.identify import identify
from whence.identification.no_effect import come_after, excluded
from whence.identification.verify import verify
from whence.language.graph_text import graph
from whence.language.query import att, effect
from whence.language.query_text import query


@pytest.mark.parametrize(
    ("text", "drawing", "expected"),
    [
        ("E[y | do(x=1)] - E[y | do(x=0)]", "z -> x; z -> y", True),
        ("E[y | do(x=1)] - E[y | do(x=0)]", "z -> x; z -> y; x -> y", False),
        ("E[y | do(x=1)] - E[y | do(x=0)]", "y -> x; x <-> y", True),
        ("E[y | do(x=1)] - E[y | do(x=0)]", "x -> m -> y", False),
        # What x selects may hold an effect, though x moves no y: w is common to both.
        ("E[y | do(x=1), w=1] - E[y | do(x=0), w=1]", "x -> w <- y", False),
        ("E[y | do(x=1), w=1] - E[y | do(x=0), w=1]", "w -> x; w -> y", True),
        ("P(y=1 | do(x=1)) - P(y=0 | do(x=0))", "z -> x; z -> y", False),
        ("P(y=1 | x=1) - P(y=1 | x=0)", "z -> x; z -> y", False),
        ("P(y=1 | do(x=1)) - P(y=1 | do(x=1))", "x -> y", False),
        ("E[y_{x=1} | x=0] - E[y_{x=0} | x=0]", "z -> x; z -> y", True),
        ("P(y=1 | do(x=1))", "z -> x; z -> y", False),
    ],
)
def test_only_a_difference_of_worlds_that_are_one_is_excluded(text, drawing, expected):
    assert excluded(query(text), graph(drawing)) is expected


def test_a_hidden_variable_may_carry_the_effect():
    assert not excluded(effect("x", "y"), graph("x -> u -> y", latent=["u"]))


def test_among_the_treated_no_second_level_is_needed_where_nothing_leads_to_the_outcome():
    drawing = graph("z -> x; z -> y; x <-> y")
    found = identify(att("x", "y", 1, 0), drawing)
    assert verify(found, drawing)
    assert not any("two values only" in each.statement for each in found.assumptions)


def test_what_comes_after_the_treatment_is_named():
    assert come_after(query("E[y | do(x=1), m=1, z=0]"), graph("z -> x -> m -> y")) == ("m",)
    assert come_after(query("P(y | m)"), graph("x -> m -> y")) == ()
