"""The studio as a process: strangers with raw sockets, the way in, a restart, the end."""

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from dataclasses import replace

import pytest

from studio.security.served import NotStarted, Served, answered
from whence.runtime.errors import InvalidOption
from whence.studio.browser import Browser
from whence.studio.security.listening import NotServed, address, check_served, launch_link, listening, tls
from whence.studio.settings import Settings

pytest.importorskip("whence.studio.app", reason="the application is not there")


HOST = b"GET / HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\n"
WEBSOCKET = HOST + (
    b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
H2C = HOST + b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n\r\n"


@pytest.fixture(scope="module")
def studio(tmp_path_factory):
    served = Served(tmp_path_factory.mktemp("home"))
    served.come_in()
    yield served
    served.end()


def test_the_launch_link_lets_in_and_is_good_once(studio):
    status, head, body = studio.ask("/", "Accept: text/html")
    assert status == 200
    assert b"<!DOCTYPE html" in body[:40] or b"<!doctype html" in body[:40]
    assert "server:" not in head.lower()
    cookie, studio.cookie = studio.cookie, ""
    try:
        assert studio.ask(studio.target)[0] == 403
        assert studio.ask("/")[0] == 401
    finally:
        studio.cookie = cookie


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.0\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n",
        b"GET http://127.0.0.1:PORT/ HTTP/1.1\r\nHost: evil.example\r\n\r\n",
        b"GET http://evil.example/ HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\n\r\n",
        b"GET //evil.example/ HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nHost: 127.0.0.1:PORT\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost : 127.0.0.1:PORT\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\n X: folded\r\n\r\n",
        b"GET /\0 HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\n\r\n",
        b"GET /%00 HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\n\r\n",
        b"GET /%ff%fe HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\n\r\n",
        b"GET /..%2f..%2fetc/passwd HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\n\r\n",
        b"GET /static/%2e%2e/%2e%2e/x HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\n\r\n",
        b"OPTIONS * HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\n\r\n",
        b"CONNECT evil.example:443 HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\n\r\n",
        b"TRACE / HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
        b"POST / HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nContent-Length: -5\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 100,
        b"\0" * 1_000,
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nX: " + b"a" * 300_000 + b"\r\n\r\n",
        b"GET /" + b"a" * 300_000 + b" HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\n" + b"X: y\r\n" * 40_000 + b"\r\n",
        WEBSOCKET,
        H2C,
    ],
    ids=lambda data: data[:50].decode("latin-1"),
)
def test_a_stranger_with_a_socket_gets_in_by_no_way(studio, data):
    data = data.replace(b"PORT", str(studio.port).encode())
    # A second half that never comes must not be waited for here: the connection is closed for writing.
    with socket.create_connection(("127.0.0.1", studio.port), timeout=10) as wire:
        came = b""
        try:
            wire.sendall(data)
            wire.shutdown(socket.SHUT_WR)
            while part := wire.recv(65_536):
                came += part
        except TimeoutError:
            raise
        except OSError:  # it was cut off, and that is an answer too
            pass
    status, head, body = answered(came)
    assert status in (0, 400, 401, 403, 405, 431)
    assert b"Traceback" not in body
    assert "101 Switching" not in head
    assert studio.ask("/")[0] == 200, "the server goes on"


def test_a_head_without_end_is_cut_off_before_it_fills_the_memory(studio):
    sent = 0
    with socket.create_connection(("127.0.0.1", studio.port), timeout=10) as wire:
        wire.sendall(b"GET / HTTP/1.1\r\nX: ")
        try:
            while sent < 64 << 20:
                wire.sendall(b"a" * 65_536)
                sent += 65_536
        except ConnectionError:
            pass
    assert sent < 64 << 20


@pytest.mark.parametrize("more", [b"x: " + b"a" * 61 + b"\r\n", b"a" * 66], ids=["fields", "one field"])
def test_what_follows_a_body_is_cut_off_like_a_head_without_end(studio, more):
    head = f"PUT / HTTP/1.1\r\nHost: 127.0.0.1:{studio.port}\r\nCookie: {studio.cookie}\r\n"
    with socket.create_connection(("127.0.0.1", studio.port), timeout=10) as wire:
        wire.sendall(f"{head}Transfer-Encoding: chunked\r\n\r\n0\r\ny: ".encode())
        sent = 0
        with contextlib.suppress(ConnectionError):
            while sent < 64 << 20:
                wire.sendall(more * 1_000)
                sent += 1_000 * len(more)
    assert sent < 64 << 20


