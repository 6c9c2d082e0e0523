"""One question with bootstrap, cross-fits and refutations: one SHA-256, however the work is carried out.

The machine is told that it has eight cores, so that seven workers really are at work at once.
"""

import hashlib
import json
import sys
from importlib.util import find_spec

import pytest

from runtime.executor.shuffled import shuffled
from whence.engine.asking import ask
from whence.runtime.executor import executor
from whence.testing.worlds import BACK_DOOR, linear

ROWS = 160
WORKERS = (1, 2, 3, 7)
LEFT_OUT = "elapsed_s"


def asked(workers):
    """The SHA-256 of an answer without the time it took."""
    answer = ask(
        "effect of t on y",
        linear().draw(0, ROWS),
        BACK_DOOR,
        replicates=25,
        placebo_outcomes=["c"],
        executor=workers,
    )
    assert answer.estimate.method == "aipw"
    assert "25 samples of rows" in answer.estimate.why
    assert len(answer.refutations) >= 6
    told = answer.to_dict()
    told["provenance"].pop(LEFT_OUT)
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


@pytest.fixture(scope="module")
def one_by_one():
    return asked("serial")


@pytest.fixture(autouse=True)
def eight_cores(monkeypatch):
    monkeypatch.setenv("WHENCE_CORES", "8")


@pytest.mark.parametrize("workers", WORKERS)
@pytest.mark.parametrize("backend", ["threads", "processes"])
def test_the_bytes_of_an_answer_are_the_same_on_any_number_of(backend, workers, one_by_one):
    made = executor(f"{backend}:{workers}")
    try:
        assert asked(made) == one_by_one
    finally:
        made.close()


@pytest.mark.parametrize(("workers", "seed"), [(2, 0), (3, 1), (7, 2), (7, 3)])
def test_they_are_the_same_in_whatever_order_the_work_is_finished(workers, seed, one_by_one):
    assert asked(shuffled(seed, workers)) == one_by_one


def test_they_are_the_same_where_the_policy_chooses(one_by_one):
    assert asked(None) == one_by_one


@pytest.mark.skipif(sys.version_info < (3, 14), reason="sub-interpreters with a pool of their own are 3.14's")
def test_they_are_the_same_or_refused_in_interpreters(one_by_one):
    from whence.runtime.errors import UnsuitableMethod

    try:
        found = asked("interpreters:2")
    except UnsuitableMethod:
        return  # numpy does not load there
    assert found == one_by_one


@pytest.mark.skipif(find_spec("distributed") is None, reason="distributed is not installed")
def test_they_are_the_same_on_a_dask_cluster(one_by_one):
    from whence.runtime.executor.cluster.dask import dask

    made = dask(None, 2)
    try:
        assert asked(made) == one_by_one
    finally:
        made.close()


def test_other_rows_give_other_bytes(one_by_one, monkeypatch):
    monkeypatch.setattr(sys.modules[__name__], "ROWS", ROWS - 1)
    assert asked("serial") != one_by_one
