"""Every page, light and dark, at three widths, examined by axe-core."""

import hashlib
from pathlib import Path

import pytest

from studio.e2e.hands import answered

AXE = Path(__file__).parents[3] / ".cache" / "axe" / "node_modules" / "axe-core" / "axe.min.js"
SHA256 = "29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c"
WIDTHS = (1440, 900, 390)
PAGES = ["home", "empty", "full", "answer", "compare", "watch", "permalink", "error"]
EXAMINE = """async () => {
  const { violations } = await axe.run(document, { resultTypes: ["violations"] });
  const told = ({ target, html }) => `${target} ${html.slice(0, 160)}`;
  return violations.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 4).map(told).join(" | ")}`);
}"""


@pytest.fixture(scope="module")
def axe() -> str:
    """The script of axe-core, if it is there and is the one that is known."""
    if not AXE.exists():
        pytest.skip("needs axe-core (.ci/browser puts it into .cache/axe)")
    content = AXE.read_bytes()
    if hashlib.sha256(content).hexdigest() != SHA256:
        pytest.skip("the axe-core in .cache/axe is not the one that is known here")
    return content.decode()


@pytest.fixture(scope="module")
def addresses(browser, studio):
    """Where each kind of page is to be found."""
    from studio.e2e.conftest import Person

    person = Person(browser, studio)
    full = person.project("", example="nhefs")
    page = person.open(full)
    for i, cause in enumerate(("qsmk", "exercise"), 1):
        person.post(f"{full}/runs", question=f"effect of {cause} on wt82_71")
        answered(page, i)
    page.goto(studio.origin)
    page.get_by_role("button", name="Watch a recorded run").click()
    page.wait_for_url("**/watch/*")
    page.get_by_text("Step by step").wait_for(timeout=30_000)
    found = {
        "home": "/",
        "empty": person.project(""),
        "full": full,
        "answer": f"{full}/answers/1",
        "compare": f"{full}/compare/1/2",
        "watch": page.url.removeprefix(studio.origin),
        "permalink": f"{full}/at/2",
        "error": "/p/aaaaaaaaaaaa",
    }
    person.leave()
    return found


@pytest.mark.parametrize("kind", PAGES)
def test_axe_finds_nothing_on_the_page(visit, addresses, axe, kind):
    person = visit()
    person.ledger.expected = ("404",) if kind == "error" else ()
    person.context.add_init_script(axe)
    page = person.open(addresses[kind])
    for each in page.locator("details").all():  # what is folded away is looked at too
        each.evaluate("(el) => el.open = true")
    found = {}
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            found[scheme, width] = page.evaluate(EXAMINE)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (scheme, width)
    if page.locator("#connection").count():
        assert page.locator("#connection").text_content() == ""
    assert {key: value for key, value in found.items() if value} == {}