def test_what_follows_a_body_is_no_header(studio):
    head = f"POST /projects HTTP/1.1\r\nHost: 127.0.0.1:{studio.port}\r\nTransfer-Encoding: chunked\r\n"
    said = f"Cookie: {studio.cookie}\r\nOrigin: http://127.0.0.1:{studio.port}\r\nDatastar-Request: true\r\n"
    body = f"2\r\n{{}}\r\n0\r\n{said}Content-Type: application/json\r\n\r\n"
    assert answered(studio.raw(f"{head}Connection: close\r\n\r\n{body}".encode()))[0] == 401


def test_a_second_request_on_a_connection_is_examined_like_the_first(studio):
    """Nothing that was found out about one request is believed of the next."""
    good = f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{studio.port}\r\nCookie: {studio.cookie}\r\n\r\n"
    bad = f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{studio.port}\r\n\r\n"
    came = studio.raw((good + bad).encode())
    assert came.count(b"HTTP/1.1 200") == 1
    assert came.count(b"HTTP/1.1 401") == 1


def test_a_second_studio_is_not_started_in_the_same_home_or_on_the_same_port(studio, tmp_path):
    with pytest.raises(NotServed, match="taken"):
        listening(Settings(port=studio.port))
    with pytest.raises(NotStarted, match="running already"):
        Served(studio.home)


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="folders have no owners here")
def test_a_home_in_which_others_may_put_links_is_refused_and_left_alone(tmp_path):
    home, precious = tmp_path / "home", tmp_path / "precious"
    home.mkdir()
    precious.mkdir()
    (precious / "thesis.txt").write_text("years of work")
    (home / "quarantine").symlink_to(precious)
    home.chmod(0o777)
    with pytest.raises(NotStarted, match="others may write to it"):
        Served(home)
    assert (precious / "thesis.txt").read_text() == "years of work"
    assert sorted(each.name for each in home.iterdir()) == ["quarantine"]


