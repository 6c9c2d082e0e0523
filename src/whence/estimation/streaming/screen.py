"""Whether linear models miss something, looked at on a random sample of the rows of a scan.

Block by block only linear models are learnt. With very many rows the interval is narrow, and where the world
bends it is narrow around the wrong place; so what flexible learners would have seen is said with the answer.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from whence.estimation import cautions
from whence.estimation.learners import Learners, learner_name
from whence.estimation.problem import Problem, problem
from whence.estimation.rows import columns_of
from whence.estimation.screening import NOTHING, SUBSAMPLE, Screened, screened, shrunk

if TYPE_CHECKING:
    from collections.abc import Sequence

    from whence.data.scanning.scan import Scan
    from whence.estimation.learners import Choice
    from whence.estimation.plan import EstimationPlan
    from whence.estimation.values import LearnerRisk, Warning_
    from whence.runtime.executor import Executor

CLEARLY = 0.98
"""A risk of less than this share of the linear learner's is more than the chance of the sample."""

USED = tuple(learner_name("linear", probability=chance) for chance in (False, True))

PLAIN = (
    "Linear models of outcome and treatment: the rows are read block by block, on which flexible ones are "
    "not tried."
)


def linear_screen(
    scan: Scan, plan: EstimationPlan, ridges: tuple[float, float], columns: int, executor: Executor | None
) -> Screened:
    """The linear learners of a plan for so many columns, and what is to be said of that if nobody asked."""
    asked = plan.learners
    taken = Learners(_linear(asked.outcome), _linear(asked.treatment))
    why = shrunk(ridges, columns)
    if taken == asked:
        return Screened(taken, ridges, (), why)
    if columns == 0:
        return Screened(taken, ridges, (), (*why, NOTHING))
    seed = plan.options.seed.child("screen")
    sample = scan.sample(SUBSAMPLE, seed.child("sample"), plan.variables)
    data = problem(plan, columns_of(sample, plan.variables))
    if not isinstance(data, Problem):
        return Screened(taken, ridges, (), (*why, PLAIN))
    found = screened(plan, data, seed, executor)
    told = [f"On a random sample of {sample.rows:,} rows:", *found.why] if found.risks else []
    risks = tuple(replace(risk, chosen=risk.learner in USED) for risk in found.risks)
    return Screened(taken, ridges, risks, (*why, PLAIN, *told), _missed(risks, sample.rows))


def _linear(choice: Choice) -> Choice:
    return "linear" if choice == "auto" else choice


def _missed(risks: Sequence[LearnerRisk], rows: int) -> tuple[Warning_, ...]:
    """A warning where a flexible learner foretells a nuisance clearly better than the linear one."""
    found: list[Warning_] = []
    for role in dict.fromkeys(risk.nuisance for risk in risks):
        known = [(risk.risk, risk) for risk in risks if risk.nuisance == role and risk.risk is not None]
        used = min(risk for risk, each in known if each.chosen)
        least, best = min(known, key=lambda pair: pair[0])
        if least < CLEARLY * used:
            found += cautions.of_bends(role, best.learner, least / used, rows)
    return tuple(found)
