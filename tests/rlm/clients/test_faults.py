"""Servers that misbehave: each way has its own typed error, and its message shows the cause."""

import asyncio
import gzip
import json
import traceback
import zlib
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from rlm.clients.loopback import Answer, Loopback, ask, completion, http, in_turn, send, serving
from whence.rlm.clients.client import Client
from whence.rlm.clients.hosts import place_of
from whence.rlm.clients.http import Http
from whence.rlm.clients.openai import OpenAIClient
from whence.rlm.clients.replies import retry_after
from whence.rlm.errors import (
    CallError,
    ConnectionLost,
    EmptyReply,
    RateLimited,
    RequestRefused,
    ServerFault,
    TimedOut,
    UnreadableReply,
)
from whence.rlm.messages import Reply
from whence.runtime.errors import InvalidOption


def put(answer: Answer, timeout: float = 5.0, **options) -> tuple[Reply | CallError, Loopback]:
    """What came of one request to a server that answers so."""

    async def scene() -> tuple[Reply | CallError, Loopback]:
        async with serving(answer) as server:
            client: Client = OpenAIClient(server.url, timeout=timeout, **options)
            try:
                return await client.send(ask()), server
            except CallError as error:
                return error, server
            finally:
                await client.aclose()

    return asyncio.run(scene())


def hang_up(got, writer) -> None:
    writer.close()


def reset(got, writer) -> None:
    writer.transport.abort()


async def hang(got, writer) -> None:
    await asyncio.sleep(30)


def half(got, writer) -> None:
    writer.write(http(b"x" * 1_000)[:200])
    writer.close()


async def drip(got, writer) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    for _ in range(300):
        writer.write(b"x")
        await asyncio.sleep(0.1)


PERMANENT: dict[str, tuple[Answer, type[CallError], str]] = {
    "too many requests": (
        send({"error": {"message": "slow down"}}, 429),
        RateLimited,
        "too many requests (429)",
    ),
    "a server error": (send({"error": {"message": "GPU on fire"}}, 500), ServerFault, '(500): "GPU on fire"'),
    "no JSON": (send(b"<html>It works!</html>"), UnreadableReply, "not JSON but '<html>It works!</html>'"),
    "no choices": (send({"object": "list", "data": []}), UnreadableReply, "no choices"),
    "empty choices": (send({"choices": []}), EmptyReply, "list of choices is empty"),
    "a closed socket": (hang_up, ConnectionLost, "closed it without a reply"),
    "a hang": (hang, TimedOut, "no reply within 0.3 s"),
    "content null": (send(completion(None)), EmptyReply, "content is null (it stopped for 'stop')"),
}


@pytest.mark.parametrize(("answer", "kind", "cause"), PERMANENT.values(), ids=PERMANENT.keys())
def test_each_permanent_fault_has_its_own_error_that_shows_the_cause(answer, kind, cause):
    error, _ = put(answer, timeout=0.3)
    assert type(error) is kind
    assert cause in str(error)
    assert "127.0.0.1" in str(error)
    assert error.transient


def test_a_reply_without_usage_is_a_success_with_an_estimate():
    reply, _ = put(send({"choices": [{"message": {"content": "four"}}]}))
    assert reply.text == "four"
    assert reply.usage.estimated
    assert reply.usage.input > 0
    assert reply.usage.output > 0


