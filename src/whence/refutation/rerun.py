"""The answer's own estimator, run again on altered rows: what the placebo and subset checks share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from whence.estimation.kinds import kind_of_runs
from whence.estimation.values import Estimate

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from whence.estimation.columns import Columns
    from whence.estimation.plan import EstimationPlan
    from whence.language.refusals import Refusal
    from whence.runtime.executor import Executor
    from whence.runtime.seeds import Seed

    Altered = Callable[[EstimationPlan, Columns, Seed], Estimate | Refusal]


@dataclass(frozen=True, slots=True)
class Subject:
    """An estimate under attack: how it was made, the rows it was made from, and where chance comes from.

    `columns` holds one row for each unit; `se` is the answer's standard error, the yardstick of every check.
    """

    estimate: Estimate
    plan: EstimationPlan
    columns: Columns
    se: float
    seed: Seed
    executor: Executor


@dataclass(frozen=True, slots=True)
class _Again:
    """One altered run, as a task that any backend can carry."""

    plan: EstimationPlan
    columns: Columns
    altered: Altered

    def __call__(self, seed: Seed) -> float | None:
        found = self.altered(self.plan, self.columns, seed)
        return found.value if isinstance(found, Estimate) else None


def values_again(
    subject: Subject, altered: Altered, *, stage: str, times: int
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """The estimates from `times` altered runs, each with a seed of its own; refused runs are left out."""
    seeds: Sequence[Seed] = [subject.seed.child(stage).child(i) for i in range(times)]
    task = _Again(subject.plan, subject.columns, altered)
    kind = kind_of_runs(subject.plan, subject.columns)
    found = subject.executor.map(task, seeds, stage=stage, kind=kind)
    return np.array([value for value in found if value is not None], dtype=np.float64)
