"""Means and sums of products of columns in a server, in two questions, exact to the last bit of their terms.

The first asks for the means; the second centres every column there, where the rows are, and asks for the sums
of products. The result differs from that of the same rows in memory only by rounding once instead of often.

Source: the "two-pass" algorithm with correction of T. F. Chan, G. H. Golub and R. J. LeVeque, The American
Statistician 37 (1983), its sums taken as `exact` says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement
from typing import TYPE_CHECKING, Final

import numpy as np

from whence.data.columns import from_objects
from whence.data.pushdown.counted import MOST_COMBINATIONS, too_many
from whence.data.pushdown.errors import TableChanged
from whence.data.pushdown.exact import ExactSum, read, written
from whence.data.pushdown.sql import derived, grouped_sums, number, sums
from whence.numerics.moments import Central
from whence.runtime.errors import EmptyData

if TYPE_CHECKING:
    from whence.data.columns import Value
    from whence.data.pushdown.server import Row, Session

MOST_SUMS: Final = 800
"""So many sums are asked for in one query; Postgres gives 1,664 columns at most."""


@dataclass(frozen=True, slots=True)
class Term:
    """A number of each row: an expression over the columns of a source, and the ends that it lies between."""

    sql: str
    low: float
    high: float

    @property
    def bound(self) -> float:
        """The largest absolute value."""
        return max(abs(self.low), abs(self.high))


@dataclass(frozen=True, slots=True)
class Asked:
    """Terms over the rows of a sub-select; the names it quotes, the values beside it, how it is called."""

    terms: tuple[Term, ...]
    source: str
    names: tuple[str, ...]
    values: Mapping[str, object]
    label: str


def moments(session: Session, asked: Asked) -> Central:
    """The number of rows, the means of the terms and their centred sums of products.

    Raises `EmptyData` if there is no row, and `TableChanged`.
    """
    n, means = _means(session, asked)
    pairs = list(combinations_with_replacement(range(len(asked.terms)), 2))
    source = _centred(asked, means)
    parts = _products(asked, means, pairs)
    found: list[float] = []
    for start in range(0, len(parts), MOST_SUMS):
        some = parts[start : start + MOST_SUMS]
        answer = session.rows(sums(written(some, session.dialect), source), asked.names, asked.values)[0]
        if int(answer[0]) != n:
            raise TableChanged(asked.label)
        found += read(some, answer[1:], session.dialect)
    return _central(n, means, found, pairs)


def grouped(
    session: Session, asked: Asked, keys: Sequence[str]
) -> list[tuple[tuple[Value | None, ...], Central]]:
    """The same for each combination of the keys (columns of the source), sorted; missing keys are None."""
    n, means = _means(session, asked)
    pairs = list(combinations_with_replacement(range(len(asked.terms)), 2))
    parts = _products(asked, means, pairs)
    source = _centred(asked, means, keys)
    question = grouped_sums(keys, written(parts, session.dialect), source, at_most=MOST_COMBINATIONS)
    rows = session.rows(question, asked.names, asked.values)
    if len(rows) > MOST_COMBINATIONS:
        raise too_many(keys)
    width = len(keys)
    if sum(int(row[width]) for row in rows) != n:
        raise TableChanged(asked.label)
    found = [
        _central(int(row[width]), means, read(parts, row[width + 1 :], session.dialect), pairs)
        for row in rows
    ]
    settings, order = _settings(rows, width)
    return [(settings[i], found[i]) for i in order]


def _settings(rows: Sequence[Row], width: int) -> tuple[list[tuple[Value | None, ...]], list[int]]:
    """The keys of each row in their canonical form, and the order of the rows by them, missing ones last."""
    columns = [from_objects([row[i] for row in rows]) for i in range(width)]
    coded = [column.level_codes() for column in columns]
    ranks = [np.where(codes < 0, len(levels), codes) for levels, codes in coded]
    order: list[int] = np.lexsort(ranks[::-1]).tolist()
    return list(zip(*(column.python_values() for column in columns), strict=True)), order


def _means(session: Session, asked: Asked) -> tuple[int, list[float]]:
    parts = [ExactSum(term.sql, term.bound) for term in asked.terms]
    question = sums(written(parts, session.dialect), asked.source)
    answer = session.rows(question, asked.names, asked.values)[0]
    n = int(answer[0])
    if n == 0:
        raise EmptyData(f"{asked.label} that are complete in what is asked for", "Check the filter.")
    return n, [total / n for total in read(parts, answer[1:], session.dialect)]


def _centred(asked: Asked, means: Sequence[float], keys: Sequence[str] = ()) -> str:
    shifted = [
        (f"({term.sql} - {number(mean)})", f"d{i}")
        for i, (term, mean) in enumerate(zip(asked.terms, means, strict=True))
    ]
    return derived(shifted, asked.source, "centred", keep=keys)


def _products(asked: Asked, means: Sequence[float], pairs: Sequence[tuple[int, int]]) -> list[ExactSum]:
    """The sums of the centred terms, then of their products."""
    bounds = [max(term.high - mean, mean - term.low) for term, mean in zip(asked.terms, means, strict=True)]
    first = [ExactSum(f"d{i}", bound) for i, bound in enumerate(bounds)]
    return [*first, *(ExactSum(f"(d{i} * d{j})", bounds[i] * bounds[j]) for i, j in pairs)]


def _central(
    n: int, means: Sequence[float], found: Sequence[float], pairs: Sequence[tuple[int, int]]
) -> Central:
    """What is left of the means is taken out of the products, and put back into the means."""
    width = len(means)
    rest = np.array(found[:width])
    products = np.zeros((width, width))
    for (i, j), total in zip(pairs, found[width:], strict=True):
        products[i, j] = products[j, i] = total
    return Central(float(n), np.array(means) + rest / n, products - np.outer(rest, rest) / n)
