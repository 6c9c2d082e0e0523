"""What an attempt to break an answer found.

A check has a null hypothesis (what holds if the answer is right), the power with which it would have seen a
bias of three standard errors, and a list of what it cannot see at all. A check whose power is below one half
does not reassure: it says `inconclusive`, whatever its p-value. The checks that every answer goes through
share one level of 5 %; a placebo outcome, which someone chose because it can see, has a level of its own.

>>> verdict_of(p=0.4, power=0.9), verdict_of(p=0.4, power=0.2), verdict_of(p=0.001, power=0.2)
('survived', 'inconclusive', 'failed')
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from whence.runtime.errors import InvalidAnswer

Verdict = Literal["survived", "failed", "inconclusive"]

VISIBLE_BIAS = 3.0
"""The bias, in standard errors of the answer, at which each check states its power."""


SHARED_LEVEL = 0.05 / 3
"""The level of each check that every answer goes through, so a right one fails some in at most 5 %."""


def verdict_of(*, p: float, power: float, alpha: float = 0.05) -> Verdict:
    """`failed` when the null is rejected at `alpha`; else `survived` only if the check could see."""
    if p < alpha:
        return "failed"
    return "survived" if power >= 0.5 else "inconclusive"


@dataclass(frozen=True, slots=True)
class Refutation:
    """One check: its null, what it found, how well it could see, what it is blind to, and its verdict.

    `statistic` is in the units that `sentence` names; `p` and `power` lie in [0, 1] and are None where the
    check is a computation and not a test. `details` is plain JSON for charts and tables.
    """

    name: str
    verdict: Verdict
    null: str
    statistic: float | None
    p: float | None
    power: float | None
    blind_to: str
    sentence: str
    details: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @property
    def of_graph(self) -> bool:
        """Whether it is about the graph, and not about one number."""
        return self.name in ("implied independences", "other implied independences", "absent effect")

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON, keys as in `whence.answer/1`."""
        return {
            "name": self.name,
            "verdict": self.verdict,
            "null": self.null,
            "statistic": self.statistic,
            "p": self.p,
            "power": self.power,
            "blind_to": self.blind_to,
            "sentence": self.sentence,
            "details": dict(self.details),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Refutation:
        """Back from plain JSON; raises `InvalidAnswer`."""
        try:
            return cls(**{name: data[name] for name in cls.__slots__})
        except (KeyError, TypeError) as error:
            raise InvalidAnswer(f"a refutation lacks {error}") from error
