"""Checks of an answer from data beyond memory: made on a random sample of the rows, and saying so.

The answer itself rests on all rows. Its checks run the estimator dozens of times on altered rows, so they
work on a sample that fits into memory: the estimator is run on it once for the answer that the checks attack.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from whence.data.pushdown.remote import Remote
from whence.estimation.values import Estimate
from whence.runtime.seeds import as_seed

if TYPE_CHECKING:
    from whence.data.scanning.scan import Scan
    from whence.data.tables import Table
    from whence.engine.how import How
    from whence.language.graph import Graph
    from whence.refutation.result import Refutation

MOST_SAMPLED = 200_000
"""Rows of the sample: at this size a check's own standard error is small beside what it looks for."""


def sampled(
    scan: Scan | Remote, known: Graph | None, numbers: tuple[Estimate, ...], how: How
) -> Table | None:
    """A random sample of the rows, in the columns that checks may look at.

    None of a table in a database where some of them have too many values to be counted: then no row is to be
    had without fetching it, and none is fetched.
    """
    plans = [each.plan for each in numbers if each.plan is not None]
    observed = () if known is None else known.observed
    names = [*observed, *how.columns, *(name for plan in plans for name in plan.variables)]
    wanted = tuple(dict.fromkeys(name for name in names if name in scan))
    if isinstance(scan, Remote) and not all(each.levels for each in scan.sketch(wanted).values()):
        return None
    return scan.sample(MOST_SAMPLED, as_seed(how.seed).child("sample"), wanted)


def said(check: Refutation, rows: int, whole: int) -> Refutation:
    """The check, its sentence saying that it was made on a sample."""
    if rows == whole or (check.statistic is None and check.p is None):
        return check  # nothing was looked at in the rows
    sentence = f"On a random sample of {rows:,} of the {whole:,} rows: {check.sentence}"
    return replace(check, sentence=sentence)
