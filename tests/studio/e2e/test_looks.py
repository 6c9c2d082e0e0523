"""Light and dark differ in colour alone; print leaves out what only a screen needs."""

import re

import pytest

from studio.e2e.hands import answered, expect

PLACES = """() => [...document.body.querySelectorAll("*")].map((el) => {
  const { x, y, width, height } = el.getBoundingClientRect();
  return `${el.tagName}#${el.id} ${[x, y, width, height].map((length) => length.toFixed(2))}`;
})"""
PAINT = "[getComputedStyle(document.documentElement).backgroundColor, getComputedStyle(document.body).color]"
CHROME = (
    "#topbar .acts, #canvas-box .tools, #ask .under, #message, .skip, #data .other, nav.take, #answer .take"
)


def lightness(colour: str) -> float:
    """Of `rgb(…)`, from 0 to 1."""
    parts = [float(each) for each in re.findall(r"[\d.]+", colour)]
    return 1.0 if parts[3:] == [0.0] else sum(parts[:3]) / 765  # paper shines through what is transparent


@pytest.fixture(scope="module")
def full(browser, studio):
    """A project with an answer."""
    from studio.e2e.conftest import Person

    person = Person(browser, studio)
    address = person.project("", example="kidney_stones")
    person.post(f"{address}/runs", question="effect of treatment on success")
    answered(person.open(address))
    person.leave()
    return address


@pytest.mark.parametrize("which", ["/", "{}", "{}/answers/1", "{}/at/2"])
def test_dark_and_light_have_one_layout(person, full, which):
    page = person.open(which.format(full))
    for width in (1440, 390):
        page.set_viewport_size({"width": width, "height": 900})
        seen = {}
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            seen[scheme] = page.evaluate(PLACES), page.evaluate(PAINT)
        assert len(seen["light"][0]) > 40
        assert seen["light"][0] == seen["dark"][0]
        assert not set(seen["light"][1]) & set(seen["dark"][1])


@pytest.mark.parametrize("which", ["{}", "{}/answers/1"])
def test_print_shows_the_answer_without_the_controls(person, full, which):
    page = person.open(which.format(full))
    shown = page.locator(CHROME)
    assert sum(each.is_visible() for each in shown.all()) > 0
    page.emulate_media(media="print")
    assert [each.get_attribute("class") for each in shown.all() if each.is_visible()] == []
    expect(page.locator("main .sentence").first).to_be_visible()
    expect(page.locator("main svg").first).to_be_visible()
    pdf = page.pdf()
    assert pdf.startswith(b"%PDF")
    assert pdf.count(b"/Type /Page\n") + pdf.count(b"/Type /Page ") <= 8


def test_print_is_light_for_those_whose_screen_is_dark(person, full):
    page = person.open(full)
    page.emulate_media(media="print", color_scheme="dark")
    paper, ink = page.evaluate(PAINT)
    assert lightness(paper) > 0.95
    assert lightness(ink) < 0.25
