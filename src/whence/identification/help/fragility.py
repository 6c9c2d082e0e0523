"""What the identification of a question hangs on: single claims of the graph without which it breaks.

A graph claims most by the edges that it leaves out. A *hinge* is one missing edge that, if it were there
after all, would leave the question without any formula: a missing `<->` (a hidden cause that two variables
were taken not to share) or a missing arrow (an effect that was taken not to be there). The formula at hand
may well be wrong for other graphs too; a hinge is where no other formula could take its place. An edge of the
graph is *spare* when the same formula is found without it: it may be there or not.

Only edges that matter are tried: both ends of a `<->`, and the head of an arrow, among the causes of what the
question speaks of. Elsewhere an added edge changes no formula.

Sources: J. Tian and J. Pearl (2002); I. Shpitser and J. Pearl (2006).

>>> from whence.language.graph import Edge
>>> from whence.language.query import effect
>>> g = Graph.of((), [Edge("X", "M"), Edge("M", "Y"), Edge("X", "Y", "<->")])
>>> for hinge in hinges(effect("X", "Y"), g):
...     print(hinge.kind, hinge.sentence)
absence X does not act on Y directly
absence no hidden cause is shared by M and X
absence no hidden cause is shared by M and Y
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from whence.identification.counterfactuals.path_specific import unfolded
from whence.identification.help.attempts import Attempts, allowance
from whence.identification.kinship import ancestors, descendants, require_directed
from whence.identification.query_checks import check_query
from whence.identification.sources.given import Given, sources_from
from whence.language.graph import Edge, Graph, bits
from whence.language.graph_text import graph as read_graph
from whence.language.query import Query
from whence.language.query_text import query as read_query
from whence.language.source import Source
from whence.language.words import listed
from whence.runtime.errors import InvalidQuery
from whence.runtime.events import Warned, emit
from whence.runtime.executor import Executor
from whence.runtime.executor import executor as as_executor

HingeKind = Literal["absence", "spare"]


@dataclass(frozen=True, slots=True)
class Hinge:
    """A single edge that identification hangs on.

    `absence`: the edge is not in the graph, and were it there, nothing would identify the question. `spare`:
    the edge is in the graph, and without it the formula would be the same. `sentence` states the claim.
    """

    kind: HingeKind
    edge: Edge
    sentence: str


def hinges(
    query: Query | str,
    graph: Graph | str,
    given: Given | Iterable[Given] | None = None,
    executor: Executor | str | None = "serial",
) -> tuple[Hinge, ...]:
    """The missing edges that carry the identification of a question, and the edges that do not matter.

    Large graphs are worth an `executor`; the work is pure Python, so threads help without the GIL only.
    Warns (an event) where the search was cut short. Raises as `identify` does, `InvalidGraph` for kinds
    other than DAG and ADMG, and `InvalidQuery` where the question is not identified.
    """
    query, graph = read_query(query), read_graph(graph)
    check_query(query, graph)
    require_directed(graph, "What identification hangs on")
    sources = sources_from(given, graph)
    workers = as_executor(executor)
    attempts = Attempts(query, allowance(graph), executor=workers)
    formula = attempts.formula(graph, sources)
    if formula is None:
        cure = "Ask for remedies instead: what would make it so."
        raise InvalidQuery("Nothing hangs together: the question is not identified.", cure)
    spoken = _spoken_of(unfolded(query, graph), sources)
    # Where not all can be tried, those at the variables of the question come first.
    absent = sorted(missing(graph, spoken), key=lambda edge: -len({edge.source, edge.target} & spoken))
    tried = absent[: attempts.left]
    with_it = attempts.formulas([(with_edge(graph, edge), sources) for edge in tried], "hinges")
    found = [
        Hinge("absence", edge, _claim(edge))
        for edge, other in zip(tried, with_it, strict=True)
        if other is None
    ]
    others = Attempts(query, allowance(graph), executor=workers)
    present = graph.edges[: others.left]
    without_it = others.formulas([(_without(graph, edge), sources) for edge in present], "hinges")
    found += [
        Hinge("spare", edge, f"{_shown(edge)} makes no difference")
        for edge, other in zip(present, without_it, strict=True)
        if other == formula
    ]
    if len(tried) < len(absent) or len(present) < len(graph.edges):
        message = "Not every edge that identification could hang on was tried."
        emit(Warned(stage="identify", code="search_cut_short", message=message))
    return tuple(found)


def _spoken_of(query: Query, sources: tuple[Source, ...]) -> set[str]:
    """The variables of the question, and those that what is given conditions on or is recorded by."""
    held = {term.name for source in sources for term in source.distribution.given}
    return {
        *query.variables,
        *held,
        *(name for source in sources for pair in source.proxies for name in pair),
    }


def missing(graph: Graph, names: Iterable[str]) -> Iterator[Edge]:
    """The edges between observed variables that are not in the graph and could matter to these names."""
    above = ancestors(graph, graph.mask(names), graph.all)
    seen = graph.mask(graph.observed)
    for i in bits(above & seen):
        for j in bits(above & seen & ~((2 << i) - 1) & ~graph.spouses[i]):
            yield Edge(graph.nodes[i], graph.nodes[j], "<->")
    for head in bits(above & seen):
        # An arrow from what comes after its head would close a cycle.
        after = descendants(graph, 1 << head, graph.all)
        for tail in bits(seen & ~after & ~graph.parents[head]):
            yield Edge(graph.nodes[tail], graph.nodes[head])


def with_edge(graph: Graph, edge: Edge) -> Graph:
    """The graph with one more edge."""
    kind = "ADMG" if edge.mark == "<->" else graph.kind
    return Graph.of(graph.nodes, (*graph.edges, edge), latent=graph.latent, kind=kind)


def _without(graph: Graph, edge: Edge) -> Graph:
    left = [other for other in graph.edges if other != edge]
    return Graph.of(graph.nodes, left, latent=graph.latent)


def _claim(edge: Edge) -> str:
    if edge.mark == "<->":
        return f"no hidden cause is shared by {listed((edge.source, edge.target))}"
    return f"{listed((edge.source,))} does not act on {listed((edge.target,))} directly"


def _shown(edge: Edge) -> str:
    return f"whether {edge.source} {edge.mark} {edge.target}"
