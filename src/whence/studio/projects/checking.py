"""What a text, a name or a place must be like before it may go into a sheet.

Names follow the rule of the data room, so that every column can be a variable: any text that prints, no
control characters, nothing that turns the writing direction.

>>> check_name("job training")
>>> plain_text("  a title ", 200, "The title")
'a title'
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal, cast

from whence.data.names import check_name as check_column
from whence.language.graph_text.dagitty import marked
from whence.language.graph_text.reading import format_of, text_sketch
from whence.language.graph_text.tokens import tokens
from whence.runtime.errors import UnusableColumnName
from whence.studio.projects.errors import GraphTooLarge, InvalidEdit, InvalidName

if TYPE_CHECKING:
    from whence.language.graph import Graph
    from whence.language.graph_text.tokens import Token

MOST_NODES = 300
MOST_EDGES = 2_000
MOST_PAIRS = 4 * MOST_NODES * MOST_NODES
"""How many pairs the blocks of a text may stand for, before it is known which of them are the same."""
LONGEST_NAME = 500
LONGEST_TEXT = 200_000
FARTHEST = 100_000.0
"""How far from the origin a variable may be put, in units of the drawing."""

NO_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
"""Control characters but tab and line ends, and halves of characters."""


def check_name(name: str) -> None:
    """Raise `InvalidName` for what cannot be the name of a variable."""
    if len(name) > LONGEST_NAME:
        raise InvalidName(name, f"is longer than {LONGEST_NAME} characters", "Give a shorter one.")
    try:
        check_column(name)
    except UnusableColumnName as error:
        reason = "holds control characters" if name.strip() else "is empty"
        raise InvalidName(name, reason) from error


def nameable(name: str) -> bool:
    """Whether this can be the name of a variable."""
    try:
        check_name(name)
    except InvalidName:
        return False
    return True


def plain_text(text: str, limit: int, what: str) -> str:
    """The text without blanks around it; raises `InvalidEdit` if it is too long or no text at all."""
    if len(text) > limit:
        raise InvalidEdit(f"{what} is longer than {limit:,} characters.", "Give a shorter one.")
    if NO_TEXT.search(text):
        raise InvalidEdit(f"{what} holds control characters.", "Type it anew.")
    return text.strip()


def checked_place(at: tuple[float, float]) -> tuple[float, float]:
    """The place as two finite numbers that are not absurdly far off."""
    x, y = (float(each) for each in at)
    if not (math.isfinite(x) and math.isfinite(y)) or max(abs(x), abs(y)) > FARTHEST:
        raise InvalidEdit("A variable cannot be put there.", "Move it to a place within the drawing.")
    return x, y


def graph_of_text(text: str) -> Graph:
    """The graph that a text describes; no text makes a graph without variables.

    A text is never taken for the path of a file, as `whence.graph` would, and one that multiplies into
    more edges than can be drawn is refused before it does.
    """
    plain = plain_text(text, LONGEST_TEXT, "The text of the graph")
    if not plain:
        return text_sketch('{"nodes": []}').graph()
    _refuse_multiplied(plain)
    return text_sketch(plain).graph()


def parts_of_text(text: str) -> dict[str, Literal["treatment", "outcome"]]:
    """The treatment and the outcome that a dagitty text marks, where it marks one of each kind at most."""
    plain = text.strip()
    if format_of(plain) != "dagitty":
        return {}
    roles: dict[str, Literal["treatment", "outcome"]] = {"exposure": "treatment", "outcome": "outcome"}
    named = {role: marked(plain, role) for role in roles}
    return {names[0]: roles[role] for role, names in named.items() if len(names) == 1}


def _refuse_multiplied(text: str) -> None:
    """Blocks join each with each: a page of `{…} -> {…}` would be edges by the hundred million."""
    kind = format_of(text)
    pairs = 0
    if kind == "json":
        pairs = sum(_pairs(tokens(line), 0) for line in _arrows_in(text))
    elif kind != "gml":
        pairs = _pairs(tokens(text, "json" if kind == "arrows" else "dot"), 0 if kind == "arrows" else 1)
    if pairs > MOST_PAIRS:
        raise GraphTooLarge("edges", MOST_EDGES)


def _arrows_in(text: str) -> list[str]:
    """The edges of a JSON graph that are written in arrows and have blocks."""
    try:
        data: object = json.loads(text)
    except (ValueError, RecursionError):
        return []  # the reader says what is wrong
    whole = cast("Mapping[str, object]", data) if isinstance(data, dict) else {"edges": data}
    found: list[str] = []
    for key in ("edges", "links"):
        each = whole.get(key)
        found += [
            line
            for line in (cast("list[object]", each) if isinstance(each, list) else ())
            if isinstance(line, str) and "{" in line
        ]
    return found


def _pairs(pieces: list[Token], outermost: int) -> int:
    """No fewer than the pairs that blocks stand for: the square of the size of each, nested ones counted too.

    The braces around a whole text, where its format has any, join nothing.
    """
    sizes, pairs, brackets = [0], 0, 0
    for piece in pieces:
        if piece.kind == "symbol" and piece.text in "[]":
            brackets += 1 if piece.text == "[" else -1
        elif piece.kind == "symbol" and piece.text == "{":
            sizes.append(0)
        elif piece.kind == "symbol" and piece.text == "}" and len(sizes) > 1:
            size = sizes.pop()
            pairs += size * size if len(sizes) > outermost else 0
            sizes[-1] += size
        elif piece.kind in ("name", "string", "number") and brackets <= 0:
            sizes[-1] += 1
    return pairs
