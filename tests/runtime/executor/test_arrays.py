"""Large arrays reach processes without copies: one file each, mapped write-protected, gone when they are."""

import gc
import os
import pickle
from types import SimpleNamespace

import numpy as np
import pytest

from runtime.executor import tasks
from whence.runtime.errors import TaskFailed, UnsuitableMethod
from whence.runtime.executor import processes
from whence.runtime.executor.transport import arrays
from whence.runtime.executor.transport.arrays import BYTES_TO_SHARE, Shelf, opened
from whence.runtime.executor.transport.folder import OwnedFolder
from whence.runtime.executor.transport.parcels import Packer, unpacked

LARGE = BYTES_TO_SHARE // 8 + 5

pytestmark = pytest.mark.skipif(os.name != "posix", reason="arrays travel in the pipe elsewhere")


@pytest.fixture(scope="module")
def pool():
    made = processes(2)
    yield made
    made.close()


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Where the arrays of a test lie, and nothing else."""
    owned = OwnedFolder(tmp_path)
    monkeypatch.setattr(arrays, "_folders", [owned])
    yield owned
    owned.remove()


def files(folder):
    return {path.name for path in folder.path().iterdir()} - {"owner"}


def protected(values):
    values.flags.writeable = False
    return values


def test_workers_map_one_and_the_same_file_write_protected(pool):
    shown = pool.map(tasks.Shows(np.arange(LARGE)), range(8), stage="look")
    assert {writeable for _, writeable, *_ in shown} == {False}
    mapped = {line.split(" ", 1)[1] for *_, line in shown}
    assert len(mapped) == 1
    assert "whence-arrays-" in mapped.pop()


def test_a_task_that_writes_into_its_array_is_told_so(pool):
    with pytest.raises(TaskFailed, match="read-only"):
        pool.map(tasks.Touches(np.zeros(LARGE)), range(4), stage="write")


def test_small_arrays_travel_in_the_pipe_and_are_the_tasks_own(pool):
    shown = pool.map(tasks.Shows(np.arange(10.0)), range(4), stage="look")
    assert {writeable for _, writeable, *_ in shown} == {True}


@pytest.mark.parametrize("offset", range(0, 64, 16))
def test_an_array_begins_at_the_same_place_of_its_line_as_at_home(pool, offset):
    memory = np.zeros(8 * LARGE + 128, dtype=np.uint8)
    start = (offset - memory.__array_interface__["data"][0]) % 64
    array = memory[start : start + 8 * LARGE].view(np.float64)
    assert {place for *_, place, _ in pool.map(tasks.Shows(array), range(4), stage="look")} == {offset}


def test_results_are_the_same_whatever_the_layout(pool):
    table = np.random.default_rng(0).normal(size=(300, 301))
    for array in (table, np.asfortranarray(table), table[100:], table.T, protected(table.copy())):
        assert pool.map(tasks.sums, [array] * 3, stage="sum") == [float(array.sum())] * 3


def test_an_array_is_written_once_for_a_map_and_goes_at_its_end(pool, folder, monkeypatch):
    written = []
    write = arrays._written
    monkeypatch.setattr(arrays, "_written", lambda raw, start: written.append(1) or write(raw, start))
    array = np.arange(LARGE)
    assert pool.map(tasks.Adds(array), [0] * 50, stage="add") == [float(array.sum())] * 50
    assert pool.map(tasks.sums, [array] * 50, stage="sum") == [float(array.sum())] * 50
    assert len(written) == 2
    assert not files(folder)


def test_an_array_that_cannot_change_is_written_once_in_its_life_and_goes_with_it(folder):
    pool = processes(2)
    array = protected(np.arange(LARGE))
    for _ in range(3):
        pool.map(tasks.Adds(array[:]), range(4), stage="add")
        assert len(files(folder)) == 1
    writable = np.arange(LARGE)
    pool.map(tasks.Adds(protected(writable[:])), range(4), stage="add")  # somebody may write into it
    assert len(files(folder)) == 1
    del array
    gc.collect()
    assert not files(folder)
    array = protected(np.arange(LARGE))
    pool.map(tasks.Adds(array), range(4), stage="add")
    assert len(files(folder)) == 1
    pool.close()
    assert not files(folder)


def test_what_changed_between_two_maps_arrives_changed(pool):
    array = np.zeros(LARGE)
    assert pool.map(tasks.Adds(array), [1, 2], stage="add") == [1, 2]
    array[7] = 40
    assert pool.map(tasks.Adds(array), [1, 2], stage="add") == [41, 42]


class Made:
    """A task whose array is made when it is packed, and nobody's afterwards."""

    def __reduce__(self):
        return (tasks.Adds, (np.ones(LARGE),))


class MadeAsAsked:
    """Items that are made when they are asked for."""

    def __len__(self):
        return 20

    def __getitem__(self, index):
        return np.full(LARGE, float(index))


def test_arrays_made_in_passing_arrive(pool, folder):
    assert pool.map(Made(), [0] * 6, stage="add") == [float(LARGE)] * 6
    assert pool.map(tasks.sums, MadeAsAsked(), stage="sum") == [float(LARGE * i) for i in range(20)]
    assert not files(folder)


def test_a_failed_map_leaves_no_file(pool, folder):
    with pytest.raises(TaskFailed):
        pool.map(tasks.Touches(np.zeros(LARGE)), [np.zeros(LARGE)] * 4, stage="write")
    gc.collect()
    assert not files(folder)


def test_a_task_that_cannot_be_sent_leaves_no_file(pool, folder):
    array = np.zeros(LARGE)
    with pytest.raises(UnsuitableMethod):
        pool.map(tasks.Adds((array, lambda: None)), range(4), stage="add")
    assert not files(folder)


def test_where_there_is_no_room_arrays_travel_in_the_pipe(pool, folder, monkeypatch):
    monkeypatch.setattr(arrays.shutil, "disk_usage", lambda place: SimpleNamespace(free=100))
    array = np.arange(LARGE)
    assert pool.map(tasks.Adds(array), [0, 1], stage="add") == [float(array.sum()), float(array.sum()) + 1]
    monkeypatch.setattr(arrays.shutil, "disk_usage", lambda place: SimpleNamespace(free=1 << 40))
    monkeypatch.setattr(arrays.tempfile, "mkstemp", lambda dir: (_ for _ in ()).throw(OSError("full")))
    assert pool.map(tasks.Adds(array), [0, 1], stage="add") == [float(array.sum()), float(array.sum()) + 1]


def test_a_shelf_forgets_arrays_that_are_gone(folder):
    shelf = Shelf()
    for _ in range(300):
        Packer("processes", shelf).packed(np.zeros(LARGE))
    assert len(shelf._kept) <= 2
    assert not files(folder)


def test_bytes_come_back_as_they_went(folder):
    shelf = Shelf()
    packer = Packer("processes", shelf)
    value = {"a": np.arange(LARGE), "b": (np.zeros(3), np.ones((300, 300), order="F"))}
    parcel = packer.packed(value)
    assert len(parcel.arrays) == 2
    assert len(parcel.head) < 2_000
    found = unpacked(pickle.loads(pickle.dumps(parcel)), "processes")
    np.testing.assert_array_equal(found["a"], value["a"])
    np.testing.assert_array_equal(found["b"][1], value["b"][1])
    assert opened(parcel.arrays[0]).obj is opened(parcel.arrays[0]).obj  # mapped once
    shelf.clear()
    assert found["a"].sum() == value["a"].sum()  # who has mapped it can read on
