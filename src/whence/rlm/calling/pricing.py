"""What calls cost: a price per token, and how many tokens a text may be before a server has counted them.

>>> Price(input=2.0, output=8.0).of(Usage(input=1_000_000, output=500_000))
6.0
"""

from __future__ import annotations

from dataclasses import dataclass

from whence.rlm.messages import Request, Usage
from whence.runtime.errors import InvalidOption

# English is near four characters a token; tables, code and other scripts come nearer to two.
CHARACTERS_PER_TOKEN = 4.0
FEWEST_BYTES_PER_TOKEN = 2.0
OVERHEAD_PER_MESSAGE = 8
MOST_OUTPUT = 4_096


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """US dollars per million tokens; `cached` is that of input from the vendor's prompt cache."""

    input: float
    output: float
    cached: float | None = None

    def __post_init__(self) -> None:
        for name in ("input", "output", "cached"):
            value = getattr(self, name)
            if value is not None and not 0 <= value < float("inf"):
                raise InvalidOption(f"Price({name})", value, "dollars per million tokens, zero or more")

    def of(self, usage: Usage) -> float:
        """Dollars for so many tokens."""
        cached = self.input if self.cached is None else self.cached
        fresh = usage.input - usage.cached
        return (fresh * self.input + usage.cached * cached + usage.output * self.output) / 1e6


FREE = Price(input=0.0, output=0.0)


def likely_tokens(characters: int) -> int:
    """About how many tokens so many characters are."""
    return int(characters / CHARACTERS_PER_TOKEN) + 1


def most_tokens(request: Request) -> Usage:
    """What a request may use at most, near enough to reserve it before it is sent."""
    # A character outside of ASCII may be a token or more: its bytes are counted, which are two to four.
    size = sum(
        len(text) if (text := message.content).isascii() else len(text.encode("utf-8", "replace"))
        for message in request.messages
    )
    return Usage(
        input=int(size / FEWEST_BYTES_PER_TOKEN) + OVERHEAD_PER_MESSAGE * len(request.messages),
        output=MOST_OUTPUT if request.max_tokens is None else request.max_tokens,
        estimated=True,
    )
