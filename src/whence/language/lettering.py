"""Text in drawings: how wide it is, where it breaks, and how a hostile name is made harmless.

Drawings are made without a browser, so widths are estimated from the classes of the letters (a little too
wide rather than too narrow). Names come from files of strangers: what cannot be printed, and what turns the
direction of writing, is spelt out before it is shown.

>>> wrap("years_of_smoking_before_1971", 90, 13)
('years_of_', 'smoking_', 'before_1971')
>>> escape('<b>"a"</b>')
'&lt;b&gt;&quot;a&quot;&lt;/b&gt;'
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from html import escape as escape_html

NARROW = frozenset("iljtfrI.,:;'|![]() ")
WIDE = frozenset("mwMW@%—")


def visible(text: str) -> str:
    """The text with control characters, line breaks and direction overrides spelt out."""
    # Said of the whole it is the same, and drawings ask this of every attribute.
    return text if text.isprintable() else "".join(_spelt(character) for character in text)


def _spelt(character: str) -> str:
    if character.isprintable():
        return character
    return character.encode("unicode_escape", "backslashreplace").decode("ascii", "replace")


def escape(text: str) -> str:
    """The text, visible and safe in XML, inside an element or a quoted attribute."""
    return escape_html(visible(text), quote=True)


def width(text: str, size: float) -> float:
    """About how many pixels the text takes in a sans-serif of this size."""
    return sum(_advance(character) for character in text) * size


@lru_cache(4_096)
def _advance(character: str) -> float:
    if character in NARROW:
        return 0.34
    if character in WIDE:
        return 0.9
    if unicodedata.east_asian_width(character) in "WF":
        return 1.0
    if unicodedata.combining(character):
        return 0.0
    return 0.68 if character.isupper() else 0.58


def cut(text: str, limit: float, size: float) -> str:
    """The text if it fits the width, else its beginning and an ellipsis."""
    if width(text, size) <= limit:
        return text
    while text and width(text + "…", size) > limit:
        text = text[:-1]
    return text.rstrip() + "…"


def wrap(text: str, limit: float, size: float, lines: int = 3) -> tuple[str, ...]:
    """The visible text in at most so many lines of that width, broken at separators where there are any."""
    words = [word for word in re.split(r"(?<=[\s_\-./:])|(?<=[a-z])(?=[A-Z])", visible(text)) if word]
    found: list[str] = []
    line = ""
    for word in _fitting(words, limit, size):
        if line and width((line + word).rstrip(), size) > limit:
            found.append(line.rstrip())
            line = ""
        line += word
    found.append(line.rstrip())
    if len(found) > lines:
        found = [*found[: lines - 1], cut(found[lines - 1] + found[lines] + "…", limit, size)]
    return tuple(found)


def _fitting(words: list[str], limit: float, size: float) -> list[str]:
    """The words, those that are too long for a line in pieces that are not."""
    pieces: list[str] = []
    for word in words:
        rest = word
        while width(rest, size) > limit and len(rest) > 1:
            count = max(1, next((i for i in range(len(rest), 0, -1) if width(rest[:i], size) <= limit), 1))
            pieces.append(rest[:count])
            rest = rest[count:]
        pieces.append(rest)
    return pieces
