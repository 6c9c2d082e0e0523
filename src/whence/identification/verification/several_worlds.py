"""The verifier's rules for events in several worlds at once.

Had X been x, a variable would have been what its mechanism makes of its parents in that world. So each term
of an event stands for a random variable: its name, with what each parent is there: a value, or a random
variable again. One that is seen at a value counts as the value (consistency), and two with equal parents are
one. If every variable then stands for one random variable only, those that share no hidden cause are
independent, and each group is a kernel at these values.

Sources: I. Shpitser and J. Pearl, "What counterfactuals can be tested" (UAI 2007); J. Correa, S. Lee and
E. Bareinboim, "Nested counterfactual identification from arbitrary surrogate experiments" (NeurIPS 2021),
lemmas 1 to 3 and theorem 3.

>>> from whence.identification.verification.world import project
>>> from whence.language.graph import Edge, Graph
>>> world = project(Graph.of((), [Edge("X", "Y")]))
>>> event = Event.of((Term("Y", 1, (Term("X", 0),)), Term("X", 1)), world)
>>> [(node.name, node.parents) for node in event.nodes]
[('X', ()), ('Y', (('X', At(value=0)),))]
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from whence.identification.verification.world import Built, World, demand
from whence.language import expression as algebra
from whence.language.estimand import Step
from whence.language.expression import Difference, Expression, Kernel, P, Product, Quotient, Term, Value

WORLDS = ("counterfactual", "conditional counterfactual", "impossible")
"""The rules that may speak of one world only as well."""


@dataclass(frozen=True, slots=True)
class At:
    """What a parent is: at a value, or at the open value that its name stands for."""

    value: Value | None


@dataclass(frozen=True, slots=True)
class Node:
    """A random variable: the name, and what each of its parents is, another node by its number."""

    name: str
    parents: tuple[tuple[str, At | int], ...]


@dataclass(slots=True)
class Event:
    """The random variables that an event is about, with their ancestors, and where they were seen."""

    world: World
    nodes: list[Node] = field(default_factory=list[Node])
    seen: dict[int, At] = field(default_factory=dict[int, At])
    numbers: dict[Node | tuple[str, tuple[Term, ...]], int] = field(default_factory=dict)
    possible: bool = True

    @classmethod
    def of(cls, terms: Iterable[Term], world: World) -> Event:
        """From the terms, causes before effects, so that what is seen of a cause is known at its effects."""
        event = cls(world)
        terms = tuple(terms)
        known = frozenset[str]().union(*map(algebra.names_in, terms)) <= world.names
        demand(known, "counterfactual", "it mentions what is not observed")
        for term in sorted(terms, key=lambda term: len(world.above(frozenset({term.name})))):
            own = [part.value for part in term.world if part.name == term.name]
            if own:  # set in its own world, it is what it was set to
                demand(None not in (*own, term.value), "counterfactual", f"{term.name} has no value")
                event.possible &= own[0] == term.value
                continue
            first = event.seen.setdefault(event.number(term.name, term.world), At(term.value))
            half_open = (first.value is None) != (term.value is None)
            demand(not half_open, "counterfactual", f"{term.name} is both open and at a value")
            event.possible &= first.value == term.value
        return event

    def number(self, name: str, setting: tuple[Term, ...]) -> int:
        """Which node stands for the variable in the world of this setting."""
        if (name, setting) not in self.numbers:
            there = {term.name: term for term in setting}
            demand(name not in there, "counterfactual", f"{name} is set in its own world")
            parents: list[tuple[str, At | int]] = []
            for parent in sorted(self.world.parents[name]):
                term = there.get(parent)
                if term is not None and not term.world:
                    parents.append((parent, At(term.value)))
                else:
                    found = self.number(parent, setting if term is None else term.world)
                    parents.append((parent, self.seen.get(found, found)))
            node = Node(name, tuple(parents))
            if node not in self.numbers:
                self.numbers[node] = len(self.nodes)
                self.nodes.append(node)
            self.numbers[name, setting] = self.numbers[node]
        return self.numbers[name, setting]

    def loose_parents(self, number: int) -> set[int]:
        """The parents that are random variables which nothing settles."""
        return {part for _, part in self.nodes[number].parents if isinstance(part, int)}


def on_worlds(claim: P, step: Step, world: World) -> Built:
    """What the rules about several worlds build."""
    demand(not claim.do and not claim.population, step.rule, "its claim mixes worlds with doing")
    match step.rule, step.premises:
        case "ratio", (both, condition):
            whole = P((*claim.of, *claim.given))
            demand(both.claim == whole and claim.given, step.rule, "its first premise is not of both events")
            demand(condition.claim == P(claim.given), step.rule, "its second premise is not of the condition")
            return Quotient(both.formula, condition.formula), ()
        case "impossible", ():
            never = not Event.of((*claim.of, *claim.given), world).possible
            demand(never, step.rule, "its event does not contradict itself")
            demand(Event.of(claim.given, world).possible, step.rule, "its condition contradicts itself")
            return Difference(Product(()), Product(())), ()
        case "counterfactual", _ if not claim.given:
            event = Event.of(claim.of, world)
            demand(event.possible, step.rule, "its event contradicts itself")
            return _summed(event, range(len(event.nodes)), step, event.seen), ()
        case "conditional counterfactual", _ if claim.given:
            return _given(claim, step, world), ()
        case _:
            demand(False, step.rule, "its claim or its premises do not fit the rule")
            raise AssertionError


def _given(claim: P, step: Step, world: World) -> Expression:
    """Numerator and denominator of what the condition does not settle; the rest of both is the same."""
    event = Event.of(claim.given, world)
    before = dict(event.seen)
    # What is set in its own world to the value that is asked about is certain, and drops out.
    certain = [term for term in claim.of if any(part == Term(term.name, term.value) for part in term.world)]
    terms = [term for term in claim.of if term not in certain or term.value is None]
    numbers = [(event.number(term.name, term.world), At(term.value)) for term in terms]
    # So does what the condition says already.
    asked = {number: at for number, at in numbers if before.get(number) != at or at.value is None}
    apart = len(dict(numbers)) == len(set(numbers)) and not asked.keys() & before.keys() and event.possible
    demand(apart, step.rule, "what it asks about is not apart from the condition")
    near = _near(event, asked)
    return Quotient(_summed(event, near, step, {**before, **asked}), _summed(event, near, step, before))


def _near(event: Event, asked: Iterable[int]) -> list[int]:
    """What is joined to the nodes asked about by hidden causes, or by values that nothing settles."""
    names = frozenset(node.name for node in event.nodes)
    near, fresh = set[int](), set(asked)
    while fresh:
        near |= fresh
        around = frozenset[str]().union(*(event.world.district(event.nodes[i].name, names) for i in near))
        above = set[int]().union(*map(event.loose_parents, near))
        joined = (
            i for i, node in enumerate(event.nodes) if node.name in around or near & event.loose_parents(i)
        )
        fresh = above.union(joined) - near
    return sorted(near)


def _summed(event: Event, numbers: Iterable[int], step: Step, seen: Mapping[int, At]) -> Expression:
    """The product of the kernels at what is seen of the nodes, summed over the nodes that are not."""
    nodes = {number: event.nodes[number] for number in numbers}
    names = frozenset(node.name for node in nodes.values())
    demand(len(names) == len(nodes), step.rule, "a variable stands there in two worlds at once")
    kernels = [frozenset(each.claim.of) for each in step.premises if isinstance(each.claim, Kernel)]
    here = all(each.claim == Kernel(tuple(of)) for each, of in zip(step.premises, kernels, strict=False))
    fits = here and len(kernels) == len(step.premises) == len(set(kernels))
    fits = fits and {event.world.district(name, names) for name in names} == set(kernels)
    demand(fits, step.rule, "its premises are not the kernels of the groups that share hidden causes")
    loose = frozenset(node.name for number, node in nodes.items() if number not in seen)
    opened = {node.name for number, node in nodes.items() if number in seen and seen[number].value is None}
    factors: list[Expression] = []
    for kernel, premise in zip(kernels, step.premises, strict=True):
        readings: dict[str, set[Value | None]] = {}
        for number, node in nodes.items():
            if node.name in kernel:
                readings.setdefault(node.name, set()).add(seen.get(number, At(None)).value)
                for parent, part in node.parents:
                    at = part if isinstance(part, At) else seen.get(part, At(None))
                    opened |= {parent} if isinstance(part, At) and part.value is None else set()
                    readings.setdefault(parent, set()).add(at.value)
        one = all(len(values) == 1 for values in readings.values())
        demand(one, step.rule, "a group that shares hidden causes has a variable at two values")
        values = {name: value for name, (value,) in readings.items() if value is not None}
        factors.append(algebra.substitute(premise.formula, values))
    demand(not opened & loose, step.rule, "a variable is both open and summed over")
    return algebra.total(loose, algebra.product(factors))
