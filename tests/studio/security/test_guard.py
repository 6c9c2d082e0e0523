"""Nothing reaches the application but what a page of ours, or a person with a session, asks for."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.security.asking import ACTION, DOCUMENT, HOST, World, put, run
from whence.studio.settings import Settings


@pytest.fixture
def world(tmp_path):
    return World(tmp_path)


def without(headers, *names):
    return {name: value for name, value in headers.items() if name not in names}


def test_a_page_and_an_action_of_ours_are_let_in(world):
    assert run(world.get("/")).status == 200
    assert run(world.post()).status == 200
    assert len(world.reached) == 2


def test_a_browser_that_sends_no_fetch_metadata_is_let_in_by_its_origin(world):
    old = without(ACTION, b"sec-fetch-site", b"sec-fetch-mode", b"sec-fetch-dest")
    assert run(put(world.guard, "POST", "/p/a/undo", old | world.cookie, b"{}")).status == 200
    assert run(put(world.guard, "GET", "/", {b"host": HOST} | world.cookie)).status == 200


# ── the kinds of scope ──────────────────────────────────────────────────────────────────────────────────────


def test_a_websocket_is_closed_before_it_is_accepted_and_never_reaches_the_application(world):
    told = []

    async def connect():
        return {"type": "websocket.connect"}

    async def send(message):
        told.append(message)

    scope = {"type": "websocket", "path": "/terminal/ws", "headers": list((ACTION | world.cookie).items())}
    run(world.guard(scope, connect, send))
    assert [message["type"] for message in told] == ["websocket.close"]
    assert world.reached == []


@pytest.mark.parametrize("kind", ["webtransport", "", "HTTP", "http2", "lifespan2", "mcp"])
def test_a_kind_of_scope_that_nobody_thought_of_is_refused(world, kind):
    async def never(*_):
        raise AssertionError("nothing is received or sent")

    with pytest.raises(RuntimeError, match="speaks HTTP"):
        run(world.guard({"type": kind, "path": "/", "headers": []}, never, never))
    assert world.reached == []


def test_lifespan_reaches_the_application(world):
    run(world.guard({"type": "lifespan"}, None, None))
    assert [scope["type"] for scope in world.reached] == ["lifespan"]


# ── the matrix of failures ──────────────────────────────────────────────────────────────────────────────────

READS = {
    "no cookie": ({b"cookie": None}, 401),
    "an empty cookie": ({b"cookie": b"whence-8765="}, 401),
    "a made-up token": ({b"cookie": b"whence-8765=" + b"A" * 43}, 401),
    "a cookie of another name": ({b"cookie": b"whence-8766=x; session=y"}, 401),
    "no host": ({b"host": None}, 403),
    "a foreign host": ({b"host": b"evil.example:8765"}, 403),
    "a script of another site": ({b"sec-fetch-site": b"cross-site", b"sec-fetch-mode": b"no-cors"}, 403),
    "a script of another port": ({b"sec-fetch-site": b"same-site", b"sec-fetch-dest": b"empty"}, 403),
    "a site of a kind that is not known": ({b"sec-fetch-site": b"same-origin, cross-site"}, 403),
    "a frame": ({b"sec-fetch-site": b"cross-site", b"sec-fetch-dest": b"iframe"}, 403),
    "a frame of ours": ({b"sec-fetch-site": b"same-origin", b"sec-fetch-dest": b"iframe"}, 403),
    "an object": ({b"sec-fetch-dest": b"object"}, 403),
    "an embed": ({b"sec-fetch-dest": b"embed"}, 403),
    "a worker": ({b"sec-fetch-dest": b"worker"}, 403),
    "a service worker": ({b"sec-fetch-dest": b"serviceworker"}, 403),
    "a service worker without metadata": ({b"service-worker": b"script", b"sec-fetch-dest": None}, 403),
    "a body": ({b"content-length": b"3"}, 400),
    "a body in chunks": ({b"transfer-encoding": b"chunked"}, 400),
    "an upgrade": ({b"upgrade": b"websocket", b"connection": b"upgrade"}, 400),
}


@pytest.mark.parametrize("failure", READS)
def test_a_page_is_refused_with(world, failure):
    change, status = READS[failure]
    headers = {n: v for n, v in (DOCUMENT | world.cookie | change).items() if v is not None}
    reply = run(put(world.guard, "GET", "/p/abcdefghijkl", headers))
    assert reply.status == status
    assert world.reached == []


def test_a_link_on_another_site_opens_a_page_but_starts_nothing(world):
    """With SameSite=Strict it comes without the cookie anyway; where it has one, a page is all it gets."""
    other = {b"sec-fetch-site": b"cross-site"} | world.cookie
    assert run(put(world.guard, "GET", "/", DOCUMENT | other)).status == 200
    assert run(put(world.guard, "POST", "/p/a/undo", ACTION | other, b"{}")).status == 403
    form = {b"content-type": b"application/x-www-form-urlencoded"}
    assert run(put(world.guard, "POST", "/p/a/undo", DOCUMENT | other | form, b"a=1")).status == 403
    assert len(world.reached) == 1


WRITES = {
    "no cookie": ({b"cookie": None}, 401),
    "a foreign host": ({b"host": b"evil.example"}, 403),
    "another site": ({b"sec-fetch-site": b"cross-site"}, 403),
    "another port of this machine": ({b"sec-fetch-site": b"same-site"}, 403),
    "nobody's site": ({b"sec-fetch-site": b"none"}, 403),
    "a foreign origin": ({b"origin": b"https://evil.example"}, 403),
    "the origin of another port": ({b"origin": b"http://127.0.0.1:3000"}, 403),
    "another name of this machine": ({b"origin": b"http://localhost:8765"}, 403),
    "an origin by https": ({b"origin": b"https://127.0.0.1:8765"}, 403),
    "the origin null": ({b"origin": b"null"}, 403),
    "an origin that begins like ours": ({b"origin": b"http://127.0.0.1:8765.evil.example"}, 403),
    "an empty origin": ({b"origin": b""}, 403),
    "neither origin nor site": ({b"origin": None, b"sec-fetch-site": None}, 403),
    "no header of the client": ({b"datastar-request": None}, 403),
    "a wrong header of the client": ({b"datastar-request": b"1"}, 403),
    "no type": ({b"content-type": None}, 415),
    "text": ({b"content-type": b"text/plain"}, 415),
    "a form": ({b"content-type": b"application/x-www-form-urlencoded"}, 415),
    "a file where none is taken": ({b"content-type": b"multipart/form-data; boundary=x"}, 415),
    "a type that only looks like JSON": ({b"content-type": b"text/plain; application/json"}, 415),
    "a packed body": ({b"content-encoding": b"gzip"}, 415),
    "a length that is no number": ({b"content-length": b"-1"}, 400),
    "a length of many digits": ({b"content-length": b"9" * 40}, 400),
    "a length beyond the limit": ({b"content-length": b"999999"}, 413),
}


@pytest.mark.parametrize("failure", WRITES)
def test_an_action_is_refused_with(world, failure):
    change, status = WRITES[failure]
    headers = {n: v for n, v in (ACTION | world.cookie | change).items() if v is not None}
    reply = run(put(world.guard, "POST", "/p/abcdefghijkl/undo", headers, b"{}"))
    assert reply.status == status
    assert world.reached == []


@pytest.mark.parametrize(
    "name", [b"host", b"origin", b"content-type", b"sec-fetch-site", b"datastar-request"]
)
def test_a_header_that_stands_twice_is_believed_neither_time(world, name):
    headers = [*(ACTION | world.cookie).items(), (name, ACTION[name])]
    assert run(put(world.guard, "POST", "/p/a/undo", headers, b"{}")).status == 400
    assert run(put(world.guard, "POST", "/p/a/undo", list(reversed(headers)), b"{}")).status == 400
    assert world.reached == []


@pytest.mark.parametrize(
    "method", ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "get", "", "PROPFIND"]
)
def test_other_methods_are_refused(world, method):
    reply = run(put(world.guard, method, "/", ACTION | world.cookie))
    assert reply.status == 405
    assert reply.header(b"allow") == b"GET, HEAD, POST"
    assert world.reached == []


@pytest.mark.parametrize(
    "path",
    ["", "p", "*", "http://evil.example/", "//evil.example", "/a//b", "/../etc/passwd", "/static/../x",
    "/static/..",
     "/./", "/a/.", "/a\\..\\b", "/a\0b", "/a\nb", "/a\x7f", "/\u202e", "/\ud800", "/" + "a" * 2_000],
)  # fmt: skip
def test_a_path_that_could_be_read_in_two_ways_is_refused(world, path):
    assert run(put(world.guard, "GET", path, DOCUMENT | world.cookie)).status == 400
    assert world.reached == []


def test_a_slash_that_was_hidden_in_a_path_is_refused(world):
    reply = run(world.get("/static/a/b", raw_path=b"/static/a%2Fb"))
    assert reply.status == 400
    assert run(world.get("/", root_path="/launch")).status == 400


def test_an_unencrypted_request_is_refused_where_there_is_tls(tmp_path):
    settings = Settings(home=tmp_path, trusted_proxy="10.0.0.1", names=("studio.example",))
    world = World(tmp_path, settings=settings)
    headers = DOCUMENT | {b"host": b"studio.example"} | world.cookie
    assert world.guard.gate.cookie == "__Host-whence-8765"
    assert run(put(world.guard, "GET", "/", headers)).status == 403
    reply = run(put(world.guard, "GET", "/", headers, scheme="https"))
    assert reply.status == 200
    assert reply.header(b"strict-transport-security") == b"max-age=31536000"


def test_other_services_of_this_machine_are_not_bound_to_https(tmp_path):
    """What is said of `localhost` holds for all its ports."""
    settings = Settings(home=tmp_path, certificate=tmp_path / "a", key=tmp_path / "b")
    world = World(tmp_path, settings=settings)
    reply = run(world.get("/", scheme="https"))
    assert reply.status == 200
    assert reply.header(b"strict-transport-security") is None


# ── the way in ──────────────────────────────────────────────────────────────────────────────────────────────


def launch(world, token, headers=DOCUMENT, method="GET", more=b""):
    return run(put(world.guard, method, "/launch", headers, query=b"token=" + token.encode() + more))


def test_a_launch_token_is_exchanged_for_a_cookie_that_lets_in(world):
    reply = launch(world, world.sessions.launch())
    assert (reply.status, reply.header(b"location")) == (303, b"/")
    cookie = reply.header(b"set-cookie").decode()
    assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= set(cookie.split("; "))
    headers = DOCUMENT | {b"cookie": cookie.split(";")[0].encode()}
    assert run(put(world.guard, "GET", "/", headers)).status == 200


def test_a_launch_token_is_good_once(world):
    token = world.sessions.launch()
    assert launch(world, token).status == 303
    again = launch(world, token)
    assert again.status == 403
    assert again.header(b"set-cookie") is None


def test_looking_ahead_does_not_spend_a_launch_token(world):
    token = world.sessions.launch()
    assert launch(world, token, DOCUMENT | {b"sec-purpose": b"prefetch;prerender"}).status == 403
    assert launch(world, token, method="HEAD").status == 405
    assert launch(world, token, ACTION, method="POST").status == 405
    image = DOCUMENT | {
        b"sec-fetch-site": b"cross-site",
        b"sec-fetch-dest": b"image",
        b"sec-fetch-mode": b"no-cors",
    }
    assert launch(world, token, image).status == 403
    assert launch(world, token, DOCUMENT | {b"host": b"evil.example"}).status == 403
    assert launch(world, token).status == 303


def test_a_link_followed_from_elsewhere_leads_on_from_a_page_of_ours(world):
    reply = launch(world, world.sessions.launch(), DOCUMENT | {b"sec-fetch-site": b"cross-site"})
    assert reply.status == 200
    assert b'url=/"' in reply.body
    assert reply.header(b"set-cookie")


@pytest.mark.parametrize(
    "more", [b"&token=x", b"&project=//evil.example", b"&project=../../x", b"&to=//evil"]
)
def test_a_launch_leads_nowhere_but_to_the_studio(world, more):
    reply = launch(world, world.sessions.launch(), more=more)
    assert reply.header(b"location") in (b"/", None)


def test_a_launch_leads_to_a_project(world):
    reply = launch(world, world.sessions.launch(), more=b"&project=abcdefghijk0")
    assert reply.header(b"location") == b"/p/abcdefghijk0"


def test_a_spent_link_has_a_new_one_announced_but_not_to_whoever_asked(world):
    told = []
    world.sessions.stale = told.append
    for _ in range(5):
        reply = launch(world, "A" * 43)
        assert reply.status == 403
        assert all(token.encode() not in reply.body for token in told)
    assert len(told) == 1, "the terminal is not flooded"
    assert launch(world, told[0]).status == 303


def test_a_spent_link_leads_on_a_browser_that_is_in_already(world):
    assert launch(world, "A" * 43, DOCUMENT | world.cookie).status == 303


def test_attempts_to_guess_are_slowed_down(world):
    statuses = [launch(world, "A" * 43).status for _ in range(30)]
    assert statuses[:3] == [403, 403, 403]
    assert statuses[-1] == 429
    assert launch(world, world.sessions.launch()).status == 303, "who has the link is let in all the same"


def test_the_application_never_sees_the_token(world):
    run(put(world.guard, "GET", "/", [*(DOCUMENT | world.cookie).items(), (b"Cookie", b"other=1")]))
    seen = repr(world.reached[0])
    assert world.token not in seen
    assert "cookie" not in seen.lower()


def test_cookies_that_others_on_this_machine_set_under_our_name_lock_nobody_out(world):
    name = world.guard.gate.cookie.encode()
    good = name + b"=" + world.token.encode()
    for cookies in (name + b"=junk; " + good, b"a=b; " + good + b"; " + name + b"=", b'x="; ' + good):
        assert run(put(world.guard, "GET", "/", DOCUMENT | {b"cookie": cookies})).status == 200
    many = b"; ".join([name + b"=" + b"A" * 43] * 20 + [good])
    assert run(put(world.guard, "GET", "/", DOCUMENT | {b"cookie": many})).status == 401


# ── what is brought, and how much ───────────────────────────────────────────────────────────────────────────


def test_a_body_is_counted_as_it_comes_whatever_its_length_was_said_to_be(world):
    chunks = [b"x" * 65_536] * 5
    for said in ({b"content-length": b"10"}, {b"transfer-encoding": b"chunked"}):
        headers = ACTION | world.cookie | said
        assert run(put(world.guard, "POST", "/p/a/undo", headers, chunks=chunks)).status == 413
    assert world.bodies == []


def test_an_upload_may_be_larger_than_signals_and_is_counted_too(tmp_path):
    world = World(tmp_path, upload_bytes=1 << 20)
    form = ACTION | world.cookie | {b"content-type": b"multipart/form-data; boundary=x"}
    path = "/p/abcdefghijkl/data/upload"
    assert run(put(world.guard, "POST", path, form, chunks=[b"x" * 65_536] * 16)).status == 200
    assert run(put(world.guard, "POST", path, form, chunks=[b"x" * 65_536] * 18)).status == 413
    assert run(put(world.guard, "POST", path, ACTION | world.cookie, b"{}")).status == 415


def test_a_body_that_stops_half_way_is_not_waited_for(tmp_path):
    world = World(tmp_path, idle_seconds=0.02)

    async def receive():
        await asyncio.sleep(60)

    async def ask():
        statuses = []

        async def send(message):
            statuses.append(message.get("status"))

        scope = {"type": "http", "method": "POST", "path": "/p/a/undo", "scheme": "http", "query_string": b"",
                 "headers": list((ACTION | world.cookie).items())}  # fmt: skip
        await world.guard(scope, receive, send)
        return statuses[0]

    assert run(ask()) == 408


def test_reports_are_small_and_of_their_own_type(world):
    report = (
        ACTION | world.cookie | {b"content-type": b"application/csp-report", b"sec-fetch-dest": b"report"}
    )
    del report[b"datastar-request"]
    assert run(put(world.guard, "POST", "/reports", report, b"{}")).status == 200
    assert run(put(world.guard, "POST", "/reports", report | {b"origin": b"null"}, b"{}")).status == 200
    assert run(put(world.guard, "POST", "/reports", report, b"x" * 20_000)).status == 413
    assert (
        run(put(world.guard, "POST", "/reports", report | {b"sec-fetch-site": b"cross-site"}, b"{}")).status
        == 403
    )
    assert run(put(world.guard, "POST", "/p/a/undo", report, b"{}")).status == 403
    assert run(put(world.guard, "POST", "/reports", without(report, b"cookie"), b"{}")).status == 401


def test_heads_and_addresses_have_a_size(world):
    assert run(world.get("/", query=b"a" * 70_000)).status == 414
    long = DOCUMENT | world.cookie | {b"x-long": b"a" * 40_000}
    assert run(put(world.guard, "GET", "/", long)).status == 431
    many = [*(DOCUMENT | world.cookie).items(), *((b"x-%d" % i, b"") for i in range(200))]
    assert run(put(world.guard, "GET", "/", many)).status == 431


def test_requests_that_come_too_fast_are_told_when_to_come_again(tmp_path):
    world = World(tmp_path, requests=0.001, burst=3)
    replies = [run(world.post()) for _ in range(4)]
    assert [reply.status for reply in replies] == [200, 200, 200, 429]
    assert int(replies[-1].header(b"retry-after")) > 0
    other = world.sessions.exchange(world.sessions.launch())
    headers = DOCUMENT | {b"cookie": world.guard.gate.cookie.encode() + b"=" + other.encode()}
    assert run(put(world.guard, "GET", "/", headers)).status == 200, "another browser has a quota of its own"


def test_only_so_many_streams_are_open_at_once_and_each_that_ends_makes_room(tmp_path):
    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await receive()

    world = World(tmp_path, app=app, streams=2)

    async def scene():
        gone = asyncio.Event()
        begun = []

        async def receive():
            await gone.wait()
            return {"type": "http.disconnect"}

        async def send(message):
            begun.append(message)

        headers = list((ACTION | world.cookie).items())
        scope = {"type": "http", "method": "GET", "path": "/p/a/stream", "scheme": "http",
        "query_string": b"",
                 "headers": headers}  # fmt: skip
        tasks = [asyncio.create_task(world.guard(scope, receive, send)) for _ in range(2)]
        while len(begun) < 2:
            await asyncio.sleep(0)
        third = await put(world.guard, "GET", "/p/a/stream", headers)
        gone.set()
        await asyncio.gather(*tasks)
        fourth = await put(world.guard, "GET", "/p/a/stream", headers)
        return third.status, fourth.status

    assert run(scene()) == (429, 200)


async def endless(scope, receive, send):
    """A stream that never ends of itself."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    while True:
        await send({"type": "http.response.body", "body": b": still here\n\n", "more_body": True})
        await asyncio.sleep(0.001)


