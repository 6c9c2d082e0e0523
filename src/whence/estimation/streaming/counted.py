"""The columns of a plug-in from a scan: combinations, counted where the rows are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import prod
from typing import TYPE_CHECKING

from whence.estimation.averaged import averaged_cells, can_be_averaged, only_averages
from whence.estimation.rows import columns_of
from whence.estimation.streaming.reading import held, kinds_of, read
from whence.language.refusals import NotYetAnswerable, Refusal
from whence.numerics.blocks import BLOCK
from whence.runtime.errors import listed

if TYPE_CHECKING:
    from whence.data.scanning.scan import Scan
    from whence.estimation.columns import Columns
    from whence.language.expression import Expression
    from whence.runtime.executor import Executor


def counted_columns(
    scan: Scan,
    names: Sequence[str],
    expressions: Sequence[Expression],
    dropped: int,
    executor: Executor | None = None,
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
        return replace(columns_of(scan.counted(unique), unique), rows_dropped=dropped)
    cells = prod(len(kind.levels) for kind in kinds.values() if kind.levels is not None)
    averaged = len(many) == 1 and all(only_averages(each, many[0]) for each in expressions)
    if averaged and can_be_averaged(cells):
        blocks = read(scan, kinds)
        return averaged_cells(blocks, scan.rows, unique, many[0], executor, rows_dropped=dropped).columns
    return NotYetAnswerable(
        f"{listed(many)} {'has' if len(many) == 1 else 'have'} too many values for this estimand, which can "
        "so far be estimated over discrete variables only.",
        (f"{many[0]} in a few classes (for example by `derive`)", "a set that is enough to adjust for"),
    )
