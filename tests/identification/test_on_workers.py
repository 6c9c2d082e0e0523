"""Searches of independent candidates give the same on any workers, tell of progress, and can be stopped."""

import pytest

from whence.identification.help.fragility import hinges
from whence.identification.help.remedies import remedies, search_remedies
from whence.identification.identify import identify
from whence.identification.verify import verify
from whence.language.graph_text import graph
from whence.language.query import effect
from whence.runtime.errors import Cancelled
from whence.runtime.events import Cancellation, Progress, cancellable, listening
from whence.runtime.executor import processes, serial, threads

FRONT_DOORS = "X -> M -> N -> Y; X <-> Y; W -> X; W -> N; A -> W; A <-> X"
BOWS = "A -> X -> B -> Y; X <-> B; B <-> Y; A <-> Y; X -> Y; C -> B; C <-> X"
CLASS = "A -- B; B -- C; C -- D; X -> Y; U -> Y"


@pytest.fixture(scope="module", params=["threads", "processes"])
def workers(request):
    made = threads(3) if request.param == "threads" else processes(2)
    yield made
    made.close()


def test_hinges_are_the_same_on_any_workers(workers):
    one_by_one = hinges(effect("X", "Y"), FRONT_DOORS)
    assert len(one_by_one) > 1
    assert hinges(effect("X", "Y"), FRONT_DOORS, executor=workers) == one_by_one


def test_remedies_are_the_same_on_any_workers_cut_short_or_not(workers):
    one_by_one = remedies(effect("X", "Y"), BOWS)
    assert len(one_by_one) > 3
    assert remedies(effect("X", "Y"), BOWS, executor=workers) == one_by_one
    large = graph("; ".join([BOWS, *(f"Z{i} -> Z{i + 1}" for i in range(200)), "Z200 -> X"]))
    found = search_remedies(effect("X", "Y"), large)
    assert not found.complete
    assert search_remedies(effect("X", "Y"), large, executor=workers) == found


def test_a_proof_is_checked_in_every_graph_of_a_class_on_any_workers(workers):
    found = identify(effect("X", "Y"), graph(CLASS))
    assert verify(found, executor=workers) == verify(found)


@pytest.mark.parametrize("search", [hinges, remedies])
def test_searches_tell_of_progress_and_stop_when_cancelled(search):
    drawing = FRONT_DOORS if search is hinges else BOWS
    heard, token = [], Cancellation()
    with listening(heard.append):
        search(effect("X", "Y"), drawing)
    done = [each for each in heard if isinstance(each, Progress)]
    assert {each.stage for each in done} == {search.__name__}
    assert done[0].done == 0
    assert done[-1].done == done[-1].total > 0

    def hear(event):
        if isinstance(event, Progress):
            token.cancel()

    with listening(hear), cancellable(token), pytest.raises(Cancelled):
        search(effect("X", "Y"), drawing)


def test_without_workers_everything_is_done_in_the_calling_thread():
    assert hinges(effect("X", "Y"), FRONT_DOORS, executor=serial()) == hinges(effect("X", "Y"), FRONT_DOORS)
