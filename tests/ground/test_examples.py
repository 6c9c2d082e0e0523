"""The bundled data are what their papers say."""

import csv
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from whence import examples
from whence.runtime.errors import MissingFile


def difference(path: Path, treatment: str, outcome: str) -> float:
    columns = pq.read_table(path, columns=[treatment, outcome]).to_pydict()
    arms: dict[int, list[float]] = {0: [], 1: []}
    for level, value in zip(columns[treatment], columns[outcome], strict=True):
        if value is not None:
            arms[level].append(value)
    return sum(arms[1]) / len(arms[1]) - sum(arms[0]) / len(arms[0])


def test_every_named_example_is_there_and_is_described():
    described = (Path(examples.__file__).parent / "README.md").read_text("utf-8")
    for name in examples.names():
        assert examples.path(name).is_file()
        assert f"`{name}`" in described


def test_an_unknown_example_is_a_typed_error_that_lists_the_known_ones():
    with pytest.raises(MissingFile, match="lalonde"):
        examples.path("lalond")


@pytest.mark.parametrize(
    ("name", "rows", "treatment", "outcome", "truth"),
    [
        ("nsw", 445, "treat", "re78", 1794.34),
        ("lalonde", 16_177, "treat", "re78", -8497.52),
        ("nhefs", 1_629, "qsmk", "wt82_71", 2.5406),
    ],
)
def test_the_difference_in_means_is_the_published_one(name, rows, treatment, outcome, truth):
    assert pq.read_metadata(examples.path(name)).num_rows == rows
    assert difference(examples.path(name), treatment, outcome) == pytest.approx(truth, abs=0.005)


@pytest.mark.parametrize(
    ("name", "group", "treatment", "outcome"),
    [("kidney_stones", "size", "treatment", "success"), ("drug", "gender", "drug", "recovery")],
)
def test_the_textbook_tables_show_the_reversal_of_simpson(name, group, treatment, outcome):
    cells = list(csv.DictReader(examples.path(name).read_text("utf-8").splitlines()))

    def rate(level: str, within: str | None = None) -> float:
        rows = [c for c in cells if c[treatment] == level and within in (None, c[group])]
        return sum(int(c["count"]) for c in rows if c[outcome] == "1") / sum(int(c["count"]) for c in rows)

    assert sum(int(c["count"]) for c in cells) == 700
    assert rate("1") == pytest.approx(273 / 350)
    assert rate("0") == pytest.approx(289 / 350)
    assert rate("1") < rate("0")
    for within in {c[group] for c in cells}:
        assert rate("1", within) > rate("0", within)
