"""On a Dask cluster of two workers, one of them killed midway: the same results, and nothing lost."""

import os
import signal
import threading
import time
from importlib.util import find_spec

import numpy as np
import pytest

from runtime.executor import tasks
from whence.runtime.errors import Cancelled, InvalidOption, TaskFailed, UnknownVariable, UnsuitableMethod
from whence.runtime.events import Cancellation, Progress, Warned, cancellable, listening
from whence.runtime.executor import TasksSetAside, executor

if find_spec("distributed") is None:
    pytest.skip("distributed is not installed", allow_module_level=True)

import distributed

from whence.runtime.executor.cluster import dask as adapter
from whence.runtime.executor.cluster.dask import dask


@pytest.fixture(scope="module")
def cluster():
    made = dask(None, 2)
    yield made
    made.close()


@pytest.fixture(scope="module")
def client(cluster):
    return cluster.backend.client()


def pids(client):
    return sorted(client.run(os.getpid).values())


def two_workers(client):
    client.wait_for_workers(2, timeout=30)
    return pids(client)


def begun(folder):
    """How many items left their mark, those done twice counted twice."""
    return len(list(folder.iterdir()))


def when(condition, then):
    """Do something in a thread of its own as soon as a condition holds."""

    def wait():
        end = time.monotonic() + 30
        while not condition() and time.monotonic() < end:
            time.sleep(0.005)
        then()

    thread = threading.Thread(target=wait)
    thread.start()
    return thread


def test_results_and_their_order_are_those_of_serial_work(cluster):
    assert cluster.map(tasks.draws, range(500), stage="draw") == [tasks.draws(item) for item in range(500)]


@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_few_items_are_no_special_case(cluster, count):
    assert cluster.map(tasks.draws, range(count), stage="draw") == [tasks.draws(i) for i in range(count)]


@pytest.mark.parametrize("lanes", [1, 2, 3, 7])
def test_a_client_can_be_given_and_is_left_as_it_was(client, lanes, monkeypatch):
    monkeypatch.setenv("WHENCE_CORES", "8")
    given = dask(client, lanes)
    assert given.workers == lanes
    assert given.map(tasks.draws, range(40), stage="draw") == [tasks.draws(item) for item in range(40)]
    given.close()
    assert client.status == "running"


def test_a_client_without_a_number_has_as_many_workers_as_its_cluster_has_threads(client):
    two_workers(client)
    assert executor(client).workers == 2
    assert executor(client).name == "dask"


def test_the_first_failing_item_is_named(cluster):
    with pytest.raises(TaskFailed) as caught:
        cluster.map(tasks.fails_from_seven, range(200), stage="work")
    assert caught.value.index == 7
    assert isinstance(caught.value.__cause__, ValueError)


def test_an_error_of_ours_stays_itself(cluster):
    with pytest.raises(UnknownVariable) as caught:
        cluster.map(tasks.unknown, range(9), stage="work")
    assert caught.value.suggestion == "sales"
    assert "in item 3 of work" in caught.value.__notes__


def test_what_a_task_tells_is_heard_and_progress_ends_at_everything(cluster):
    heard = []
    with listening(heard.append):
        cluster.map(tasks.warns, range(20), stage="work")
    assert sorted(int(event.message) for event in heard if isinstance(event, Warned)) == list(range(20))
    counts = [event.done for event in heard if isinstance(event, Progress)]
    assert (counts[0], counts[-1]) == (0, 20)
    assert counts == sorted(counts)


def test_every_result_is_heard_once_as_it_comes(cluster):
    heard = {}
    cluster.map(tasks.draws, range(50), stage="draw", each=heard.__setitem__)
    assert heard == {item: tasks.draws(item) for item in range(50)}


def test_a_function_made_on_the_spot_is_sent_along(cluster):
    step = 3
    assert cluster.map(lambda item: item + step, range(5), stage="add") == [3, 4, 5, 6, 7]


def test_a_result_that_cannot_be_sent_back_is_told(cluster):
    with pytest.raises(UnsuitableMethod, match="cannot be sent"):
        cluster.map(tasks.unpicklable, range(3), stage="work")


def test_an_item_that_cannot_be_sent_is_told_after_those_before_it(cluster):
    heard = {}
    with pytest.raises(UnsuitableMethod, match="cannot be sent"):
        cluster.map(abs, [-1, -2, threading.Lock()], stage="work", each=heard.__setitem__)
    assert heard == {0: 1, 1: 2}


def test_items_of_many_bytes_arrive(cluster):
    arrays = [np.full(300_000, float(value)) for value in range(4)]
    assert cluster.map(tasks.sums, arrays, stage="sum") == [float(array.sum()) for array in arrays]


def test_a_large_array_of_a_task_comes_once_write_protected_and_lies_as_at_home(client):
    two_workers(client)
    array = np.arange(200_000.0)
    assert executor(client).map(tasks.Adds(array), range(3), stage="add") == [
        array.sum() + i for i in range(3)
    ]
    shown = executor(client).map(tasks.Address(array), range(24), stage="look")
    assert {writeable for _, writeable, _ in shown} == {False}
    assert {address % 64 for _, _, address in shown} == {array.ctypes.data % 64}
    assert len({address for _, _, address in shown}) <= len({pid for pid, _, _ in shown})
    # One of the two may have died in between and forgotten; then it is brought to its successor, once.
    with pytest.raises(TaskFailed, match="read-only"):
        executor(client).map(tasks.Touches(array), range(3), stage="touch")


