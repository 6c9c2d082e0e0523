"""`verify_bounds`: the certificates of bounds checked again, by sums over types and nothing else.

For each end it is checked that the witness is a distribution, that it agrees with every number that the
problem was given, and that its answer is the end (so the end is attained); and that the multipliers prove
that no distribution goes beyond. The programme is written anew here, type by type, from the problem.

Source: G. Dantzig, *Linear Programming and Extensions* (1963), chapter 6: weak duality.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import fsum, isinf, prod
from typing import TYPE_CHECKING

from whence.runtime.errors import ProofRejected

if TYPE_CHECKING:
    from whence.estimation.bounds_values import Bounds, Certificate
    from whence.language.bounds_problem import Chance, Form, Ordering, Ratio

    Vector = list[float]

TOLERANCE = 1e-9


@dataclass(frozen=True, slots=True)
class Checked:
    """What was checked: types, constraints, and the largest error found at either end."""

    types: int
    constraints: int
    attained_within: float
    proved_within: float


def verify_bounds(bounds: Bounds, tolerance: float = TOLERANCE) -> Checked:
    """Check both ends of `bounds`; raises `ProofRejected` with what does not hold."""
    programme = _Programme(bounds)
    attained = proved = 0.0
    for which, certificate in enumerate(bounds.certificates):
        side = 1.0 if which == 0 else -1.0
        attained = max(attained, programme.attained(certificate, tolerance))
        proved = max(proved, programme.proved(certificate, side))
    if proved > tolerance:
        raise ProofRejected("duality", f"the multipliers leave {proved:.3g} unproved")
    ends = tuple(each.end for each in bounds.certificates)
    if ends != (bounds.lower, bounds.upper):
        raise ProofRejected("ends", f"the certificates are of {ends}")
    return Checked(bounds.problem.size, len(programme.equal) + len(programme.less), attained, proved)


class _Programme:
    """The constraints as plain lists, in the order that the multipliers have."""

    def __init__(self, bounds: Bounds) -> None:
        self.problem, self.numbers = bounds.problem, bounds.numbers
        self.kinds = [
            (number, dict(zip(block.responses, kind, strict=True)))
            for number, block in enumerate(self.problem.blocks)
            for kind in block.types
        ]
        structure, told = [*self._totals(), *self._core()], list(self._rows())
        free = bounds.nearest
        self.equal = structure if free else [*structure, *told]
        self.less: list[tuple[Vector, float]] = []
        if free:
            self.less += [(row, side + free) for row, side in told]
            self.less += [([-x for x in row], free - side) for row, side in told]
        self.settled = {form: self._settled(form, pair) for form, pair in bounds.settled}
        self.less += [(self._ordering(each), 0.0) for each in self.problem.orderings]

    # ── what is claimed ─────────────────────────────────────────────────────────────────────────────────

    def attained(self, certificate: Certificate, tolerance: float) -> float:
        """The largest error of a witness: as a distribution, against the numbers, and as an answer."""
        shares = certificate.shares
        if len(shares) != len(self.kinds) or min(shares, default=0.0) < 0.0:
            raise ProofRejected("witness", "its shares are no distribution of the types")
        worst = max((abs(_dot(row, shares) - side) for row, side in self.equal), default=0.0)
        worst = max([worst, *(_dot(row, shares) - side for row, side in self.less)])
        if worst > tolerance:
            raise ProofRejected("witness", f"it misses a number that was given by {worst:.3g}")
        top, bottom = self._objective()
        below = 1.0 if bottom is None else _dot(bottom, shares)
        if isinf(certificate.end):
            # Mixed with any witness of the evidence, it brings the ratio as far out as one likes.
            if below > tolerance or _dot(top, shares) * certificate.end <= 0.0:
                raise ProofRejected("witness", "it does not show that the ratio has no limit")
            return worst
        if below <= 0.0:
            raise ProofRejected("witness", "what the question holds as seen never happens in it")
        answer = _dot(top, shares) / below
        if abs(answer - certificate.end) > tolerance:
            raise ProofRejected("witness", f"its answer is {answer!r} and not {certificate.end!r}")
        return max(worst, abs(answer - certificate.end))

    def proved(self, certificate: Certificate, side: float) -> float:
        """By how much the multipliers fall short of proving that nothing lies beyond the end."""
        top, bottom = self._objective()
        end, cost = certificate.end, [side * x for x in top]
        if isinf(end):
            return 0.0
        if bottom is not None:
            cost = [c - side * end * x for c, x in zip(cost, bottom, strict=True)]
        return self._short(cost, 0.0 if bottom is not None else side * end, certificate.multipliers)

    def _short(self, cost: Vector, target: float, multipliers: Sequence[float]) -> float:
        """By how much the multipliers fail to prove that the cost is nowhere below the target."""
        if len(multipliers) != len(self.equal) + len(self.less):
            raise ProofRejected("duality", "there is not one multiplier for each constraint")
        reached = 0.0
        for place, (row, limit) in enumerate([*self.equal, *self.less]):
            # Multipliers of "at most" must not be positive; those that are prove nothing and are left out.
            weight = multipliers[place] if place < len(self.equal) else min(multipliers[place], 0.0)
            if weight != 0.0:
                cost = [c - weight * x for c, x in zip(cost, row, strict=True)]
                reached += weight * limit
        worst = [float("inf")] * len(self.problem.blocks)
        for (block, _), reduced in zip(self.kinds, cost, strict=True):
            worst[block] = min(worst[block], reduced)
        # The shares of a block add up to one, so its least reduced cost bounds what it can take away.
        return max(0.0, target - reached - fsum(min(0.0, each) for each in worst))

    # ── the programme ───────────────────────────────────────────────────────────────────────────────────

    def _objective(self) -> tuple[Vector, Vector | None]:
        """The question as one vector, or as one over another."""
        if len(self.problem.objective) == 1:
            (only,) = self.problem.objective
            return self._vector(only.numerator), None if only.denominator is None else self._vector(
                only.denominator
            )
        found = [0.0] * len(self.kinds)
        for ratio in self.problem.objective:
            found = [c + x for c, x in zip(found, self._over_settled(ratio), strict=True)]
        return found, None

    def _over_settled(self, ratio: Ratio) -> Vector:
        top = self._vector(ratio.numerator)
        if ratio.denominator is None:
            return top
        if ratio.denominator not in self.settled:
            raise ProofRejected("ratio", "a denominator is not shown to be fixed by the numbers")
        below = self.settled[ratio.denominator]
        return [x / below for x in top] if below > TOLERANCE else [float("nan")] * len(top)

    def _settled(self, form: Form, pair: tuple[Certificate, Certificate]) -> float:
        """The value that every distribution of types gives a form, by the certificates of its two ends."""
        vector = self._vector(form)
        for certificate, side in zip(pair, (1.0, -1.0), strict=True):
            short = self._short([side * x for x in vector], side * certificate.end, certificate.multipliers)
            if short > TOLERANCE:
                raise ProofRejected("ratio", f"a denominator is fixed only up to {short:.3g}")
        if pair[1].end - pair[0].end > 2 * TOLERANCE:
            raise ProofRejected("ratio", "a denominator is not fixed by the numbers")
        return (pair[0].end + pair[1].end) / 2

    def _ordering(self, ordering: Ordering) -> Vector:
        low, high = self._over_settled(ordering.smaller), self._over_settled(ordering.larger)
        row = [a - b for a, b in zip(low, high, strict=True)]
        # A mean among people that there are none of says nothing.
        return [0.0] * len(row) if any(x != x for x in row) else row

    def _totals(self) -> Iterator[tuple[Vector, float]]:
        for number in range(len(self.problem.blocks)):
            yield [float(block == number) for block, _ in self.kinds], 1.0

    def _core(self) -> Iterator[tuple[Vector, float]]:
        if not self.problem.core:
            return
        of = [(block, tuple(kind[at] for at in self.problem.core)) for block, kind in self.kinds]
        first = [core for block, core in of if block == 0]
        for number in range(1, len(self.problem.blocks)):
            own = [core for block, core in of if block == number]
            for core in dict.fromkeys([*first, *own]):
                yield [((b == 0) - (b == number)) * float(each == core) for b, each in of], 0.0

    def _rows(self) -> Iterator[tuple[Vector, float]]:
        for row in self.problem.rows:
            number = self._product(row.chances)
            form = self._maybe(row.form)
            condition = None if row.condition is None else self._maybe(row.condition)
            if number is None or form is None or (row.condition is not None and condition is None):
                continue
            if condition is None:
                yield form, number
            else:
                yield [x - number * y for x, y in zip(form, condition, strict=True)], 0.0

    def _maybe(self, form: Form) -> Vector | None:
        return None if any(self._product(piece.chances) is None for piece in form) else self._vector(form)

    def _vector(self, form: Form) -> Vector:
        found = [0.0] * len(self.kinds)
        for piece in form:
            weight = self._product(piece.chances)
            if weight is None:
                raise ProofRejected("numbers", "a number that is needed is undefined")
            home = next(
                n
                for n, b in enumerate(self.problem.blocks)
                if {at for at, _ in piece.event} <= set(b.responses)
            )
            for place, (block, kind) in enumerate(self.kinds):
                if block == home and all(kind[at] == value for at, value in piece.event):
                    found[place] += float(piece.times) * weight
        return found

    def _product(self, chances: tuple[Chance, ...]) -> float | None:
        numbers = [self.numbers[each] for each in chances]
        if 0.0 in numbers:
            return 0.0
        return None if None in numbers else prod(each for each in numbers if each is not None)


def _dot(row: Vector, shares: Sequence[float]) -> float:
    return fsum(x * share for x, share in zip(row, shares, strict=True))
