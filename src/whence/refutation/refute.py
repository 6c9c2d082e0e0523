"""Every attempt to break an answer that its kind allows, one after the other.

>>> from whence.refutation.refute import refute
>>> from whence.estimation.values import Estimate
>>> from whence.data import table
>>> refute(Estimate(0.5, None, None, 0.95, 8, 0.4, "plug-in"), table({"x": [0, 1]}), None)
()
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from whence.estimation.rows import columns_of
from whence.identification.kinship import descendants_of
from whence.language.estimand import Adjustment
from whence.refutation.hidden_strength import hidden_strength
from whence.refutation.implications import implications
from whence.refutation.placebo_outcome import placebo_outcome
from whence.refutation.placebo_treatment import placebo_treatment
from whence.refutation.random_common_cause import random_common_cause
from whence.refutation.rerun import Subject
from whence.refutation.sensitivity import sensitivity
from whence.refutation.subset import subset
from whence.runtime.errors import InvalidOption
from whence.runtime.events import Refuted, emit
from whence.runtime.executor import executor as as_executor
from whence.runtime.seeds import as_seed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from whence.data.tables import Table
    from whence.estimation.plan import EstimationPlan
    from whence.estimation.values import Estimate
    from whence.language.estimand import Shape
    from whence.language.graph import Graph
    from whence.refutation.result import Refutation
    from whence.runtime.executor import Executor
    from whence.runtime.seeds import Seed


def refute(
    estimate: Estimate,
    table: Table,
    graph: Graph | None,
    *,
    placebo_outcomes: Sequence[str] = (),
    benchmarks: Sequence[str] = (),
    of_graph: bool = True,
    seed: int | Seed = 0,
    executor: Executor | str | None = None,
) -> tuple[Refutation, ...]:
    """The checks that apply to an estimate, in order from the general to the particular.

    Placebo treatment, random common cause and random subsets run the estimator again; sensitivity and E-value
    say how strong a hidden confounder must be, measured by `benchmarks` (by default the strongest covariate);
    the graph's implied independences are held to the data, unless `of_graph` is false; each of
    `placebo_outcomes` is put in the outcome's place, itself and what was derived from it left out of the
    adjustment set. An estimate read from a file has no plan and cannot be run again, nor can one from a table
    of probabilities: of those there are no checks. Raises `UnknownColumn` for placebos and benchmarks that
    are not there, and `InvalidOption` for a placebo that the treatment may affect: itself, the outcome, or an
    effect of it in the graph.
    """
    check_placebos(placebo_outcomes, estimate.plan, graph)
    made: list[Refutation] = []
    workers, root = as_executor(executor), as_seed(seed)
    held = graph if of_graph else None
    # Chained, not gathered: each check is told as soon as it is done.
    for found in chain(
        _of_number(estimate, table, benchmarks, root, workers),
        _of_graph(estimate, table, held, root, workers),
        _of_placebos(estimate, table, graph, placebo_outcomes, root, workers),
    ):
        emit(Refuted(stage="refute", name=found.name, verdict=found.verdict))
        made.append(found)
    return tuple(made)


def _subject(
    estimate: Estimate, table: Table, extra: Sequence[str], seed: Seed, executor: Executor
) -> Subject | None:
    """What is under attack, in the rows that are complete in `extra` too; None if nothing can be rerun."""
    plan = estimate.plan
    if plan is None or not estimate.se:
        return None
    rows = columns_of(table, (*plan.variables, *extra)).expanded()
    return Subject(estimate, plan, rows, estimate.se, seed.child("refute"), executor)


def _of_number(
    estimate: Estimate,
    table: Table,
    benchmarks: Sequence[str],
    seed: Seed,
    executor: Executor,
) -> Iterator[Refutation]:
    subject = _subject(estimate, table, (), seed, executor)
    if subject is None or not (len(subject.plan.arms) == 2 or subject.plan.shape == "slope"):
        return
    adjusted = bool(subject.plan.adjust)
    for check in (
        (placebo_treatment, random_common_cause, subset) if adjusted else (placebo_treatment, subset)
    ):
        found = check(subject)
        if found is not None:
            yield found
    if adjusted:
        measured = (sensitivity(subject, benchmarks), hidden_strength(subject))
        yield from (found for found in measured if found is not None)


def _of_graph(
    estimate: Estimate, table: Table, graph: Graph | None, seed: Seed, executor: Executor
) -> Iterator[Refutation]:
    known = () if graph is None else tuple(name for name in graph.observed if name in table)
    if graph is not None and len(known) > 1 and estimate.plan is not None and estimate.se:
        rows, shape = columns_of(table, known).expanded(), shape_of(estimate.plan)
        yield from implications(graph, rows, shape, seed.child("refute"), executor)


def _of_placebos(
    estimate: Estimate,
    table: Table,
    graph: Graph | None,
    placebos: Sequence[str],
    seed: Seed,
    executor: Executor,
) -> Iterator[Refutation]:
    for placebo in placebos:
        subject = _subject(estimate, table, (placebo,), seed, executor)
        if subject is not None:
            yield placebo_outcome(subject, placebo, made_from(placebo, table, graph))


def check_placebos(placebos: Sequence[str], plan: EstimationPlan | None, graph: Graph | None) -> None:
    """Raise `InvalidOption` for a placebo whose true effect is not known to be zero."""
    if plan is None:
        return
    known = [name for name in plan.treatments if graph is not None and name in graph.index]
    effects = descendants_of(graph, known) if graph is not None and known else ()
    for placebo in placebos:
        if placebo in (*plan.treatments, plan.outcome, *effects):
            raise InvalidOption(
                "a placebo outcome",
                placebo,
                f"a column that {' and '.join(plan.treatments)} cannot affect, such as an earlier one",
            )


def shape_of(plan: EstimationPlan) -> Shape | None:
    """The adjustment that a plan carries out; None for other functionals."""
    if plan.shape == "expression" and not plan.arms:
        return None
    return Adjustment(plan.treatments, (plan.outcome,), plan.adjust, plan.by)


def made_from(placebo: str, table: Table, graph: Graph | None) -> tuple[str, ...]:
    """Columns that repeat the placebo or come after it: derived from it, or its effects in the graph."""
    derived = {name for name, parts in table.derived.items() if placebo in parts}
    effects = set(descendants_of(graph, (placebo,))) if graph and placebo in graph.index else set[str]()
    return tuple(sorted((derived | effects) - {placebo}))
