"""Response types: all the ways in which a unit of the component can respond to what matters.

A response function of a variable says its value for every combination of its parents' values; a type is one
response function for each variable of the component. Written out, their number explodes (2^(2^k) for k binary
parents), but a problem looks at few entries of these tables. So types are enumerated by what they answer to
the responses that the problem mentions: tables are filled in only where an answer needs an entry.

Source: A. Balke and J. Pearl, "Probabilistic evaluation of counterfactual queries" (AAAI 1994).

>>> pair = Component(("X", "Y"), {"X": (), "Y": ("X",)}, {"X": (0, 1), "Y": (0, 1)})
>>> seen = [Response("X", ()), Response("Y", ()), Response("Y", (("X", 1),))]
>>> len(types(pair, seen)[1])  # not taking X: Y at 0 and Y at 1 are free; taking it: Y at 1 is what is seen
6
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod

from whence.language.bounds_problem import Response, Setting, setting_of
from whence.language.expression import Value

MOST_TYPES = 50_000
"""Beyond so many types the linear programme is not set up."""


class TooManyTypes(Exception):  # noqa: N818 - no error: the caller makes a refusal of it
    """More response types than `MOST_TYPES`; `bound` is how many there could be."""

    def __init__(self, bound: float) -> None:
        super().__init__(bound)
        self.bound = bound


@dataclass(frozen=True, slots=True)
class Component:
    """Variables whose hidden causes are in common: `members` causes first, with all their parents."""

    members: tuple[str, ...]
    parents: Mapping[str, tuple[str, ...]]
    levels: Mapping[str, tuple[Value, ...]]

    @property
    def inputs(self) -> tuple[str, ...]:
        """Parents of members that are no members."""
        found = (parent for member in self.members for parent in self.parents[member])
        return tuple(dict.fromkeys(name for name in found if name not in self.members))

    @property
    def full_size(self) -> float:
        """How many types there are, were every table written out."""
        sizes = (
            float(len(self.levels[v])) ** min(prod(len(self.levels[p]) for p in self.parents[v]), 1000)
            for v in self.members
        )
        return prod(sizes)

    def response(self, variable: str, setting: Mapping[str, Value]) -> Response:
        """What `variable` would be under the setting, which is cut down to what reaches the variable.

        Every input that does reach it must be set.
        """
        used: dict[str, Value] = {}
        pending, seen = [variable], {variable}
        while pending:
            for parent in self.parents[pending.pop()]:
                if parent in setting:
                    used[parent] = setting[parent]
                elif parent not in seen:
                    seen.add(parent)
                    pending.append(parent)
        return Response(variable, setting_of(used))


def with_parents(component: Component, responses: Iterable[Response]) -> tuple[Response, ...]:
    """The responses and those of members that they pass through, causes first."""
    found: dict[Response, None] = {}
    pending = list(responses)
    while pending:
        response = pending.pop()
        if response not in found:
            found[response] = None
            pending += _above(component, response)
    place = {name: number for number, name in enumerate(component.members)}
    return tuple(sorted(found, key=lambda each: (place[each.variable], _key(each.setting))))


def _key(setting: Setting) -> tuple[tuple[str, str], ...]:
    return tuple((name, repr(value)) for name, value in setting)


def _above(component: Component, response: Response) -> list[Response]:
    """The responses of the members that are this one's parents and are not set."""
    setting = dict(response.setting)
    free = (parent for parent in component.parents[response.variable] if parent not in setting)
    return [component.response(parent, setting) for parent in free]


def types(
    component: Component,
    responses: Sequence[Response],
    at_most: Sequence[tuple[Response, Response]] = (),
    limit: int = MOST_TYPES,
) -> tuple[tuple[Response, ...], tuple[tuple[Value, ...], ...]]:
    """The responses, completed and in order, and every way to answer them all.

    `at_most` are pairs of responses of one variable, of which the first must not lie above the second in the
    order of its levels. Raises `TooManyTypes`.
    """
    complete = with_parents(component, [*responses, *(each for pair in at_most for each in pair)])
    number = {response: place for place, response in enumerate(complete)}
    found: list[tuple[Value, ...]] = [()]
    for member in component.members:
        own = [each for each in complete if each.variable == member]
        sources = [_sources(component, each, number) for each in own]
        rules = [(own.index(a), own.index(b)) for a, b in at_most if a.variable == member]
        answers = _Answers(component.levels[member], rules)
        grown: list[tuple[Value, ...]] = []
        for kind in found:
            cells = [tuple(kind[at] if at is not None else value for at, value in each) for each in sources]
            grown += [kind + answer for answer in answers.to(cells)]
            if len(grown) > limit:
                raise TooManyTypes(component.full_size)
        found = grown
    return complete, tuple(found)


Source = tuple[int | None, Value]
"""A parent's value: that of an earlier response, by number, or one that is set."""


def _sources(component: Component, response: Response, number: Mapping[Response, int]) -> list[Source]:
    setting = dict(response.setting)
    return [
        (None, setting[parent]) if parent in setting else (number[component.response(parent, setting)], False)
        for parent in component.parents[response.variable]
    ]


class _Answers:
    """The ways in which one variable can answer, by which entries of its table the responses look at."""

    def __init__(self, levels: tuple[Value, ...], rules: Sequence[tuple[int, int]]) -> None:
        self.levels = levels
        self.rules = rules
        self.known: dict[tuple[int, ...], list[tuple[Value, ...]]] = {}

    def to(self, cells: Sequence[tuple[Value, ...]]) -> list[tuple[Value, ...]]:
        """Every tuple of answers in which equal cells have equal answers and the rules hold."""
        places: dict[tuple[Value, ...], int] = {}
        pattern = tuple(places.setdefault(cell, len(places)) for cell in cells)
        if pattern not in self.known:
            self.known[pattern] = self._ways(pattern, len(places))
        return self.known[pattern]

    def _ways(self, pattern: tuple[int, ...], count: int) -> list[tuple[Value, ...]]:
        if float(len(self.levels)) ** count > MOST_TYPES:
            raise TooManyTypes(float(len(self.levels)) ** count)
        ranks = range(len(self.levels))
        return [
            tuple(self.levels[way[place]] for place in pattern)
            for way in product(ranks, repeat=count)
            if all(way[pattern[a]] <= way[pattern[b]] for a, b in self.rules)
        ]
