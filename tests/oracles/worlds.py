"""Random graphs and short ways to write them in tests."""

from __future__ import annotations

import numpy as np

from whence.language.graph import Edge, Graph

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
    """Arrows along a random order and bidirected edges, `degree` edges per node in all, `share` of them hidden."""
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
