"""How long `identify` and `verify` take on graphs of 10 to 1,000 nodes whose questions are hard.

Random graphs are easy by default: the outcome has few ancestors, and everything else is cut away at once.
These are not: edges join nodes within a window of ten, so that about four fifths of all nodes are ancestors
of the outcome, and n/12 local bidirected edges make districts. Each size is asked twice: as drawn, where an
adjustment set is found, and with `x <-> y` added, where none exists and the complete algorithm must run.
Times are of the thread's CPU: for each of three queries the best of three runs, then the median.
"""

import argparse
import random
import statistics
import time
from collections.abc import Callable

import whence as wh
from whence.language.graph import Edge, bits

WINDOW = 10
EDGES_PER_NODE = 2.1
EDGES_PER_NODE_BEYOND_1000 = 3.0
"""With fewer, a long graph falls apart somewhere, and its last nodes have few ancestors."""


def hard_graph(n: int, seed: int) -> wh.Graph:
    """A random ADMG of `n` nodes with local edges and n/12 bidirected ones."""
    chance = random.Random(seed)
    names = [f"v{i}" for i in range(n)]

    def pair() -> tuple[str, str]:
        first = chance.randrange(n - 1)
        second = chance.randrange(first + 1, min(n, first + 1 + WINDOW))
        return names[first], names[second]

    per_node = EDGES_PER_NODE if n <= 1000 else EDGES_PER_NODE_BEYOND_1000
    directed = {pair() for _ in range(round(per_node * n))}
    confounded = {pair() for _ in range(max(1, n // 12))}
    edges = [Edge(a, b, "->") for a, b in sorted(directed)] + [
        Edge(a, b, "<->") for a, b in sorted(confounded)
    ]
    return wh.Graph.of(names, edges)


def ancestors(graph: wh.Graph, node: int) -> int:
    """The mask of a node's ancestors, itself included."""
    seen, stack = 0, [node]
    while stack:
        at = stack.pop()
        if not seen >> at & 1:
            seen |= 1 << at
            stack.extend(bits(graph.parents[at] & ~seen))
    return seen


def best_of_three(work: Callable[[], object]) -> float:
    """Seconds of thread CPU time; what takes longer than a second is run once."""
    times: list[float] = []
    while len(times) < 3 and sum(times) < 1:
        began = time.thread_time()
        work()
        times.append(time.thread_time() - began)
    return min(times)


def hard_queries(graph: wh.Graph, chance: random.Random) -> list[tuple[int, int]]:
    """Three (treatment, outcome): late nodes with the most ancestors, and one of these from the middle."""
    n = len(graph.nodes)
    above = {y: list(bits(ancestors(graph, y) & ~(1 << y))) for y in range(n - max(3, n // 10), n)}
    late = sorted(above, key=lambda y: len(above[y]), reverse=True)[:3]
    return [(chance.choice(above[y][len(above[y]) // 4 : 1 + len(above[y]) // 2]), y) for y in late]


def confounded(graph: wh.Graph, x: int, y: int) -> wh.Graph:
    """The same graph with a hidden common cause of the two, so that no adjustment set exists."""
    return wh.Graph.of(graph.nodes, [*graph.edges, Edge(graph.nodes[x], graph.nodes[y], "<->")])


def measure(n: int, seed: int, *, hidden: bool) -> str:
    """One row: ancestors of the outcome, how the three queries ended, times."""
    drawn = hard_graph(n, seed)
    finding: list[float] = []
    checking: list[float] = []
    shapes: list[str] = []
    shares: list[float] = []
    for x, y in hard_queries(drawn, random.Random(seed + 1)):
        graph = confounded(drawn, x, y) if hidden else drawn
        shares.append(ancestors(graph, y).bit_count() / n)
        query = wh.effect(graph.nodes[x], graph.nodes[y], 1, 0)
        found = wh.identify(query, graph)
        shapes.append(type(found.shape).__name__ if isinstance(found, wh.Estimand) else type(found).__name__)
        finding.append(best_of_three(lambda query=query, graph=graph: wh.identify(query, graph)))
        checking.append(best_of_three(lambda found=found, graph=graph: wh.verify(found, graph)))
    times = f"{1000 * statistics.median(finding):13.2f} {1000 * statistics.median(checking):11.2f}"
    kind = "x <-> y" if hidden else "drawn"
    return f"{n:6d} {kind:>8} {statistics.median(shares):11.2f} {times}  {', '.join(shapes)}"


def main() -> None:
    """Print a row for each size."""
    parser = argparse.ArgumentParser()
    parser.add_argument("sizes", nargs="*", type=int, default=[10, 30, 100, 300, 1000])
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    print(" nodes    graph  |An(Y)| / n  identify, ms  verify, ms  how the three queries ended")
    for n in options.sizes:
        for hidden in (False, True):
            print(measure(n, options.seed, hidden=hidden), flush=True)


if __name__ == "__main__":
    main()
