"""The whole way that a person goes: bring data, draw, ask, watch, and take the answer away."""

import json
import os
import re
import subprocess
import sys
from xml.etree import ElementTree

import pytest

import whence
from studio.e2e.hands import (
    QUESTION,
    aim_at,
    answered,
    confounded,
    drag,
    edge,
    expect,
    graph,
    node,
    stages_seen,
    tab_to,
    walk_to,
    watch_stages,
)
from studio.e2e.running import SOURCES

DRAWN = {"nodes": ["mood", "x", "y", "z"], "edges": ["mood -> z", "x -> y", "z -> x", "z -> y"]}
TEXT = "z -> x -> y; z -> y; mood [latent]; mood -> z"
ASKED = (
    "status",
    "question",
    "query",
    "estimand",
    "estimate",
    "estimates",
    "bounds",
    "refusal",
    "refutations",
)


@pytest.fixture(scope="module")
def right(tmp_path_factory):
    """The file that is brought, and the answer of the library to the same question."""
    file = tmp_path_factory.mktemp("data") / "wages.csv"
    file.write_bytes(confounded())
    return file, whence.ask(QUESTION, file, TEXT)


def claims_of(page, file, answer, taken, into) -> None:
    """What is taken away says what the library says, and runs."""
    exported = json.loads(taken["json"].read_text())
    known = json.loads(answer.to_json())
    assert {key: exported[key] for key in ASKED} == {key: known[key] for key in ASKED}
    number = f"{answer.estimate.value:.2f}"
    assert number in page.locator("#answer .sentence").inner_text()
    assert number in taken["html"].read_text()
    assert "<script" not in taken["html"].read_text()
    run = subprocess.run(
        [sys.executable, taken["py"], file],
        capture_output=True,
        text=True,
        cwd=into,
        check=False,
        env=os.environ | {"PYTHONPATH": str(SOURCES)},
    )
    assert (run.returncode, run.stderr) == (0, "")
    assert set(whence.graph(taken["dagitty"].read_text()).edges) == set(whence.graph(TEXT).edges)
    assert ElementTree.fromstring(taken["svg"].read_text()).tag.endswith("svg")


def take(page, into, click) -> object:
    """What comes when this is clicked."""
    with page.expect_download() as coming:
        click()
    path = into / coming.value.suggested_filename
    coming.value.save_as(path)
    return path


def by_kind(files) -> dict:
    return {path.suffix[1:]: path for path in files}


def test_by_mouse(person, right, tmp_path):
    file, answer = right
    page = person.open()
    page.get_by_label("A new project").click()
    page.keyboard.type("Wages, by mouse")
    page.get_by_role("button", name="Begin").click()
    page.wait_for_url("**/p/*")

    with page.expect_file_chooser() as chooser:
        page.locator("#data").get_by_text("Choose a file").click()
    chooser.value.set_files(file)
    expect(page.locator("#data .column .name")).to_have_text(["z", "x", "y"])
    expect(page.locator("#data")).to_contain_text("200 rows, 3 columns")

    box = page.locator("#canvas").bounding_box()
    page.mouse.dblclick(box["x"] + 40, box["y"] + 40)
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.type("mood")
    page.get_by_role("button", name="Done").click()
    expect(node(page, "mood")).to_be_visible()
    node(page, "mood").click()
    page.get_by_role("button", name="Hidden", exact=True).click()
    expect(node(page, "mood")).to_have_class(re.compile("unmeasured"))
    for source, target in (("z", "x"), ("x", "y"), ("z", "y"), ("mood", "z")):
        node(page, source).hover()
        drag(page, node(page, source).locator(".handle"), node(page, target))
        expect(edge(page, source, target)).to_be_attached()
    assert graph(page) == DRAWN

    node(page, "x").click()
    page.get_by_role("button", name="Treatment", exact=True).click()
    expect(page.locator("#canvas .role-treatment")).to_have_attribute("data-name", "x")
    node(page, "y").click()
    page.get_by_role("button", name="Outcome", exact=True).click()
    expect(page.locator("#reading .headline")).to_contain_text("adjust for {z}")

    watch_stages(page)
    page.get_by_role("textbox", name="Question").click()
    page.keyboard.type(QUESTION)
    expect(page.locator("#echo")).to_have_text(re.compile(r"\s*Read as ATE\(x -> y\)\s*"))
    page.get_by_role("button", name="Ask", exact=True).click()
    answered(page)
    assert stages_seen(page) >= {"Read done", "Identify done"}
    assert any(each.endswith(" going") for each in stages_seen(page))

    def link(name):
        return take(page, tmp_path, page.locator("#answer").get_by_role("link", name=name).click)

    def from_menu(name):
        page.get_by_role("button", name="Take away").click()
        path = take(page, tmp_path, page.locator("#take").get_by_role("link", name=name).click)
        page.keyboard.press("Escape")
        return path

    files = [link("Report"), link("JSON"), link("Python script"), from_menu("as text"), from_menu("picture")]
    claims_of(page, file, answer, by_kind(files), tmp_path)


def test_by_keyboard_alone(person, right, tmp_path):
    file, answer = right
    page = person.open()
    press, type_in = page.keyboard.press, page.keyboard.type
    tab_to(page, "#new-title")
    type_in("Wages, by keyboard")
    press("Enter")
    page.wait_for_url("**/p/*")

    tab_to(page, "#file")
    page.locator("#file").set_input_files(file)
    expect(page.locator("#data .column .name")).to_have_text(["z", "x", "y"])

    tab_to(page, "#canvas .node")
    press("n")
    expect(page.get_by_role("dialog")).to_be_visible()
    type_in("mood")
    press("Enter")
    expect(node(page, "mood")).to_be_visible()
    tab_to(page, "#canvas .node")
    walk_to(page, "mood")
    press("u")
    expect(node(page, "mood")).to_have_class(re.compile("unmeasured"))
    for source, target in (("z", "x"), ("x", "y"), ("z", "y"), ("mood", "z")):
        walk_to(page, source)
        press("e")
        aim_at(page, target)
        press("Enter")
        expect(edge(page, source, target)).to_be_attached()
    assert graph(page) == DRAWN

    walk_to(page, "x")
    press("t")
    expect(page.locator("#canvas .role-treatment")).to_have_attribute("data-name", "x")
    walk_to(page, "y")
    press("y")
    expect(page.locator("#reading .headline")).to_contain_text("adjust for {z}")

    watch_stages(page)
    tab_to(page, "#question")
    type_in(QUESTION)
    expect(page.locator("#echo")).to_have_text(re.compile(r"\s*Read as ATE\(x -> y\)\s*"))
    press("Enter")
    answered(page)
    assert stages_seen(page) >= {"Read done", "Identify done"}
    assert any(each.endswith(" going") for each in stages_seen(page))

    def link(name):
        tab_to(page, f"#answer a[download$='{name}'], #take a[href$='{name}']")
        return take(page, tmp_path, lambda: press("Enter"))

    files = [link(name) for name in (".html", ".json", ".py")]
    tab_to(page, "[popovertarget=take]", key="Shift+Tab")
    press("Enter")
    files += [link(name) for name in ("graph.svg", "graph.dagitty")]
    press("Escape")
    expect(page.locator("#take")).to_be_hidden()
    claims_of(page, file, answer, by_kind(files), tmp_path)
