"""Compiled kernels change the time and never a bit: each is held to its twin in numpy."""

import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whence.data import counts, table
from whence.numerics.counts import cross_table
from whence.numerics.kernels import counting

SHAPES = st.lists(st.integers(1, 5), min_size=1, max_size=4)


@pytest.fixture(scope="module")
def kernel() -> counting.Kernel:
    pytest.importorskip("numba", reason="needs numba, which is optional")
    return counting.compiled()


def drawn(sizes: list[int], rows: int, seed: int = 0) -> list[np.ndarray]:
    source = np.random.default_rng(seed)
    return [source.integers(0, size, rows) for size in sizes]


@given(sizes=SHAPES, rows=st.sampled_from([0, 1, 7, 16_383, 16_384, 16_385, 40_000]), seed=st.integers(0, 9))
@settings(max_examples=60)
def test_the_kernel_counts_as_numpy_does(kernel: counting.Kernel, sizes: list[int], rows: int, seed: int):
    codes = drawn(sizes, rows, seed)
    one, other = counting.by_numba(codes, sizes), counting.by_numpy(codes, sizes)
    assert one.dtype == other.dtype == np.int64
    assert one.tobytes() == other.tobytes()


def test_codes_of_any_whole_type_and_layout_are_counted(kernel: counting.Kernel):
    codes = drawn([3, 4], 50_000)
    expected = counting.by_numpy(codes, (3, 4)).tobytes()
    for kind in (np.int8, np.int32, np.uint16):
        assert counting.by_numba([code.astype(kind) for code in codes], (3, 4)).tobytes() == expected
    strided = [np.repeat(code, 2)[::2] for code in codes]
    assert counting.by_numba(strided, (3, 4)).tobytes() == expected


def test_a_code_out_of_range_never_reaches_memory_that_is_not_ours(kernel: counting.Kernel):
    good = drawn([3], 30_000)[0]
    for bad in (-1, -(2**62), 3, 2**62):
        wrong = good.copy()
        wrong[17_000] = bad
        cells = np.zeros(3, dtype=np.int64)
        assert not kernel(wrong[None, :], np.array([3]), cells)
    with pytest.raises(ValueError, match="negative"):
        counting.by_numba([np.array([0, -1])], (2,))


def test_it_runs_without_the_gil_and_alike_on_any_number_of_threads(kernel: counting.Kernel):
    codes = drawn([4, 5], 200_000)
    expected = counting.by_numpy(codes, (4, 5))
    with ThreadPoolExecutor(7) as pool:
        found = list(pool.map(lambda _: counting.by_numba(codes, (4, 5)).tobytes(), range(14)))
    assert set(found) == {expected.tobytes()}
    options = cast("Any", kernel).targetoptions
    assert options["nogil"]
    assert not options.get("parallel")


def test_numba_is_loaded_only_for_work_that_is_worth_it(monkeypatch: pytest.MonkeyPatch):
    calls: list[int] = []
    monkeypatch.setattr(
        counting, "by_numba", lambda codes, sizes: calls.append(1) or counting.by_numpy(codes, sizes)
    )
    monkeypatch.setattr(counting, "available", lambda: True)
    codes = drawn([2, 3], 70_000)
    monkeypatch.setattr(counting, "loaded", lambda: False)
    counting.counted(codes, (2, 3))
    assert calls == []
    monkeypatch.setattr(counting, "WORTH_LOADING", 100_000)
    counting.counted(codes, (2, 3))
    monkeypatch.setattr(counting, "loaded", lambda: True)
    counting.counted(codes, (2, 3))
    assert calls == [1, 1]
    counting.counted(drawn([2, 3], 10), (2, 3))
    monkeypatch.setattr(counting, "available", lambda: False)
    counting.counted(codes, (2, 3))
    assert calls == [1, 1]


def test_tables_have_the_same_bytes_with_the_kernel_and_without(
    kernel: counting.Kernel, monkeypatch: pytest.MonkeyPatch
):
    codes = drawn([3, 2, 4], 60_000)
    t = table({f"x{i}": code for i, code in enumerate(codes)})
    assert "numba" in sys.modules
    with_it = (cross_table(codes, (3, 2, 4)).tobytes(), counts(t, t.columns).cells.tobytes())
    monkeypatch.setattr(counting, "available", lambda: False)
    without = (cross_table(codes, (3, 2, 4)).tobytes(), counts(t, t.columns).cells.tobytes())
    assert with_it == without
