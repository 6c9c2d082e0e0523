"""What cannot be had block by block is an error with its cure; what can takes few passes and little room."""

import gc
import weakref

import numpy as np
import pytest

from estimation.streaming.files import AMOUNT, BINARY, ROWS, of, world, written
from whence.data.scanning.opening import scan
from whence.data.scanning.scan import Scan
from whence.estimation.api import estimate
from whence.estimation.streaming import reading
from whence.numerics.blocks import BLOCK
from whence.runtime.errors import UnsuitableLearner, UnsuitableMethod

ATE, SLOPE = of("ATE(t -> y)", BINARY), of("ATE(d -> y)", AMOUNT)


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    return scan(written(world(), tmp_path_factory.mktemp("blocks") / "world.parquet"))


class Mean:
    """A learner of somebody's own."""

    def fit(self, X, y):
        self.mean = float(np.mean(y))
        return self

    def predict(self, X):
        return np.full(len(X), self.mean)


def test_what_needs_all_rows_at_once_is_an_error_that_names_the_cure(rows):
    with pytest.raises(UnsuitableMethod, match=r"whence\.table"):
        estimate(ATE, rows, clusters="c")
    with pytest.raises(UnsuitableMethod, match=r"scan\.sample"):
        estimate(ATE, rows, replicates=50)
    for learner in ("boosted", "splines", Mean()):
        with pytest.raises(UnsuitableLearner, match="linear"):
            estimate(ATE, rows, learners=learner)
    with pytest.raises(UnsuitableLearner, match="boosted"):
        estimate(ATE, rows, learners={"outcome": "boosted"})


def test_learners_that_nobody_asked_for_are_not_tried_and_the_answer_says_so(rows):
    found = estimate(ATE, rows, repeats=1)
    assert found.plan.learners.outcome == found.plan.learners.treatment == "linear"
    assert "block by block" in found.why
    assert "linear_only" not in {each.code for each in found.warnings}
    assert {risk.learner for risk in found.diagnostics.learners if risk.chosen} == {
        "linear regression",
        "logistic regression",
    }
    assert "block by block" not in estimate(ATE, rows, repeats=1, learners="linear").why


def test_a_world_that_bends_is_warned_of_since_more_rows_do_not_straighten_it(tmp_path):
    columns = world(BLOCK + 10)
    columns["y"] = columns["y"] + 4 * columns["a"] ** 2
    bent = scan(written(columns, tmp_path / "bent.parquet"))
    found = {each.code: each.message for each in estimate(ATE, bent, method="plr", repeats=1).warnings}
    assert "the outcome is foretold better" in found["linear_only"]


@pytest.fixture
def passes(monkeypatch):
    """How often the rows are read."""
    made, blocks = [], Scan.blocks

    def counted(self, names):
        made.append(tuple(names))
        return blocks(self, names)

    monkeypatch.setattr(Scan, "blocks", counted)
    return made


def test_linear_estimators_read_the_rows_twice_and_only_the_columns_they_need(rows, passes):
    for method in ("plr", "ols"):
        passes.clear()
        estimate(SLOPE, rows, method=method, learners=None if method == "ols" else "linear", repeats=3)
        assert len(passes) == 2
        assert set(passes) == {("d", "y", "a", "b", "g")}


def test_logistic_nuisances_take_a_few_passes_more_however_many_folds_and_splits(rows, passes):
    for repeats in (1, 4):
        passes.clear()
        estimate(ATE, rows, method="aipw", learners="linear", repeats=repeats)
        assert len(passes) <= 7


def test_no_more_blocks_are_held_than_are_worked_on(tmp_path, monkeypatch):
    few = {name: np.tile(values, 12)[: 8 * BLOCK] for name, values in world(BLOCK).items()}
    path = written({name: few[name] for name in ("a", "b", "g", "d", "y")}, tmp_path / "many.parquet")
    alive, most = weakref.WeakSet(), []
    column = reading.Kind.column

    def watched(self, cells):
        made = column(self, cells)
        alive.add(Held(made.numbers))
        gc.collect(0)
        most.append(len(alive))
        return made

    class Held:
        """Lives as long as an array does."""

        def __init__(self, numbers):
            weakref.finalize(numbers, alive.discard, self)
            keep.append(self)

    keep = []
    monkeypatch.setattr(reading.Kind, "column", watched)
    estimate(SLOPE, scan(path), method="plr", learners="linear", repeats=1, executor="threads:2")
    assert len(keep) == 2 * 8 * 5
    assert max(most) <= 6 * 5  # of eight blocks: those at work, those waiting, and the one being read


def test_the_file_is_read_to_its_end_and_every_row_counts_once(rows):
    found = estimate(of("ATE(t -> y)", "t -> y; a; b; g"), rows)
    columns = world()
    means = [columns["y"][columns["t"] == arm].mean() for arm in (1, 0)]
    assert found.n == ROWS
    assert found.value == pytest.approx(means[0] - means[1], rel=1e-12)
