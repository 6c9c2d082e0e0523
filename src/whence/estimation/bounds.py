"""`solve`: a bounds problem and the distributions at hand in; the limits with their proof out, or why not.

Source: A. Balke and J. Pearl, "Bounds on treatment effects from studies with imperfect compliance" (JASA
1997); J. Tian and J. Pearl, "Probabilities of causation: bounds and identification" (2000).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from whence.estimation.bounds_data import AtHand, Cells, chance
from whence.estimation.bounds_lp import (
    TINY,
    Infeasible,
    bent,
    certified,
    certified_ratio,
    least_deviation,
)
from whence.estimation.bounds_programme import Programme, Undefined, Writer, programme, weigher
from whence.estimation.bounds_rows import Rows
from whence.estimation.bounds_sampling import confidence_interval
from whence.estimation.bounds_values import Bounds, Certificate, Numbers
from whence.language.refusals import (
    Contradiction,
    ImpossibleEvidence,
    NoOverlap,
    NotYetAnswerable,
    Refusal,
)
from whence.numerics.arrays import Floats, floats

if TYPE_CHECKING:
    from whence.language.bounds_problem import BoundsProblem, Form, Ordering, Ratio

BENT_WHY = "the sample obeys the graph only nearly: the limits hold for all that is as near to it"
Settled = Mapping["Form", tuple[Certificate, Certificate]]

METHOD = "linear programming over response types (HiGHS)"
BENT = (
    "The frequencies of the sample do not obey the graph exactly; they were allowed to move by up to "
    "{by:.2g} each, the least that makes them obey it."
)


class NotOneRatio(Exception):  # noqa: N818 - no error: `solve` makes a refusal of it
    """The question is a sum of ratios whose denominators are not known."""


class NeverHappens(Exception):  # noqa: N818 - no error: `solve` makes a refusal of it
    """What the question holds as seen has probability zero."""


def solve(problem: BoundsProblem, at_hand: Sequence[AtHand], level: float = 0.95) -> Bounds | Refusal:
    """The least and the greatest value that the query may have, given the distributions at hand.

    Refuses with `Contradiction` where no model of the graph and the assumptions has these distributions (for
    samples: none within their margins of error), `NoOverlap` where a number that is needed was never seen,
    `ImpossibleEvidence`, and `NotYetAnswerable` for sums of ratios that no linear programme covers. Raises
    `UnsuitableMethod` where the solver gives up.
    """
    work = _Work(problem, tuple(at_hand), numbers_of(problem, at_hand), Writer(problem), level)
    try:
        return work.bounds()
    except Undefined as lacking:
        where = ", ".join(f"{name} = {value}" for name, value in lacking.chance.given)
        return NoOverlap(
            f"Nobody was seen with {where}, and the limits need to know about them.", (f"rows with {where}",)
        )
    except NeverHappens:
        return ImpossibleEvidence("What the question holds as seen never happens.")
    except NotOneRatio:
        return NotYetAnswerable(
            "The question is a sum of ratios whose denominators are not known, which no linear programme "
            "covers.",
            ("asking for each of its probabilities by itself",),
        )
    except Infeasible:
        return contradiction(problem, work.deviation)


def numbers_of(problem: BoundsProblem, at_hand: Sequence[AtHand]) -> Numbers:
    """Every chance that the problem mentions, looked up."""
    forms: list[Form | None] = [form for row in problem.rows for form in (row.form, row.condition)]
    ratios = [*problem.objective, *(each for o in problem.orderings for each in (o.smaller, o.larger))]
    forms += [form for ratio in ratios for form in (ratio.numerator, ratio.denominator)]
    asked = [each for form in forms if form is not None for piece in form for each in piece.chances]
    asked += [each for row in problem.rows for each in row.chances]
    return {each: chance(at_hand, each)[0] for each in dict.fromkeys(asked)}


def contradiction(problem: BoundsProblem, deviation: float) -> Contradiction:
    """That no model fits, with the assumptions that may be to blame."""
    own = [each.statement for each in problem.assumptions if each.source == "user"]
    blamed = f"the graph, or one of the assumptions made ({' '.join(own)})" if own else "the graph"
    by = f" Some probability is off by at least {deviation:.2g}." if deviation > 0.0 else ""
    helps = ("leaving out an assumption",) if own else ()
    return Contradiction(
        f"No model fits the numbers: they contradict each other, or {blamed}.{by}",
        (*helps, "a graph with more hidden common causes, or more arrows", "checking the numbers"),
    )


@dataclass(slots=True)
class _Work:
    """One problem on its way."""

    problem: BoundsProblem
    at_hand: tuple[AtHand, ...]
    numbers: Numbers
    writer: Writer
    level: float
    deviation: float = 0.0

    def bounds(self) -> Bounds:
        base, by = self._feasible()
        settled = self._settle(base)
        rows = [self._ordering(each, settled) for each in self.problem.orderings]
        found = base.also(Rows.of(rows, base.size), floats(np.zeros(len(rows))))
        low, high = self._ends(found, settled)
        interval = self._interval()
        return Bounds(
            low.end,
            high.end,
            self.problem.sharp and not by,
            BENT_WHY if by else self.problem.why,
            METHOD,
            self.problem.assumptions,
            self.problem,
            self.numbers,
            (low, high),
            tuple(settled.items()),
            None if interval is None else (min(interval[0], low.end), max(interval[1], high.end)),
            self.level,
            self._n(),
            by,
            self._notes(by),
        )

    def _notes(self, by: float) -> tuple[str, ...]:
        dropped = sum(each.dropped for each in self.at_hand if isinstance(each, Cells))
        told = [BENT.format(by=by)] if by else []
        told += [f"{dropped:,} observations with missing values were left out."] if dropped else []
        return tuple(told)

    @property
    def sampled(self) -> bool:
        """Whether all numbers are frequencies of samples."""
        return all(each.counted for each in self.at_hand)

    def _n(self) -> int | None:
        sizes = [float(each.cells.sum()) for each in self.at_hand if isinstance(each, Cells)]
        return round(sum(sizes)) if self.sampled else None

    def _interval(self) -> tuple[float, float] | None:
        return (
            confidence_interval(self.problem, self.at_hand, self.writer, self.level) if self.sampled else None
        )

    def _feasible(self) -> tuple[Programme, float]:
        """The programme, with the numbers of a sample bent onto the graph where they are near it."""
        plain = programme(self.problem, self.numbers, self.writer)
        self.deviation = least_deviation(plain)
        if self.deviation <= TINY:
            return plain, 0.0
        # The interval raises where the sample is further from the graph than chance would have it.
        if not self.sampled or self._interval() is None:
            raise Infeasible
        by = self.deviation * (1 + 1e-6) + TINY
        return bent(plain, by), by

    def _settle(self, base: Programme) -> dict[Form, tuple[Certificate, Certificate]]:
        """Every denominator that has to be a number, with the proof that the numbers given fix it."""
        ratios = [each for o in self.problem.orderings for each in (o.smaller, o.larger)]
        ratios += self.problem.objective if len(self.problem.objective) > 1 else ()
        found: dict[Form, tuple[Certificate, Certificate]] = {}
        for ratio in ratios:
            form = ratio.denominator
            if form is not None and form not in found:
                vector = self.writer.vector(form, weigher(self.numbers))
                low, high = found[form] = certified(vector, base), certified(vector, base, -1)
                if high.end - low.end > TINY:
                    raise NotOneRatio
        return found

    def _ordering(self, ordering: Ordering, settled: Settled) -> Floats:
        low, high = (self._over_settled(each, settled) for each in (ordering.smaller, ordering.larger))
        # A mean among people that there are none of says nothing.
        return np.zeros(self.writer.size) if low is None or high is None else floats(low - high)

    def _over_settled(self, ratio: Ratio, settled: Settled) -> Floats | None:
        """A ratio over its denominator's number; None where that is zero, and the ratio speaks of nobody."""
        top = self.writer.vector(ratio.numerator, weigher(self.numbers))
        if ratio.denominator is None:
            return top
        low, high = settled[ratio.denominator]
        below = (low.end + high.end) / 2
        return floats(top / below) if below > TINY else None

    def _ends(self, found: Programme, settled: Settled) -> tuple[Certificate, Certificate]:
        """The two ends of the objective: one ratio, or a linear function."""
        first = self.problem.objective[0]
        if len(self.problem.objective) == 1 and first.denominator is not None:
            weigh = weigher(self.numbers)
            top = self.writer.vector(first.numerator, weigh)
            bottom = self.writer.vector(first.denominator, weigh)
            if certified(bottom, found, -1).end <= TINY:
                raise NeverHappens
            return certified_ratio(top, bottom, found), certified_ratio(top, bottom, found, -1)
        linear = np.zeros(found.size)
        for ratio in self.problem.objective:
            part = self._over_settled(ratio, settled)
            if part is None:
                raise NeverHappens
            linear += part
        return certified(linear, found), certified(linear, found, -1)
