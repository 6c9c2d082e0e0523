"""The page of a project, in every state: whole, safe, named, of regions whose keys can be trusted."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from studio.pages.page_samples import FULL, HOSTILE, STATES, Element, elements, project
from whence.studio.pages.project import project_page, project_regions
from whence.studio.projects.sheet import Sheet
from whence.studio.reasoning.reading import Verdicts
from whence.studio.view import Message, View

REGIONS = ["topbar", "message", "data", "canvas-box", "reading", "edges", "ask", "runs", "answer"]
PUBLIC = frozenset(
    {"stream", "frame", "title", "question", "text", "format", "name", "condition", "column", "expression"}
    | {"low", "high", "source", "target", "mark", "x", "y", "method", "seed", "level", "benchmark", "times"}
    | {"r2_treatment", "r2_outcome", "first", "second", "file"}
)
ADDRESSES = re.compile(
    r"/p/abcdefghijkl/(stream|ack|undo|redo|title|options|dismiss|data/upload|data/example/\w+|data/remove"
    r"|data/part/|data/contrast|data/derive|data/where|graph/(node|remove/|rename/|latent/|edge|change/|move/|unpin"
    r"|text|text/|role/)?|question|runs(/\d+/cancel)?|answers/.*|compare/.*)"
)

every_state = pytest.mark.parametrize("view", STATES.values(), ids=STATES.keys())


PLUGINS = re.compile(
    r"data-(signals|bind|on|text|show|class|attr|computed|effect|init|indicator|ref|preserve-attr)\b.*"
)


def html(view: View, name: str) -> str:
    return next(each.html() for each in project_regions(view) if each.id == name)


def directives(found: list[Element]) -> list[str]:
    return [value for each in found for name, value in each.attributes.items() if PLUGINS.fullmatch(name)]


@every_state
def test_a_page_is_one_well_formed_document_with_every_region_once(view: View) -> None:
    found = elements(project_page(view))
    ids = [each.attributes["id"] for each in found if "id" in each.attributes]
    assert sorted(ids) == sorted(set(ids))
    assert [name for name in ids if name in REGIONS] == REGIONS
    assert [each.tag for each in found].count("main") == 1
    assert [each.tag for each in found].count("h1") == 1


@every_state
def test_each_region_is_one_element_with_its_id(view: View) -> None:
    for region in project_regions(view):
        found = elements(region.html())
        assert found[0].attributes["id"] == region.id
        assert all(each.parent is not None for each in found[1:])


@every_state
def test_nothing_in_a_page_is_inline_but_markup(view: View) -> None:
    for each in elements(project_page(view)):
        assert each.tag not in {"style", "iframe", "object", "embed", "base"}
        assert not [name for name in each.attributes if name == "style" or name.startswith("on")]
        if each.tag == "script":
            assert each.attributes["src"].startswith("/static/")
            assert not each.text.strip()


@every_state
def test_every_control_has_a_name_and_every_label_a_control(view: View) -> None:
    found = elements(project_page(view))
    labelled = {each.attributes["for"] for each in found if each.tag == "label" and each.text.strip()}
    ids = {each.attributes.get("id") for each in found}
    assert labelled <= ids
    for each in found:
        if each.tag in {"input", "select", "textarea"}:
            assert each.attributes.get("aria-label") or each.attributes.get("id") in labelled, each.attributes
        if each.tag in {"button", "a", "summary"}:
            assert each.text.strip() or each.attributes.get("aria-label"), each.attributes
        for reference in ("aria-labelledby", "aria-describedby"):
            assert set(each.attributes.get(reference, "").split()) <= ids


@every_state
def test_actions_go_to_known_addresses_with_public_signals(view: View) -> None:
    for value in directives(elements(project_page(view))):
        for address in re.findall(r"@(?:get|post)\('([^']*)'", value):
            assert ADDRESSES.fullmatch(address), address
        for signals in re.findall(r"include: '\^\(?([^)$]*)\)?\$'", value):
            assert set(signals.split("|")) <= PUBLIC


def test_words_of_a_person_stand_in_no_expression_and_make_no_element() -> None:
    found = elements(project_page(STATES["hostile"]))
    assert not [each for each in found if each.tag == "img"]
    assert all(each.attributes.get("src", "/static/").startswith("/static/") for each in found)
    for value in directives(found):
        assert "evil" not in value
        assert "alert" not in value
    for each in found:
        assert "alert" not in each.attributes.get("id", "") + each.attributes.get("for", "")


def test_what_turns_the_direction_of_writing_is_spelt_out_in_text() -> None:
    found = elements(project_page(STATES["hostile"]))
    assert not [each for each in found if "\u202e" in each.text]
    assert [each for each in found if "\\u202e" in each.text]


@pytest.mark.parametrize("state", ["past", "past and empty"])
def test_a_permalink_changes_nothing(state: str) -> None:
    page = project_page(STATES[state])
    assert "@post" not in page
    assert "@get" not in page
    assert "as it was" in page


@every_state
def test_equal_views_have_equal_keys_that_can_be_hashed(view: View) -> None:
    again = replace(view)
    assert [hash(each.key) for each in project_regions(view)] == [
        hash(each.key) for each in project_regions(again)
    ]


@pytest.mark.parametrize(
    ("changed", "regions"),
    [
        (replace(FULL, sheet=replace(FULL.sheet, title="Other")), {"topbar"}),
        (replace(FULL, can_redo=True), {"topbar"}),
        (replace(FULL, message=Message("note", "data", "Done.")), {"message"}),
        (replace(FULL, loading="x.csv"), {"data"}),
        (replace(FULL, sheet=replace(FULL.sheet, where="a > 2")), {"data"}),
        (replace(FULL, sheet=replace(FULL.sheet, pins={})), {"canvas-box"}),
        (replace(FULL, change="Still identified."), {"reading"}),
        (replace(FULL, reading=replace(FULL.reading, would_help=("Patience.",))), {"reading"}),
        (replace(FULL, sheet=replace(FULL.sheet, question="ATE(a -> b)")), {"ask"}),
        (replace(FULL, sheet=replace(FULL.sheet, seed=3)), {"ask"}),
    ],
)
def test_a_change_sends_the_regions_that_show_it_and_no_others(changed: View, regions: set[str]) -> None:
    before = {each.id: each for each in project_regions(FULL)}
    after = {each.id: each for each in project_regions(changed)}
    assert {name for name in before if before[name].key != after[name].key} == regions
    for name in regions:
        assert before[name].html() != after[name].html()


def test_verdicts_that_contradict_nothing_leave_the_picture_as_it_is() -> None:
    asked, told = (replace(FULL, verdicts=Verdicts(pending, sentence="Fine.")) for pending in (True, False))
    before, after = ({each.id: each.key for each in project_regions(view)} for view in (asked, told))
    assert {name for name in before if before[name] != after[name]} == {"reading"}


def test_a_refusal_without_advice_says_that_it_is_looked_for_where_it_can_still_come() -> None:
    refused = replace(FULL.reading, standing="refused", would_help=(), advised=False)
    assert "Looking for what would help" in html(replace(FULL, reading=refused), "reading")
    assert "Looking for" not in html(replace(FULL, reading=replace(refused, advised=True)), "reading")
    assert "Looking for" not in html(replace(FULL, reading=refused, live=False), "reading")


def test_a_region_whose_key_is_the_same_shows_the_same() -> None:
    views = [*STATES.values(), project("a", "b", "c"), replace(FULL, sheet=Sheet("x"))]
    shown: dict[object, str] = {}
    for view in views:
        for region in project_regions(view):
            if region.id in {"runs", "answer"}:
                continue
            assert shown.setdefault((region.id, region.key), region.html()) == region.html()


def test_an_empty_project_teaches_the_next_step() -> None:
    page = project_page(STATES["empty"])
    assert "/data/example/lalonde" in page
    assert "Name what you think matters" in page
    assert "effect of price on sales" in page


def test_the_question_as_it_was_read_and_what_is_wrong_with_it_are_told() -> None:
    assert "E[sales | do(price=1)]" in project_page(FULL)
    assert "Not understood." in project_page(STATES["misread"])


def test_an_error_is_told_with_its_cure_and_can_be_dismissed() -> None:
    page = project_page(STATES["error"])
    assert "A circle." in page
    assert "Turn one edge round." in page
    assert "/p/abcdefghijkl/dismiss" in page


def test_a_way_lights_up_by_an_id_of_ours() -> None:
    found = elements(project_page(FULL))
    ways = [each for each in found if each.attributes.get("class") == "way"]
    assert [each.attributes["data-on:mouseenter"] for each in ways] == ["$_path = 'w1'", "$_path = 'w2'"]
    assert all(each.attributes["data-on:focus"] == each.attributes["data-on:mouseenter"] for each in ways)


def test_a_title_is_shown_as_it_was_written() -> None:
    view = replace(FULL, sheet=replace(FULL.sheet, title=HOSTILE))
    (title,) = [each for each in elements(project_page(view)) if each.attributes.get("id") == "title"]
    assert title.attributes["value"] == HOSTILE
