"""The arrays of one estimate by adjustment: outcome, arms, design, groups; or why there is nothing to
estimate.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from whence.estimation.labels import told_apart
from whence.estimation.plan import spelt
from whence.language.refusals import ImpossibleEvidence, NoVariation, Refusal, TooFewRows
from whence.numerics.arrays import floats
from whence.runtime.errors import TextInNumericRole, UnsuitableMethod

if TYPE_CHECKING:
    from collections.abc import Sequence

    from whence.estimation.columns import Columns
    from whence.estimation.plan import EstimationPlan
    from whence.numerics.arrays import Booleans, Floats, Integers


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """Rows of one estimate.

    `y` (n,) the outcome; `t` (n,) the treatment: 1 in the first arm, or its number for a slope; `arms` who
    is in each arm; `design` (n, p) with `labels`; `group` whose effect is asked for; `clusters` codes;
    `rows_dropped` rows lost before; `copies` which row each is a copy of, in a sample drawn with replacement;
    `covered` whether everyone is in one of two arms.
    """

    y: Floats
    t: Floats
    arms: tuple[Booleans, ...]
    design: Floats
    labels: tuple[str, ...]
    group: Booleans
    clusters: Integers | None
    rows_dropped: int
    copies: Integers | None = None
    covered: bool = False

    @property
    def n(self) -> int:
        """How many rows there are."""
        return self.y.size

    @property
    def strata(self) -> Integers:
        """The arm of each row (0 first, 1 second, 2 neither), along which folds are balanced."""
        codes = np.full(self.n, len(self.arms), dtype=np.int64)
        for i, arm in enumerate(self.arms):
            codes[arm] = i
        return codes

    def rows(self, chosen: Integers | slice) -> Problem:
        """Some of the rows, by position."""
        return replace(
            self,
            y=self.y[chosen],
            t=self.t[chosen],
            arms=tuple(arm[chosen] for arm in self.arms),
            design=self.design[chosen],
            group=self.group[chosen],
            clusters=None if self.clusters is None else self.clusters[chosen],
            copies=None if self.copies is None else self.copies[chosen],
        )


def problem(plan: EstimationPlan, columns: Columns) -> Problem | Refusal:
    """The arrays of a plan; a refusal where the treatment does not vary or the rows are too few."""
    if columns.weighting == "probabilities":
        raise UnsuitableMethod(
            plan.method,
            "a table of probabilities has no rows to learn from",
            'Use method="plug-in", with every variable of the estimand discrete.',
        )
    if columns.n > 50_000_000:
        raise UnsuitableMethod(plan.method, f"it would need {columns.n:,} rows, one for each unit counted")
    rows = columns.expanded()
    arms = tuple(rows.members(arm) for arm in plan.arms)
    empty = [arm for arm, members in zip(plan.arms, arms, strict=True) if not bool(members.any())]
    if empty:
        return NoVariation(
            f"No row has {spelt(empty[0])}, so there is nothing to compare with.",
            (f"rows with {spelt(empty[0])}",),
        )
    covered = len(arms) == 2 and bool(np.all(arms[0] | arms[1]))
    if among_arms(plan) and not covered:
        both = arms[0] | arms[1]
        rows, arms, covered = rows.selected(both), (arms[0][both], arms[1][both]), True
    outcome_of(plan, rows)  # text is an error, whatever else there is to refuse
    t = treatment_of(plan, rows, arms)
    if bool(np.all(t == t[0])) and len(arms) != 1:
        return no_variation(plan, float(t[0]))
    group = rows.members(plan.within)
    if not bool(group.any()):
        return nobody_within(plan)
    apart = told_apart(plan, rows, arms, group)
    if apart is not None:
        return apart
    found = arrays(plan, rows, rows_dropped=columns.rows_dropped, covered=covered)
    return _too_few(plan, found) or found


def among_arms(plan: EstimationPlan) -> bool:
    """Whether only rows of the two arms have a part in the comparison, and none of a third level."""
    return len(plan.arms) == 2 and (plan.treated or plan.method in ("ols", "plr"))


def arrays(plan: EstimationPlan, rows: Columns, *, rows_dropped: int, covered: bool) -> Problem:
    """The arrays of a plan on rows, all of them or a block, that were found fit for it."""
    arms = tuple(rows.members(arm) for arm in plan.arms)
    # Whoever asks for plain regression has a regression in mind, in which numbers are numbers.
    classes = plan.options.method != "ols"
    design, labels = rows.design(dict.fromkeys((*plan.adjust, *plan.by)), classes=classes)
    name = plan.options.clusters
    return Problem(
        outcome_of(plan, rows),
        treatment_of(plan, rows, arms),
        arms,
        design,
        labels,
        rows.members(plan.within),
        None if name is None else rows[name].codes(),
        rows_dropped,
        rows.copies,
        covered,
    )


def treatment_of(plan: EstimationPlan, rows: Columns, arms: Sequence[Booleans]) -> Floats:
    """One in the first arm and nought elsewhere, or the treatment's numbers."""
    return floats(arms[0]) if arms else numeric(rows, plan.treatment, "treatment")


