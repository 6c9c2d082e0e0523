"""What estimating mostly does, for whoever chooses between threads and processes; never what comes of it.

>>> kind_of_fits(["linear"], 1_000), kind_of_fits(["linear"], 1_000_000), kind_of_fits(["boosted"], 1_000)
('python', 'gil_free', 'gil_free')
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from whence.estimation.columns import Columns
    from whence.estimation.learners import Choice, Learners
    from whence.estimation.plan import EstimationPlan
    from whence.runtime.executor import Kind

FEW_NUMBERS = 50_000
"""Arrays of fewer numbers are done with before another thread could use the interpreter's lock."""


def kind_of_fits(choices: Sequence[Choice], numbers: int) -> Kind:
    """The kind of work that fits of learners on so many numbers are."""
    if any(not isinstance(choice, str) for choice in choices):
        return "python"  # a learner of the user's own may well hold the lock: small fits of most do
    return "gil_free" if "boosted" in choices or numbers >= FEW_NUMBERS else "python"


def kind_of_runs(plan: EstimationPlan, columns: Columns) -> Kind:
    """The kind of work that carrying out a plan on columns, again and again, is."""
    learners = plan.learners
    fitted = (learners.outcome, learners.treatment) if plan.method in ("aipw", "plr") else ()
    return kind_of_fits(fitted, columns.n * len(columns.of))


def of_users(learners: Learners) -> bool:
    """Whether a learner is the user's own object, of which nobody knows what it does inside."""
    return any(not isinstance(each, str) for each in (learners.outcome, learners.treatment))
