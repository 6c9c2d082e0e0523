"""Events written over one component: the rest of the graph enters as numbers that the data give.

The chance of an event is a sum over the values of every variable outside the component that matters; for
each, the product of P(v | what comes before it in its district, and their parents) (Tian and Pearl's kernels)
and of the share of types that answer accordingly. That needs each outside district whole: where one of its
members is set, or one has two values at once in different worlds, its kernel does not tell, and the district
must join the component.

Source: J. Tian and J. Pearl, "A general identification condition for causal effects" (AAAI 2002), lemma 1;
M. Sachs, G. Jonzon, A. Sjölander and E. Gabriel (2023), for components given what comes before them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from math import prod

from whence.identification.bounds.response_functions import Component
from whence.identification.counterfactuals.counterfactual_events import Event, Levels, Linear
from whence.identification.kinship import district
from whence.language.bounds_problem import Chance, Form, Piece, Response, Setting, setting_of
from whence.language.expression import Value
from whence.language.factor import Number
from whence.language.graph import Graph, union

MOST_PIECES = 200_000


class MustJoin(Exception):  # noqa: N818 - no error: the builder answers it by a larger component
    """The district (a mask) whose kernel is not enough."""

    def __init__(self, members: int) -> None:
        super().__init__(members)
        self.members = members


class NoLevels(Exception):  # noqa: N818 - no error: the builder makes a refusal of it
    """Variables that matter and have no list of values."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = tuple(names)
        super().__init__(names)


class TooManyPieces(Exception):  # noqa: N818 - no error: the builder makes a refusal of it
    """More sums than `MOST_PIECES`."""


