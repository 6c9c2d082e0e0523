"""What servers say, read with distrust: error statuses as typed errors, JSON of any shape, counts of tokens.

Nothing here raises anything but a `CallError`, whatever the bytes are. Counts that are missing, negative or
no whole numbers are replaced by our own estimate, since a negative one would pay a budget back.
"""

from __future__ import annotations

import json
import math
import re
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import cast

from whence.rlm.calling.pricing import likely_tokens
from whence.rlm.clients.http import Received, cut
from whence.rlm.errors import CallError, EmptyReply, RateLimited, RequestRefused, ServerFault, UnreadableReply
from whence.rlm.messages import Request, Usage
from whence.runtime.plain import JSON
from whence.runtime.secrets import redact

MOST_PARTS = 500_000  # lists and objects in a reply: sixty bytes each to us, two to the server
LONGEST_ERROR = 1 << 20  # bytes
LONGEST_NAME = 200

# 429s that no waiting mends.
_PERMANENT = {"insufficient_quota", "billing_hard_limit_reached", "billing_not_active", "access_terminated"}
_DURATION = re.compile(r"(?:([0-9.]+)d)?(?:([0-9.]+)h)?(?:([0-9.]+)m(?!s))?(?:([0-9.]+)s)?(?:([0-9.]+)ms)?")
_UNITS = (86_400.0, 3_600.0, 60.0, 1.0, 0.001)
_LIMITS = ("requests", "tokens", "input-tokens", "output-tokens")


def read_json(host: str, body: bytes) -> dict[str, JSON]:
    """The JSON object that a reply is, or `UnreadableReply`."""
    if body.count(b"[") + body.count(b"{") > MOST_PARTS:
        raise UnreadableReply(host, f"it is made of more than {MOST_PARTS:,} lists and objects")
    try:
        value = cast("object", json.loads(body))
    except (ValueError, RecursionError):
        shown = cut(body[:4_000].decode("utf-8", "replace"), 120)
        raise UnreadableReply(
            host, f"it is not JSON but {shown!r}" if shown else "it is not JSON but nothing at all"
        ) from None
    if not isinstance(value, dict):
        raise UnreadableReply(host, f"it is JSON but no object: {cut(json.dumps(value)[:4_000], 120)}")
    return cast("dict[str, JSON]", value)


def fault_of(host: str, received: Received, clock: Callable[[], float] = time.time) -> CallError | None:
    """The typed error of a status that is not one of success; None for success."""
    if 200 <= received.status < 300:
        return None
    return fault_told(host, received.status, told(received.body), retry_after(received.headers, clock))


def fault_told(host: str, status: int, said: Told, wait: float | None = None) -> CallError:
    """The typed error for a status and what was said with it."""
    if status == 429:
        if said.kinds & _PERMANENT:
            return RequestRefused(host, status, said.detail)
        return RateLimited(host, wait)
    if status == 408:
        return ServerFault(host, status, said.detail, wait)
    if status >= 500:
        return ServerFault(host, status, said.detail, wait)
    return RequestRefused(host, status, said.detail)


class Told:
    """What an error's body says: `detail` for people, `kinds` for programs, `field` what it is about."""

    __slots__ = ("detail", "field", "kinds")

    def __init__(self, detail: str = "", kinds: frozenset[str] = frozenset(), field: str = "") -> None:
        self.detail = detail
        self.kinds = kinds
        self.field = field


def told(body: bytes) -> Told:
    """Find the message in the body of an error, which may be JSON of several shapes, HTML, or nothing."""
    if len(body) > LONGEST_ERROR:
        return Told(cut(body[:LONGEST_ERROR].decode("utf-8", "replace")))
    try:
        value = cast("JSON", json.loads(body))
    except (ValueError, RecursionError):
        return Told(cut(body.decode("utf-8", "replace")))
    return told_by(value)


def told_by(value: JSON) -> Told:
    """The same for JSON: an "error", "detail" or "message" that is an object (message, type, code, param), a
    text, or another thing.
    """
    if isinstance(value, dict):
        inner = next((value[name] for name in ("error", "detail", "message") if value.get(name)), value)
        if isinstance(inner, dict):
            kinds = frozenset(word for name in ("type", "code") if isinstance(word := inner.get(name), str))
            message = inner.get("message")
            field = inner.get("param")
            text = message if isinstance(message, str) else _compact(inner)
            return Told(cut(text), kinds, field if isinstance(field, str) else "")
        return Told(cut(inner if isinstance(inner, str) else _compact(inner)))
    return Told(cut(value if isinstance(value, str) else _compact(value)))


