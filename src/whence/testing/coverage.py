"""Whether intervals cover the truth as often as they claim: one trial, and many of them on all cores.

>>> trial = Trial("front door", 500)
>>> value, error, covered = trial(0)
>>> abs(value - trial.truth) < 4 * error
True
>>> coverage(trial, range(20), "serial").share >= 0.8
True
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from whence.data.reading import table
from whence.estimation.api import estimate
from whence.estimation.values import Estimate
from whence.identification.identify import identify
from whence.language.estimand import Estimand
from whence.language.graph_text import graph
from whence.language.query_text import query
from whence.numerics.arrays import floats
from whence.runtime.errors import InvalidOption
from whence.runtime.executor import executor as as_executor
from whence.testing.worlds import World, curved, front_door, linear

if TYPE_CHECKING:
    from whence.estimation.methods import Asked
    from whence.runtime.executor import Executor

WORLDS: dict[str, Callable[[], World]] = {"linear": linear, "front door": front_door, "curved": curved}


@dataclass(frozen=True, slots=True)
class Trial:
    """A world drawn and estimated once for a seed: value, standard error, whether the interval has the truth.

    `learners` are "auto", "linear" or "boosted"; `question` is the world's own unless another is given;
    `replicates` asks for the bootstrap.
    """

    world: str
    rows: int
    method: Asked = "auto"
    learners: str = "auto"
    folds: int = 5
    repeats: int = 5
    question: str = ""
    replicates: int | None = None

    @property
    def truth(self) -> float:
        """The true answer."""
        return WORLDS[self.world]().truth

    def __call__(self, seed: int) -> tuple[float, float, bool]:
        """Draw, estimate, compare."""
        world = WORLDS[self.world]()
        found = estimate(
            estimand_of(self.question or world.question, world.graph),
            table(world.draw(seed, self.rows)),
            method=self.method,
            learners=self.learners,
            folds=self.folds,
            repeats=self.repeats,
            replicates=self.replicates,
            executor="serial",
        )
        if not isinstance(found, Estimate) or found.interval is None or found.se is None:
            raise InvalidOption("rows", self.rows, "enough rows for an interval")
        return found.value, found.se, found.interval[0] <= world.truth <= found.interval[1]


@dataclass(frozen=True, slots=True)
class Coverage:
    """What many runs of a trial came to.

    `share` is that of intervals that hold the truth, `margin` its own standard error; `bias` and `spread`
    are those of the estimates, and `claimed` is the mean of their standard errors.
    """

    runs: int
    share: float
    margin: float
    bias: float
    spread: float
    claimed: float


def coverage(trial: Trial, seeds: Sequence[int], executor: Executor | str | None = None) -> Coverage:
    """Run a trial for each seed, on all cores if not told otherwise; seeds that differ are other worlds."""
    found = as_executor(executor).map(trial, seeds, stage="coverage", kind="python")
    values, errors, covered = (floats(column) for column in zip(*found, strict=True))
    return Coverage(
        runs=len(found),
        share=float(covered.mean()),
        margin=float(covered.std()) / len(found) ** 0.5,
        bias=float(values.mean()) - trial.truth,
        spread=float(values.std()),
        claimed=float(errors.mean()),
    )


@lru_cache
def estimand_of(question: str, arrows: str) -> Estimand:
    """The estimand of a question in a graph that identifies it."""
    found = identify(query(question), graph(arrows))
    if not isinstance(found, Estimand):
        raise InvalidOption("question", question, "one that the graph identifies")
    return found
