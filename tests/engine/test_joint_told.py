"""Single probabilities that fix a distribution are that distribution."""

import numpy as np
import pytest

import whence as wh
from whence.engine.joint_told import solved
from whence.language.expression import P, Term
from whence.runtime.errors import InvalidQuery

LEVELS = {"X": (0, 1), "Y": (0, 1)}


def at(**values):
    return [Term(name, value) for name, value in values.items()]


@pytest.mark.parametrize("seed", range(20))
def test_cells_margins_and_conditionals_give_back_the_distribution_that_they_were_taken_from(seed):
    rng = np.random.default_rng(seed)
    cells = rng.dirichlet(np.ones(4)).reshape(2, 2)
    told = {
        P(at(X=1)): cells[1].sum(),
        P(at(Y=1), at(X=1)): cells[1, 1] / cells[1].sum(),
        P(at(Y=1), at(X=0)): cells[0, 1] / cells[0].sum(),
    }
    found = solved(told, LEVELS)
    assert found is not None
    assert found.cells == pytest.approx(cells.ravel(), abs=1e-12)


def test_what_leaves_a_cell_open_or_contradicts_itself_is_no_distribution():
    assert solved({P(at(X=1)): 0.5, P(at(Y=1)): 0.5}, LEVELS) is None
    whole = {P(at(X=1)): 0.5, P(at(Y=1)): 0.5, P(at(X=1, Y=1)): 0.6}
    assert solved(whole, LEVELS) is None
    assert solved({**whole, P(at(X=1, Y=1)): 0.4, P(at(X=1, Y=0)): 0.3}, LEVELS) is None


def test_bounds_from_cells_are_those_from_the_table_of_them():
    query = wh.query("P(Y_{D=0}=0 | D=1, Y=1)")
    cells = {"P(D=1, Y=1)": 0.4, "P(D=1)": 0.5, "P(D=0, Y=1)": 0.1}
    found = wh.bounds(query, "D -> Y", cells)
    # Tian and Pearl (2000): without confounding PN is at least 1 - P(y | x') / P(y | x).
    assert (found.lower, found.upper, found.sharp) == (pytest.approx(0.75), pytest.approx(1.0), True)


def test_a_number_that_contradicts_another_is_not_passed_over():
    known = {"P(X=1, Y=1)": 0.3, "P(X=1)": 0.5, "P(X=0, Y=1)": 0.1}
    same = wh.bounds("P(Y=1 | do(X=1))", "X -> Y; X <-> Y", known, given={"P(X=1)": 0.5})
    assert (same.lower, same.upper) == (pytest.approx(0.3), pytest.approx(0.8))
    other = wh.bounds("P(Y=1 | do(X=1))", "X -> Y; X <-> Y", known, given={"P(X=1)": 0.7})
    assert isinstance(other, wh.Contradiction)


def test_a_number_of_another_population_is_none_of_this_one():
    known = {"P(X=1, Y=1)": 0.3, "P@trial(Y=1 | do(X=1))": 0.9}
    with pytest.raises(InvalidQuery, match="another population"):
        wh.bounds("P(Y=1 | do(X=1))", "X -> Y; X <-> Y", known)
