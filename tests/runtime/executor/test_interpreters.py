"""Sub-interpreters do pure Python as every backend does, and refuse what cannot be had there by its name."""

import sys

import pytest

from runtime.executor import pure
from whence.runtime.errors import TaskFailed, UnsuitableMethod
from whence.runtime.events import Warned, listening
from whence.runtime.executor import executor
from whence.runtime.executor.interpreters import why_not

there = pytest.mark.skipif(why_not() is not None, reason=f"sub-interpreters: {why_not()}")


@pytest.fixture(scope="module")
def pair():
    pool = executor("interpreters:2")
    yield pool
    pool.close()


@there
def test_results_failures_and_events_are_those_of_every_backend(pair):
    assert pair.map(pure.draws, range(300), stage="draw") == [pure.draws(i) for i in range(300)]
    with pytest.raises(TaskFailed) as caught:
        pair.map(pure.fails_from_seven, range(50), stage="work")
    assert caught.value.index == 7
    assert caught.value.cause == "ValueError: cannot do 7"
    heard = []
    with listening(heard.append):
        pair.map(pure.warns, range(20), stage="work")
    assert sorted(int(e.message) for e in heard if isinstance(e, Warned)) == list(range(20))


@there
def test_they_are_interpreters_of_their_own_in_this_process(pair):
    pure.MARK.append("here")
    try:
        assert set(pair.map(pure.marks, range(20), stage="work")) == {0}
    finally:
        pure.MARK.clear()


@there
def test_a_module_that_does_not_load_there_is_told_with_the_cure(pair):
    pytest.importorskip("numpy")
    with pytest.raises(UnsuitableMethod, match="cannot be imported in a sub-interpreter"):
        pair.map(pure.uses_numpy, range(4), stage="work")


@there
def test_what_cannot_be_sent_is_told_with_the_cure(pair):
    with pytest.raises(UnsuitableMethod, match="cannot be sent to another interpreter"):
        pair.map(lambda item: item, range(4), stage="work")


@pytest.mark.skipif(why_not() is None, reason="there are sub-interpreters here")
def test_where_there_are_none_the_error_says_since_when():
    with pytest.raises(UnsuitableMethod, match=r"they need Python 3\.14, and this is") as caught:
        executor("interpreters")
    assert caught.value.cure == 'Use executor="processes".'
    assert sys.version_info < (3, 14)
