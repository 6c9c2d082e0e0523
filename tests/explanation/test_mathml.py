"""Formulas as MathML are well formed, escape names, and hold the same symbols as their text."""

from xml.etree import ElementTree as ET

import pytest

from explanation.answers import HOSTILE
from whence.explanation.mathml import displayed, equation, to_mathml
from whence.language.expression import Difference, Expectation, Kernel, P, Product, Quotient, Sum, Term

FORMULAS = {
    "P(Y|X)": P("Y", "X"),
    "P(Y|do(X=1),Z)": P("Y", "Z", Term("X", 1)),
    "E[Y|X=1]": Expectation("Y", P("Y", Term("X", 1))),
    "Q[A,B]": Kernel(("B", "A")),
    "∑ZP(Y|Z)P(Z)": Sum(("Z",), Product((P("Y", "Z"), P("Z")))),
    "P(YX=0|X=1)": P(Term("Y", None, (Term("X", 0),)), Term("X", 1)),
    "P(Y)−(P(A)−P(B))": Difference(P("Y"), Difference(P("A"), P("B"))),
    "(P(A)−P(B))P(Y)": Product((Difference(P("A"), P("B")), P("Y"))),
    "1": Product(()),
}


def symbols(text: str) -> str:
    root = ET.fromstring(f"<div>{text}</div>")
    return "".join(root.itertext()).replace("\u2062", "").replace(" ", "")


@pytest.mark.parametrize("shown", FORMULAS)
def test_a_formula_has_its_symbols_in_order(shown: str):
    assert symbols(to_mathml(FORMULAS[shown])) == shown


def test_a_bound_name_that_hides_another_is_primed():
    inner = Sum(("X",), Product((P("Y", ("X", "Z")), P("X"))))
    whole = Sum(("Z",), Product((P("Z", "X"), inner)))
    assert symbols(to_mathml(whole)) == "∑ZP(Z|X)∑X′P(Y|X′,Z)P(X′)"


def test_a_long_difference_is_broken_before_its_minus():
    terms = tuple(f"covariate{i}" for i in range(6))
    side = Quotient(P("Y", terms), P("X", terms))
    assert displayed(Difference(side, side)).count("<math") == 2
    assert equation(P("Y", terms), Difference(side, side)).count("<math") == 3


@pytest.mark.parametrize("name", HOSTILE)
def test_names_and_values_are_escaped(name: str):
    found = equation(P(Term(name, name)), Sum((f"{name}2",), P(name, f"{name}2")))
    tags = {element.tag for element in ET.fromstring(f"<div>{found}</div>").iter()}
    assert tags <= {"div", "math", "mrow", "mi", "mn", "mo", "mtext", "msub", "msup", "mfrac", "munder"}
