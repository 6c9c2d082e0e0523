"""What a model answered, as code in a cell sees it: a `str` that knows what it cost, or a failure that shows.

An error that comes back as ordinary text is counted, joined and summed up as if it were data. `FailedCall`
is therefore no text: whatever is done with it raises `SubCallFailed`, which tells why the call failed. Only
`.ok`, `.error` and `repr` work, so that a list with failures can be looked at.

>>> answers = Replies([Reply("yes"), FailedCall("rate_limited", "too many requests")])
>>> answers
['yes', <failed call: rate_limited: too many requests>]
>>> answers.ok, answers.failed
(False, [1])
>>> answers[1] + "!"
Traceback (most recent call last):
    ...
whence.rlm.worker.replies.SubCallFailed: The sub-call failed: rate_limited: too many requests
"""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Mapping
from typing import Final, NoReturn, Self, TypeVar, cast

from whence.runtime.errors import WhenceError
from whence.runtime.plain import JSON


class SubCallFailed(WhenceError):
    """A reply was used that never came."""

    def __init__(self, code: str, reason: str, hint: str = "") -> None:
        self.error_code = code
        self.reason = reason
        super().__init__(f"The sub-call failed: {code}: {reason}", hint)


class Reply(str):
    """The text of a reply. `.ok` is True, `.value` the parsed value where a schema was given.

    `.finish` is "stop", or "length" where the reply was cut off at its greatest length.
    """

    __slots__ = ("finish", "usage", "value")

    ok: Final = True
    error: Final = None

    def __new__(
        cls,
        text: str,
        value: JSON = None,
        usage: Mapping[str, JSON] | None = None,
        finish: str = "stop",
    ) -> Self:
        """Make a reply of `text`."""
        made = super().__new__(cls, text)
        made.finish = finish
        made.value = value
        made.usage = dict(usage or {})
        return made

    value: JSON
    usage: dict[str, JSON]
    finish: str

    def __await__(self) -> Generator[None, None, Self]:
        # Models write `await llm_query(…)` out of habit; the reply is there already.
        return _at_once(self)


class FailedCall:
    """A reply that did not come: not text, and every use of it raises `SubCallFailed`."""

    ok: Final = False

    def __init__(self, code: str, message: str, usage: Mapping[str, JSON] | None = None) -> None:
        self.code = code
        self.message = message
        self.usage = dict(usage or {})

    @property
    def error(self) -> str:
        """The kind of failure and what the server said."""
        return f"{self.code}: {self.message}"

    def cause(self) -> SubCallFailed:
        """The error that using it raises."""
        return SubCallFailed(self.code, self.message)

    def __repr__(self) -> str:
        return f"<failed call: {self.code}: {self.message}>"

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__"):  # protocols ask for these, and are to be told no
            raise AttributeError(name)
        raise self.cause()

    def __await__(self) -> Generator[None, None, FailedCall]:
        return _at_once(self)


class Replies(list["Reply | FailedCall"]):
    """The replies in the order of the prompts; `.failed` are the positions of those that failed."""

    @property
    def failed(self) -> list[int]:
        """The positions of the calls that failed."""
        return [place for place, reply in enumerate(self) if isinstance(reply, FailedCall)]

    @property
    def ok(self) -> bool:
        """Tell whether every call was answered."""
        return not self.failed

    def __await__(self) -> Generator[None, None, Self]:
        return _at_once(self)


_Any = TypeVar("_Any")


def _at_once(value: _Any) -> Generator[None, None, _Any]:
    return value
    yield  # makes this a generator, which `await` wants


_USES: Final = (
    "str eq ne lt le gt ge bool len iter next reversed getitem setitem delitem contains call hash format "
    "int float complex index bytes fspath enter exit add radd iadd sub rsub mul rmul truediv rtruediv "
    "floordiv rfloordiv mod rmod pow rpow and rand or ror xor rxor neg pos abs invert round trunc floor ceil"
)


def _refusal(name: str) -> Callable[..., NoReturn]:
    def refuse(self: FailedCall, *_: object, **__: object) -> NoReturn:
        raise self.cause()

    refuse.__name__ = name
    return refuse


for _use in _USES.split():
    setattr(FailedCall, f"__{_use}__", _refusal(f"__{_use}__"))


def install_json_support() -> None:
    """Let `json.dumps` of a failed call raise its cause rather than complain about a type."""
    usual = json.JSONEncoder.default

    def default(self: json.JSONEncoder, o: object) -> object:
        if isinstance(o, FailedCall):
            raise o.cause()
        return cast("object", usual(self, o))

    json.JSONEncoder.default = default
