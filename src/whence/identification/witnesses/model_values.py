"""What a structural model implies, exactly: any joint distribution of its variables, in any worlds.

A random variable is a term without a value, such as Y, or Y in the world where X is 1. Those asked about and
what they listen to form one network, in which equal variables of several worlds are one and hidden causes are
shared between worlds. It is summed out along the order of causes: a value or a hidden cause is carried only
as long as something still to come reads it. Weights are whole numbers, so that nothing is ever rounded.

Source: J. Pearl, *Causality* (2009), definition 7.1.1 and section 7.1.4 (twin networks).

>>> from whence.language.model import HiddenCause, Mechanism, StructuralModel
>>> coin = HiddenCause("U", (Fraction(1, 4), Fraction(3, 4)))
>>> both = (Mechanism("X", ("U",), (0, 1)), Mechanism("Y", ("X", "U"), (0, 1, 1, 0)))
>>> model = Evaluated(StructuralModel((("X", (0, 1)), ("Y", (0, 1))), (coin,), both))
>>> model.distribution((Term("X"), Term("Y", None, (Term("X", 0),))))
{(0, 0): Fraction(1, 4), (1, 1): Fraction(3, 4)}
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import product as combinations

from whence.language.expression import Term, Value
from whence.language.model import StructuralModel

Weights = dict[tuple[int, ...], int]
"""A whole number for each combination of level numbers; what is missing has none."""

Slot = tuple[str, int | str]
"""What a mechanism reads: a level ("level"), another random variable ("node") or a hidden cause."""


Copied = tuple[str, tuple[Term, ...]]
"""A variable, and the world that it is in."""


@dataclass(frozen=True, slots=True)
class Node:
    """A variable of the network: which one it is a copy of, and what each of its inputs reads."""

    name: str
    slots: tuple[Slot, ...]


@dataclass(slots=True)
class Network:
    """Copies of the model's variables, each set of inputs once."""

    nodes: dict[Node, int] = field(default_factory=dict[Node, int])
    known: dict[Copied, Slot] = field(default_factory=dict[Copied, Slot])


