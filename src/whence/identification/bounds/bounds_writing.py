"""The rows, orderings and objective of a bounds problem, written over the responses that they mention.

Source: A. Balke and J. Pearl (JASA 1997) for the rows; C. Manski and J. Pepper (Econometrica 2000) for
orderings of means.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import prod

from whence.identification.bounds.bounds_assumptions import Narrowing
from whence.identification.bounds.bounds_worlds import Worlds, setting_product
from whence.identification.counterfactuals.counterfactual_events import (
    EventRatio,
    Levels,
    events,
    fractions,
    level_of,
)
from whence.identification.separation import separated
from whence.language.bounds_problem import Chance, Ordering, Piece, Ratio, Response, Row
from whence.language.expression import Expectation, P, Term, Value
from whence.language.graph import Graph
from whence.runtime.errors import InvalidQuery

Pair = tuple[Response, Response]


def conditions(graph: Graph, source: P) -> tuple[tuple[Term, ...], tuple[Term, ...]]:
    """What a source sets, and what it holds as seen: rule 2 turns seen into set where the graph allows it.

    Source: J. Pearl, *Causality* (2009), theorem 3.4.1.
    """
    of, given, do = ([term.name for term in part] for part in (source.of, source.given, source.do))
    if given and separated(graph, of, given, do, cut_into=do, cut_out_of=given):
        return (*source.do, *source.given), ()
    return source.do, source.given


@dataclass(slots=True)
class Writing:
    """The rows, orderings and objective of a problem, over the responses that they mention."""

    worlds: Worlds
    asked: Sequence[EventRatio]
    narrowings: Sequence[Narrowing]
    sources: Sequence[P]
    rows: list[Row] = field(default_factory=list[Row])
    orderings: list[Ordering] = field(default_factory=list[Ordering])
    objective: list[Ratio] = field(default_factory=list[Ratio])
    at_most: list[Pair] = field(default_factory=list[Pair])

    def everything(self) -> None:
        """Write it all; raises `MustJoin` where the component is too small for it."""
        self.objective += [self._ratio(each) for each in self.asked]
        for narrowing in self.narrowings:
            self._narrow(narrowing)
        if self.worlds.joint is not None:
            self._kernel()
        for place, source in enumerate(self.sources):
            if place != self.worlds.joint:
                self._source(place, source)

    @property
    def forms(self) -> list[tuple[Piece, ...]]:
        """Every form of the problem."""
        ratios = [*self.objective, *(each for o in self.orderings for each in (o.smaller, o.larger))]
        told = [part for row in self.rows for part in (row.form, row.condition)]
        told += [part for ratio in ratios for part in (ratio.numerator, ratio.denominator)]
        return [form for form in told if form is not None]

    def _ratio(self, ratio: EventRatio) -> Ratio:
        bottom = None if ratio.denominator is None else self.worlds.form(ratio.denominator)
        return Ratio(self.worlds.form(ratio.numerator), bottom)

    def _kernel(self) -> None:
        """The kernel of the component, at every value of its inputs."""
        component, worlds = self.worlds.component, self.worlds
        worlds.spend(prod(len(worlds.levels[name]) for name in (*component.inputs, *component.members)))
        for inputs in setting_product(component.inputs, worlds.levels):
            numbers = [worlds.number(component.response(each, inputs)) for each in component.members]
            for answer in setting_product(component.members, worlds.levels):
                event = tuple(sorted(zip(numbers, answer.values(), strict=True)))
                chances = tuple(worlds.chance(each, {**inputs, **answer}) for each in component.members)
                self.rows.append(Row((Piece(event),), chances))

    def _source(self, place: int, source: P) -> None:
        """What a further distribution says of what matters."""
        levels, matters = self.worlds.levels, set(self.worlds.graph.names(self.worlds.among))
        of = [term for term in source.of if term.name in matters]
        do, given = conditions(self.worlds.graph, source)
        held = (*source.do, *source.given)
        for values in setting_product([t.name for t in (*of, *held)], _as_set(levels, (*of, *held))):
            done = [Term(t.name, values[t.name]) for t in do if t.name in matters]
            seen = [Term(t.name, values[t.name]) for t in given]
            asked = [Term(t.name, values[t.name]) for t in of]
            if not asked:
                return
            form = self._linear([*asked, *seen], done)
            condition = self._linear(seen, done) if seen else None
            chance = Chance(
                place,
                tuple((t.name, values[t.name]) for t in of),
                tuple((t.name, values[t.name]) for t in held),
            )
            self.rows.append(Row(form, (chance,), condition))

    def _linear(self, terms: Sequence[Term], do: Sequence[Term]) -> tuple[Piece, ...]:
        return self.worlds.form(tuple((1, event) for event in events(terms, do, self.worlds.levels)))

    def _narrow(self, narrowing: Narrowing) -> None:
        match narrowing.kind, narrowing.names:
            case (("monotone" | "decreasing"), (above, below)):
                self._monotone(above, below, rising=narrowing.kind == "monotone")
            case "monotone_selection", (treatment, outcome):
                self._selected(treatment, treatment, outcome)
            case "monotone_instrument", (instrument, treatment, outcome):
                self._selected(instrument, treatment, outcome)
            case _:
                return

    def _monotone(self, above: str, below: str, *, rising: bool) -> None:
        """No type's answer goes down (up) as `above` is raised, at any value of the inputs."""
        component, levels = self.worlds.component, self.worlds.levels
        for name in (above, below):
            _in_order(levels, name)
        inputs = [name for name in component.inputs if name != above]
        self.worlds.spend(prod(len(levels[name]) for name in (above, *inputs)))
        for setting in setting_product(inputs, levels):
            answers = [component.response(below, {**setting, above: value}) for value in levels[above]]
            for each in answers:
                self.worlds.number(each)
            for low, high in pairwise(answers):
                if low != high:
                    self.at_most.append((low, high) if rising else (high, low))

    def _selected(self, by: str, treatment: str, outcome: str) -> None:
        """E[outcome had treatment been x | by = a] does not fall as a rises, for every x."""
        levels = self.worlds.levels
        _in_order(levels, by)
        for value in levels[treatment]:
            means = [self._mean(outcome, (treatment, value), (by, each)) for each in levels[by]]
            self.orderings += [Ordering(low, high) for low, high in pairwise(means)]

    def _mean(self, outcome: str, done: tuple[str, Value], seen: tuple[str, Value]) -> Ratio:
        term = Term(outcome, None, (Term(*done),))
        body = Expectation(outcome, P(term, Term(*seen)))
        (found,) = fractions(body, self.worlds.levels)
        return self._ratio(found)


