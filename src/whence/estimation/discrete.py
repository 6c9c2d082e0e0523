"""The plug-in: an identified estimand evaluated exactly on a table's own (weighted) frequencies.

It works for every estimand over discrete variables, whatever its shape, and its standard error comes from
the influence function of that very formula. An outcome that is a number of many values will do as well, as
long as the formula averages it and conditions on none of its values.

Source: R. von Mises, Ann. Math. Statist. 18 (1947); J. Pearl, *Causality* (2009), chapter 3.

>>> Distribution(("x",), ((0, 1),), (0.25, 0.75)).at(x=1)
0.75
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from whence.data.pushdown.remote import Remote
from whence.data.scanning.scan import Scan
from whence.estimation import cautions
from whence.estimation.averaged import Averaged, averaged_in_memory
from whence.estimation.balance import balance
from whence.estimation.functional import Functional
from whence.estimation.joint import MOST_CELLS, position
from whence.estimation.levels import between
from whence.estimation.overlap import overlap, weights_of
from whence.estimation.plan import Setting, spelt
from whence.estimation.rows import columns_of
from whence.estimation.streaming.counted import counted_columns
from whence.estimation.two_levels import third_level
from whence.estimation.values import Diagnostics, Estimate, Warning_
from whence.estimation.values_asked import check_values
from whence.language.expression import Expression, P, Value, atoms
from whence.language.refusals import ImpossibleEvidence, NoOverlap, NotYetAnswerable, Refusal
from whence.numerics.arrays import Floats, floats
from whence.numerics.intervals import normal_interval
from whence.numerics.sandwich import mean_error
from whence.runtime.errors import UnknownVariable, UnsuitableMethod
from whence.runtime.plain import JSON, plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from whence.data.tables import Table
    from whence.estimation.columns import Columns
    from whence.estimation.plan import EstimationPlan
    from whence.language.estimand import Estimand

SMALL_CELL = 5
MOST_ROWS_WITH_INFLUENCE = 5_000_000


@dataclass(frozen=True, slots=True)
class Distribution:
    """A value for every combination of the levels of some variables, the last fastest; NaN is undefined."""

    names: tuple[str, ...]
    levels: tuple[tuple[Value, ...], ...]
    values: tuple[float, ...]

    def at(self, **setting: Value) -> float:
        """The value where every variable has the value given by keyword."""
        return self[setting]

    def __getitem__(self, setting: Mapping[str, Value]) -> float:
        """The value where every variable has the value given."""
        index = 0
        for name, levels in zip(self.names, self.levels, strict=True):
            if name not in setting:
                raise UnknownVariable(name, tuple(setting), "values given")
            place = position(levels, setting[name])
            if place is None:
                known = [str(level) for level in levels]
                raise UnknownVariable(str(setting[name]), known, f"levels of {name}")
            index = index * len(levels) + place
        return self.values[index]

    def __iter__(self) -> Iterator[tuple[Setting, float]]:
        """Every combination with its value."""
        for combination, value in zip(itertools.product(*self.levels), self.values, strict=True):
            yield tuple(zip(self.names, combination, strict=True)), value

    def to_dict(self) -> dict[str, JSON]:
        """As plain JSON."""
        rows = [plain({**dict(setting), "value": value}) for setting, value in self]
        return {"variables": list(self.names), "rows": list(rows)}


def plug_in(estimand: Estimand, table: Table | Scan | Remote) -> float | Distribution | Refusal:
    """A discrete estimand's exact value on data: a number, or one for each level of its open variables.

    Raises `UnknownColumn` for a variable that the data lack. Refuses (`NoOverlap`) where the formula divides
    by the frequency of a combination that no row has, and (`NotYetAnswerable`) where a variable has too many
    values.
    """
    expression = estimand.expression
    names = mentioned(expression)
    columns = _columns(table, names, expression)
    if isinstance(columns, Refusal):
        return columns
    check_values(estimand.query, table)
    contrast = estimand.query.contrast
    if contrast is not None and contrast.open and contrast.treatment in columns.of:
        between(contrast, columns)  # labels have no 1 and 0: it is asked back which against which
    counted = averaged_in_memory(columns, names, [expression])
    cells = columns if counted is None else counted.columns
    refusal = third_level(estimand, columns) or undiscrete(expression, cells)
    if refusal is not None:
        return refusal
    functional = Functional(expression, cells.joint(names))
    if not functional.names:
        return empty_cell(functional, (), estimand.query.rung == 1) or float(functional.values)
    levels = tuple(functional.joint.levels_of(name) for name in functional.names)
    return Distribution(functional.names, levels, tuple(float(v) for v in functional.values.ravel()))


def _columns(data: Table | Scan | Remote, names: Sequence[str], expression: Expression) -> Columns | Refusal:
    """The columns that a formula is evaluated on, wherever the rows are."""
    if isinstance(data, Scan):
        whole = data.complete(names)
        return counted_columns(whole, names, [expression], data.rows - whole.rows)
    return columns_of(data.counted(names) if isinstance(data, Remote) else data, names)


def mentioned(expression: Expression) -> tuple[str, ...]:
    """The variables of an expression, in order of first appearance."""
    found = [atom for atom in atoms(expression) if isinstance(atom, P)]
    return tuple(dict.fromkeys(term.name for atom in found for term in atom.terms))


def undiscrete(expression: Expression, columns: Columns) -> NotYetAnswerable | None:
    """A refusal where the formula conditions on a variable of many values, or its table is too large."""
    found = [atom for atom in atoms(expression) if isinstance(atom, P)]
    given = dict.fromkeys(term.name for atom in found for term in atom.given)
    many = [name for name in given if not columns[name].discrete]
    if many:
        return NotYetAnswerable(
            f"{', '.join(many)} has too many values for this estimand, which can so far be estimated over "
            "discrete variables only.",
            (f"{many[0]} in a few classes (for example by `derive`)", "a set that is enough to adjust for"),
        )
    cells = float(np.prod([float(len(columns[name].all_levels())) for name in mentioned(expression)]))
    if cells > MOST_CELLS:
        return NotYetAnswerable(
            f"The joint table of {', '.join(mentioned(expression))} would have {cells:.3g} cells.",
            ("fewer levels", "fewer variables"),
        )
    return None


def empty_cell(functional: Functional, entry: tuple[int, ...], evidence: bool) -> Refusal | None:
    """The refusal of an undefined entry, naming the combination that no row has."""
    empty = functional.empty(entry)
    if empty is None:
        return None
    where = spelt(empty.values) or "these values"
    if evidence:
        return ImpossibleEvidence(f"No row has {where}, which the question holds as seen.")
    return NoOverlap(
        f"No row has {where}, and the estimand needs the distribution of other variables among such rows.",
        (f"rows with {where}", "a question that does not reach there"),
    )


def plug_in_estimates(plans: Sequence[EstimationPlan], columns: Columns) -> list[Estimate | Refusal]:
    """The estimates of plans that share one expression and differ in the entry of its open variables."""
    expression = plans[0].expression
    if expression is None:
        return []
    counted = _averaged(plans, columns)
    table = columns if counted is None else counted.columns
    refusal = undiscrete(expression, table)
    if refusal is not None:
        return [refusal for _ in plans]
    functional = Functional(expression, table.joint(mentioned(expression)))
    return [_at_entry(plan, columns, functional, counted) for plan in plans]


def _averaged(plans: Sequence[EstimationPlan], columns: Columns) -> Averaged | None:
    """Many rows in memory as the cells of all variables but one that the formulas only average."""
    formulas = [each for each in (plans[0].expression, plans[0].naive) if each is not None]
    names = [name for name in plans[0].variables if name != plans[0].options.clusters]
    return averaged_in_memory(columns, names, formulas)


def _at_entry(
    plan: EstimationPlan, columns: Columns, functional: Functional, counted: Averaged | None
) -> Estimate | Refusal:
    chosen, joint = dict(plan.entry), functional.joint
    entry = tuple(joint.position(name, chosen[name]) or 0 for name in functional.names)
    refusal = empty_cell(functional, entry, not plan.treatments)
    if refusal is not None:
        return refusal
    value, options = float(functional.values[entry]), plan.options
    table = columns if counted is None else counted.columns
    bare = Estimate(value, None, None, options.level, 0, _naive(plan, table), "plug-in", plan.why, plan.label)
    if joint.n is None:
        return replace(bare, plan=plan)
    cells = functional.influence(entry)
    influence = _by_row(cells, functional, columns, counted)
    clusters = None if options.clusters is None else columns[options.clusters].codes()
    se = float(np.sqrt(np.sum(joint.cells * cells**2) / joint.n))
    if clusters is not None:
        if influence is None:
            raise UnsuitableMethod("plug-in", "clustered errors need one row for each unit, not counts")
        se = mean_error(influence, clusters)
    low, high = normal_interval(value, se, options.level)
    if plan.event is not None and len(plan.arms) < 2:
        low, high = max(low, 0.0), min(high, 1.0)
    diagnostics, seen = _diagnostics(plan, columns)
    warnings = (
        *seen,
        *_small_cells(plan, functional, joint.n),
        *cautions.of_rows(columns.rows_dropped, round(joint.n)),
        *cautions.of_clusters(clusters, [columns.members(arm) for arm in plan.arms]),
        *([] if influence is None else cautions.of_influence(influence)),
        *([] if columns[plan.outcome].text else cautions.of_error(se, columns[plan.outcome].numbers)),
    )
    return replace(
        bare,
        se=se,
        interval=(low, high),
        n=columns.selected(columns.members(plan.within)).n if plan.within else round(joint.n),
        diagnostics=diagnostics,
        warnings=warnings,
        influence=influence,
        plan=plan,
    )


def _naive(plan: EstimationPlan, columns: Columns) -> float | None:
    """The same question asked of what is seen, where that is a different question and has an answer."""
    if plan.naive is None or undiscrete(plan.naive, columns) is not None:
        return None
    functional = Functional(plan.naive, columns.joint(mentioned(plan.naive)))
    chosen = dict(plan.entry)
    if any(name not in chosen for name in functional.names):
        return None
    entry = tuple(functional.joint.position(name, chosen[name]) or 0 for name in functional.names)
    found = float(functional.values[entry])
    return None if np.isnan(found) else found


def _by_row(
    cells: Floats, functional: Functional, columns: Columns, counted: Averaged | None
) -> Floats | None:
    """The influence of each row, where there is one row per unit."""
    if columns.weighting != "none" or columns.rows > MOST_ROWS_WITH_INFLUENCE:
        return None
    names = functional.joint.names
    if counted is not None:
        return counted.influence(floats(cells.ravel()[counted.columns.cells(names)[0]]), columns)
    return floats(cells.ravel()[columns.cells(names)[0]])


def _diagnostics(plan: EstimationPlan, columns: Columns) -> tuple[Diagnostics, list[Warning_]]:
    """Overlap and balance of a plug-in between two arms, from the arms' frequencies in each stratum."""
    plain_counts = Diagnostics(rows_dropped=columns.rows_dropped)
    if len(plan.arms) != 2 or not plan.adjust or columns.n > MOST_ROWS_WITH_INFLUENCE:
        return plain_counts, []
    rows = columns.expanded()
    rows = rows.selected(rows.members(plan.within))
    if plan.treated:
        rows = rows.selected(rows.members(plan.arms[0]) | rows.members(plan.arms[1]))
    names = tuple(dict.fromkeys((*plan.adjust, *plan.by)))
    strata, arms = rows.strata(names), [rows.members(arm) for arm in plan.arms]
    totals = np.bincount(strata)
    chances = [floats(np.bincount(strata, weights=floats(arm)) / totals)[strata] for arm in arms]
    weights = weights_of(arms, chances, treated=plan.treated)
    labels = [spelt(arm) for arm in plan.arms]
    found = overlap(arms, chances, weights, labels, treated=plan.treated)
    design, of_design = rows.design(names)
    balanced = balance(design, of_design, arms, weights)
    sizes = {arm.label: arm.effective_size for arm in found.arms}
    warnings = [each for each in cautions.of_overlap(found) if each.code != "outside_support"]
    return Diagnostics(found, sizes, balanced, columns.rows_dropped), warnings


def _small_cells(plan: EstimationPlan, functional: Functional, n: float) -> list[Warning_]:
    """A warning where a condition of the formula is met by very few rows."""
    smallest: tuple[float, Setting] | None = None
    for atom in atoms(plan.expression) if plan.expression is not None else ():
        if not isinstance(atom, P) or not atom.given:
            continue
        joint = functional.joint
        names = tuple(name for name in joint.names if any(term.name == name for term in atom.given))
        table = joint.cells.sum(axis=tuple(i for i, name in enumerate(joint.names) if name not in names)) * n
        fixed = {term.name: term.value for term in atom.given if term.value is not None}
        for place in np.argwhere((table > 0.0) & (table < SMALL_CELL)):
            values = {name: joint.levels_of(name)[int(i)] for name, i in zip(names, place, strict=True)}
            if all(values[name] == value for name, value in fixed.items()):
                rows = float(table[tuple(place)])
                if smallest is None or rows < smallest[0]:
                    smallest = (rows, tuple(values.items()))
    return [] if smallest is None else [cautions.of_cells(spelt(smallest[1]), round(smallest[0]))]
