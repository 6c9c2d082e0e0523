"""A name that is not on the list is answered by nobody, however it is spelt."""

import pytest

from studio.security.asking import DOCUMENT, World, put, run
from whence.runtime.errors import InvalidOption
from whence.studio.security.hosts import authorities, is_loopback
from whence.studio.settings import Settings

OURS = ["127.0.0.1:8765", "localhost:8765", "[::1]:8765", "LOCALHOST:8765", "LocalHost:8765"]
FOREIGN = [
    "", " ", "evil.example", "evil.example:8765", "127.0.0.1", "localhost", "[::1]", "127.0.0.1:8766",
    "127.0.0.1:", "127.0.0.1:08765", "127.0.0.1:8765 ", " 127.0.0.1:8765", "127.0.0.1:8765.",
    "localhost.:8765",
    "localhost.evil.example:8765", "127.0.0.1.evil.example:8765", "evil@127.0.0.1:8765",
    "127.0.0.1:8765@evil",
    "127.0.0.1:8765:80", "127.0.0.1:8765, evil.example", "127.0.0.1:8765/", "127.0.0.1:8765#",
    "127.0.0.1:8765?x",
    "http://127.0.0.1:8765", "0.0.0.0:8765", "0:8765", "127.1:8765", "2130706433:8765", "0x7f.0.0.1:8765",
    "0177.0.0.1:8765", "127.0.0.2:8765", "::1:8765", "[::]:8765", "[0:0:0:0:0:0:0:1]:8765",
    "[::ffff:127.0.0.1]:8765",
    "[::1%25lo]:8765", "127.0.0.1.nip.io:8765", "localtest.me:8765", "a.localhost:8765",
    "127.0.0.1:8765\\evil",
    "127\u30020\u30020\u30021:8765", "127.0.0.1\t:8765", "127.0.0.1:8765\0", "localhost:65536",
    "ip6-localhost:8765",
]  # fmt: skip


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    return World(tmp_path_factory.mktemp("hosts"))


@pytest.mark.parametrize("host", OURS)
def test_the_page_is_found_under(world, host):
    headers = DOCUMENT | world.cookie | {b"host": host.encode()}
    assert run(put(world.guard, "GET", "/", headers)).status == 200


@pytest.mark.parametrize("host", FOREIGN)
def test_the_page_is_not_found_under(world, host):
    before = len(world.reached)
    headers = DOCUMENT | world.cookie | {b"host": host.encode()}
    for path in ("/", "/launch", "/static/client.js", "/p/a/stream"):
        assert run(put(world.guard, "GET", path, headers)).status == 403
    assert len(world.reached) == before


def test_an_origin_must_be_the_very_name_that_was_asked_for(tmp_path):
    world = World(tmp_path, settings=Settings(home=tmp_path, names=("studio.example:443",)))
    assert b"studio.example:443" in world.guard.gate.authorities


def test_allowed_names_are_answered_with_the_port_that_they_were_given_with_or_ours():
    allowed = authorities(Settings(names=("Studio.Example", "localhost:9000"), port=8765))
    assert {b"studio.example", b"studio.example:8765", b"localhost:9000"} <= allowed
    assert b"localhost" not in allowed


def test_the_usual_port_is_not_written():
    assert b"127.0.0.1" in authorities(Settings(port=80))
    tls = authorities(Settings(port=443, certificate=Settings().home, names=("a.example",)))
    assert {b"a.example", b"a.example:443", b"localhost"} <= tls


def test_the_names_of_this_machine_are_never_bound_to_tls(tmp_path):
    """Else no other server of this machine could be asked in plain HTTP again."""
    given = Settings(home=tmp_path, port=443, certificate=tmp_path / "c", key=tmp_path / "k")
    world = World(tmp_path, settings=given)
    assert world.guard.gate.local == world.guard.gate.authorities
    for host, bound in ((b"localhost", False), (b"[::1]", False), (b"127.0.0.1:443", False), (b"a", True)):
        reply = run(put(world.guard, "GET", "/", DOCUMENT | {b"host": host}, scheme="https"))
        assert (reply.header(b"strict-transport-security") is not None) == bound


@pytest.mark.parametrize(
    "name",
    [
        "",
        "*",
        "*.example",
        "a b",
        "a/b",
        "http://a",
        "a@b",
        "a:b",
        "a:123456",
        ".a",
        "a.",
        "-a",
        "ü.example",
        "a..b",
        "a\n",
    ],
)
def test_a_name_that_is_none_is_refused(name):
    with pytest.raises(InvalidOption):
        authorities(Settings(names=(name,)))


@pytest.mark.parametrize(
    "host", ["0.0.0.0", "::", "192.168.1.5", "10.0.0.1", "example.org", "", "localhost.evil"]
)
def test_what_others_reach_is_not_loopback(host):
    assert not is_loopback(host)
