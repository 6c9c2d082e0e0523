"""What goes over the wire at first; and that a broken policy would be heard of."""

import gzip

import pytest

from studio.e2e.conftest import came_alive
from studio.e2e.running import Studio

REQUESTS, BYTES, SCRIPT = 5, 80 * 1024, 12 * 1024


def loaded(person, path) -> tuple[set[str], int]:
    """What a first load asks for, with the stream that stays open; and the bytes of what came whole."""
    page = person.context.new_page()
    wire, asked, sizes = person.context.new_cdp_session(page), set(), []
    wire.send("Network.enable")
    wire.send("Network.setCacheDisabled", {"cacheDisabled": True})
    wire.on("Network.requestWillBeSent", lambda it: asked.add(it["request"]["url"].partition("?")[0]))
    wire.on("Network.loadingFinished", lambda it: sizes.append(it["encodedDataLength"]))
    page.goto(person.studio.origin + path, wait_until="networkidle" if path == "/" else "load")
    if path != "/":
        came_alive(page)
    named = {url.removeprefix(person.studio.origin) for url in asked if not url.startswith("data:")}
    return {url for url in named if not url.endswith("/ack")}, sum(sizes)


@pytest.mark.parametrize("example", ["", "lalonde"])
def test_a_first_load_is_few_requests_and_few_bytes(person, example):
    path = person.project("", example=example) if example else "/"
    asked, size = loaded(person, path)
    print(asked, size)
    stream = {f"{path}/stream"} if example else set()
    assert asked == {path, "/static/studio.css", "/static/client.js", "/static/canvas.js", *stream}
    assert len(asked) <= REQUESTS
    assert 20_000 < size <= BYTES


def test_the_scripts_are_small(person):
    total = 0
    for name in ("client.js", "canvas.js"):
        reply = person.context.request.get(
            f"{person.studio.origin}/static/{name}", headers={"Accept-Encoding": "gzip"}
        )
        assert reply.headers["content-encoding"] == "gzip"
        wire = int(reply.headers["content-length"])
        assert wire < len(gzip.compress(reply.body(), 1))
        total += wire
    print(total)
    assert total <= SCRIPT


BREAK = """() => {
  const tried = [
    () => document.body.append(Object.assign(document.createElement("script"), { text: "window.__xss = 1" })),
    () => (document.createElement("div").innerHTML = "<b>1</b>"),
    () => document.body.setAttribute("style", "color: red"),
    () => document.body.append(Object.assign(document.createElement("img"), { src: "http://127.0.0.1:1/a" })),
  ];
  return tried.map((each) => { try { each(); return true; } catch { return false; } });
}"""


def test_a_broken_policy_is_heard_of_and_does_nothing(browser, tmp_path):
    """Without this, the claim of all others that nothing was heard would be empty."""
    from studio.e2e.conftest import Person

    made = Studio(tmp_path / "home").start()
    try:
        person = Person(browser, made)
        page = person.open("/")
        done = page.evaluate(BREAK)
        assert done[1] is False  # Trusted Types throw
        page.wait_for_timeout(300)
        assert page.evaluate("window.__xss") is None
        told = "\n".join(person.ledger.told)
        for directive in ("require-trusted-types-for", "style-src", "img-src"):
            assert f"POLICY {directive}" in told
        assert made.reports() >= 3
        person.context.close()
    finally:
        made.stop()
