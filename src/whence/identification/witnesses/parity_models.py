"""Two models that a hedge makes indistinguishable: they agree on all observations and not on the effect.

Every pair of the hedge's tree shares one fair bit, and every member of the hedge is the parity of its parents
in the forest and of its shared bits; one member of the inner set hears a biased coin beside. In the second
model the inner set ignores all that comes from outside it. Unless somebody sets the treatment, either way the
roots' parity is the coin and all else is fair. When the treatment is set, the first model loses what would
cancel, and the parity becomes fair; the second does not notice. What carries the parity on to the question is
the same in both.

Source: I. Shpitser and J. Pearl, "Identification of joint interventional distributions in recursive
semi-Markovian causal models" (AAAI 2006), theorem 4.

>>> from whence.language.graph import Edge
>>> bow = Graph.of((), [Edge("X", "Y"), Edge("X", "Y", "<->")])
>>> forest = ParityForest(3, 2, {0: 1}, ((1, 0),))
>>> first, second = parity_pair(bow, forest, Routes(), Aim(1, 2), {})
>>> first.mechanisms[1], second.mechanisms[1].inputs
(Mechanism(variable='Y', inputs=('X', 'U1', 'U2'), table=(0, 1, 1, 0, 1, 0, 0, 1)), ('U2',))
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from whence.identification.witnesses.bit_models import Bit, Signal, bit_model
from whence.identification.witnesses.parity_forest import ParityForest
from whence.identification.witnesses.parity_routes import Aim, Routes
from whence.language.expression import Value
from whence.language.graph import Graph, bits
from whence.language.model import StructuralModel

FAIR = Fraction(1, 2)
COIN = Fraction(1, 4)
SLIPS = Fraction(1, 8)
"""How often a bit is handed on wrongly, so that every combination of levels happens."""


@dataclass(slots=True)
class Causes:
    """Names of hidden causes that are no names of variables, and how likely each is to be one."""

    taken: Mapping[str, int]
    shares: dict[str, Fraction] = field(default_factory=dict[str, Fraction])
    number: int = 0

    def new(self, share: Fraction) -> str:
        """Another hidden bit."""
        self.number += 1
        while f"U{self.number}" in self.taken:
            self.number += 1
        name = f"U{self.number}"
        self.shares[name] = share
        return name


def parity_pair(
    graph: Graph, forest: ParityForest, way: Routes, aim: Aim, named: Mapping[str, tuple[Value, ...]]
) -> tuple[StructuralModel, StructuralModel]:
    """The two models, the parity handed on along `way`; `named` are the values in the question."""
    causes = Causes(graph.index)
    tree = {pair: causes.new(FAIR) for pair in forest.tree}
    coin = {(forest.inner & -forest.inner).bit_length() - 1: causes.new(COIN)}
    along = Carried.along(forest, way, causes)
    carried = list(_carried(along, aim, causes))
    covered = {bit.node for bit in carried if bit.channel == "path"}
    models: list[StructuralModel] = []
    for blind in (False, True):
        crossing = {} if blind else {node: along.flag(above) for node, above in way.crossing.items()}
        made_of = [*_forest_bits(forest, tree, coin, covered, crossing, blind=blind), *carried]
        heard = {name for bit in made_of for name in bit.hidden}
        shares = {name: share for name, share in causes.shares.items() if name in heard}
        models.append(bit_model(graph, made_of, shares, named))
    return models[0], models[1]


def _forest_bits(
    forest: ParityForest,
    tree: Mapping[tuple[int, int], str],
    coin: Mapping[int, str],
    covered: set[int],
    crossing: Mapping[int, Signal],
    *,
    blind: bool,
) -> Iterator[Bit]:
    """The members of the hedge; `blind` makes the inner set ignore the rest.

    A root that hands its bit on in a bit of its own shows that one alone: nobody else hears the first.
    """
    inner, roots = forest.inner, set(forest.roots)
    for node in bits(forest.whole):
        ignore = 0 if not blind or not inner >> node & 1 else ~inner
        parents = [
            above for above, child in forest.child.items() if child == node and not ignore >> above & 1
        ]
        shared = [
            name
            for pair, name in tree.items()
            if node in pair and not ignore >> (pair[0] + pair[1] - node) & 1
        ]
        signals: list[Signal] = [(parent, "forest") for parent in parents]
        signals += [crossing[node]] if node in crossing else []
        hidden = (*shared, *([coin[node]] if node in coin else []))
        yield Bit(node, "forest", tuple(signals), hidden, shown=not (node in roots and node in covered))


@dataclass(slots=True)
class Carried:
    """Who hears whom on the way to the question, and which bit of a variable that is."""

    forest: ParityForest
    way: Routes
    slips: Fraction
    heard: dict[int, list[int]]
    shared: dict[int, list[str]]

    @classmethod
    def along(cls, forest: ParityForest, way: Routes, causes: Causes) -> Carried:
        """Every node on the way with what it hears: the nodes before it, and what it shares with others."""
        roots = set(forest.roots)
        heard: dict[int, list[int]] = {}
        for a, b in way.arrows:
            heard.setdefault(b, []).append(a)
            if a not in roots:
                heard.setdefault(a, [])
        shared: dict[int, list[str]] = {}
        for pair in way.shared:
            name = causes.new(FAIR)
            for node in pair:
                shared.setdefault(node, []).append(name)
        for node in (*shared, *way.gates):
            heard.setdefault(node, [])
        # On a long way the bit is handed on more carefully, lest nothing of it arrives.
        longest = len(way.arrows) + len(way.flags)
        slips = min(SLIPS, Fraction(1, 1 << longest.bit_length()))
        return cls(forest, way, slips, heard, shared)

    def signal(self, node: int) -> Signal:
        """The bit that a node hands on: a root without anything to add, its own."""
        return (node, "path" if node in self.heard else "forest")

    def flag(self, node: int) -> Signal:
        """The bit of a node that copies a treatment: in the hedge, its own."""
        return (node, "flag" if node in self.flagged else "forest")

    @property
    def flagged(self) -> dict[int, int | None]:
        """The nodes with a bit that copies a treatment, and whose they copy; None starts it with a coin."""
        found: dict[int, int | None] = {b: a for a, b in self.way.flags}
        starts = (a for a, _ in self.way.flags)
        for node in (*starts, *self.way.gates.values(), *self.way.crossing.values()):
            if not self.forest.whole >> node & 1:
                found.setdefault(node, None)
        return found


def _carried(along: Carried, aim: Aim, causes: Causes) -> Iterator[Bit]:
    """The bits that both models compute alike: those on the way to the question, and plain coins."""
    heard, flagged, forest, way, flag = along.heard, along.flagged, along.forest, along.way, along.flag
    roots = set(forest.roots)
    for node, above in flagged.items():
        if above is None:
            yield Bit(node, "flag", (), (causes.new(FAIR),))
        else:
            yield Bit(node, "flag", (flag(above),), (causes.new(along.slips),))
    for node, parents in heard.items():
        own: list[Signal] = [(node, "forest")] if node in roots else []
        signals = [*own, *(along.signal(parent) for parent in parents)]
        gate = flag(way.gates[node]) if node in way.gates else None
        slip = causes.new(along.slips if signals or node in along.shared else FAIR)
        opens = int(node not in way.gates or not aim.low >> way.opens[node] & 1)
        yield Bit(node, "path", tuple(signals), (*along.shared.get(node, ()), slip), gate, opens)
    for node in bits((aim.x | aim.y | aim.z | aim.named) & ~forest.whole):
        if node not in heard and node not in flagged:
            yield Bit(node, "path", (), (causes.new(FAIR),))
