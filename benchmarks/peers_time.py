"""How long separation, adjustment and ID take beside ciflypy (compiled) and y0, on the same graphs.

Separation, of separated and of connected pairs, and one minimal adjustment set in a graph of 5,000 nodes
against ciflypy, whose graph is parsed beforehand as ours is; the ID algorithm with its derivation against y0
on the hard graphs of `identification_time`, with `x <-> y` added. The answers must agree. The peers live in
an environment of their own: `--peer-python` names its Python; without it one is made below `.cache/peers`.
Times are of the thread's CPU, the best of a few runs, medians over queries; y0 runs once.
"""

import argparse
import json
import random
import statistics
import subprocess
import sys
import time
import venv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import whence as wh
from identification_time import confounded, hard_graph, hard_queries
from whence.identification.id_algorithm import identify_effect
from whence.identification.reachability import Adjacency
from whence.identification.separators import Separation, minimal_separator
from whence.language.estimand import Step
from whence.language.expression import P
from whence.language.graph import bits

HERE = Path(__file__).parent
PEERS = ("ciflypy==0.1.3", "y0==0.2.11")


@dataclass
class Bench:
    """What to run the peers with, and whether anything was wrong."""

    python: Path
    seed: int
    faults: int = 0

    def ask(self, script: str, task: object) -> object:
        """What a peer's script answers."""
        done = subprocess.run(
            [str(self.python), str(HERE / "peers" / script)],
            input=json.dumps(task),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise SystemExit(f"{script}: {done.stderr[-2000:]}")
        return json.loads(done.stdout)

    def agree(self, what: str, ours: object, theirs: object) -> None:
        """Count and tell a difference."""
        if ours != theirs:
            self.faults += 1
            print(f"  {what}: the answers differ: {str(ours)[:300]} and {str(theirs)[:300]}")


def best(work: Callable[[], object], repeats: int = 5) -> float:
    """Seconds of thread CPU time, the least of a few runs; long work is run once."""
    times: list[float] = []
    while len(times) < repeats and sum(times) < 3:
        began = time.thread_time()
        work()
        times.append(time.thread_time() - began)
    return min(times)


def row(what: str, ours: float, theirs: float | None, bar: float | None) -> None:
    """A line of the table, in milliseconds."""
    peer = "" if theirs is None else f"{1000 * theirs:12.3f} {ours / theirs:10.3g}"
    told = "" if bar is None else f"bar {bar:,.1f} ms: {'met' if 1000 * ours <= bar else 'MISSED'}"
    print(f"{what:44} {1000 * ours:10.3f} {peer:>23}  {told}", flush=True)


def separation_and_adjustment(bench: Bench, n: int) -> None:
    """Pairs of late nodes, and effects on them, in one large graph."""
    graph = hard_graph(n, bench.seed)
    chance = random.Random(bench.seed)
    edges = Adjacency.of(graph)
    late = range(n - n // 10, n)
    apart, joined = [], []
    while len(apart) < 5 or len(joined) < 5:
        x, y = sorted(chance.sample(late, 2))
        found = minimal_separator(Separation(edges, 1 << x, 1 << y, 0, graph.all))
        if found is not None and found.bit_count() > 1 and len(apart) < 5:
            apart.append({"x": x, "y": y, "z": list(bits(found))})
        elif len(joined) < 5:
            given = chance.sample([i for i in range(n) if i not in (x, y)], 5)
            if not wh.separated(graph, graph.nodes[x], graph.nodes[y], [graph.nodes[i] for i in given]):
                joined.append({"x": x, "y": y, "z": given})
    effects = [{"x": x, "y": y} for x, y in hard_queries(graph, chance)]
    effects = [task for task in effects if ours_adjusted(graph, task) is not None]
    number = graph.index
    pairs = {
        mark: [[number[edge.source], number[edge.target]] for edge in graph.edges if edge.mark == mark]
        for mark in ("->", "<->")
    }
    task = {"directed": pairs["->"], "bidirected": pairs["<->"]}
    told = bench.ask(
        "ask_ciflypy.py", {**task, "separated": apart, "connected": joined, "adjustment": effects}
    )
    for kind, tasks, answer, bar in (
        ("separated", apart, ours_separated, 10),
        ("connected", joined, ours_separated, 10),
        ("adjustment", effects, ours_adjusted, 30),
    ):
        bench.agree(kind, [answer(graph, each) for each in tasks], told[kind]["answers"])
        times = [best(lambda each=each, answer=answer: answer(graph, each)) for each in tasks]
        name = "a minimal adjustment set" if kind == "adjustment" else f"m-separation, {kind} pairs"
        row(
            f"{name}, {n:,} nodes",
            statistics.median(times),
            told[kind]["seconds"],
            bar if n == 5000 else None,
        )


def ours_separated(graph: wh.Graph, task: dict) -> bool:
    """Our answer to a separation question."""
    names = graph.nodes
    return wh.separated(graph, names[task["x"]], names[task["y"]], [names[i] for i in task["z"]])


def ours_adjusted(graph: wh.Graph, task: dict) -> list[int] | None:
    """Our minimal adjustment set."""
    found = wh.adjustment_sets(graph, graph.nodes[task["x"]], graph.nodes[task["y"]]).first
    return None if found is None else sorted(graph.index[name] for name in found)


def identification(bench: Bench, n: int, bar: float | None, beside: bool) -> None:
    """The ID algorithm on three queries without an adjustment set."""
    drawn = hard_graph(n, bench.seed)
    asked = [(confounded(drawn, x, y), x, y) for x, y in hard_queries(drawn, random.Random(bench.seed + 1))]
    answers = [isinstance(identify_effect(graph, 1 << x, 1 << y), Step) for graph, x, y in asked]
    alone = [best(lambda g=g, x=x, y=y: identify_effect(g, 1 << x, 1 << y)) for g, x, y in asked]
    queries = [(wh.Query(P(g.nodes[y], (), g.nodes[x])), g) for g, x, y in asked]
    whole = [best(lambda query=query, g=g: wh.identify(query, g)) for query, g in queries]
    theirs = None
    if beside:
        tasks = [
            {
                "nodes": graph.nodes,
                "directed": [[e.source, e.target] for e in graph.edges if e.mark == "->"],
                "bidirected": [[e.source, e.target] for e in graph.edges if e.mark == "<->"],
                "x": graph.nodes[x],
                "y": graph.nodes[y],
            }
            for graph, x, y in asked
        ]
        told = bench.ask("ask_y0.py", tasks)
        bench.agree("identified", answers, [each["identified"] for each in told])
        theirs = statistics.median(each["seconds"] for each in told)
    row(f"ID with its derivation, {n:,} nodes", statistics.median(alone), theirs, bar)
    row(f"  identify, adjustment tried first, {n:,} nodes", statistics.median(whole), theirs, None)


def environment(named: str | None) -> Path:
    """The peers' Python, made once if none is named."""
    if named:
        return Path(named)
    folder = HERE.parent / ".cache" / "peers"
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", *PEERS], check=True)
    return python


def main() -> int:
    """Print the table; 1 if answers differ."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peer-python", help="the Python of an environment with ciflypy and y0")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--y0", type=int, nargs="*", default=[100, 500], help="sizes to ask y0 as well")
    options = parser.parse_args()
    bench = Bench(environment(options.peer_python), options.seed)
    print(f"{'':44} {'ours, ms':>10} {'peer, ms':>12} {'ours/peer':>10}   ({', '.join(PEERS)})")
    for n in (500, 5000):
        separation_and_adjustment(bench, n)
    for n, bar in ((100, 1.5), (500, None), (1000, 80), (5000, 3000)):
        identification(bench, n, bar, n in options.y0)
    return 1 if bench.faults else 0


if __name__ == "__main__":
    sys.exit(main())