def retry_after(headers: Mapping[str, str], clock: Callable[[], float] = time.time) -> float | None:
    """Seconds that a server asks to wait, by any of the headers in use; None where it does not say.

    >>> retry_after({"Retry-After": "2.5"})
    2.5
    >>> retry_after({"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "1m30s"})
    90.0
    """
    known = {name.lower(): value.strip() for name, value in headers.items()}
    in_ms = _number(known.get("retry-after-ms"))
    if in_ms is not None:
        return in_ms / 1_000
    if (given := known.get("retry-after")) is not None:
        seconds = _number(given)
        return _until(given, clock) if seconds is None else seconds
    spent = [
        known[reset]
        for stem in ("x-ratelimit", "anthropic-ratelimit")
        for limit in _LIMITS
        for left, reset in (
            (f"{stem}-remaining-{limit}", f"{stem}-reset-{limit}"),
            (f"{stem}-{limit}-remaining", f"{stem}-{limit}-reset"),
        )
        if known.get(left) == "0" and reset in known
    ]
    if "x-ratelimit-reset" in known:
        spent.append(known["x-ratelimit-reset"])
    waits = [wait for text in spent if (wait := _reset(text, clock)) is not None]
    return max(waits) if waits else None


def count(value: JSON) -> int | None:
    """A number of tokens, None if it is none."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e12:
        return None
    return int(value)


def money(value: JSON) -> float | None:
    """A number of dollars, None if it is none."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e9:
        return None
    return float(value)


def usage_of(request: Request, text: str, read: int | None, written: int | None, cached: int | None) -> Usage:
    """Tokens as the server counted them, estimated from the characters where it did not."""
    estimated = read is None or written is None
    read = likely_tokens(request.characters) if read is None else read
    written = likely_tokens(len(text)) if written is None else written
    return Usage(input=read, output=written, cached=min(cached or 0, read), estimated=estimated)


def as_text(text: str) -> str:
    """The text of a reply as it is kept: known secrets are masked, however JSON spelt them, and halves of
    surrogate pairs, which JSON can spell and no file can hold, are replaced.
    """
    text = redact(text)
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode()
    return text


def model_of(reply: Mapping[str, JSON], request: Request) -> str:
    """The model that answered, by its own word; the one that was asked where there is none."""
    name = reply.get("model")
    return cut(as_text(name), LONGEST_NAME) if isinstance(name, str) else request.model


def to_body(fields: Mapping[str, JSON]) -> bytes:
    """A request's JSON, in UTF-8 and without spaces."""
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def empty(host: str, what: str, finish: JSON, usage: Usage, usd: float | None = None) -> EmptyReply:
    """The error for a reply without text: `finish` is why the model stopped."""
    why = f" (it stopped for {cut(str(finish), 60)!r})" if finish else ""
    return EmptyReply(host, f"{what}{why}", usage, usd)


def object_of(value: JSON) -> dict[str, JSON]:
    """The object that `value` is, an empty one if it is another thing."""
    return value if isinstance(value, dict) else {}


def _compact(value: JSON) -> str:
    return json.dumps(value, separators=(",", ":"))[:20_000]


def _number(text: str | None) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if 0 <= value < math.inf else None


def _until(text: str, clock: Callable[[], float]) -> float | None:
    """Seconds to a date as HTTP writes it, none if it is past."""
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)  # RFC 9110: always GMT
    return max(0.0, moment.timestamp() - clock())


def _reset(text: str, clock: Callable[[], float]) -> float | None:
    """Seconds to a reset, given as a duration ("6m0s"), a moment of ISO 8601, or the seconds of an epoch."""
    value = _number(text)
    if value is not None:
        if value > 1e11:
            value /= 1_000
        return max(0.0, value - clock()) if value > 1e9 else value
    found = _DURATION.fullmatch(text)
    if found is not None and text:
        try:
            return sum(float(part) * unit for part, unit in zip(found.groups(), _UNITS, strict=True) if part)
        except ValueError:
            return None
    try:
        return max(0.0, datetime.fromisoformat(text).timestamp() - clock())
    except (ValueError, OverflowError):
        return None
