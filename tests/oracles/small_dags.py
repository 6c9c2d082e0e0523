"""Every DAG on a few nodes, and separation, adjustment and optimal sets held against all of its paths."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import combinations, permutations, product

from whence.identification.adjustment import adjustment_sets
from whence.identification.back_door import BackDoor
from whence.identification.separation import separated
from whence.language.graph import Edge, Graph
from whence.runtime.errors import CyclicGraph

SMALL = "ABCDE"


def every_dag(size: int) -> Iterator[Graph]:
    """All DAGs on the first names, in a fixed order."""
    names = SMALL[:size]
    pairs = list(combinations(names, 2))
    for choice in product(("", "->", "<-"), repeat=len(pairs)):
        ends = [(b, a) if c == "<-" else (a, b) for (a, b), c in zip(pairs, choice, strict=True) if c]
        try:
            yield Graph.of(names, [Edge(*pair) for pair in ends])
        except CyclicGraph:
            continue


def walks(graph: Graph, below: list[int], a: int, b: int) -> list[tuple[int, list[int], bool]]:
    """The paths from a to b: the mask of non-colliders, the descendants of each collider, whether causal."""
    found: list[tuple[int, list[int], bool]] = []
    pending = [([a], [""])]
    while pending:
        nodes, steps = pending.pop()
        for v in range(len(graph.nodes)):
            step = ">" if graph.children[nodes[-1]] >> v & 1 else "<"
            if v in nodes or not (graph.children[nodes[-1]] | graph.parents[nodes[-1]]) >> v & 1:
                continue
            longer = ([*nodes, v], [*steps, step])
            if v != b:
                pending.append(longer)
                continue
            inner = list(zip(longer[0][1:-1], longer[1][1:], longer[1][2:], strict=False))
            meet = [below[u] for u, came, left in inner if (came, left) == (">", "<")]
            plain = sum(1 << u for u, came, left in inner if (came, left) != (">", "<"))
            found.append((plain, meet, set(longer[1][1:]) == {">"}))
    return found


def descendants(graph: Graph) -> list[int]:
    """The mask of each node and its descendants."""
    size = len(graph.nodes)
    below = [0] * size
    for v in reversed(graph.order):
        below[v] = 1 << v
        for u in range(size):
            below[v] |= below[u] if graph.children[v] >> u & 1 else 0
    return below


def dag_faults(graph: Graph, counts: Counter[str]) -> list[str]:
    """Separation, adjustment and optimal set of every pair against all paths."""
    size = len(graph.nodes)
    below = descendants(graph)
    faults: list[str] = []
    for a, b in permutations(range(size), 2):
        all_paths = walks(graph, below, a, b)
        causal = 0
        for u in range(size):
            if u != a and below[a] >> u & 1 and below[u] >> b & 1:
                causal |= 1 << u
        spoilt = 1 << a
        above = 0
        for u in range(size):
            if causal >> u & 1:
                spoilt |= below[u]
                above |= graph.parents[u]
        door = BackDoor.of(graph, 1 << a, 1 << b)
        x, y = graph.nodes[a], graph.nodes[b]
        some = False
        for z in range(1 << size):
            if z & (1 << a | 1 << b):
                continue
            opened = [way[2] for way in all_paths if not way[0] & z and all(down & z for down in way[1])]
            serves = not z & spoilt and all(opened)
            some |= serves
            counts["sets"] += 1
            if separated(graph, x, y, graph.names(z)) == bool(opened):
                faults.append(f"{graph}: separation of {x} and {y} given {graph.names(z)}")
            if door.serves(z) != serves:
                faults.append(f"{graph}: {graph.names(z)} for {x} on {y}, by definition {serves}")
        best = adjustment_sets(graph, x, y, "optimal").first
        if causal and best != (frozenset(graph.names(above & ~spoilt)) if some else None):
            faults.append(f"{graph}: optimal set {best} for {x} on {y}")
    return faults
