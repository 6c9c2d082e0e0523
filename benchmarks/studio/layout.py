"""How long a drawing takes, how many of its edges cross beside Graphviz dot, and how much an edit moves.

Crossings are counted on the curves as they are drawn, of both: our routes and dot's splines, each as a line
of eight pieces a curve; and once more for straight lines between the middles of the nodes. The layout is
that of the editor without a question (no frames), and dot gets nodes as large as ours with their names. The
200 graphs have 5 to 40 nodes and 1.1 to 2 edges a node between random pairs. Where dot is not installed
only ours is told. Times are of the thread's CPU, the best of three.
"""

import argparse
import random
import shutil
import statistics
import subprocess
import time
from collections.abc import Callable
from itertools import combinations, pairwise

from whence.explanation.strands import strands
from whence.language.graph import Edge, Graph
from whence.language.layout import LINE, RADIUS, Layout, layout
from whence.language.lettering import width
from whence.language.roles import roles
from whence.language.routes import along, labels, routes
from whence.runtime.errors import WhenceError
from whence.studio.drawing.canvas import canvas
from whence.studio.reasoning.reading import Reading

Point = tuple[float, float]
Line = list[Point]
PIECES = 8


def random_dag(seed: int, low: int, high: int, density: tuple[float, float] = (1.1, 2.0)) -> Graph:
    """A DAG of `low` to `high` nodes whose edges join random pairs."""
    chance = random.Random(seed)
    names = [f"v{i}" for i in range(chance.randint(low, high))]
    count = round(len(names) * chance.uniform(*density))
    pairs = {tuple(sorted(chance.sample(range(len(names)), 2))) for _ in range(count)}
    return Graph.of(names, [Edge(names[a], names[b]) for a, b in sorted(pairs)])


def drawn(graph: Graph, found: Layout) -> list[Line]:
    """Our edges as they are drawn."""
    lines: list[Line] = []
    for way in routes(graph, found, labels(graph, found)):
        steps = PIECES * len(way.controls)
        lines.append([along(way, i / steps) for i in range(steps + 1)])
    return lines


def straight(graph: Graph, at: dict[str, Point]) -> list[Line]:
    """Our or dot's edges as straight lines between the middles."""
    return [[at[edge.source], at[edge.target]] for edge in graph.edges]


def dot(graph: Graph) -> tuple[list[Line], dict[str, Point]]:
    """The edges and nodes as Graphviz draws them."""
    lines = ["digraph{node[fixedsize=true]"]
    for i, name in enumerate(graph.nodes):
        wide, tall = max(2 * RADIUS, width(name, 13)) / 72, (2 * RADIUS + LINE) / 72
        lines.append(f'n{i}[label="",width={wide:.2f},height={tall:.2f}]')
    lines += [f"n{graph.index[edge.source]}->n{graph.index[edge.target]}" for edge in graph.edges]
    text = "\n".join([*lines, "}"])
    found = subprocess.run(["dot", "-Tplain"], input=text, capture_output=True, text=True, check=True).stdout
    at: dict[str, Point] = {}
    edges: list[Line] = []
    for row in found.splitlines():
        cells = row.split()
        if cells[0] == "node":
            at[graph.nodes[int(cells[1][1:])]] = (float(cells[2]), float(cells[3]))
        elif cells[0] == "edge":
            numbers = [float(cell) for cell in cells[4 : 4 + 2 * int(cells[3])]]
            edges.append(flattened(list(zip(numbers[::2], numbers[1::2], strict=True))))
    return edges, at


def flattened(points: list[Point]) -> Line:
    """A chain of cubic curves as a line."""
    line = [points[0]]
    for i in range(0, len(points) - 3, 3):
        a, b, c, d = points[i : i + 4]
        for step in range(1, PIECES + 1):
            t = step / PIECES
            weights = ((1 - t) ** 3, 3 * (1 - t) ** 2 * t, 3 * (1 - t) * t * t, t**3)
            x, y = (sum(w * p[k] for w, p in zip(weights, (a, b, c, d), strict=True)) for k in (0, 1))
            line.append((x, y))
    return line


def crossings(lines: list[Line]) -> int:
    """How often two lines meet between their ends."""
    boxes = [
        (min(x for x, _ in p), min(y for _, y in p), max(x for x, _ in p), max(y for _, y in p))
        for p in lines
    ]
    total = 0
    for (p, a), (q, b) in combinations(zip(lines, boxes, strict=True), 2):
        if a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]:
            total += sum(meet(*s, *t) for s in pairwise(p) for t in pairwise(q))
    return total


def meet(a: Point, b: Point, c: Point, d: Point) -> bool:
    """Whether two pieces cross inside of both."""
    return turn(a, b, c) * turn(a, b, d) < 0 and turn(c, d, a) * turn(c, d, b) < 0


