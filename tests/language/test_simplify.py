from itertools import product as combinations

from hypothesis import given, settings

from language.expressions import LEVELS, NAMES, expressions, joints
from whence.language.expression import (
    Difference,
    Expectation,
    P,
    Product,
    Quotient,
    Sum,
    Term,
    atoms,
    free_variables,
)
from whence.language.factor import evaluate
from whence.language.printing import to_text
from whence.language.simplify import simplify


def cells(factor):
    for values in combinations(*LEVELS.values()):
        yield factor.at(dict(zip(NAMES, values, strict=True)))


@settings(max_examples=3000)
@given(expressions, joints())
def test_a_simplified_expression_equals_the_original_wherever_that_is_defined(expression, joint):
    simple = simplify(expression)
    for before, after in zip(cells(evaluate(expression, joint)), cells(evaluate(simple, joint)), strict=True):
        assert before is None or before == after, (to_text(expression), to_text(simple))


@settings(max_examples=1000)
@given(expressions)
def test_simplifying_twice_is_simplifying_once_and_mentions_nothing_new(expression):
    simple = simplify(expression)
    assert free_variables(simple) <= free_variables(expression)
    assert {t.name for a in atoms(simple) for t in a.terms} <= {
        t.name for a in atoms(expression) for t in a.terms
    }


def shown(expression):
    return to_text(simplify(expression))


FRONT_DOOR = Sum(
    ("Z",), Product((P("Z", given="X"), Sum(("X",), Product((P("Y", given=("X", "Z")), P("X"))))))
)


def test_the_back_door_formula_keeps_its_form_and_its_mean_moves_to_the_outcome_model():
    formula = Sum(("Z",), Product((P("Y", (Term("X", 1), "Z")), P("Z"))))
    assert shown(formula) == "Σ_{Z} P(Y | X=1, Z) P(Z)"
    assert shown(Expectation("Y", formula)) == "Σ_{Z} E[Y | X=1, Z] P(Z)"


def test_the_front_door_formula_is_shown_as_the_books_show_it():
    assert shown(FRONT_DOOR) == "Σ_{Z} P(Z | X) Σ_{X'} P(Y | X', Z) P(X')"
    assert shown(Expectation("Y", FRONT_DOOR)) == "Σ_{Z} P(Z | X) Σ_{X'} E[Y | X', Z] P(X')"


def test_a_chain_folds_into_a_joint_and_an_idle_sum_vanishes():
    chain = Product((P("C"), P("B", "C"), P("A", ("B", "C"))))
    assert shown(chain) == "P(A, B, C)"
    assert shown(Sum(("A", "C"), chain)) == "P(B)"
    assert shown(Sum(("A",), P("A", "B"))) == "1"
    assert shown(Sum(("B",), P("A"))) == "Σ_{B} P(A)", "it counts the levels of B, so it is not P(A)"


def test_a_fraction_of_joints_is_a_conditional_probability():
    whole = P(("A", "B", "C"))
    assert shown(Quotient(Sum(("C",), whole), Sum(("A", "C"), whole))) == "P(A | B)"
    assert shown(Quotient(whole, whole)) == "1"
    assert shown(Quotient(Quotient(P("A"), P("B")), P("C"))) == "P(A) / (P(B) P(C))"


def test_means_of_differences_joints_and_unrelated_products_are_pushed_inwards():
    assert shown(Expectation("Y", Product((P("Z"), P("Y", "X"))))) == "P(Z) E[Y | X]"
    assert shown(Expectation("Y", P(("Y", "Z"), "X"))) == "E[Y | X, Z] P(Z | X)"
    assert shown(Expectation("Y", Difference(P("Y", Term("X", 1)), P("Y")))) == "E[Y | X=1] - E[Y]"


def test_probabilities_under_different_interventions_are_never_merged():
    parts = Product((P("A", "B", do="X"), P("B")))
    assert simplify(parts) == parts


def test_a_long_chain_folds_in_one_pass():
    names = [f"v{i}" for i in range(400)]
    chain = Product(tuple(P(name, names[:i]) for i, name in enumerate(names)))
    assert simplify(chain) == P(names)
