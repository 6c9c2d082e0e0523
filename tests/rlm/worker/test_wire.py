"""Frames: what goes in comes out, whatever the pieces; what is no frame ends the conversation."""

from __future__ import annotations

import json
import math
import os
import socket
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whence.rlm.worker.wire import BrokenFrame, Decoder, Wire, encode

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=60)
@given(st.lists(st.dictionaries(st.text(), PLAIN, max_size=4), max_size=5), st.integers(1, 9))
def test_frames_come_out_as_they_went_in_however_the_bytes_are_cut(frames, step):
    data = b"".join(encode(frame) for frame in frames)
    decoder = Decoder()
    found = [frame for at in range(0, len(data), step) for frame in decoder.feed(data[at : at + step])]
    assert found == frames


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_numbers_that_are_not_json_never_leave(number):
    with pytest.raises(BrokenFrame):
        encode({"x": [number]})


@pytest.mark.parametrize(
    "body", [b"NaN", b'{"x": NaN}', b'{"x": Infinity}', b'{"x": 1e999}', b"[1]", b"{", b"\xff", b""]
)
def test_what_is_no_plain_object_is_a_broken_frame(body):
    with pytest.raises(BrokenFrame):
        list(Decoder().feed(struct.pack(">I", len(body)) + body))


def test_a_frame_nested_too_deep_is_broken_and_does_not_end_the_reader():
    body = b'{"x":' + b"[" * 200_000 + b"]" * 200_000 + b"}"
    with pytest.raises(BrokenFrame):
        list(Decoder().feed(struct.pack(">I", len(body)) + body))


def test_a_length_beyond_the_limit_is_refused_before_anything_is_held():
    decoder = Decoder(most=100)
    with pytest.raises(BrokenFrame, match="4,294,967,295"):
        list(decoder.feed(b"\xff\xff\xff\xff"))
    with pytest.raises(BrokenFrame):
        encode({"x": "y" * 200}, most=100)


def test_half_a_surrogate_pair_leaves_and_arrives_as_a_replacement_character():
    (frame,) = Decoder().feed(encode({"x": "a\ud800b", "y": "😀"}))
    assert frame == {"x": "a\ufffdb", "y": "😀"}
    body = json.dumps({"x": "a\ud800b", "\udc00": ["\ud83d\ude00"]}).encode()
    (frame,) = Decoder().feed(struct.pack(">I", len(body)) + body)
    assert frame == {"x": "a\ufffdb", "\ufffd": ["😀"]}


def test_a_wire_takes_open_files_along_and_says_none_when_the_host_is_gone(tmp_path):
    mine, theirs = socket.socketpair()
    wire = Wire(theirs)
    path = tmp_path / "document"
    path.write_text("hello")
    with path.open("rb") as file:
        socket.send_fds(mine, [encode({"type": "files", "count": 1})], [file.fileno()])
    mine.sendall(encode({"type": "begin"}))
    assert wire.receive() == {"type": "files", "count": 1}
    assert wire.receive() == {"type": "begin"}
    (descriptor,) = wire.files
    assert os.read(descriptor, 10) == b"hello"
    os.close(descriptor)
    mine.close()
    assert wire.receive() is None
    theirs.close()
