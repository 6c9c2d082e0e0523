"""Trying a question in a graph that was changed a little: is there a formula then, and which?

The number of attempts is limited, and less on large graphs, so that asking what would help stays cheap; who
stops because of that says so. No attempt depends on another, so they may be made on several cores.

>>> from whence.language.graph import Edge
>>> from whence.language.query import effect
>>> attempts = Attempts(effect("X", "Y"), 2)
>>> [formula is None for formula in attempts.formulas([(Graph.of((), [Edge("X", "Y")]), ())], "example")]
[False]
>>> attempts.left
1
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from whence.identification.counterfactuals.path_specific import unfolded
from whence.identification.projection import latent_projection
from whence.identification.proving import Prover
from whence.identification.sources.given import as_known
from whence.language.expression import Expression, P, atoms, replace_atoms
from whence.language.graph import Graph
from whence.language.query import Query
from whence.language.source import Source
from whence.runtime.errors import InvalidQuery
from whence.runtime.executor import Executor, serial

Changed: TypeAlias = tuple[Graph, tuple[Source, ...]]
"""A changed graph, and the sources that are at hand then."""

MOST = 200
"""At most so many changed graphs are tried for one question."""

LEAST = 10
"""So many are tried on graphs of any size."""


def allowance(graph: Graph) -> int:
    """How many attempts a graph of this size is worth."""
    return max(LEAST, min(MOST, 10_000 // max(1, len(graph.nodes))))


@dataclass(slots=True)
class Attempts:
    """A question, how many attempts are left, and whether one was asked for that could not be made."""

    query: Query
    left: int
    cut: bool = False
    executor: Executor = field(default_factory=serial)

    def formula(self, graph: Graph, sources: tuple[Source, ...] = ()) -> Expression | None:
        """The question's formula in this graph from these sources, or None; uses up one attempt."""
        self.left -= 1
        return FormulaOf(self.query)((graph, sources))

    def formulas(self, changed: Sequence[Changed], stage: str) -> list[Expression | None]:
        """The formula in each changed graph, or None; uses up as many attempts."""
        self.left -= len(changed)
        return self.executor.map(FormulaOf(self.query), changed, stage=stage, kind="python")


@dataclass(frozen=True, slots=True)
class FormulaOf:
    """One attempt, as an item of work: the formula of a question in a changed graph, if it has one."""

    query: Query

    def __call__(self, changed: Changed) -> Expression | None:
        """The formula, or None."""
        graph, sources = changed
        try:
            # What goes along paths alone depends on what other paths there are.
            query = unfolded(self.query, graph)
        except InvalidQuery:  # the path itself is gone
            return None
        observed, known = as_known(latent_projection(graph), sources, query.variables)
        prover = Prover(observed, known)
        for atom in atoms(query.body):
            if isinstance(atom, P) and prover.prove(atom) is not None:
                return None
        return replace_atoms(query.body, prover.formula)
