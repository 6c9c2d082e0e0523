"""The steps of `ask`, each for whatever comes to it: a value, or an earlier refusal, which it passes on."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from itertools import combinations
from typing import TYPE_CHECKING, cast

from whence.estimation import api as estimation
from whence.identification import identify as identification
from whence.identification import verify as verification
from whence.language.estimand import Estimand
from whence.language.expression import P, atoms
from whence.language.graph import Edge, Graph
from whence.language.refusals import NeedsData, NeedsGraph, NotIdentified, Refusal
from whence.refutation import refute as refutation
from whence.runtime.events import Estimated, Event, Warned, emit, listening
from whence.runtime.plain import bare

if TYPE_CHECKING:
    from collections.abc import Callable

    from whence.data.tables import Table
    from whence.engine.how import How
    from whence.estimation.plan import Asked, Errors
    from whence.estimation.values import Estimate
    from whence.language.query import Query
    from whence.refutation.result import Refutation
    from whence.runtime.executor import Executor


def hearing(sink: Callable[[Event], None] | None) -> AbstractContextManager[None]:
    """Let `sink`, if there is one, hear what happens inside."""
    return nullcontext() if sink is None else listening(sink)


def identify(query: Query, known: Graph | None) -> Estimand | Refusal:
    """The estimand; without a graph only for questions of seeing, which rest on none."""
    if known is not None:
        return identification.identify(query, known)
    if query.rung == 1:
        return identification.identify(query, claiming_nothing(query))
    done, asked = (", ".join(bare(name) for name in names) for names in (query.treatments, query.outcomes))
    return NeedsGraph(
        f"What setting {done} does to {asked} cannot be told from data alone: "
        "different causes can leave the same data behind, and it was not said what causes what.",
        (f"a graph of what causes what, such as {done} -> {asked}; age -> {done}; age -> {asked}",),
    )


def claiming_nothing(query: Query) -> Graph:
    """The graph in which all that the query names may share hidden causes: it excludes no distribution."""
    names = query.variables
    return Graph.of(names, [Edge(one, other, "<->") for one, other in combinations(names, 2)])


def verify(estimand: Estimand | Refusal) -> bool:
    """Whether there is a proof and it holds; raises `ProofRejected` for one that does not."""
    if not isinstance(estimand, Estimand | NotIdentified):
        return False
    verification.verify(estimand)
    return True


def estimate(
    estimand: Estimand | Refusal, found: Table | None, how: How, workers: Executor
) -> tuple[Estimate, ...] | Refusal:
    """One estimate, or one for each value that the query leaves open."""
    if isinstance(estimand, Refusal):
        return estimand
    if found is None:
        names = ", ".join(bare(name) for name in columns_of(estimand))
        return NeedsData(f"The estimand is proved; a number needs data on {names}.", (f"data on {names}",))
    estimates = estimation.estimate_all(
        estimand,
        found,
        method=cast("Asked", how.method),
        learners=how.learners,
        errors=cast("Errors", "cluster" if how.clusters and how.errors == "robust" else how.errors),
        clusters=how.clusters,
        level=how.level,
        seed=how.seed,
        executor=workers,
    )
    for each in () if isinstance(estimates, Refusal) else estimates:
        emit(Estimated(stage="estimate", value=each.value, interval=each.interval))
        for warning in each.warnings:
            emit(Warned(stage="estimate", code=warning.code, message=warning.message))
    return estimates


def columns_of(estimand: Estimand) -> tuple[str, ...]:
    """The columns that evaluating an estimand needs: those of the query first."""
    formula = (term.name for atom in atoms(estimand.expression) if isinstance(atom, P) for term in atom.terms)
    return tuple(dict.fromkeys([*estimand.query.variables, *formula]))


def refute(
    estimates: tuple[Estimate, ...] | Refusal,
    found: Table | None,
    known: Graph | None,
    how: How,
    workers: Executor,
) -> tuple[Refutation, ...]:
    """What was tried to break the answer, where it is one number."""
    if isinstance(estimates, Refusal) or found is None or len(estimates) != 1:
        return ()
    return refutation.refute(
        estimates[0],
        found,
        known,
        placebo_outcomes=how.placebo_outcomes,
        benchmarks=how.benchmarks,
        seed=how.seed,
        executor=workers,
    )
