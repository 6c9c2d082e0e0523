"""Matching the words of a question with the patterns of `question_words`: every way to fill their slots.

A slot for a name takes any run of words that is a name of the vocabulary; a slot for a level takes one word.
A slot that stands twice must be filled alike. `lenient` lets a slot for names take words that are no name,
which tells what was meant where nothing matches.

>>> from whence.language.question_words import pieces
>>> sentence = Sentence.of("effect of unit price on sales", ["unit_price", "sales"])
>>> next(fillings(pieces("effect of {A} on {B}"), sentence))
{'A': Filled(name='unit_price', start=2, end=4), 'B': Filled(name='sales', start=5, end=6)}
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from whence.language.expression import Value
    from whence.language.question_words import Piece

WORD = re.compile(
    r'"(?:[^"\\\n]|\\.)*"|[-−]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?(?![\w.]*\w)|\w+(?:[.\-\'’]\w+)*|\S'
)
NUMBER = re.compile(r"[-−]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")
ARTICLES = frozenset({"the", "a", "an", "my", "our"})
LONGEST_NAME = 12
LEVELS = frozenset({"L", "O", "V"})


def folded(name: str) -> str:
    """What names are compared by: case, and `_`, `-`, `.` and spaces, make no difference."""
    return re.sub(r"[\s_\-.]+", " ", name.casefold()).strip()


@dataclass(frozen=True, slots=True)
class Filled:
    """What fills a slot: a name of the vocabulary (None where the words are none) and which words it is."""

    name: str | None
    start: int
    end: int


Filling: TypeAlias = "Mapping[str, Filled]"


@dataclass(frozen=True, slots=True)
class Sentence:
    """A question in words, and which runs of them are names."""

    text: str
    words: tuple[str, ...]
    places: tuple[tuple[int, int], ...]
    names: Mapping[int, tuple[Filled, ...]]

    @classmethod
    def of(cls, text: str, vocabulary: Sequence[str]) -> Sentence:
        """The sentence, its closing marks left out; of an empty vocabulary every word may be a name."""
        found = list(WORD.finditer(text))
        while found and found[-1][0] in "?.!":
            found.pop()
        words = tuple(match[0] for match in found)
        places = tuple(match.span() for match in found)
        spelt: dict[str, list[str]] = {}
        for name in dict.fromkeys(vocabulary):
            spelt.setdefault(folded(name), []).append(name)
        names = {
            start: tuple(_names_from(text, places, start, vocabulary, spelt)) for start in range(len(words))
        }
        return cls(text, words, places, names)

    def raw(self, start: int, end: int) -> str:
        """The words as written."""
        return self.text[self.places[start][0] : self.places[end - 1][1]] if start < end else ""

    def level(self, place: int) -> Value | None:
        """The value that one word names."""
        word = self.words[place]
        if word.startswith('"'):
            return _unquoted(word)
        if NUMBER.fullmatch(word):
            plain = word.replace("−", "-")
            return int(plain) if re.fullmatch(r"-?\d{1,400}", plain) else float(plain)
        truth = {"true": True, "false": False}.get(word.casefold())
        return truth if truth is not None else word if word[0].isalpha() else None


def _unquoted(word: str) -> str:
    try:
        return str(json.loads(word, strict=False))
    except ValueError:
        return word.strip('"')


def _names_from(
    text: str,
    places: Sequence[tuple[int, int]],
    start: int,
    vocabulary: Sequence[str],
    spelt: Mapping[str, Sequence[str]],
) -> Iterator[Filled]:
    for end in range(start + 1, min(start + LONGEST_NAME, len(places)) + 1):
        raw = text[places[start][0] : places[end - 1][1]]
        quoted = raw.startswith('"') and end == start + 1
        if quoted:
            raw = _unquoted(raw)
        anything = not vocabulary and end == start + 1 and (quoted or raw[0].isalpha())
        if anything or raw in vocabulary:
            yield Filled(raw, start, end)
        elif not quoted:
            yield from (Filled(name, start, end) for name in spelt.get(folded(raw), ()))


def fillings(pattern: Sequence[Piece], sentence: Sentence, *, lenient: bool = False) -> Iterator[Filling]:
    """Every way in which the whole sentence matches the pattern."""
    return _rest(pattern, sentence, 0, 0, {}, lenient)


def _rest(
    pattern: Sequence[Piece], sentence: Sentence, piece: int, place: int, filled: Filling, lenient: bool
) -> Iterator[Filling]:
    """The fillings from this piece and this word on."""
    if piece == len(pattern):
        if place == len(sentence.words):
            yield filled
        return
    here = pattern[piece]
    if here.optional:
        yield from _rest(pattern, sentence, piece + 1, place, filled, lenient)
    if place >= len(sentence.words):
        return
    if sentence.words[place].casefold() in here.words:
        yield from _rest(pattern, sentence, piece + 1, place + 1, filled, lenient)
    if here.slot:
        for end, more in _taken(here.slot, sentence, place, filled, lenient):
            yield from _rest(pattern, sentence, piece + 1, end, {**filled, **more}, lenient)


def _taken(
    slot: str, sentence: Sentence, place: int, filled: Filling, lenient: bool
) -> Iterator[tuple[int, Filling]]:
    """The ways in which the slot can be filled from this word on, and where each ends."""
    if slot in LEVELS:
        if sentence.level(place) is not None:
            yield place + 1, {slot: Filled(None, place, place + 1)}
        return
    if slot == "Z":
        yield from _listed(sentence, place, 1, lenient)
        return
    for candidate in _candidates(sentence, place, lenient):
        if slot not in filled or _alike(sentence, filled[slot], candidate):
            yield candidate.end, {slot: candidate}


def _alike(sentence: Sentence, one: Filled, other: Filled) -> bool:
    if one.name is not None or other.name is not None:
        return one.name == other.name
    return folded(sentence.raw(one.start, one.end)) == folded(sentence.raw(other.start, other.end))


def _candidates(sentence: Sentence, place: int, lenient: bool) -> Iterator[Filled]:
    yield from sentence.names[place]
    if sentence.words[place].casefold() in ARTICLES and place + 1 < len(sentence.words):
        yield from sentence.names[place + 1]
    if lenient:
        for end in range(place + 1, min(place + LONGEST_NAME, len(sentence.words)) + 1):
            yield Filled(None, place, end)


def _listed(sentence: Sentence, place: int, number: int, lenient: bool) -> Iterator[tuple[int, Filling]]:
    """Names joined by commas and `and`, in the slots Z1, Z2, …."""
    for candidate in _candidates(sentence, place, lenient):
        own = {f"Z{number}": candidate}
        yield candidate.end, own
        following = candidate.end
        while following < len(sentence.words) and sentence.words[following].casefold() in (",", "and"):
            following += 1
        if candidate.end < following < len(sentence.words):
            for end, more in _listed(sentence, following, number + 1, lenient):
                yield end, {**own, **more}
