"""`bounds_problem`: from a question, a graph and the distributions at hand to a linear programme in words.

The component starts empty and takes in each district whose kernel does not tell what the question needs;
everything else enters as numbers. The limits are *sharp* (attained by models of the graph) where the
component is one district that a single hidden cause may reach, for then every distribution of its response
types is a model. Two districts taken together, or one in which hidden causes join pairs only, may carry more
dependence in the programme than in the graph: the limits then still hold, but may be wider than need be.

Source: A. Balke and J. Pearl (UAI 1994; JASA 1997); M. Sachs, G. Jonzon, A. Sjölander and E. Gabriel, "A
general method for deriving tight symbolic bounds on causal effects" (2023), for when the programme is tight;
J. Tian and J. Pearl, "Probabilities of causation" (2000), for data of several kinds.

>>> from whence.language.graph import Edge
>>> from whence.language.query_text import query
>>> trial = Graph.of((), [Edge("Z", "D"), Edge("D", "Y"), Edge("D", "Y", "<->")])
>>> two = {name: (0, 1) for name in "ZDY"}
>>> bounds_problem(query("P(Y=1 | do(D=1))"), trial, two, [P(("Z", "D", "Y"))])
BoundsProblem(P(Y=1 | do(D=1)), 14 types of D, Y)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from whence.identification.bounds.bounds_assumptions import Narrowing, read_all
from whence.identification.bounds.bounds_blocks import blocks_of
from whence.identification.bounds.bounds_worlds import MustJoin, NoLevels, TooManyPieces, Worlds
from whence.identification.bounds.bounds_writing import Writing, conditions, renumbered
from whence.identification.bounds.response_functions import MOST_TYPES, TooManyTypes
from whence.identification.counterfactuals.counterfactual_events import (
    EventRatio,
    Levels,
    NotLinear,
    fractions,
)
from whence.identification.kinship import ancestors, descendants, district
from whence.identification.ledger import listed
from whence.identification.projection import latent_projection
from whence.identification.query_checks import check_query
from whence.language.assumptions import Assumption
from whence.language.bounds_problem import BoundsProblem
from whence.language.expression import P, Value
from whence.language.graph import Graph, bits, union
from whence.language.query import Query
from whence.language.refusals import NotYetAnswerable
from whence.runtime.errors import InvalidQuery
from whence.runtime.plain import bare

MOST_ENTRIES = 10_000_000
"""Beyond so many coefficients, roughly counted, the linear programme is not set up."""


def bounds_problem(
    query: Query,
    graph: Graph,
    levels: Mapping[str, Sequence[Value]],
    sources: Sequence[P],
    assuming: Iterable[str] = (),
) -> BoundsProblem | NotYetAnswerable:
    """The linear programme whose solutions bound the query, or why there is none.

    `levels` gives every variable that matters its values, in order; `sources` are the distributions at hand,
    P(of | given, do) with values open or set; `assuming` (and the query's own) narrow the bounds. Refuses
    what is not linear in the shares of response types, and what would have more than `MOST_TYPES` of them.
    Raises what `check_query` raises, `InvalidQuery` for an unknown assumption, an open value or no source.
    """
    check_query(query, graph)
    if graph.kind not in ("DAG", "ADMG"):
        return NotYetAnswerable(
            f"Bounds are worked out in DAGs and ADMGs so far, and this graph is a {graph.kind}."
        )
    abroad = [source.population for source in sources if source.population]
    if abroad:
        raise InvalidQuery(
            f"The distribution of another population ({abroad[0]}) bounds nothing here.",
            "Give distributions of the population that the question is about.",
        )
    if not sources:
        raise InvalidQuery("No distribution is given.", "Give data, or at least one such as P(X, Y).")
    narrowings, stated = read_all((*query.assuming, *assuming))
    drawn = _without(latent_projection(graph), narrowings)
    known = {name: tuple(values) for name, values in levels.items()}
    for name in _names(sources, narrowings):
        drawn.number(name)
    try:
        asked = fractions(query.body, known)
        plan = _Plan(query, graph, drawn, known, tuple(sources), narrowings, asked, stated)
        return plan.whole() or plan.cut_down()
    except NotLinear as reason:
        return NotYetAnswerable(
            f"{reason} is no linear function of how common the types of units are, nor a ratio of two, "
            "so no linear programme bounds it.",
            ("asking for each of its probabilities by itself",),
        )
    except TooManyTypes as many:
        return NotYetAnswerable(
            f"There would be up to {many.bound:.3g} kinds of units to tell apart (at most {MOST_TYPES:,} are "
            "worked with).",
            ("fewer variables", "fewer levels"),
        )
    except NoLevels as lacking:
        names = ", ".join(bare(name) for name in lacking.names)
        return NotYetAnswerable(
            f"No values are listed for {names}, so the kinds of units cannot be told apart.",
            (f"classes of {names}",),
        )
    except TooManyPieces:
        return NotYetAnswerable(
            "Writing the question out over all values of the variables takes too many sums.",
            ("fewer variables", "fewer levels"),
        )


def _without(graph: Graph, narrowings: Sequence[Narrowing]) -> Graph:
    """The graph without the hidden causes that exogeneity rules out."""
    gone = {each.names[0] for each in narrowings if each.kind == "exogenous"}
    for name in gone:
        graph.number(name)
    kept = [edge for edge in graph.edges if edge.mark != "<->" or not {edge.source, edge.target} & gone]
    return Graph.of(graph.nodes, kept) if gone else graph


def _names(sources: Sequence[P], narrowings: Sequence[Narrowing]) -> list[str]:
    told = [term.name for source in sources for term in source.terms]
    return list(dict.fromkeys([*told, *(name for each in narrowings for name in each.names)]))


@dataclass(slots=True)
class _Plan:
    """What goes into a problem, and the two ways to set it up: whole, or cut down to fit."""

    query: Query
    graph: Graph
    drawn: Graph
    levels: Levels
    sources: tuple[P, ...]
    narrowings: tuple[Narrowing, ...]
    asked: tuple[EventRatio, ...]
    stated: tuple[Assumption, ...]

    def whole(self) -> BoundsProblem | None:
        """With all that the data tell of the component; None if that is too large."""
        among = self._seeds(whole=True)
        while all(name in self.levels for name in self.drawn.names(among)):
            try:
                worlds = self._grown(among)
                whole = among
                for i in bits(worlds.free):
                    whole |= district(self.drawn, 1 << i, self.drawn.all)
                whole = ancestors(self.drawn, whole, self.drawn.all)
                if whole == among:
                    return self._written(worlds, among)
            except (TooManyTypes, TooManyPieces):
                return None
            among = whole
        return None

    def cut_down(self) -> BoundsProblem:
        """With the ancestors of what is asked, and little else."""
        among = self._seeds(whole=False)
        lacking = [name for name in self.drawn.names(among) if name not in self.levels]
        if lacking:
            raise NoLevels(lacking)
        return self._written(self._grown(among), among, dropped=True)

    def _seeds(self, *, whole: bool) -> int:
        """What is asked about or assumed, and what the sources tell of, with all its ancestors.

        All that a source beside the joint distribution tells of may bear on the component. Cut down, only
        what cannot be summed out is kept.
        """
        told = {*self.query.variables, *(name for each in self.narrowings for name in each.names)}
        joint = self._joint(self.drawn.mask(told))
        for place, source in enumerate(self.sources):
            fixed = conditions(self.drawn, source)[1] or any(term.value is not None for term in source.of)
            if fixed or (whole and place != joint):
                told |= {term.name for term in (*source.of, *source.given)}
        return ancestors(self.drawn, self.drawn.mask(told), self.drawn.all)

    def _joint(self, among: int) -> int | None:
        """The source that is the whole distribution of what matters."""
        for place, source in enumerate(self.sources):
            opened = self.drawn.mask(term.name for term in source.of if term.value is None)
            if not source.do and not source.given and not among & ~opened:
                return place
        return None

    def _grown(self, among: int) -> Worlds:
        """The smallest component over which everything can be written."""
        free = self._must_answer(among)
        while True:
            worlds = Worlds(self.drawn, among, self.levels, self._joint(among), free)
            try:
                self._writing(worlds).everything()
            except MustJoin as mates:
                free |= mates.members
            else:
                return worlds

    def _must_answer(self, among: int) -> int:
        """Whose responses an assumption about everybody speaks of: the outcome and what leads to it."""
        free = 0
        for each in self.narrowings:
            if each.kind in ("monotone", "decreasing"):
                above, below = (self.drawn.mask((name,)) for name in each.names)
                between = descendants(self.drawn, above, among) & ancestors(self.drawn, below, among)
                for i in bits(between & ~above):
                    free |= district(self.drawn, 1 << i, among)
        return free

    def _written(self, worlds: Worlds, among: int, *, dropped: bool = False) -> BoundsProblem:
        writing = self._writing(Worlds(self.drawn, among, self.levels, worlds.joint, worlds.free))
        writing.everything()
        component = writing.worlds.component
        responses, blocks, core, number = blocks_of(
            component, writing.worlds.responses, writing.forms, writing.at_most
        )
        entries = sum(len(block.types) for block in blocks) * len(writing.rows) / 2 ** len(component.members)
        if entries > MOST_ENTRIES:
            raise TooManyTypes(entries)
        sharp, why = self._sharpness(writing.worlds, dropped=dropped)
        return BoundsProblem(
            self.query,
            self.graph,
            tuple((name, self.levels[name]) for name in self.drawn.names(among)),
            self.sources,
            worlds.joint,
            component.members,
            component.inputs,
            responses,
            blocks,
            core,
            *renumbered(writing, number),
            sharp,
            why,
            (*self.stated, *_structure(self.query, writing.worlds)),
        )

    def _writing(self, worlds: Worlds) -> Writing:
        return Writing(worlds, self.asked, self.narrowings, self.sources)

    def _sharpness(self, worlds: Worlds, *, dropped: bool) -> tuple[bool, str]:
        free, names = worlds.free, worlds.component.members
        if not names:
            return True, "nothing about hidden causes is left open: the distributions given fix the answer"
        shown = listed(names)
        apart = len({worlds.district_of(name) for name in names})
        if apart > 1:
            return False, (
                f"{shown} are taken to share hidden causes, though in the graph they fall into {apart} parts "
                "that do not: the limits hold, but may be wider than need be"
            )
        if dropped:
            return False, (
                "variables that share hidden causes with those that matter were left out to keep the problem "
                "small: the limits hold, but may be wider than need be"
            )
        if not self._one_cause(free):
            return False, (
                f"one hidden cause of {shown} together is allowed for, and the graph has hidden causes of "
                "fewer of them only: the limits hold, but may be wider than need be"
            )
        return True, f"every way in which {shown} may respond fits the graph, and the ends are attained"

    def _one_cause(self, free: int) -> bool:
        """Whether the graph allows one hidden cause that reaches every member."""
        members = self.drawn.names(free)
        if len(members) <= 2:
            return True
        pairs = {frozenset((edge.source, edge.target)) for edge in self.graph.edges if edge.mark == "<->"}
        if all(frozenset(pair) in pairs for pair in combinations(members, 2)):
            return True
        hidden = self.graph.mask(self.graph.latent)
        return any(
            set(members) <= set(self.graph.names(_reached(self.graph, i, hidden))) for i in bits(hidden)
        )


def _reached(graph: Graph, start: int, hidden: int) -> int:
    """What a hidden variable acts on, directly or through other hidden ones."""
    found = fresh = 1 << start
    while fresh:
        fresh = union(graph.children, fresh & hidden) & ~found
        found |= fresh
    return found


def _structure(query: Query, worlds: Worlds) -> tuple[Assumption, ...]:
    """What the programme takes from the graph, for the ledger."""
    names = listed(worlds.graph.names(worlds.among))
    found = [
        Assumption(f"Among {names}, no arrow and no hidden common cause is missing from the graph.", "graph")
    ]
    members = worlds.component.members
    if members:
        found.append(
            Assumption(
                f"Hidden causes of {listed(members)} may be of any kind; nothing is assumed of them.", "graph"
            )
        )
    if query.treatments:
        found.append(
            Assumption(
                f"Being set to a value of {listed(query.treatments)} is the same as being seen at it, "
                "and nobody's outcome depends on another's treatment.",
                "default",
                about="consistency",
            )
        )
    return tuple(found)
