"""Whether formulas from several sources and for policies are true: experiments, transport, policies, models.

Random ADMGs of 4 to 6 nodes and one to three random sources: observations and experiments that set up to two
variables and measure the rest, or a part of it; in the transport trials from two other populations as well,
where random mechanisms differ. The questions have up to two treatments, outcomes and conditions. Each step of
each derivation is compared with exact models of all populations to 1e-8, and its formula may mention only
what some source measures. Policies: one or two random ones, with or without an experiment on the first.
"""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

sys.path.append(str(Path(__file__).parent.parent / "tests"))

from oracles.policies import PolicyTrial, policy_trial
from oracles.source_trials import Trial, source_trial

Ended = Trial | PolicyTrial


def main() -> int:
    """Print a line per kind of trial; 1 if anything was wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=2_000, help="questions of each kind")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    seed = options.seed
    kinds: dict[str, Callable[[int], Ended]] = {
        "surrogate experiments": lambda number: source_trial((seed, number, 0), elsewhere=False),
        "transport": lambda number: source_trial((seed, number, 1), elsewhere=True),
        "policies": lambda number: policy_trial((seed, number, 2), number % 2 == 1, number % 10 == 0),
    }
    faults = 0
    for name, trial_of in kinds.items():
        begun = time.process_time()
        counts: Counter[str] = Counter()
        wrong = 0
        for number in range(options.trials):
            trial = trial_of(number)
            counts[trial.verdict] += 1
            if trial.wrong:
                wrong += 1
                print(f"    wrong, trial {number}: {trial.wrong}")
        shown = ", ".join(f"{verdict} {count:,}" for verdict, count in sorted(counts.items()))
        pace = options.trials / (time.process_time() - begun)
        print(f"{name:22} faults {wrong}  ({shown})  {pace:,.0f} per second, seed {seed}")
        faults += wrong
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
