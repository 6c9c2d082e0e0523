"""Every address of the studio, against every way of asking for it that must fail: made from the table of
addresses, so that one that is added tomorrow is tested tomorrow.
"""

import re

import pytest

from studio.security.asking import ACTION, DOCUMENT, World, put, run
from whence.studio.security.guard import Guard
from whence.studio.security.sessions import Sessions
from whence.studio.settings import Settings

routes = pytest.importorskip("whence.studio.routes", reason="the table of addresses is not there yet")

from starlette.routing import Route  # noqa: E402 - after the skip

SAMPLES = {
    "project": "abcdefghijk0",
    "file": "client.js",
    "revision": "1",
    "run": "1",
    "first": "1",
    "second": "2",
}


def sample(path):
    """An address of a route."""

    def filled(found):
        name, _, kind = found[1].partition(":")
        return SAMPLES.get(name, "1" if kind == "int" else "x")

    return re.sub(r"\{([^}]+)\}", filled, path)


TABLE = sorted({(method, sample(route.path)) for route in routes.ROUTES for method in route.methods or ()})
READS = [(method, path) for method, path in TABLE if method in ("GET", "HEAD") and path != "/launch"]
WRITES = [(method, path) for method, path in TABLE if method == "POST"]


def headers_of(method, path):
    """What a page of ours would send."""
    if method != "POST":
        return DOCUMENT
    if path == "/reports":
        return ACTION | {b"content-type": b"application/csp-report"}
    if path.endswith("/data/upload"):
        return ACTION | {b"content-type": b"multipart/form-data; boundary=x"}
    return ACTION


CROSS = {b"sec-fetch-site": b"cross-site", b"sec-fetch-mode": b"no-cors", b"sec-fetch-dest": b"empty"}
FAILURES = {
    "no cookie": {b"cookie": None},
    "a made-up cookie": {b"cookie": b"whence-8765=" + b"A" * 43},
    "a foreign host": {b"host": b"evil.example:8765"},
    "no host": {b"host": None},
    "another port": {b"host": b"127.0.0.1:8766"},
    "another site": CROSS,
    "another port's page": CROSS | {b"sec-fetch-site": b"same-site"},
    "a frame": {b"sec-fetch-dest": b"iframe"},
    "a service worker": {b"service-worker": b"script"},
    "an upgrade": {b"upgrade": b"websocket"},
}
WRITE_FAILURES = FAILURES | {
    "no header of the client": {b"datastar-request": None},
    "a foreign origin": {b"origin": b"http://evil.example"},
    "no origin": {b"origin": None, b"sec-fetch-site": None},
    "the origin null": {b"origin": b"null"},
    "a form": {b"content-type": b"application/x-www-form-urlencoded"},
    "plain text": {b"content-type": b"text/plain"},
    "no type": {b"content-type": None},
    "a huge length": {b"content-length": b"99999999999"},
}


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    return World(tmp_path_factory.mktemp("matrix"))


def asked(world, method, path, change, **more):
    headers = {n: v for n, v in (headers_of(method, path) | world.cookie | change).items() if v is not None}
    return run(put(world.guard, method, path, headers, **more))


def test_the_table_has_plain_addresses_alone():
    assert len(TABLE) > 40
    for route in routes.ROUTES:
        assert type(route) is Route, "no WebSocket, no mounted application"
        assert route.methods
        assert route.methods <= {"GET", "HEAD", "POST"}
        assert not ("POST" in route.methods and "GET" in route.methods), "a GET changes nothing"


def test_the_application_is_made_behind_the_guard(tmp_path):
    from whence.studio.app import create

    settings = Settings(home=tmp_path)
    assert type(create(settings, Sessions(tmp_path))) is Guard


@pytest.mark.parametrize(("method", "path"), [each for each in READS + WRITES if each[1] != "/"])
def test_a_stroke_too_many_leads_nowhere(tmp_path, method, path):
    from whence.studio.app import create

    world = World(tmp_path)
    world.guard = create(Settings(home=tmp_path), world.sessions)
    assert asked(world, method, path + "/", {}).status == 404


@pytest.mark.parametrize(("method", "path"), READS + WRITES)
def test_a_page_of_ours_reaches(world, method, path):
    before = len(world.reached)
    stream_head = method == "HEAD" and path.endswith("/stream")
    assert asked(world, method, path, {}).status == (405 if stream_head else 200)
    assert len(world.reached) == before + (not stream_head)


@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize(("method", "path"), READS)
def test_reading_is_refused(world, method, path, failure):
    before = len(world.reached)
    assert asked(world, method, path, FAILURES[failure]).status in (400, 401, 403)
    assert len(world.reached) == before


@pytest.mark.parametrize("failure", WRITE_FAILURES)
@pytest.mark.parametrize(("method", "path"), WRITES)
def test_writing_is_refused(world, method, path, failure):
    if path == "/reports" and failure in ("no header of the client", "the origin null"):
        pytest.skip("browsers send reports like this")
    before = len(world.reached)
    assert asked(world, method, path, WRITE_FAILURES[failure]).status in (400, 401, 403, 413, 415)
    assert len(world.reached) == before


@pytest.mark.parametrize(("method", "path"), READS + WRITES)
def test_a_launch_token_is_no_key_to(world, method, path):
    """Neither a fresh one nor a spent one, as a query or as a cookie."""
    spent, fresh = world.sessions.launch(), world.sessions.launch()
    world.sessions.exchange(spent)
    before = len(world.reached)
    for token in (spent, fresh):
        query = b"token=" + token.encode()
        assert asked(world, method, path, {b"cookie": None}, query=query).status == 401
        assert asked(world, method, path, {b"cookie": b"whence-8765=" + token.encode()}).status == 401
    assert len(world.reached) == before


@pytest.mark.parametrize(("method", "path"), READS + WRITES)
def test_a_session_that_ended_is_no_key_to(tmp_path, method, path):
    world = World(tmp_path)
    world.sessions.end(world.sessions.known(world.token))
    assert asked(world, method, path, {}).status == 401
    assert world.reached == []


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT"])
@pytest.mark.parametrize("path", sorted({path for _, path in TABLE}))
def test_other_methods_are_refused(world, method, path):
    before = len(world.reached)
    assert asked(world, method, path, {}).status == 405
    assert len(world.reached) == before


@pytest.mark.parametrize("path", sorted({path for _, path in TABLE}))
@pytest.mark.parametrize("kind", ["websocket", "webtransport"])
def test_other_kinds_of_connections_are_refused(world, path, kind):
    told, before = [], len(world.reached)

    async def receive():
        return {"type": f"{kind}.connect"}

    async def send(message):
        told.append(message["type"])

    headers = list((ACTION | world.cookie).items())
    try:
        run(world.guard({"type": kind, "path": path, "scheme": "ws", "headers": headers}, receive, send))
    except RuntimeError:
        assert told == []
    else:
        assert told == ["websocket.close"]
    assert len(world.reached) == before
