"""One bootstrap replicate: units drawn anew with replacement, and every number of a question made from them.

A unit is a row, one of the units that a count stands for, or a whole cluster. The drawing belongs to the
seed of the replicate. Regressions and cross-fitted estimates are run again on the rows drawn, folds split
anew, copies of a row in one fold: a row that its own copy helped to foretell would look better foretold than
any new row could be. A plug-in needs no rows, only how often each combination was drawn.

Source: B. Efron and R. Tibshirani, *An Introduction to the Bootstrap* (1993), chapters 6 and 9; A. Cameron,
J. Gelbach and D. Miller, Rev. Econ. Statist. 90 (2008), for clusters.

>>> drawn_times(5, generator(0)).sum()
np.int64(5)
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from whence.estimation.discrete import mentioned
from whence.estimation.functional import Functional
from whence.estimation.joint import Joint
from whence.estimation.running import run_all
from whence.estimation.values import Estimate
from whence.numerics.arrays import Integers, floats, integers
from whence.numerics.random import generator

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from whence.estimation.columns import Columns
    from whence.estimation.plan import EstimationPlan, Setting
    from whence.language.expression import Expression, Value
    from whence.runtime.seeds import Seed

Numbers: TypeAlias = "tuple[float | None, ...]"
"""The number of each plan; None where this sample gives none."""


def replicate_of(plans: Sequence[EstimationPlan], columns: Columns) -> Callable[[Seed], Numbers]:
    """The task that makes one replicate from a seed, of plans that are all for one question."""
    if all(plan.method == "plug-in" for plan in plans):
        return _recounted(plans, columns)
    rows = columns.expanded()
    name = plans[0].options.clusters
    return Rerun(tuple(plans), rows, None if name is None else _numbered(rows[name].codes()))


def drawn_times(units: int, draws: np.random.Generator) -> Integers:
    """How often each of so many units is drawn (units,), when as many are drawn with replacement."""
    return integers(np.bincount(draws.integers(units, size=units), minlength=units))


@dataclass(frozen=True, slots=True, eq=False)
class Rerun:
    """Plans run again on rows drawn with replacement; `clusters` (n,) numbers the clusters drawn whole."""

    plans: tuple[EstimationPlan, ...]
    columns: Columns
    clusters: Integers | None

    def __call__(self, seed: Seed) -> Numbers:
        """The numbers of one sample."""
        rows = self._drawn(generator(seed.child("units")))
        options = replace(self.plans[0].options, seed=seed.child("run"))
        again = tuple(replace(plan, options=options) for plan in self.plans)
        found = run_all(again, self.columns.drawn(rows), None)
        return tuple(_finite(each.value) if isinstance(each, Estimate) else None for each in found)

    def _drawn(self, draws: np.random.Generator) -> Integers:
        """The rows of a sample, in the order of the table, each as often as it was drawn."""
        if self.clusters is None:
            times = drawn_times(self.columns.rows, draws)
        else:
            times = drawn_times(int(self.clusters.max()) + 1, draws)[self.clusters]
        return integers(np.repeat(np.arange(self.columns.rows), times))


@dataclass(frozen=True, slots=True, eq=False)
class Recount:
    """Formulas evaluated on frequencies drawn anew.

    `cells` (m,) are combinations that occur (in a cluster), seen `counts` (m,) times; `clusters` (m,) numbers
    the cluster of each, or is None where single units are drawn. `wanted` pairs a formula with the setting of
    its open variables.
    """

    names: tuple[str, ...]
    levels: tuple[tuple[Value, ...], ...]
    cells: Integers
    counts: Integers
    clusters: Integers | None
    wanted: tuple[tuple[Expression, Setting], ...]

    def __call__(self, seed: Seed) -> Numbers:
        """The numbers of one sample."""
        joint = self._joint(generator(seed.child("units")))
        made: dict[int, Functional] = {}
        found: list[float | None] = []
        for expression, setting in self.wanted:
            functional = made.get(id(expression)) or Functional(expression, joint)
            made[id(expression)] = functional
            chosen = dict(setting)
            entry = tuple(joint.position(name, chosen[name]) or 0 for name in functional.names)
            found.append(_finite(float(functional.values[entry])))
        return tuple(found)

    def _joint(self, draws: np.random.Generator) -> Joint:
        if self.clusters is None:
            total = int(self.counts.sum())
            times = draws.multinomial(total, self.counts / total)
        else:
            times = self.counts * drawn_times(int(self.clusters.max()) + 1, draws)[self.clusters]
        shape = tuple(len(found) for found in self.levels)
        size = int(np.prod(shape, dtype=np.int64))
        counted = floats(np.bincount(self.cells, weights=times, minlength=size)).reshape(shape)
        n = float(counted.sum())
        return Joint(self.names, self.levels, counted / n, n)


def _recounted(plans: Sequence[EstimationPlan], columns: Columns) -> Recount:
    wanted = tuple((plan.expression, plan.entry) for plan in plans if plan.expression is not None)
    names = tuple(dict.fromkeys(name for expression, _ in wanted for name in mentioned(expression)))
    index, levels = columns.cells(names)
    name = plans[0].options.clusters
    clusters = np.zeros_like(index) if name is None else _numbered(columns[name].codes())
    size = int(np.prod([len(found) for found in levels], dtype=np.int64))
    together, member = np.unique(clusters * size + index, return_inverse=True)
    counts = integers(np.rint(np.bincount(member.ravel(), weights=columns.weights)))
    of_cluster = None if name is None else integers(together // size)
    return Recount(names, levels, integers(together % size), counts, of_cluster, wanted)


def _numbered(codes: Integers) -> Integers:
    """Codes without gaps, from nought: a level that no complete row has is no cluster to be drawn."""
    return integers(np.unique(codes, return_inverse=True)[1].ravel())


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
