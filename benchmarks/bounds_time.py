"""How long sharp bounds take, and whether the truth of random models lies within them.

    python benchmarks/bounds_time.py [--models 1000]

The goal: a graph of five binary variables within a second. Everything is timed: writing the problem, solving
it for both ends with their certificates, and (apart) checking the certificates by plain sums. The data are
those of a model drawn at random in each graph.
"""

import argparse
import sys
from itertools import combinations
from pathlib import Path
from time import thread_time

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

import numpy as np

import whence as wh
from estimation.test_bounds_against_models import QUESTIONS, drawn
from oracles.models import joint, random_model
from whence.language.factor import Factor

ATE = "E[Y | do(X=1)] - E[Y | do(X=0)]"
PNS = "P(Y_{X=1}=1, Y_{X=0}=0)"


def pairs(names: str, *marks: str) -> str:
    """Every pair of the names joined by each of the marks, the earlier first."""
    return "; ".join(f"{a} {mark} {b}" for a, b in combinations(names, 2) for mark in marks)


def covariates(names: str) -> str:
    """An instrument graph with causes of both treatment and outcome."""
    return "; ".join(["Z -> X -> Y; X <-> Y", *(f"{name} -> X; {name} -> Y" for name in names)])


THREE = {"X": 3, "A": 3, "B": 3, "Y": 3}
CASES = (
    ("instrument", "Z -> X -> Y; X <-> Y", ATE, {}),
    ("instrument of 4 levels", "Z -> X -> Y; X <-> Y", ATE, {"Z": 4}),
    ("instrument, 2 covariates", covariates("AB"), ATE, {}),
    ("instrument, 4 covariates", covariates("ABCD"), ATE, {}),
    ("5 nodes, chain, all confounded", f"X -> A -> B -> C -> Y; {pairs('XABCY', '<->')}", ATE, {}),
    ("5 nodes, all arrows, all confounded", pairs("XABCY", "->", "<->"), ATE, {}),
    ("5 nodes, all arrows, all confounded, PNS", pairs("XABCY", "->", "<->"), PNS, {}),
    ("5 nodes, two instruments", f"Z -> X; V -> X; X -> M -> Y; X -> Y; {pairs('XMY', '<->')}", ATE, {}),
    ("6 nodes, all arrows, all confounded", pairs("XABCDY", "->", "<->"), ATE, {}),
    ("4 nodes of 3 levels, all confounded", pairs("XABY", "->", "<->"), ATE, THREE),
)


def times() -> None:
    """One line for each case."""
    wh.bounds(ATE, "X -> Y; X <-> Y", {"P(X=1, Y=1)": 0.2})  # imports are another benchmark's
    print(f"{'problem':42} {'types':>7} {'rows':>5} {'bounds s':>9} {'check s':>8}  limits")
    for name, drawing, question, levels in CASES:
        graph = wh.graph(drawing)
        table = joint(
            random_model(graph, np.random.default_rng(0), {n: levels.get(n, 2) for n in graph.nodes})
        )
        cells = Factor(
            table.names, tuple(tuple(range(n)) for n in table.cells.shape), tuple(table.cells.ravel())
        )
        began = thread_time()
        found = wh.bounds(question, graph, cells)
        solved = thread_time() - began
        if not isinstance(found, wh.Bounds):
            print(f"{name:42} {found.kind}: {found.message} ({solved:.3f} s)")
            continue
        began = thread_time()
        wh.verify_bounds(found)
        checked = thread_time() - began
        told = f"{found.lower:.4f} to {found.upper:.4f}, {'sharp' if found.sharp else 'valid'}"
        size = len(found.problem.rows)
        print(f"{name:42} {found.problem.size:7,} {size:5,} {solved:9.3f} {checked:8.3f}  {told}")


def truth(models: int) -> bool:
    """Whether the truth lies within the limits for every model drawn."""
    outside = refused = sharp = asked = 0
    began = thread_time()
    for number in range(1_000, 1_000 + models):
        drawing, question, model, data = drawn(number)
        value = QUESTIONS[question](model)
        found = None if np.isnan(value) else wh.bounds(question, drawing, data)
        if not isinstance(found, wh.Bounds):
            refused += 1
            continue
        wh.verify_bounds(found)
        asked, sharp = asked + 1, sharp + found.sharp
        outside += not found.lower - 1e-9 <= value <= found.upper + 1e-9
    spent = thread_time() - began
    print(f"\n{asked} random models: truth outside the limits {outside} times; {sharp} limits sharp, "
          f"{refused} refused or without evidence; {spent:.1f} s")  # fmt: skip
    return outside == 0


def main() -> int:
    """Both parts; 1 if a truth lies outside."""
    reader = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    reader.add_argument("--models", type=int, default=1_000)
    options = reader.parse_args()
    times()
    return 0 if truth(options.models) else 1


if __name__ == "__main__":
    sys.exit(main())
