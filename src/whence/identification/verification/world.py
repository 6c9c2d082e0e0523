"""The graph as the verifier sees it: its own latent projection, districts, separation, criteria and facts.

Nothing here is shared with the identifier, and the algorithms are others than its: sets of names instead of
bit masks, and separation in the augmented graph of the ancestors instead of reachability along paths.

Sources: T. Richardson (2003), theorem 1, for separation; E. Perković et al. (JMLR 2018), definition 4, for
adjustment; J. Pearl, *Causality* (2009), 3.3, for the back door and the front door.

>>> from whence.language.graph import Edge
>>> world = project(Graph.of((), [Edge("U", "X"), Edge("U", "Y"), Edge("X", "Y")], latent=("U",)))
>>> sorted(world.spouses["X"]), world.adjusts(frozenset("X"), frozenset("Y"), NONE)
(['Y'], False)
"""

from __future__ import annotations

from collections.abc import Callable, Container, Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from whence.language import expression as algebra
from whence.language.estimand import Fact
from whence.language.expression import Expression
from whence.language.graph import Graph
from whence.runtime.errors import ProofRejected

Names = frozenset[str]
Node = TypeVar("Node", bound=Hashable)
NONE: Names = frozenset()


Built = tuple[Expression, tuple[Fact, ...]]
"""The formula that a rule builds, and the facts of the graph that it needs."""


def demand(holds: object, rule: str, reason: str) -> None:
    """Reject the proof unless this holds."""
    if not holds:
        raise ProofRejected(rule, reason)


def same(one: Expression, other: Expression) -> bool:
    """Structural equality, in time linear in the number of distinct parts."""
    seen, pending = set[tuple[int, int]](), [(one, other)]
    while pending:
        a, b = pending.pop()
        if a is not b and (id(a), id(b)) not in seen:
            seen.add((id(a), id(b)))
            parts, others = algebra.children(a), algebra.children(b)
            # Over the very same parts, two expressions are equal at their tops or not at all.
            if type(a) is not type(b) or len(parts) != len(others) or algebra.rebuilt(b, parts) != a:
                return False
            pending.extend(zip(parts, others, strict=True))
    return True


def reached(
    start: Iterable[Node], arrows: Mapping[Node, Iterable[Node]], via: Container[Node]
) -> frozenset[Node]:
    """What one or more arrows lead to from the start, going on only from nodes of `via`."""
    found, pending = set[Node](), list(start)
    while pending:
        fresh = set(arrows[pending.pop()]) - found
        found |= fresh
        pending += [node for node in fresh if node in via]
    return frozenset(found)


@dataclass(frozen=True, slots=True)
class World:
    """Observed variables, each with its parents and with those with which it shares hidden causes."""

    parents: Mapping[str, Names]
    spouses: Mapping[str, Names]

    @property
    def names(self) -> Names:
        """The variables."""
        return frozenset(self.parents)

    def within(self, names: Names) -> World:
        """The subgraph induced on the names."""
        return World({v: self.parents[v] & names for v in names}, {v: self.spouses[v] & names for v in names})

    def cut(self, into: Names = NONE, out_of: Names = NONE) -> World:
        """The graph without the edges that point into `into`, and without the arrows out of `out_of`."""
        parents = {v: NONE if v in into else found - out_of for v, found in self.parents.items()}
        return World(parents, {v: NONE if v in into else found - into for v, found in self.spouses.items()})

    def marked(self, differ: Names, into: Names) -> World:
        """The graph with a further cause "" of each of `differ`, and the edges into `into` cut."""
        cut = self.cut(into=into)
        parents = {v: found | {""} if v in differ - into else found for v, found in cut.parents.items()}
        return World({**parents, "": NONE}, {**cut.spouses, "": NONE})

    def above(self, names: Names) -> Names:
        """The names and their ancestors."""
        return names | reached(names, self.parents, self.parents)

    def below(self, names: Names) -> Names:
        """The names and their descendants."""
        children: dict[str, set[str]] = {v: set() for v in self.parents}
        for v, parents in self.parents.items():
            for parent in parents:
                children[parent].add(v)
        return names | reached(names, children, children)

    def district(self, name: str, among: Names) -> Names:
        """The name and all that paths of hidden common causes within `among` join it to."""
        return reached((name,), self.spouses, among) & among | {name}

    def blanket(self, name: str, among: Names) -> Names:
        """Its district among these, which hold their ancestors, and the district's parents there."""
        near = self.district(name, among)
        return near.union(*(self.parents[v] for v in near)) & among

    def separated(self, x: Names, y: Names, given: Names = NONE) -> bool:
        """Whether `given` parts x from y in the augmented graph of the ancestors of all three.

        There, a district and its parents are joined each with each: here, each with the district's number.
        """
        names = self.above(x | y | given)
        near = self.within(names)
        joined: dict[str | int, set[str | int]] = {v: set() for v in names}
        for number, district in enumerate({near.district(v, names) for v in names}):
            joined[number] = set(district.union(*(near.parents[v] for v in district)))
            for v in joined[number]:
                joined[v].add(number)
        disjoint = not (x & y or given & (x | y))
        return disjoint and not y & reached(x, joined, joined.keys() - given)

    def adjusts(self, x: Names, y: Names, given: Names) -> bool:
        """The adjustment criterion: nothing forbidden, and all proper non-causal paths blocked."""
        causal = (self.cut(into=x).below(x) - x) & self.cut(out_of=x).above(y)
        back_door = {v: found - x if v in causal else found for v, found in self.parents.items()}
        forbidden = x | y | self.below(causal)
        return not given & forbidden and World(back_door, self.spouses).separated(x, y, given)

    def blocks_back_doors(self, x: Names, y: Names, given: Names) -> bool:
        """The back-door criterion: nothing downstream of x, and no back-door path open."""
        return not given & self.below(x) and self.cut(out_of=x).separated(x, y, given)

    def is_front_door(self, x: Names, y: Names, through: Names) -> bool:
        """The front-door criterion: all causal paths intercepted, and neither half of them confounded."""
        intercepts = not through & (x | y) and not x & self.within(self.names - through).above(y)
        clean = self.cut(out_of=x).separated(x, through)
        return intercepts and clean and self.cut(out_of=through).separated(through, y, x)


