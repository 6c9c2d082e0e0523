"""What sending would cost is known without sending, and without copying what is large."""

import sys
import tracemalloc

import numpy as np
import pytest

from runtime.executor import auto_tasks as tasks
from whence.runtime.executor.automatic.sending import BYTES_A_SECOND, estimate


@pytest.mark.parametrize("task", [lambda item: item, tasks.of_the_script(), tasks.Meeting(2)])
def test_what_cannot_be_sent_has_no_cost(task):
    assert estimate(task, 1, 1) is None


def test_items_and_results_must_be_sendable_too():
    assert estimate(tasks.square, lambda: None, 1) is None
    assert estimate(tasks.square, 1, lambda: None) is None


def test_large_arrays_cost_by_their_size_and_are_not_copied():
    large = np.zeros(20_000_000)
    tracemalloc.start()
    try:
        found = estimate(tasks.square, large, 1)
        assert tracemalloc.get_traced_memory()[1] < large.nbytes / 10
    finally:
        tracemalloc.stop()
    assert found.per_item >= large.nbytes / BYTES_A_SECOND
    assert found.seconds(10) >= 10 * found.per_item


def test_symbolic_work_needs_no_heavy_library_and_other_work_may_need_what_is_loaded_here(monkeypatch):
    from whence.identification.identify import identify
    from whence.language.graph_text import graph

    monkeypatch.setitem(sys.modules, "sklearn", sys)
    costs = {"sklearn": 1.5, "a_library_that_is_not_loaded": 9.0}
    assert estimate(identify, graph("x -> y"), 1).importing(costs) == 0.0
    assert estimate(tasks.square, 1, 1).importing(costs) == 1.5
