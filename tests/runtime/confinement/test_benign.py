"""Claims: what honest code does in a cell works in confinement (the cells are in `honest_cells.txt`)."""

from pathlib import Path

import pytest

from runtime.confinement.confined import ISOLATIONS, nursery, run

TEXT = Path(__file__).with_name("honest_cells.txt").read_text(encoding="utf-8")
CELLS = dict(part.split("\n", 1) for part in TEXT.removeprefix("=== ").split("\n=== "))


@pytest.fixture(scope="module", params=ISOLATIONS)
def workers(request):
    with nursery(request.param) as made:
        yield made


def test_there_are_more_than_forty():
    assert len(CELLS) >= 40


@pytest.mark.parametrize("name", CELLS)
def test_an_honest_cell_runs(workers, name):
    if name.startswith("numpy"):
        pytest.importorskip("numpy")
    with workers.take() as worker:
        assert run(worker, CELLS[name]) is True
