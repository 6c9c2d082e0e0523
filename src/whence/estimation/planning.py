"""From an estimand and the columns to plans: which method, between which arms, in which groups, and why.

Which method fits a plan is decided in `rules`.
"""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import TYPE_CHECKING

from whence.estimation.discrete import mentioned
from whence.estimation.forms import Means, across_worlds, difference_of_means, seen
from whence.estimation.levels import between
from whence.estimation.plan import EstimationPlan, Options, Setting, spelt
from whence.estimation.rules import with_method
from whence.language.estimand import Adjustment
from whence.language.expression import Expression, P, Value, atoms, free_variables, substitute
from whence.language.refusals import NotYetAnswerable, NoVariation, Refusal
from whence.runtime.errors import InvalidQuery, UnsuitableMethod

if TYPE_CHECKING:
    from whence.estimation.columns import Columns
    from whence.language.estimand import Estimand
    from whence.language.query import Contrast

LEAST_PER_CELL = 5


def needed(estimand: Estimand, options: Options) -> tuple[str, ...]:
    """The columns that estimating this needs."""
    names = [*mentioned(estimand.expression), *mentioned(seen(estimand.query.body))]
    if isinstance(estimand.shape, Adjustment):
        shape = estimand.shape
        names += [*shape.treatments, *shape.outcomes, *shape.adjust, *shape.by]
    if options.clusters is not None:
        names.append(options.clusters)
    return tuple(dict.fromkeys(names))


def plans(estimand: Estimand, columns: Columns, options: Options) -> tuple[EstimationPlan, ...] | Refusal:
    """A plan for each number the query asks for: one, or one for each level of what it leaves open."""
    if isinstance(estimand.shape, Adjustment):
        contrast = estimand.query.contrast
        refusal = _constant_outcome(contrast, columns) or _slope_among_some(contrast, columns)
        if refusal is not None:
            return refusal
        made = _of_contrast(estimand, estimand.shape, columns, options)
        made = made or _of_means(estimand, estimand.shape, columns, options)
        if made:
            return with_method(made, columns, options)
    if options.method not in ("auto", "plug-in"):
        raise UnsuitableMethod(
            options.method,
            f"the estimand has the shape {estimand.shape.name}, not that of a mean adjusted for covariates",
            'Leave method="auto", or ask for "plug-in".',
        )
    return _of_expression(estimand, columns, options)


def _constant_outcome(contrast: Contrast | None, columns: Columns) -> NoVariation | None:
    """An outcome that is the same in every row shows no effect, and no error to judge that by."""
    if contrast is None or columns[contrast.outcome].varies:
        return None
    name = contrast.outcome
    value = columns[name].all_levels()[0]
    return NoVariation(
        f"{spelt(((name, value),))} in every row, so no effect on it can be seen.",
        (f"rows in which {name} differs",),
    )


def _slope_among_some(contrast: Contrast | None, columns: Columns) -> NotYetAnswerable | None:
    """Among whom a slope would be an effect "on the treated" is not said where the treatment is a number."""
    if contrast is None or contrast.kind != "ATT" or between(contrast, columns)[0]:
        return None
    name = contrast.treatment
    return NotYetAnswerable(
        f"{name} is a number of many values, so it is not said who the treated are.",
        (f"two values of {name} that enough rows have", f"asking about everyone: effect of {name}"),
    )


def _of_contrast(
    estimand: Estimand, shape: Adjustment, columns: Columns, options: Options
) -> tuple[EstimationPlan, ...]:
    contrast = estimand.query.contrast
    if contrast is None:
        return ()
    arms, step = between(contrast, columns)
    by = tuple(dict.fromkeys((*contrast.by, *shape.by)))
    plan = EstimationPlan(
        outcome=contrast.outcome,
        treatments=(contrast.treatment,),
        adjust=tuple(name for name in shape.adjust if name not in by),
        method="aipw",
        options=options,
        by=by,
        arms=arms,
        step=step,
        treated=contrast.kind == "ATT",
        learners=options.learners,
        # The estimand is evaluated as it was proved; only open levels call for the formula written anew.
        expression=None if contrast.open else estimand.expression,
        contrast=contrast,
    )
    return tuple(_labelled(replace(plan, within=within)) for within in _groups(by, columns))


def _of_means(
    estimand: Estimand, shape: Adjustment, columns: Columns, options: Options
) -> tuple[EstimationPlan, ...]:
    """Plans for a mean or a difference of means, one for each combination of what the query leaves open."""
    body = estimand.query.body
    opened = [name for name in _order(body) if name in free_variables(body)]
    made: list[EstimationPlan] = []
    for entry in _groups(opened, columns):
        means = difference_of_means(substitute(body, dict(entry)))
        if means is None:
            return ()
        made.append(_labelled(_of_mean(means, shape, options, substitute(estimand.expression, dict(entry)))))
    return tuple(made)


