"""The regions of runs and answer: what they say, when they are sent anew, and what they never hold."""

from __future__ import annotations

from dataclasses import replace

import pytest

from explanation.answers import HOSTILE, every_kind, hostile, job_training, labelled
from studio.pages_answer.shown import a_view, check_allowed, done, every_run, going
from whence.language.graph import Graph
from whence.studio.pages.answer import answer_page
from whence.studio.pages.runs import answer_region, runs_region, status
from whence.studio.projects.sheet import Dataset, Part, Sheet
from whence.studio.reasoning.run_view import RunView, Stage


def run_of(answer, number=1):
    return RunView(number, 4, answer.question, "answered", done(), answer=answer, seconds=0.5)


def test_a_run_that_goes_on_shows_its_stage_its_count_and_what_it_found():
    page = check_allowed(runs_region(a_view(going())).html())
    for told in ("3 of 7", "E[re78 | do(treat=1)]", "1,571", "Placebo treatment", "Overlap is poor."):
        assert told in page.text
    assert page.text.count("going on") == 1
    assert page.text.count("waiting") == 1
    posts = [each["data-on:click"] or "" for each in page.of("button") if "data-on:click" in each]
    assert any(each.startswith("@post('/p/abcdefghijkl/runs/9/cancel'") for each in posts)


def test_ended_runs_are_listed_with_their_sentence_and_the_way_to_their_page():
    page = check_allowed(runs_region(a_view(*every_run())).html())
    links = [each.get("href") for each in page.of("a")]
    assert "/p/abcdefghijkl/answers/4" in links
    assert "/p/abcdefghijkl/answers/3" in links
    assert "/p/abcdefghijkl/answers/2" not in links
    for told in ("Training raised 1978 earnings", 'Failed. No column is called "x".', "Cancelled."):
        assert told in page.text
    assert [each["aria-label"] for each in page.of("button") if "aria-pressed" in each] == [
        "Compare run 4",
        "Compare run 3",
    ]


def test_a_permalink_cannot_cancel_a_run():
    assert "cancel" not in runs_region(a_view(going(), live=False)).html()


def test_with_nothing_asked_both_regions_teach():
    view = a_view()
    assert "effect of treat on re78" in check_allowed(runs_region(view).html()).text
    assert "comes here" in check_allowed(answer_region(view).html()).text


@pytest.mark.parametrize(
    "change",
    [
        {"stages": (Stage("read", "Read", "going", 1, 7),)},
        {"steps": ("one", "two")},
        {"checks": ()},
        {"warnings": ()},
        {"told": ()},
        {"state": "failed", "error": "It broke."},
        {"seconds": 9.0},
    ],
)
def test_whatever_changes_the_picture_changes_the_key(change: dict[str, object]):
    before, after = (runs_region(a_view(run)) for run in (going(), replace(going(), **change)))
    assert before.html() != after.html() or "seconds" in change
    assert before.key != after.key
    assert runs_region(a_view(going())).key == before.key


def test_the_newest_answer_is_shown_and_told_to_be_old_once_something_it_rests_on_has_changed():
    answer = labelled()
    roles: dict[str, Part] = {"treat": "treatment", "re78": "outcome"}
    data = Dataset("a" * 64, "jobs.csv")
    sheet = Sheet(title="Jobs", data=data, graph=answer.graph, parts=roles, seed=7)
    view = replace(a_view(run_of(answer, 4), run_of(job_training(), 2)), sheet=sheet, asked=sheet)
    fresh = answer_region(view)
    assert "Training raised 1978 earnings" in check_allowed(fresh.html()).text
    assert "ask again" not in fresh.html()
    for same in (replace(sheet, pins={"age": (1.0, 2.0)}), replace(sheet, title="Work")):
        assert answer_region(replace(view, revision=5, sheet=same)).key == fresh.key
    for changed in (
        replace(sheet, question="P(re78)"),
        replace(sheet, parts={**roles, "treat": "ignored", "age": "treatment"}),
        replace(sheet, parts={**roles, "re78": "ignored", "re75": "outcome"}),
        replace(sheet, parts={**roles, "re75": "placebo"}),
        replace(sheet, parts={**roles, "age": "weights"}),
        replace(sheet, parts={**roles, "age": "cluster"}),
        replace(sheet, contrast=("1", "0")),
        replace(sheet, graph=Graph.of(("treat", "re78"), ())),
        replace(sheet, data=None),
        replace(sheet, data=Dataset("b" * 64, "jobs.csv")),
        replace(sheet, where="age < 40"),
        replace(sheet, derive={"old": "age > 50"}),
        replace(sheet, method="ols"),
        replace(sheet, seed=8),
        replace(sheet, level=0.9),
    ):
        old = answer_region(replace(view, revision=5, sheet=changed))
        assert old.key != fresh.key, changed
        assert "ask again" in check_allowed(old.html()).text


def test_what_is_read_aloud_changes_with_the_stage_not_with_every_item():
    assert status([going()]) == status([replace(going(), seconds=99.0, checks=())]) == "Run 9: Refute"
    waiting = replace(going(), stages=(Stage("read", "Read", "waiting"),))
    assert status([waiting]) == "Run 9 waits for its turn"
    assert status([]) == ""


@pytest.mark.parametrize("kind", every_kind())
def test_every_kind_of_answer_has_a_page_that_the_policy_allows(kind: str):
    run = run_of(every_kind()[kind])
    view = a_view(run)
    page = check_allowed(answer_page(view, run))
    assert [each["id"] for each in page.of("main")] == ["main"]
    assert len(page.of("h1")) == 1
    check_allowed(answer_region(view).html())
    links = [each.get("href") or "" for each in page.of("a")]
    for file in ("report.html", "answer.json", "script.py"):
        assert f"/p/abcdefghijkl/take/answers/1/{file}" in links


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_stay_text_in_runs_and_answers(name: str):
    answer = hostile(name)
    run = run_of(replace(answer, question=f"effect of {name} on y"))
    failed = RunView(2, 1, name, "failed", done(), error=f"No column is called {name}.")
    told = replace(going(3), question=name, steps=(name,), told=(name,), warnings=(name,))
    view = a_view(told, failed, run)
    for html in (runs_region(view).html(), answer_region(view).html(), answer_page(view, run)):
        page = check_allowed(html)
        for _, attributes in page.elements:
            for key, value in attributes.items():
                if key.startswith("data-"):
                    assert name not in (value or ""), key
