"""On Ray, where it is installed: the same results, and nothing lost when an actor dies."""

import os
import signal
import threading
import time
from importlib.util import find_spec

import pytest

from runtime.executor import tasks
from whence.runtime.errors import Cancelled, TaskFailed, UnsuitableMethod
from whence.runtime.events import Cancellation, cancellable
from whence.runtime.executor import TasksSetAside

pytestmark = [
    pytest.mark.skipif(find_spec("ray") is None, reason="Ray is not installed"),
    # Ray leaves sockets and log files to the garbage collector, and warns of its own future.
    pytest.mark.filterwarnings("default"),
]


@pytest.fixture(scope="module")
def cluster():
    from whence.runtime.executor.cluster.ray import ray

    made = ray(None)
    yield made
    made.close()


def test_results_and_their_order_are_those_of_serial_work(cluster):
    assert cluster.map(tasks.draws, range(300), stage="draw") == [tasks.draws(item) for item in range(300)]


def test_the_first_failing_item_is_named_and_what_cannot_be_sent_is_told(cluster):
    with pytest.raises(TaskFailed) as caught:
        cluster.map(tasks.fails_from_seven, range(50), stage="work")
    assert caught.value.index == 7
    with pytest.raises(UnsuitableMethod, match="cannot be sent"):
        cluster.map(tasks.unpicklable, range(3), stage="work")


def test_one_worker_is_killed_midway_and_thirty_of_thirty_items_are_done(cluster, tmp_path):
    victim = cluster.map(tasks.process, range(8), stage="look")[0]
    threading.Timer(0.2, os.kill, (victim, signal.SIGKILL)).start()
    found = cluster.map(tasks.killed_midway, [(i, str(tmp_path)) for i in range(30)], stage="work")
    assert found == [item * item for item in range(30)]


def test_an_item_that_kills_every_worker_is_set_aside_and_all_others_are_done(cluster):
    heard = {}
    with pytest.raises(TasksSetAside) as caught:
        cluster.map(tasks.dies_of_two, range(8), stage="work", each=heard.__setitem__)
    assert caught.value.indices == (2,)
    assert sorted(heard) == [0, 1, 3, 4, 5, 6, 7]


def test_cancelling_stops_the_work_and_the_cluster_is_good_for_more(cluster):
    token = Cancellation()
    start = time.monotonic()
    threading.Timer(0.3, token.cancel).start()
    with pytest.raises(Cancelled), cancellable(token):
        cluster.map(tasks.sleeps, [0.1] * 200, stage="nap")
    assert time.monotonic() - start < 10
    assert cluster.map(tasks.draws, range(3), stage="draw") == [tasks.draws(item) for item in range(3)]