def test_a_stream_ends_in_order_when_its_time_is_over(tmp_path):
    world = World(tmp_path, app=endless, stream_seconds=0.02)
    reply = run(put(world.guard, "GET", "/p/a/stream", ACTION | world.cookie))
    assert (reply.status, reply.ended) == (200, True)


def test_streams_end_in_order_when_the_server_stops(tmp_path):
    world = World(tmp_path, app=endless)

    async def scene():
        asking = asyncio.create_task(put(world.guard, "GET", "/p/a/stream", ACTION | world.cookie))
        await asyncio.sleep(0.01)
        world.guard.end_streams()
        return await asking

    assert run(scene()).ended


def test_a_look_at_the_head_of_a_stream_does_not_open_it(tmp_path):
    world = World(tmp_path, app=endless)
    assert run(put(world.guard, "HEAD", "/p/a/stream", ACTION | world.cookie)).status == 405


def test_a_head_has_no_body(world):
    reply = run(put(world.guard, "HEAD", "/", DOCUMENT | world.cookie))
    assert (reply.status, reply.body, reply.ended) == (200, b"", True)


# ── whatever is sent ────────────────────────────────────────────────────────────────────────────────────────

VALUES = st.binary(max_size=60) | st.sampled_from([*ACTION.values(), *DOCUMENT.values(), b"x" * 9_000])
HEADERS = st.lists(
    st.tuples(
        st.sampled_from([*ACTION, *DOCUMENT, b"cookie", b"content-length", b"upgrade", b"Host"]), VALUES
    )
    | st.tuples(st.binary(max_size=12), VALUES),
    max_size=12,
)
PATHS = st.sampled_from(["/", "/launch", "/reports", "/p/a/stream", "/p/a/data/upload"]) | st.text(
    max_size=30
)
METHODS = st.sampled_from(["GET", "HEAD", "POST", "PUT", ""])


@given(headers=HEADERS, path=PATHS, method=METHODS, query=st.binary(max_size=60), body=st.binary(max_size=60))
def test_a_stranger_never_reaches_the_application_nor_breaks_the_guard(
    strangers, headers, path, method, query, body
):
    reply = run(put(strangers.guard, method, path, headers, body, query=query))
    assert 400 <= reply.status < 500
    assert strangers.reached == []


@given(headers=HEADERS, path=PATHS, method=METHODS, query=st.binary(max_size=60), body=st.binary(max_size=60))
def test_somebody_who_was_let_in_does_not_break_the_guard_either(
    strangers, headers, path, method, query, body
):
    ours = list(((ACTION if method == "POST" else DOCUMENT) | strangers.cookie).items())
    reply = run(put(strangers.guard, method, path, ours + headers, body, query=query))
    assert 200 <= reply.status < 500
    strangers.reached.clear()


@pytest.fixture(scope="module")
def strangers(tmp_path_factory):
    return World(tmp_path_factory.mktemp("strangers"))
