"""Random classes of graphs with their members, found by trying every way to direct every edge."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np

from identification.classes import ancestral, common_marks, drawn, independences
from identification.definitions import below
from oracles.worlds import random_admg
from whence.language.graph import Edge, Graph
from whence.runtime.errors import CyclicGraph


def directions(graph: Graph, marks: tuple[str, ...], kind: str) -> Iterator[Graph]:
    """Every graph on the adjacencies of this one with these marks and without cycles."""
    pairs = sorted({tuple(sorted((edge.source, edge.target))) for edge in graph.edges})
    for chosen in product(marks, repeat=len(pairs)):
        edges = [
            Edge(b, a) if mark == "<-" else Edge(a, b, mark)
            for (a, b), mark in zip(pairs, chosen, strict=True)
        ]
        try:
            yield Graph.of(graph.nodes, edges, kind=kind)
        except CyclicGraph:
            continue


def colliders(graph: Graph) -> set[tuple[str, str, str]]:
    """The unshielded colliders."""
    into = {v: set() for v in graph.nodes}
    joined = set()
    for edge in graph.edges:
        joined |= {(edge.source, edge.target), (edge.target, edge.source)}
        into[edge.target].add(edge.source)
        if edge.mark == "<->":
            into[edge.source].add(edge.target)
    return {
        (a, v, b) for v in graph.nodes for a in into[v] for b in into[v] if a < b and (a, b) not in joined
    }


def equivalent_dags(dag: Graph) -> list[Graph]:
    """The DAGs with the same adjacencies and unshielded colliders."""
    wanted = colliders(dag)
    return [each for each in directions(dag, ("->", "<-"), "DAG") if colliders(each) == wanted]


def equivalent_mags(mag: Graph) -> list[Graph]:
    """The MAGs with the same adjacencies and independences."""
    wanted, model = colliders(mag), independences(mag)
    found = directions(mag, ("->", "<-", "<->"), "MAG")
    return [
        each
        for each in found
        if ancestral(each) and colliders(each) == wanted and independences(each) == model
    ]


def mag_by_definition(graph: Graph) -> Graph:
    """Adjacent where nothing separates, a tail where there is ancestry."""
    apart = {frozenset(each[:2]) for each in independences(graph)}
    names = sorted(graph.observed)
    edges = []
    for i, a in enumerate(names):
        for b in names[i + 1 :]:
            if frozenset((a, b)) in apart:
                continue
            if b in below(graph, [a]):
                edges.append(Edge(a, b))
            elif a in below(graph, [b]):
                edges.append(Edge(b, a))
            else:
                edges.append(Edge(a, b, "<->"))
    return Graph.of(names, edges, kind="MAG")


def random_class(rng: np.random.Generator, kind: str, nodes: int) -> tuple[Graph, list[Graph]]:
    """A class of the kind, drawn from what its members have in common, and its members."""
    while True:
        share = 0.35 if kind == "PAG" else 0.0
        graph = random_admg(rng, nodes, float(rng.uniform(1.5, 3.2)), share)
        names = sorted(graph.nodes)
        if kind == "PAG":
            mag = mag_by_definition(graph)
            if len(mag.edges) > 7:
                continue
            found = equivalent_mags(mag)
            return drawn(common_marks(found), names, "PAG"), found
        if len(graph.edges) > 10:
            continue
        found = equivalent_dags(Graph.of(names, graph.edges, kind="DAG"))
        if kind == "MPDAG":
            share = float(rng.uniform(0.1, 0.6))
            known = {edge for edge in found[0].edges if rng.random() < share}
            found = [each for each in found if known <= set(each.edges)]
        return drawn(common_marks(found), names, kind), found
