"""`Bounds`: the limits that data and assumptions put on an answer, with what proves them.

The ends are proved both ways. A *witness* is a distribution of response types that agrees with every number
given and has the end as its answer, so the end is attained. *Multipliers* of the constraints prove that no
distribution goes beyond. `estimation.bounds_check.verify_bounds` checks both.

Source: G. Dantzig (1963) for certificates by duality; A. Balke and J. Pearl (JASA 1997) for their use here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from whence.language.printing import to_text
from whence.runtime.plain import JSON, plain

if TYPE_CHECKING:
    from whence.language.assumptions import Assumption
    from whence.language.bounds_problem import BoundsProblem, Chance, Form, Setting
    from whence.language.expression import Value

Numbers = Mapping["Chance", float | None]
"""What each chance of a problem is; None where its condition never occurs."""


@dataclass(frozen=True, slots=True)
class Share:
    """How common a response type is (within the block `at`): `answers` are what it would do."""

    at: Setting
    answers: tuple[tuple[str, Value], ...]
    share: float

    def to_dict(self) -> dict[str, JSON]:
        """As plain JSON."""
        block: dict[str, JSON] = {"where": plain(dict(self.at))} if self.at else {}
        return {"share": self.share, **block, "answers": plain(dict(self.answers))}


@dataclass(frozen=True, slots=True)
class Certificate:
    """Proof of one end: `shares` of the types attain it, `multipliers` show that none goes beyond.

    The multipliers belong to the equalities and then to the inequalities of the programme, in its order, for
    the objective "numerator − end · denominator" (the denominator is 1 for a linear question); `slack` is by
    how much, at most, rounding lets the end be passed.
    """

    end: float
    shares: tuple[float, ...]
    multipliers: tuple[float, ...]
    slack: float


@dataclass(frozen=True, slots=True, repr=False)
class Bounds:
    """The answer lies between `lower` and `upper`, whatever the hidden causes are.

    `sharp`: nothing narrower follows from the numbers and the assumptions; `why` says why (not). `interval`
    is a confidence interval for the two limits together (conservative; None where the numbers are exact or
    none was worked out), at `level`, from `n` observations. `problem` and `numbers` are what was solved;
    `settled` proves that denominators are the same in all models; by `nearest` each frequency of a sample was
    allowed to move, so as to obey the graph (0 for most).
    """

    lower: float
    upper: float
    sharp: bool
    why: str
    method: str
    assumptions: tuple[Assumption, ...]
    problem: BoundsProblem = field(compare=False)
    numbers: Numbers = field(compare=False)
    certificates: tuple[Certificate, Certificate] = field(compare=False)
    settled: tuple[tuple[Form, tuple[Certificate, Certificate]], ...] = field(default=(), compare=False)
    interval: tuple[float, float] | None = None
    level: float = 0.95
    n: int | None = None
    nearest: float = 0.0
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        kind = "sharp" if self.sharp else "valid"
        return f"Bounds({self.problem.query}: {self.lower:.6g} to {self.upper:.6g}, {kind})"

    @property
    def point(self) -> bool:
        """Whether the two ends are one, up to rounding."""
        return self.upper - self.lower <= 1e-9

    @property
    def witnesses(self) -> tuple[tuple[Share, ...], tuple[Share, ...]]:
        """The distributions of response types at the two ends."""
        return self.witness(0), self.witness(1)

    def witness(self, which: int) -> tuple[Share, ...]:
        """The types that occur in the model that attains an end (0 the lower, 1 the upper)."""
        found: list[Share] = []
        shares = iter(self.certificates[which].shares)
        for block in self.problem.blocks:
            names = [str(self.problem.responses[at]) for at in block.responses]
            for kind in block.types:
                share = next(shares)
                if share > 0.0:
                    found.append(Share(block.at, tuple(zip(names, kind, strict=True)), share))
        return tuple(found)

    def to_dict(self) -> dict[str, JSON]:
        """As plain JSON."""
        low, high = self.witnesses
        return {
            "lower": self.lower,
            "upper": self.upper,
            "sharp": self.sharp,
            "why": self.why,
            "method": self.method,
            "interval": None if self.interval is None else list(self.interval),
            "level": self.level,
            "n": self.n,
            "component": list(self.problem.component),
            "given": [to_text(source) for source in self.problem.sources],
            "types": self.problem.size,
            "nearest": self.nearest,
            "notes": list(self.notes),
            "witnesses": {"lower": plain(low), "upper": plain(high)},
        }
