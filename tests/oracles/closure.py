"""Everything that follows from some distributions, worked out without cunning: sets of names, all subsets.

The rules are applied to sets of variables as the textbooks state them, until nothing new follows.
"""

from __future__ import annotations

from itertools import chain, combinations

from whence.identification.separation import separated
from whence.language.expression import P
from whence.language.graph import Graph

Names = frozenset[str]
Known = tuple[Names, Names, Names]


def parts_of(names: Names) -> list[Names]:
    """The subsets that are not empty."""
    pick = chain.from_iterable(combinations(sorted(names), k) for k in range(1, len(names) + 1))
    return [frozenset(part) for part in pick]


def as_known(atom: P) -> Known:
    of, given, do = (frozenset(term.name for term in part) for part in (atom.of, atom.given, atom.do))
    return of, given, do


def all_that_follows(graph: Graph, given: list[P]) -> set[Known]:
    """Every P(of | given, do) without values that the do-calculus and probability lead to."""
    known = {as_known(atom) for atom in given}
    everything = frozenset(graph.nodes)
    while True:
        fresh = {new for each in known for new in from_one(graph, each, everything)}
        fresh |= {
            (a | b, d, x)
            for a, both, x in known
            for b, d, z in known
            if x == z and both == b | d and not a & b
        }
        if fresh <= known:
            return known
        known |= fresh


def from_one(graph: Graph, known: Known, everything: Names) -> set[Known]:
    """What follows from one, by every rule and for every set of variables."""
    y, w, x = known
    found = {(y - z, w, x) for z in parts_of(y) if z != y} | {
        (y - z, w | z, x) for z in parts_of(y) if z != y
    }
    for z in parts_of(everything - y - w - x):
        if separated(graph, y, z, w | x, cut_into=x):
            found.add((y, w | z, x))
        if separated(graph, y, z, w | x, cut_into=x | unreached(graph, z, w, x)):
            found.add((y, w, x | z))
    for z in parts_of(w):
        rest = w - z
        if separated(graph, y, z, rest | x, cut_into=x):
            found.add((y, rest, x))
        if separated(graph, y, z, rest | x, cut_into=x, cut_out_of=z):
            found.add((y, rest, x | z))
    for z in parts_of(x):
        rest = x - z
        if separated(graph, y, z, w | rest, cut_into=rest, cut_out_of=z):
            found.add((y, w | z, rest))
        if separated(graph, y, z, w | rest, cut_into=rest | unreached(graph, z, w, rest)):
            found.add((y, w, rest))
    return found


def unreached(graph: Graph, z: Names, w: Names, x: Names) -> Names:
    """The part of z that is no ancestor of w where the edges into x are cut."""
    above, pending = set(w), list(w)
    while pending:
        node = pending.pop()
        new = {edge.source for edge in graph.edges if edge.mark == "->" and edge.target == node} - above
        if node not in x:
            above |= new
            pending += new
    return z - above
