"""What needs all rows at once, and so cannot be had from rows that are read block by block.

Each error names the cure. Learners that nobody asked for by name are simply not tried: see `screen`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from whence.runtime.errors import UnsuitableLearner, UnsuitableMethod

if TYPE_CHECKING:
    from whence.estimation.plan import Options

CURE = "Read the rows into memory (whence.table), or take a sample of them (scan.sample)."


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
