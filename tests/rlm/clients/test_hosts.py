"""Base URLs: what is allowed, and how many ways there are to write what is not."""

import pytest

from whence.rlm.clients.hosts import check_base_url, refused_address, rejection
from whence.rlm.errors import HostNotAllowed
from whence.runtime.errors import InvalidOption

# Without their schemes where they name a host, so that no text here is an address.
HOSTILE = {
    "another host": "https://evil.example/v1",
    "a vendor over http": "http://" + "api.openai.com/v1",
    "a vendor at another port": "https://" + "api.openai.com:8443/v1",
    "a vendor's name as a part of another": "https://" + "api.openai.com.evil.example/v1",
    "a vendor's name behind a dash": "https://" + "evil-api.openai.com/v1",
    "a vendor's sub-domain": "https://" + "x.api.openai.com/v1",
    "a vendor's parent": "https://" + "openai.com/v1",
    "a user name": "http://localhost@evil.example/v1",
    "a user name and password": "http://localhost:80@evil.example/v1",
    "a user name before the loopback": "http://evil@127.0.0.1/v1",
    "an empty user name": "http://@127.0.0.1/v1",
    "an @ in the path": "http://127.0.0.1/@evil.example",
    "a backslash before an @": "http://127.0.0.1\\@evil.example/v1",
    "a backslash for a slash": "http:\\\\127.0.0.1\\v1",
    "a backslash after the host": "http://127.0.0.1\\.evil.example/v1",
    "a fragment": "http://127.0.0.1/v1#evil",
    "a fragment in the host": "http://127.0.0.1#@evil.example/v1",
    "a query": "http://127.0.0.1/v1?to=evil",
    "a query in the host": "http://evil.example?.127.0.0.1/v1",
    "a decimal address": "http://2130706433/v1",
    "a decimal address of metadata": "http://2852039166/latest",
    "a hexadecimal address": "http://0x7f000001/v1",
    "a hexadecimal part": "http://" + "0x7f.0.0.1/v1",
    "hexadecimal metadata": "http://0xA9FEA9FE/latest",
    "a bare 0x": "http://0x/v1",
    "an octal part": "http://" + "0177.0.0.1/v1",
    "an octal address": "http://017700000001/v1",
    "leading zeros": "http://" + "127.0.0.01/v1",
    "two parts": "http://" + "127.1/v1",
    "three parts": "http://" + "127.0.1/v1",
    "zero": "http://0/v1",
    "five parts": "http://" + "127.0.0.1.1/v1",
    "a part too large": "http://" + "127.0.0.256/v1",
    "an overflow": "http://4294967297/v1",
    "all addresses": "http://" + "0.0.0.0/v1",
    "all addresses of IPv6": "http://[::]/v1",
    "metadata": "http://" + "169.254.169.254/latest",
    "metadata of IPv6": "http://[fd00:ec2::254]/latest",
    "link-local of IPv6": "http://[fe80::1]/v1",
    "an interface": "http://[fe80::1%eth0]/v1",
    "a mapped loopback": "http://[::ffff:127.0.0.1]/v1",
    "mapped metadata": "http://[::ffff:169.254.169.254]/v1",
    "mapped metadata in hexadecimal": "http://[::ffff:a9fe:a9fe]/v1",
    "a compatible address": "http://[::127.0.0.1]/v1",
    "a translated address": "http://[64:ff9b::a9fe:a9fe]/v1",
    "a 6to4 address": "http://[2002:a9fe:a9fe::]/v1",
    "a private address": "http://" + "10.0.0.1/v1",
    "another private address": "http://" + "192.168.1.1/v1",
    "a third private address": "http://" + "172.16.0.1/v1",
    "shared address space": "http://" + "100.100.100.200/v1",
    "multicast": "http://" + "224.0.0.1/v1",
    "broadcast": "http://" + "255.255.255.255/v1",
    "a unique local address": "http://[fc00::1]/v1",
    "brackets never closed": "http://[::1/v1",
    "brackets around a name": "http://[localhost]/v1",
    "a dot at the end": "https://" + "api.openai.com./v1",
    "a dot after localhost": "http://localhost./v1",
    "a name below localhost": "http://" + "evil.localhost/v1",
    "a name like localhost": "http://localhost.evil.example/v1",
    "a dot at the start": "http://.localhost/v1",
    "two dots": "http://" + "127.0.0..1/v1",
    "a Cyrillic a": "https://\u0430pi.openai.com/v1",
    "a full-width letter": "https://\uff41pi.openai.com/v1",
    "circled digits": "http://\u2460\u2461\u2466.0.0.1/v1",
    "an ideographic full stop": "http://127\u30020\u30020\u30021/v1",
    "a soft hyphen": "https://" + "api.open\u00adai.com/v1",
    "a name in punycode": "https://xn--pi-7kc.openai.example/v1",
    "an escaped dot": "http://127%2e0%2e0%2e1/v1",
    "an escaped slash": "https://evil.example%2f.openrouter.ai/v1",
    "an escaped NUL": "http://localhost%00.evil.example/v1",
    "an escaped step": "http://localhost/%2e%2e/admin",
    "a step up": "http://localhost/v1/../admin",
    "a step in place": "http://localhost/./v1",
    "two slashes": "http://localhost//evil.example/v1",
    "three slashes": "http:///evil.example/v1",
    "no host": "http:///v1",
    "nothing after the scheme": "http://",
    "a space in front": " http://localhost/v1",
    "a space behind": "http://localhost/v1 ",
    "a tab within": "http://local\thost/v1",
    "a line break": "http://localhost/v1\r\nHost: evil.example",
    "a NUL": "http://localhost\x00.evil.example/v1",
    "no scheme": "localhost/v1",
    "a relative scheme": "//localhost/v1",
    "one slash": "http:/localhost/v1",
    "file": "file:///etc/passwd",
    "ftp": "ftp://localhost/v1",
    "gopher": "gopher://localhost:70/_x",
    "javascript": "javascript:alert(1)",
    "data": "data:text/plain,x",
    "a unix socket": "unix:///var/run/docker.sock",
    "a web socket": "ws://localhost/v1",
    "http over unix": "http+unix://localhost/v1",
    "port zero": "http://localhost:0/v1",
    "a port too large": "http://localhost:65536/v1",
    "a negative port": "http://localhost:-1/v1",
    "a port with a zero in front": "http://localhost:080/v1",
    "an empty port": "http://localhost:/v1",
    "two ports": "http://localhost:80:81/v1",
    "a port in words": "http://localhost:http/v1",
    "a port in other digits": "http://localhost:\u0661\u0662/v1",
    "a very long host": "http://" + "a" * 300 + "/v1",
    "a very long URL": "http://localhost/" + "a" * 3_000,
    "nothing": "",
}


