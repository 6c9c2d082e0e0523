r"""The functions of `re`, and compiled patterns, on a `Context`.

`re` takes a `str` only. After `install_re_support` its functions, and what `re.compile` gives, take a
`Context` too: up to 256 MB by way of the real `str`; beyond, where the text is ASCII, by running the pattern
on the mapped bytes, if bytes and characters cannot differ for it. Where they can, a TypeError names `grep`.
Every other argument goes where it went before.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias, cast

from whence.rlm.worker.re_match import Match, decoded
from whence.rlm.worker.text import Context
from whence.rlm.worker.text_index import TooLarge

FUNCTIONS = ("search", "match", "fullmatch", "findall", "finditer", "split", "sub", "subn")
FLAGS_AFTER = {"split": 2, "sub": 3, "subn": 3}
"""How many arguments a function takes between the pattern and the flags, where it is not one."""

Call: TypeAlias = Callable[..., object]

_compile = re.compile


class Pattern:
    """A compiled pattern that takes a `Context` too; in all else the `real_pattern`."""

    __slots__ = (*FUNCTIONS, "real_pattern")

    def __init__(self, real: re.Pattern[str]) -> None:
        self.real_pattern = real
        for name in FUNCTIONS:
            setattr(self, name, _method(real, name))

    def __getattr__(self, name: str) -> object:
        return getattr(self.real_pattern, name)

    @property
    def __class__(self) -> type:  # pyright: ignore[reportIncompatibleMethodOverride] - for isinstance
        return re.Pattern

    def __eq__(self, other: object) -> bool:
        return self.real_pattern == _real(other)

    def __hash__(self) -> int:
        return hash(self.real_pattern)

    def __repr__(self) -> str:
        return repr(self.real_pattern)

    def __reduce__(self) -> tuple[object, ...]:
        return re.compile, (self.real_pattern.pattern, self.real_pattern.flags)


def install_re_support() -> None:
    """Let the functions of `re`, and compiled patterns, take a `Context`; a second time changes nothing."""
    if hasattr(re.search, "__wrapped__"):
        return
    for name in FUNCTIONS:
        setattr(re, name, _function(cast("Call", getattr(re, name)), name))
    setattr(re, "compile", _compiling)  # noqa: B010 - a type checker knows another `compile`


def _real(pattern: object) -> object:
    return getattr(pattern, "real_pattern", pattern)


@functools.wraps(_compile)
def _compiling(pattern: object, flags: int | re.RegexFlag = 0) -> object:
    compiled = cast("re.Pattern[str]", cast("Call", _compile)(_real(pattern), flags))
    return Pattern(compiled) if isinstance(cast("object", compiled.pattern), str) else compiled


def _place(name: str) -> int:
    """Which argument after the pattern is the text."""
    return 1 if name in {"sub", "subn"} else 0


def _function(real: Call, name: str) -> Call:
    place, most = _place(name), FLAGS_AFTER.get(name, 1)

    @functools.wraps(real)
    def function(pattern: object, *args: object, **kwargs: object) -> object:
        text = args[place] if len(args) > place else kwargs.get("string")
        if not isinstance(text, Context):
            return real(_real(pattern), *args, **kwargs)
        flags = args[most] if len(args) > most else kwargs.pop("flags", 0)
        compiled = _compiling(pattern, cast("int", flags))
        return cast("Call", getattr(compiled, name))(*args[:most], **kwargs)

    return function


def _method(real: re.Pattern[str], name: str) -> Call:
    plain = cast("Call", getattr(real, name))
    place = _place(name)

    @functools.wraps(plain)
    def method(*args: object, **kwargs: object) -> object:
        text = args[place] if len(args) > place else kwargs.get("string")
        if not isinstance(text, Context):
            return plain(*args, **kwargs)
        if text.bytes > text.source.sizes.whole:
            return _on_bytes(real, name, text, *args[place + 1 :], **kwargs)
        kwargs.pop("string", None)
        return plain(*args[:place], text.whole(f"re.{name}()"), *args[place + 1 :], **kwargs)

    return method


# ── beyond what a str may be ────────────────────────────────────────────────────────────────────────────────


def _on_bytes(
    real: re.Pattern[str], name: str, text: Context, pos: object = 0, endpos: object = None, **_: object
) -> object:
    if name in {"split", "sub", "subn"}:
        raise TooLarge(f"re.{name}() of {text.name!r}", text.bytes, text.source.sizes.whole)
    pattern = _of_bytes(real, text, name)
    end = text.bytes if endpos is None else endpos
    found = cast("Call", getattr(pattern, name))(text.source.view(text.start, text.stop), pos, end)
    if name == "findall":
        return [decoded(one) for one in cast("Iterable[object]", found)]
    if name == "finditer":
        return (Match(one, real, text) for one in cast("Iterator[re.Match[bytes]]", found))
    return None if found is None else Match(cast("re.Match[bytes]", found), real, text)


def _of_bytes(real: re.Pattern[str], text: Context, name: str) -> re.Pattern[bytes]:
    """The pattern over bytes, if it finds in this text exactly what it finds in the characters."""
    why = "the pattern has no form for bytes"
    if not text.isascii():
        why = "it is not all ASCII"
    elif r"\s" in real.pattern.lower() and any(chr(code) in text for code in range(0x1C, 0x20)):
        why = r"it holds control characters that \s takes for white space in text but not in bytes"
    else:
        try:
            return _compile(real.pattern.encode("ascii"), real.flags & ~re.UNICODE)
        except (ValueError, re.error):
            pass
    raise TypeError(
        f"re.{name} cannot run over {text.name!r}: it has {text.bytes:,} bytes, and {why}. "
        "Use grep(pattern), or run it on the lines of context.lines, or on slices of at most 32 MB."
    )
