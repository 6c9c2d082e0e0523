"""What leaves the studio carries its headers, tells nothing that it should not, and leads nowhere else."""

import logging

import pytest
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from studio.security.asking import ACTION, DOCUMENT, World, put, run
from whence.runtime.errors import UnknownVariable
from whence.studio.security.guard import Guard
from whence.studio.security.headers import content_policy
from whence.studio.security.sessions import Sessions
from whence.studio.settings import Settings


def test_the_policy_is_the_one_that_the_pages_are_made_for():
    assert content_policy() == (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "font-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'; trusted-types whence; report-uri /reports"
    )
    official = content_policy(official=True)
    assert "script-src 'self' 'unsafe-eval';" in official
    assert "trusted-types" not in official
    assert "unsafe-inline" not in official


async def unruly(request):
    """Says what an answer must not say."""
    return PlainTextResponse(
        "x",
        headers={
            "set-cookie": "whence-8765=stolen",
            "access-control-allow-origin": "*",
            "content-security-policy": "default-src *",
            "x-frame-options": "ALLOWALL",
            "server": "studio/1",
            "refresh": "0;url=https://evil.example",
            "cache-control": "no-cache",
            "etag": '"1"',
        },
    )


async def astray(request):
    """Sends the browser to another server."""
    return Response(status_code=303, headers={"location": request.query_params["to"]})


async def wrong(request):
    """Fails in a way that the person can mend."""
    raise UnknownVariable("<script>alert(1)</script>", known=["x"])


async def broken(request):
    """Fails in a way that is ours."""
    raise ValueError("secret /var/somebody/path <script>")


async def half(request):
    """Fails after it has begun to answer."""

    async def parts():
        yield b"one"
        raise ValueError("two")

    return StreamingResponse(parts())


async def absent(request):
    raise HTTPException(404, "no /var/somebody")


async def silent_fault(request):
    return Response("trace of a fault", status_code=500)


ROUTES = [Route(f"/{f.__name__}", f) for f in (unruly, astray, wrong, broken, half, absent, silent_fault)]


@pytest.fixture
def real(tmp_path):
    return World(tmp_path, app=Starlette(routes=ROUTES))


def test_the_application_cannot_take_back_what_protects_the_page(real):
    reply = run(real.get("/unruly"))
    assert reply.header(b"content-security-policy").startswith(b"default-src 'none'; script-src 'self';")
    assert reply.header(b"x-frame-options") == b"DENY"
    for name in (b"set-cookie", b"access-control-allow-origin", b"server", b"refresh"):
        assert reply.header(name) is None
    assert (reply.header(b"cache-control"), reply.header(b"etag")) == (b"no-cache", b'"1"')


@pytest.mark.parametrize(
    "to", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)"]
)
def test_an_answer_leads_to_no_other_server(real, to, caplog):
    reply = run(real.get("/astray", query=f"to={to}".encode()))
    assert reply.status == 500
    assert reply.header(b"location") is None


def test_an_answer_may_lead_to_a_page_of_ours(real):
    assert run(real.get("/astray", query=b"to=/p/abc")).header(b"location") == b"/p/abc"


def test_a_misuse_is_told_with_its_cure_and_without_markup(real):
    reply = run(real.get("/wrong"))
    assert reply.status == 400
    assert b"<script" not in reply.body
    assert b"No variable" in reply.body


def test_a_fault_of_ours_is_logged_and_not_shown(real, caplog):
    with caplog.at_level(logging.ERROR, "whence.studio"):
        reply = run(real.get("/broken"))
    assert reply.status == 500
    assert b"secret" not in reply.body
    assert b"somebody" not in reply.body
    number = caplog.records[-1].args[0]
    assert number.encode() in reply.body
    assert "secret /var/somebody/path" in caplog.text


def test_no_log_shows_a_token(real, caplog, monkeypatch):
    async def leaking(scope, receive, send):
        raise ValueError(f"cookie was {real.token}")

    monkeypatch.setattr(real.guard, "_app", leaking)
    assert run(real.get("/")).status == 500
    assert real.token not in caplog.text
    assert "cookie was" in caplog.text


def test_an_answer_that_breaks_half_way_is_not_mended_with_another(real, caplog):
    reply = run(real.get("/half"))
    assert (reply.status, reply.body, reply.ended) == (200, b"one", False)


@pytest.mark.parametrize("path", ["/absent", "/nowhere"])
def test_what_is_not_there_is_said_in_our_way(real, path):
    reply = run(real.get(path))
    assert reply.status == 404
    assert b"somebody" not in reply.body
    assert reply.body.startswith(b"<!DOCTYPE html>")


def test_a_page_of_a_fault_that_the_application_made_is_not_passed_on(real, caplog):
    reply = run(real.get("/silent_fault"))
    assert reply.status == 500
    assert b"trace" not in reply.body


def test_the_client_gets_plain_text_and_a_person_a_page(real):
    assert (
        run(put(real.guard, "GET", "/wrong", ACTION | real.cookie))
        .header(b"content-type")
        .startswith(b"text/plain")
    )
    assert run(real.get("/wrong")).header(b"content-type").startswith(b"text/html")


def test_the_studios_own_page_of_an_error_is_for_those_who_are_in(tmp_path, caplog):
    def page(status, title, text, cure):
        if "boom" in text:
            raise ValueError(text)
        return f"<p>{status} {title}</p>"

    sessions = Sessions(tmp_path)
    guard = Guard(Starlette(routes=ROUTES), Settings(home=tmp_path), sessions, page=page)
    cookie = {b"cookie": b"whence-8765=" + sessions.exchange(sessions.launch()).encode()}
    assert run(put(guard, "GET", "/nowhere", DOCUMENT | cookie)).body == b"<p>404 Not Found</p>"
    assert b"locked" in run(put(guard, "GET", "/nowhere", DOCUMENT)).body


def test_an_answer_is_given_even_if_the_page_of_the_error_fails_too(tmp_path, caplog):
    def page(status, title, text, cure):
        raise ValueError("no page either")

    sessions = Sessions(tmp_path)
    guard = Guard(Starlette(routes=ROUTES), Settings(home=tmp_path), sessions, page=page)
    cookie = {b"cookie": b"whence-8765=" + sessions.exchange(sessions.launch()).encode()}
    reply = run(put(guard, "GET", "/nowhere", DOCUMENT | cookie))
    assert (reply.status, reply.body[:15]) == (404, b"<!DOCTYPE html>")


FIXED = {
    b"content-security-policy": b"frame-ancestors 'none'",
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"no-referrer",
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
    b"permissions-policy": b"camera=()",
    b"x-frame-options": b"DENY",
    b"cache-control": b"no-",
}


@pytest.mark.parametrize("path", ["/unruly", "/wrong", "/broken", "/absent", "/nowhere", "/half", "/a//b"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT"])
@pytest.mark.parametrize("let_in", [True, False])
def test_every_answer_carries_the_headers(real, path, method, let_in, caplog):
    headers = (ACTION if method == "POST" else DOCUMENT) | (real.cookie if let_in else {})
    reply = run(put(real.guard, method, path, headers, b"{}" if method == "POST" else b""))
    assert reply.status >= 200
    for name, value in FIXED.items():
        assert value in reply.header(name), name
    policy = reply.header(b"content-security-policy")
    assert b"unsafe" not in policy
    assert b"require-trusted-types-for 'script'" in policy
    assert let_in or reply.status in (400, 401, 405)
    assert b"<script" not in reply.body
