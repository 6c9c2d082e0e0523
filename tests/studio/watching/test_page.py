"""The page of a watched run: what it says, which parts are sent anew; strangers' texts stay text."""

from __future__ import annotations

from dataclasses import replace

import pytest

from explanation.answers import HOSTILE
from studio.pages_answer.shown import check_allowed
from whence.rlm.demo import RECORDING
from whence.rlm.events import (
    BudgetShown,
    CallEnded,
    CallsStarted,
    CellRan,
    ModelReplied,
    Noted,
    RunEnded,
    RunStarted,
)
from whence.rlm.journal.record import run_events
from whence.rlm.messages import Usage
from whence.rlm.views.tree import Totals, tree_of
from whence.studio.pages.turns import gist, shares
from whence.studio.pages.watch import now, watch_page, watch_regions
from whence.studio.watching.watched import Watched

EVENTS = tuple(run_events(RECORDING))


def shown_after(*events):
    watched = Watched("d0123456789ab", "Demonstration", "demonstration", "From a recording.")
    for event in events:
        watched.add(event)
    return watched.shown()


@pytest.mark.parametrize("number", [0, 1, 2, 5, 40, 88, 100, len(EVENTS)])
def test_at_every_moment_the_page_is_whole_and_allowed(number: int):
    page = check_allowed(watch_page(shown_after(*EVENTS[:number])))
    assert {"watch-head", "watch-lanes", "watch-turns", "stream", "main"} <= set(page.ids)
    assert "From a recording." in page.text


@pytest.mark.parametrize("hour", [float("nan"), float("inf"), 1e308, -1e308, 1e-320])
def test_a_time_that_is_none_takes_nothing_from_the_page_but_the_figure_over_time(hour: float):
    begun = EVENTS[0]
    check_allowed(watch_page(shown_after(begun, *(replace(each, at=hour) for each in EVENTS[1:]))))


def test_the_page_tells_what_the_run_does_now():
    started = next(i for i, event in enumerate(EVENTS) if isinstance(event, CallsStarted))
    assert now(tree_of(EVENTS[: started + 1])) == "0 of 72 calls answered"
    assert now(tree_of(EVENTS[: started + 6])) == "5 of 72 calls answered"
    assert now(tree_of(EVENTS[:1])) == "The model writes"
    assert now(tree_of(EVENTS[:2])) == "Its code runs"
    child = next(i for i, event in enumerate(EVENTS) if event.run == "0.0")
    assert now(tree_of(EVENTS[: child + 1])) == "Run 0.0, started by its code: the model writes"
    assert now(tree_of(EVENTS)) == ""
    assert "Answered: 232" in check_allowed(watch_page(shown_after(*EVENTS))).text


def test_an_event_changes_the_turn_that_it_belongs_to_and_no_other():
    started = next(i for i, event in enumerate(EVENTS) if isinstance(event, CallsStarted))
    before, after = (
        {region.id: region.key for region in watch_regions(shown_after(*EVENTS[:number]))}
        for number in (started + 4, started + 5)
    )
    assert {name for name in after if before.get(name) != after[name]} == {
        "watch-head",
        "watch-lanes",
        "turn-2",
    }


def test_every_region_has_its_id_and_changes_its_key_with_its_picture():
    seen: dict[str, tuple[object, str]] = {}
    for number in range(len(EVENTS) + 1):
        for region in watch_regions(shown_after(*EVENTS[:number])):
            html = region.html()
            assert f'id="{region.id}"' in html
            key, picture = seen.get(region.id, (None, ""))
            if key == region.key and region.id.startswith("turn"):
                assert html == picture, (number, region.id)
            seen[region.id] = (region.key, html)
    assert {"turn-0", "turn-4"} <= set(seen)


def test_the_parts_of_a_bar_are_what_became_of_the_calls():
    turn = tree_of(EVENTS).turns[2]
    (batch,) = turn.steps[0].batches
    assert shares((batch,)) == [("well", 0.0, 100.0)]
    half = replace(batch, totals=Totals(calls=36, failed=9, shared=9))
    assert shares((half,)) == [("well", 0.0, 25.0), ("shared", 25.0, 12.5), ("bad", 37.5, 12.5)]


def test_the_line_of_a_cell_is_the_one_that_tells_most():
    assert gist("import json") == "import json"
    assert gist("# count\nimport json\nanswer = 3") == "answer = 3"


@pytest.mark.parametrize("name", HOSTILE)
def test_what_models_and_documents_wrote_stays_text(name: str):
    head = {"question": name, "depth": 0, "model": name, "route": "recursive", "why": name}
    events = [
        RunStarted(**head, isolation=name, documents=1, bytes=10, strength=name),
        ModelReplied(iteration=1, text=name, usage=Usage(), usd=0.1, seconds=0.1, at=0.1),
        CallsStarted(batch=0, count=2, tokens=5, usd=None, at=0.2),
        CallEnded(
            batch=0, index=0, prompt=name, text=name, error=None, usage=Usage(), usd=0.1, seconds=0.1, at=0.3
        ),
        CallEnded(
            batch=0, index=1, prompt=name, text="", error=name, usage=Usage(), usd=None, seconds=0.1, at=0.3
        ),
        RunStarted(**{**head, "depth": 1}, isolation=name, documents=1, bytes=10, run="0.0", at=0.4),
        Noted(message=name, run="0.0", at=0.5),
        CellRan(
            iteration=1,
            cell=0,
            code=name,
            output=name,
            error=name,
            names={},
            lost=(name,),
            seconds=0.1,
            at=0.6,
        ),
        Noted(message=name, at=0.6),
        BudgetShown(
            calls=2, tokens=5, usd=0.2, left={"calls": 0.0, "usd": 1.0, name: 3.0, "tokens": float("inf")}
        ),
        RunEnded(
            answer=name, error=None, message=name, iterations=1, usage=Usage(), usd=None, seconds=0.7, at=0.7
        ),
    ]
    page = check_allowed(watch_page(shown_after(*events)))
    for tag, told in page.elements:
        for key, value in told.items():
            if key.startswith("data-") or key in ("id", "class"):
                assert name not in (value or ""), (tag, key)
    failed = replace(events[-1], answer=None, error="no_answer", message=name)
    check_allowed(watch_page(shown_after(*events[:-1], failed)))
