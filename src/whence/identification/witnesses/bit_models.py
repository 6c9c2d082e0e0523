"""Structural models whose variables are made of bits, each a function of other bits and of hidden ones.

A variable holds up to three bits: `forest`, which two models of a hedge compute differently, and `path` and
`flag`, which they compute alike. Its level is the number that its bits write. A bit is the parity of what it
hears, or the parity while its gate is open; a hidden bit of its own may turn it over.

Source: I. Shpitser and J. Pearl (AAAI 2006), theorem 4, for the models of parities.

>>> from whence.language.graph import Edge
>>> bow = Graph.of((), [Edge("X", "Y"), Edge("X", "Y", "<->")])
>>> shared = Bit(0, "forest", hidden=("U1",)), Bit(1, "forest", ((0, "forest"),), ("U1",))
>>> model = bit_model(bow, shared, {"U1": Fraction(1, 2)}, {})
>>> model.mechanisms[1]
Mechanism(variable='Y', inputs=('X', 'U1'), table=(0, 1, 1, 0))
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import product as combinations
from typing import Literal

from whence.language.expression import Value
from whence.language.graph import Graph
from whence.language.model import HiddenCause, Mechanism, StructuralModel

Channel = Literal["forest", "flag", "path"]

CHANNELS: tuple[Channel, ...] = ("forest", "flag", "path")
"""From the lowest bit of a level to the highest: a bit may hear those before it in the same variable."""

Signal = tuple[int, Channel]


@dataclass(frozen=True, slots=True)
class Bit:
    """One bit of a variable: the parity of its signals and hidden bits, behind a gate if there is one.

    What is not `shown` is no part of the variable's level: only later bits of the same variable hear it.
    """

    node: int
    channel: Channel
    signals: tuple[Signal, ...] = ()
    hidden: tuple[str, ...] = ()
    gate: Signal | None = None
    opens: int = 1
    shown: bool = True


@dataclass(frozen=True, slots=True)
class Shown:
    """The bits that a level writes, the lowest first, and the levels."""

    channels: tuple[Channel, ...]
    levels: tuple[Value, ...]


def bit_model(
    graph: Graph,
    made_of: Iterable[Bit],
    hidden: Mapping[str, Fraction],
    named: Mapping[str, tuple[Value, ...]],
) -> StructuralModel:
    """The model in which hidden bits are one with these probabilities.

    `named` are the values that a question names: they are levels of their variables, the others are numbers.
    """
    variables: dict[int, list[Bit]] = {}
    for bit in made_of:
        variables.setdefault(bit.node, []).append(bit)
    order = [node for node in graph.order if node in variables]
    shown: dict[int, Shown] = {}
    for node in order:
        variables[node].sort(key=lambda bit: CHANNELS.index(bit.channel))
        channels: tuple[Channel, ...] = tuple(bit.channel for bit in variables[node] if bit.shown)
        shown[node] = Shown(channels, levels_with(named.get(graph.nodes[node], ()), 2 ** len(channels)))
    return StructuralModel(
        tuple((graph.nodes[node], shown[node].levels) for node in order),
        tuple(HiddenCause(name, (1 - share, share)) for name, share in hidden.items()),
        tuple(_mechanism(graph, node, variables[node], shown) for node in order),
    )


def levels_with(named: tuple[Value, ...], count: int) -> tuple[Value, ...]:
    """As many levels as asked for at least, the values named among them; 0, 1, … where that serves."""
    plain = range(max(count, len(named)))
    if all(not isinstance(value, bool | str) and value in plain for value in named):
        return tuple(plain)
    if len(named) < 2 and count == 2 and all(isinstance(value, bool) for value in named):
        return (False, True)
    words = any(isinstance(value, str) for value in named)
    fill = (f"other {i}" if words else i for i in range(count + len(named)))
    others = [value for value in fill if value not in named]
    return (*named, *others)[: max(count, len(named))]


def _mechanism(graph: Graph, node: int, made_of: list[Bit], shown: Mapping[int, Shown]) -> Mechanism:
    heard = [signal for bit in made_of for signal in (*bit.signals, *([bit.gate] if bit.gate else []))]
    parents = sorted({other for other, _ in heard if other != node})
    hidden = list(dict.fromkeys(name for bit in made_of for name in bit.hidden))
    sizes = [*(len(shown[parent].levels) for parent in parents), *([2] * len(hidden))]
    table: list[Value] = []
    for values in combinations(*map(range, sizes)):
        at: dict[Signal, int] = {}
        for parent, code in zip(parents, values, strict=False):
            at.update(
                ((parent, channel), code >> place & 1) for place, channel in enumerate(shown[parent].channels)
            )
        drawn = dict(zip(hidden, values[len(parents) :], strict=True))
        code, place = 0, 0
        for bit in made_of:
            at[node, bit.channel] = value = _value(bit, at, drawn)
            if bit.shown:
                code |= value << place
                place += 1
        table.append(shown[node].levels[code])
    return Mechanism(graph.nodes[node], (*(graph.nodes[each] for each in parents), *hidden), tuple(table))


def _value(bit: Bit, at: Mapping[Signal, int], drawn: Mapping[str, int]) -> int:
    heard = sum(at[signal] for signal in bit.signals) & 1
    if bit.gate is not None:
        heard &= at[bit.gate] == bit.opens
    return heard ^ sum(drawn[name] for name in bit.hidden) & 1
