"""What would help: the smallest additions to what is known that make a refused question answerable.

Three kinds of knowledge are tried, single pieces, and pairs where no single piece of that kind helps:

- *measure*: a latent variable is observed, or all that lies behind a `<->` is, as one observed common cause;
- *experiment*: an experiment that sets other variables than the treatment, with all else recorded; one on the
  treatment itself is named only where no other would do;
- *absence*: an edge of the graph is known not to be there. Edges whose absence would leave the treatment
  without any effect are not offered: that would settle the question by assuming its answer.

Each remedy was tried: the question has a formula in the changed graph. Edges inside the hedge that bars the
formula are tried first. The search is limited (see `attempts`); `Search.complete` says whether it ended.

Sources: J. Tian and J. Pearl (2002) and I. Shpitser and J. Pearl (2006), for what bars a formula; S. Lee,
J. Correa and E. Bareinboim (UAI 2019), for surrogate experiments.

>>> from whence.language.graph import Edge
>>> from whence.language.query import effect
>>> bow = Graph.of((), [Edge("X", "Y"), Edge("X", "Y", "<->")])
>>> for remedy in remedies(effect("X", "Y"), bow):
...     print(remedy.sentence)
observing what causes both X and Y
an experiment that sets X
knowing that no hidden cause is shared by X and Y
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from itertools import combinations, islice
from typing import Literal, TypeVar

from whence.identification.counterfactuals.path_specific import unfolded
from whence.identification.help.attempts import Attempts, Changed, allowance
from whence.identification.idc import Barred
from whence.identification.kinship import ancestors, descendants
from whence.identification.projection import latent_projection
from whence.identification.proving import Prover
from whence.identification.query_checks import check_query
from whence.identification.sources.given import Given, as_known, sources_from
from whence.language.expression import P, atoms
from whence.language.graph import Edge, Graph
from whence.language.graph_text import graph as read_graph
from whence.language.printing import to_text
from whence.language.query import Query
from whence.language.query_text import query as read_query
from whence.language.refusals import Hedge
from whence.language.simplify import simplify
from whence.language.source import Source
from whence.language.words import listed
from whence.runtime.errors import InvalidQuery
from whence.runtime.events import Warned, emit
from whence.runtime.executor import Executor, serial
from whence.runtime.executor import executor as as_executor

RemedyKind = Literal["measure", "experiment", "absence"]
Piece = TypeVar("Piece")

SIZES = (1, 2)

SHARES = 5
"""Each kind of knowledge gets this part of the attempts at each size, so that none starves the others."""


@dataclass(frozen=True, slots=True)
class Remedy:
    """Something that would make the question answerable.

    `variables` are what to observe (latent ones, or both ends of a `<->` whose causes are to be observed) or
    what an experiment sets; `edges` are those measured away or known to be absent; `size` counts the pieces.
    `formula` is the question's formula then, in one line; `graph` the graph that it holds in.
    """

    kind: RemedyKind
    size: int
    variables: tuple[str, ...]
    edges: tuple[Edge, ...]
    sentence: str
    formula: str
    graph: Graph


@dataclass(frozen=True, slots=True)
class Search:
    """The remedies found, and whether everything was tried that is counted as a remedy."""

    remedies: tuple[Remedy, ...]
    complete: bool


def remedies(
    query: Query | str,
    graph: Graph | str,
    given: Given | Iterable[Given] | None = None,
    executor: Executor | str | None = "serial",
) -> tuple[Remedy, ...]:
    """The smallest additions of each kind that make the question answerable, single ones first.

    Large graphs are worth an `executor`; the work is pure Python, so threads help without the GIL only.
    Warns (an event) where the search was cut short. Raises as `identify` does, `InvalidGraph` for kinds
    other than DAG and ADMG, and `InvalidQuery` where the question is answerable as it is.
    """
    graph = read_graph(graph)
    found = search_remedies(read_query(query), graph, sources_from(given, graph), as_executor(executor))
    if not found.complete:
        emit(
            Warned(
                stage="identify", code="search_cut_short", message="Not everything that could help was tried."
            )
        )
    return found.remedies


def search_remedies(
    query: Query, graph: Graph, sources: tuple[Source, ...] = (), executor: Executor | None = None
) -> Search:
    """The same with whether the search was complete; `sources` none stands for all observed variables."""
    query = unfolded(query, graph)
    check_query(query, graph)
    barred = _barred(query, graph, sources)
    if barred is None:
        cure = "Ask for its hinges instead: what its identification hangs on."
        raise InvalidQuery("Nothing needs to help: the question is identified as it is.", cure)
    finder = _Finder(graph, sources, Attempts(query, allowance(graph), executor=executor or serial()))
    inside = set(barred)
    edges = sorted(graph.edges, key=lambda edge: not {edge.source, edge.target} <= inside)
    found: dict[RemedyKind, list[Remedy]] = {"measure": [], "experiment": [], "absence": []}
    for size in SIZES:
        if not found["measure"]:
            found["measure"] = finder.working(_measurable(graph, edges), size, finder.measured)
        if not found["absence"]:
            found["absence"] = finder.working(edges, size, finder.absent)
        if not found["experiment"]:
            found["experiment"] = finder.working(finder.settable(inside), size, finder.experiment)
    if not found["experiment"]:
        found["experiment"] = finder.on_the_treatments()
    ordered = sorted((each for kind in found.values() for each in kind), key=lambda remedy: remedy.size)
    return Search(tuple(ordered), not finder.attempts.cut)


def _barred(query: Query, graph: Graph, sources: tuple[Source, ...]) -> tuple[str, ...] | None:
    """The variables of the hedge that bars a formula, if a hedge does; None where nothing bars it."""
    observed, known = as_known(latent_projection(graph), sources, query.variables)
    prover = Prover(observed, known)
    for atom in atoms(query.body):
        bar = prover.prove(atom) if isinstance(atom, P) else None
        if bar is not None:
            hedge = bar.hedge if isinstance(bar, Barred) else bar if isinstance(bar, Hedge) else None
            return () if hedge is None else hedge.forest
    return None


def _measurable(graph: Graph, edges: Iterable[Edge]) -> list[str | Edge]:
    """Latent nodes, and bidirected edges, behind which there is something to be observed."""
    hidden: list[str | Edge] = [name for name in graph.nodes if name in graph.latent]
    return [*hidden, *(edge for edge in edges if edge.mark == "<->")]


@dataclass(slots=True)
class _Finder:
    """Tries pieces of knowledge one by one, then in pairs."""

    graph: Graph
    sources: tuple[Source, ...]
    attempts: Attempts

    def working(
        self,
        pieces: Iterable[Piece],
        size: int,
        change: Callable[[tuple[Piece, ...]], tuple[Remedy, Changed] | None],
    ) -> list[Remedy]:
        """The remedies of that many pieces that were tried and work; no kind takes more than its share."""
        most = min(self.attempts.left, max(1, allowance(self.graph) // SHARES))
        offered = (change(choice) for choice in combinations(tuple(pieces), size))
        tried = list(islice((each for each in offered if each is not None), most + 1))
        self.attempts.cut = self.attempts.cut or len(tried) > most
        del tried[most:]
        formulas = self.attempts.formulas([changed for _, changed in tried], "remedies")
        return [
            replace(remedy, formula=to_text(simplify(formula)))
            for (remedy, _), formula in zip(tried, formulas, strict=True)
            if formula is not None
        ]

    def measured(self, pieces: tuple[str | Edge, ...]) -> tuple[Remedy, Changed]:
        """Latent variables observed, and common causes observed in the place of bidirected edges."""
        seen = tuple(piece for piece in pieces if isinstance(piece, str))
        gone = tuple(piece for piece in pieces if isinstance(piece, Edge))
        edges = [edge for edge in self.graph.edges if edge not in gone]
        fresh = tuple(self._unused(f"cause of {edge.source} and {edge.target}") for edge in gone)
        for name, edge in zip(fresh, gone, strict=True):
            edges += [Edge(name, edge.source), Edge(name, edge.target)]
        graph = Graph.of((*self.graph.nodes, *fresh), edges, latent=self.graph.latent - set(seen))
        sources = tuple(_also_of(source, (*seen, *fresh)) for source in self.sources)
        phrases = [f"observing {listed((name,))}" for name in seen]
        phrases += [f"observing what causes both {listed((edge.source, edge.target))}" for edge in gone]
        ends = tuple(end for edge in gone for end in (edge.source, edge.target))
        sentence = " and ".join(phrases)
        return Remedy("measure", len(pieces), (*seen, *ends), gone, sentence, "", graph), (graph, sources)

    def _unused(self, name: str) -> str:
        while name in self.graph.index:
            name += "'"
        return name

    def absent(self, edges: tuple[Edge, ...]) -> tuple[Remedy, Changed] | None:
        """Edges that are not there; None where that would assume the effect away."""
        left = [edge for edge in self.graph.edges if edge not in edges]
        graph = Graph.of(self.graph.nodes, left, latent=self.graph.latent, kind=self.graph.kind)
        x, y = self.attempts.query.treatments, self.attempts.query.outcomes
        if x and _leads(self.graph, x, y) and not _leads(graph, x, y):
            return None
        sentence = f"knowing that {' and '.join(map(_absence, edges))}"
        return Remedy("absence", len(edges), (), edges, sentence, "", graph), (graph, self.sources)

    def settable(self, first: set[str]) -> list[str]:
        """What an experiment could set: causes of what is asked about, without the question's variables."""
        query, graph = self.attempts.query, self.graph
        named = {*query.treatments, *query.outcomes}
        above = graph.names(ancestors(graph, graph.mask(query.variables), graph.all))
        others = [name for name in above if name not in named | graph.latent]
        return sorted(others, key=lambda name: name not in first)

    def on_the_treatments(self) -> list[Remedy]:
        """The experiment that the question is about, if it answers it: one attempt beyond the others."""
        own = tuple(name for name in self.graph.nodes if name in self.attempts.query.treatments)
        if not own:
            return []
        remedy, (graph, sources) = self.experiment(own)
        formula = self.attempts.formula(graph, sources)
        return [] if formula is None else [replace(remedy, formula=to_text(simplify(formula)))]

    def experiment(self, names: tuple[str, ...]) -> tuple[Remedy, Changed]:
        """An experiment that sets these variables, with all other observed ones recorded."""
        recorded = tuple(name for name in self.graph.observed if name not in names)
        new = Source(P(recorded, do=names))
        # What was seen so far stays at hand; alone, a source of everything observed stands for the default.
        sources = self.sources or (Source(P(self.graph.observed)),)
        sentence = f"an experiment that sets {listed(names)}"
        remedy = Remedy("experiment", len(names), names, (), sentence, "", self.graph)
        return remedy, (self.graph, (*sources, new))


def _also_of(source: Source, names: tuple[str, ...]) -> Source:
    atom = source.distribution
    return replace(source, distribution=replace_of(atom, names)) if names else source


def replace_of(atom: P, names: tuple[str, ...]) -> P:
    """The probability of the same and of these names."""
    return P((*atom.of, *P(names).of), atom.given, atom.do, atom.population)


def _leads(graph: Graph, x: Iterable[str], y: Iterable[str]) -> bool:
    """Whether a causal path leads from one of x to one of y."""
    return bool(descendants(graph, graph.mask(x), graph.all) & graph.mask(y))


def _absence(edge: Edge) -> str:
    if edge.mark == "<->":
        return f"no hidden cause is shared by {listed((edge.source, edge.target))}"
    return f"{listed((edge.source,))} does not act on {listed((edge.target,))} directly"
