"""What a question compares: one outcome under two levels of one treatment, and among whom.

>>> from whence.language.query_text import query
>>> found = compared(query("E[y_{x=1} | x=0] - E[y_{x=0} | x=0]"))
>>> found.treatment, found.level, found.base, [str(term.value) for term in found.among]
('x', 1, 0, ['0'])
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from whence.language.expression import Difference, Expectation, Expression, P, Term

if TYPE_CHECKING:
    from whence.language.expression import Value
    from whence.language.query import Query


@dataclass(frozen=True, slots=True)
class Compared:
    """The mean of `outcome` with `treatment` set to `level` rather than `base`, among those with `among`.

    `one_more` says that no levels were named, and one unit more of the treatment is meant.
    """

    outcome: str
    treatment: str
    level: Value
    base: Value
    among: tuple[Term, ...] = ()
    one_more: bool = False


def compared(query: Query) -> Compared | None:
    """The comparison that a query asks for; None where it asks for something else."""
    contrast = query.contrast
    if contrast is None:
        return _spelt_out(query.body)
    level = 1 if contrast.level is None else contrast.level
    base = 0 if contrast.base is None else contrast.base
    among = (Term(contrast.treatment, level),) if contrast.kind == "ATT" else ()
    return Compared(contrast.outcome, contrast.treatment, level, base, among, contrast.open)


def _spelt_out(body: Expression) -> Compared | None:
    """A difference of means that has no name, such as the effect among those who were not treated."""
    match body:
        case Difference(
            left=Expectation(variable=outcome, body=P(of=(first,)) as left),
            right=Expectation(variable=other, body=P(of=(second,)) as right),
        ) if outcome == other and left.given == right.given:
            level, base = (*left.do, *first.world), (*right.do, *second.world)
        case _:
            return None
    if len(level) != 1 or len(base) != 1 or level[0].name != base[0].name:
        return None
    told = (*level, *base, *left.given)
    if any(term.value is None or term.world for term in told):
        return None
    values = (level[0].value, base[0].value)
    assert values[0] is not None
    assert values[1] is not None
    return Compared(outcome, level[0].name, values[0], values[1], left.given)