def no_variation(plan: EstimationPlan, value: float) -> NoVariation:
    """The refusal of a treatment that is the same in every row."""
    return NoVariation(
        f"{plan.treatment} is {value:g} in every row, so its effect cannot be seen.",
        (f"rows in which {plan.treatment} differs",),
    )


def nobody_within(plan: EstimationPlan) -> ImpossibleEvidence:
    """The refusal of a group that no row belongs to."""
    return ImpossibleEvidence(f"No row has {spelt(plan.within)}.")


def outcome_of(plan: EstimationPlan, rows: Columns) -> Floats:
    """The outcome as numbers, or whether it equals the event asked for."""
    if plan.event is not None:
        return floats(rows[plan.outcome].equals(plan.event))
    return numeric(rows, plan.outcome, "outcome")


def numeric(rows: Columns, name: str, role: str) -> Floats:
    """The numbers of a column; raises `TextInNumericRole` where it holds text."""
    column = rows[name]
    if column.text:
        raise TextInNumericRole(name, role, column.all_levels()[:3])
    return column.numbers


def _too_few(plan: EstimationPlan, found: Problem) -> TooFewRows | None:
    clusters = 0 if found.clusters is None else np.unique(found.clusters).size
    if found.clusters is not None and clusters < 2:
        return TooFewRows(
            f"{plan.options.clusters} is the same in every row: errors cannot be clustered by one cluster.",
            ("more clusters", 'errors="robust" without clusters'),
        )
    smallest = min((int(np.count_nonzero(arm)) for arm in found.arms), default=found.n)
    refusal = too_few(plan, found.n, smallest, bool(found.arms))
    if refusal is not None or plan.method == "ols":
        return refusal
    folds = plan.options.folds
    if found.clusters is not None and clusters < 2 * folds:
        return TooFewRows(
            f"Folds keep clusters whole, and {clusters} clusters do not fill {folds} folds twice.",
            ("more clusters", "fewer folds"),
        )
    return None


def too_few(plan: EstimationPlan, rows: int, smallest: int, arms: bool) -> TooFewRows | None:
    """At least two rows per fold in each arm for cross-fitting; a spare row for plain regression."""
    folds = plan.options.folds
    if plan.method == "ols":
        if rows < 3:
            return TooFewRows(f"There are {rows} complete rows; a regression needs more.", ("more rows",))
        return None
    if smallest < 2 * folds:
        where = "the smaller group has" if arms else "there are"
        return TooFewRows(
            f"Cross-fitting over {folds} folds needs {2 * folds} rows in each group; {where} {smallest}.",
            ("more rows", "fewer folds", 'method="ols"'),
        )
    return None