OTHERS: dict[str, tuple[Answer, type[CallError], str]] = {
    "a reset": (reset, ConnectionLost, "no connection"),
    "half a reply": (half, ConnectionLost, "broke off"),
    "no HTTP": (
        lambda got, writer: writer.write(b"SSH-2.0-OpenSSH_9.2\r\n\r\n"),
        UnreadableReply,
        "not HTTP",
    ),
    "a wrong key": (send({"error": {"message": "bad key"}}, 401), RequestRefused, "bad key"),
    "no such model": (send({"error": "model 'm' not found"}, 404), RequestRefused, "model 'm' not found"),
    "a detail": (send({"detail": [{"msg": "field required"}]}, 422), RequestRefused, "field required"),
    "too long": (send({"error": {"message": "32768 tokens"}}, 413), RequestRefused, "32768 tokens"),
    "HTML with a fault": (send(b"<h1>Bad gateway</h1>", 502), ServerFault, "Bad gateway"),
    "a fault without words": (send(b"", 503), ServerFault, "(503)"),
    "no money left": (
        send({"error": {"message": "You exceeded your quota", "type": "insufficient_quota"}}, 429),
        RequestRefused,
        "exceeded your quota",
    ),
    "an error in a success": (
        send({"error": {"message": "no provider", "code": 502}}),
        ServerFault,
        "no provider",
    ),
    "a limit in a success": (send({"error": {"message": "busy", "code": 429}}), RateLimited, "429"),
    "a bare string": (send(b'"hello"'), UnreadableReply, "no object"),
    "nothing": (send(b""), UnreadableReply, "nothing at all"),
    "not UTF-8": (send(b"\xff\xfe{}"), UnreadableReply, "not JSON"),
    "very deep JSON": (send(b"[" * 200_000), UnreadableReply, "not JSON"),
    "a number with too many digits": (send(b"9" * 10_000), UnreadableReply, "not JSON"),
    "choices of another type": (send({"choices": {"0": "x"}}), UnreadableReply, "no choices"),
    "a choice that is null": (send({"choices": [None]}), EmptyReply, "null"),
    "a message that is text": (send({"choices": [{"message": "x"}]}), EmptyReply, "null"),
    "an empty text": (send(completion("", "length")), EmptyReply, "it stopped for 'length'"),
    "a refusal": (
        send({"choices": [{"message": {"content": None, "refusal": "I will not."}}]}),
        EmptyReply,
        "declined: 'I will not.'",
    ),
    "a tool call": (
        send({"choices": [{"message": {"content": None, "tool_calls": [{"id": "x"}]}}]}),
        EmptyReply,
        "called a tool",
    ),
    "a body that drips": (drip, TimedOut, "no reply within 0.3 s"),
    "a gzip that is none": (
        send(b"this is no gzip", headers={"Content-Encoding": "gzip"}),
        UnreadableReply,
        "cannot be unpacked",
    ),
}


@pytest.mark.parametrize(("answer", "kind", "cause"), OTHERS.values(), ids=OTHERS.keys())
def test_so_has_every_other_fault(answer, kind, cause):
    error, _ = put(answer, timeout=0.3)
    assert type(error) is kind, error
    assert cause in str(error)


def test_a_server_that_is_not_there_is_a_lost_connection():
    async def scene() -> CallError:
        async with serving(send(completion())) as server:
            url = server.url
        client = OpenAIClient(url, timeout=5)
        try:
            with pytest.raises(ConnectionLost) as caught:
                await client.send(ask())
        finally:
            await client.aclose()
        return caught.value

    assert "refused" in str(asyncio.run(scene()))


def test_a_name_that_is_not_there_is_a_lost_connection():
    async def scene() -> CallError:
        client = OpenAIClient(
            "http://no-such-host.invalid/v1", timeout=20, allow_hosts=["no-such-host.invalid"]
        )
        try:
            with pytest.raises(ConnectionLost) as caught:
                await client.send(ask())
        finally:
            await client.aclose()
        return caught.value

    assert "cannot be resolved" in str(asyncio.run(scene()))


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_refused_and_nothing_is_sent_where_it_points(status: int, monkeypatch):
    monkeypatch.setenv("WHENCE_LM_KEY", "sk-canary-redirect")

    async def scene() -> None:
        async with serving(send(completion())) as other:
            to = other.url.replace("127.0.0.1", "localhost") + "/chat/completions"
            async with serving(send(b"", status, {"Location": to})) as server:
                client = OpenAIClient(server.url)
                try:
                    with pytest.raises(RequestRefused, match="redirects are not followed") as caught:
                        await client.send(ask())
                finally:
                    await client.aclose()
                assert "base URL" in caught.value.cure
                assert len(server.got) == 1
            assert other.got == []

    asyncio.run(scene())


