"""A value that several use at once is made once, and let go when another is wanted."""

import gc
import pickle
import threading
import weakref

import pytest

from whence.runtime.in_use import InUse


class Large:
    pass


def test_a_value_is_made_once_for_all_who_want_it_at_the_same_time():
    shelf, made, held = InUse(), [], []
    begun = threading.Barrier(4)

    def make():
        made.append(threading.get_ident())
        return Large()

    def use():
        begun.wait()
        with shelf.held("table", make) as found:
            held.append(found)

    threads = [threading.Thread(target=use) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1
    assert len(set(map(id, held))) == 1


def test_one_value_stays_for_the_next_who_wants_it_and_goes_when_another_is_wanted():
    shelf, alive = InUse(), []

    def make():
        value = Large()
        alive.append(weakref.ref(value))
        return value

    with shelf.held(0, make):
        pass
    with shelf.held(0, make):
        pass
    assert len(alive) == 1
    with shelf.held(1, make):
        pass
    gc.collect()
    assert [reference() is None for reference in alive] == [True, False]


def test_no_value_goes_while_it_is_in_use():
    shelf = InUse()
    with shelf.held(0, lambda: "first") as first:
        with shelf.held(1, lambda: "second"):
            pass
        with shelf.held(0, lambda: "made again") as again:
            assert first == again == "first"


def test_a_failure_is_raised_and_the_next_tries_again():
    shelf = InUse()

    def fail():
        raise OSError("no such file")

    for _ in range(2):
        with pytest.raises(OSError, match="no such file"), shelf.held(0, fail):
            pass
    with shelf.held(0, lambda: 3) as found:
        assert found == 3


def test_another_process_begins_with_nothing():
    shelf = InUse()
    with shelf.held(0, Large):
        sent = pickle.loads(pickle.dumps(shelf))
    with sent.held(0, lambda: "its own") as found:
        assert found == "its own"
