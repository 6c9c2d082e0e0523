"""Negative controls and proximal proxies: observed shadows of a confounder that was not observed.

Let the hidden causes U and the covariates C together be an adjustment set for the effect of x on y. A
negative control outcome W shares U and is not affected by x: W ⟂ x | U, C. A negative control exposure Z
shares U and does not affect y: Z ⟂ y | x, U, C. Where also W ⟂ x, Z | U, C, the two are proxies from which
the effect can be computed by a bridge function, as if U had been seen. To carry information on U, Z must
depend on each member of it given x, C and the other members, and W given C and the other members: without
that, what is assumed beyond the graph (completeness) is false.

Each bidirected edge counts as one hidden cause of its two ends, as `canonical_dag` draws and names them.
Covariates are observed and not affected by x.

Sources: W. Miao, Z. Geng and E. Tchetgen Tchetgen, "Identifying causal effects with proxy variables of an
unmeasured confounder" (Biometrika 2018); E. Tchetgen Tchetgen, A. Ying, Y. Cui, X. Shi and W. Miao, "An
introduction to proximal causal inference" (Statistical Science 2024); M. Lipsitch, E. Tchetgen Tchetgen and
T. Cohen, "Negative controls" (Epidemiology 2010).

>>> from whence.language.graph import Edge
>>> pairs = ["UX", "UY", "XY", "UZ", "ZX", "UW", "WY"]
>>> (found,) = proximal_proxies(Graph.of((), [Edge(*pair) for pair in pairs], latent="U"), "X", "Y")
>>> print(found)
Z and W as proxies of U
>>> print(*found.conditions[:3], sep="; ")
X ⟂ Y | U without X -> Y; Z ⟂ Y | U, X; W ⟂ X, Z | U
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import combinations, islice
from typing import Literal

from whence.identification.adjustment import BackDoor, back_door
from whence.identification.kinship import require_directed
from whence.identification.projection import canonical_dag
from whence.identification.reachability import ANCESTORS, DESCENDANTS, reached
from whence.identification.separation import connected, separated
from whence.identification.separators import Separation, minimal_separators
from whence.language.graph import Edge, Graph, bits

EXACT = 8
"""Up to this many hidden causes and covariates, every set of them is tried."""

TRIED = 200
"""How many minimal sets of hidden causes and covariates are tried in larger graphs."""

TOLD_FROM_CHANCE = (
    "In a sample of this size, what {hidden} makes of {name} can be told from chance: else to find no "
    "association is no evidence."
)

BRIDGE = (
    (
        "Completeness: {z} and {w} each vary with every feature of {hidden}; where all are discrete, each "
        "has at least as many levels as {hidden} together."
    ),
    (
        "A bridge exists: at each value of the treatment some function of {w} has the mean of the outcome, "
        "at every level of {hidden}."
    ),
    "Every compared value of the treatment occurs at each level of {hidden} and the covariates (overlap).",
)
"""What proxies need that a graph cannot say."""

Role = Literal["exposure", "outcome"]


@dataclass(frozen=True, slots=True)
class Condition:
    """A statement on the graph with hidden causes drawn: x and y m-separated given others, or not.

    `without` are arrows that are taken away first: the first edges of the causal paths.
    """

    x: tuple[str, ...]
    y: tuple[str, ...]
    given: tuple[str, ...] = ()
    apart: bool = True
    without: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        held = f" | {', '.join(self.given)}" if self.given else ""
        cut = ", ".join(f"{a} -> {b}" for a, b in self.without)
        sign = "⟂" if self.apart else "not ⟂"
        return f"{', '.join(self.x)} {sign} {', '.join(self.y)}{held}{f' without {cut}' if cut else ''}"


def holds(condition: Condition, graph: Graph) -> bool:
    """Whether the graph, its hidden causes drawn, meets the condition; raises `UnknownVariable`."""
    drawn = canonical_dag(graph)
    gone = {Edge(*arrow) for arrow in condition.without}
    left = Graph.of(drawn.nodes, [edge for edge in drawn.edges if edge not in gone], latent=drawn.latent)
    return separated(left, condition.x, condition.y, condition.given) == condition.apart


@dataclass(frozen=True, slots=True)
class NegativeControl:
    """A variable that shares the hidden causes, and that the effect asked about does not pass."""

    name: str
    role: Role
    hidden: tuple[str, ...]
    given: tuple[str, ...]
    conditions: tuple[Condition, ...]
    assumptions: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.name} as negative control {self.role} for {both(self.hidden)}{_given(self.given)}"


@dataclass(frozen=True, slots=True)
class ProximalProxies:
    """An exposure-side proxy and an outcome-side proxy of the same hidden causes."""

    exposure: str
    outcome: str
    hidden: tuple[str, ...]
    given: tuple[str, ...]
    conditions: tuple[Condition, ...]
    assumptions: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.exposure} and {self.outcome} as proxies of {both(self.hidden)}{_given(self.given)}"


def negative_controls(graph: Graph, x: str, y: str) -> tuple[NegativeControl, ...]:
    """The negative control exposures and outcomes for the effect of x on y, one smallest setting each.

    With at most `EXACT` hidden causes and covariates the list is complete; in larger graphs the sets tried
    are the minimal ones, and these with all covariates. Raises `UnknownVariable`, `TreatmentIsOutcome`,
    `InvalidGraph` and `InvalidQuery` for a latent x or y.
    """
    found: dict[tuple[str, Role], NegativeControl] = {}
    for setting in settings(graph, x, y):
        controls = [setting.control(node, "exposure") for node in bits(setting.exposures())]
        controls += [setting.control(node, "outcome") for node in bits(setting.outcomes())]
        for control in controls:
            found.setdefault((control.name, control.role), control)
    return tuple(found.values())


def proximal_proxies(graph: Graph, x: str, y: str) -> tuple[ProximalProxies, ...]:
    """The pairs of proxies from which the effect of x on y can be had, one smallest setting each.

    Complete in the same graphs as `negative_controls`, and raises the same.
    """
    found: dict[tuple[int, int], ProximalProxies] = {}
    for setting in settings(graph, x, y):
        outcomes = setting.outcomes()
        for z in bits(setting.exposures() if outcomes else 0):
            apart = outcomes & ~connected(setting.door.whole, 1 << z, setting.hidden | setting.given)
            for w in bits(apart & ~(1 << z)):
                if (z, w) not in found:
                    found[z, w] = setting.proxies(z, w)
    return tuple(found.values())


@dataclass(frozen=True, slots=True)
class Setting:
    """Hidden causes U and covariates C that together make an adjustment set, no member of U to spare."""

    door: BackDoor
    hidden: int
    given: int

    @property
    def others(self) -> int:
        """Observed variables that may be controls."""
        door = self.door
        return door.graph.all & ~(door.hidden | door.x | door.y | self.given)

    def exposures(self) -> int:
        """What is separated from y given x, U and C, and not from any of U."""
        held = self.hidden | self.given | self.door.x
        return self._tied(self.others & ~connected(self.door.whole, self.door.y, held), held)

    def outcomes(self) -> int:
        """What is separated from x given U and C, and not from any of U."""
        held = self.hidden | self.given
        return self._tied(self.others & ~connected(self.door.whole, self.door.x, held), held)

    def _tied(self, names: int, held: int) -> int:
        for node in bits(self.hidden) if names else ():
            names &= connected(self.door.whole, 1 << node, held & ~(1 << node))
        return names

    def control(self, node: int, role: Role) -> NegativeControl:
        """The negative control that the node is."""
        exposure = role == "exposure"
        conditions = (self._adjusted(), self._exposure(node) if exposure else self._outcome(node))
        name = self.door.graph.nodes[node]
        return NegativeControl(
            name,
            role,
            *self._names(),
            (*conditions, *self._ties(node, exposure)),
            (TOLD_FROM_CHANCE.format(name=name, hidden=both(self._names()[0])),),
        )

    def proxies(self, z: int, w: int) -> ProximalProxies:
        """The pair of proxies that the nodes are."""
        names = self.door.graph.nodes
        hidden, given = self._names()
        separations = (self._adjusted(), self._exposure(z), self._outcome(w, z))
        return ProximalProxies(
            names[z],
            names[w],
            hidden,
            given,
            (*separations, *self._ties(z, True), *self._ties(w, False)),
            tuple(text.format(z=names[z], w=names[w], hidden=both(hidden)) for text in BRIDGE),
        )

    def _names(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        graph = self.door.graph
        return graph.names(self.hidden), graph.names(self.given)

    def _condition(self, x: int, y: int, given: int, apart: bool = True) -> Condition:
        names = self.door.graph.names
        return Condition(names(x), names(y), names(given), apart)

    def _adjusted(self) -> Condition:
        door = self.door
        names = door.graph.nodes
        first = tuple(
            (names[a], names[b]) for a in bits(door.x) for b in door.whole.children[a] if door.causal >> b & 1
        )
        return replace(self._condition(door.x, door.y, self.hidden | self.given), without=first)

    def _exposure(self, z: int) -> Condition:
        return self._condition(1 << z, self.door.y, self.door.x | self.hidden | self.given)

    def _outcome(self, w: int, z: int | None = None) -> Condition:
        apart_from = self.door.x | (0 if z is None else 1 << z)
        return self._condition(1 << w, apart_from, self.hidden | self.given)

    def _ties(self, node: int, exposure: bool) -> Iterator[Condition]:
        held = self.hidden | self.given | (self.door.x if exposure else 0)
        for u in bits(self.hidden):
            yield self._condition(1 << node, 1 << u, held & ~(1 << u), apart=False)


def settings(graph: Graph, x: str, y: str) -> Iterator[Setting]:
    """The settings of an effect, small ones first; raises as `negative_controls` does."""
    require_directed(graph, "A search for negative controls")
    back_door(graph, x, y)
    door = back_door(canonical_dag(graph), x, y)
    after = reached(DESCENDANTS, door.whole, door.x) | door.forbidden | door.y
    usable = door.graph.all & ~after
    for chosen in _sets(door, usable):
        hidden, given = chosen & door.hidden, chosen & ~door.hidden
        if not hidden or not door.serves(chosen):
            continue
        if not any(door.serves(chosen & ~(1 << node)) for node in bits(hidden)):
            yield Setting(door, hidden, given)


def _sets(door: BackDoor, usable: int) -> Iterator[int]:
    places = [1 << node for node in bits(usable)]
    if len(places) <= EXACT:
        for size in range(len(places) + 1):
            yield from map(sum, combinations(places, size))
        return
    minimal = minimal_separators(Separation(door.edges, door.x, door.y, 0, usable))
    above = reached(ANCESTORS, door.whole, door.x | door.y) & usable & ~door.hidden
    found = sorted(islice(minimal, TRIED), key=int.bit_count)
    yield from found
    yield from (each | above for each in found if above & ~each)


def both(names: tuple[str, ...]) -> str:
    """The names in a sentence."""
    return " and ".join((*([", ".join(names[:-1])] if names[1:] else []), *names[-1:]))


def _given(names: tuple[str, ...]) -> str:
    return f" given {', '.join(names)}" if names else ""
