"""What the graph languages have in common: words, strings, arrows, brackets, and errors that point.

>>> [token.text for token in tokens('a -> "b c" ; d o-o e')]
['a', '->', 'b c', ';', 'd', 'o-o', 'e', '']
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NoReturn

from whence.runtime.errors import GraphSyntax
from whence.runtime.plain import quoted

if TYPE_CHECKING:
    from collections.abc import Sequence

TokenKind = Literal["name", "string", "arrow", "symbol", "number", "end"]
Strings = Literal["json", "dot"]

ARROW = re.compile(
    r"(?:<|(?<!\w)[o@]|@)?-{1,3}(?:>|@|o(?![\w.]))?|[←→↔]"  # the circle of `xo-> y` would be part of the name
)
WORD = re.compile(r"\w+(?:\.\w+)*")
"""What may stand unquoted as the name of a node."""
NUMBER = re.compile(r"-?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
COMMENT = re.compile(r"#[^\n]*|//[^\n]*|/\*.*?\*/", re.DOTALL)
SPACE = re.compile(r"[\s\ufeff]+")

_DRAWN = {"←": "<-", "→": "->", "↔": "<->"}


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a graph's text and where it stands."""

    kind: TokenKind
    text: str
    position: int


def tokens(text: str, strings: Strings = "json") -> list[Token]:
    """The text in pieces, the last of kind `end`; raises `GraphSyntax` for what is none."""
    found: list[Token] = []
    position = 0
    while position < len(text):
        skipped = SPACE.match(text, position) or COMMENT.match(text, position)
        if skipped is not None:
            position = skipped.end()
            continue
        token, position = _next(text, position, strings)
        found.append(token)
    return [*found, Token("end", "", len(text))]


def _next(text: str, position: int, strings: Strings) -> tuple[Token, int]:
    if text[position] == '"':
        match = STRING.match(text, position)
        if match is None:
            raise GraphSyntax(text, position, "This quotation is not closed.", 'Add the closing ".')
        return Token("string", _unquoted(text, match, strings), position), match.end()
    match = ARROW.match(text, position)
    if match is not None and (arrow := _arrow(match[0])) is not None:
        return Token("arrow", arrow, position), match.end()
    match = WORD.match(text, position)
    if match is not None:
        return Token("name", match[0], position), match.end()
    match = NUMBER.match(text, position)
    if match is not None:
        return Token("number", match[0], position), match.end()
    if text[position] in "{}[];,=:()":
        return Token("symbol", text[position], position), position + 1
    lone = text[position] == "-"
    cure = (
        "Draw an arrow: ->, <-, <->, --, o->, o-o."
        if lone
        else 'Names that are not plain words stand in "…".'
    )
    raise GraphSyntax(text, position, f"{quoted(text[position])} has no meaning here.", cure)


def _arrow(drawn: str) -> str | None:
    """The mark an arrow draws, with its dashes made one or two; None for a lone dash."""
    plain = _DRAWN.get(drawn, drawn).replace("@", "o")
    ends = re.fullmatch(r"([<o]?)-+([>o]?)", plain)
    if ends is None or plain == "-":
        return None
    left, right = ends[1], ends[2]
    pointed = ">" in right or "<" in left or (left and right)
    return f"{left}-{right}" if pointed else f"{left}--{right}"


def _unquoted(text: str, match: re.Match[str], strings: Strings) -> str:
    if strings == "dot":
        return re.sub(r'\\(["\\]|\n)', lambda found: found[1].strip("\n"), match[0][1:-1])
    try:
        return str(json.loads(match[0], strict=False))
    except ValueError as error:
        at = match.start() + getattr(error, "pos", 0)
        raise GraphSyntax(
            text, at, "This is no JSON string.", r'Write \" and \\ for " and \ in it.'
        ) from error


@dataclass(slots=True)
class Cursor:
    """A place in a list of tokens."""

    text: str
    tokens: Sequence[Token]
    place: int = 0

    @property
    def now(self) -> Token:
        """The token at the place."""
        return self.tokens[self.place]

    @property
    def at_end(self) -> bool:
        """Whether nothing is left."""
        return self.now.kind == "end"

    @property
    def at_arrow(self) -> bool:
        """Whether an arrow is next."""
        return self.now.kind == "arrow"

    def next(self) -> Token:
        """The token at the place, which moves on."""
        token = self.tokens[self.place]
        self.place = min(self.place + 1, len(self.tokens) - 1)
        return token

    def is_at(self, *texts: str) -> bool:
        """Whether a symbol or plain word of these is next."""
        return self.now.kind in ("symbol", "name") and self.now.text in texts

    def take(self, *texts: str) -> Token | None:
        """The next token if it is a symbol or plain word of these."""
        return self.next() if self.is_at(*texts) else None

    def expect(self, text: str, why: str) -> Token:
        """The symbol that must come now."""
        return self.take(text) or self.fail(f"{quoted(text)} is missing.", why)

    def name(self, what: str) -> str:
        """The name that must come now."""
        if self.now.kind not in ("name", "string", "number"):
            self.fail(f"{what} is missing.", 'Give a name, in "…" if it is not a plain word.')
        return self.next().text

    def fail(self, message: str, cure: str = "", at: Token | None = None) -> NoReturn:
        """Raise `GraphSyntax` at the place, or at the token given."""
        raise GraphSyntax(self.text, (at or self.now).position, message, cure)
