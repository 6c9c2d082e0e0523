"""An effect that the graph excludes: zero whatever the data are, and what the data say of that claim."""

from __future__ import annotations

from typing import TYPE_CHECKING

from whence.estimation.api import estimate_all
from whence.estimation.forms import seen
from whence.estimation.rows import columns_of
from whence.estimation.values import Estimate
from whence.identification.identify import identify
from whence.language.estimand import Estimand
from whence.language.query import Query
from whence.refutation.no_effect import absent_effect
from whence.runtime.errors import WhenceError
from whence.runtime.plain import bare
from whence.runtime.seeds import as_seed

if TYPE_CHECKING:
    from whence.data.any_data import AnyData
    from whence.data.tables import Table
    from whence.engine.how import How
    from whence.language.graph import Graph
    from whence.refutation.result import Refutation


def zero(estimand: Estimand, found: AnyData | None, how: How) -> Estimate:
    """Zero, known exactly if the graph is right; `naive` is what the data show without the graph."""
    query = estimand.query
    done, asked = (" and ".join(bare(name) for name in names) for names in (query.treatments, query.outcomes))
    return Estimate(
        *(0.0, 0.0, (0.0, 0.0), how.level),
        n=0 if found is None else found.n,
        naive=None if found is None else _as_seen(query, estimand.graph, found),
        method="graph",
        why=f"It follows from the graph alone: nothing leads from {done} to {asked} in it, so setting {done} "
        f"leaves {asked} as it is. No data went into it.",
        label=f"effect of {done} on {asked}",
    )


def _as_seen(query: Query, graph: Graph, found: AnyData) -> float | None:
    """The comparison as the data show it; None where the question names no levels to compare."""
    if query.contrast is not None and query.contrast.open:
        return None
    try:
        estimand = identify(Query(seen(query.body)), graph)
        numbers = estimate_all(estimand, found) if isinstance(estimand, Estimand) else ()
    except WhenceError:
        return None  # levels that nobody has, an outcome in words: there is no such comparison
    return numbers[0].value if isinstance(numbers, tuple) and len(numbers) == 1 else None


def against_the_data(estimand: Estimand, found: Table, how: How) -> tuple[Refutation, ...]:
    """The check of the graph's claim; none for a table of probabilities, which cannot be unsure."""
    if found.weighting == "probabilities":
        return ()
    graph, query = estimand.graph, estimand.query
    columns = columns_of(found, graph.observed).expanded()
    return (absent_effect(graph, columns, query.treatments, query.outcomes, as_seed(how.seed)),)
