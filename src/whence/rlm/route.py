"""Whether a context is read directly or by the recursive loop: what is cheaper, as far as can be told before.

Reading directly costs the context once. The loop costs its own prompt several times over and, for questions
about every part, the context once more through sub-calls; below a few thousand tokens it never pays.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from whence.rlm.calling.pricing import Price, likely_tokens

Route: TypeAlias = Literal["direct", "recursive"]
RouteChoice: TypeAlias = Literal["auto", "direct", "recursive"]

# A short run of the loop: turns, tokens of prompt that each turn sends again, tokens of each reply.
TURNS, PROMPT, GROWTH, REPLY = 4, 2_000, 600, 300
ANSWER = 300
ROOM = 0.6  # of the window may be context; the rest is question, answer, and tokens shorter than we think


@dataclass(frozen=True, slots=True)
class Chosen:
    """The route and the reason, as told."""

    route: Route
    why: str


def choose(
    choice: RouteChoice, characters: int, *, window: int, price: Price | None, sub_price: Price | None
) -> Chosen:
    """Choose between one direct reading and the loop; `characters` is the size of the context."""
    tokens = likely_tokens(characters)
    fits = tokens <= ROOM * window
    if choice == "recursive":
        return Chosen("recursive", "asked for")
    if choice == "direct":
        return Chosen("direct", "asked for")
    if not fits:
        return Chosen("recursive", f"about {tokens:,} tokens do not fit a window of {window:,}")
    unit = price or Price(input=1.0, output=4.0)
    sub_unit = sub_price or unit
    direct = tokens * unit.input + ANSWER * unit.output
    turns = sum(PROMPT + turn * GROWTH for turn in range(TURNS))
    loop = turns * unit.input + TURNS * REPLY * unit.output + tokens * sub_unit.input
    if direct <= loop and tokens <= LONGEST_DIRECT:
        return Chosen("direct", f"about {tokens:,} tokens: one reading is cheaper than the loop")
    if direct <= loop:
        return Chosen("recursive", f"about {tokens:,} tokens: models lose items in texts as long as that")
    return Chosen("recursive", f"about {tokens:,} tokens: the loop is cheaper than one reading")


LONGEST_DIRECT = 8_000
"""Tokens up to which one reading is trusted even with a question about every record: a choice of ours."""
