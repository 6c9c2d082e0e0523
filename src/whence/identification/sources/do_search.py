"""The do-search: is a probability a formula in these distributions, whatever they are?

From the distributions at hand, everything that follows by the do-calculus and the laws of probability is
derived, what looks nearest to the target first, until the target is reached or nothing new follows. The
distributions may be conditional, experimental, of some of the variables, of other populations, of a selected
sample, or with values missing. The number of statements grows as 4 to the number of variables: this is for
small graphs. That nothing follows is no proof that there is no formula: for distributions of this generality
no set of rules is known to be complete.

Source: S. Tikka, A. Hyttinen and J. Karvanen, "Causal effect identification from multiple incomplete data
sources: a general search-based approach" (JSS 2021). To its rules a quotient is added (the chain rule
solved for one of its factors), which missing data needs.

>>> from whence.language.graph import Edge
>>> from whence.language.printing import to_text
>>> g = Graph.of((), [Edge("Z", "X"), Edge("X", "Y"), Edge("Z", "Y")])
>>> step = do_search(g, P("Y", do="X"), (Source(P("Y", ("X", "Z"))), Source(P("Z"))))
>>> print(to_text(step.formula) if isinstance(step, Step) else step)
Σ_{Z} P(Y | X, Z) P(Z)
"""

from __future__ import annotations

from dataclasses import dataclass, field
from heapq import heappop, heappush

from whence.identification.sources.do_search_rules import (
    Shelf,
    Statement,
    by_calculus,
    by_probability,
    in_pairs,
)
from whence.identification.sources.do_search_sources import Leaf, Task
from whence.identification.sources.do_search_steps import Reason, derivation
from whence.language.estimand import Rule, Step
from whence.language.expression import P
from whence.language.graph import Graph
from whence.language.source import Source
from whence.runtime.events import check_cancelled

BUDGET = 200_000
"""How many statements a search derives before it gives up."""

LENGTH = 2
"""What a probability more in a formula counts beside a variable that is out of place."""


@dataclass(frozen=True, slots=True)
class Exhausted:
    """Nothing more follows from what was given by these rules, and the target is not among it."""

    derived: int


@dataclass(frozen=True, slots=True)
class BudgetSpent:
    """The search was stopped: whether the target follows is open."""

    derived: int


def do_search(
    graph: Graph, claim: P, given: tuple[Source, ...], budget: int = BUDGET
) -> Step | Exhausted | BudgetSpent:
    """The step that proves `claim` from the distributions `given`, or why there is none.

    `graph` is a DAG or ADMG without latent nodes; indicators of what was recorded and of selection are nodes
    of it. Raises `UnknownVariable`, `RepeatedVariable`, and `InvalidQuery` where the distributions and the
    claim have one variable at two values, or a proxy without its indicator.
    """
    return search(Task.of(graph, claim, given), budget)


def search(task: Task, budget: int = BUDGET) -> Step | Exhausted | BudgetSpent:
    """The same for a task that is set up already, perhaps with sets of variables as blocks."""
    known = _Search(task)
    for leaf in task.leaves:
        for statement in leaf.statements(task.calculus.blocks):
            known.learn(statement, "given", (), leaf)
    while known.waiting and len(known.reasons) <= budget:
        check_cancelled()
        statement = heappop(known.waiting)[2]
        if statement == task.target:
            return derivation(task, known.reasons, statement)
        if statement not in known.shelf.known:
            known.expand(statement)
    return (BudgetSpent if known.waiting else Exhausted)(len(known.reasons))


@dataclass(slots=True)
class _Search:
    """What is known and why, how long its formula is, and what waits to be looked at, likeliest first."""

    task: Task
    reasons: dict[Statement, Reason] = field(default_factory=dict[Statement, Reason])
    lengths: dict[Statement, int] = field(default_factory=dict[Statement, int])
    waiting: list[tuple[float, int, Statement]] = field(default_factory=list[tuple[float, int, Statement]])
    shelf: Shelf = field(default_factory=Shelf)

    def learn(
        self, statement: Statement, rule: Rule, premises: tuple[Statement, ...], leaf: Leaf | None = None
    ) -> None:
        """Remember a statement, unless it is known by a formula that is no longer, or was used already."""
        lengths = self.lengths
        if statement in self.shelf.known:
            if leaf is not None and self._reads_further(statement, leaf):
                # What was derived can be read off too, and then its parts as well.
                self.reasons[statement] = Reason(rule, premises, leaf)
                lengths[statement] = 1
                self._read_off(statement, leaf)
            return
        length = 1
        if premises:
            length = lengths[premises[0]] + (lengths[premises[1]] if len(premises) > 1 else 0)
        if rule == "condition":
            length *= 2
        further = leaf is not None and statement in lengths and self._reads_further(statement, leaf)
        if statement in lengths and length >= lengths[statement] and not further:
            return
        self.reasons[statement] = Reason(rule, premises, leaf)
        lengths[statement] = length
        heappush(self.waiting, (self.distance(statement) + LENGTH * length, len(lengths), statement))

    def distance(self, statement: Statement) -> float:
        """How unlike the target a statement is."""
        of, given, do, at, place = statement
        target = self.task.target
        apart = (of ^ target[0]).bit_count() + (given ^ target[1]).bit_count() + (do ^ target[2]).bit_count()
        return apart + (at ^ target[3]).bit_count() / 2 + (place != target[4])

    def expand(self, statement: Statement) -> None:
        """All that follows from a statement, alone and with those looked at before."""
        calculus, reason = self.task.calculus, self.reasons[statement]
        for rule, found in by_calculus(statement, calculus):
            self.learn(found, rule, (statement,))
        if reason.leaf is not None:
            self._read_off(statement, reason.leaf)
        else:
            for rule, found in by_probability(statement, calculus):
                # Sums of sums, and conditioning again, are one step.
                again = reason.rule == rule and rule in ("sum", "condition", "value")
                self.learn(found, rule, reason.premises if again else (statement,))
        self.shelf.add(statement)
        for rule, found, premises in in_pairs(statement, self.shelf):
            self.learn(found, rule, premises)

    def _reads_further(self, statement: Statement, leaf: Leaf) -> bool:
        """Whether more can be read off this source than the statement was known to allow."""
        known = self.reasons[statement].leaf
        return known is None or (bool(known.proxies) and not leaf.proxies)

    def _read_off(self, statement: Statement, leaf: Leaf) -> None:
        """The parts of what is read off a source are read off it too, conditioned on any other part."""
        of, given, do, at, place = statement
        for _, found in by_probability(statement, self.task.calculus):
            self.learn(found, "given", (), leaf)
        for z in self.task.calculus.blocks:
            found = (of & ~z, given | z, do, at, place)
            if z & of and z != of and leaf.follows(found):
                self.learn(found, "given", (), leaf)
