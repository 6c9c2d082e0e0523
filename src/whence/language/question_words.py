"""The forms of plain questions, as a table: what may be said, and what it means.

A pattern is a row of words; `a|b` is either, and a word or choice ending in `?` may be left out. Slots stand
for what is asked: `{A}` the treatment, `{B}` the outcome, `{L}` a level of the treatment and `{O}` the level
it is compared with, `{V}` a value of the outcome, `{Z}` names within whose values the effect is asked, or
that it goes through. A question must match a pattern from its first word to its last, so that nothing said is
dropped.

>>> pieces("the? effect|impact of {A}")[0]
Piece(words=frozenset({'the'}), slot='', optional=True)
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

Meaning = Literal[
    "effect",
    "on the treated",
    "mean under",
    "what if",
    "direct",
    "indirect",
    "would have been",
    "necessary",
    "sufficient",
    "necessary and sufficient",
]


@dataclass(frozen=True, slots=True)
class Piece:
    """One place of a pattern: words to choose from, or a slot."""

    words: frozenset[str]
    slot: str = ""
    optional: bool = False


_EFFECT = "effect|impact|influence"
_SUCH = "average|mean|total|overall? causal? treatment?"
_DO = "does|do|did|will|would"
_BE = "is|was|are|were"
_CHANGE = (
    "cause|change|affect|influence|impact|alter|shift|raise|increase|boost|improve|lift|"
    "lower|reduce|decrease|cut"
)
_SHIFTING = "raising|increasing|lowering|reducing|changing|moving|setting"
_WERE = "were|was|is|equals|equalled"

EFFECTS: tuple[tuple[str, Meaning], ...] = (
    (f"what|which? {_BE}? the|a|an? {_SUCH} {_EFFECT} of {{A}} on|upon {{B}}", "effect"),
    (f"{_BE} there any|an|a? {_SUCH} {_EFFECT} of {{A}} on|upon {{B}}", "effect"),
    (f"how big|large|strong {_BE} the {_SUCH} {_EFFECT} of {{A}} on|upon {{B}}", "effect"),
    (f"what {_EFFECT} {_DO} {{A}} have on|upon {{B}}", "effect"),
    (f"{_DO} {{A}} have an|any {_EFFECT} on|upon {{B}}", "effect"),
    (f"{_DO} {{A}} {_CHANGE} {{B}}", "effect"),
    (f"by? how much {_DO} {{A}} {_CHANGE} {{B}}", "effect"),
    (f"how {_DO} {{A}} {_CHANGE} {{B}}", "effect"),
    (f"what {_DO} {{A}} do to {{B}}", "effect"),
    (
        f"what? {_BE}? the|an? {_SUCH} {_EFFECT} of {_SHIFTING} {{A}} from {{O}} to {{L}} on|upon {{B}}",
        "effect",
    ),
    (
        f"what? {_BE}? the|an? {_SUCH} {_EFFECT} of {{A}} = {{L}} vs|versus|against {{O}} on|upon {{B}}",
        "effect",
    ),
    ("what happens|happened to {B} if|when {A} goes|changes|rises|falls from {O} to {L}", "effect"),
    ("what would happen to {B} if {A} went|changed|rose|fell from {O} to {L}", "effect"),
    (f"what? {_BE}? the|an? {_SUCH} {_EFFECT} on the treated of {{A}} on|upon {{B}}", "on the treated"),
)

OTHERS: tuple[tuple[str, Meaning], ...] = (
    (f"what would|will {{B}} be if {{A}} {_WERE} {{L}}", "mean under"),
    ("what would {B} have been if {A} had been {L}", "mean under"),
    (f"what would happen to {{B}} if {{A}} {_WERE} set? to? {{L}}", "mean under"),
    (f"what is|was the? expected|average|mean {{B}} if {{A}} {_WERE} set? to? {{L}}", "mean under"),
    (f"what if {{A}} {_WERE} set? to? {{L}}", "what if"),
    ("what if {A} had been {L}", "what if"),
)

_NOT_BY = (
    "not through|via {Z}",
    "that does not go|pass|run through|via {Z}",
    "other than through|via {Z}",
    "bypassing {Z}",
)
_BY = "that? goes|passes|runs? through|via {Z}"
_OF = f"causal? {_EFFECT} of {{A}} on|upon {{B}}"
_CHANCE = f"what {_BE} the probability|chance that"

PARTS: tuple[tuple[str, Meaning], ...] = (
    *((f"what? {_BE}? the|a? natural? direct {_OF} {way}", "direct") for way in _NOT_BY),
    (f"what? {_BE}? the|an|a? natural? indirect|mediated {_OF} {_BY}", "indirect"),
)

IMAGINED: tuple[tuple[str, Meaning], ...] = (
    ("would {B} have been {V} had {A} been {L}", "would have been"),
    ("would {B} have been {V} if {A} had been {L}", "would have been"),
    ("had {A} been {L} , would {B} have been {V}", "would have been"),
    ("if {A} had been {L} , would {B} have been {V}", "would have been"),
)

_NEEDED: tuple[tuple[str, Meaning], ...] = (
    ("necessary", "necessary"),
    ("sufficient", "sufficient"),
    ("both? necessary and sufficient", "necessary and sufficient"),
)

CAUSATION: tuple[tuple[str, Meaning], ...] = tuple(
    (f"{opening} {word} for {effect}", meaning)
    for word, meaning in _NEEDED
    for cause, effect in (("{A}", "{B}"), ("{A} = {L}", "{B} = {V}"), ("{A} being {L}", "{B} being {V}"))
    for opening in (f"{_BE} {cause}", f"{_CHANCE} {cause} {_BE}")
)

TREATED: tuple[str, ...] = (
    "among|for|on the treated",
    "among|for those? people|units|patients? treated",
    "among|for those|people|units|patients who|that were treated",
    "among|for those|people|units|patients who|that got|received|took|had it|{A}",
    "among|for those|people|units|patients with {A}",
)
"""Endings that ask about the treated alone; a name in them must be that of the treatment."""

WITHIN: tuple[str, ...] = (
    "by {Z}",
    "separately? for each|every {Z}",
    "within each? level|levels|value|values? of? {Z}",
)
"""Endings that ask for the effect within the values of other variables."""

FORMS: tuple[str, ...] = (
    "effect of price on sales",
    "does price change sales?",
    "how much did the campaign raise revenue?",
    "effect of training on earnings among the treated",
    "effect of price on sales by region",
    "effect of changing price from 10 to 9 on sales",
    "what would sales be if price were 9?",
    "direct effect of training on earnings not through employment",
    "indirect effect of training on earnings through employment",
    "was exposure necessary for the disease?",
    "P(sales | do(price=9))",
)


@cache
def pieces(pattern: str) -> tuple[Piece, ...]:
    """The pattern in its places."""
    return tuple(_piece(part) for part in pattern.split())


def _piece(part: str) -> Piece:
    optional = part.endswith("?")
    words = part.removesuffix("?").split("|")
    slots = [word.strip("{}") for word in words if word.startswith("{")]
    plain = frozenset(word for word in words if not word.startswith("{"))
    return Piece(plain, slots[0] if slots else "", optional)


def sentences() -> tuple[tuple[tuple[Piece, ...], Meaning], ...]:
    """Every pattern with every ending that it may have."""
    others = (*OTHERS, *PARTS, *IMAGINED, *CAUSATION)
    found: list[tuple[tuple[Piece, ...], Meaning]] = [(pieces(p), meaning) for p, meaning in others]
    for pattern, meaning in EFFECTS:
        for treated in ("",) if meaning == "on the treated" else ("", *TREATED):
            means: Meaning = "on the treated" if treated else meaning
            endings = [f"{pattern} {treated} {within}" for within in ("", *WITHIN)]
            found.extend((pieces(sentence), means) for sentence in endings)
    return tuple(found)
