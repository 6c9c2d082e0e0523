"""Whether every reply to random causal questions is true: estimands against models, proofs against lies.

Random graphs of 4 to 8 nodes (ADMGs, and DAGs with latent nodes), questions with one or two treatments and
outcomes and up to two conditions, contrasts, and effects on the treated. Each estimand is proved by `verify`
and compared with the truncated factorisation of a random discrete model to 1e-8; each refusal must show a
hedge that `verify` accepts. Then proofs are changed or made up, and those that state something false on a
random model must be rejected. The counts are of trials, not of time: the last figure is trials per second.
"""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

sys.path.append(str(Path(__file__).parent.parent / "tests"))

import numpy as np

from oracles.trials import Tally, contrast_trials, random_effect, random_trials
from oracles.worlds import random_admg
from verification.liars import Liar
from verification.mutations import Mutant, mutants, states_something_false
from whence.identification.identify import identify
from whence.identification.verify import verify
from whence.language.estimand import Estimand
from whence.runtime.errors import ProofRejected, QueryError


def changed_proofs(count: int, seed: int) -> Tally:
    """Proofs of the identifier, changed, until `count` of them are false."""
    tally = Tally()
    number = 0
    while tally.counts["false"] < count:
        number += 1
        rng = np.random.default_rng((seed, number, 5))
        graph = random_admg(rng, int(rng.integers(3, 7)), float(rng.uniform(1.5, 4)))
        found = identify(random_effect(rng, graph.observed), graph)
        if isinstance(found, Estimand):
            for mutant in mutants(found, rng):
                hold_against(mutant, number, tally)
    return tally


def made_up_proofs(count: int, seed: int) -> Tally:
    """Proofs by the letter of the rules with sets drawn at random, until `count` of them are false."""
    tally = Tally()
    number = 0
    while tally.counts["false"] < count:
        number += 1
        rng = np.random.default_rng((seed, number, 6))
        graph = random_admg(rng, int(rng.integers(3, 6)), float(rng.uniform(1, 3)))
        try:
            estimand = Liar(graph, rng).proof()
        except QueryError:
            continue
        hold_against(Mutant(estimand, graph, "made up"), number, tally)
    return tally


def hold_against(mutant: Mutant, seed: int, tally: Tally) -> None:
    """Count a mutant as false, meaningless or true; what is accepted and not true is a fault."""
    false = states_something_false(mutant, seed)
    tally.counts["true" if false is False else "meaningless" if false is None else "false"] += 1
    try:
        verify(mutant.estimand, mutant.graph)
    except ProofRejected:
        return
    tally.counts["accepted"] += 1
    if false is not False:
        tally.fault(
            f"accepted: {mutant.how}", mutant.graph, mutant.estimand.query, mutant.estimand.expression
        )


def main() -> int:
    """Print a line per kind of trial; 1 if anything was wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=2_000, help="questions of each kind")
    parser.add_argument("--lies", type=int, default=1_000, help="false proofs of each kind")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    trials, lies, seed = options.trials, options.lies, options.seed
    runs: dict[str, Callable[[], Tally]] = {
        "effects, joint and conditional": lambda: random_trials(trials, seed),
        "contrasts, differences, ratios": lambda: contrast_trials(trials, seed),
        "effects on the treated": lambda: contrast_trials(trials, seed, treated=True),
        "changed proofs": lambda: changed_proofs(lies, seed),
        "made-up proofs": lambda: made_up_proofs(lies, seed),
    }
    faults = 0
    for name, run in runs.items():
        begun = time.perf_counter()
        tally = run()
        kinds = Counter({key: n for key, n in tally.counts.items() if not key.startswith("shape")})
        pace = sum(kinds.values()) / (time.perf_counter() - begun)
        shown = ", ".join(f"{key} {n:,}" for key, n in sorted(kinds.items()))
        print(f"{name:32} faults {len(tally.faults)}  ({shown})  {pace:,.0f} per second, seed {seed}")
        for fault in tally.faults[:5]:
            print(f"    {fault}")
        faults += len(tally.faults)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
