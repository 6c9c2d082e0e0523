"""A page of the little site in the browser. Each test ends with the claim that the policy of content held."""

from dataclasses import dataclass, field

import pytest

from studio.client.site import Site

WATCH = """
window.violations = [];
document.addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) =>
  window.violations.push(violatedDirective + " " + blockedURI));
window.fetches = [];
document.addEventListener("datastar-fetch", ({ detail }) => window.fetches.push(detail.type));
window.seen = [];
for (const name of "select move connect add remove open rename role latent undo redo".split(" "))
  document.addEventListener("wh-" + name, ({ detail }) => window.seen.push([name, detail]));
"""


@dataclass
class Told:
    """What the page wrote to its console, and whether a test means it to complain."""

    errors: list[str] = field(default_factory=list)
    expected: bool = False
    violations: set[str] = field(default_factory=set)


@pytest.fixture(scope="module")
def site():
    made = Site()
    made.start()
    yield made
    made.kill()


@pytest.fixture(scope="module")
def tab(browser, site):
    context = browser.new_context(viewport={"width": 1000, "height": 800})
    context.set_default_timeout(5000)
    context.add_init_script(WATCH)
    yield context.new_page()
    context.close()


@pytest.fixture
def told():
    return Told()


@pytest.fixture
def show(tab, site, told):
    """Open a page with this body."""
    site.requests.clear()
    site.reports.clear()
    site.replies.clear()
    while not site.opened.empty():
        site.opened.get()

    def listen(message):
        # What the network says of a server that is not there is the browser's, not ours.
        if (
            message.type == "error"
            and "Failed to load resource" not in message.text
            and "inline" not in message.text
        ):
            told.errors.append(message.text)

    def open_page(body, css=""):
        site.body, site.css = body, css
        tab.goto(site.address)
        return tab

    def fail(error):
        told.errors.append(str(error))

    tab.on("console", listen)
    tab.on("pageerror", fail)
    yield open_page
    violations = tab.evaluate("window.violations")
    tab.remove_listener("console", listen)
    tab.remove_listener("pageerror", fail)
    assert set(violations) <= told.violations
    assert told.violations or site.reports == []
    if not told.expected:
        assert told.errors == []