@dataclass(slots=True)
class Worlds:
    """The graph cut down to what matters (`among`, an ancestral set), and the component chosen in it.

    `joint` is the number of the source that gives the distribution of all of `among`, if one does.
    """

    graph: Graph
    among: int
    levels: Levels
    joint: int | None
    free: int = 0
    spent: int = 0
    responses: dict[Response, int] = field(default_factory=dict[Response, int])
    _component: Component | None = None

    @property
    def component(self) -> Component:
        """The component, causes first."""
        if self._component is None:
            names = self.graph.nodes
            members = tuple(names[i] for i in self.graph.order if self.free >> i & 1)
            parents = {name: self.parents(name) for name in members}
            self._component = Component(members, parents, self.levels)
        return self._component

    def parents(self, name: str) -> tuple[str, ...]:
        """The parents of a variable, by name."""
        return self.graph.names(self.graph.parents[self.graph.number(name)] & self.among)

    def is_free(self, name: str) -> bool:
        """Whether a variable is of the component."""
        return bool(self.free >> self.graph.number(name) & 1)

    def district_of(self, name: str) -> int:
        """The district of a variable among what matters."""
        return district(self.graph, 1 << self.graph.number(name), self.among)

    def number(self, response: Response) -> int:
        """The number of a response, new ones counted on."""
        return self.responses.setdefault(response, len(self.responses))

    def spend(self, sums: int) -> None:
        """Count sums that are about to be written; raises `TooManyPieces` where they get too many."""
        self.spent += sums
        if self.spent > MOST_PIECES:
            raise TooManyPieces

    # ── kernels ─────────────────────────────────────────────────────────────────────────────────────────

    def before(self, name: str) -> tuple[str, ...]:
        """What P(v | …) conditions on in the kernel of v's district: the district so far, and its parents."""
        earlier = 0
        for i in self.graph.order:
            earlier |= (1 << i) & self.among
            if self.graph.nodes[i] == name:
                break
        own = 1 << self.graph.number(name)
        part = district(self.graph, own, earlier)
        return self.graph.names((part | union(self.graph.parents, part) & self.among) & ~own)

    def chance(self, name: str, values: Mapping[str, Value]) -> Chance:
        """P(v | before it), at these values."""
        given = setting_of({each: values[each] for each in self.before(name)})
        return Chance(self.joint or 0, ((name, values[name]),), given)

    # ── events ──────────────────────────────────────────────────────────────────────────────────────────

    def form(self, linear: Linear) -> Form:
        """A sum of multiples of chances of events, as a form. Raises `MustJoin`, `TooManyPieces`."""
        return tuple(piece for times, event in linear for piece in self.pieces(event, times))

    def pieces(self, event: Event, times: Number = 1) -> Iterator[Piece]:
        """The pieces that add up to the chance of one event."""
        if any(dict(atom.world).get(atom.variable, atom.value) != atom.value for atom in event):
            return
        event = tuple(atom for atom in event if atom.variable not in dict(atom.world))
        outside, inside = self._needed(event)
        fixed, impossible = self._fixed(event)
        if impossible:
            return
        choices = [
            *((fixed[name],) if name in fixed else self.levels[name] for name in outside),
            *((fixed[key],) if key in fixed else self.levels[key[0]] for key in inside),
        ]
        self.spend(prod(len(each) for each in choices))
        for chosen in product(*choices):
            values = dict(zip(outside, chosen, strict=False))
            answers = dict(zip(inside, chosen[len(outside) :], strict=True))
            yield self._piece(outside, values, answers, times)

    def _piece(
        self,
        outside: Mapping[str, Setting],
        values: Mapping[str, Value],
        answers: Mapping[tuple[str, Setting], Value],
        times: Number,
    ) -> Piece:
        told: list[tuple[int, Value]] = []
        for (name, world), value in answers.items():
            told.append((self.number(self.component.response(name, {**values, **dict(world)})), value))
        chances: list[Chance] = []
        for name, world in outside.items():
            done = dict(world)
            seen: dict[str, Value] = {}
            for each in (name, *self.before(name)):
                key = (each, self._cut(each, world)) if self.is_free(each) and each not in done else None
                seen[each] = done[each] if each in done else values[each] if key is None else answers[key]
            chances.append(self.chance(name, seen))
        return Piece(tuple(sorted(told)), tuple(chances), times)

    def _fixed(self, event: Event) -> tuple[dict[object, Value], bool]:
        """The values that the event gives to variables and responses; whether it contradicts itself."""
        fixed: dict[object, Value] = {}
        for atom in event:
            key = (
                (atom.variable, self._cut(atom.variable, atom.world))
                if self.is_free(atom.variable)
                else atom.variable
            )
            if fixed.setdefault(key, atom.value) != atom.value:
                return fixed, True
        return fixed, False

    def _needed(self, event: Event) -> tuple[dict[str, Setting], dict[tuple[str, Setting], None]]:
        """Outside variables, each with the world that it is in, and responses whose value must be known."""
        outside: dict[str, Setting] = {}
        inside: dict[tuple[str, Setting], None] = {}
        for atom in event:
            for name in self._reach(atom.variable, atom.world):
                self._enter(name, atom.world, outside)
            if self.is_free(atom.variable):
                inside[atom.variable, self._cut(atom.variable, atom.world)] = None
        self._add_mates(outside)
        for name, world in outside.items():
            for each in self.before(name):
                if self.is_free(each) and each not in dict(world):
                    inside[each, self._cut(each, world)] = None
        return outside, inside

    def _add_mates(self, outside: dict[str, Setting]) -> None:
        """The mates of an outside variable, and what they hang on, are summed over in its world."""
        pending = list(outside)
        while pending:
            name = pending.pop()
            world, mates = outside[name], self.district_of(name)
            if self.joint is None or self.graph.mask(each for each, _ in world) & mates:
                raise MustJoin(mates)
            for mate in self.graph.names(mates):
                for each in self._reach(mate, world):
                    if not self.is_free(each) and each not in outside:
                        pending.append(each)
                    self._enter(each, world, outside)

    def _enter(self, name: str, world: Setting, outside: dict[str, Setting]) -> None:
        """Note the one world of an outside variable; two different ones are more than a kernel can tell."""
        if self.is_free(name):
            return
        own = self._cut(name, world)
        if self._cut(name, outside.setdefault(name, world)) != own:
            raise MustJoin(self.district_of(name))

    def _reach(self, name: str, world: Setting) -> tuple[str, ...]:
        """The variable and its ancestors in this world, outside and inside, without what is set."""
        return self.graph.names(self._above(name, world) & ~self.graph.mask(each for each, _ in world))

    def _cut(self, name: str, world: Setting) -> Setting:
        """The part of the world that reaches the variable: two worlds with equal parts give it one value."""
        found = self._above(name, world)
        return tuple((each, value) for each, value in world if found >> self.graph.number(each) & 1)

    def _above(self, name: str, world: Setting) -> int:
        stopped = self.graph.mask(each for each, _ in world)
        found = fresh = 1 << self.graph.number(name)
        while fresh:
            fresh = (
                union(self.graph.parents, fresh & ~(stopped & ~(1 << self.graph.number(name))))
                & self.among
                & ~found
            )
            found |= fresh
        return found


def setting_product(names: Sequence[str], levels: Levels) -> Iterator[dict[str, Value]]:
    """Every combination of levels of the names."""
    for values in product(*(levels[name] for name in names)):
        yield dict(zip(names, values, strict=True))
