"""How the simulated model errs: every parameter in one place, each an ASSUMPTION and no measurement of any
model.

The shapes are those that are reported of real models (accuracy per item falls with the length of the
prompt; the middle is read worst, Liu et al., arXiv 2307.03172; counting is less certain the longer the
list), the numbers are round ones of ours. A result that hangs on them has to be shown for several values of
them.

>>> errors = ErrorModel()
>>> errors.item(1_000), round(errors.item(64_000), 3)
(0.01, 0.07)
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorModel:
    """Rates are probabilities, lengths tokens of four characters, prices US dollars per million tokens.

    `item_base`: an item is misread, or a fact overlooked, in a short prompt. `item_slope`: added for every
    doubling of the prompt beyond `knee`. `stubborn`: the share of `item_base` that belongs to the item
    itself: such an item is misread in every prompt, so that asking again does not help. `middle`: how much
    likelier an error is in the middle of a prompt than at its ends; it grows from nothing at the knee to
    this at `middle_full` tokens. `count_base`: the probability that an item of a list is skipped or taken
    twice when the model counts in its head; it grows with the logarithm of the list's length over
    `count_knee` items. `prose`, `missing`, `extra`, `refusal`: per reply, JSON wrapped in prose, up to
    three items left out, one item invented, no help at all. `decoy`: a fact that is overlooked is replaced
    by a similar one, where there is one, rather than reported as not stated. `schema_billed`: the share of
    a JSON schema that counts as input tokens; `schema_enforced`: 1 where a reply keeps to the schema that
    was asked for (constrained decoding), 0 where it is ignored. Hosted servers do both, local ones bill
    nothing.
    """

    item_base: float = 0.01
    item_slope: float = 0.015
    knee: int = 4_000
    item_most: float = 0.5
    stubborn: float = 0.5
    middle: float = 0.5
    middle_full: int = 128_000
    count_base: float = 0.01
    count_knee: int = 20
    prose: float = 0.05
    missing: float = 0.02
    extra: float = 0.01
    refusal: float = 0.002
    decoy: float = 0.5
    schema_billed: float = 1.0
    schema_enforced: int = 1
    window: int = 200_000
    seconds: float = 0.0
    seconds_per_1000_in: float = 0.0
    seconds_per_1000_out: float = 0.0
    usd_in: float = 0.25
    usd_out: float = 2.0

    def item(self, tokens: int) -> float:
        """The probability of misreading one item in a prompt of `tokens`."""
        doublings = max(0.0, math.log2(max(tokens, 1) / self.knee))
        return min(self.item_most, self.item_base + self.item_slope * doublings)

    def at(self, tokens: int, position: float) -> float:
        """The same for an item at `position`, 0 the beginning and 1 the end of the prompt."""
        bump = 4 * position * (1 - position)
        grown = math.log2(max(tokens, self.knee) / self.knee) / math.log2(self.middle_full / self.knee)
        return min(self.item_most, self.item(tokens) * (1 + self.middle * bump * min(1.0, grown)))

    def counted(self, count: int, among: int, draw: random.Random) -> int:
        """What the model says when it counts `count` things in a list of `among`."""
        rate = min(0.5, self.count_base * math.log2(1 + among / self.count_knee))
        if count > 200:  # the sum of so many small slips is close to normal
            return max(0, count + round(draw.gauss(0.0, math.sqrt(count * rate))))
        slips = sum(draw.choice((-1, 1)) for _ in range(count) if draw.random() < rate)
        return max(0, count + slips)

    def wait(self, tokens_in: int, tokens_out: int) -> float:
        """Seconds until the reply."""
        return (
            self.seconds
            + self.seconds_per_1000_in * tokens_in / 1_000
            + self.seconds_per_1000_out * tokens_out / 1_000
        )

    def usd(self, tokens_in: int, tokens_out: int) -> float:
        """Dollars of one call."""
        return (tokens_in * self.usd_in + tokens_out * self.usd_out) / 1e6


PERFECT = ErrorModel(
    item_base=0.0, item_slope=0.0, middle=0.0, count_base=0.0, prose=0.0, missing=0.0, extra=0.0, refusal=0.0
)
"""Errs never: for tests of everything around it."""


def tokens_of(characters: int) -> int:
    """Tokens of so many characters, as this model counts and bills them."""
    return -(-characters // 4)
