import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from language.queries import Maker, queries
from whence.language.causation import as_causation, causation_body
from whence.language.expression import Difference, Expectation, P, Product, Quotient, Term
from whence.language.mediation import Mediated, as_mediated, mediated_body, path_specific
from whence.language.query import Contrast, Query, ate, att, cate, effect
from whence.language.query_text import query
from whence.runtime.errors import (
    InvalidQuery,
    QueryError,
    QuerySyntax,
    RepeatedVariable,
    TreatmentIsOutcome,
)


def same(one: object, other: object) -> bool:
    """Equal, and of equal types all the way down: 1, 1.0 and True are three values here."""
    return one == other and repr(one) == repr(other)


@settings(max_examples=5000)
@given(queries())
def test_every_query_is_written_and_read_back_exactly(asked):
    assert same(query(str(asked)), asked), str(asked)


@settings(max_examples=1000)
@given(st.text(alphabet='PEAT XY_{}[]()=|,-/*"\\.01 do>vsby', max_size=30))
def test_any_text_is_a_query_or_one_clear_error(text):
    try:
        asked = query(text)
    except QueryError as error:
        assert error.message
    else:
        assert query(str(asked)) == asked


def test_the_examples_of_the_design_mean_what_they_say():
    one, zero = Term("X", 1), Term("X", 0)
    assert query("P(Y=1 | X=1)").body == P(Term("Y", 1), one)
    assert query("P(Y=1 | do(X=1), Z=z)").body == P(Term("Y", 1), Term("Z", "z"), one)
    imagined = P(Term("Y", 0, (zero,)), (one, Term("Y", 1)))
    assert query("P(Y_{X=0}=0 | X=1, Y=1)").body == imagined
    nested = Term("Y", None, (one, Term("M", None, (zero,))))
    assert query("E[Y_{X=1, M_{X=0}}]").body == Expectation("Y", P(nested))
    assert query("P(B=1|do(J=1),do(M=1))") == query("P(B=1 | do(J=1, M=1))")
    assert query("ATT(X -> Y) assuming monotone(X -> Y), exogenous(X)").assuming == (
        "monotone(X -> Y)",
        "exogenous(X)",
    )
    assert str(query("P(Y=1 | do(X=1), Z=z)")) == "P(Y=1 | do(X=1), Z=z)"


def test_contrasts_written_out_are_the_named_contrasts():
    assert query("E[Y | do(X=1)] - E[Y | do(X=0)]") == ate("X", "Y", 1, 0) == effect("X", "Y", 1, 0)
    assert query("ATE(X=1 vs X=0 -> Y)") == query("ATE(X=1 vs 0 -> Y)") == ate("X", "Y", 1, 0)
    assert query("E[Y_{X=1} - Y_{X=0} | X=1]") == att("X", "Y", 1, 0)
    assert query("E[Y_{X=1} | X=1, Z] - E[Y_{X=0} | X=1, Z]").contrast == Contrast(
        "ATT", "X", "Y", 1, 0, ("Z",)
    )
    assert query("E[Y | do(X=2), Z] - E[Y | Z, do(X=1)]") == cate("X", "Y", "Z", 2, 1)
    assert query("CATE(X -> Y by W, Z)") == cate("X", "Y", ["Z", "W"])
    assert query("E[Y_{X=1} - Y_{X=0} | X=0]").contrast is None, "that is the effect among the untreated"
    assert query("E[Y | do(X=1), Z=1] - E[Y | do(X=0), Z=1]").contrast is None


def test_parts_of_effects_and_probabilities_of_causation_are_spelt_out():
    assert str(query("NDE(X -> Y via M)")) == "E[Y_{M_{X=0}, X=1}] - E[Y_{X=0}]"
    assert str(query("NIE(X=b vs X=a -> Y via M, N)")) == "E[Y_{M_{X=b}, N_{X=b}, X=a}] - E[Y_{X=a}]"
    assert str(query("CDE(X -> Y via M=m)")) == "E[Y | do(M=m, X=1)] - E[Y | do(M=m, X=0)]"
    assert query("PN(X=1 -> Y=1)").body == query("P(Y_{X=0}=0 | X=1, Y=1)").body
    assert query("PS(X=true -> Y=true)") == query("P(Y_{X=true}=true | X=false, Y=false)")
    assert query("PNS(X=a vs X=b -> Y=1)") == query("P(Y_{X=a}=1, Y_{X=b}=0)")
    share = query("NIE(X -> Y via M) / (E[Y | do(X=1)] - E[Y | do(X=0)])").body
    assert isinstance(share, Quotient)
    assert share.numerator == query("NIE(X -> Y via M)").body


def test_a_path_is_a_setting_and_no_variable():
    asked = query("PSE(X -> Y via X -> M -> Y, X -> Y)")
    assert str(asked) == 'E[Y_{X=0, "along X -> M -> Y"=1, "along X -> Y"=1}] - E[Y_{X=0}]'
    assert asked.treatments == ("X",)
    assert set(asked.variables) == {"X", "M", "Y"}
    assert asked == path_specific("X", "Y", [("X", "Y"), ("X", "M", "Y")])


@settings(max_examples=300)
@given(st.integers(0, 2**40))
def test_parts_and_probabilities_of_causation_are_recognised_and_written_back(seed):
    maker = Maker(seed)
    try:
        asked = maker.part()
    except QueryError:
        return
    body = mediated_body(asked) if isinstance(asked, Mediated) else causation_body(asked)
    again = as_mediated(body) if isinstance(asked, Mediated) else as_causation(body)
    assert again is not None
    assert (mediated_body(again) if isinstance(again, Mediated) else causation_body(again)) == body
    assert same(query(str(Query(body))), Query(body))


