"""Definitions as their papers state them, by enumerating paths and subsets: slow, and nothing shared."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, combinations, product

from whence.language.graph import Edge, Graph


@dataclass(frozen=True)
class Walked:
    nodes: tuple[str, ...]
    marks: tuple[str, ...]

    def __str__(self) -> str:
        return self.nodes[0] + "".join(f" {m} {v}" for m, v in zip(self.marks, self.nodes[1:], strict=True))

    @property
    def causal(self) -> bool:
        return set(self.marks) == {"->"}


def subsets(names) -> Iterator[tuple[str, ...]]:
    names = sorted(names)
    return chain.from_iterable(combinations(names, k) for k in range(len(names) + 1))


def all_dags(size: int) -> Iterator[Graph]:
    """Every DAG whose arrows follow the order of naming."""
    names = "ABCDE"[:size]
    pairs = list(combinations(names, 2))
    for chosen in product((False, True), repeat=len(pairs)):
        yield Graph.of(names, [Edge(*pair) for pair, there in zip(pairs, chosen, strict=True) if there])


def steps(graph: Graph, v: str) -> Iterator[tuple[str, str]]:
    for edge in graph.edges:
        if edge.mark == "->" and edge.source == v:
            yield "->", edge.target
        elif edge.mark == "->" and edge.target == v:
            yield "<-", edge.source
        elif edge.mark == "<->" and v in (edge.source, edge.target):
            yield "<->", edge.target if edge.source == v else edge.source


def paths(graph: Graph, x, y) -> Iterator[Walked]:
    """Every path from a node of x to one of y that meets neither set in between."""
    pending = [Walked((v,), ()) for v in x]
    while pending:
        path = pending.pop()
        for mark, v in steps(graph, path.nodes[-1]):
            if v in path.nodes or v in x:
                continue
            longer = Walked((*path.nodes, v), (*path.marks, mark))
            if v in y:
                yield longer
            else:
                pending.append(longer)


def below(graph: Graph, names) -> set[str]:
    found = set(names)
    while True:
        more = {edge.target for edge in graph.edges if edge.mark == "->" and edge.source in found} - found
        if not more:
            return found
        found |= more


def is_open(graph: Graph, path: Walked, z, below_each=None) -> bool:
    for before, v, after in zip(path.marks, path.nodes[1:], path.marks[1:], strict=False):
        collider = before in ("->", "<->") and after in ("<-", "<->")
        if collider and not (below_each[v] if below_each else below(graph, [v])) & set(z):
            return False
        if not collider and v in z:
            return False
    return True


def open_paths(graph: Graph, x, y, z) -> Iterator[Walked]:
    return (path for path in paths(graph, x, y) if is_open(graph, path, z))


def forbidden(graph: Graph, x, y) -> set[str]:
    """The descendants of what lies on a causal path that leaves x for good."""
    on_way = {v for path in paths(graph, x, y) if path.causal for v in path.nodes[1:]}
    return below(graph, on_way)


def adjusts(graph: Graph, x, y, z) -> bool:
    """The adjustment criterion of Perković et al. (2018), definition 4."""
    if set(z) & (forbidden(graph, x, y) | set(x) | set(y)):
        return False
    return all(path.causal for path in open_paths(graph, x, y, z))


def serving(graph: Graph, x, y, candidates) -> list[tuple[str, ...]]:
    """Those of the candidates that adjust, every path walked once for all of them."""
    spoilt = forbidden(graph, x, y) | set(x) | set(y)
    below_each = {v: below(graph, [v]) for v in graph.nodes}
    others = [path for path in paths(graph, x, y) if not path.causal]
    left = [z for z in candidates if not spoilt & set(z)]
    return [z for z in left if not any(is_open(graph, path, z, below_each) for path in others)]


def minimal(sets) -> set[frozenset[str]]:
    found = {frozenset(each) for each in sets}
    return {each for each in found if not any(other < each for other in found)}
