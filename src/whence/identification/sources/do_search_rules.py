"""The rules of the do-search: what follows at once from what is known, on bit masks.

A statement is a probability P(of | given, do(do)) of some population, as a tuple of masks; `at` marks those
of its variables that stand at their value (an indicator at 1, say) rather than open. The three rules of the
do-calculus are applied to one variable at a time, in both directions: for sets they follow from that, since
m-separation is a compositional graphoid. In large graphs, sets of variables are moved together as blocks.

Sources: J. Pearl, *Causality* (2009), theorem 3.4.1; S. Tikka, A. Hyttinen and J. Karvanen, "Causal effect
identification from multiple incomplete data sources: a general search-based approach" (JSS 2021).

>>> from whence.language.graph import Edge, Graph
>>> g = Graph.of((), [Edge("X", "Y")])
>>> calculus = Calculus(Separations.of(g), (1, 2), 0, ())
>>> [(rule, new) for rule, new in by_calculus((2, 1, 0, 0, 0), calculus)]
[('rule 2', (2, 0, 1, 0, 0))]
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from whence.language.estimand import Rule
from whence.language.graph import Graph, bits

Statement = tuple[int, int, int, int, int]
"""P(of | given, do) as the masks of, given, do and at, and its population; number 0 is the question's."""


@dataclass(frozen=True, slots=True)
class Separations:
    """m-connection in mutilated graphs, each worked out once."""

    parents: tuple[int, ...]
    children: tuple[int, ...]
    spouses: tuple[int, ...]
    memo: dict[tuple[int, int, int, int], int] = field(default_factory=dict[tuple[int, int, int, int], int])
    above: dict[tuple[int, int], int] = field(default_factory=dict[tuple[int, int], int])

    @classmethod
    def of(cls, graph: Graph) -> Separations:
        """Those of a DAG or ADMG without latent nodes."""
        return cls(graph.parents, graph.children, graph.spouses)

    @property
    def last(self) -> int:
        """The mask of the last node."""
        return 1 << len(self.parents) - 1

    def linked(self, start: int, held: int, into: int = 0, out_of: int = 0) -> int:
        """What is m-connected to `start` given `held`, edges into `into` and arrows out of `out_of` cut."""
        key = (start, held, into, out_of)
        found = self.memo.get(key)
        if found is None:
            found = self.memo[key] = self._walk(start, held, into, out_of)
        return found

    def _walk(self, start: int, held: int, into: int, out_of: int) -> int:
        # `tails` and `heads`: nodes come to against an arrow, and along an arrowhead.
        tails, heads = start, 0
        new_tails, new_heads = tails, 0
        while new_tails | new_heads:
            up = down = across = 0
            for v in bits((new_tails & ~held) | new_heads):
                bit = 1 << v
                rising = new_tails & ~held & bit
                if (rising or new_heads & held & bit) and not into & bit:
                    up |= self.parents[v]
                    across |= self.spouses[v]
                if (rising or new_heads & ~held & bit) and not out_of & bit:
                    down |= self.children[v]
            new_tails = up & ~out_of & ~tails
            new_heads = (down | across) & ~into & ~heads
            tails |= new_tails
            heads |= new_heads
        return tails | heads

    def ancestors(self, of: int, into: int) -> int:
        """`of` and its ancestors where edges into `into` are cut."""
        found = self.above.get((of, into))
        if found is None:
            found = fresh = of
            while fresh:
                up = 0
                for v in bits(fresh & ~into):
                    up |= self.parents[v]
                fresh = up & ~found
                found |= fresh
            self.above[of, into] = found
        return found


@dataclass(frozen=True, slots=True)
class Calculus:
    """What the rules need to know: the graph, its variables, those that have a value, and the populations.

    `blocks` are the variables, or sets of variables that are moved together; `valued` are those that may
    stand at a value; `elsewhere` has, for each population but the question's, the graph with one more
    node that points at what differs there.
    """

    graph: Separations
    blocks: tuple[int, ...]
    valued: int
    elsewhere: tuple[Separations, ...]


def by_calculus(statement: Statement, calculus: Calculus) -> Iterator[tuple[Rule, Statement]]:
    """What the rules of the do-calculus make of a statement, and its counterparts elsewhere."""
    yield from _without(statement, calculus)
    yield from _with(statement, calculus)
    yield from _elsewhere(statement, calculus)


def _without(statement: Statement, calculus: Calculus) -> Iterator[tuple[Rule, Statement]]:
    """A block seen or done is let go, or exchanged for being done or seen."""
    of, given, do, at, place = statement
    linked = calculus.graph.linked
    for z in calculus.blocks:
        if z & given:
            held = (given | do) ^ z
            if not linked(z, held, do) & of:
                yield "rule 1", (of, given ^ z, do, at & ~z, place)
            if not linked(z, held, do, z) & of:
                yield "rule 2", (of, given ^ z, do | z, at, place)
        elif z & do:
            others = do ^ z
            if not linked(z, given | others, others, z) & of:
                yield "rule 2", (of, given | z, others, at, place)
            if not linked(z, given | others, _cut(z, given, others, calculus.graph)) & of:
                yield "rule 3", (of, given, others, at & ~z, place)


