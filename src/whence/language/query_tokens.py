"""The question language in pieces, and errors that point at them.

>>> [token.text for token in tokens('P(Y_{X=0}=0 | "a b"=-1)')]
['P', '(', 'Y', '_{', 'X', '=', '0', '}', '=', '0', '|', 'a b', '=', '-1', ')', '']
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NoReturn

from whence.language.printing import PLAIN_WORD
from whence.runtime.errors import QuerySyntax
from whence.runtime.plain import quoted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from whence.language.expression import Value

TokenKind = Literal["word", "string", "number", "symbol", "end"]

STRING = re.compile(r'"(?:[^"\\\n]|\\.)*"')
NUMBER = re.compile(r"[-−+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?(?![\w.])")
SYMBOL = re.compile(r"_\{|->|→|[()\[\]{}|,=/*:@−-]")
CURLY = "“”„«»‘’"


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a query's text, where it stands, and its value if it can be one."""

    kind: TokenKind
    text: str
    position: int
    end: int
    value: Value | None = None


def tokens(text: str) -> list[Token]:
    """The text in pieces, the last of kind `end`; raises `QuerySyntax`."""
    found: list[Token] = []
    position = 0
    while position < len(text):
        if text[position].isspace():
            position += 1
            continue
        token = _next(text, position, found[-1] if found else None)
        found.append(token)
        position = token.end
    return [*found, Token("end", "", len(text), len(text))]


def _next(text: str, position: int, before: Token | None) -> Token:
    if text[position] == '"':
        return _string(text, position)
    # A sign belongs to a number only where a value stands: `P(a) -1` is no difference of anything.
    signed = text[position] not in "-−+" or (before is not None and before.text in ("=", "vs"))
    number = NUMBER.match(text, position) if signed else None
    if number is not None:
        return Token("number", number[0], position, number.end(), _number(number[0]))
    word = PLAIN_WORD.match(text, position)
    if word is not None and not text.startswith("_{", position):
        return _word(text, word)
    symbol = SYMBOL.match(text, position)
    if symbol is not None:
        plain = {"→": "->", "−": "-"}.get(symbol[0], symbol[0])
        return Token("symbol", plain, position, symbol.end())
    raise QuerySyntax(text, position, f"{quoted(text[position])} has no meaning here", _cure(text[position]))


def _cure(character: str) -> str:
    if character in "<>!":
        return "Only = compares a variable with a value; derive a column for anything else."
    if character in CURLY:
        return 'Use straight quotes: "a name".'
    if character == "+":
        return "Sums of queries are not in the language: ask each part by itself."
    return 'A name or value that is not a plain word stands in "…".'


def _word(text: str, match: re.Match[str]) -> Token:
    word, end = match[0], match.end()
    if word.endswith("_") and text[end : end + 1] == "{" and len(word) > 1:
        word, end = word[:-1], end - 1  # the world of `Y_{X=0}` is no part of the name
    value: Value = {"true": True, "True": True, "false": False, "False": False}.get(word, word)
    return Token("word", word, match.start(), end, value)


def _string(text: str, position: int) -> Token:
    match = STRING.match(text, position)
    if match is None:
        raise QuerySyntax(text, position, "This quotation is not closed", 'Add the closing ".')
    try:
        value = str(json.loads(match[0], strict=False))
    except ValueError as error:
        raise QuerySyntax(
            text, position, "This is no JSON string", r'Write \" and \\ for " and \ in it.'
        ) from error
    return Token("string", value, position, match.end(), value)


def _number(text: str) -> int | float:
    plain = text.replace("−", "-")
    return int(plain) if re.fullmatch(r"[-+]?\d{1,4000}", plain) else float(plain)


@dataclass(slots=True)
class Cursor:
    """A place in the pieces of a query."""

    text: str
    tokens: Sequence[Token]
    place: int = 0

    @property
    def now(self) -> Token:
        """The token at the place."""
        return self.tokens[self.place]

    @property
    def following(self) -> Token:
        """The token after it."""
        return self.tokens[min(self.place + 1, len(self.tokens) - 1)]

    def next(self) -> Token:
        """The token at the place, which moves on."""
        token = self.tokens[self.place]
        self.place = min(self.place + 1, len(self.tokens) - 1)
        return token

    def is_at(self, *texts: str) -> bool:
        """Whether a symbol or bare word of these is next."""
        return self.now.kind in ("symbol", "word") and self.now.text in texts

    def take(self, *texts: str) -> Token | None:
        """The next token if it is a symbol or bare word of these."""
        return self.next() if self.is_at(*texts) else None

    def expect(self, text: str, cure: str) -> Token:
        """The symbol that must come now."""
        return self.take(text) or self.fail(f"{quoted(text)} is missing", cure)

    def name(self, what: str, cure: str = "") -> str:
        """The name that must come now."""
        if self.now.kind not in ("word", "string"):
            self.fail(f"{what} is missing", cure or 'Give a name, in "…" if it is not a plain word.')
        return self.next().text

    def value(self) -> Value:
        """The value that must come now."""
        found = self.now.value
        if found is None:
            self.fail("A value is missing", 'Give a number, a plain word, or text in "…".')
        self.next()
        return found

    def fail(self, message: str, cure: str = "", at: Token | None = None) -> NoReturn:
        """Raise `QuerySyntax` at the place, or at the token given."""
        raise QuerySyntax(self.text, (at or self.now).position, message, cure)
