"""What a worker sends is read as if an enemy had written it."""

from __future__ import annotations

import json

import pytest

from whence.rlm.environments.frames import Called, ProtocolViolation, Ran, read_frame

BAD_FRAMES = {
    "no JSON": b"{",
    "no object": b"[1]",
    "no UTF-8": b'{"type": "\xff"}',
    "a number that is none": b'{"type": "ran", "id": 1, "printed": NaN}',
    "nested without end": b"[" * 100_000,
    "an unknown type": b'{"type": "reply", "id": 1, "value": 1}',
    "no type": b"{}",
    "a type that is a list": b'{"type": []}',
    "an id that is text": b'{"type": "ran", "id": "1"}',
    "an id that is true": b'{"type": "ran", "id": true}',
    "an id below zero": b'{"type": "ran", "id": -1}',
    "an endless id": b'{"type": "ran", "id": 1' + b"0" * 5000 + b"}",
    "output that is a number": b'{"type": "ran", "id": 1, "output": 5}',
    "an error that is text": b'{"type": "ran", "id": 1, "error": "no"}',
    "an error of numbers": b'{"type": "ran", "id": 1, "error": {"kind": 3}}',
    "names that are a list": b'{"type": "ran", "id": 1, "names": ["x"]}',
    "a name's description that is a number": b'{"type": "ran", "id": 1, "names": {"x": 1}}',
    "a call without arguments": b'{"type": "call", "id": 1, "kind": "llm"}',
    "a call of no kind": b'{"type": "call", "id": 1, "arguments": {}}',
}


@pytest.mark.parametrize("what", BAD_FRAMES)
def test_a_bad_frame_is_a_violation_and_never_another_error(what: str) -> None:
    with pytest.raises(ProtocolViolation):
        read_frame(BAD_FRAMES[what])


def test_fields_are_cut_to_what_the_host_keeps() -> None:
    frame = {
        "type": "ran",
        "id": 1,
        "output": "x" * 3_000_000,
        "printed": 7,
        "names": {f"{'n' * 1000}{i}": "d" * 1000 for i in range(5_000)},
        "error": {"kind": "K" * 1000, "message": "m" * 100_000, "traceback": "t" * 100_000},
    }
    ran = read_frame(json.dumps(frame).encode())
    assert isinstance(ran, Ran)
    assert len(ran.output) == 1_000_000
    assert len(ran.names) <= 1_000
    assert all(len(name) <= 200 and len(shown) <= 500 for name, shown in ran.names.items())
    assert ran.error is not None
    assert len(ran.error.kind) <= 200
    assert len(ran.error.message) <= 20_000


def test_a_small_frame_cannot_become_a_heap_of_values() -> None:
    bomb = (
        b'{"type": "call", "id": 1, "kind": "finish", "arguments": {"value": ['
        + b"[]," * 4_100_000
        + b"[]]}}"
    )
    with pytest.raises(ProtocolViolation, match="values"):
        read_frame(bomb)


def test_a_long_text_full_of_commas_is_no_heap_of_values() -> None:
    text = 'a,"[{' * 1_500_000
    raw = json.dumps({"type": "call", "id": 1, "kind": "rlm", "arguments": {"text": text}}).encode()
    called = read_frame(raw)
    assert isinstance(called, Called)
    assert called.arguments["text"] == text


def test_halves_of_characters_do_not_get_in() -> None:
    ran = read_frame(b'{"type": "ran", "id": 1, "output": "a\\ud800b", "names": {"\\udfff": "x"}}')
    assert isinstance(ran, Ran)
    (ran.output + "".join(ran.names)).encode()
