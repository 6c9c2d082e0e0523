"""`whence rlm bench`: both ways on the same tasks, and nothing counted that the limit cut short."""

import pytest

from whence.rlm import RLM, Price
from whence.rlm.bench import interval, measure
from whence.rlm.errors import UnknownPrice
from whence.testing.simulated import simulated_client

PRICE = Price(input=0.25, output=2.0)


def machine(**options: object) -> RLM:
    return RLM("simulated", client=simulated_client(seed=1), **{"price": PRICE, "seed": 20_000} | options)


def test_each_task_is_answered_both_ways():
    result = measure(machine(), sizes=(4_000,), items=1, limit_usd=5.0)
    assert result.complete
    kinds = {item.kind for item in result.items}
    assert len(result.items) == 2 * len(kinds) == 10
    assert sum(item.score for item in result.items) > 5
    assert 0 < result.usd == pytest.approx(sum(item.usd for item in result.items))
    assert "recursive" in result.to_text()


def test_it_stops_at_the_limit_and_leaves_out_what_the_limit_cut_short():
    result = measure(machine(), sizes=(4_000,), items=5, limit_usd=0.02)
    assert not result.complete
    assert result.usd <= 0.02
    whole = measure(machine(), sizes=(4_000,), items=5, limit_usd=50.0)
    assert [item.score for item in result.items] == [item.score for item in whole.items][: len(result.items)]
    assert "cut a run short" in result.to_text()


def test_nothing_is_measured_for_nothing():
    result = measure(machine(), sizes=(4_000,), items=1, limit_usd=0.0)
    assert (result.items, result.usd, result.complete) == ((), 0.0, False)


def test_a_model_of_unknown_price_cannot_be_held_to_a_limit():
    with pytest.raises(UnknownPrice):
        measure(machine(price=None), sizes=(4_000,), items=1, limit_usd=1.0)


@pytest.mark.parametrize(("scores", "low", "high"), [([1.0] * 10, 0.72, 1.0), ([0.0] * 10, 0.0, 0.28)])
def test_the_interval_is_wilsons(scores: list[float], low: float, high: float):
    assert interval(scores) == pytest.approx((low, high), abs=0.005)
