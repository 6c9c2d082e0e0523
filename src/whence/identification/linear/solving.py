"""Which coefficients the equations of a graph determine, and the smallest systems that do it.

For each variable the equations are rows, the unknown coefficients of its causes columns. A set of columns is
*closed* when the rows that are zero outside it have full rank on it: then those coefficients are found. What
was found lets further equations be formed, until nothing new comes. Rows are compared at a random point; the
choice of a row with its structural zeros is checked afresh by the verifier.

Sources: C. Brito and J. Pearl (UAI 2002); B. van der Zander and M. Liśkiewicz, "On searching for generalized
instrumental variables" (AISTATS 2016); R. Foygel, J. Draisma and M. Drton (2012), algorithm 1; L. Weihs et
al., "Determinantal generalizations of instrumental variables" (2018), for single edges.

>>> from whence.identification.linear.points import point
>>> from whence.language.graph import Edge, Graph
>>> g = Graph.of((), [Edge("Z", "X"), Edge("X", "Y"), Edge("X", "Y", "<->")])
>>> [(step.target, step.method) for step in Solver.of(g, point(g, 0)).solve({(1, 2)})]
[('Y', 'instrument')]
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from whence.identification.linear.equations import (
    Arrow,
    Line,
    Terrain,
    auxiliary,
    conditional,
    separators,
)
from whence.identification.linear.points import PRIME, Point
from whence.language.graph import Graph, bits
from whence.language.linear import LinearStep
from whence.runtime.events import check_cancelled

Row = tuple[Line, dict[int, int]]
"""An equation and its entries that are not zero, by cause."""

SMALL = 3
"""Systems of up to so many coefficients are looked for one by one; else the largest closed one is taken."""


@dataclass(slots=True)
class Solver:
    """What was found so far in one graph: the steps, and which arrows they settle."""

    terrain: Terrain
    at: Point
    numbers: tuple[int, ...]
    steps: list[LinearStep] = field(default_factory=list[LinearStep])
    known: set[Arrow] = field(default_factory=set[Arrow])
    parted: dict[int, list[Line]] = field(default_factory=dict[int, list[Line]])

    @classmethod
    def of(cls, graph: Graph, at: Point) -> Solver:
        """A solver for an ADMG of observed variables; `at` is a point of the graph that it projects."""
        return cls(Terrain.of(graph), at, tuple(at.graph.index[name] for name in graph.nodes))

    def solve(self, wanted: set[Arrow]) -> tuple[LinearStep, ...] | None:
        """The steps that settle the wanted arrows, only those needed, or None where the search ends."""
        graph = self.terrain.graph
        causes = sorted({effect for _, effect in wanted}, key=graph.order.index)
        self._plainly(arrow for arrow in sorted(wanted))
        while not wanted <= self.known:
            before = len(self.known)
            for target in (*causes, *(node for node in graph.order if node not in causes)):
                self._settle(target)
                if wanted <= self.known:
                    break
            if len(self.known) == before:
                return None
        return self._needed(wanted)

    def _plainly(self, arrows: Iterable[Arrow]) -> None:
        """A regression or a single (conditional) instrument for one arrow, where there is one."""
        for cause, target in arrows:
            line = self._plain(cause, target)
            if line is not None:
                self._record(target, (cause,), (line,))

    def _plain(self, cause: int, target: int) -> Line | None:
        graph = self.terrain.graph
        before = graph.all & ~self.terrain.after[target]
        for sources in ((cause,), bits(before & ~(1 << cause))):
            found: list[Line] = []
            for source in sources:
                for given in separators(self.terrain, source, target, {(cause, target)}):
                    line = Line(source, tuple(bits(given)))
                    if not given >> cause & 1 and cause in self._entries(line, (cause,)):
                        found.append(line)
            if found:
                return min(found, key=lambda line: line.length)
        return None

    def _settle(self, target: int) -> None:
        """Find what the equations for one target determine."""
        check_cancelled()
        unknown = [p for p in bits(self.terrain.graph.parents[target]) if (p, target) not in self.known]
        while unknown:
            rows = [(line, self._entries(line, unknown)) for line in self._lines(target)]
            rows = sorted((row for row in rows if row[1]), key=lambda row: (row[0].length, len(row[1])))
            closed = smallest_closed(rows, largest_closed(rows, unknown))
            if not closed:
                return
            lines = independent([row for row in rows if row[1].keys() <= set(closed)], closed)
            self._record(target, closed, lines)
            unknown = [p for p in unknown if p not in closed]

    def _lines(self, target: int) -> Iterator[Line]:
        if target not in self.parted:
            self.parted[target] = list(conditional(self.terrain, target))
        yield from auxiliary(self.terrain, target, self.known)
        yield from self.parted[target]

    def _entries(self, line: Line, causes: Sequence[int]) -> dict[int, int]:
        numbers = self.numbers
        given, less = ([numbers[node] for node in part] for part in (line.given, line.less))
        row = self.at.row(numbers[line.source], given, less)
        return {} if row is None else {p: row[numbers[p]] for p in causes if row[numbers[p]]}

    def _record(self, target: int, found: Sequence[int], lines: Sequence[Line]) -> None:
        graph = self.terrain.graph
        row = [self._entries(line, tuple(bits(graph.parents[target]))) for line in lines]
        # Of what was found before, only what these equations mention is taken off the target.
        taken = sorted({p for entries in row for p in entries if (p, target) in self.known})
        equations = tuple(line.names(graph) for line in lines)
        names = [tuple(graph.nodes[p] for p in part) for part in (found, taken)]
        self.steps.append(LinearStep(graph.nodes[target], names[0], equations, names[1]))
        self.known |= {(p, target) for p in found}

    def _needed(self, wanted: set[Arrow]) -> tuple[LinearStep, ...]:
        graph = self.terrain.graph
        needed = {(graph.nodes[a], graph.nodes[b]) for a, b in wanted}
        kept: list[LinearStep] = []
        for step in reversed(self.steps):
            if any((cause, step.target) in needed for cause in step.unknowns):
                kept.append(step)
                needed |= {(cause, step.target) for cause in step.known}
                needed |= {(cause, each.source) for each in step.equations for cause in each.less}
        return tuple(reversed(kept))


def largest_closed(rows: Sequence[Row], unknown: Sequence[int]) -> tuple[int, ...]:
    """The largest closed set of columns: what lies in no closed set is left out until all that stays does."""
    columns = tuple(unknown)
    while True:
        inside = [entries for _, entries in rows if entries.keys() <= set(columns)]
        kept = spanned(inside, columns)
        if kept == columns:
            return columns
        columns = kept


def smallest_closed(rows: Sequence[Row], closed: tuple[int, ...]) -> tuple[int, ...]:
    """A smallest closed set within a closed one, looked for up to `SMALL` columns."""
    for size in range(1, min(SMALL, len(closed) - 1) + 1):
        for columns in combinations(closed, size):
            inside = [entries for _, entries in rows if entries.keys() <= set(columns)]
            if len(spanned(inside, columns)) == size:
                return columns
    return closed


def spanned(rows: Sequence[dict[int, int]], columns: tuple[int, ...]) -> tuple[int, ...]:
    """The columns whose unit vector is a combination of the rows."""
    reduced = reduce([[row.get(column, 0) for column in columns] for row in rows])
    single = {next(i for i, cell in enumerate(row) if cell) for row in reduced if sum(map(bool, row)) == 1}
    return tuple(column for place, column in enumerate(columns) if place in single)


def independent(rows: Sequence[Row], columns: tuple[int, ...]) -> tuple[Line, ...]:
    """As many independent rows as columns, the plainest first."""
    chosen: list[Line] = []
    cells: list[list[int]] = []
    for line, entries in rows:
        tried = [*cells, [entries.get(column, 0) for column in columns]]
        if len(reduce(tried)) == len(tried):
            chosen.append(line)
            cells = tried
        if len(chosen) == len(columns):
            break
    return tuple(chosen)


def reduce(rows: Sequence[Sequence[int]]) -> list[list[int]]:
    """The reduced row echelon form modulo the prime, without its zero rows."""
    done: list[list[int]] = []
    for row in rows:
        left = list(row)
        for other in done:
            pivot = next(i for i, cell in enumerate(other) if cell)
            left = _less(left, other, left[pivot])
        lead = next((i for i, cell in enumerate(left) if cell), None)
        if lead is None:
            continue
        scale = pow(left[lead], -1, PRIME)
        left = [cell * scale % PRIME for cell in left]
        done = [*(_less(other, left, other[lead]) for other in done), left]
    return done


def _less(row: list[int], other: list[int], times: int) -> list[int]:
    return [(a - times * b) % PRIME for a, b in zip(row, other, strict=True)] if times else row
