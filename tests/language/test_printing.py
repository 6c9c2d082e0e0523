import pytest
from hypothesis import given
from hypothesis import strategies as st

from language.expressions import expressions
from whence.language.expression import (
    Difference,
    Expectation,
    Kernel,
    P,
    Product,
    Quotient,
    Sum,
    Term,
    substitute,
)
from whence.language.printing import name_text, to_latex, to_text, value_text
from whence.language.query_text import query

INNER = Sum(("X",), Product((P("Y", given=("X", "Z")), P("X"))))
FRONT_DOOR = Sum(("Z",), Product((P("Z", given="X"), INNER)))
NESTED = Term("Y", None, (Term("X", 1), Term("M", None, (Term("X", 0),))))

WRITTEN = [
    (P("Y", Term("X", 1), "W"), "P(Y | do(W), X=1)", r"P(Y \mid \operatorname{do}(W), X{=}1)"),
    (Expectation("Y", P("Y", "Z")), "E[Y | Z]", r"\mathbb{E}[Y \mid Z]"),
    (Kernel(("B", "A")), "Q[A, B]", "Q[A, B]"),
    (P(NESTED), "P(Y_{M_{X=0}, X=1})", r"P({Y}_{{M}_{X{=}0}, X{=}1})"),
    (P("Z1", "wt82_71"), "P(Z1 | wt82_71)", r"P({Z_{1}} \mid \mathrm{wt82\_71})"),
    (P("50% & {x}"), 'P("50% & {x}")', r"P(\mathrm{50\%\ \&\ \{x\}})"),
    (P(Term("X", "it's so")), 'P(X="it\'s so")', r"P(X{=}\mathrm{it's\ so})"),
    (FRONT_DOOR, "Σ_{Z} P(Z | X) Σ_{X'} P(Y | X', Z) P(X')", None),
    (substitute(FRONT_DOOR, {"X": 1}), "Σ_{Z} P(Z | X=1) Σ_{X} P(Y | X, Z) P(X)", None),
    (Product((INNER, P("W"))), "(Σ_{X} P(Y | X, Z) P(X)) P(W)", None),
    (Quotient(INNER, P("W")), "(Σ_{X} P(Y | X, Z) P(X)) / P(W)", None),
    (Quotient(P("W"), Product((P("A"), P("B")))), "P(W) / (P(A) P(B))", r"\frac{P(W)}{P(A) \, P(B)}"),
    (Difference(INNER, Difference(P("A"), P("B"))), "Σ_{X} P(Y | X, Z) P(X) - (P(A) - P(B))", None),
    (Sum(("A",), Difference(P("A"), P("A"))), "Σ_{A} (P(A) - P(A))", None),
    (Expectation("Y", INNER), "Σ_{Y} Y Σ_{X} P(Y | X, Z) P(X)", None),
    (Product(()), "1", "1"),
    (Product((Product(()), Product((P("A"),)))), "1 P(A)", None),
]


@pytest.mark.parametrize(("expression", "text", "latex"), WRITTEN)
def test_expressions_are_written_as_the_field_writes_them(expression, text, latex):
    assert to_text(expression) == text
    assert latex is None or to_latex(expression) == latex


@given(expressions)
def test_text_and_latex_are_one_balanced_line(expression):
    for written in (to_text(expression), to_latex(expression)):
        assert "\n" not in written
        for opening, closing in ("()", "[]", "{}"):
            assert written.count(opening) == written.count(closing)


@given(st.text(max_size=8))
def test_any_name_and_value_is_written_so_that_it_can_be_read_and_printed(name):
    asked = query(f"P({name_text(name)}={value_text(name)})")
    assert asked.body == P(Term(name, name))
    assert name_text(name).isprintable()


def test_a_whole_number_beyond_all_fractions_is_written_out():
    asked = query("P(a=1" + 400 * "0" + ")")
    assert query(to_text(asked.body)).body == asked.body == P(Term("a", 10**400))


@given(st.text(alphabet="\\{}$&#_%~^ ab\n", max_size=8))
def test_no_name_breaks_out_of_its_braces_in_latex(name):
    inside = to_latex(P(name)).replace(r"\{", "").replace(r"\}", "")
    depth = 0
    for character in inside:
        depth += {"{": 1, "}": -1}.get(character, 0)
        assert depth >= 0
    assert depth == 0
