"""The home page, errors, and the document around every page."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from studio.pages.page_samples import EMPTY_HOME, HOME, HOSTILE, elements
from whence.studio.pages.environment import counted, get, icon, moment, post
from whence.studio.pages.home import home_page, home_regions
from whence.studio.pages.shell import document, error_page, masthead
from whence.studio.view import HomeView, Message, ProjectCard

HOMES = {
    "with projects": HOME,
    "empty": EMPTY_HOME,
    "message": replace(HOME, message=Message("error", "project", "Gone.", "Make another.")),
    "hostile": HomeView(
        (ProjectCard("c" * 12, HOSTILE, HOSTILE, 1, HOSTILE, 1, HOSTILE),), (("x", HOSTILE),), ()
    ),
}


@pytest.mark.parametrize("view", HOMES.values(), ids=HOMES.keys())
def test_the_home_page_is_whole_and_safe(view: HomeView) -> None:
    found = elements(home_page(view))
    tags = [each.tag for each in found]
    assert tags.count("h1") == tags.count("main") == 1
    assert "img" not in tags
    ids = [each.attributes["id"] for each in found if "id" in each.attributes]
    assert sorted(ids) == sorted(set(ids))
    assert not [
        name for each in found for name in each.attributes if name == "style" or name.startswith("on")
    ]


def test_the_regions_of_the_home_page_are_in_it() -> None:
    page = home_page(HOME)
    assert [each.id for each in home_regions(HOME)] == ["message", "projects", "journals"]
    assert all(each.html() in page for each in home_regions(HOME))


def test_an_example_without_words_of_ours_takes_those_of_the_view() -> None:
    assert "words of the view" in home_page(HOME)
    assert "/projects/example/lalonde" in home_page(HOME)


def test_a_home_without_projects_says_what_one_is() -> None:
    assert "None yet." in home_page(EMPTY_HOME)


def test_an_error_page_says_what_and_the_cure() -> None:
    page = error_page(404, "Not here", "Nothing is kept <here>.", "Go back.")
    assert "Nothing is kept &lt;here&gt;." in page
    assert "Go back." in page
    assert elements(page)


def test_the_official_script_is_owned_up_to() -> None:
    assert "unsafe-eval" in document("x", "", address="", official=True)
    assert "unsafe-eval" not in document("x", "", address="")


def test_the_way_here_is_told_in_the_masthead() -> None:
    found = elements(masthead([("Prices <b>", "/p/abc"), ("Answer 2", "")]))
    assert [each.attributes["href"] for each in found if each.tag == "a"] == ["/", "/p/abc"]
    assert [each.text for each in found if "aria-current" in each.attributes] == ["Answer 2"]


def test_three_files_make_a_page_and_its_icon_is_within() -> None:
    found = elements(document("x", "", address=""))
    files = {
        each.attributes.get("src") or each.attributes.get("href")
        for each in found
        if each.tag in {"script", "link"}
    }
    icons = {file for file in files if file.startswith("data:image/svg+xml,%3Csvg")}
    assert len(icons) == 1
    assert files - icons == {"/static/client.js", "/static/canvas.js", "/static/studio.css"}


def test_an_expression_takes_addresses_of_ours_only() -> None:
    assert (
        post("/p/a/title", "title") == "@post('/p/a/title', {filterSignals: {include: '^(stream|title)$'}})"
    )
    assert get("/x").startswith("@get('/x'")
    for address in ("/p/'); alert(1); ('", "//evil.com/'x", "/p/a?b=c", "p/a"):
        with pytest.raises(ValueError, match="no address"):
            post(address)


def test_counts_are_told_in_words() -> None:
    assert (counted(0, "row"), counted(1, "row"), counted(1200, "row")) == ("no rows", "1 row", "1,200 rows")
    assert counted(2, "journey", "journeys") == "2 journeys"


def test_pictograms_are_hidden_from_those_who_listen() -> None:
    (picture, _) = elements(str(icon("undo")))
    assert picture.attributes["aria-hidden"] == "true"


def test_a_time_is_shown_as_people_write_it_and_other_words_as_they_are() -> None:
    here = datetime(2026, 11, 22, 19, 21, tzinfo=UTC).astimezone()
    assert moment("2026-11-22T19:21:03+00:00") == f"{here.day} Nov 2026, {here:%H:%M}"
    assert moment("<just now>") == "<just now>"
