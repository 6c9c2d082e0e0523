"""Keys that never print: a value that shows itself as `Secret(…)` wherever it may end up, and a mask for
texts.

A key is read from the environment when it is needed and stays in a `Secret`: it has no text form, no JSON, no
pickle, and only `reveal()` gives it away, which one line of the clients calls. Since a server may repeat a
key in its own error message, every `Secret` that was ever made is known to `redact`, which masks it in any
text that comes from outside. Values of fewer than eight characters are not masked in texts: no vendor's key
is that short, and masking "abc" everywhere would spoil what it should protect.

>>> key = Secret("sk-0123456789")
>>> print(key, repr(key), f"{key:>12}")
Secret(…) Secret(…) Secret(…)
>>> redact("Incorrect API key provided: sk-0123456789.")
'Incorrect API key provided: Secret(…).'
"""

from __future__ import annotations

import hmac
import json
import os
import threading
from typing import NoReturn
from urllib.parse import quote

from whence.runtime.errors import InvalidOption

SHOWN = "Secret(…)"
SHORTEST_MASKED = 8

_known: tuple[str, ...] = ()  # every form of every secret, the longest first; replaced as a whole
_lock = threading.Lock()


class Secret:
    """A text that is used and never shown; equal to one with the same text, compared in constant time."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        if not value:
            raise InvalidOption("Secret", "", "a text that is not empty")
        self._value = value
        _remember(value)

    def reveal(self) -> str:
        """The text itself, for the one place that sends it."""
        return self._value

    def behind(self, prefix: str) -> Secret:
        """The secret made of `prefix` and this one, as headers want it."""
        return Secret(prefix + self._value)

    def __repr__(self) -> str:
        return SHOWN

    def __str__(self) -> str:
        return SHOWN

    def __format__(self, spec: str) -> str:
        return SHOWN

    def to_dict(self) -> str:
        """What stands for it in JSON."""
        return SHOWN

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(
            self._value.encode("utf-8", "replace"), other._value.encode("utf-8", "replace")
        )

    def __hash__(self) -> int:
        return hash((Secret, self._value))

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, memo: object) -> Secret:
        return self

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a Secret is not stored and not sent to other processes")

    def __getstate__(self) -> NoReturn:
        raise TypeError("a Secret is not stored and not sent to other processes")


def from_environment(name: str) -> Secret | None:
    """The secret in an environment variable, None where that is not set or blank.

    White space around it is dropped (a key file ends in a newline); within it, it is refused: such a value
    is no key, and would break the header that carries it.
    """
    value = os.environ.get(name, "").strip()
    if not value:
        return None
    secret = Secret(value)
    if not all("!" <= character <= "~" for character in value):
        raise InvalidOption(
            f"The environment variable {name}", SHOWN, "printable ASCII characters without spaces"
        )
    return secret


def redact(text: str) -> str:
    """`text` with every known secret masked, also where it was escaped for JSON or for an address.

    Mask first and cut afterwards: half a key is not recognised.
    """
    for value in _known:
        if value in text:
            text = text.replace(value, SHOWN)
    return text


def redact_bytes(data: bytes) -> bytes:
    """The same for bytes that came from outside."""
    for value in _known:
        form = value.encode("utf-8", "replace")
        if form in data:
            data = data.replace(form, SHOWN.encode())
    return data


def _remember(value: str) -> None:
    global _known  # noqa: PLW0603 - one list for the process: what is secret is secret everywhere
    if len(value) < SHORTEST_MASKED:
        return
    forms = {value, json.dumps(value)[1:-1], quote(value, safe="", errors="replace")}
    with _lock:
        _known = tuple(sorted({*_known, *forms}, key=lambda form: (-len(form), form)))