def many(size: int, packed: bool) -> Answer:
    """A reply of `size` bytes, all zero, told to be packed if it is."""
    if not packed:
        return send(bytes(size))
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    body = b"".join(packer.compress(bytes(2**20)) for _ in range(size // 2**20)) + packer.flush()
    assert len(body) < size / 500
    return send(body, headers={"Content-Encoding": "gzip"})


@pytest.mark.parametrize("packed", [False, True])
def test_a_huge_reply_is_given_up_at_sixteen_megabytes(packed: bool):
    error, _ = put(many(64 * 2**20, packed), timeout=30)
    assert type(error) is UnreadableReply
    assert "larger than 16 MB" in str(error)


def test_a_huge_reply_that_is_announced_is_not_waited_for():
    async def announce(got, writer) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\n")
        await asyncio.sleep(30)

    error, _ = put(announce, timeout=20)
    assert type(error) is UnreadableReply
    assert "larger than 16 MB" in str(error)


def test_a_huge_reply_in_chunks_is_given_up_too():
    async def endless(got, writer) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while not writer.is_closing():
            writer.write(b"100000\r\n" + bytes(0x100000) + b"\r\n")
            await writer.drain()

    error, _ = put(endless, timeout=30)
    assert type(error) is UnreadableReply
    assert "larger than 16 MB" in str(error)


def test_an_honest_packed_reply_is_read():
    body = gzip.compress(json.dumps(completion("packed")).encode())
    reply, server = put(send(body, headers={"Content-Encoding": "gzip"}))
    assert reply.text == "packed"
    assert "gzip" in server.got[0].headers["accept-encoding"]


def test_cookies_are_not_kept_and_proxies_of_the_environment_not_used(monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")

    async def scene() -> Loopback:
        async with serving(send(completion(), headers={"Set-Cookie": "track=1"})) as server:
            client = OpenAIClient(server.url.replace("127.0.0.1", "localhost"))
            await client.send(ask())
            await client.send(ask())
            await client.aclose()
            return server

    server = asyncio.run(scene())
    assert len(server.got) == 2
    assert server.connections == 1
    assert all("cookie" not in got.headers for got in server.got)


def test_a_client_serves_several_event_loops_and_lives_on_after_closing():
    client: OpenAIClient | None = None

    async def scene() -> str:
        nonlocal client
        async with serving(send(completion())) as server:
            client = OpenAIClient(server.url) if client is None else client
            client._http._base = server.url
            texts = [(await client.send(ask())).text]
            await client.aclose()
            texts.append((await client.send(ask())).text)
            await client.aclose()
            await client.aclose()
        return "".join(texts)

    assert [asyncio.run(scene()) for _ in range(3)] == ["yesyes"] * 3


# ── where names lead ────────────────────────────────────────────────────────────────────────────────────────


def lookups(monkeypatch: pytest.MonkeyPatch, *answers: str) -> list[str]:
    """Names lead to these addresses, one lookup after the other; what was looked up is kept."""
    asked: list[str] = []
    at = iter(answers)

    async def getaddrinfo(self, host, port, **options):
        asked.append(host)
        address = next(at)
        return [(10 if ":" in address else 2, 1, 6, "", (address, port))]

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", getaddrinfo)
    return asked


@pytest.mark.parametrize(
    "address", ["169.254.169.254", "fe80::1", "fd00:ec2::254", "0.0.0.0", "::ffff:169.254.169.254"]
)
def test_a_name_that_leads_to_metadata_is_refused_though_it_was_allowed(address, monkeypatch):
    lookups(monkeypatch, address)

    async def scene() -> None:
        client = OpenAIClient("http://lm.example/v1", allow_hosts=["lm.example"], timeout=5)
        try:
            with pytest.raises(ConnectionLost, match=r"the address .* is "):
                await client.send(ask())
        finally:
            await client.aclose()

    asyncio.run(scene())


def test_localhost_that_leads_elsewhere_is_refused(monkeypatch):
    lookups(monkeypatch, "10.0.0.1")

    async def scene() -> None:
        client = OpenAIClient("http://localhost:1/v1", timeout=5)
        try:
            with pytest.raises(ConnectionLost, match="is not this machine"):
                await client.send(ask())
        finally:
            await client.aclose()

    asyncio.run(scene())


def test_a_name_is_looked_up_once_so_that_it_cannot_lead_elsewhere_later(monkeypatch):
    async def scene() -> tuple[list[str], int]:
        async with serving(
            lambda got, w: (w.write(http(b"{}", headers={"Connection": "close"})), w.close())[0]
        ) as s:
            asked = lookups(monkeypatch, "127.0.0.1", "169.254.169.254", "10.0.0.1")
            client = OpenAIClient(f"http://lm.example:{s.port}/v1", allow_hosts=["lm.example"], timeout=5)
            for _ in range(3):
                with pytest.raises(UnreadableReply):
                    await client.send(ask())
                await client.aclose()
            return asked, s.connections

    asked, connections = asyncio.run(scene())
    assert asked == ["lm.example"]
    assert connections == 3


# ── when to come again ──────────────────────────────────────────────────────────────────────────────────────

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Retry-After": "7"}, 7.0),
        ({"retry-after": "0.25"}, 0.25),
        ({"Retry-After": format_datetime(NOW + timedelta(seconds=9), usegmt=True)}, 9.0),
        ({"Retry-After": format_datetime(NOW - timedelta(days=1), usegmt=True)}, 0.0),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "-1"}, None),
        ({"Retry-After": "nan"}, None),
        ({"Retry-After": "inf"}, None),
        ({"retry-after-ms": "1500", "retry-after": "2"}, 1.5),
        ({"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "6m0s"}, 360.0),
        ({"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "20ms"}, 0.02),
        ({"x-ratelimit-remaining-tokens": "5", "x-ratelimit-reset-tokens": "20s"}, None),
        ({"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "1h1m1.5s"}, 3661.5),
        ({"x-ratelimit-reset": str(int(NOW.timestamp() * 1000) + 4000)}, 4.0),
        ({"x-ratelimit-reset": str(int(NOW.timestamp()) + 4)}, 4.0),
        ({"x-ratelimit-reset": "4"}, 4.0),
        (
            {
                "anthropic-ratelimit-input-tokens-remaining": "0",
                "anthropic-ratelimit-input-tokens-reset": (NOW + timedelta(seconds=3)).isoformat(),
            },
            3.0,
        ),
        ({"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "..s"}, None),
    ],
)
def test_how_long_to_wait_is_read_from_every_header_in_use(headers: dict[str, str], seconds: float | None):
    found = retry_after(headers, clock=NOW.timestamp)
    assert found == pytest.approx(seconds) if seconds is not None else found is None


def test_a_date_to_come_again_reaches_the_error():
    moment = format_datetime(datetime.now(UTC) + timedelta(seconds=120), usegmt=True)
    error, _ = put(send({}, 429, {"Retry-After": moment}))
    assert type(error) is RateLimited
    assert 100 < error.retry_after <= 120


# ── secrets ─────────────────────────────────────────────────────────────────────────────────────────────────

CANARY = "sk-canary-7d1f00d5"


def everything_told(error: BaseException) -> str:
    """All that an error shows: itself, its details, what it came from, and the frames it went through."""
    told = [str(error), repr(error), repr(vars(error))]
    if isinstance(error, CallError):
        told.append(json.dumps(error.to_dict()))
    told.append("".join(traceback.TracebackException.from_exception(error, capture_locals=True).format()))
    told += [everything_told(inner) for inner in (error.__cause__, error.__context__) if inner is not None]
    return "\n".join(told)


def echoing(status: int) -> Answer:
    """A server that says back what key it was sent, in a message, in HTML, and in a redirect."""

    def answer(got, writer) -> None:
        key = got.headers["authorization"]
        said = {"error": {"message": f"Incorrect API key provided: {key}. {'x' * 270} {key}"}}
        body = json.dumps(said).encode() if status != 502 else f"<html>{'y' * 3_990} {key}</html>".encode()
        writer.write(http(body, status, {"Location": f"http://evil.example/?k={key}"}))

    return answer


@pytest.mark.parametrize("status", [200, 302, 400, 401, 429, 500, 502])
def test_a_key_that_the_server_repeats_is_in_nothing_that_is_shown(status: int, monkeypatch):
    monkeypatch.setenv("WHENCE_LM_KEY", CANARY)
    error, server = put(echoing(status))
    assert server.got[0].headers["authorization"] == f"Bearer {CANARY}"
    assert isinstance(error, CallError)
    assert "canary" not in everything_told(error)
    assert status in {200, 429} or "Secret(…)" in str(error) or status == 502


def test_a_key_that_comes_back_as_the_reply_itself_is_masked(monkeypatch):
    monkeypatch.setenv("WHENCE_LM_KEY", CANARY)
    reply, _ = put(lambda got, writer: send(completion(got.headers["authorization"]))(got, writer))
    assert reply.text == "Secret(…)"


@pytest.mark.parametrize("answer", [hang_up, half, drip, OTHERS["no HTTP"][0]])
def test_an_error_of_the_connection_does_not_bring_the_headers_along(answer, monkeypatch):
    monkeypatch.setenv("WHENCE_LM_KEY", CANARY)
    error, server = put(answer, timeout=0.3)
    assert server.got[0].headers["authorization"] == f"Bearer {CANARY}"
    assert "canary" not in everything_told(error)
    assert error.__cause__ is None
    assert error.__context__ is None


def test_the_client_itself_shows_no_key(monkeypatch):
    monkeypatch.setenv("WHENCE_LM_KEY", CANARY)
    client = OpenAIClient("http://localhost:1/v1")
    assert "canary" not in repr(client) + repr(vars(client)) + repr(vars(client._http))


def test_the_timeout_is_a_number_of_seconds():
    for timeout in (0, -1, float("nan"), float("inf")):
        with pytest.raises(InvalidOption):
            Http(place_of("http://localhost/v1"), timeout=timeout)


def test_the_server_may_come_to_its_senses():
    reply, _ = put(in_turn(send(completion("first")), hang_up))
    assert reply.text == "first"
