"""What an executor may be named by: a word, a pool, an executor of ours; anything else is told."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from whence.runtime.errors import InvalidOption
from whence.runtime.executor import cores, executor, serial
from whence.runtime.executor.serial import Serial


@pytest.mark.parametrize(
    ("spec", "name", "workers"),
    [("serial", "serial", 1), ("threads:4", "threads", 4), ("processes:3", "processes", 3)],
)
def test_an_executor_is_named_by_a_word_and_a_number(spec, name, workers):
    assert (executor(spec).name, executor(spec).workers) == (name, workers)


@pytest.mark.parametrize("spec", ["threads", "processes", "auto", None])
def test_without_a_number_there_are_as_many_workers_as_cores(spec):
    assert executor(spec).workers == cores()


def test_no_word_means_whatever_pays():
    assert executor().name == "auto"


def test_an_executor_of_ours_is_itself_and_a_pool_is_wrapped():
    mine = serial()
    assert executor(mine) is mine
    with ThreadPoolExecutor(3) as pool:
        assert (executor(pool).name, executor(pool).workers) == ("given", 3)


@pytest.mark.parametrize(
    "spec",
    [
        "thread",
        "threads:",
        "threads:0",
        "threads:-1",
        "threads:x",
        "serial:2",
        "auto:2",
        "dask:",
        "",
        7,
        abs,
        "threads:" + "1" * 5000,
        Serial,
    ],
)
def test_what_names_no_executor_is_an_error_with_the_choices(spec):
    with pytest.raises(InvalidOption, match=r"auto, serial, threads, processes|one or more"):
        executor(spec)
