"""What is sent arrives: any text, through the official SDK, comes out of the stream as it went in."""

from datastar_py.sse import ServerSentEventGenerator
from hypothesis import example, given, settings
from hypothesis import strategies as st

from studio.event_stream import events, patches
from whence.studio.wire.events import HEARTBEAT, patch_elements, patch_signals

anything = st.text(st.characters(exclude_categories=["Cs"]))


@given(anything)
@example("one\u2028two\x0bthree\x85four\x0cfive\x1csix\x1dseven\x1eeight\u2029nine")
@example("data: x\n\nevent: datastar-patch-signals\ndata: signals {}")
@settings(max_examples=400, deadline=None)
def test_elements_arrive_as_they_were_sent(text):
    sent = f'<p id="a">{text}</p>'
    (arrived,) = patches(patch_elements(sent))
    assert arrived[0] == "elements"
    assert arrived[1].replace("&#13;", "\r") == sent.replace("\r\n", "\n")


@given(st.dictionaries(anything.filter(bool), anything | st.integers() | st.none() | st.booleans()))
@settings(max_examples=200, deadline=None)
def test_signals_arrive_as_they_were_sent(values):
    assert [each[:2] for each in patches(patch_signals(values))] == [("signals", values)]


def test_ordinary_text_is_sent_just_as_the_official_sdk_does():
    html = '<ul id="a">\n<li>one</li>\n</ul>'
    assert patch_elements(html) == ServerSentEventGenerator.patch_elements(html)
    told = patch_elements(html, selector="#b", mode="append", namespace="svg")
    assert told == ServerSentEventGenerator.patch_elements(
        html, selector="#b", mode="append", namespace="svg"
    )
    assert patch_signals({"a": 1}, only_if_missing=True) == ServerSentEventGenerator.patch_signals(
        {"a": 1}, only_if_missing=True
    )


def test_a_heartbeat_is_no_event():
    assert events(HEARTBEAT) == []
