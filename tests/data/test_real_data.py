"""The published data sets come in as their sources describe them (external files: skipped where absent)."""

from pathlib import Path

import numpy as np
import pytest

from conftest import shared_file
from whence.data import complete, counts, design, table


def test_the_nsw_experiment_has_445_people_and_its_published_difference():
    t = table(shared_file("data/nsw_dw.csv"), derive={"u74": "re74 = 0", "u75": "re75 = 0"})
    assert (t.rows, t.n, t.missing) == (445, 445, {})
    assert t.schema["treat"].levels == (0, 1)
    assert counts(t, ["treat"]).cells.tolist() == [260, 185]
    frame = complete(t, ["treat", "re78"])
    treated = frame.column("treat") == 1
    earned = frame.column("re78")
    assert earned[treated].mean() - earned[~treated].mean() == pytest.approx(1794.342, abs=0.001)


def test_the_treated_stacked_on_the_cps_controls_give_the_naive_difference():
    treated = table(shared_file("data/nsw_dw.csv"), where="treat = 1")
    t = table([treated, shared_file("data/cps1_controls.csv")])
    assert t.rows == 185 + 15_992
    frame = complete(t, ["treat", "re78"])
    arm, earned = frame.column("treat") == 1, frame.column("re78")
    assert earned[arm].mean() - earned[~arm].mean() == pytest.approx(-8497.516, abs=0.001)


def test_nhefs_has_1629_people_of_whom_1566_have_a_weight_change():
    t = table(shared_file("data/nhefs.csv"))
    assert t.rows == 1_629
    frame = complete(t, ["qsmk", "wt82_71"])
    assert (frame.n, frame.rows_dropped) == (1_566, 63)
    assert t.schema["wt82_71"].missing == 63
    assert t.schema["seqn"].kind == "identifier"


def test_darfur_has_village_dummies():
    t = table(shared_file("data/darfur.csv"))
    frame = complete(t, ["directlyharmed", "village"])
    made = design(frame, ["directlyharmed", "village"])
    assert t.rows == 1_276
    assert made.matrix.shape[1] == t.schema["village"].distinct
    assert np.all(made.matrix[:, 1:].sum(axis=1) <= 1)


def test_a_file_with_semicolons_is_read_as_what_it_is():
    t = table(shared_file("data/california_prop99.csv"))
    assert t.columns == ("State", "Year", "PacksPerCapita", "treated")
    assert (t.rows, t.schema["State"].distinct) == (39 * 31, 39)


def test_every_published_file_comes_in(shared: Path):
    files = sorted((shared / "data").glob("*.csv"))
    assert len(files) >= 10
    for path in files:
        with path.open(encoding="utf-8") as lines:
            newlines = sum(1 for line in lines if line.strip())
        t = table(path)
        assert t.rows in (newlines - 1, newlines), path.name


def test_the_bundled_examples_come_in(root: Path):
    for path in sorted((root / "src" / "whence" / "examples").glob("*.parquet")):
        assert table(path).rows > 0
