"""Whether adjustment in classes of graphs, and criteria on all small DAGs, equal their definitions.

Random CPDAGs, MPDAGs (5 or 6 nodes) and PAGs (5 nodes) whose members are found by trying every way to direct
every edge: each set of covariates, for one or two treatments and outcomes, must serve in the class exactly if
it serves in every member by the criterion as its paper states it, path by path (for a PAG, in every ADMG that
adds `<->` beside an arrow of a member without changing its independences); the minimal sets and the optimal
one likewise. Then every DAG on 4 nodes and every second one of the 29,281 on 5, with every pair: separation,
adjustment and optimal set.
"""

import argparse
import sys
import time
from collections import Counter
from pathlib import Path

sys.path.append(str(Path(__file__).parent.parent / "tests"))

import numpy as np

from identification.classes import behind
from identification.definitions import forbidden, minimal, paths, serving, subsets
from oracles.classes import random_class
from oracles.small_dags import dag_faults, every_dag
from whence.identification.adjustment import adjustment_sets, is_adjustment_set
from whence.identification.classes.markov_class import members
from whence.language.graph import Graph


def optimal(graph: Graph, x: list[str], y: list[str]) -> frozenset[str]:
    """Parents of the causal nodes that are not forbidden, in a DAG, from all its paths."""
    causal = {v for path in paths(graph, x, y) if path.causal for v in path.nodes[1:]}
    above = {edge.source for edge in graph.edges if edge.target in causal}
    return frozenset(above - forbidden(graph, x, y) - set(x))


def roles(rng: np.random.Generator, names: list[str]) -> tuple[list[str], list[str]]:
    """One or two treatments, one or two outcomes."""
    shuffled = [str(v) for v in rng.permutation(names)]
    k, m = int(rng.integers(1, 3)), int(rng.integers(1, 3))
    return shuffled[:k], shuffled[k : k + m]


def class_faults(rng: np.random.Generator, kind: str, counts: Counter[str]) -> list[str]:
    """What is wrong with the answers about one random class."""
    graph, found = random_class(rng, kind, 5 if kind == "PAG" else int(rng.integers(5, 7)))
    counts["members"] += len(found)
    faults: list[str] = []
    listed = list(members(graph))
    if len(listed) != len(found) or set(listed) != set(found):
        faults.append(f"{graph}: its members")
    truth = [each for one in found for each in behind(one, most=1)] if kind == "PAG" else found
    for _ in range(4):
        x, y = roles(rng, list(graph.nodes))
        candidates = valid = list(subsets(set(graph.nodes) - set(x) - set(y)))
        for each in truth:
            valid = serving(each, x, y, valid)
        counts["sets"] += len(candidates)
        counts["sets that serve"] += len(valid)
        faults += [
            f"{graph}: {z} for {x} on {y}, by definition {z in valid}"
            for z in candidates
            if bool(is_adjustment_set(graph, x, y, z)) != (z in valid)
        ]
        if set(adjustment_sets(graph, x, y, "all")) != minimal(valid):
            faults.append(f"{graph}: minimal sets for {x} on {y}")
        best = adjustment_sets(graph, x, y, "optimal").first
        wanted = {optimal(each, x, y) for each in found} if kind != "PAG" and valid and len(y) == 1 else set()
        if best is not None and tuple(sorted(best)) not in valid:
            faults.append(f"{graph}: optimal set {best} for {x} on {y} does not serve")
        caused = all(any(p.causal for p in paths(each, x, y)) for each in found)
        if wanted and caused and wanted != {best}:
            faults.append(f"{graph}: optimal set {best} for {x} on {y}, by definition {wanted}")
        counts["optimal sets"] += bool(wanted and caused)
    return faults


def main() -> int:
    """Print a line for each kind; 1 if anything was wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=500, help="random classes of each kind")
    parser.add_argument("--dags", type=int, default=2, help="every how many-th DAG on 5 nodes; 0 for none")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    wrong = 0
    for number, kind in enumerate(("CPDAG", "MPDAG", "PAG")):
        began, counts, faults = time.perf_counter(), Counter[str](), list[str]()
        for trial in range(options.trials):
            faults += class_faults(np.random.default_rng((options.seed, number, trial)), kind, counts)
        wrong += report(f"{options.trials:,} random {kind}s", began, counts, faults)
    for size, step in ((4, 1), (5, options.dags)):
        began, counts, faults = time.perf_counter(), Counter[str](), list[str]()
        for place, graph in enumerate(every_dag(size) if step else ()):
            if place % step == 0:
                counts["DAGs"] += 1
                faults += dag_faults(graph, counts)
        wrong += report(f"DAGs on {size} nodes", began, counts, faults)
    return 1 if wrong else 0


def report(name: str, began: float, counts: Counter[str], faults: list[str]) -> int:
    shown = ", ".join(f"{key} {count:,}" for key, count in sorted(counts.items()))
    print(f"{name:24} faults {len(faults)}  ({shown})  {time.perf_counter() - began:.0f} s", flush=True)
    for fault in faults[:5]:
        print(f"    {fault}")
    return len(faults)


if __name__ == "__main__":
    sys.exit(main())
