"""Random graphs and short ways to write them in tests."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, combinations, product

import numpy as np

from whence.language.graph import Edge, Graph
from whence.runtime.errors import CyclicGraph

MARKS = ("<->", "->")


def arrows(text: str, latent: tuple[str, ...] = (), nodes: tuple[str, ...] = ()) -> Graph:
    """A graph from `"X->Y Z<->Y"`."""
    edges = []
    for word in text.split():
        mark = next((mark for mark in MARKS if mark in word), None)
        if mark is None:
            nodes = (*nodes, word)
            continue
        source, target = word.split(mark)
        edges.append(Edge(source, target, mark))  # type: ignore[arg-type]
    named = dict.fromkeys([*nodes, *(end for edge in edges for end in (edge.source, edge.target))])
    return Graph.of(tuple(named), edges, latent=latent)


def random_admg(rng: np.random.Generator, nodes: int, degree: float = 2.5, share: float = 0.4) -> Graph:
    """Arrows along a random order and bidirected edges: `degree` ends per node, `share` of edges hidden."""
    names = [f"V{i}" for i in range(nodes)]
    order = list(rng.permutation(names))
    pairs = nodes * (nodes - 1) / 2
    edges = nodes * degree / 2
    found = []
    for i in range(nodes):
        for j in range(i + 1, nodes):
            if rng.random() < edges * (1 - share) / pairs:
                found.append(Edge(order[i], order[j]))
            if rng.random() < edges * share / pairs:
                found.append(Edge(order[i], order[j], "<->"))
    return Graph.of(names, found)


def random_hidden(rng: np.random.Generator, nodes: int, latent: int, degree: float = 3.0) -> Graph:
    """A DAG some of whose nodes are latent (of any number of parents and children)."""
    names = [f"V{i}" for i in range(nodes)]
    order = list(rng.permutation(names))
    chance = min(1.0, degree / (nodes - 1))
    found = [
        Edge(order[i], order[j]) for i in range(nodes) for j in range(i + 1, nodes) if rng.random() < chance
    ]
    return Graph.of(names, found, latent=[str(v) for v in rng.permutation(names)[:latent]])


def all_dags(names: str) -> list[Graph]:
    """Every DAG on these names, whatever the order of its arrows (25 of three nodes, 543 of four)."""
    pairs = list(combinations(names, 2))
    found = []
    for choice in product(("", "->", "<-"), repeat=len(pairs)):
        ends = [
            (b, a) if mark == "<-" else (a, b) for (a, b), mark in zip(pairs, choice, strict=True) if mark
        ]
        try:
            found.append(Graph.of(names, [Edge(*pair) for pair in ends]))
        except CyclicGraph:
            continue
    return found


def all_admgs(names: str) -> list[Graph]:
    """Every ADMG on these names (200 of three nodes)."""
    pairs = list(combinations(names, 2))
    found = []
    for dag in all_dags(names):
        for choice in product((False, True), repeat=len(pairs)):
            hidden = [Edge(*pair, "<->") for pair, there in zip(pairs, choice, strict=True) if there]
            found.append(Graph.of(names, [*dag.edges, *hidden]))
    return found


def subsets(names: Iterable[str]) -> Iterator[tuple[str, ...]]:
    names = sorted(names)
    return chain.from_iterable(combinations(names, k) for k in range(len(names) + 1))
