"""What needs all rows at once, and so cannot be had from rows that are read block by block.

Each error names the cure. Learners that nobody asked for by name are simply not tried; the answer's `why`
says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from whence.estimation.learners import Learners
from whence.estimation.screening import NOTHING
from whence.runtime.errors import UnsuitableLearner, UnsuitableMethod

if TYPE_CHECKING:
    from whence.estimation.learners import Choice
    from whence.estimation.plan import Options

CURE = "Read the rows into memory (whence.table), or take a sample of them (scan.sample)."

PLAIN = (
    "Linear models of outcome and treatment: the rows are read block by block, on which flexible ones are "
    "not tried."
)


def check_options(options: Options) -> None:
    """Raise `UnsuitableMethod` or `UnsuitableLearner` for what blocks cannot give."""
    if options.clusters is not None:
        reason = "a cluster's rows may lie in any block, and its errors need them together"
        raise UnsuitableMethod("cluster", reason, CURE)
    if options.errors == "bootstrap":
        raise UnsuitableMethod("bootstrap", "samples are drawn from rows in memory", CURE)
    for choice in (options.learners.outcome, options.learners.treatment):
        if choice not in ("auto", "linear"):
            name = choice if isinstance(choice, str) else type(choice).__name__
            reason = "it learns from all rows at once, and these are read block by block"
            raise UnsuitableLearner(name, reason, f'Take learners="linear". {CURE}')


def plain_learners(asked: Learners, columns: int) -> tuple[Learners, tuple[str, ...]]:
    """The learners that are taken for so many columns to adjust for, and why if the choice was ours."""
    found = Learners(_plain(asked.outcome), _plain(asked.treatment))
    if found == asked:
        return found, ()
    return found, (PLAIN if columns else NOTHING,)


def _plain(choice: Choice) -> Choice:
    return "linear" if choice == "auto" else choice