def _of_mean(means: Means, shape: Adjustment, options: Options, expression: Expression) -> EstimationPlan:
    by = tuple(dict.fromkeys((*(name for name, _ in means.within), *shape.by)))
    return EstimationPlan(
        outcome=means.outcome,
        treatments=tuple(name for name, _ in means.arms[0]),
        adjust=tuple(name for name in shape.adjust if name not in by),
        method="aipw",
        options=options,
        by=by,
        arms=means.arms,
        event=means.event,
        within=means.within,
        learners=options.learners,
        expression=expression,
    )


def _order(body: Expression) -> tuple[str, ...]:
    found = [atom for atom in atoms(body) if isinstance(atom, P)]
    names = [term.name for atom in found for term in (*atom.do, *atom.given, *atom.of)]
    return tuple(dict.fromkeys(names))


def _groups(names: tuple[str, ...] | list[str], columns: Columns) -> list[Setting]:
    """Every combination of levels that some row has."""
    many = [name for name in names if not columns[name].discrete]
    if many:
        raise InvalidQuery(
            f"{many[0]} has too many values to give an answer for each.",
            f"Ask for its mean, E[{many[0]} | …], or derive a column with it in classes.",
        )
    if not names:
        return [()]
    seen_cells = set(columns.cells(names)[0].tolist())
    combinations = itertools.product(*(columns[name].all_levels() for name in names))
    return [tuple(zip(names, each, strict=True)) for i, each in enumerate(combinations) if i in seen_cells]


def _of_expression(
    estimand: Estimand, columns: Columns, options: Options
) -> tuple[EstimationPlan, ...] | Refusal:
    query, expression = estimand.query, estimand.expression
    contrast = query.contrast
    if contrast is not None and contrast.open and between(contrast, columns)[0] != _ones(contrast.treatment):
        return NotYetAnswerable(
            f"The estimand compares two levels of {contrast.treatment}, and the question does not say which.",
            (f"the levels to compare: effect of {contrast.treatment} from … to …",),
        )
    outcomes = query.outcomes or mentioned(expression)[:1]
    rung_one = query.rung == 1
    why = "Read off the table's own frequencies"
    why += "." if rung_one else ", by the formula that was proved; its error from that formula's influence."
    plan = EstimationPlan(
        outcome=outcomes[0],
        treatments=() if rung_one else query.treatments,
        adjust=(),
        method="plug-in",
        options=options,
        expression=expression,
        naive=None if rung_one or across_worlds(query.body) else seen(query.body),
        event=_event(query.body),
        contrast=contrast,
        why=why,
        label=_label_of(estimand, columns),
    )
    opened = [name for name in _order(expression) if name in free_variables(expression)]
    entries = itertools.product(*(columns[name].all_levels() for name in opened))
    return tuple(
        replace(plan, entry=entry, label=f"{plan.label} at {spelt(entry)}" if entry else plan.label)
        for entry in (tuple(zip(opened, each, strict=True)) for each in entries)
    )


def _label_of(estimand: Estimand, columns: Columns) -> str:
    """A contrast in words; any other query as it is written."""
    contrast = estimand.query.contrast
    if contrast is None:
        return str(estimand.query)
    arms, step = between(contrast, columns)
    treated = contrast.kind == "ATT"
    plan = EstimationPlan(
        contrast.outcome,
        (contrast.treatment,),
        (),
        "plug-in",
        Options(),
        arms=arms,
        step=step,
        treated=treated,
    )
    return _labelled(plan).label


def _ones(name: str) -> tuple[Setting, ...]:
    return ((name, 1),), ((name, 0),)


def _event(body: Expression) -> Value | None:
    """A value to mark the query as a probability, whose interval ends at 0 and 1."""
    return True if isinstance(body, P) else None


def _labelled(plan: EstimationPlan) -> EstimationPlan:
    what = plan.outcome if plan.event is None else f"the chance that {plan.outcome} = {_text(plan.event)}"
    if not plan.arms:
        unit = "one unit" if plan.step == 1.0 else f"{plan.step:g} units"
        label = f"effect on {what} of {unit} more of {plan.treatment}"
    elif len(plan.arms) == 1:
        label = f"mean of {what}" if plan.event is None else what
        label += f" had everyone {spelt(plan.arms[0])}"
    else:
        label = f"effect on {what} of {spelt(plan.arms[0])} rather than {spelt(plan.arms[1])}"
    if plan.treated:
        label += ", among those treated" if not plan.arms else f", among those with {spelt(plan.arms[0])}"
    if plan.within:
        label += f", where {spelt(plan.within)}"
    return replace(plan, label=label)


def _text(value: Value) -> str:
    return spelt((("", value),)).removeprefix(" = ")
