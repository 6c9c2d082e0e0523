"""The formula for two levels is not used on three."""

from __future__ import annotations

import itertools

import pytest

import whence as wh
from whence.language.graph import Edge, Graph
from whence.language.refusals import NotYetAnswerable

FRONT_DOOR = Graph.of((), [Edge("X", "Z"), Edge("Z", "Y"), Edge("X", "Y", "<->")])
NAPKIN = Graph.of(
    (),
    [Edge("W", "Z"), Edge("Z", "X"), Edge("X", "Y"), Edge("W", "X", "<->"), Edge("W", "Y", "<->")],
)


def rows(levels: int) -> dict[str, list[int]]:
    ranges = (range(levels), (0, 1), (0, 1), (0, 1))
    cells = [cell for cell in itertools.product(*ranges) for _ in range(3 + sum(cell))]
    return {name: [cell[i] for cell in cells] for i, name in enumerate("XZYW")}


def test_a_treatment_of_three_levels_is_refused_where_the_proof_needs_two() -> None:
    estimand = wh.identify(wh.att("X", "Y", 1, 0), NAPKIN)
    assert isinstance(estimand, wh.Estimand)
    assert any(step.rule == "consistency" and step.premises for step in estimand.derivation.walk())
    table = wh.table(rows(3))
    for found in (wh.estimate(estimand, table), wh.plug_in(estimand, table)):
        assert isinstance(found, NotYetAnswerable)
        assert "X has 3 in the data" in found.message
    assert wh.ask(wh.att("X", "Y", 1, 0), table, NAPKIN).status in ("refused", "bounded")


def test_a_treatment_of_two_levels_is_answered() -> None:
    estimand = wh.identify(wh.att("X", "Y", 1, 0), NAPKIN)
    assert isinstance(estimand, wh.Estimand)
    found = wh.estimate(estimand, wh.table(rows(2)))
    assert not isinstance(found, NotYetAnswerable)
    assert wh.plug_in(estimand, wh.table(rows(2))) == pytest.approx(found.value)


def test_three_levels_are_answered_where_the_proof_holds_for_any_number() -> None:
    estimand = wh.identify(wh.att("X", "Y", 1, 0), FRONT_DOOR)
    assert isinstance(estimand, wh.Estimand)
    found = wh.estimate(estimand, wh.table(rows(3)))
    assert not isinstance(found, NotYetAnswerable)
    assert wh.plug_in(estimand, wh.table(rows(3))) == pytest.approx(found.value)
