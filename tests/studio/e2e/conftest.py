"""A studio in a process of its own and a person at it. Every test ends with the claim that the page kept its
policy.
"""

from dataclasses import dataclass, field

import pytest

from studio.e2e.running import Studio

LISTEN = """
addEventListener("securitypolicyviolation", (evt) =>
  console.error(`POLICY ${evt.violatedDirective} ${evt.blockedURI} ${evt.sourceFile}:${evt.lineNumber}`));
window.shownFrames = 0;
document.addEventListener("datastar-fetch", ({ detail: { type, el } }) => {
  if (el.id === "stream" && type.startsWith("datastar-patch")) window.shownFrames++;
});
"""


@dataclass
class Ledger:
    """What no page should do: break its policy, write to the console, open a dialog, ask others."""

    studio: Studio
    told: list[str] = field(default_factory=list)
    expected: tuple[str, ...] = ()

    def watch(self, context) -> None:
        """Hear of everything that happens in a browser."""
        context.add_init_script(LISTEN)
        context.on("console", lambda message: self.note(f"console {message.type}: {message.text}"))
        context.on("weberror", lambda error: self.note(f"error: {error.error}"))
        context.on("dialog", self._dialog)
        context.on("request", self._request)

    def note(self, what: str) -> None:
        """Write down what happened, unless a test means it to."""
        if not any(each in what for each in self.expected):
            self.told.append(what)

    def _dialog(self, dialog) -> None:
        self.note(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _request(self, request) -> None:
        if not request.url.startswith((self.studio.origin + "/", "data:", "about:", "blob:")):
            self.note(f"request: {request.url}")


class Person:
    """Somebody with a browser of their own, let in by the studio."""

    def __init__(self, browser, studio: Studio, **options) -> None:
        self.studio = studio
        self.ledger = Ledger(studio)
        options = {"viewport": {"width": 1440, "height": 1000}, "color_scheme": "light"} | options
        self.context = browser.new_context(**options)
        self.context.set_default_timeout(15_000)
        self.context.grant_permissions(["clipboard-read", "clipboard-write"])
        self.ledger.watch(self.context)
        studio.enter(self.context)
        self._reports = studio.reports()

    def open(self, path: str = "/", *, live: bool = True):
        """A page of the studio, once its stream has come."""
        page = self.context.new_page()
        self.go(page, path, live=live)
        return page

    def go(self, page, path: str, *, live: bool = True) -> None:
        """Lead a page somewhere; if that has a stream, until it has come."""
        page.goto(self.studio.origin + path)
        if live and page.locator("#stream").count():
            came_alive(page)

    def project(self, title: str = "", **options) -> str:
        """A new project; its address."""
        return self.studio.project(self.context, title, **options)

    def post(self, path: str, **signals):
        """Do what a button does, without the page."""
        return self.studio.post(self.context, path, **signals)

    def leave(self) -> None:
        """Close the browser; nothing may have been written down."""
        self.context.close()
        assert self.ledger.told == []
        assert self.studio.reports() == self._reports


def came_alive(page) -> None:
    """Wait until the first frame of the stream has been shown."""
    until(page, "window.shownFrames > 0")


def until(page, claim: str, patience: float = 20.0) -> None:
    """Wait until the page says that it is so. (Playwright's own way of waiting for a claim needs `eval`.)"""
    for _ in range(int(patience * 100)):
        if page.evaluate(claim):
            return
        page.wait_for_timeout(10)
    raise AssertionError(f"not so within {patience} s: {claim}")


@pytest.fixture(scope="session")
def studio(browser, tmp_path_factory):
    made = Studio(tmp_path_factory.mktemp("e2e") / "home").start()
    yield made
    made.stop()


@pytest.fixture
def visit(browser, studio):
    """Come with a browser of one's own; several may."""
    came = []

    def visit(at=studio, **options):
        came.append(Person(browser, at, **options))
        return came[-1]

    yield visit
    for each in came:
        each.leave()


@pytest.fixture
def person(visit):
    return visit()
