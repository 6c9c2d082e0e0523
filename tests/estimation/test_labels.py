"""A covariate that tells everyone apart leaves nobody to compare with."""

from __future__ import annotations

import numpy as np
import pytest

import whence as wh
from whence.language.refusals import NoOverlap
from whence.runtime.errors import UnreadableData

DRAWS = np.random.default_rng(1)
N = 600
U = DRAWS.normal(size=N)
X = (U + DRAWS.normal(size=N) > 0).astype(int)
Y = X + U + DRAWS.normal(size=N)
GRAPH = wh.graph("z -> x -> y; z -> y")


@pytest.mark.parametrize("query", ["ATE(x -> y)", "ATT(x -> y)"])
@pytest.mark.parametrize("method", ["auto", "ols", "aipw"])
def test_an_identifier_is_refused_as_a_covariate(query: str, method: str) -> None:
    table = wh.table({"z": [f"case {i}" for i in range(N)], "x": X, "y": Y})
    answer = wh.ask(query, table, GRAPH, method=method)
    assert isinstance(answer.refusal, NoOverlap)
    assert "z tells almost everyone apart" in answer.refusal.message


def test_an_identifier_is_refused_for_slopes_too() -> None:
    table = wh.table({"z": [f"case {i}" for i in range(N)], "x": U + DRAWS.normal(size=N), "y": Y})
    assert isinstance(wh.ask("ATE(x -> y)", table, GRAPH).refusal, NoOverlap)


def test_many_labels_that_people_share_are_no_identifier() -> None:
    table = wh.table({"z": [f"town {i % 60}" for i in range(N)], "x": X, "y": Y})
    assert wh.ask("ATE(x -> y)", table, GRAPH).status == "answered"


@pytest.mark.parametrize("giant", [(Y * 100).astype(np.int64) + 2**60, Y * 1e300])
def test_numbers_that_arithmetic_cannot_hold_are_an_error(giant: np.ndarray) -> None:
    with pytest.raises(UnreadableData, match='the column "y"'):
        wh.ask("ATE(x -> y)", wh.table({"x": X, "y": giant}), wh.graph("x -> y"))
