"""Whether linear learners have to be shrunk, and how much: the rule of `screening`, block by block.

With more rows than a block holds that is rare: very many columns, or an arm of very few rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from whence.estimation.learning import learn
from whence.estimation.lessons import Lesson, Nuisance
from whence.estimation.nuisances import nuisances_of
from whence.estimation.screening import RIDGES, ROWS_PER_COLUMN, SCREEN_FOLDS, losses_of
from whence.numerics.arrays import Floats
from whence.numerics.blocks import summed

if TYPE_CHECKING:
    from whence.estimation.plan import EstimationPlan
    from whence.estimation.problem import Problem
    from whence.estimation.streaming.rows import Block, Streamed
    from whence.numerics.basis import Knots
    from whence.runtime.executor import Executor


def ridges_on(rows: Streamed, sizes: Sequence[int], executor: Executor | None) -> tuple[float, float]:
    """The ridges of the outcome's learner and of the treatment's; `sizes` are the rows of each arm."""
    plan, columns = rows.plans[0], rows.empty.design.shape[1]
    of_arms = list(sizes) or [rows.n]
    modelled = of_arms if plan.method == "aipw" else [rows.n]
    rarer = [min(size, rows.n - size) for size in sizes] or [rows.n]
    outcome = modelled[1:] if plan.treated and plan.method == "aipw" else modelled
    enough = ROWS_PER_COLUMN * columns
    return (
        0.0 if min(outcome) >= enough else _least(rows, 1, executor),
        0.0 if min(rarer) >= enough else _least(rows, 0, executor),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Tried:
    """The rows as lessons in one role (0 treatment, 1 outcome), with every ridge."""

    rows: Streamed
    role: int

    @property
    def n(self) -> int:
        """How many rows there are."""
        return self.rows.n

    @property
    def blocks(self) -> int:
        """How many blocks they are in."""
        return self.rows.blocks

    @property
    def nuisances(self) -> tuple[Nuisance, ...]:
        """What is to be learnt."""
        return self._of(self.rows.empty)

    @property
    def knots(self) -> Knots:
        """None: linear learners do not bend."""
        return ()

    @property
    def held(self) -> None:
        """Nothing: the rows are not in memory."""
        return

    def items(self) -> Iterable[Block]:
        """The blocks."""
        return self.rows.items()

    def lesson(self, item: Block) -> Lesson:
        """The rows of a block."""
        piece = self.rows.piece(item)
        return Lesson(piece.data.design, self._of(piece.data), piece.splits, piece.rows)

    def _of(self, data: Problem) -> tuple[Nuisance, ...]:
        group = nuisances_of(_plain(self.rows.plans[0]), data)[self.role]
        return tuple(replace(each, choice="linear", ridge=ridge) for ridge in RIDGES for each in group)


def _plain(plan: EstimationPlan) -> EstimationPlan:
    return replace(plan, ridges=(0.0, 0.0))


def _least(rows: Streamed, role: int, executor: Executor | None) -> float:
    """The ridge of least out-of-fold risk."""
    seed = rows.plans[0].options.seed.child("screen").child("ridge")
    tried = _Tried(replace(rows, seeds=(seed,), folds=SCREEN_FOLDS), role)
    learnt = learn(tried, SCREEN_FOLDS, seed=seed, executor=executor)

    def part(item: Block) -> Floats:
        lesson = tried.lesson(item)
        losses = [
            losses_of(each, predicted[0])
            for each, predicted in zip(lesson.nuisances, learnt.predict(lesson), strict=True)
        ]
        return np.array([[np.sum(each), float(each.size)] for each in losses])

    sums = summed(part, tried.items(), executor, stage="nuisances", total=tried.blocks)
    risks = (sums[:, 0] / np.maximum(sums[:, 1], 1.0)).reshape(len(RIDGES), -1).sum(axis=1)
    return RIDGES[int(np.argmin(risks))]