def test_open_and_closed_contrasts_are_different_questions():
    assert str(ate("X", "Y")) == "ATE(X -> Y)"
    assert ate("X", "Y") != ate("X", "Y", 1, 0)
    assert ate("X", "Y").body == ate("X", "Y", 1, 0).body
    assert str(att("X", "Y", base="b")) == "ATT(X vs X=b -> Y)"
    assert str(att("X", "Y", 1, 0)) == "E[Y_{X=1} | X=1] - E[Y_{X=0} | X=1]"


def test_fractions_and_products_are_read_from_the_left():
    a, b, c = P("a"), P("b"), P("c")
    assert query("P(a) / P(b) - P(c)").body == Difference(Quotient(a, b), c)
    assert query("P(a) P(b) / P(c)").body == Quotient(Product((a, b)), c)
    assert query("P(a) * P(b) * P(c)").body == Product((a, b, c))
    assert query("P(a) - (P(b) - P(c))").body == Difference(a, Difference(b, c))


def test_values_are_numbers_truth_words_or_text():
    term = query('P(A=-1, B=2.5, C=true, D=yes, F="true", G="1", H=1e-3, I=−4)').body.of
    assert [type(t.value) for t in term] == [int, float, bool, str, str, str, float, int]
    assert [t.value for t in term] == [-1, 2.5, True, "yes", "true", "1", 0.001, -4]


@pytest.mark.parametrize(
    ("text", "column", "hint"),
    [
        ("P(Y | do(X=1)", 14, "missing"),
        ("P(Y=1 | X=)", 11, "value is missing"),
        ("P(| X)", 3, "variable is missing"),
        ("P(do(X) | Y)", 3, "after the bar"),
        ("P(Y > 1)", 5, "derive a column"),
        ("Pr(Y=1)", 1, "Did you mean P?"),
        ("ATTE(X -> Y)", 1, "Did you mean"),
        ("ATE(X, Y)", 6, "ATE(X -> Y)"),
        ("ATE(X=1 vs Z=0 -> Y)", 12, "two levels"),
        ("ATE(X -> Y) - ATE(X -> Z)", 13, "stands by itself"),
        ("E[Y=1 | X]", 3, "P(Y=1"),
        ("E[Y, Z]", 4, "one variable"),
        ("1e4*P(Y)", 1, "number"),
        ("P(Y) + P(X)", 6, "Sums"),
        ("P(Y) P(X", 9, "missing"),
        ('P("Y | X)', 3, "not closed"),
        ("P(“Y”)", 3, "straight quotes"),
        ("", 1, "missing"),
        ("effect of X on Y", 1, "no query"),
        ("P(Y) assuming", 14, "assumption is missing"),
        ("P(Y) assuming monotone(X -> Y", 30, "missing"),
        ("P(Y X)", 5, "comma"),
        ("P(Y | X) given Z", 10, "not expected"),
        ("NDE(X -> Y)", 11, "via is missing"),
        ("NDE(gender: M->F, admit; mediator dept)", 24, "no meaning"),
        ("CDE(X -> Y via M)", 17, "M=0"),
        ("PN(X=1, Y=1)", 7, "PN(X=1 -> Y=1)"),
        ("PSE(X -> Y via )", 16, "X -> M -> Y"),
    ],
)
def test_an_error_points_at_the_column_and_proposes(text, column, hint):
    with pytest.raises(QuerySyntax) as error:
        query(text)
    assert error.value.column == column, str(error.value)
    assert hint in str(error.value)


@pytest.mark.parametrize(
    "text",
    [
        "LATE(X -> Y)",
        "why Y at row 1042",
        "is X=1 an actual cause of Y=1 at row 7",
    ],
)
def test_forms_that_come_later_are_known_and_refused(text):
    with pytest.raises(InvalidQuery, match="not supported yet"):
        query(text)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("ATE(X -> X)", TreatmentIsOutcome),
        ("P(X | do(X=1))", TreatmentIsOutcome),
        ("P(Y, X | do(X))", TreatmentIsOutcome),
        ("P(Y_{Y=1})", TreatmentIsOutcome),
        ("P(Y | X, X=1)", RepeatedVariable),
        ("P(Y | X, do(X))", RepeatedVariable),
        ("CATE(X -> Y by Z, Z)", RepeatedVariable),
        ("CATE(X -> Y by X)", RepeatedVariable),
        ("CATE(X -> Y)", InvalidQuery),
        ("ATE(X -> Y by Z)", InvalidQuery),
        ("P(Y | do(X_{Z=1}))", InvalidQuery),
        ("P(Y=1e999)", InvalidQuery),
        ("NDE(X -> X via M)", TreatmentIsOutcome),
        ("NIE(X -> Y via X)", RepeatedVariable),
        ("NIE(X -> Y via M, M)", RepeatedVariable),
        ("PSE(X -> Y via M -> Y)", InvalidQuery),
        ("PSE(X -> Y via X -> M -> M -> Y)", InvalidQuery),
        ("PN(X=a -> Y=1)", InvalidQuery),
        ("PNS(X=1 vs X=1 -> Y=1)", InvalidQuery),
        ("PS(X -> X)", TreatmentIsOutcome),
        ("P(Y_{Y_{X=0}})", TreatmentIsOutcome),
    ],
)
def test_a_question_without_meaning_is_refused(text, error):
    with pytest.raises(error):
        query(text)


def test_a_query_is_returned_as_it_is_and_its_rung_is_known():
    asked = ate("X", "Y")
    assert query(asked) is asked
    assert [query(t).rung for t in ("P(Y | X)", "P(Y | do(X))", "P(Y_{X=1} | X=0)")] == [1, 2, 3]
    with pytest.raises(InvalidQuery):
        Query(P("Y"), Contrast("ATE", "X", "Y"))
