"""A studio that is killed in the middle of a run and started again: the page goes on, and nothing is lost."""

import json

import pytest

from studio.e2e.conftest import until
from studio.e2e.hands import QUESTION, answered, confounded, expect, graph
from studio.e2e.running import Studio

PATIENCE = 15.0
BACK = """() => {
  const told = document.getElementById("connection");
  const look = () => told.textContent || (window.backAt ??= Date.now());
  new MutationObserver(look).observe(told, { childList: true, characterData: true, subtree: true });
}"""
TEXT = "z -> x -> y; z -> y"


@pytest.fixture
def other(tmp_path):
    """A studio of the test's own, which it may kill."""
    made = Studio(tmp_path / "home").start()
    yield made
    made.stop()


def test_a_page_is_live_again_after_the_studio_was_killed_in_a_run_and_the_run_ends_alike(
    visit, other, record_property
):
    person = visit(other)
    person.ledger.expected = (
        "ERR_CONNECTION_REFUSED",
        "ERR_INCOMPLETE_CHUNKED",
        "ERR_CONNECTION_RESET",
        "ERR_EMPTY",
    )
    address = person.project("Killed", graph=TEXT)
    other.upload(person.context, address, "many.csv", confounded(600))
    page = person.open(address)
    before = graph(page)
    page.evaluate("window.sameDocument = true")
    page.get_by_role("textbox", name="Question").fill(QUESTION)
    page.get_by_role("button", name="Ask", exact=True).click()
    until(page, "[...document.querySelectorAll('#run-1 .track li.going')].length")
    other.kill()
    expect(page.locator("#connection")).to_contain_text("does not answer", timeout=10_000)
    page.evaluate(BACK)
    other.start()
    until(page, "window.backAt", PATIENCE)
    seconds = (page.evaluate("window.backAt") - other.answered) / 1000
    record_property("seconds_from_port_to_page", seconds)
    print(f"\nfrom the port's first answer to a live page: {seconds:.2f} s")
    assert page.evaluate("window.sameDocument")
    assert graph(page) == before
    expect(page.locator("#data")).to_contain_text("600 rows, 3 columns")
    answered(page)
    page.get_by_role("button", name="Ask", exact=True).click()
    answered(page, 2)
    found = [
        json.loads(person.context.request.get(f"{other.origin}{address}/take/answers/{n}/answer.json").text())
        for n in (1, 2)
    ]
    assert found[0]["estimate"] == found[1]["estimate"] is not None
    assert found[0]["refutations"] == found[1]["refutations"]
