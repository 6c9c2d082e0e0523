"""Whether replies about several worlds are true: events, parts of effects, paths, against enumerated models.

Random ADMGs of 3 to 6 nodes. Events P(γ | δ) have one to five terms in worlds, nested ones too; parts of
effects are natural, controlled and path-specific. Each formula is compared with a structural model of which
every unit is enumerated, to 1e-9; each proof and each refusal's two models go through `verify`. The counts
are of trials; the last figure is trials per second.
"""

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.append(str(Path(__file__).parent.parent / "tests"))

from oracles.imagined import asked_trials, counterfactual_trials
from oracles.mediated import mediation_trials
from oracles.trials import Tally


def main() -> int:
    """Print a line per kind of trial; 1 if anything was wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=2_000, help="questions of each kind")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    trials, seed = options.trials, options.seed
    runs: dict[str, Callable[[], Tally]] = {
        "events in several worlds": lambda: counterfactual_trials(trials, seed),
        "whole questions": lambda: asked_trials(trials, seed),
        "from several experiments": lambda: asked_trials(trials, seed, sources=True),
        "parts of effects, and paths": lambda: mediation_trials(trials, seed),
    }
    faults = 0
    for name, run in runs.items():
        begun = time.perf_counter()
        tally = run()
        pace = sum(tally.counts.values()) / (time.perf_counter() - begun)
        shown = ", ".join(f"{key} {n:,}" for key, n in sorted(tally.counts.items()))
        print(f"{name:28} faults {len(tally.faults)}  ({shown})  {pace:,.0f} per second, seed {seed}")
        for fault in tally.faults[:5]:
            print(f"    {fault}")
        faults += len(tally.faults)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
