"""What goes over the wire at first; and that a broken policy would be heard of."""

import gzip

import pytest

from studio.e2e.conftest import came_alive
from studio.e2e.running import Studio

REQUESTS, BYTES, SCRIPT = 5, 80 * 1024, 12 * 1024


def loaded(person, path) -> list[tuple[str, int]]:
    """Every request of a first load, and its bytes on the wire; the stream is not over, so it is none."""
    page = person.context.new_page()
    wire, addresses, found = person.context.new_cdp_session(page), {}, []
    wire.send("Network.enable")
    wire.send("Network.setCacheDisabled", {"cacheDisabled": True})
    wire.on("Network.requestWillBeSent", lambda it: addresses.update({it["requestId"]: it["request"]["url"]}))
    wire.on(
        "Network.loadingFinished",
        lambda it: found.append((addresses[it["requestId"]], it["encodedDataLength"])),
    )
    page.goto(person.studio.origin + path, wait_until="networkidle" if path == "/" else "load")
    if path != "/":
        came_alive(page)
    known = [(url.removeprefix(person.studio.origin), size) for url, size in found]
    if not any("icon" in url for url, _ in known):  # a browser without a window asks for no icon
        known.append(
            (
                "/static/icon.svg",
                len(person.context.request.get(f"{person.studio.origin}/static/icon.svg").body()),
            )
        )
    return [(url, size) for url, size in known if not url.endswith("/ack")]


@pytest.mark.parametrize("example", ["", "lalonde"])
def test_a_first_load_is_few_requests_and_few_bytes(person, example):
    path = person.project("", example=example) if example else "/"
    found = loaded(person, path)
    print(found, sum(size for _, size in found))
    assert len(found) <= REQUESTS
    assert sum(size for _, size in found) <= BYTES
    assert {url for url, _ in found} == {
        path,
        "/static/studio.css",
        "/static/client.js",
        "/static/canvas.js",
        "/static/icon.svg",
    }


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