def test_nothing_of_a_task_is_left_at_the_workers(client):
    two_workers(client)
    executor(client).map(tasks.Adds(np.ones(100_000)), range(4), stage="add")
    end = time.monotonic() + 10
    while any(client.has_what().values()) and time.monotonic() < end:
        time.sleep(0.02)
    assert not any(client.has_what().values())


def test_blas_has_one_thread_in_the_workers_and_work_inside_of_work_is_serial(cluster):
    assert {found[2:] for found in cluster.map(tasks.where, range(4), stage="look")} == {("1", "1")}
    assert all(cluster.map(tasks.inner_threads, range(4), stage="look"))


def test_cancelling_stops_the_work_and_the_cluster_is_good_for_more(cluster):
    token = Cancellation()
    start = time.monotonic()
    threading.Timer(0.3, token.cancel).start()
    with pytest.raises(Cancelled), cancellable(token):
        cluster.map(tasks.sleeps, [0.1] * 200, stage="nap")
    assert time.monotonic() - start < 10
    assert cluster.map(tasks.draws, range(3), stage="draw") == [tasks.draws(item) for item in range(3)]


def test_one_of_two_workers_is_killed_midway_and_thirty_of_thirty_items_are_done(client, tmp_path):
    victim = two_workers(client)[0]
    items = [(index, str(tmp_path)) for index in range(30)]
    killer = when(lambda: begun(tmp_path) >= 10, lambda: os.kill(victim, signal.SIGKILL))
    heard = []
    with listening(heard.append):
        found = executor(client).map(tasks.killed_midway, items, stage="work")
    killer.join()
    assert found == [item * item for item in range(30)]
    lost = [event for event in heard if isinstance(event, Warned) and event.code == "worker_lost"]
    assert len(lost) <= 2
    # What was done twice is what was under way: one batch of the worker that died.
    assert begun(tmp_path) <= 30 + 8
    assert victim not in two_workers(client)


def test_when_all_workers_die_and_the_task_with_them_the_work_is_done_all_the_same(client, tmp_path):
    victims = two_workers(client)
    killer = when(
        lambda: begun(tmp_path) >= 6, lambda: [os.kill(victim, signal.SIGKILL) for victim in victims]
    )
    found = executor(client).map(tasks.killed_midway, [(i, str(tmp_path)) for i in range(20)], stage="work")
    killer.join()
    assert found == [item * item for item in range(20)]


def test_an_item_that_kills_every_worker_is_set_aside_and_all_others_are_done(cluster):
    heard = {}
    with pytest.raises(TasksSetAside) as caught:
        cluster.map(tasks.dies_of_two, range(8), stage="work", each=heard.__setitem__)
    assert caught.value.indices == (2,)
    assert "Dask worker" in caught.value.message
    assert sorted(heard) == [0, 1, 3, 4, 5, 6, 7]


def test_a_cluster_of_ours_speaks_to_nobody_without_its_key(client):
    address = client.scheduler.address
    assert address.startswith("tls://127.0.0.1:")
    with pytest.raises((OSError, TypeError)):
        distributed.Client(address, timeout=1, set_as_default=False)
    assert not [key for key, value in os.environ.items() if "PRIVATE KEY" in value]


def test_an_address_where_nobody_is_says_so(monkeypatch):
    monkeypatch.setattr(adapter, "SECONDS_TO_CONNECT", 0.3)
    with pytest.raises(UnsuitableMethod, match="nobody answers at tcp://127"):
        executor("dask:tcp://127.0.0.1:9")


def test_an_asynchronous_client_and_no_workers_are_refused(client):
    class Asynchronous(distributed.Client):
        def __init__(self):
            self.status = "running"

        @property
        def asynchronous(self):
            return True

        def __del__(self):
            pass

    with pytest.raises(UnsuitableMethod, match="asynchronous"):
        dask(Asynchronous())
    with pytest.raises(InvalidOption):
        dask(client, 0)


def test_a_client_that_was_closed_is_told_to_be():
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None
    ) as cluster:
        client = distributed.Client(cluster, set_as_default=False)
        workers = executor(client)
        assert workers.map(abs, [-1], stage="work") == [1]
        client.close()
    for use in (lambda: workers.map(abs, [-1], stage="work"), lambda: dask(client), lambda: dask(cluster)):
        with pytest.raises(UnsuitableMethod, match="closed"):
            use()


def test_the_executor_named_dask_is_one_and_starts_nothing_by_itself():
    assert executor("dask") is executor("dask")
    assert executor("dask").backend._client is None
    assert executor("dask").shares_memory is False


def test_dask_is_loaded_by_its_adapter_alone(root):
    rooms = (root / "src" / "whence").rglob("*.py")
    named = {path.name for path in rooms if '"distributed' in path.read_text("utf-8")}
    assert "dask.py" in named
    assert named <= {"dask.py", "scattered.py", "__init__.py", "checkup.py"}
