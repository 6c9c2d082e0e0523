"""Labels that tell almost everyone apart leave nobody to compare with.

A covariate such as a name has a level for each row. Adjusting for it is asking for comparisons within
levels, and there are none: a regression on its indicators fits every row and shows nothing.

>>> import numpy as np
>>> treated = np.array([True, False, True, False])
>>> both_seen(np.array([0, 0, 1, 2]), (treated, ~treated)).tolist()
[True, True, False, False]
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from whence.language.refusals import NoOverlap
from whence.runtime.plain import bare

if TYPE_CHECKING:
    from collections.abc import Sequence

    from whence.estimation.columns import Columns
    from whence.estimation.plan import EstimationPlan
    from whence.numerics.arrays import Booleans, Integers

LEAST_SHARE = 0.05
"""Below this share of rows with somebody to compare with there is no common support to speak of."""


def told_apart(
    plan: EstimationPlan, rows: Columns, arms: Sequence[Booleans], group: Booleans
) -> NoOverlap | None:
    """A refusal where a text covariate leaves almost no row of the group a row to be compared with."""
    if len(arms) == 1:
        return None
    weights = np.ones(rows.rows) if rows.weights is None else rows.weights
    for name in dict.fromkeys((*plan.adjust, *plan.by)):
        if not rows[name].text or not rows.combines((name, *(plan.treatments if arms else ()))):
            continue
        codes = rows[name].codes()
        comparable = both_seen(codes, arms) if arms else np.bincount(codes, weights)[codes] > 1
        count = group & arms[0] if arms and plan.treated else group
        total = float(np.sum(weights[count]))
        share = float(np.sum(weights[count & comparable])) / total if total > 0.0 else 0.0
        if share < LEAST_SHARE:
            label = bare(name)
            return NoOverlap(
                f"{label} tells almost everyone apart: of those who count, {100 * share:.0f} % share "
                f"a value of it with somebody to compare them with.",
                (f"{label} in fewer, wider classes", f"leaving {label} out, if it confounds nothing"),
            )
    return None


def both_seen(codes: Integers, arms: Sequence[Booleans]) -> Booleans:
    """Which rows have a level that was seen in both arms."""
    levels = int(codes.max()) + 1
    seen = [np.bincount(codes[arm], minlength=levels) > 0 for arm in arms]
    return (seen[0] & seen[1])[codes]
