"""Two models that disagree, found by search: change what is hidden so that nothing known changes.

Small parts of the graph are drawn as random models in rational numbers, and one hidden cause of each is moved
where that leaves no trace, or two where it takes two. The search is the same on every machine: its chances
are seeded by what it tries. It proves something when it finds something, and nothing when it does not.

Source: A. Balke and J. Pearl, "Counterfactual probabilities: computational methods, bounds and applications"
(UAI 1994), for response types.

>>> from whence.language.expression import P, Term
>>> from whence.language.graph import Edge
>>> g = Graph.of((), [Edge("X", "Y")])
>>> benefit = P((Term("Y", 1, (Term("X", 1),)), Term("Y", 0, (Term("X", 0),))))
>>> pair = searched(benefit, g, (), {"X": (1, 0), "Y": (1, 0)})
>>> pair.values
(Fraction(5, 13), Fraction(4, 13))
"""

from __future__ import annotations

import random
from collections.abc import Mapping

from whence.identification.witnesses.one_move import OneMove
from whence.identification.witnesses.search_shapes import set_in_worlds, shapes, thinned
from whence.identification.witnesses.two_moves import two_moves_searched
from whence.language.expression import Expression, Value
from whence.language.graph import Graph
from whence.language.model import Disagreement
from whence.language.source import Source

TURNS = 8
"""How often all of this is tried, each time with another random model."""

WHOLE = 4
"""From this turn on some edges are ignored."""

WORK = 1_000_000
"""What is spent before giving up, in microseconds of a processor of 2025, roughly: a count, not a clock."""


def searched(
    query: Expression, graph: Graph, given: tuple[Source, ...], named: Mapping[str, tuple[Value, ...]]
) -> Disagreement | None:
    """Two models that agree on what is given and differ on the query, or None within the budget.

    `graph` is an ADMG without latent nodes; `named` are the values in the question.
    """
    work = 0
    threefold = graph.mask(set_in_worlds(query))
    for turn in range(TURNS):
        part = thinned(graph, random.Random(turn)) if turn >= WHOLE else graph  # noqa: S311
        # With two levels, what is not one is the other: some questions are open for three only.
        for shape in shapes(query, part, given, named, threefold if turn % 2 else 0):
            chance = random.Random(TURNS * shape.among + turn)  # noqa: S311
            attempt = OneMove(part, given, shape, chance)
            found = attempt.result(query)
            work += 1000 + 3 * attempt.cells * max(1, len(given))
            if found is not None or work > WORK:
                return found
    return two_moves_searched(query, graph, given, named) if given else None
