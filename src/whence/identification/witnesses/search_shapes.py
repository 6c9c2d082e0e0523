"""What a search for two models lets vary: small parts of the graph first, each hidden cause in turn.

The variables of the question always vary. Of the others only their ancestors matter, and those of what a
source is conditioned on or shows in part; the nearest are tried first. What is left out is constant, and an
edge left out is ignored: every graph allows both.

Source: A. Balke and J. Pearl (UAI 1994), for response types.

>>> from whence.language.graph import Edge
>>> g = Graph.of((), [Edge("X", "Y"), Edge("Y", "Z")])
>>> [shape.blocks for shape in shapes(P("Z", (), "X"), g, (), {}, 0)]
[((1,),), ((2,),)]
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from itertools import combinations

from whence.identification.kinship import ancestors
from whence.identification.witnesses.bit_models import levels_with
from whence.identification.witnesses.random_models import Shape
from whence.language.expression import Expression, P, Value, atoms
from whence.language.graph import Graph, bits
from whence.language.source import Source

EXTRA = 4
"""Variables beside those of the question that are let vary together, at most."""

NEAR = 6
"""How many other variables are considered: the nearest."""

MOST = 48
"""Response types of one hidden cause, at most."""

FEW = 16
"""The same where two hidden causes move."""


def thinned(graph: Graph, chance: random.Random) -> Graph:
    """The graph without about a third of its edges: what a variable ignores, every graph allows."""
    return Graph.of(graph.nodes, [edge for edge in graph.edges if chance.randrange(3)])


def shapes(
    query: Expression,
    graph: Graph,
    given: tuple[Source, ...],
    named: Mapping[str, tuple[Value, ...]],
    more: int,
) -> Iterator[Shape]:
    """What varies, small parts of the graph first, with each hidden cause in turn as the one that moves."""
    core = graph.mask(_names_in(query))
    near = _nearest(graph, core, graph.mask(_concerned(given, graph)))
    for extra in range(min(EXTRA, len(near)) + 1):
        for chosen in combinations(near, extra):
            among = core
            for node in chosen:
                among |= 1 << node
            sizes = {node: 2 + (more >> node & 1) for node in bits(among)}
            levels = {node: levels_with(named.get(graph.nodes[node], ()), sizes[node]) for node in sizes}
            for block in _blocks(graph, among, alone=bool(given)):
                yield Shape(among, levels, (block,), MOST)


def _names_in(query: Expression) -> list[str]:
    found: dict[str, None] = {}
    for atom in atoms(query):
        if isinstance(atom, P):
            pending = list(atom.terms)
            while pending:
                term = pending.pop()
                found[term.name] = None
                pending += term.world
    return list(found)


def set_in_worlds(query: Expression) -> Iterator[str]:
    """What is set in the worlds of the question's terms."""
    for atom in atoms(query):
        if isinstance(atom, P):
            yield from (part.name for term in atom.terms for part in term.world)


def _concerned(given: tuple[Source, ...], graph: Graph) -> Iterator[str]:
    """What a source is conditioned on, or shows only in part, or where it may differ."""
    for source in given:
        yield from (term.name for term in source.distribution.given if term.name in graph.index)
        yield from (name for pair in source.proxies for name in pair)
        yield from source.differs


def _nearest(graph: Graph, core: int, concerned: int) -> list[int]:
    """The ancestors of the question's variables outside it, those fewest edges away first."""
    found: list[int] = []
    useful = ancestors(graph, core | concerned, graph.all) & ~core
    seen = fresh = core
    while fresh and len(found) < NEAR:
        around = 0
        for node in bits(fresh):
            around |= graph.parents[node] | graph.children[node] | graph.spouses[node]
        fresh = around & ~seen
        seen |= fresh
        found += bits(fresh & useful)
    return found[:NEAR]


def _blocks(graph: Graph, among: int, *, alone: bool) -> Iterator[tuple[int, ...]]:
    """Pairs with a hidden cause, then single variables: those with parents, or all where that may tell."""
    for node in bits(among):
        for other in bits(graph.spouses[node] & among & ~((2 << node) - 1)):
            yield (node, other)
    for node in bits(among):
        if alone or graph.parents[node] & among:
            yield (node,)


def two_blocks(shape: Shape, graph: Graph) -> Iterator[Shape]:
    """The shape with every ordered pair of blocks without a variable in common."""
    blocks = list(_blocks(graph, shape.among, alone=True))
    for one in blocks:
        for other in blocks:
            if not set(one) & set(other):
                yield Shape(shape.among, shape.levels, (one, other), FEW)