def turn(a: Point, b: Point, c: Point) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def cpu(work: Callable[[], object]) -> float:
    """Milliseconds of thread CPU, the best of three."""
    times: list[float] = []
    for _ in range(3):
        began = time.thread_time()
        work()
        times.append(time.thread_time() - began)
    return 1000 * min(times)


def times(size: int, edges: int, count: int) -> str:
    """Times of the layout with and without a question, and of the whole drawing."""
    bare: list[float] = []
    asked: list[float] = []
    whole: list[float] = []
    for seed in range(count):
        graph = random_dag(seed, size, size, (edges / size, edges / size))
        x, y = graph.nodes[size // 4], graph.nodes[-1]
        played = roles(graph, [x], [y])
        reading = Reading(graph, "identified", "", roles=played, strands=strands(graph, [x], [y]))
        bare.append(cpu(lambda g=graph: layout(g, framed=False)))
        asked.append(cpu(lambda g=graph, r=played: layout(g, r, framed=False)))
        whole.append(cpu(lambda r=reading: canvas(r, {}, None, address="/p/a", live=True)))
    shown = [f"{statistics.median(each):6.1f} (worst {max(each):6.1f})" for each in (bare, asked, whole)]
    told = f"{size:4} nodes {edges:4} edges: layout {shown[0]}, with a question {shown[1]}"
    return f"{told}, whole drawing {shown[2]} ms"


def edited(graph: Graph, chance: random.Random) -> Graph:
    """The graph after one random edit: an edge more, less or turned, a node more or less."""
    while True:
        nodes, edges = list(graph.nodes), list(graph.edges)
        kind = chance.choice(("add", "add", "remove", "turn", "node", "drop"))
        match kind:
            case "add":
                edges.append(Edge(*chance.sample(nodes, 2)))
            case "remove":
                edges.remove(chance.choice(edges))
            case "turn":
                edge = edges.pop(chance.randrange(len(edges)))
                edges.append(Edge(edge.target, edge.source))
            case "node":
                nodes.append("new")
                edges.append(Edge("new", chance.choice(graph.nodes)))
            case _:
                gone = nodes.pop(chance.randrange(len(nodes)))
                edges = [edge for edge in edges if gone not in (edge.source, edge.target)]
        try:
            found = Graph.of(nodes, edges)
        except WhenceError:
            continue
        if found != graph:
            return found


def moved(count: int, *, question: bool) -> list[float]:
    """The share of nodes that one random edit moves, for many."""
    shares: list[float] = []
    for seed in range(count):
        chance = random.Random(seed)
        graph = random_dag(seed, 8, 24)
        after = edited(graph, chance)
        x, y = (graph.nodes[1], graph.nodes[-1]) if question else ("", "")
        before = layout(graph, roles(graph, [x], [y]), framed=False)
        found = layout(after, roles(after, [x], [y]), framed=False, previous=before)
        at = {node.name: (node.x, node.y) for node in before.nodes}
        common = [node for node in found.nodes if node.name in at]
        far = [node for node in common if abs(node.x - at[node.name][0]) + abs(node.y - at[node.name][1]) > 1]
        shares.append(len(far) / max(1, len(common)))
    return shares


def main(graphs: int) -> None:
    print(times(20, 35, 20))
    print(times(100, 180, 5))
    for question in (False, True):
        shares = moved(100, question=question)
        words = "with" if question else "without"
        still = sum(share == 0 for share in shares)
        print(
            f"one edit {words} a question: {statistics.median(shares):.0%} of nodes move (median), "
            f"{statistics.mean(shares):.0%} (mean); {still} of {len(shares)} edits move none"
        )
    cases = [random_dag(seed, 5, 40) for seed in range(graphs)]
    ours = [(graph, layout(graph, framed=False)) for graph in cases]
    curved = sum(crossings(drawn(graph, found)) for graph, found in ours)
    middles = [{node.name: (node.x, node.y) for node in found.nodes} for _, found in ours]
    lines = sum(crossings(straight(g, at)) for (g, _), at in zip(ours, middles, strict=True))
    print(f"{graphs} random DAGs: {curved} crossings as drawn, {lines} as straight lines")
    if shutil.which("dot") is None:
        print("dot is not installed here (Graphviz): no comparison")
        return
    peers = [dot(graph) for graph in cases]
    theirs = sum(crossings(edges) for edges, _ in peers)
    plain = sum(crossings(straight(g, at)) for g, (_, at) in zip(cases, peers, strict=True))
    print(f"dot: {theirs} as drawn, {plain} as straight lines")
    print(f"ours / dot: {curved / theirs:.3f} as drawn, {lines / plain:.3f} as straight lines")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--graphs", type=int, default=200)
    main(parser.parse_args().graphs)
