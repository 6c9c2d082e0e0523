"""Two models that differ in two hidden causes: one is moved, the other makes up for it.

Where a part of the cases is seen only, as under selection or with values missing, no single hidden cause can
move without a trace. So one is moved a little at random, and what is known then sets linear equations for
the distribution of the other: a solution near the old one leaves all that is known as it was.

Source: A. Balke and J. Pearl (UAI 1994), for response types; M. Nabi, R. Bhattacharya and I. Shpitser, "Full
law identification in graphical models of missing data" (ICML 2020), for such pairs where values are missing.

>>> solution([[Fraction(1), Fraction(1)], [Fraction(1), Fraction(-1)]], [Fraction(3), Fraction(1)])
[Fraction(2, 1), Fraction(1, 1)]
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

from whence.identification.witnesses.model_agreement import shares, tables
from whence.identification.witnesses.model_answers import differ
from whence.identification.witnesses.model_populations import (
    agree_everywhere,
    everywhere,
    may_differ,
    shares_of,
    with_shares,
)
from whence.identification.witnesses.model_values import Evaluated
from whence.identification.witnesses.random_models import Shape, random_model
from whence.identification.witnesses.search_shapes import set_in_worlds, shapes, two_blocks
from whence.language.expression import Expression, Term, Value
from whence.language.graph import Graph
from whence.language.model import Disagreement
from whence.language.source import Source

TURNS = 4
"""How often all of this is tried, each time with other random models."""

WORK = 500_000
"""What is spent before giving up, in microseconds, roughly."""

STEPS = (Fraction(1, 4), Fraction(1, 32), Fraction(1, 256))
"""How far the first is moved, of the way that it could go."""


def two_moves_searched(
    query: Expression, graph: Graph, given: tuple[Source, ...], named: Mapping[str, tuple[Value, ...]]
) -> Disagreement | None:
    """Two models that agree on what is given and differ on the query, or None within the budget."""
    work, seen = 0, (0, 0)
    threefold = graph.mask(set_in_worlds(query))
    for turn, part in enumerate(_parts_of(graph)):
        for shape in shapes(query, part, given, named, threefold):
            if (turn, shape.among) == seen:
                continue
            seen = turn, shape.among
            cells = math.prod(map(len, shape.levels.values())) * len(given)
            for number, pair in enumerate(two_blocks(shape, part)):
                chance = random.Random(TURNS * (shape.among + number) + turn)  # noqa: S311
                attempt = TwoMoves(part, given, pair, chance)
                found = attempt.result(query)
                work += 1000 + 20 * cells * attempt.width
                if found is not None or work > WORK:
                    return found
    return None


def _parts_of(graph: Graph) -> Iterator[Graph]:
    """The graph, several times, then without one edge each: what ignores a cause is a model of it too.

    A cause that matters may give away, by how much it matters, what would be hidden without it.
    """
    yield from (graph,) * TURNS
    for edge in graph.edges:
        rest = [other for other in graph.edges if other != edge]
        yield Graph.of(graph.nodes, rest, kind=graph.kind)


class TwoMoves:
    """One model drawn at random, in every population, and the two hidden causes that are to move."""

    def __init__(self, graph: Graph, given: tuple[Source, ...], shape: Shape, chance: random.Random) -> None:
        drawn = random_model(graph, shape, chance)
        self.given, self.chance = given, chance
        self.first, self.second = drawn.blocks
        self.width = len(shares_of(Evaluated(drawn.model), self.second))
        moving = [{graph.nodes[node] for node in block} for block in shape.blocks]
        self.models = everywhere(given, drawn.model, dict(zip(drawn.blocks, moving, strict=True)), chance)
        differs = {name: may_differ(given, name) for name in self.models}
        self.still = [{name for name in self.models if each <= differs[name]} for each in moving]

    def result(self, query: Expression) -> Disagreement | None:
        """The model and itself moved, if that answers the query otherwise."""
        before = shares_of(self.models[""], self.first)
        drawn = [Fraction(self.chance.randrange(-9, 10)) for _ in before]
        mean = sum(drawn, Fraction(0)) / len(drawn)
        direction = [entry - mean for entry in drawn]
        if not any(direction):
            return None
        far = min(share / -entry for share, entry in zip(before, direction, strict=True) if entry < 0)
        for step in STEPS:
            after = [share + step * far * entry for share, entry in zip(before, direction, strict=True)]
            moved = self._with(self.models, 0, after)
            made_up = self._made_up(moved)
            if made_up is None:
                return None
            if min(made_up) <= 0:
                continue
            both = self._with(moved, 1, made_up)
            found = differ(query, self.models, both)
            return found if found is not None and agree_everywhere(self.given, self.models, both) else None
        return None

    def _with(
        self, models: Mapping[str, Evaluated], which: int, after: Sequence[Fraction]
    ) -> dict[str, Evaluated]:
        cause = (self.first, self.second)[which]
        return {
            name: model if name in self.still[which] else with_shares(model, cause, after)
            for name, model in models.items()
        }

    def _made_up(self, moved: Mapping[str, Evaluated]) -> list[Fraction] | None:
        """The distribution of the second cause near its own that undoes what the first has done."""
        old = shares_of(self.models[""], self.second)
        rows = [[Fraction(1)] * len(old)]
        missing = [Fraction(0)]
        for row, wanted in self._equations(moved):
            rows.append(row)
            missing.append(wanted - sum(a * b for a, b in zip(row, old, strict=True)))
        change = solution(rows, missing)
        return None if change is None else [a + b for a, b in zip(old, change, strict=True)]

    def _equations(self, moved: Mapping[str, Evaluated]) -> Iterator[tuple[list[Fraction], Fraction]]:
        """What the second cause contributes to each probability that is known, and what that is."""
        for source in self.given:
            if source.population in self.still[1]:
                continue
            model, width = moved[source.population], self.width
            known = self.models[source.population]
            each = zip(
                tables(known, source, shares(known)),
                tables(model, source, lambda terms, model=model: self._parts(model, terms)),
                strict=True,
            )
            for was, now in each:
                for condition in {**was, **now}:
                    cells, rows = was.get(condition, {}), now.get(condition, {})
                    total = sum((share[0] for share in cells.values()), Fraction(0))
                    whole = [sum(column, Fraction(0)) for column in zip(*rows.values(), strict=True)]
                    for outcome in {**cells, **rows}:
                        share = cells[outcome][0] if outcome in cells else Fraction(0)
                        row = rows.get(outcome, [Fraction(0)] * width)
                        if source.distribution.given:
                            row = [total * a - share * b for a, b in zip(row, whole, strict=True)]
                            share = Fraction(0)
                        yield list(row), share

    def _parts(self, model: Evaluated, terms: tuple[Term, ...]) -> dict[tuple[int, ...], list[Fraction]]:
        weights, scale = model.weighed(terms, self.second)
        rows: dict[tuple[int, ...], list[Fraction]] = {}
        for (level, *key), weight in weights.items():
            rows.setdefault(tuple(key), [Fraction(0)] * model.size[self.second])[level] += Fraction(
                weight, scale
            )
        return rows


def solution(rows: Sequence[Sequence[Fraction]], wanted: Sequence[Fraction]) -> list[Fraction] | None:
    """A vector whose products with the rows are as wanted, zero where it is free; None if there is none."""
    width = len(rows[0])
    echelon: dict[int, list[Fraction]] = {}
    for row, value in zip(rows, wanted, strict=True):
        left = [*row, value]
        for pivot, other in echelon.items():
            if left[pivot]:
                left = _less(left, other, left[pivot])
        place = next((i for i in range(width) if left[i]), None)
        if place is None:
            if left[width]:
                return None
            continue
        left = [entry / left[place] for entry in left]
        for pivot, other in echelon.items():
            if other[place]:
                echelon[pivot] = _less(other, left, other[place])
        echelon[place] = left
    return [echelon[i][width] if i in echelon else Fraction(0) for i in range(width)]


def _less(row: Sequence[Fraction], other: Sequence[Fraction], times: Fraction) -> list[Fraction]:
    return [a - times * b for a, b in zip(row, other, strict=True)]
