"""Structural models of a graph drawn at random in rational numbers, with hidden causes that say most.

A hidden cause whose levels are *response types* leaves nothing to chance: each level says what its variable
does for every combination of its other inputs, or what each of two variables does that share the cause. All
dependence that such a cause can bring about is then in its distribution, and what follows from the model is
linear in that.

Source: A. Balke and J. Pearl, "Counterfactual probabilities: computational methods, bounds and applications"
(UAI 1994), for response types.

>>> from whence.language.graph import Edge
>>> g = Graph.of((), [Edge("X", "Y")])
>>> drawn = random_model(g, Shape(g.all, {0: (0, 1), 1: (0, 1)}, ((1,),)), random.Random(0))
>>> [len(cause.probabilities) for cause in drawn.model.hidden], drawn.blocks
([4, 5], ('U1',))
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations as choices
from itertools import product as combinations

from whence.identification.witnesses.parity_models import Causes
from whence.language.expression import Value
from whence.language.graph import Graph, bits
from whence.language.model import HiddenCause, Mechanism, StructuralModel

FAIR = Fraction(1, 2)


@dataclass(frozen=True, slots=True)
class Shape:
    """Which variables vary, their levels, and the blocks: those whose hidden cause is made of response types.

    A block is one variable, or two that share the cause; no variable is in two blocks.
    """

    among: int
    levels: dict[int, tuple[Value, ...]]
    blocks: tuple[tuple[int, ...], ...]
    most: int = 32


@dataclass(frozen=True, slots=True)
class Drawn:
    """A model and the hidden causes in it whose levels are response types."""

    model: StructuralModel
    blocks: tuple[str, ...]


def random_model(graph: Graph, shape: Shape, chance: random.Random) -> Drawn:
    """A model with parents and hidden causes of the graph's part on `among`.

    The other variables have random chances for each combination of their inputs, none of them zero.
    """
    causes = Causes(graph.index)
    blocks = tuple(causes.new(FAIR) for _ in shape.blocks)
    hidden: dict[str, tuple[Fraction, ...]] = {}
    shared = _shared(graph, shape, causes, hidden)
    order = [node for node in graph.order if shape.among >> node & 1]
    inputs = {
        node: (*graph.names(graph.parents[node] & shape.among), *shared.get(node, ())) for node in order
    }
    size = {graph.nodes[node]: len(values) for node, values in shape.levels.items()}
    widths = {node: [size.get(name, 2) for name in names] for node, names in inputs.items()}
    responses: dict[int, tuple[str, list[tuple[int, ...]]]] = {}
    for name, block in zip(blocks, shape.blocks, strict=True):
        types = _response_types(shape, block, widths, chance)
        weights = [chance.randrange(1, 6) for _ in types]
        hidden[name] = tuple(Fraction(weight, sum(weights)) for weight in weights)
        responses.update((node, (name, [kind[i] for kind in types])) for i, node in enumerate(block))
    mechanisms: list[Mechanism] = []
    for node in order:
        rows, levels = range(math.prod(widths[node])), shape.levels[node]
        if node in responses:
            noise, kinds = responses[node]
            table = [levels[kind[row]] for row in rows for kind in kinds]
        else:
            steps = steps_of(len(levels))
            noise = causes.new(FAIR)
            hidden[noise] = (Fraction(1, steps),) * steps
            table = random_table(levels, len(rows), chance)
        mechanisms.append(Mechanism(graph.nodes[node], (*inputs[node], noise), tuple(table)))
    values = tuple((graph.nodes[node], shape.levels[node]) for node in order)
    causes_of = tuple(HiddenCause(name, shares) for name, shares in hidden.items())
    return Drawn(StructuralModel(values, causes_of, tuple(mechanisms)), blocks)


def _shared(
    graph: Graph, shape: Shape, causes: Causes, hidden: dict[str, tuple[Fraction, ...]]
) -> dict[int, list[str]]:
    """For each variable the fair coins that it shares with others; they are added to `hidden`."""
    shared: dict[int, list[str]] = {}
    for node in bits(shape.among):
        for other in bits(graph.spouses[node] & shape.among & ~((2 << node) - 1)):
            if not any({node, other} == set(block) for block in shape.blocks):
                name = causes.new(FAIR)
                hidden[name] = (FAIR, FAIR)
                shared.setdefault(node, []).append(name)
                shared.setdefault(other, []).append(name)
    return shared


def random_table(levels: Sequence[Value], rows: int, chance: random.Random) -> tuple[Value, ...]:
    """A variable's value in so many rows, at each level of its noise, all of which are equally likely.

    Every value happens in every row, and a few rows in a row have other chances each.
    """
    steps = steps_of(len(levels))
    every = list(choices(range(1, steps), len(levels) - 1))
    cuts: list[tuple[int, ...]] = []
    while len(cuts) < rows:
        # Shuffled anew: the same order again would make the rows ignore an input.
        chance.shuffle(every)
        cuts += every
    return tuple(
        levels[sum(cut <= step for cut in cut_at)] for cut_at in cuts[:rows] for step in range(steps)
    )


def steps_of(count: int) -> int:
    """How many levels the noise of a variable of so many levels has."""
    return count + 3


Response = tuple[tuple[int, ...], ...]
"""For each variable of the block, what it does in every row of its other inputs."""


def _response_types(
    shape: Shape, block: tuple[int, ...], widths: dict[int, list[int]], chance: random.Random
) -> Sequence[Response]:
    """All response types of the block, or as many as are allowed, drawn without repetition."""
    counts = [len(shape.levels[node]) for node in block]
    rows = [math.prod(widths[node]) for node in block]
    if math.prod(count ** min(row, 40) for count, row in zip(counts, rows, strict=True)) <= shape.most:
        every = [
            list(combinations(range(count), repeat=row)) for count, row in zip(counts, rows, strict=True)
        ]
        return list(combinations(*every))
    found: dict[Response, None] = {}
    while len(found) < shape.most:
        drawn = [
            tuple(chance.randrange(count) for _ in range(row))
            for count, row in zip(counts, rows, strict=True)
        ]
        found[tuple(drawn)] = None
    return list(found)
