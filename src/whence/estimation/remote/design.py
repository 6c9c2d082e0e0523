"""The design of a regression as SQL: a term for each of its columns, the treatment, and the outcome.

Numbers enter as they are, truth values as 0 and 1, dates in days, text as an indicator for each level but the
first: as rows in memory do. A level is text from the data: it is sent beside the query and never becomes part
of it.

>>> import sqlite3
>>> from whence.data import remote
>>> from whence.estimation.plan import EstimationPlan, Options
>>> from whence.estimation.remote.shown import shown
>>> db = sqlite3.connect(":memory:")
>>> _ = db.execute("CREATE TABLE t (x INT, town TEXT, y REAL)")
>>> _ = db.execute("INSERT INTO t VALUES (0, 'Ulm', 1.5), (1, 'Ulm', 2.5), (1, 'Wil', 3.5)")
>>> t = remote(db, "t")
>>> plan = EstimationPlan("y", ("x",), ("town",), "ols", Options(), arms=((("x", 1),), (("x", 0),)))
>>> made = design_of(plan, t, shown(t, ["x", "town", "y"], ["x", "town"]))
>>> made.labels, made.asked.values, made.treatment.sql
(('town = Wil',), {'v0': 'Wil'}, 'CASE WHEN c0 = 1.0e0 THEN 1e0 ELSE 0e0 END')
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from whence.data.pushdown.errors import NeedsRows
from whence.data.pushdown.moments import Asked, Term
from whence.data.pushdown.sql import number, value
from whence.runtime.errors import TextInNumericRole
from whence.runtime.plain import quoted

if TYPE_CHECKING:
    from whence.data.pushdown.remote import Remote
    from whence.estimation.columns import Columns
    from whence.estimation.plan import EstimationPlan, Setting
    from whence.language.expression import Value


@dataclass(frozen=True, slots=True)
class Design:
    """What a regression asks for: the columns of the design by their labels, the treatment, the outcome."""

    asked: Asked
    labels: tuple[str, ...]

    @property
    def treatment(self) -> Term:
        """1 in the first arm and 0 in the second; or the treatment's number, for a slope."""
        return self.asked.terms[-2]

    @property
    def outcome(self) -> Term:
        """The outcome, or whether it is the one asked for."""
        return self.asked.terms[-1]


@dataclass(frozen=True, slots=True)
class _Writer:
    """Writes terms and conditions on the columns of a table, and keeps the values that go beside them."""

    data: Remote
    values: dict[str, object] = field(default_factory=dict[str, object])

    def equals(self, name: str, wanted: Value) -> str:
        """The condition that a column has a value."""
        kind, storage = self.data.origin.kind(name), self.data.storage(name)
        place = self.data.place(name)
        if kind == "other" or (kind == "text" and storage != "text"):
            raise NeedsRows(
                "ols",
                f"{quoted(name)} holds {'values of several types' if kind == 'other' else storage} as text",
                "Ask a view that has it as a column of its own type.",
            )
        if kind == "boolean":
            return place if wanted in (True, "True") else f"NOT {place}"
        if kind in ("integer", "number"):
            return "1 = 0" if isinstance(wanted, str) else f"{place} = {number(float(wanted))}"
        key = f"v{len(self.data.values) + len(self.values)}"
        self.values[key] = str(wanted)
        return f"{place} = {value(key)}"

    def all_of(self, setting: Setting) -> str:
        """The condition that columns have the values of a setting."""
        return " AND ".join(self.equals(name, wanted) for name, wanted in setting)

    def indicator(self, condition: str) -> Term:
        """1 where a condition holds, and 0 elsewhere."""
        return Term(f"CASE WHEN {condition} THEN 1e0 ELSE 0e0 END", 0.0, 1.0)


def design_of(plan: EstimationPlan, data: Remote, columns: Columns) -> Design:
    """The design of a plan for plain regression; `columns` tell which variables are text, and their levels.

    Raises `TextInNumericRole`, `InfiniteValues`, `UnreadableData` for giant numbers, and `NeedsRows`.
    """
    writer, labels, terms = _Writer(data), list[str](), list[Term]()
    for name in dict.fromkeys((*plan.adjust, *plan.by)):
        column = columns[name]
        if column.stands_for_classes(False):
            levels = column.all_levels()[1:]
            labels += [f"{name} = {level}" for level in levels]
            terms += [writer.indicator(writer.equals(name, level)) for level in levels]
        else:
            labels.append(name)
            terms.append(_number(data, columns, name, "covariate"))
    arms = [writer.all_of(arm) for arm in plan.arms]
    terms.append(writer.indicator(arms[0]) if arms else _number(data, columns, plan.treatment, "treatment"))
    if plan.event is not None:
        terms.append(writer.indicator(writer.equals(plan.outcome, plan.event)))
    else:
        terms.append(_number(data, columns, plan.outcome, "outcome"))
    rows = [" OR ".join(f"({arm})" for arm in arms)] if arms else []
    rows += [writer.all_of(plan.within)] if plan.within else []
    asked = data.asked(terms, tuple(columns.of), rows=rows, values=writer.values)
    return Design(asked, tuple(labels))


def _number(data: Remote, columns: Columns, name: str, role: str) -> Term:
    if columns[name].text:
        raise TextInNumericRole(name, role, columns[name].all_levels()[:3])
    return data.term(name)
