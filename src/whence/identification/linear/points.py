"""One model of a graph, drawn at random in whole numbers modulo a prime: what is zero there is zero always.

A determinant of covariances is a polynomial in the model's parameters. Where it is not zero at one point, it
is not zero in general; where it is zero at a point drawn from 2^61 values per parameter, it is zero
everywhere but for a chance of about degree / 2^61. So a few multiplications decide what would else need
algebra with letters. Only the search relies on that chance, and only by missing a formula: that a formula
found is right is checked from the graph.

Source: J. Schwartz, "Fast probabilistic algorithms for verification of polynomial identities" (1980).

>>> from whence.language.graph import Edge
>>> at = point(Graph.of((), [Edge("X", "M"), Edge("M", "Y")], latent=["M"]), 0)
>>> at.coefficient(0, 2) == at.covariance(0, 2) * pow(at.covariance(0, 0), -1, PRIME) % PRIME
True
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import count

from whence.language.graph import Graph, bits

PRIME = (1 << 61) - 1


@dataclass(frozen=True, slots=True)
class Point:
    """A random model: covariances of all nodes, and coefficients along paths through hidden ones.

    Nodes are the numbers of `graph`; `hidden` is the mask of nodes through which effects count as direct.
    """

    graph: Graph
    hidden: int
    weights: dict[tuple[int, int], int]
    joint: tuple[tuple[int, ...], ...]
    found: dict[tuple[int, int], int] = field(default_factory=dict[tuple[int, int], int])

    def covariance(self, a: int, b: int) -> int:
        """The covariance of two nodes."""
        return self.joint[a][b]

    def coefficient(self, cause: int, effect: int) -> int:
        """The direct effect, with what goes through hidden nodes."""
        if (cause, effect) not in self.found:
            moved = {cause: 1}
            for node in self.graph.order:
                if node != cause and (node == effect or self.hidden >> node & 1):
                    parents = self.graph.parents[node]
                    moved[node] = sum(self.weights[p, node] * moved.get(p, 0) for p in bits(parents)) % PRIME
            self.found[cause, effect] = moved[effect]
        return self.found[cause, effect]

    def row(self, source: int, given: Sequence[int], less: Sequence[int]) -> list[int] | None:
        """How `source`, less what `less` do to it, is correlated given `given` with each node.

        None where the given ones are not independent of one another.
        """
        row = list(self.joint[source])
        for cause in less:
            weight = self.coefficient(cause, source)
            row = [(a - weight * b) % PRIME for a, b in zip(row, self.joint[cause], strict=True)]
        basis: list[list[int]] = []
        for node in given:
            held = list(self.joint[node])
            for pivot, other in zip(given, basis, strict=False):
                held = _taken_off(held, other, pivot)
            if held[node] == 0:
                return None
            basis.append(held)
        for pivot, other in zip(given, basis, strict=True):
            row = _taken_off(row, other, pivot)
        return row


def _taken_off(row: list[int], other: list[int], pivot: int) -> list[int]:
    share = row[pivot] * pow(other[pivot], -1, PRIME) % PRIME
    return [(a - share * b) % PRIME for a, b in zip(row, other, strict=True)] if share else row


def _drawn(text: str) -> int:
    # A hash, so that the same graph has the same point on every machine.
    return int.from_bytes(sha256(text.encode()).digest()[:16], "big") % (PRIME - 1) + 1


def point(graph: Graph, hidden: int, seed: int = 0) -> Point:
    """A random model of a DAG or ADMG, its latent nodes and the nodes of `hidden` counted as hidden."""
    value = (_drawn(f"{seed} {number}") for number in count())
    size = len(graph.nodes)
    noise = [[0] * size for _ in range(size)]
    for a in range(size):
        noise[a][a] = next(value)
        for b in bits(graph.spouses[a] & ((1 << a) - 1)):
            noise[a][b] = noise[b][a] = next(value)
    weights = {(p, v): next(value) for v in range(size) for p in bits(graph.parents[v])}
    # Errors mix with weights first by row, then by column, causes before effects.
    rows = [list(row) for row in noise]
    for v in graph.order:
        for p in bits(graph.parents[v]):
            weight = weights[p, v]
            rows[v] = [(a + weight * b) % PRIME for a, b in zip(rows[v], rows[p], strict=True)]
    for v in graph.order:
        for p in bits(graph.parents[v]):
            weight = weights[p, v]
            for row in rows:
                row[v] = (row[v] + weight * row[p]) % PRIME
    return Point(graph, hidden | graph.mask(graph.latent), weights, tuple(map(tuple, rows)))
