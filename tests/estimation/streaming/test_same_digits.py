"""An estimate from a scan is the estimate from the table of the same file, to the last bit."""

import numpy as np
import pytest

from estimation.streaming.files import AMOUNT, BINARY, LEVELS, ROWS, of, world, written
from whence.data.reading import table
from whence.data.scanning.opening import scan
from whence.estimation.api import estimate, estimate_all
from whence.estimation.discrete import plug_in
from whence.estimation.values import Estimate
from whence.language.refusals import NoVariation, Refusal
from whence.numerics.blocks import BLOCK

ATE, ATT, SLOPE = "ATE(t -> y)", "ATT(t -> y)", "ATE(d -> y)"
OF_LEVELS = "E[y | do(c=2)] - E[y | do(c=0)]"
CASES = [
    (ATE, BINARY, "aipw", {}),
    (ATE, BINARY, "plr", {}),
    (ATE, BINARY, "ols", {}),
    (ATT, BINARY, "aipw", {}),
    (SLOPE, AMOUNT, "plr", {}),
    (SLOPE, AMOUNT, "ols", {"errors": "classical"}),
    ("E[y | do(t=1)]", BINARY, "aipw", {}),
    (OF_LEVELS, LEVELS, "aipw", {}),
    (OF_LEVELS, LEVELS, "plr", {}),
    (OF_LEVELS, LEVELS, "ols", {}),
]


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    columns = world()
    columns["y"][::997] = np.nan
    columns["b"][5::1201] = np.nan
    return written(columns, tmp_path_factory.mktemp("streaming") / "world.parquet")


def both(path, question, arrows, method, executor="threads:2", **options):
    """The estimates (or the refusal) from memory, and from the scan."""
    asked = {"method": method, "repeats": 2, "learners": None if method in ("ols", "auto") else "linear"}
    held = estimate_all(of(question, arrows), table(path), executor="serial", **asked, **options)
    streamed = estimate_all(of(question, arrows), scan(path), executor=executor, **asked, **options)
    return held, streamed


@pytest.mark.parametrize(("question", "arrows", "method", "options"), CASES)
def test_every_figure_and_every_warning_is_that_of_the_rows_in_memory(
    path, question, arrows, method, options
):
    held, streamed = both(path, question, arrows, method, **options)
    assert [each.to_dict() for each in held] == [each.to_dict() for each in streamed]
    assert held[0].n > 2 * BLOCK * (0.6 if question == OF_LEVELS and method != "aipw" else 0.9)
    assert "rows_dropped" in {each.code for each in streamed[0].warnings}
    assert streamed[0].influence is None


def test_groups_have_the_digits_of_groups_in_memory(path):
    for method in ("aipw", "ols"):
        held, streamed = both(path, "CATE(t -> y by g)", BINARY, method)
        assert len(streamed) == 3
        assert [each.to_dict() for each in held] == [each.to_dict() for each in streamed]


@pytest.mark.parametrize(("question", "arrows", "method"), [(ATE, BINARY, "aipw"), (SLOPE, AMOUNT, "plr")])
def test_digits_depend_on_no_number_of_threads(path, question, arrows, method):
    found = {
        str(estimate(of(question, arrows), scan(path), method=method, repeats=1, executor=name).to_dict())
        for name in ("serial", "threads:1", "threads:2", "threads:7")
    }
    assert len(found) == 1


def test_discrete_estimands_are_counted_where_the_rows_are(tmp_path):
    draws = np.random.default_rng(3)
    z, u = draws.integers(0, 3, ROWS), draws.random(ROWS)
    x = (draws.random(ROWS) < 0.2 + 0.2 * z).astype(int)
    m = (draws.random(ROWS) < 0.2 + 0.5 * x).astype(int)
    y = (u < 0.2 + 0.3 * m + 0.1 * z).astype(int)
    path = written({"z": z, "x": x, "m": m, "y": y}, tmp_path / "counts.parquet")
    for arrows in ("z -> x; z -> y; x -> y", "x -> m -> y; x <-> y"):
        held, streamed = both(path, "ATE(x -> y)", arrows, "auto")
        assert streamed[0].method == "plug-in"
        for left, right in zip(held, streamed, strict=True):
            assert (left.value, left.se, left.interval) == (right.value, right.se, right.interval)
            assert (left.n, left.naive, left.why) == (right.n, right.naive, right.why)
        asked = of("P(y | do(x=1))", arrows)
        assert plug_in(asked, table(path)) == plug_in(asked, scan(path))


def test_an_outcome_of_many_values_is_averaged_within_cells_wherever_the_rows_are(path):
    arrows = "{c, g} -> t; {c, g} -> y; t -> y"
    held, streamed = both(path, ATE, arrows, "auto")
    assert held[0].method == streamed[0].method == "plug-in"
    assert (held[0].value, held[0].se) == (streamed[0].value, streamed[0].se)
    columns = world()
    columns["y"][::997] = np.nan
    whole = ~np.isnan(columns["y"])
    kept = {name: values[whole] for name, values in columns.items()}
    y, t = kept["y"], kept["t"] == 1
    _, cells = np.unique(kept["c"] * 3 + np.unique(kept["g"], return_inverse=True)[1], return_inverse=True)
    shares = np.bincount(cells) / len(y)
    means = [np.bincount(cells[arm], y[arm]) / np.bincount(cells[arm]) for arm in (t, ~t)]
    assert held[0].value == pytest.approx(float(shares @ (means[0] - means[1])), rel=1e-12)
    influence = (means[0] - means[1])[cells] - held[0].value
    for arm, mean, sign in ((t, means[0], 1), (~t, means[1], -1)):
        weight = (np.bincount(cells) / np.bincount(cells[arm]))[cells]
        influence += sign * np.where(arm, weight * (y - mean[cells]), 0.0)
    assert held[0].se == pytest.approx(float(np.sqrt(np.sum(influence**2)) / len(y)), rel=1e-9)
    np.testing.assert_allclose(held[0].influence, influence, atol=1e-9 * np.abs(influence).max())


