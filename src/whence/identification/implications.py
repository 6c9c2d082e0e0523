"""What a graph says that data can contradict: its conditional independences.

Two observed variables without an edge in the latent projection are independent given some set, unless an
inducing path joins them. Each such pair is listed with a minimal set. In a graph without hidden causes
this is a basis: together the statements imply every other independence of the graph (in distributions
without zeros).

Source: J. Pearl, *Causality* (2009), section 1.2.3; T. Richardson, "Markov properties for acyclic
directed mixed graphs" (2003).

>>> from whence.language.graph import Edge
>>> g = Graph.of((), [Edge("A", "B"), Edge("B", "C")])
>>> print(*implied_independences(g))
A ⟂ C | B
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from whence.identification.projection import latent_projection
from whence.identification.reachability import Adjacency
from whence.identification.separators import Separation, minimal_separator
from whence.language.graph import Graph, bits


@dataclass(frozen=True, slots=True)
class Independence:
    """x and y are independent given `given`."""

    x: str
    y: str
    given: tuple[str, ...] = ()

    def __str__(self) -> str:
        held = f" | {', '.join(self.given)}" if self.given else ""
        return f"{self.x} ⟂ {self.y}{held}"


def implied_independences(graph: Graph) -> tuple[Independence, ...]:
    """One independence, with a minimal set, for each pair of observed variables that has any.

    Latent nodes are never mentioned. Raises `InvalidGraph` for kinds other than DAG and ADMG.
    """
    return tuple(independences(graph))


def independences(graph: Graph) -> Iterator[Independence]:
    """The same one by one: a large graph implies millions, and the first are soon found."""
    observed = latent_projection(graph)
    edges = Adjacency.of(observed)
    for a, name in enumerate(observed.nodes):
        near = observed.parents[a] | observed.children[a] | observed.spouses[a]
        for b in bits(observed.all & ~near & ~((2 << a) - 1)):
            given = minimal_separator(Separation(edges, 1 << a, 1 << b, 0, observed.all))
            if given is not None:
                yield Independence(name, observed.nodes[b], observed.names(given))
