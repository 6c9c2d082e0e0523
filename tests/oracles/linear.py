"""Linear models by brute force: what their covariances determine, from the rank of the Jacobian.

A coefficient is determined up to finitely many values exactly when its unit vector lies in the row space of
the Jacobian of (coefficients, error covariances) -> covariances at a general point; so does the gradient of a
total effect. The point is drawn in a prime field, in which ranks are exact. Nothing here uses the package's
own algebra: covariances are multiplied out along treks, that is entry by entry.
"""

from __future__ import annotations

from itertools import combinations, combinations_with_replacement
from random import Random

from whence.language.graph import Edge, Graph

PRIME = 2_147_483_647


def all_forward_admgs(size: int) -> list[Graph]:
    """Every ADMG whose arrows go along a fixed order: one of each up to renaming, at the least."""
    names = [f"V{i}" for i in range(size)]
    pairs = list(combinations(names, 2))
    found = []
    for choice in range(4 ** len(pairs)):
        edges = []
        for place, (a, b) in enumerate(pairs):
            kind = choice >> 2 * place & 3
            edges += [Edge(a, b)] if kind & 1 else []
            edges += [Edge(a, b, "<->")] if kind & 2 else []
        found.append(Graph.of(names, edges))
    return found


class Linearised:
    """A random model of an ADMG in a prime field, and the row space of its Jacobian."""

    def __init__(self, graph: Graph, seed: int = 0) -> None:
        chance = Random(seed)
        self.names = [graph.nodes[i] for i in graph.order]
        self.weights = {
            (e.source, e.target): chance.randrange(1, PRIME) for e in graph.edges if e.mark == "->"
        }
        self.noise = {(v, v): chance.randrange(1, PRIME) for v in self.names}
        self.noise |= {
            (e.source, e.target): chance.randrange(1, PRIME) for e in graph.edges if e.mark == "<->"
        }
        self.parameters = [*self.weights, *(("noise", *pair) for pair in self.noise)]
        self.paths = self._paths()
        self.rows = self._echelon(self._jacobian())

    def _paths(self) -> dict[tuple[str, str], int]:
        """(I - L)^-1: the total effect of each variable on each."""
        found = {}
        for a in self.names:
            for b in self.names:
                found[a, b] = int(a == b)
                for p in self.names:
                    if (p, b) in self.weights and b != a:
                        found[a, b] += found.get((a, p), 0) * self.weights[p, b]
                found[a, b] %= PRIME
        return found

    def covariance(self, a: str, b: str) -> int:
        total = 0
        for (e, f), value in self.noise.items():
            total += self.paths[e, a] * self.paths[f, b] * value
            total += self.paths[f, a] * self.paths[e, b] * value if e != f else 0
        return total % PRIME

    def _jacobian(self) -> list[list[int]]:
        # d Cov(a, b) / d w[p, q] = paths(q, a) Cov(p, b) + Cov(a, p) paths(q, b)
        rows = []
        for a, b in combinations_with_replacement(self.names, 2):
            row = [
                self.paths[q, a] * self.covariance(p, b) + self.covariance(a, p) * self.paths[q, b]
                for p, q in self.weights
            ]
            for e, f in self.noise:
                both = self.paths[e, a] * self.paths[f, b]
                row.append(both + (self.paths[f, a] * self.paths[e, b] if e != f else 0))
            rows.append([cell % PRIME for cell in row])
        return rows

    @staticmethod
    def _echelon(rows: list[list[int]]) -> list[tuple[int, list[int]]]:
        done: list[tuple[int, list[int]]] = []
        for row in rows:
            left = Linearised._reduced(row, done)
            lead = next((i for i, cell in enumerate(left) if cell), None)
            if lead is not None:
                scale = pow(left[lead], -1, PRIME)
                done.append((lead, [cell * scale % PRIME for cell in left]))
        return done

    @staticmethod
    def _reduced(row: list[int], done: list[tuple[int, list[int]]]) -> list[int]:
        left = list(row)
        for lead, other in done:
            if left[lead]:
                left = [(a - left[lead] * b) % PRIME for a, b in zip(left, other, strict=True)]
        return left

    @property
    def finite(self) -> bool:
        """Whether all parameters are determined up to finitely many values."""
        return len(self.rows) == len(self.parameters)

    def determines(self, x: str, y: str, kind: str) -> bool:
        """Whether the effect is determined up to finitely many values."""
        gradient = []
        for parameter in self.parameters:
            if parameter[0] == "noise":
                gradient.append(0)
            elif kind == "direct":
                gradient.append(int(parameter == (x, y)))
            else:
                p, q = parameter[0], parameter[1]
                gradient.append(self.paths[x, p] * self.paths[q, y] % PRIME)
        return not any(self._reduced(gradient, self.rows))
