"""Single probabilities put together: where they fix a whole distribution, it is that distribution.

Each is a linear equation in the cells of the joint distribution of the variables that are named: P(X=1) = 0.5
is a sum of cells, P(Y=1 | X=1) = 0.8 says that P(X=1, Y=1) − 0.8 · P(X=1) is zero. Where they have one
solution, it says more than they do one by one: what is independent by the graph can be told apart.

>>> cells = solved({P((Term("X", 1), Term("Y", 1))): 0.4, P(Term("X", 1)): 0.5, P(Term("Y", 1)): 0.5},
...                {"X": (0, 1), "Y": (0, 1)})
>>> cells.variables, [round(cell, 6) for cell in cells.cells]
(('X', 'Y'), [0.4, 0.1, 0.1, 0.4])
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from math import prod

import numpy as np

from whence.language.expression import P, Term, Value
from whence.language.factor import Factor

MOST_CELLS = 4096
CLOSE = 1e-9


def solved(told: Mapping[P, float], levels: Mapping[str, tuple[Value, ...]]) -> Factor | None:
    """The joint distribution that the statements fix, or None where they leave it open or contradict it.

    The statements are of what was seen, their terms at values; `levels` are those of every name in them.
    """
    names = tuple(dict.fromkeys(term.name for atom in told for term in atom.terms))
    size = prod(len(levels[name]) for name in names)
    if not names or len(told) + 1 < size or size > MOST_CELLS:
        return None
    cells = [dict(zip(names, cell, strict=True)) for cell in product(*(levels[name] for name in names))]
    rows, wanted = [[1.0] * size], [1.0]
    for atom, value in told.items():
        both = _holds(cells, (*atom.of, *atom.given))
        given = _holds(cells, atom.given) if atom.given else [0.0] * size
        rows.append([one - value * below for one, below in zip(both, given, strict=True)])
        wanted.append(0.0 if atom.given else value)
    matrix, right = np.array(rows), np.array(wanted)
    found, _, rank, _ = np.linalg.lstsq(matrix, right, rcond=None)
    if rank < size or np.abs(matrix @ found - right).max() > CLOSE or found.min() < -CLOSE:
        return None
    shares = np.maximum(found, 0.0)
    return Factor(names, tuple(levels[name] for name in names), tuple(float(cell) for cell in shares))


def _holds(cells: Sequence[Mapping[str, Value]], terms: Sequence[Term]) -> list[float]:
    return [float(all(cell[term.name] == term.value for term in terms)) for cell in cells]
