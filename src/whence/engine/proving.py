"""The symbolic steps of `ask`: from a query to an estimand whose proof was checked, or to a refusal; no data.

>>> from whence.language.graph_text import graph
>>> from whence.language.query_text import query
>>> found = identify(query("P(y | do(x))"), graph("z -> x -> y; z -> y"))
>>> found.text, verify(found)
('Σ_{z} P(y | x, z) P(z)', True)
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations
from typing import TYPE_CHECKING

from whence.identification import identify as identification
from whence.identification import verify as verification
from whence.language.estimand import Estimand
from whence.language.graph import Edge, Graph
from whence.language.query import Query
from whence.language.refusals import NeedsGraph, NotIdentified, NotYetAnswerable, Refusal
from whence.runtime.plain import bare

if TYPE_CHECKING:
    from whence.data.any_data import AnyData
    from whence.identification.sources.given import Given
    from whence.runtime.executor import Executor


def identify(
    query: Query, known: Graph | None, given: Given | Iterable[Given] | None = None
) -> Estimand | Refusal:
    """The estimand; without a graph only for questions of seeing, which rest on none."""
    if known is not None:
        return identification.identify(query, known, given)
    if given is not None and query.rung == 1:
        return NeedsGraph(
            "What follows from these distributions depends on what causes what, and that was not said.",
            ("a graph of what causes what",),
        )
    if query.rung == 1:
        return identification.identify(query, claiming_nothing(query))
    done, asked = (", ".join(bare(name) for name in names) for names in (query.treatments, query.outcomes))
    return NeedsGraph(
        f"What setting {done} does to {asked} cannot be told from data alone: "
        "different causes can leave the same data behind, and it was not said what causes what.",
        (f"a graph of what causes what: {done} -> {asked}, and whatever causes both of them",),
    )


def as_seen(reply: Estimand | Refusal, found: AnyData | None) -> Estimand | Refusal:
    """The reply for variables of as many values as the table shows.

    A question about several worlds may have no answer only because a variable could take a further value:
    then two models that let it do so prove nothing about data in which it does not.
    """
    if found is None or not isinstance(reply, NotIdentified) or reply.models is None or reply.query is None:
        return reply
    if reply.query.rung < 3:
        return reply
    for name, levels in reply.models.first.levels:
        seen = len(found.field(name).levels) if name in found else 0
        if 0 < seen < len(levels):
            why = (
                f"No formula was found for {reply.query}. Two models show that there is none if {bare(name)} "
                f"may take {len(levels)} values; in the data it takes {seen}, and for that it is open."
            )
            return NotYetAnswerable(why, reply.would_help)
    return reply


def claiming_nothing(query: Query) -> Graph:
    """The graph in which all that the query names may share hidden causes: it excludes no distribution."""
    names = query.variables
    return Graph.of(names, [Edge(one, other, "<->") for one, other in combinations(names, 2)])


def verify(estimand: Estimand | Refusal, workers: Executor | str = "serial") -> bool:
    """Whether there is a proof and it holds; raises `ProofRejected` for one that does not."""
    if not isinstance(estimand, Estimand | NotIdentified):
        return False
    verification.verify(estimand, executor=workers)
    return True
