"""Signals come from a browser, and so from anybody: the schema takes what our pages send and nothing else."""

import json
from contextlib import suppress
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.security.asking import FakeRequest, run
from whence.studio.security.bodies import LARGEST, read_signals
from whence.studio.security.refusals import InvalidSignals
from whence.studio.security.signal_names import SIGNALS


def read(value, *, get=False):
    """What is read of a value, or of the text of one."""
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    if get:
        return run(read_signals(FakeRequest(method="GET", query=b"datastar=" + quote(text).encode())))
    return run(read_signals(FakeRequest([text])))


WHOLE = {
    "stream": "k3v9", "frame": 12, "title": "Arbeit 💼", "question": "effect of a on b",
    "text": "a -> b\n\tc", "format": "dagitty", "name": "<script>alert(1)</script>",
    "condition": "age > 3", "column": "u74",
    "expression": "re74 = 0", "low": "0", "high": "1", "source": "nc598dcda33", "target": "e0f0f519bc5",
    "mark": "<->", "x": 1.5, "y": -3, "method": "aipw", "seed": 0, "level": 0.95, "benchmark": "age",
    "times": 2,
    "r2_treatment": 0.1, "r2_outcome": 0.2, "first": 1, "second": 2,
}  # fmt: skip


@pytest.mark.parametrize("get", [False, True])
def test_what_our_pages_send_is_read_as_it_was_sent(get):
    assert set(WHOLE) | {"file"} == set(SIGNALS)
    assert read(WHOLE | {"file": [{"name": "a", "contents": ["x"]}]}, get=get) == WHOLE


def test_nothing_is_no_signals():
    assert read(b"") == {}
    assert run(read_signals(FakeRequest(method="GET", query=b""))) == {}
    assert run(read_signals(FakeRequest(method="GET", query=b"v=3"))) == {}


def test_what_is_empty_where_something_is_meant_is_not_there():
    empty = {"mark": "", "x": "", "seed": "", "source": "", "format": "", "title": None, "y": None}
    assert read(empty) == {}
    assert read({"title": "", "question": ""}) == {"title": "", "question": ""}


def test_a_whole_number_may_be_written_as_one_with_a_point():
    assert read(b'{"frame": 3.0}') == {"frame": 3}
    assert isinstance(read(b'{"frame": 3.0}')["frame"], int)


def test_a_text_without_an_end_hides_all_that_follows_it_and_is_gone_through_once():
    # Were it not taken as a whole, each quote in it would be tried as a beginning: minutes for 256 KB.
    for text in (b'{"' + b"[" * 9, b'{"a\\"' + b"{" * 9, b'{"' + b"[" * 9 + b"\\"):
        with pytest.raises(InvalidSignals, match="no JSON"):
            read(text)


REFUSED = [
    b"[]", b"3", b'"a"', b"null", b"{", b"}", b"{}x", b"\xff\xfe{}", b"\x80", b"{'a': 1}",
    b"{\"title\": undefined}",
    b'{"other": 1}', b'{"__proto__": {}}', b'{"constructor": 1}', b'{"title": "a", "title": "b"}',
    b'{"file": {"__proto__": 1}}', b'{"file": {"a": 1, "a": 2}}', b'{"": 1}', b'{"Title": "a"}',
    b'{"title\\u0000": "a"}',
    b'{"x": NaN}', b'{"x": Infinity}', b'{"x": -Infinity}', b'{"x": 1e999}', b'{"x": true}', b'{"x": "1"}',
    b'{"x": []}',
    b'{"x": {"y": 1}}', b'{"x": 1' + b"0" * 5_000 + b"}", b'{"x": 1' + b"0" * 400 + b"}", b'{"frame": 1.5}',
    b'{"frame": 1e300}', b'{"frame": false}', b'{"seed": 9007199254740994}', b'{"title": 3}',
    b'{"title": ["a"]}',
    b'{"title": "\\ud800"}', b'{"title": "a\\u0000b"}', b'{"mark": "=>"}', b'{"mark": "-> "}',
    b'{"format": "html"}',
    b'{"source": "<b>"}', b'{"source": "N1"}', b'{"source": "n1\\n"}', b'{"source": "../x"}',
    b'{"file": ' + b"[" * 9 + b"]" * 9 + b"}", b'{"file": ' + b"[" * 100_000,
    b'{"file": ' + b'{"a":' * 40_000,
    b'{"title": "' + b"a" * 201 + b'"}', b'{"stream": "' + b"a" * 65 + b'"}',
    b'{"text": "' + b"a" * 200_001 + b'"}',
    b'{"question": "' + b"a" * 4_001 + b'"}', b'{"name": "' + b"a" * 1_001 + b'"}', b" " * (LARGEST + 1),
    b'{"file": "' + b"a" * LARGEST + b'"}',
]  # fmt: skip


@pytest.mark.parametrize("text", REFUSED, ids=[text[:24].decode("latin-1") for text in REFUSED])
@pytest.mark.parametrize("get", [False, True])
def test_a_typed_error_is_the_answer_to(text, get):
    with pytest.raises(InvalidSignals) as refused:
        read(text, get=get)
    assert refused.value.status in (400, 413)
    assert len(str(refused.value)) < 300


def test_brackets_in_a_text_are_not_depth():
    assert read({"text": "[" * 1_000 + '\\"{' * 50})["text"].startswith("[[[")


def test_signals_that_come_twice_or_packed_wrongly_are_refused():
    for query in (
        b"datastar={}&datastar={}",
        b"datastar=%ff",
        b"&".join([b"a=1"] * 50),
        b"datastar=" + b"%20" * 300_000,
    ):
        with pytest.raises(InvalidSignals):
            run(read_signals(FakeRequest(method="GET", query=query)))


def test_a_body_without_end_is_not_kept():
    taken = []

    def endless():
        for number in range(10_000):
            taken.append(number)
            yield b" " * 65_536

    request = FakeRequest()
    request._chunks = endless()
    with pytest.raises(InvalidSignals):
        run(read_signals(request))
    assert len(taken) <= 6


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
NAMES = st.sampled_from(sorted(SIGNALS)) | st.text(max_size=12)


@given(st.dictionaries(NAMES, ANY, max_size=6))
def test_whatever_is_sent_is_read_to_the_schema_or_refused(value):
    try:
        told = read(value)
    except InvalidSignals:
        return
    for name, signal in told.items():
        assert name in SIGNALS
        assert type(signal) in (str, int, float)
        assert SIGNALS[name](signal) == signal, "what was read is what may be sent"
        if isinstance(signal, str):
            signal.encode()


@given(st.binary(max_size=200))
def test_bytes_of_any_kind_are_read_or_refused(data):
    for get in (False, True):
        with suppress(InvalidSignals):
            read(data, get=get)


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=200))
def test_every_text_arrives_as_it_was_sent(text):
    for get in (False, True):
        assert read({"question": text}, get=get) == {"question": text}