def project(graph: Graph | None, kept: Names | None = None) -> World:
    """The latent projection on the observed variables, or on these of them."""
    if graph is None or graph.kind not in ("DAG", "ADMG"):
        raise ProofRejected("graph", "a proof is checked in a DAG or an ADMG")
    up, down, beside = ({v: set[str]() for v in graph.nodes} for _ in range(3))
    for edge in graph.edges:
        forth, back = (beside, beside) if edge.mark == "<->" else (down, up)
        forth[edge.source].add(edge.target)
        back[edge.target].add(edge.source)
    seen = frozenset(graph.observed) if kept is None else kept & {*graph.observed}
    latent = frozenset(graph.nodes) - seen
    parents: dict[str, Names] = {}
    spouses: dict[str, Names] = {}
    for v in sorted(seen):
        causes = reached((v,), up, latent)
        hidden = causes & latent
        tops = hidden.union(*(beside[each] for each in hidden | {v}))
        parents[v] = causes - latent
        spouses[v] = (tops | reached(tops & latent, down, latent)) - latent - {v}
    return World(parents, spouses)


def through(graph: Graph, names: Names, seen: Names) -> Names:
    """Those of the names that are seen, and what the others reach through variables that are not."""
    down = {
        v: [edge.target for edge in graph.edges if (edge.source, edge.mark) == (v, "->")] for v in graph.nodes
    }
    return (names | reached(names - seen, down, frozenset(graph.nodes) - seen)) & seen


def as_sets(fact: Fact, world: World) -> tuple[str, tuple[Names, ...]]:
    """What all ways to state a fact have in common."""
    x, y = frozenset(fact.x), frozenset(fact.y)
    if fact.kind == "separated":
        x, y = sorted((x, y), key=sorted)
    others = (fact.given, fact.among or world.names, fact.cut_into, fact.cut_out_of)
    return fact.kind, (x, y, *map(frozenset, others))


def is_true(fact: Fact, world: World) -> bool:
    """Whether the graph has the property that the fact states."""
    kind, (x, y, given, among, into, out_of) = as_sets(fact, world)
    place = {v: number for number, v in enumerate(fact.x)}
    meanings: dict[str, Callable[[], bool]] = {
        "separated": lambda: world.within(among).cut(into, out_of).separated(x, y, given),
        "ancestral": lambda: all(world.parents[v] & among <= x for v in x),
        "district": lambda: all(world.district(v, among) == x for v in fact.x[:1]),
        "order": lambda: all(place[u] < place[v] for v in x for u in world.parents[v] & x),
        "independent of": lambda: not y & x.union(*(world.parents[v] for v in x)),
        "adjustment set": lambda: world.adjusts(x, y, given),
    }
    known = x.union(y, given, into, out_of) <= among <= world.names
    return known and kind in meanings and len(place) == len(fact.x) and meanings[kind]()