def _as_set(levels: Levels, terms: Sequence[Term]) -> Levels:
    """The levels that the terms leave open: one for a term that has a value."""
    held = {t.name: (level_of(t.name, t.value, levels),) for t in terms if t.value is not None}
    return {**levels, **held}


def _in_order(levels: Levels, name: str) -> None:
    """Raise `InvalidQuery` where more than two labels have no order of their own."""
    if sum(isinstance(level, str) for level in levels[name]) > 2:
        raise InvalidQuery(
            f"Which value of {name} is higher than which is not said by its labels.",
            "Give numbers to them.",
        )


def renumbered(
    writing: Writing, number: Mapping[int, int]
) -> tuple[tuple[Row, ...], tuple[Ordering, ...], tuple[Ratio, ...]]:
    """The rows, orderings and objective with the numbers that the responses have in the end."""

    def piece(each: Piece) -> Piece:
        return Piece(tuple((number[at], value) for at, value in each.event), each.chances, each.times)

    def form(pieces: tuple[Piece, ...]) -> tuple[Piece, ...]:
        return tuple(map(piece, pieces))

    def ratio(each: Ratio) -> Ratio:
        return Ratio(form(each.numerator), None if each.denominator is None else form(each.denominator))

    rows = (
        Row(form(r.form), r.chances, None if r.condition is None else form(r.condition)) for r in writing.rows
    )
    orderings = (Ordering(ratio(each.smaller), ratio(each.larger)) for each in writing.orderings)
    return tuple(rows), tuple(orderings), tuple(map(ratio, writing.objective))
