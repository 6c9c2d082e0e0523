from fractions import Fraction
from itertools import product as combinations

import pytest
from hypothesis import given

from language.expressions import LEVELS, NAMES, joints
from whence.language.expression import Expectation, Kernel, P, Product, Quotient, Sum, Term
from whence.language.factor import Factor, evaluate
from whence.runtime.errors import InvalidQuery, TextInNumericRole, UnknownVariable

JOINT = Factor(("X", "Y", "Z"), ((0, 1), (0, 1), ("a", "b")), (3, 1, 2, 2, 0, 4, 5, 3))


@given(joints())
def test_conditional_probabilities_are_the_ratios_of_the_counts(joint):
    table = evaluate(P("A", ("B", Term("C", 1))), joint)
    for a, b in combinations(LEVELS["A"], LEVELS["B"]):
        among = sum(joint.at(A=other, B=b, C=1) for other in LEVELS["A"])
        expected = Fraction(joint.at(A=a, B=b, C=1), among) if among else None
        assert table.at(A=a, B=b) == expected


@given(joints(positive=True))
def test_every_joint_is_the_product_of_its_chain(joint):
    chain = evaluate(Product((P("C"), P("B", "C"), P("A", ("B", "C")))), joint).over(NAMES)
    total = sum(joint.cells)
    assert chain.cells == tuple(Fraction(cell, total) for cell in joint.cells)


def test_the_back_door_formula_agrees_with_arithmetic_by_hand():
    formula = Sum(("Z",), Product((P(Term("Y", 1), (Term("X", 1), "Z")), P("Z"))))
    # P(a) = 10/20, P(Y=1 | X=1, a) = 5/5; P(b) = 10/20, P(Y=1 | X=1, b) = 3/7.
    assert evaluate(formula, JOINT).at() == Fraction(1, 2) + Fraction(1, 2) * Fraction(3, 7)


def test_scoping_is_lexical_so_an_inner_sum_does_not_capture_the_outer_name():
    inner = Sum(("X",), Product((P("Y", "X"), P("X"))))
    found = evaluate(Product((P("X"), inner)), JOINT)
    y = evaluate(P("Y"), JOINT)
    x = evaluate(P("X"), JOINT)
    for a, b in combinations((0, 1), (0, 1)):
        assert found.at(X=a, Y=b) == x.at(X=a) * y.at(Y=b)


def test_given_an_impossible_event_a_probability_is_undefined_and_zero_times_undefined_is_zero():
    never = P(Term("Y", 1), Term("X", 7))
    assert evaluate(never, JOINT).at() is None
    assert evaluate(Product((never, P(Term("X", 7)))), JOINT).at() == 0
    assert evaluate(Product((P(Term("X", 7)), never, P("Y"))), JOINT).cells == (0, 0)
    assert evaluate(Product((never, P(Term("X", 1)))), JOINT).at() is None
    assert evaluate(Sum(("X",), Product((never, P("X")))), JOINT).at() is None
    assert evaluate(Quotient(P("X"), P(Term("X", 7))), JOINT).cells == (None, None)


def test_contradicting_and_repeated_terms_mean_what_they_say():
    assert evaluate(P((Term("X", 0), Term("X", 1))), JOINT).at() == 0
    assert evaluate(P(Term("X", 1), Term("X", 1)), JOINT).at() == 1
    assert evaluate(P("X", Term("X", 1)), JOINT).cells == (0, 1)


def test_the_mean_weighs_the_levels_and_needs_numbers():
    assert evaluate(Expectation("Y", P("Y", "X")), JOINT).cells == (Fraction(1, 2), Fraction(2, 3))
    with pytest.raises(TextInNumericRole):
        evaluate(Expectation("Z", P("Z")), JOINT)


def test_a_sum_over_what_does_not_matter_counts_its_levels():
    assert evaluate(Sum(("Z", "Y"), P(Term("X", 1))), JOINT).at() == 4 * Fraction(12, 20)


def test_what_a_joint_does_not_determine_is_an_error():
    for expression in (P("Y", do="X"), P(Term("Y", None, (Term("X", 1),))), Kernel(("Y",))):
        with pytest.raises(InvalidQuery):
            evaluate(expression, JOINT)
    with pytest.raises(UnknownVariable):
        evaluate(P("W"), JOINT)


def test_floats_that_add_up_to_one_are_left_as_they_are():
    joint = Factor(("X",), ((0, 1),), (0.25, 0.75))
    assert evaluate(P("X"), joint).cells == (0.25, 0.75)
