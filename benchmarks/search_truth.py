"""Whether what the do-search derives is true, step by step, and whether it finds what the ID algorithm finds.

Random graphs of 3 to 5 variables (with indicators and a selection node, up to 8) and one to four random
distributions: conditional, experimental, of a part of the variables, from other populations, of a selected
sample, with values missing. Every step of every derivation is held against its rule's form and against exact
models of all populations, to 1e-8; every formula may mention only what can be read off some distribution.
So is what the factorisations of missing data and the searches on blocks find, which large graphs are left to.
From the joint distribution alone, the verdicts of the search and of ID and IDC are counted side by side.
"""

import argparse
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

sys.path.append(str(Path(__file__).parent.parent / "tests"))

import numpy as np

from oracles.recoveries import hold_against, random_missingness, random_recovery_at_large
from oracles.searches import KINDS, against_id, recovery_trials
from oracles.trials import Tally
from whence.identification.sources.missing_data import recovered
from whence.identification.sources.recovery import recover


def factorised(count: int, seed: int) -> Tally:
    """Random missing data, by the factorisations that large graphs are left to."""
    tally = Tally()
    for number in range(count):
        graph, claim, source = random_missingness(np.random.default_rng((seed, number, 20)))
        hold_against(recovered(graph, claim, source), graph, claim, (source,), number, tally)
    return tally


def focused(count: int, seed: int) -> Tally:
    """Selected, incomplete and outside data on 9 to 11 variables, by recovery with little search."""
    tally = Tally()
    for number in range(count):
        rng = np.random.default_rng((seed, number, 21))
        graph, claim, given = random_recovery_at_large(rng, (9, 11))
        hold_against(recover(graph, claim, given, budget=1_000), graph, claim, given, number, tally)
    return tally


def main() -> int:
    """Print a line per kind of distribution; 1 if anything was wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=500, help="questions of each kind")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    trials, seed = options.trials, options.seed
    runs: dict[str, Callable[[], Tally]] = {
        kind: partial(recovery_trials, trials, seed, kind, budget=20_000) for kind in KINDS
    }
    runs["factorised"] = partial(factorised, trials, seed)
    runs["large graphs"] = partial(focused, trials, seed)
    runs["joint, beside ID"] = partial(against_id, trials, seed, (3, 6))
    faults = 0
    for name, run in runs.items():
        begun = time.process_time()
        tally = run()
        counts = {key: n for key, n in tally.counts.items() if key not in ("do-calculus", "chain")}
        kinds = sorted((key, n) for key, n in counts.items() if not key.startswith("step"))
        shown = ", ".join(f"{key} {n:,}" for key, n in kinds)
        steps = sum(n for key, n in counts.items() if key.startswith("step"))
        pace = trials / (time.process_time() - begun)
        print(f"{name:16} faults {len(tally.faults)}  ({shown}; {steps:,} steps)  {pace:,.0f} per second")
        for fault in tally.faults[:5]:
            print(f"    {fault}")
        faults += len(tally.faults)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