def test_a_scan_of_one_block_is_held_and_treated_as_a_table_in_everything(tmp_path):
    path = written(world(600), tmp_path / "small.parquet")
    for options in ({}, {"clusters": "c", "method": "ols"}, {"learners": "linear", "replicates": 25}):
        held, streamed = (
            estimate(of(ATE, BINARY), rows, repeats=1, executor="serial", **options)
            for rows in (table(path), scan(path))
        )
        assert held.to_dict() == streamed.to_dict()
        assert held.influence.tobytes() == streamed.influence.tobytes()


def sorted_by(columns, name):
    order = np.argsort(columns[name], kind="stable")
    return {key: values[order] for key, values in columns.items()}


HOSTILE_ROWS = BLOCK + 20_000
LATER = np.arange(HOSTILE_ROWS) >= BLOCK
HOSTILE = {
    "sorted by the treatment": lambda w: sorted_by(w, "t"),
    "sorted by a covariate": lambda w: sorted_by(w, "a"),
    "a level shift after the first block": lambda w: {
        **w,
        "b": 1e-3 * w["b"] + 1e9 * LATER,
        "y": w["y"] + 1e6,
    },
    "a clock": lambda w: {**w, "b": 1.7e12 + np.arange(HOSTILE_ROWS)},
    "constant in the first block": lambda w: {**w, "b": np.where(LATER, w["b"], 3.7)},
    "constant for good": lambda w: {**w, "b": np.full(HOSTILE_ROWS, 0.1)},
    "determined by another": lambda w: {**w, "b": 1e6 - 7.0 * w["a"]},
    "an arm of thirty rows": lambda w: {
        **w,
        "t": (np.arange(HOSTILE_ROWS) % (HOSTILE_ROWS // 29) == 0).astype(int),
    },
    "an exact effect": lambda w: {**w, "y": 2.0 * w["t"] + 5.0},
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_orders_and_columns_have_the_digits_of_memory_too(tmp_path, kind):
    path = written(HOSTILE[kind](world(HOSTILE_ROWS)), tmp_path / "hostile.parquet")
    for question, method in ((ATT, "aipw"), (ATE, "ols")):
        held, streamed = both(path, question, BINARY, method)
        assert [each.to_dict() for each in held] == [each.to_dict() for each in streamed]


def test_what_there_is_to_refuse_is_refused_alike(tmp_path):
    columns = world(HOSTILE_ROWS)
    columns["t"] = (columns["a"] > 0).astype(int)
    columns["a"] = columns["a"] + columns["t"]
    columns["c"] = np.full(HOSTILE_ROWS, 1)
    columns["d"] = 2.0 * columns["a"] - 1.0
    path = written(columns, tmp_path / "refused.parquet")
    asked = [
        (ATE, BINARY, "aipw"),
        (SLOPE, "a -> d; a -> y; d -> y", "plr"),
        (SLOPE, "a -> d; a -> y; d -> y", "ols"),
        ("E[y | do(c=1)] - E[y | do(c=0)]", LEVELS, "aipw"),
        ("ATE(t -> c)", "a -> t; a -> c; t -> c", "aipw"),
    ]
    refused: list[object] = []
    for question, arrows, method in asked:
        held, streamed = both(path, question, arrows, method)
        assert isinstance(held, Refusal)
        assert held == streamed
        refused.append(held)
    assert isinstance(refused[-1], NoVariation)


def test_labels_that_tell_almost_everyone_apart_are_refused_alike(tmp_path):
    columns = {name: values[: BLOCK + 5] for name, values in world().items()}
    columns["who"] = np.array([f"p{i}" for i in range(BLOCK + 5)])
    columns["who"][-70:] = "p1"
    path = written(columns, tmp_path / "labels.parquet")
    held, streamed = both(path, ATE, "who -> t; who -> y; t -> y", "ols")
    assert isinstance(held, Refusal)
    assert held == streamed


def test_few_rows_of_an_arm_for_its_columns_are_shrunk_by_the_same_ridge(tmp_path):
    draws = np.random.default_rng(5)
    rows, columns = BLOCK + 400, 8
    x = draws.normal(size=(rows, columns))
    t = np.zeros(rows, dtype=int)
    t[:: rows // 40] = 1
    data = {f"x{i}": x[:, i] for i in range(columns)} | {
        "t": t,
        "y": x.sum(axis=1) + t + draws.normal(size=rows),
    }
    block = "{" + ", ".join(f"x{i}" for i in range(columns)) + "}"
    path = written(data, tmp_path / "ridge.parquet")
    held, streamed = both(path, ATE, f"{block} -> t; {block} -> y; t -> y", "aipw")
    assert isinstance(held[0], Estimate)
    assert "shrunk" in streamed[0].why
    assert [each.to_dict() for each in held] == [each.to_dict() for each in streamed]