class Evaluated:
    """A model made ready: levels and hidden causes by number, and what was worked out so far."""

    def __init__(self, model: StructuralModel) -> None:
        self.model = model
        self.levels: dict[str, tuple[Value, ...]] = dict(model.levels)
        self.mechanisms = {each.variable: each for each in model.mechanisms}
        self.size = {name: len(values) for name, values in model.levels}
        self.weights: dict[str, tuple[int, ...]] = {}
        self.scale: dict[str, int] = {}
        for cause in model.hidden:
            scale = math.lcm(*(share.denominator for share in cause.probabilities))
            self.scale[cause.name] = scale
            self.weights[cause.name] = tuple(
                share.numerator * (scale // share.denominator) for share in cause.probabilities
            )
            self.size[cause.name] = len(cause.probabilities)
        self.tables = {
            name: tuple(self.levels[name].index(value) for value in each.table)
            for name, each in self.mechanisms.items()
        }
        self.rank = {name: place for place, name in enumerate(self._order())}
        self.found: dict[tuple[tuple[Term, ...], str], tuple[Weights, int]] = {}

    def _order(self) -> list[str]:
        order: dict[str, None] = {}
        pending = list(reversed(self.levels))
        while pending:
            name = pending[-1]
            above = [each for each in self.mechanisms[name].inputs if each in self.levels]
            missing = [each for each in above if each not in order]
            if missing and name not in order:
                pending.extend(missing)
            else:
                order.setdefault(pending.pop())
        return list(order)

    def distribution(self, terms: tuple[Term, ...]) -> dict[tuple[int, ...], Fraction]:
        """The probability of each combination of level numbers of these random variables."""
        weights, scale = self.weighed(terms)
        return {key: Fraction(weight, scale) for key, weight in weights.items()}

    def weighed(self, terms: tuple[Term, ...], varying: str = "") -> tuple[Weights, int]:
        """The same as whole numbers and what they add up to.

        With `varying`, a hidden cause, its level stands first in every key, and counts with weight one.
        """
        known = self.found.get((terms, varying))
        if known is None:
            network = Network()
            wanted = [self._slot(network, term.name, term.world) for term in terms]
            self.found[terms, varying] = known = self._summed(network, wanted, varying)
        return known

    def _slot(self, network: Network, name: str, world: tuple[Term, ...]) -> Slot:
        """What `name` is in a world: a level that it was set to there, or a node of the network."""
        # By hand and not by recursion: a chain of causes may be longer than Python nests calls.
        pending = [(name, world)]
        while pending:
            key = pending[-1]
            missing = [] if key in network.known else [n for n in self._needs(*key) if n not in network.known]
            if missing:
                pending.extend(reversed(missing))
                continue
            pending.pop()
            if key not in network.known:
                network.known[key] = self._new_slot(network, *key)
        return network.known[name, world]

    def _needs(self, name: str, world: tuple[Term, ...]) -> list[Copied]:
        """The random variables that one in a world is made of."""
        for setting in world:
            if setting.name == name:
                return [] if setting.value is not None else [(name, setting.world)]
        return [(each, world) for each in self.mechanisms[name].inputs if each in self.levels]

    def _new_slot(self, network: Network, name: str, world: tuple[Term, ...]) -> Slot:
        for setting in world:
            if setting.name == name:
                if setting.value is not None:
                    return ("level", self.levels[name].index(setting.value))
                return network.known[name, setting.world]
        slots = tuple(
            network.known[each, world] if each in self.levels else ("hidden", each)
            for each in self.mechanisms[name].inputs
        )
        return ("node", network.nodes.setdefault(Node(name, slots), len(network.nodes)))

    def _summed(self, network: Network, wanted: Sequence[Slot], varying: str) -> tuple[Weights, int]:
        order = sorted(network.nodes, key=lambda node: (self.rank[node.name], network.nodes[node]))
        last: dict[Slot, int] = {}
        for place, node in enumerate(order):
            for slot in node.slots:
                last[slot] = place
        end = len(order)
        last.update((slot, end) for slot in wanted)
        live: list[Slot] = []
        state: Weights = {(): 1}
        scale = 1
        if varying:
            live.append(("hidden", varying))
            last["hidden", varying] = end
            state = {(level,): 1 for level in range(self.size[varying])}
        for place, node in enumerate(order):
            fresh = {slot for slot in node.slots if slot[0] == "hidden" and slot not in live}
            scale *= math.prod(self.scale[str(slot[1])] for slot in fresh)
            shared = [slot for slot in fresh if last[slot] > place]
            state = self._spread(state, shared)
            live += shared
            mine: Slot = ("node", network.nodes[node])
            state, live = self._advanced(state, live, node, mine, {s for s in last if last[s] > place})
        key = _picker(live, [("hidden", varying), *wanted] if varying else wanted)
        found: Weights = {}
        for values, weight in state.items():
            at = key(values)
            found[at] = found.get(at, 0) + weight
        return found, scale

    def _spread(self, state: Weights, hidden: Iterable[Slot]) -> Weights:
        for _, name in hidden:
            shares = self.weights[str(name)]
            state = {
                (*key, level): weight * share
                for key, weight in state.items()
                for level, share in enumerate(shares)
                if share
            }
        return state

    def _advanced(
        self, state: Weights, live: list[Slot], node: Node, mine: Slot, needed: set[Slot]
    ) -> tuple[Weights, list[Slot]]:
        """The state once `node` has its value, and what of it is still carried."""
        constant, reads, own = 0, list[tuple[int, int]](), [(0, 1)]
        stride = 1
        for slot, name in zip(reversed(node.slots), reversed(self.mechanisms[node.name].inputs), strict=True):
            if slot[0] == "level":
                constant += stride * int(slot[1])
            elif slot in live:
                reads.append((live.index(slot), stride))
            else:
                shares = [(stride * level, share) for level, share in enumerate(self.weights[name]) if share]
                own = [(a + b, left * right) for a, left in own for b, right in shares]
            stride *= self.size[name]
        table = self.tables[node.name]
        kept = [slot for slot in live if slot in needed]
        pick = _picker(live, kept)
        carried = mine in needed
        chances: dict[int, list[tuple[tuple[int, ...], int]]] = {}
        after: Weights = {}
        for key, weight in state.items():
            base = constant + sum(key[i] * step for i, step in reads)
            if base not in chances:
                counts: dict[tuple[int, ...], int] = {}
                for offset, share in own:
                    value = (table[base + offset],) if carried else ()
                    counts[value] = counts.get(value, 0) + share
                chances[base] = list(counts.items())
            left = pick(key)
            for value, share in chances[base]:
                at = left + value
                after[at] = after.get(at, 0) + weight * share
        return after, [*kept, mine] if carried else kept


def _picker(live: Sequence[Slot], wanted: Sequence[Slot]) -> Callable[[tuple[int, ...]], tuple[int, ...]]:
    """From the values of what is carried, those of what is wanted; set levels stand for themselves."""
    places = [(-1, int(slot[1])) if slot[0] == "level" else (live.index(slot), 0) for slot in wanted]
    if places == [(i, 0) for i in range(len(live))]:
        return tuple
    return lambda key: tuple(key[i] if i >= 0 else level for i, level in places)


def every_setting(model: Evaluated, names: Sequence[str]) -> Iterable[tuple[Term, ...]]:
    """Each way to set these variables, as a world."""
    for values in combinations(*(model.levels[name] for name in names)):
        yield tuple(Term(name, value) for name, value in zip(names, values, strict=True))
