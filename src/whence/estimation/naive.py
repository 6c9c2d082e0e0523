"""The comparison that a reader would make without any adjustment, to stand beside every estimate."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from whence.estimation.plan import EstimationPlan
    from whence.estimation.problem import Problem


def naive_comparison(plan: EstimationPlan, data: Problem) -> float:
    """The crude difference in means, the mean in the one arm, or the crude slope times the step."""
    group = data.group
    y = data.y[group]
    if data.arms:
        means = [float(y[arm[group]].mean()) for arm in data.arms]
        return means[0] - (means[1] if len(means) == 2 else 0.0)
    t = data.t[group] - float(data.t[group].mean())
    square = float(np.sum(t**2))
    return float(t @ y) / square * plan.step if square > 0.0 else 0.0
