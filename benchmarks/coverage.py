"""How often 95 % intervals cover the truth in worlds where it is known, on all cores.

Run: python benchmarks/coverage.py [--runs 2000] [--boosted-runs 300] [--executor processes]

The linear and the front-door world are run 2,000 times each with the default estimator, the curved one 300
times with boosted nuisances. Goal: 93.5 to 96.5 % (boosted: 91 to 99).
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from whence.data.reading import table
from whence.estimation.api import estimate
from whence.estimation.values import Estimate
from whence.identification.identify import identify
from whence.language.estimand import Estimand
from whence.language.graph_text import graph
from whence.language.query_text import query
from whence.runtime.executor import executor
from whence.testing.worlds import World, curved, front_door, linear

WORLDS: dict[str, Callable[[], World]] = {"linear": linear, "front door": front_door, "curved": curved}


@dataclass(frozen=True, slots=True)
class Trial:
    """One world, drawn and estimated once for a seed: value, standard error, and whether the interval covers."""

    world: str
    question: str
    rows: int
    method: str = "auto"
    boosted: bool = False

    def __call__(self, seed: int) -> tuple[float, float, bool]:
        world = WORLDS[self.world]()
        found = estimate(
            estimand_of(self.question, world.graph),
            table(world.draw(100_000 + seed, self.rows)),
            method="auto" if self.method == "auto" else "plr",
            learners="boosted" if self.boosted else None,
            repeats=1 if self.boosted else 5,
            executor="serial",
        )
        if not isinstance(found, Estimate) or found.interval is None or found.se is None:
            message = f"no interval in the {self.world} world at seed {seed}"
            raise RuntimeError(message)
        return found.value, found.se, found.interval[0] <= world.truth <= found.interval[1]


@lru_cache
def estimand_of(question: str, arrows: str) -> Estimand:
    """The estimand of a question in a graph."""
    found = identify(query(question), graph(arrows))
    if not isinstance(found, Estimand):
        raise TypeError(arrows)
    return found


def main() -> None:
    """Run every world and print coverage, bias, and the errors claimed and found."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--runs", type=int, default=2000)
    options.add_argument("--boosted-runs", type=int, default=300)
    options.add_argument("--executor", default="processes")
    given = options.parse_args()
    trials = [
        (Trial("linear", linear().question, 500), given.runs),
        (Trial("linear", "ATT(t -> y)", 500), given.runs),
        (Trial("linear", linear().question, 500, "plr"), given.runs),
        (Trial("front door", front_door().question, 1000), given.runs),
        (Trial("curved", curved().question, 1000, boosted=True), given.boosted_runs),
    ]
    print(f"{'world':<12}{'method':<10}{'runs':>6}{'cover':>8}{'bias':>10}{'SD':>9}{'mean SE':>9}")
    for trial, runs in trials:
        found = executor(given.executor).map(trial, range(runs), stage="coverage")
        values, errors, covered = (np.array(column) for column in zip(*found, strict=True))
        name = "boosted" if trial.boosted else "ATT" if "ATT" in trial.question else trial.method
        bias = values.mean() - WORLDS[trial.world]().truth
        print(
            f"{trial.world:<12}{name:<10}{runs:>6}{covered.mean():>8.1%}{bias:>10.4f}"
            f"{values.std():>9.4f}{errors.mean():>9.4f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
