"""Classes of graphs by definition: every graph written out, every independence found path by path."""

from __future__ import annotations

from collections import defaultdict
from functools import cache
from itertools import combinations, groupby, product

from identification.definitions import below, is_open, paths, subsets
from oracles.worlds import all_dags
from whence.language.graph import Edge, Graph
from whence.runtime.errors import CyclicGraph

END = {"->": "-", "<->": ">", "--": "-", "o->": "o", "o-o": "o", "o--": "o"}


def independences(graph: Graph) -> frozenset[tuple[str, str, tuple[str, ...]]]:
    """Every (x, y, z) with x and y m-separated by z, one path at a time."""
    names = sorted(graph.observed)
    below_each = {v: below(graph, [v]) for v in graph.nodes}
    found = set()
    for x, y in combinations(names, 2):
        every = list(paths(graph, [x], [y]))
        for z in subsets(set(names) - {x, y}):
            if not any(is_open(graph, path, z, below_each) for path in every):
                found.add((x, y, z))
    return frozenset(found)


@cache
def dag_classes(names: str) -> list[list[Graph]]:
    """All DAGs on the names, equivalent ones together."""
    found = defaultdict(list)
    for graph in all_dags(names):
        found[independences(graph)].append(graph)
    return list(found.values())


@cache
def mag_classes(names: str) -> list[list[Graph]]:
    """All MAGs (without selection) on the names, equivalent ones together."""
    pairs = list(combinations(names, 2))
    found = defaultdict(list)
    for marks in product((None, "->", "<-", "<->"), repeat=len(pairs)):
        edges = [
            Edge(b, a) if mark == "<-" else Edge(a, b, mark)
            for (a, b), mark in zip(pairs, marks, strict=True)
            if mark
        ]
        try:
            graph = Graph.of(names, edges, kind="MAG")
        except CyclicGraph:
            continue
        if not ancestral(graph):
            continue
        model = independences(graph)
        apart = {frozenset(each[:2]) for each in model}
        joined = {frozenset((edge.source, edge.target)) for edge in edges}
        if all(frozenset(pair) in apart or frozenset(pair) in joined for pair in pairs):
            found[model].append(graph)
    return list(found.values())


def ancestral(graph: Graph) -> bool:
    """Whether no `<->` joins a node to its ancestor."""
    return not any(
        edge.mark == "<->"
        and (edge.source in below(graph, [edge.target]) or edge.target in below(graph, [edge.source]))
        for edge in graph.edges
    )


def ends(graph: Graph) -> dict[tuple[str, str], str]:
    """(a, b) -> the mark at b of the edge between a and b: `>`, `-` or `o`."""
    found = {}
    for edge in graph.edges:
        found[edge.source, edge.target] = ">" if edge.mark.endswith(">") else edge.mark[-1]
        found[edge.target, edge.source] = END[edge.mark]
    return found


def common_marks(graphs: list[Graph]) -> dict[tuple[str, str], str]:
    """The marks that all graphs share, and circles where they differ."""
    each = [ends(graph) for graph in graphs]
    return {pair: mark if all(e[pair] == mark for e in each) else "o" for pair, mark in each[0].items()}


def drawn(marks: dict[tuple[str, str], str], names: str, kind: str) -> Graph:
    """The graph with these marks; in a class of DAGs an edge that is open at both ends is `--`."""
    edges = []
    for a, b in combinations(names, 2):
        if (a, b) in marks:
            near, far = marks[b, a], marks[a, b]
            if kind != "PAG" and near == far == "o":
                edges.append(Edge(a, b, "--"))
            elif (near == ">" and far != ">") or (near, far) == ("-", "o"):
                edges.append(Edge(b, a, "->" if far == "-" else "o->" if near == ">" else "o--"))
            else:
                edges.append(
                    Edge(a, b, {">>": "<->", "oo": "o-o", "->": "->", "o>": "o->", "--": "--"}[near + far])
                )
    return Graph.of(names, edges, kind=kind)


def behind(graph: Graph, most: int = 9) -> list[Graph]:
    """The ADMGs of a MAG that add `<->` beside at most `most` of its arrows: those with its independences."""
    model = independences(graph)
    arrows = [edge for edge in graph.edges if edge.mark == "->"]
    doubled = [Edge(edge.source, edge.target, "<->") for edge in arrows]
    hiding = [edge for edge in doubled if keeps(beside(graph, [edge]), model)]
    found = [graph, *(beside(graph, [edge]) for edge in hiding)]
    for k in range(2, min(most, len(hiding)) + 1):
        found += [each for more in combinations(hiding, k) if keeps(each := beside(graph, more), model)]
    return found


def beside(graph: Graph, edges) -> Graph:
    """The ADMG with these edges as well."""
    return Graph.of(graph.nodes, [*graph.edges, *edges], kind="ADMG")


def keeps(graph: Graph, model) -> bool:
    """Whether a graph with more edges still has every independence; it cannot have new ones."""
    below_each = {v: below(graph, [v]) for v in graph.nodes}
    return not any(
        is_open(graph, path, z, below_each)
        for (x, y), group in groupby(sorted(model), key=lambda each: each[:2])
        for every in [list(paths(graph, [x], [y]))]
        for _, _, z in group
        for path in every
    )
