"""A value that the data do not have is a slip of the pen, not a probability of zero."""

from __future__ import annotations

import numpy as np
import pytest

import whence as wh
from whence.language.refusals import NotYetAnswerable
from whence.runtime.errors import InvalidQuery, UnknownLevel

DRAWS = np.random.default_rng(0)
N = 400
Z = DRAWS.integers(0, 2, N)
REGION = np.where(DRAWS.random(N) < 0.3 + 0.4 * Z, "West", "north")
TABLE = wh.table({"z": Z, "region": REGION, "y": (DRAWS.random(N) < 0.5).astype(int)})
GRAPH = wh.graph("z -> region -> y; z -> y")


def test_a_level_that_no_row_has_is_an_error_with_the_near_miss() -> None:
    with pytest.raises(UnknownLevel, match=r'No row has "region" = "west"\. Did you mean "West"\?'):
        wh.ask(wh.effect("region", "y", "west", "north"), TABLE, GRAPH)
    with pytest.raises(UnknownLevel, match='"y" = "2"'):
        wh.ask("P(y=2 | region=West)", TABLE, GRAPH)
    estimand = wh.identify(wh.query("P(y=2 | do(region=West))"), GRAPH)
    with pytest.raises(UnknownLevel):
        wh.plug_in(estimand, TABLE)  # type: ignore[arg-type]


def test_a_level_of_probability_zero_is_a_level() -> None:
    joint = wh.table({"x": [0, 0, 1, 1], "y": [0, 1, 0, 1], "p": [0.5, 0.0, 0.5, 0.0]}, weights="p")
    answer = wh.ask("P(y=1 | x=1)", joint)
    assert answer.estimate is not None
    assert answer.estimate.value == 0.0


def test_among_the_treated_means_nothing_for_a_number_of_many_values() -> None:
    dose = Z + DRAWS.normal(size=N)
    table = wh.table({"z": Z, "x": dose, "y": dose + Z + DRAWS.normal(size=N)})
    estimand = wh.identify(wh.att("x", "y"), wh.graph("z -> x -> y; z -> y"))
    assert isinstance(wh.estimate(estimand, table), NotYetAnswerable)  # type: ignore[arg-type]


def test_a_number_that_no_row_has_is_an_error_as_outcome_and_none_as_treatment() -> None:
    dose = np.round(Z + DRAWS.normal(size=N), 2)
    table = wh.table({"z": Z, "x": dose, "y": np.round(dose + DRAWS.normal(size=N), 3)})
    graph = wh.graph("z -> x -> y; z -> y")
    with pytest.raises(UnknownLevel, match=r'No row has "y" = "1234\.5"'):
        wh.ask("P(y=1234.5 | do(x=0))", table, graph)
    assert wh.ask(wh.effect("x", "y", 0.123, 0.456), table, graph).status == "answered"
    with pytest.raises(InvalidQuery, match="y has too many values"):
        wh.ask("P(y | do(x=0))", table, graph)