def _with(statement: Statement, calculus: Calculus) -> Iterator[tuple[Rule, Statement]]:
    """One more block is seen or done, and does not matter."""
    of, given, do, at, place = statement
    linked, scope = calculus.graph.linked, of | given | do
    for z in calculus.blocks:
        if z & scope:
            continue
        levels = (at, at | z) if z & calculus.valued == z else (at,)
        if not linked(z, given | do, do) & of:
            for level in levels:
                yield "rule 1", (of, given | z, do, level, place)
        if not linked(z, given | do, _cut(z, given, do, calculus.graph)) & of:
            for level in levels:
                yield "rule 3", (of, given, do | z, level, place)


def _cut(z: int, given: int, do: int, graph: Separations) -> int:
    """Where rule 3 cuts edges: into what is done, and into what of z does not lead to what is seen."""
    return do | z & ~graph.ancestors(given, do)


def _elsewhere(statement: Statement, calculus: Calculus) -> Iterator[tuple[Rule, Statement]]:
    """The same statement of another population that is alike in all that matters."""
    of, given, do, at, place = statement
    for number, graph in enumerate(calculus.elsewhere, 1):
        if place in (0, number) and not graph.linked(graph.last, given | do, do) & of:
            yield "transport", (of, given, do, at, number if place == 0 else 0)


def by_probability(statement: Statement, calculus: Calculus) -> Iterator[tuple[Rule, Statement]]:
    """What follows from one statement by the laws of probability: sums, conditioning, values."""
    of, given, do, at, place = statement
    # What is left before the bar must be open, or it could not be summed over.
    valued, opened = of & at, of & ~at
    if valued and opened:
        yield "condition", (opened, given | valued, do, at, place)
    for z in calculus.blocks:
        if z & opened:
            if z != of:
                yield "sum", (of ^ z, given, do, at, place)
            if z != opened:
                yield "condition", (opened ^ z, given | valued | z, do, at, place)
        if z & (of | given | do) and z & calculus.valued & ~at == z:
            yield "value", (of, given, do, at | z, place)


Pairing = tuple[Rule, Statement, tuple[Statement, Statement]]


@dataclass(frozen=True, slots=True)
class Shelf:
    """The statements that others are paired with, by what they are given and by what they mention."""

    known: set[Statement] = field(default_factory=set[Statement])
    by_given: dict[Statement, list[Statement]] = field(default_factory=dict[Statement, list[Statement]])
    by_scope: dict[Statement, list[Statement]] = field(default_factory=dict[Statement, list[Statement]])

    def add(self, statement: Statement) -> None:
        """Put a statement where its partners will look for it."""
        of, given, do, at, place = statement
        self.known.add(statement)
        self.by_given.setdefault((0, given, do, at & ~of, place), []).append(statement)
        self.by_scope.setdefault((0, of | given, do, at, place), []).append(statement)

    def conditioned_on(self, given: int, do: int, at: int, place: int) -> list[Statement]:
        """Those given just this; `at` marks the values among what is given and done."""
        return self.by_given.get((0, given, do, at, place), [])

    def about(self, scope: int, do: int, at: int, place: int) -> list[Statement]:
        """Those that mention just this."""
        return self.by_scope.get((0, scope, do, at, place), [])


def in_pairs(statement: Statement, shelf: Shelf) -> Iterator[Pairing]:
    """What follows from a statement and another on the shelf, by the chain rule."""
    of, given, do, at, place = statement
    for other in shelf.about(given, do, at & ~of, place):
        yield "chain", (of | other[0], other[1], do, at, place), (statement, other)
    for other in shelf.conditioned_on(of | given, do, at, place):
        yield "chain", (of | other[0], given, do, other[3], place), (other, statement)
    if at & of:
        yield from _ratios(statement, shelf)
    for other in shelf.conditioned_on(given, do, at & ~of, place):
        part = _ratio(other, statement)
        if part is not None:
            yield "ratio", part, (other, statement)


def _ratios(statement: Statement, shelf: Shelf) -> Iterator[Pairing]:
    """A joint statement over one of its parts, or a part over what multiplies it to the whole."""
    of, given, do, at, place = statement
    for other in shelf.conditioned_on(given, do, at & ~of, place):
        part = _ratio(statement, other)
        if part is not None:
            yield "ratio", part, (statement, other)
    fixed = of & at
    part = fixed
    while part:
        if part != of:
            other = (part, given | of ^ part, do, at, place)
            if other in shelf.known:
                yield "ratio", (of ^ part, given, do, at & ~part, place), (statement, other)
        part = (part - 1) & fixed
    if fixed == of:
        for whole in shelf.about(of | given, do, at, place):
            if of & whole[0] == of and whole[0] != of:
                yield "ratio", (whole[0] ^ of, whole[1], do, at & ~of, place), (whole, statement)


def _ratio(whole: Statement, part: Statement) -> Statement | None:
    """P(A | B, C) from P(A, B | C) and P(B | C), where A has values and could not be summed over."""
    of, given, do, at, place = whole
    left = of & ~part[0]
    fits = part[0] & of == part[0] and at & part[0] == part[3] & part[0] and left & at
    return (left, given | part[0], do, at, place) if fits else None
