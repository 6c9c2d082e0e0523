"""What a do-search starts from: the distributions at hand as statements on bit masks.

A variable with a proxy is of use where it was recorded, that is together with its indicator at 1; the proxy
is then the variable itself. So each source gives one statement for every choice of proxies to use, and the
others are summed out; after that no proxy is left, and the graph need not know of any.

Source: K. Mohan and J. Pearl, "Graphical models for processing missing data" (JASA 2021).

>>> from whence.language.graph import Edge
>>> g = Graph.of((), [Edge("x", "r_x")])
>>> task = Task.of(g, P("x"), (Source(P(("x*", "r_x")), proxies=(("x", "r_x"),)),))
>>> for statement in task.leaves[0].statements((1, 2)):
...     print(to_text(task.probability(statement)))
P(r_x)
P(r_x=1, x)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from whence.identification.projection import latent_projection
from whence.identification.sources.do_search_rules import Calculus, Separations, Statement
from whence.language.expression import P, Term, Value
from whence.language.graph import Edge, Graph, bits
from whence.language.printing import to_text
from whence.language.source import Source, starred
from whence.runtime.errors import InvalidQuery, RepeatedVariable
from whence.runtime.plain import quoted

RECORDED = 1
"""The value of an indicator where its variable was recorded."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """A source on masks; `proxies` are the variables of which it has the proxy, each with its indicator."""

    of: int
    given: int
    do: int
    at: int
    place: int
    proxies: tuple[tuple[int, int], ...]

    def in_whole(self, blocks: Iterable[int]) -> Leaf | None:
        """The same without the blocks of which it has a part only; None where these cannot be summed out."""
        of = self.of
        for block in blocks:
            if not any(part & block == block for part in (self.of, self.given, self.do)):
                if block & (self.given | self.do):
                    return None
                of &= ~block
        scope = of | self.given
        proxies = tuple((x, r) for x, r in self.proxies if x & scope)
        known = of and all(r & (scope | self.do) for _, r in proxies)
        return replace(self, of=of, at=self.at & (scope | self.do), proxies=proxies) if known else None

    def statements(self, blocks: Sequence[int]) -> Iterator[Statement]:
        """The source itself, for every choice of proxies to use, those of a block together."""
        behind = sum(x for x, _ in self.proxies)
        choices = [0]
        for x in filter(None, (block & behind for block in blocks)):
            # What is conditioned on cannot be summed out.
            choices = [choice | x for choice in choices] + ([] if x & self.given else choices)
        for choice in sorted(choices):
            unused = sum(x for x, _ in self.proxies if not x & choice)
            at = self.at | sum({r for x, r in self.proxies if x & choice})
            found = (self.of & ~unused, self.given, self.do, at, self.place)
            whole = all(at & block in (0, block) for block in blocks)
            if found[0] and whole and self.follows(found):
                yield found

    def follows(self, statement: Statement) -> bool:
        """Whether the statement, read off this source, may have its variables in the place of proxies."""
        of, given, do, at, _ = statement
        return all(
            r & at and (r & (given | do) or (x & of and r & of)) for x, r in self.proxies if x & (of | given)
        )


@dataclass(frozen=True, slots=True)
class Task:
    """A question for the do-search: the graph of what is mentioned, values, populations, and the leaves."""

    graph: Graph
    levels: dict[str, Value]
    populations: tuple[str, ...]
    calculus: Calculus
    leaves: tuple[Leaf, ...]
    target: Statement

    @classmethod
    def of(
        cls, graph: Graph, claim: P, given: tuple[Source, ...], blocks: Sequence[Iterable[str]] = ()
    ) -> Task:
        """The task on everything that is mentioned, or on these blocks, with the rest summed out.

        Raises `UnknownVariable`, `RepeatedVariable` and `InvalidQuery` for what makes no sense.
        """
        kept = mentioned = _mentioned(graph, claim, given)
        if blocks:
            kept = graph.mask(name for block in blocks for name in block)
        # What nothing speaks of is as good as latent.
        latent = graph.names(graph.all & ~kept)
        small = _projected(graph, latent)
        levels = _levels(claim, given, graph.names(mentioned & kept))
        populations = tuple(dict.fromkeys(("", *(source.population for source in given), claim.population)))
        differs = (
            {v for each in given if each.population == name for v in each.differs} for name in populations
        )
        elsewhere = tuple(Separations.of(_projected(graph, latent, names)) for names in differs)[1:]
        moved = tuple(map(small.mask, blocks)) or tuple(1 << i for i in range(len(small.nodes)))
        calculus = Calculus(Separations.of(small), moved, small.mask(levels), elsewhere)
        read = filter(None, (_leaf(small, latent, source, populations) for source in given))
        leaves = tuple(filter(None, (leaf.in_whole(moved) for leaf in read)))
        place = populations.index(claim.population)
        return cls(small, levels, populations, calculus, leaves, _statement(small, claim, place))

    def terms(self, mask: int, at: int, proxies: int = 0) -> tuple[Term, ...]:
        """The variables of a mask as terms, those of `at` at their value, those of `proxies` with a star."""
        names = self.graph.nodes
        return tuple(
            Term(
                starred(names[i]) if proxies >> i & 1 else names[i],
                self.levels[names[i]] if at >> i & 1 else None,
            )
            for i in bits(mask)
        )

    def probability(self, statement: Statement, proxies: int = 0) -> P:
        """A statement in the language of formulas."""
        of, given, do, at, place = statement
        seen = self.terms(given, at, proxies)
        return P(self.terms(of, at, proxies), seen, self.terms(do, at), self.populations[place])


def _plain_names(source: Source) -> set[str]:
    """The variables of a source, those behind proxies by their own name; its indicators too."""
    original = {starred(x): x for x, _ in source.proxies}
    names = {original.get(term.name, term.name) for term in source.distribution.terms}
    return names | {r for x, r in source.proxies if x in names}


def _projected(graph: Graph, latent: Iterable[str], differs: Iterable[str] | None = None) -> Graph:
    """The graph without the latent names; with `differs`, one node more, the last, points at these."""
    nodes, edges = graph.nodes, graph.edges
    if differs is not None:
        new = "+".join((*nodes, ""))
        nodes, edges = (*nodes, new), (*edges, *(Edge(new, name) for name in differs))
    return latent_projection(Graph.of(nodes, edges, latent=latent, kind=graph.kind))


def _mentioned(graph: Graph, claim: P, given: tuple[Source, ...]) -> int:
    found = graph.mask(term.name for term in claim.terms)
    for source in given:
        found |= graph.mask(source.differs) | graph.mask(_plain_names(source))
    return found


def _levels(claim: P, given: tuple[Source, ...], names: Iterable[str]) -> dict[str, Value]:
    """The value of each variable of `names` that has one somewhere."""
    levels: dict[str, Value] = {r: RECORDED for source in given for _, r in source.proxies}
    for atom in (*(source.distribution for source in given), claim):
        for term in atom.terms:
            if term.value is not None and levels.setdefault(term.name, term.value) != term.value:
                shown = f"{quoted(str(levels[term.name]))} and {quoted(str(term.value))}"
                raise InvalidQuery(
                    f"The distributions and the question speak of {quoted(term.name)} at {shown}.",
                    "Give what is known at one value of it only, or leave the value open.",
                )
    return {name: levels[name] for name in names if name in levels}


def _statement(graph: Graph, atom: P, place: int) -> Statement:
    if not atom.of or any(term.world for term in atom.terms):
        raise InvalidQuery(f"{to_text(atom)} is no probability of seeing or doing.", "Name an outcome.")
    of, given, do = (_mask(graph, (term.name for term in part)) for part in (atom.of, atom.given, atom.do))
    twice = of & (given | do) | given & do
    if twice:
        raise RepeatedVariable(graph.names(twice)[0])
    return of, given, do, graph.mask(term.name for term in atom.terms if term.value is not None), place


def _mask(graph: Graph, names: Iterable[str]) -> int:
    mask = 0
    for name in names:
        one = graph.mask((name,))
        if mask & one:
            raise RepeatedVariable(name)
        mask |= one
    return mask


def _leaf(graph: Graph, latent: tuple[str, ...], source: Source, populations: tuple[str, ...]) -> Leaf | None:
    """The source on masks, what is latent summed out; None where that stands behind the bar."""
    indicator = dict(source.proxies)
    original = {starred(x): x for x in indicator}
    atom = source.distribution
    names = {term.name for term in atom.terms}
    used = [original[term.name] for term in atom.terms if term.name in original]
    for x in used:
        if indicator[x] not in names:
            raise InvalidQuery(
                f"{to_text(atom)} has {quoted(starred(x))} without its indicator {quoted(indicator[x])}.",
                f"Name it too: where {quoted(starred(x))} is missing, {quoted(indicator[x])} is 0.",
            )
    hidden = {*latent, *(x for x in used if indicator[x] in latent)}
    before, after, done = (
        tuple(Term(original.get(term.name, term.name), term.value) for term in part)
        for part in (atom.of, atom.given, atom.do)
    )
    before = tuple(term for term in before if term.name not in hidden)
    if not before or any(term.name in hidden for term in (*after, *done)):
        return None
    place = populations.index(source.population)
    of, given, do, at, place = _statement(graph, P(before, after, done), place)
    kept = [x for x in used if x not in hidden]
    behind = graph.mask(kept)
    if behind & (at | do):
        raise InvalidQuery(f"{to_text(atom)} sets a proxy, or has it at a value.", "Leave it open.")
    proxies = tuple((graph.mask((x,)), graph.mask((indicator[x],))) for x in kept)
    return Leaf(of, given, do, at, place, proxies)
