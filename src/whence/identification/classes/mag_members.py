"""The MAGs of a PAG, each from another by changing one mark.

Any two Markov equivalent MAGs (without selection) are joined by a chain of equivalent ones, each made from
the one before by turning a -> b into a <-> b or back. So all are found by walking that neighbourhood from any
one.

Source: J. Zhang and P. Spirtes, "A transformational characterization of Markov equivalence for directed
acyclic graphs with latent variables" (UAI 2005).

>>> from whence.language.graph import Edge, Graph
>>> for each in ancestral_members(Graph.of((), [Edge("A", "B", "o-o")], kind="PAG")):
...     print(each)
Graph(MAG: A -> B)
Graph(MAG: A <-> B)
Graph(MAG: B -> A)
"""

from __future__ import annotations

from collections.abc import Iterator

from whence.identification.classes.marks import Marks
from whence.identification.classes.pag import (
    class_marks,
    discriminated,
    require_complete,
    require_no_selection,
)
from whence.language.graph import Graph, bits
from whence.runtime.events import check_cancelled


def ancestral_members(graph: Graph) -> Iterator[Graph]:
    """The MAGs of a PAG, each once, lazily; raises `InvalidGraph` where the graph is no PAG."""
    first = Marks.of(require_complete(graph))
    return (each.graph(graph, "MAG") for each in _walk(first))


def class_of_mag(graph: Graph) -> Graph:
    """The PAG of a MAG that is known to be one; raises `InvalidGraph` for selection."""
    require_no_selection(graph)
    return class_marks(Marks.of(graph)).graph(graph, "PAG")


def _walk(first: Marks) -> Iterator[Marks]:
    seen = {first.key()}
    pending = [first]
    while pending:
        check_cancelled()
        now = pending.pop()
        yield now
        for near in equivalent_neighbours(now):
            key = near.key()
            if key not in seen:
                seen.add(key)
                pending.append(near)


def equivalent_neighbours(marks: Marks) -> Iterator[Marks]:
    """The Markov equivalent MAGs that differ from this one in one mark."""
    for b in range(len(marks.adjacent)):
        for a in bits(marks.parents(b)):
            if may_be_hidden(marks, a, b):
                found = marks.copy()
                found.head(b, a)
                yield found
        for a in bits(marks.spouses(b)):
            found = marks.copy()
            found.tail(b, a)
            if may_be_hidden(found, a, b):
                yield found


def may_be_hidden(marks: Marks, a: int, b: int) -> bool:
    """Whether a -> b may as well be a <-> b: Zhang & Spirtes (2005), lemma 1."""
    others = ~(1 << a)
    if marks.parents(a) & ~marks.parents(b) or marks.spouses(a) & ~marks.heads[b]:
        return False
    # No other directed path leads from a to b.
    found = fresh = marks.children(a) & ~(1 << b)
    while fresh:
        beyond = 0
        for v in bits(fresh):
            beyond |= marks.children(v)
        if beyond >> b & 1:
            return False
        fresh = beyond & others & ~found
        found |= fresh
    return discriminated(marks, a, b) is None
