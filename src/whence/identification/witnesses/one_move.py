"""Two models that differ in one hidden cause: what is known and what is asked are linear in its distribution.

The directions in which that distribution can move without moving anything known are a null space. If the
question moves along one of them, the model and the moved model are a proof that it has no answer.

Sources: A. Balke and J. Pearl (UAI 1994), for response types; J. Tian and J. Pearl (AAAI 2002), for what a
hidden cause bears on: its district.

>>> from whence.language.graph import Edge, Graph
>>> g = Graph.of((), [Edge("X", "Y")])
>>> from whence.language.expression import P
>>> benefit = P((Term("Y", 1, (Term("X", 1),)), Term("Y", 0, (Term("X", 0),))))
>>> shape = Shape(g.all, {0: (0, 1), 1: (0, 1)}, ((1,),))
>>> OneMove(g, (), shape, random.Random(0)).result(benefit) is not None
True
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence

from whence.identification.witnesses.model_agreement import districts_of, tables
from whence.identification.witnesses.model_answers import differ
from whence.identification.witnesses.model_populations import (
    agree_everywhere,
    everywhere,
    may_differ,
    shares_of,
    with_shares,
)
from whence.identification.witnesses.model_values import Evaluated, every_setting
from whence.identification.witnesses.null_space import null_space
from whence.identification.witnesses.random_models import Shape, random_model
from whence.language.expression import Expression, Term
from whence.language.graph import Graph
from whence.language.model import Disagreement
from whence.language.source import Source


class OneMove:
    """One model drawn at random, in every population, and how what is known depends on its hidden cause."""

    def __init__(self, graph: Graph, given: tuple[Source, ...], shape: Shape, chance: random.Random) -> None:
        drawn = random_model(graph, shape, chance)
        self.block = drawn.blocks[0]
        self.chance = chance
        self.given = given
        self.moving = {graph.nodes[node] for node in shape.blocks[0]}
        self.models = everywhere(given, drawn.model, {self.block: self.moving}, chance)
        self.still = {name for name in self.models if self.moving <= may_differ(given, name)}
        self.width = self.models[""].size[self.block]
        self.cells = self.width * math.prod(len(levels) for levels in self.models[""].levels.values())

    def result(self, query: Expression) -> Disagreement | None:
        """The model and itself moved, if that answers the query otherwise."""
        directions = null_space(self._known(), self.width)
        if len(directions) > 2:
            # What changes in no direction does not change in a random mixture of them: one look tells.
            weights = [self.chance.randrange(-9, 10) for _ in directions]
            mixed = [
                sum(w * d for w, d in zip(weights, column, strict=True))
                for column in zip(*directions, strict=True)
            ]
            if any(mixed) and differ(query, self.models, self._moved(mixed)) is None:
                return None
        for direction in directions:
            moved = self._moved(direction)
            found = differ(query, self.models, moved)
            if found is not None and agree_everywhere(self.given, self.models, moved):
                return found
        return None

    def _moved(self, direction: Sequence[int]) -> dict[str, Evaluated]:
        """The models with the hidden cause moved half as far as it goes, but where it may be another."""
        before = shares_of(self.models[""], self.block)
        far = min(share / -entry for share, entry in zip(before, direction, strict=True) if entry < 0) / 2
        after = [share + far * entry for share, entry in zip(before, direction, strict=True)]
        return {
            name: model if name in self.still else with_shares(model, self.block, after)
            for name, model in self.models.items()
        }

    def _known(self) -> Iterator[Sequence[int]]:
        """A row for every probability that is known: what each level of the hidden cause contributes."""
        yield [1] * self.width
        if not self.given:
            yield from self._observed()
        for source in self.given:
            if source.population not in self.still:
                yield from self._rows(source)

    def _observed(self) -> Iterator[Sequence[int]]:
        """The distribution of everything, of which only the district of the hidden cause depends on it."""
        model = self.models[""]
        for part, around in districts_of(model, model):
            if self.moving & set(part):
                for world in every_setting(model, around):
                    yield from self._cells(model, tuple(Term(name, None, world) for name in part)).values()

    def _rows(self, source: Source) -> Iterator[Sequence[int]]:
        model = self.models[source.population]
        for table in tables(model, source, lambda terms: self._cells(model, terms)):
            for cells in table.values():
                if not source.distribution.given:
                    yield from cells.values()
                    continue
                total = [sum(column) for column in zip(*cells.values(), strict=True)]
                below = self._weight(total)
                for row in cells.values():
                    above = self._weight(row)
                    yield [below * one - above * whole for one, whole in zip(row, total, strict=True)]

    def _weight(self, row: Sequence[int]) -> int:
        return sum(a * b for a, b in zip(row, self.models[""].weights[self.block], strict=True))

    def _cells(self, model: Evaluated, terms: tuple[Term, ...]) -> dict[tuple[int, ...], list[int]]:
        weights, _ = model.weighed(terms, self.block)
        rows: dict[tuple[int, ...], list[int]] = {}
        for (level, *key), weight in weights.items():
            rows.setdefault(tuple(key), [0] * self.width)[level] += weight
        return rows