def test_there_are_more_than_sixty_hostile_urls():
    assert len(HOSTILE) >= 60


@pytest.mark.parametrize("url", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_url_is_refused_and_the_error_says_why(url: str):
    with pytest.raises(HostNotAllowed) as caught:
        check_base_url(url)
    assert rejection(url)
    assert rejection(url) in str(caught.value)


@pytest.mark.parametrize(
    ("url", "normal"),
    [
        ("https://" + "api.openai.com/v1", None),
        ("https://" + "api.anthropic.com", None),
        ("https://" + "openrouter.ai/api/v1", None),
        ("HTTPS://" + "API.OpenAI.com:443/v1/", "https://" + "api.openai.com/v1"),
        ("http://localhost:11434/v1", None),
        ("http://LOCALHOST/v1/", "http://localhost/v1"),
        ("https://localhost:8443", None),
        ("http://127.0.0.1:8000/v1", None),
        ("http://127.0.0.1:80/v1", "http://127.0.0.1/v1"),
        ("http://" + "127.8.9.10:8000/v1", None),
        ("http://[::1]:8000/v1", None),
        ("http://[0:0:0:0:0:0:0:1]/v1", "http://[::1]/v1"),
    ],
)
def test_vendors_over_https_and_this_machine_need_no_permission(url: str, normal: str | None):
    assert check_base_url(url) == (normal or url)


def test_any_other_host_is_allowed_by_name_alone():
    assert check_base_url("https://lm.example/v1", ["lm.example"])
    assert check_base_url("http://lm.example:8000/v1", ["LM.example"])
    assert check_base_url("http://" + "10.0.0.7:8000/v1", ["10.0.0.7"])
    assert check_base_url("http://[fd12::1]:8000/v1", ["[fd12::1]:8000"])
    assert check_base_url("http://my_vllm:8000/v1", ["my_vllm"])
    assert rejection("https://x.lm.example/v1", ["lm.example"])
    assert rejection("https://lm.example.evil.example/v1", ["lm.example"])


def test_a_host_allowed_with_its_port_is_allowed_at_that_port_alone():
    assert not rejection("http://lm.example:8000/v1", ["lm.example:8000"])
    assert not rejection("https://lm.example/v1", ["lm.example:443"])
    assert rejection("http://lm.example:8001/v1", ["lm.example:8000"])
    assert rejection("http://lm.example/v1", ["lm.example:443"])


def test_the_environment_adds_to_the_list(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("WHENCE_ALLOW_HOSTS", "one.example, two.example:81 ,")
    assert not rejection("https://one.example/v1")
    assert not rejection("http://two.example:81/v1")
    assert not rejection("http://three.example/v1", ["three.example"])
    assert rejection("http://two.example:82/v1")


@pytest.mark.parametrize(
    "host", ["169.254.169.254", "0.0.0.0", "[fe80::1]", "[fd00:ec2::254]", "100.100.100.200"]
)
def test_metadata_addresses_stay_refused_when_somebody_allows_them(host: str):
    assert rejection(f"http://{host}/v1", [host])


@pytest.mark.parametrize(
    "entry",
    ["http://lm.example", "*", "*.example", "lm.example/v1", "a b", "", "lm.example:x", "user@lm.example"],
)
def test_an_entry_that_is_no_host_is_an_error_and_not_ignored(entry: str):
    with pytest.raises(InvalidOption):
        check_base_url("http://localhost/v1", [entry])


def test_one_text_for_the_list_is_one_host():
    assert not rejection("https://lm.example/v1", "lm.example")


@pytest.mark.parametrize(
    "address",
    [
        "169.254.1.1",
        "fe80::1%2",
        "::ffff:169.254.169.254",
        "64:ff9b::a9fe:a9fe",
        "2002:a9fe:a9fe::1",
        "0.1.2.3",
        "x",
    ],
)
def test_an_address_that_a_name_leads_to_is_judged_by_the_same_list(address: str):
    assert refused_address(address)
    assert not refused_address("127.0.0.1")
    assert not refused_address("::1")
    assert not refused_address("10.0.0.1")
    assert not refused_address("2606:4700::1111")
