"""Several worlds at once: which random variables a counterfactual event is about.

Had X been x, a variable would have been what its mechanism makes of its parents in that world. So each term
of an event stands for a random variable: a node of the graph with one slot for each parent, which holds a
value, a name left open, or the random variable that the parent is there. Settings that do not reach a
variable drop out by themselves. A parent that is seen at a value counts as that value (consistency), and two
variables of a node with the same slots are one: if they are seen at two values, the event is impossible.

Only what leads to the terms through slots matters. Where each node stands for one random variable, and each
district sees one value of every node, the event's probability is a sum of products of kernels.

Sources: I. Shpitser and J. Pearl, "What counterfactuals can be tested" (UAI 2007), lemmas 1 to 4; J. Correa,
S. Lee and E. Bareinboim, "Nested counterfactual identification from arbitrary surrogate experiments" (NeurIPS
2021), section 3, for nested terms, ancestral sets and consistent factors.

>>> from whence.language.graph import Edge
>>> g = Graph.of((), [Edge("X", "M"), Edge("M", "Y"), Edge("X", "Y")])
>>> nested = Term("Y", 1, (Term("X", 1), Term("M", None, (Term("X", 0),))))
>>> worlds = Worlds.of(g, [nested])
>>> [str(variable) for variable in worlds.variables]
['M(X=0)', 'Y(X=1, M)']
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field

from whence.language.expression import Term, Value
from whence.language.graph import Graph, bits
from whence.language.printing import name_text, value_text


@dataclass(frozen=True, slots=True)
class Slot:
    """What a variable is in some world: a value, the random variable of this number, or its open name."""

    name: str
    value: Value | None = None
    number: int | None = None

    @property
    def open(self) -> bool:
        """Whether it is set to a value that is left open."""
        return self.value is None and self.number is None

    def __str__(self) -> str:
        shown = name_text(self.name)
        return (
            f"{shown}={value_text(self.value)}"
            if self.value is not None
            else f"{shown}?" * self.open or shown
        )


@dataclass(frozen=True, slots=True)
class RandomVariable:
    """What a node makes of these slots, one for each of its parents."""

    node: int
    name: str
    slots: tuple[Slot, ...]

    def __str__(self) -> str:
        within = f"({', '.join(map(str, self.slots))})" if self.slots else ""
        return f"{name_text(self.name)}{within}"


@dataclass(frozen=True, slots=True)
class Conflict:
    """Why there is no formula: `node` would have to be two things at once, in one district.

    Either two random variables of it matter, or its kernel would need it at two values.
    """

    name: str
    first: str
    second: str
    district: tuple[str, ...] = ()


World = tuple[Term, ...]


@dataclass(slots=True)
class Worlds:
    """The random variables of an event over a DAG or ADMG without latent nodes, found term by term.

    `seen` are those with a value in the event, `asked` those whose value is open; `impossible` tells that the
    event contradicts itself.
    """

    graph: Graph
    variables: list[RandomVariable] = field(default_factory=list[RandomVariable])
    seen: dict[int, Value] = field(default_factory=dict[int, Value])
    asked: list[int] = field(default_factory=list[int])
    impossible: bool = False
    _numbers: dict[RandomVariable, int] = field(default_factory=dict[RandomVariable, int])
    _known: dict[World, dict[int, int]] = field(default_factory=dict[World, dict[int, int]])

    @classmethod
    def of(cls, graph: Graph, terms: Iterable[Term]) -> Worlds:
        """The worlds of an event. All its terms at once: a child asks what was seen of its causes."""
        worlds = cls(graph)
        place = {node: at for at, node in enumerate(graph.order)}
        for term in sorted(terms, key=lambda term: place[graph.number(term.name)]):
            found = worlds.slot(graph.number(term.name), term.world)
            if found.number is None or found.value is not None:
                worlds.impossible |= term.value is not None and found.value != term.value
            elif term.value is None:
                worlds.asked.append(found.number)
            else:
                worlds.seen[found.number] = term.value
        return worlds

    def slot(self, node: int, world: World) -> Slot:
        """What the node is in the world."""
        name = self.graph.nodes[node]
        setting = next((term for term in world if term.name == name), None)
        if setting is None:
            number = self._number(node, world)
            return Slot(name, self.seen.get(number), number)
        if setting.world:
            return self.slot(node, setting.world)
        return Slot(name, setting.value)

    def _number(self, node: int, world: World) -> int:
        """The random variable that the node is in the world, its causes there found before it."""
        known = self._known.setdefault(world, {})
        if node not in known:
            fixed = {self.graph.number(term.name) for term in world}
            pending = [node]
            while pending:
                last = pending[-1]
                missing = [
                    each for each in bits(self.graph.parents[last]) if each not in fixed and each not in known
                ]
                if missing:
                    pending += missing
                    continue
                pending.pop()
                if last not in known:
                    slots = (self._parent(each, world) for each in bits(self.graph.parents[last]))
                    known[last] = self._interned(RandomVariable(last, self.graph.nodes[last], tuple(slots)))
        return known[node]

    def _parent(self, node: int, world: World) -> Slot:
        """What a child sees of it: the value, once there is one."""
        found = self.slot(node, world)
        return found if found.value is None else Slot(found.name, found.value)

    def _interned(self, variable: RandomVariable) -> int:
        if variable not in self._numbers:
            self._numbers[variable] = len(self.variables)
            self.variables.append(variable)
        return self._numbers[variable]

    # ── what matters ────────────────────────────────────────────────────────────────────────────────────────

    def relevant(self) -> list[int]:
        """The numbers of the terms' variables and of all that leads to them through slots, causes first."""
        found: set[int] = set()
        pending = [*self.seen, *self.asked]
        while pending:
            number = pending.pop()
            if number not in found:
                found.add(number)
                pending += [slot.number for slot in self.variables[number].slots if slot.number is not None]
        place = {node: at for at, node in enumerate(self.graph.order)}
        return sorted(found, key=lambda number: (place[self.variables[number].node], number))

    def groups(self, numbers: Iterable[int], told: Container[int] | None = None) -> list[list[int]]:
        """The numbers in groups that share hidden causes: districts.

        With `told`, the groups share hidden causes or a variable that has no value and is not told.
        """
        held = list(numbers)
        near: dict[int, set[int]] = {number: set() for number in held}
        at_node: dict[int, list[int]] = {}
        for number in held:
            at_node.setdefault(self.variables[number].node, []).append(number)
        for number in held:
            node = self.variables[number].node
            for other in (node, *bits(self.graph.spouses[node])):
                near[number].update(at_node.get(other, ()))
            if told is not None:
                for slot in self.variables[number].slots:
                    if slot.number is not None and slot.number not in told:
                        near[number].add(slot.number)
                        near[slot.number].add(number)
        return components(near)

    def mask(self, numbers: Iterable[int]) -> int:
        """The nodes of these variables."""
        return sum({1 << self.variables[number].node for number in numbers})

    def own(self, number: int) -> Slot:
        """What the variable itself counts as: its value, or itself."""
        return Slot(self.variables[number].name, self.seen.get(number), number)

    def values(self, district: Iterable[int]) -> dict[str, Value] | Conflict:
        """The values at which the district's kernel is taken: of its variables and of their parents."""
        members = list(district)
        found: dict[str, Slot] = {}
        for number in members:
            for slot in (self.own(number), *self.variables[number].slots):
                plain = slot if slot.value is None else Slot(slot.name, slot.value)
                before = found.setdefault(slot.name, plain)
                if before != plain:
                    names = self.graph.names(self.mask(members))
                    return Conflict(slot.name, str(before), str(plain), names)
        return {name: slot.value for name, slot in found.items() if slot.value is not None}

    def doubled(self, numbers: Iterable[int]) -> Conflict | None:
        """Two different random variables of one node among these."""
        first: dict[int, int] = {}
        for number in numbers:
            node = self.variables[number].node
            before = first.setdefault(node, number)
            if before != number:
                first_one, other = self.variables[before], self.variables[number]
                return Conflict(first_one.name, str(first_one), str(other))
        return None

    def clash(self, numbers: Iterable[int]) -> str | None:
        """A name that stands open for two things: set in a world, and a variable of no value beside."""
        held = list(numbers)
        opened = {slot.name for number in held for slot in self.variables[number].slots if slot.open}
        free = {self.variables[number].name for number in held if number not in self.seen}
        return min(opened & free, default=None)


def components(near: Mapping[int, Iterable[int]]) -> list[list[int]]:
    """The connected groups of a relation, in order of their first members."""
    found: list[list[int]] = []
    placed: set[int] = set()
    for start in near:
        if start in placed:
            continue
        group, pending = {start}, [start]
        while pending:
            fresh = set(near[pending.pop()]) - group
            group |= fresh
            pending += fresh
        placed |= group
        found.append([each for each in near if each in group])
    return found
