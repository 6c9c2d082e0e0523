"""The columns of a plug-in from a scan: combinations, counted where the rows are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from whence.estimation.joint import MOST_CELLS
from whence.estimation.rows import columns_of
from whence.estimation.streaming.cells import celled
from whence.estimation.streaming.reading import held, kinds_of
from whence.language.expression import Expectation, Expression, P, atoms, children
from whence.language.refusals import NotYetAnswerable, Refusal
from whence.numerics.blocks import BLOCK
from whence.runtime.errors import listed

if TYPE_CHECKING:
    from whence.data.scanning.scan import Scan
    from whence.estimation.columns import Columns
    from whence.runtime.executor import Executor


def counted_columns(
    scan: Scan, names: Sequence[str], expressions: Sequence[Expression], dropped: int, executor: Executor | None
) -> Columns | Refusal:
    """The rows of a scan that misses none of these variables, as what formulas over them can be evaluated on.

    Counts of the combinations of variables of few values; one variable of many may be averaged by all of the
    formulas. A refusal where others have many values.
    """
    unique = tuple(dict.fromkeys(names))
    if scan.rows <= BLOCK:
        return held(scan, unique, dropped)
    kinds = kinds_of(scan, unique)
    many = [name for name in unique if not kinds[name].discrete]
    if not many:
        counted = columns_of(scan.counted(unique), unique)
        return type(counted)(counted.of, counted.weights, counted.weighting, dropped)
    cells = 1.0
    for name in unique:
        cells *= len(kinds[name].levels or (0,))
    averaged = len(many) == 1 and all(only_averages(each, many[0]) for each in expressions)
    if averaged and 2.0 * cells**2 <= MOST_CELLS:
        return celled(scan, kinds, many[0], dropped, executor)
    return NotYetAnswerable(
        f"{listed(many)} {'has' if len(many) == 1 else 'have'} too many values for this estimand, which can "
        "so far be estimated over discrete variables only.",
        (f"{many[0]} in a few classes (for example by `derive`)", "a set that is enough to adjust for"),
    )


def only_averages(expression: Expression, name: str) -> bool:
    """Whether an expression does nothing with a variable but average it.

    >>> only_averages(Expectation("y", P("y", ("x",))), "y"), only_averages(P("y", ("x",)), "y")
    (True, False)
    """
    match expression:
        case Expectation(variable=variable, body=P() as atom) if variable == name:
            return all(term.name != name for term in atom.given)
        case P():
            return all(term.name != name for term in expression.terms)
        case _:
            return all(only_averages(part, name) for part in children(expression))


def read_by(expressions: Sequence[Expression]) -> tuple[str, ...]:
    """The variables that formulas mention, each once."""
    found = [atom for each in expressions for atom in atoms(each) if isinstance(atom, P)]
    return tuple(dict.fromkeys(term.name for atom in found for term in atom.terms))
