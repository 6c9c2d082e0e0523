"""Quotes that are there: found by code, word for word, with the place where they stand.

>>> quote("The sky is blue.  It rains.", "is blue. It rains")
Quote(document=None, start=8, end=26, text='is blue.  It rains')
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, TypeAlias, cast

from whence.rlm.worker.chunking import Sliceable
from whence.rlm.worker.replies import FailedCall
from whence.rlm.worker.text import Context, Text

Place: TypeAlias = "tuple[str | None, int]"
"""The document's name, and how many of its characters stand before the part that is looked at."""

_MOST_WORDS: Final = 3_000
_MOST_PLACES: Final = 40
_ANCHORS: Final = (8, 5, 3, 2, 1)


@dataclass(frozen=True, slots=True)
class Quote:
    """Words of a document: `text` is its own, and stands at its characters `start` to `end`."""

    document: str | None
    start: int
    end: int
    text: str

    def __str__(self) -> str:
        return self.text


def quote(doc: object, start_or_text: int | str, end: int | None = None) -> Quote:
    """Quote `doc`: quote(doc, "the words") finds them, quote(doc, start, end) takes the characters there.

    Spaces and line ends may differ from the document's, nothing else; the quote's .text is the document's own
    words, at .start to .end of the document. Words that are not there raise ValueError, which shows the
    nearest passage.
    """
    if isinstance(doc, FailedCall):
        raise doc.cause()
    if not isinstance(doc, str | Context):
        raise TypeError(
            f"quote takes a document or text first, not {type(doc).__name__}: quote(docs[0], 'the words')"
        )
    text = cast("Sliceable", doc)
    view = doc.view if isinstance(doc, Text) else doc
    place = (view.name, view.first) if isinstance(view, Context) else (None, 0)
    wanted: object = start_or_text
    if isinstance(wanted, FailedCall):
        raise wanted.cause()
    if isinstance(wanted, int) and not isinstance(wanted, bool):
        return _at(text, place, wanted, end)
    if not isinstance(wanted, str) or end is not None:
        raise TypeError(
            "quote takes the words, or two places: quote(doc, 'the words') or quote(doc, start, end)"
        )
    return _found(text, place, str.__str__(wanted))


def _quote(text: Sliceable, place: Place, start: int, end: int) -> Quote:
    name, first = place
    return Quote(name, first + start, first + end, str(text[start:end]))


def _at(text: Sliceable, place: Place, start: int, end: object) -> Quote:
    if not isinstance(end, int) or isinstance(end, bool) or not 0 <= start < end <= len(text):
        raise ValueError(f"quote({start}, {end}): the places must lie in order within 0 and {len(text):,}")
    return _quote(text, place, start, end)


def _found(text: Sliceable, place: Place, wanted: str) -> Quote:
    if not wanted.strip():
        raise ValueError("quote got blank text")
    at = text.find(wanted)
    if at >= 0:
        return _quote(text, place, at, at + len(wanted))
    words = wanted.split()
    if len(words) <= _MOST_WORDS:
        match = re.search(_spaced(words), cast("str", text))
        if match:
            return _quote(text, place, match.start(), match.end())
    near = _nearest(text, words[:_MOST_WORDS], len(wanted))
    if near is None:
        raise ValueError(f"quote: the document does not hold {_cut(wanted)}, nor anything like it")
    start, end = near
    raise ValueError(
        f"quote: the document does not hold {_cut(wanted)} word for word. The nearest passage is at "
        f"{start:,} to {end:,}: {_cut(str(text[start:end]))}"
    )


def _spaced(words: list[str]) -> str:
    return r"\s+".join(re.escape(word) for word in words)


def _nearest(text: Sliceable, words: list[str], length: int) -> tuple[int, int] | None:
    """The passage around the longest run of the words that the document holds."""
    for many in _ANCHORS:
        if many > len(words):
            continue
        step = max(1, (len(words) - many + 1) // _MOST_PLACES)
        for first in range(0, len(words) - many + 1, step):
            run = words[first : first + many]
            if many == 1 and len(run[0]) < 4:
                continue
            at = text.find(" ".join(run))
            if at >= 0:
                before = len(" ".join(words[:first])) + (1 if first else 0)
                start = max(0, at - before)
                return start, min(len(text), start + length)
    return None


def _cut(text: str) -> str:
    return repr(text if len(text) <= 300 else f"{text[:200]} … {text[-80:]}")