def test_a_restart_keeps_the_session_and_ctrl_c_ends_it_without_a_word_too_many(tmp_path):
    first = Served(tmp_path)
    first.come_in()
    project = re.search(rb"/p/[a-z0-9]{12}", first.act("/projects", b'{"title": "One"}')[2])[0].decode()
    with socket.create_connection(("127.0.0.1", first.port), timeout=10) as wire:
        host = f"Host: 127.0.0.1:{first.port}"
        wire.sendall(f"GET {project}/stream HTTP/1.1\r\n{host}\r\nCookie: {first.cookie}\r\n\r\n".encode())
        assert b"text/event-stream" in wire.recv(65_536)
        code, told = first.end()
    assert code == 0
    assert "everything is kept" in told
    assert len(told.splitlines()) <= 3, told
    second = Served(tmp_path, port=first.port)
    second.cookie = first.cookie
    try:
        assert second.ask(project)[0] == 200
    finally:
        code, told = second.end(signal.SIGTERM)
    assert "Traceback" not in told
    assert first.target not in told


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl to make a certificate")
def test_the_studio_speaks_tls_and_not_without_it(tmp_path):
    certificate, key = tmp_path / "c.pem", tmp_path / "k.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
        "-days", "2",
         "-subj", "/CN=localhost", "-keyout", key, "-out", certificate],
        check=True, capture_output=True,
    )  # fmt: skip
    import ssl

    settings = Settings(certificate=certificate, key=key)
    assert tls(settings).minimum_version >= ssl.TLSVersion.TLSv1_2
    with pytest.raises(NotServed, match="cannot be used"):
        tls(replace(settings, key=certificate))
    served = Served(tmp_path / "home", certificate=certificate, key=key)
    try:
        assert served.link.startswith("https://127.0.0.1:")
        assert served.raw(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")[:9] != b"HTTP/1.1 "
        context = ssl._create_unverified_context()
        with (
            socket.create_connection(("127.0.0.1", served.port), timeout=10) as wire,
            context.wrap_socket(wire) as speaking,
        ):
            speaking.sendall(
                f"GET {served.target} HTTP/1.1\r\nHost: 127.0.0.1:{served.port}\r\n\r\n".encode()
            )
            came = b""
            while b"\r\n\r\n" not in came:
                came += speaking.recv(65_536)
        assert b"set-cookie: __Host-whence" in came
        assert b"; Secure" in came
    finally:
        served.end()


# ── where it may listen ─────────────────────────────────────────────────────────────────────────────────────

ANY = "0.0.0.0"
REFUSED = [
    {"host": ANY},
    {"host": "192.168.1.5"},
    {"host": "::"},
    {"host": ""},
    {"host": "example.org"},
    {"host": ANY, "names": ("a.example",)},
    {"host": ANY, "trusted_proxy": "10.0.0.1"},
    {"trusted_proxy": "10.0.0.1"},
    {"trusted_proxy": "*", "names": ("a.example",)},
    {"trusted_proxy": "proxy.example", "names": ("a.example",)},
    {"trusted_proxy": "", "names": ("a.example",)},
]


@pytest.mark.parametrize("change", REFUSED, ids=str)
def test_the_studio_is_not_opened_to_the_world_by(change):
    with pytest.raises((NotServed, InvalidOption)):
        check_served(Settings(**change), allow_root=True)


def test_a_certificate_without_its_key_or_with_a_proxy_is_refused(tmp_path):
    files = {"certificate": tmp_path / "c", "key": tmp_path / "k"}
    for change in ({"certificate": tmp_path / "c"}, {"key": tmp_path / "k"}, {"host": ANY, **files},
                   {"trusted_proxy": "10.0.0.1", "names": ("a.example",), **files}):  # fmt: skip
        with pytest.raises(NotServed):
            check_served(Settings(**change), allow_root=True)
    check_served(Settings(host=ANY, names=("a.example",), **files), allow_root=True)
    check_served(Settings(host=ANY, names=("a.example",), trusted_proxy="10.0.0.1"), allow_root=True)


def test_root_is_refused_unless_it_is_meant(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 0, raising=False)
    with pytest.raises(NotServed, match="root"):
        check_served(Settings())
    check_served(Settings(), allow_root=True)
    monkeypatch.setattr(os, "geteuid", lambda: 1000, raising=False)
    check_served(Settings())


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({}, "http://127.0.0.1:8765"),
        ({"host": "localhost"}, "http://127.0.0.1:8765"),
        ({"host": "::1"}, "http://[::1]:8765"),
        ({"trusted_proxy": "10.0.0.1", "names": ("a.example",)}, "https://a.example"),
        ({"host": ANY, "certificate": "c", "names": ("a.example",)}, "https://a.example:8765"),
        ({"host": ANY, "certificate": "c", "names": ("a.example:9",)}, "https://a.example:9"),
    ],
)
def test_the_link_leads_to(change, found):
    assert address(Settings(**change)) == found
    assert launch_link(Settings(**change), "T", "abc") == f"{found}/launch?token=T&project=abc"


@pytest.mark.parametrize("host", ["not a host", "a" * 300, "256.1.1.1", "\0"])
def test_an_address_that_is_none_is_refused(host):
    with pytest.raises(NotServed):
        listening(Settings(host=host))


# ── the browser ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="there, arguments are not for all to see")
def test_the_browser_is_not_given_the_token_in_its_arguments(tmp_path, monkeypatch):
    import asyncio
    import webbrowser

    given = []
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setattr(webbrowser, "open", lambda place: given.append(place) or True)
    browser = Browser("http://127.0.0.1:1/launch?token=SECRET&project=a", folder=tmp_path)

    async def scene():
        browser.open()
        await browser._opening

    asyncio.run(scene())
    (file,) = tmp_path.iterdir()
    assert given == [file.as_uri()]
    assert "SECRET" not in given[0]
    assert file.stat().st_mode & 0o077 == 0
    assert "token=SECRET&amp;project=a" in file.read_text()
    browser.close()
    assert list(tmp_path.iterdir()) == []


def test_no_browser_of_the_terminal_is_opened(tmp_path, monkeypatch):
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    Browser("http://127.0.0.1:1/", folder=tmp_path).open()
    assert list(tmp_path.iterdir()) == []
