"""What estimation returns: the number with its interval, its diagnostics and its warnings, as plain values.

Every kind here goes to JSON (`to_dict`) and comes back (`from_dict`); the influence values and the plan,
which only later steps of the same run need, stay behind.

>>> estimate = Estimate(value=2.0, se=0.5, interval=(1.0, 3.0), level=0.95, n=100, naive=1.0, method="ols")
>>> Estimate.from_dict(estimate.to_dict()) == estimate
True
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from whence.estimation.methods import Method
from whence.numerics.arrays import Floats
from whence.runtime.errors import InvalidAnswer
from whence.runtime.plain import JSON, plain

if TYPE_CHECKING:
    from whence.estimation.plan import EstimationPlan

QUANTILES = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)
"""Which quantiles of the propensity are kept for each arm."""

BINS = 20
"""Bins of the propensity histograms, evenly over [0, 1]."""


@dataclass(frozen=True, slots=True)
class Warning_:  # noqa: N801  (Warning is a builtin)
    """Something the reader must know; `code` is one of the short words listed in `warnings.py`."""

    code: str
    message: str

    def to_dict(self) -> dict[str, JSON]:
        """As plain JSON."""
        return {"code": self.code, "message": self.message}


@dataclass(frozen=True, slots=True)
class Arm:
    """One group of the comparison: its rows, their propensity to be treated, and what the weights leave of
    it.

    `quantiles` are at `QUANTILES`; `histogram` counts rows in `BINS` even bins of the propensity;
    `effective_size` is Kish's, with the weights that the estimate gives this arm.
    """

    label: str
    n: int
    quantiles: tuple[float, ...] = ()
    histogram: tuple[int, ...] = ()
    effective_size: float = 0.0

    def to_dict(self) -> dict[str, JSON]:
        """As plain JSON."""
        return {
            "label": self.label,
            "n": self.n,
            "quantiles": list(self.quantiles),
            "histogram": list(self.histogram),
            "effective_size": self.effective_size,
        }


@dataclass(frozen=True, slots=True)
class Overlap:
    """Whether those who count were seen under either treatment.

    `common_support` is the share of them whose propensity lies within the range of the other arm; `clipped`
    the share whose propensity was cut to [0.01, 0.99]; the arms come in the order of the contrast.
    """

    arms: tuple[Arm, ...]
    common_support: float
    clipped: float

    def to_dict(self) -> dict[str, JSON]:
        """As plain JSON."""
        arms: list[JSON] = [arm.to_dict() for arm in self.arms]
        return {"arms": arms, "common_support": self.common_support, "clipped": self.clipped}


@dataclass(frozen=True, slots=True)
class Balance:
    """The standardised difference of a covariate between the arms, before weighting and after."""

    name: str
    before: float
    after: float | None

    def to_dict(self) -> dict[str, JSON]:
        """As plain JSON."""
        return {"name": self.name, "before": self.before, "after": self.after}


@dataclass(frozen=True, slots=True)
class LearnerRisk:
    """How well a learner predicted rows it had not seen, and whether it was the one used.

    `nuisance` is "outcome" or "treatment"; `risk` the mean squared error, or the log loss of a probability.
    """

    nuisance: str
    learner: str
    risk: float | None
    chosen: bool

    def to_dict(self) -> dict[str, JSON]:
        """As plain JSON."""
        return {
            "nuisance": self.nuisance,
            "learner": self.learner,
            "risk": self.risk,
            "chosen": self.chosen,
        }


@dataclass(frozen=True, slots=True)
class Diagnostics:
    """What to look at before believing an estimate.

    `effective_sample_size` is Kish's for each arm; `spread` the range of the estimate over fold splits.
    """

    overlap: Overlap | None = None
    effective_sample_size: Mapping[str, float] = field(default_factory=dict[str, float])
    balance: tuple[Balance, ...] = ()
    rows_dropped: int = 0
    learners: tuple[LearnerRisk, ...] = ()
    splits: tuple[float, ...] = ()

    @property
    def spread(self) -> float | None:
        """The range of the estimate over fold splits; None where there was one split or none."""
        return max(self.splits) - min(self.splits) if len(self.splits) > 1 else None

    def to_dict(self) -> dict[str, JSON]:
        """As plain JSON."""
        return {
            "overlap": None if self.overlap is None else self.overlap.to_dict(),
            "effective_sample_size": plain(self.effective_sample_size),
            "balance": [each.to_dict() for each in self.balance],
            "rows_dropped": self.rows_dropped,
            "learners": [each.to_dict() for each in self.learners],
            "splits": list(self.splits),
            "spread": self.spread,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Diagnostics:
        """Back from plain JSON."""
        overlap = data.get("overlap")
        return cls(
            None if overlap is None else _overlap(overlap),
            {str(k): float(v) for k, v in data.get("effective_sample_size", {}).items()},
            tuple(Balance(**each) for each in data.get("balance", ())),
            int(data.get("rows_dropped", 0)),
            tuple(LearnerRisk(**each) for each in data.get("learners", ())),
            tuple(float(each) for each in data.get("splits", ())),
        )


def _overlap(data: Mapping[str, Any]) -> Overlap:
    arms = (
        Arm(
            str(arm["label"]),
            int(arm["n"]),
            tuple(arm["quantiles"]),
            tuple(arm["histogram"]),
            float(arm["effective_size"]),
        )
        for arm in data["arms"]
    )
    return Overlap(tuple(arms), float(data["common_support"]), float(data["clipped"]))


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number that answers a query, with how sure it is and how it was made.

    `se` and `interval` are None for a table of probabilities, which has no rows to be unsure about. `naive`
    is the same comparison without any adjustment. `label` says in words what was estimated; `influence`
    (n,) holds each row's influence, averaging to zero, where rows were at hand.
    """

    value: float
    se: float | None
    interval: tuple[float, float] | None
    level: float
    n: int
    naive: float | None
    method: Method
    why: str = ""
    label: str = ""
    diagnostics: Diagnostics = field(default_factory=Diagnostics)
    warnings: tuple[Warning_, ...] = ()
    influence: Floats | None = field(default=None, compare=False, repr=False)
    plan: EstimationPlan | None = field(default=None, compare=False, repr=False)

    def to_dict(self) -> dict[str, JSON]:
        """As plain JSON."""
        return {
            "value": plain(self.value),
            "se": plain(self.se),
            "interval": plain(self.interval),
            "level": self.level,
            "n": self.n,
            "naive": plain(self.naive),
            "method": self.method,
            "why": self.why,
            "label": self.label,
            "diagnostics": self.diagnostics.to_dict(),
            "warnings": [each.to_dict() for each in self.warnings],
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Estimate:
        """Back from plain JSON; raises `InvalidAnswer` where it is none."""
        try:
            interval, naive = data["interval"], data["naive"]
            return cls(
                float(data["value"]),
                None if data["se"] is None else float(data["se"]),
                None if interval is None else (float(interval[0]), float(interval[1])),
                float(data["level"]),
                int(data["n"]),
                None if naive is None else float(naive),
                data["method"],
                str(data.get("why", "")),
                str(data.get("label", "")),
                Diagnostics.from_dict(data.get("diagnostics", {})),
                tuple(Warning_(each["code"], each["message"]) for each in data.get("warnings", ())),
            )
        except (KeyError, TypeError, ValueError, IndexError) as error:
            raise InvalidAnswer(f"an estimate lacks or garbles {error}") from error
