"""What a request brings: the signals of the page, read by a schema, and a file, streamed to where we say.

`read_signals` takes JSON of at most 256 KB and eight levels, with no name twice, no number that is none and
no name outside the table of `signal_names`. `receive_upload` writes the one file of a form, as it comes,
under a name that the server made up; the name that it had is a text for people and never part of a path.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Iterable, Mapping
from pathlib import Path
from typing import NoReturn, Protocol, cast
from urllib.parse import parse_qsl

from whence.studio.security.form_file import Received, received_file
from whence.studio.security.refusals import InvalidSignals
from whence.studio.security.signal_names import Signal, checked

__all__ = ["Received", "Request", "read_signals", "receive_upload"]

LARGEST, DEEPEST = 256 << 10, 8
# One without an end reaches to the end of all: else each quote in it would be tried as the beginning of one.
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*(?:"|\\?\Z)', re.DOTALL)


class Request(Protocol):
    """What is asked of a request here (that of Starlette is one)."""

    @property
    def method(self) -> str:
        """GET or POST."""
        ...

    @property
    def scope(self) -> Mapping[str, object]:
        """The scope of ASGI."""
        ...

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers."""
        ...

    def stream(self) -> AsyncIterator[bytes]:
        """The body, as it comes."""
        ...


async def read_signals(request: Request) -> Mapping[str, Signal]:
    """The signals that came with a request: in the query of a GET, in the body of a POST; those that are
    empty where a number, a word or an id is meant are left out.
    """
    if request.method in ("GET", "HEAD"):
        text = _of_query(request.scope.get("query_string"))
    else:
        parts: list[bytes] = []
        size = 0
        async for part in request.stream():
            size += len(part)
            if size > LARGEST:
                raise InvalidSignals("more than 256 KB", status=413)
            parts.append(part)
        text = b"".join(parts)
    return _signals(text) if text else {}


async def receive_upload(request: Request, folder: Path, limit: int) -> Received:
    """The one file of a form, written into `folder` under a name of the server's, readable for nobody else;
    at most `limit` bytes. `InvalidUpload` if the request is anything else; then nothing is left behind.
    """
    return await received_file(request.headers.get("content-type", ""), request.stream(), folder, limit)


def _of_query(query: object) -> bytes:
    if not isinstance(query, bytes):
        return b""
    if len(query) > 3 * LARGEST:
        raise InvalidSignals("more than 256 KB", status=413)
    try:
        pairs = parse_qsl(query.decode("ascii"), keep_blank_values=True, max_num_fields=8, errors="strict")
    except ValueError:
        raise InvalidSignals("an address that cannot be read") from None
    found = [value for name, value in pairs if name == "datastar"]
    if len(found) > 1:
        raise InvalidSignals("its signals twice")
    text = found[0].encode() if found else b""
    if len(text) > LARGEST:
        raise InvalidSignals("more than 256 KB", status=413)
    return text


def _signals(text: bytes) -> dict[str, Signal]:
    if _depth(text) > DEEPEST:
        raise InvalidSignals("what is nested too deeply")
    try:
        known = json.loads(text.decode(), object_pairs_hook=_once, parse_constant=_no_number)
    except InvalidSignals:
        raise
    except (ValueError, RecursionError):
        raise InvalidSignals("no JSON") from None
    if not isinstance(known, dict):
        raise InvalidSignals("no signals")
    signals: dict[str, Signal] = {}
    for name, value in cast("dict[str, object]", known).items():
        signal = checked(name, value)
        if signal is not None:
            signals[name] = signal
    return signals


def _depth(text: bytes) -> int:
    """How deep brackets stand in one another, known before anything is built of them."""
    if text.count(b"{") + text.count(b"[") <= DEEPEST:
        return 0
    depth = deepest = 0
    for bracket in re.findall(rb"[\[\]{}]", _STRING.sub(b"", text)):
        depth += 1 if bracket in b"[{" else -1
        deepest = max(deepest, depth)
    return deepest


def _once(pairs: Iterable[tuple[str, object]]) -> dict[str, object]:
    known: dict[str, object] = {}
    for name, value in pairs:
        if name in known or name in ("__proto__", "constructor", "prototype"):
            raise InvalidSignals("a name that is not for it")
        known[name] = value
    return known


def _no_number(constant: str) -> NoReturn:
    raise InvalidSignals(f"{constant}, which is no number")
