"""Adjustment: which covariate sets turn what was seen into what would be, and why another does not.

A set Z serves for the effect of X on Y when it holds no node of the forbidden set (the causal nodes,
which lie on causal paths that leave X for good, and their descendants) and blocks every other path: that
is, m-separates X from Y in the proper back-door graph, which lacks the first edges of those causal paths.
This criterion is sound and complete; treatments and outcomes may be joint, latent nodes are never in a
set.

Sources: I. Shpitser, T. VanderWeele and J. Robins (UAI 2010); B. van der Zander, M. Liśkiewicz and J. Textor,
"Constructing separators and adjustment sets in ancestral graphs" (UAI 2014); E. Perković, J. Textor,
M. Kalisch and M. Maathuis, "Complete graphical characterization and construction of adjustment sets in
Markov equivalence classes of ancestral graphs" (JMLR 2018).

>>> from whence.language.graph import Edge, Graph
>>> g = Graph.of((), [Edge("Z", "X"), Edge("Z", "Y"), Edge("X", "M"), Edge("M", "Y")])
>>> bool(is_adjustment_set(g, "X", "Y", "Z"))
True
>>> print(is_adjustment_set(g, "X", "Y", ["Z", "M"]).message)
"M" is on a causal path from "X" to "Y" or descends from one, so adjusting for it removes part of the effect.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Literal, get_args

from whence.identification.kinship import require_directed
from whence.identification.projection import latent_projection
from whence.identification.reachability import ANCESTORS, DESCENDANTS, Adjacency, reached
from whence.identification.separation import (
    Names,
    Path,
    as_names,
    connected,
    disjoint_masks,
    shortest_open_path,
)
from whence.identification.separators import Separation, minimal_separator, minimal_separators
from whence.language.graph import Graph, bits
from whence.runtime.errors import InvalidOption, InvalidQuery, RepeatedVariable, TreatmentIsOutcome
from whence.runtime.plain import quoted

SetKind = Literal["minimal", "all", "optimal"]


@dataclass(frozen=True, slots=True)
class Valid:
    """The set serves for adjustment; true in a condition."""

    adjust: tuple[str, ...]

    def __bool__(self) -> bool:
        return True


@dataclass(frozen=True, slots=True)
class Spoiled:
    """The set does not serve, and what spoils it; false in a condition.

    `reason` says whether `variable` is forbidden (on a causal path or descending from one), hidden, or the
    non-causal `path` is open. `some_set_serves` tells an unlucky set from a graph where none serves.
    """

    adjust: tuple[str, ...]
    reason: Literal["forbidden variable", "latent variable", "open path"]
    message: str
    some_set_serves: bool
    variable: str | None = None
    path: Path | None = None

    def __bool__(self) -> bool:
        return False


@dataclass(frozen=True, slots=True)
class BackDoor:
    """The parts of the adjustment criterion for one effect, in masks.

    `causal` are the nodes on proper causal paths, treatments apart; `forbidden` are they, their
    descendants and the treatments; `whole` is the graph and `edges` the proper back-door graph.
    """

    graph: Graph
    x: int
    y: int
    causal: int
    forbidden: int
    hidden: int
    whole: Adjacency
    edges: Adjacency

    @classmethod
    def of(cls, graph: Graph, x: int, y: int) -> BackDoor:
        """For the effect of the nodes of x on those of y."""
        whole = Adjacency.of(graph)
        reach = reached(DESCENDANTS, whole.cut(x, 0), x)
        lead = reached(ANCESTORS, whole.cut(0, x), y)
        causal = reach & lead & ~x
        edges = whole.without((a, b) for a in bits(x) for b in whole.children[a] if causal >> b & 1)
        forbidden = reached(DESCENDANTS, whole, causal) | x
        return cls(graph, x, y, causal, forbidden, graph.mask(graph.latent), whole, edges)

    def serves(self, adjust: int) -> bool:
        """Whether the mask meets the criterion; latent nodes are the caller's affair."""
        if adjust & (self.forbidden | self.y):
            return False
        return not connected(self.edges, self.x, adjust) & self.y

    def task(self, include: int = 0, exclude: int = 0) -> Separation | None:
        """What minimal adjustment sets separate, or None where `include` is itself forbidden."""
        barred = self.forbidden | self.y | self.hidden | exclude
        if include & barred:
            return None
        return Separation(self.edges, self.x, self.y, include, self.graph.all & ~barred)


def is_adjustment_set(graph: Graph, x: Names, y: Names, z: Names = ()) -> Valid | Spoiled:
    """Whether adjusting for z gives the effect of x on y; if not, what is in the way.

    Each of x, y and z is a name or several. Raises `UnknownVariable`, `TreatmentIsOutcome`,
    `RepeatedVariable` (z overlaps x or y) and `InvalidGraph` (neither DAG nor ADMG).
    """
    door = back_door(graph, x, y)
    names = as_names(z)
    adjust = graph.mask(names)
    if adjust & (door.x | door.y):
        raise RepeatedVariable(graph.names(adjust & (door.x | door.y))[0])
    exists = _first(door) is not None
    given = graph.names(adjust)
    if adjust & door.hidden:
        name = graph.names(adjust & door.hidden)[0]
        told = f"{quoted(name)} is latent: what was not observed cannot be adjusted for."
        return Spoiled(given, "latent variable", told, exists, name)
    if adjust & door.forbidden:
        name = graph.names(adjust & door.forbidden)[0]
        pair = f"{_listed(graph.names(door.x))} to {_listed(graph.names(door.y))}"
        told = (
            f"{quoted(name)} is on a causal path from {pair} or descends from one, "
            "so adjusting for it removes part of the effect."
        )
        return Spoiled(given, "forbidden variable", told, exists, name)
    path = shortest_open_path(graph, door.edges, door.x, door.y, adjust)
    if path is None:
        return Valid(given)
    told = f"The non-causal path {path} stays open given {_listed(given) if given else 'nothing'}."
    return Spoiled(given, "open path", told, exists, path=path)


def back_door(graph: Graph, x: Names, y: Names) -> BackDoor:
    """The parts of the criterion for this effect, with the errors of `is_adjustment_set`."""
    require_directed(graph, "Adjustment")
    left, right = graph.mask(as_names(x)), graph.mask(as_names(y))
    if not left or not right:
        raise InvalidQuery("An effect needs a treatment and an outcome.", "Name at least one of each.")
    if left & right:
        raise TreatmentIsOutcome(graph.names(left & right)[0])
    door = BackDoor.of(graph, left, right)
    if (left | right) & door.hidden:
        name = quoted(graph.names((left | right) & door.hidden)[0])
        raise InvalidQuery(f"{name} is latent.", "Ask about variables that were observed.")
    return door


@dataclass(frozen=True, slots=True)
class AdjustmentSets:
    """The adjustment sets that were asked for, found as they are walked over; true if there is one.

    No set at all is an empty collection; a collection that holds `frozenset()` says that nothing need be
    adjusted for.
    """

    graph: Graph
    x: tuple[str, ...]
    y: tuple[str, ...]
    kind: SetKind
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[frozenset[str]]:
        # The optimal set is one of the observed graph: a latent cause of the outcome alone is only noise.
        graph = latent_projection(self.graph) if self.kind == "optimal" else self.graph
        door = back_door(graph, self.x, self.y)
        include, exclude = (
            graph.mask(set(names) & graph.index.keys()) for names in (self.include, self.exclude)
        )
        if set(self.include) & self.graph.latent:
            return
        for found in _masks(door, self.kind, include, exclude):
            yield frozenset(graph.names(found))

    def __bool__(self) -> bool:
        return self.first is not None

    @property
    def first(self) -> frozenset[str] | None:
        """The first set, or None if there is none."""
        return next(iter(self), None)

    def __repr__(self) -> str:
        found = [sorted(each) for each in islice(self, 6)]
        more = ", …" if len(found) > 5 else ""
        return f"AdjustmentSets({', '.join(map(str, found[:5]))}{more})"


def adjustment_sets(
    graph: Graph,
    x: Names,
    y: Names,
    kind: SetKind = "minimal",
    include: Names = (),
    exclude: Names = (),
) -> AdjustmentSets:
    """The sets that serve for the effect of x on y: one `minimal`, `all` minimal ones, or the `optimal` one.

    Each set holds `include` and nothing of `exclude`; minimal means that no other member can be left out. One
    minimal set takes linear time, and `all` finds them lazily. The result is empty where no set exists.

    Raises `UnknownVariable`, `TreatmentIsOutcome`, `RepeatedVariable` (a name both included and excluded, or
    in x or y too), `InvalidOption` and `InvalidGraph`.
    """
    if kind not in get_args(SetKind):
        raise InvalidOption("kind", kind, get_args(SetKind))
    back_door(graph, x, y)
    disjoint_masks(graph, (*as_names(x), *as_names(y)), include, exclude)
    return AdjustmentSets(graph, as_names(x), as_names(y), kind, as_names(include), as_names(exclude))


def _masks(door: BackDoor, kind: SetKind, include: int, exclude: int) -> Iterator[int]:
    if kind == "optimal":
        found = optimal_set(door)
        if found is not None and not include & ~found and not exclude & found:
            yield found
        return
    task = door.task(include, exclude)
    if task is None:
        return
    if kind == "all":
        yield from minimal_separators(task)
        return
    found = minimal_separator(task)
    if found is not None:
        yield found


def optimal_set(door: BackDoor) -> int | None:
    """The parents of the causal nodes that are not forbidden, or None where they do not serve.

    In a DAG whose outcomes all descend from the treatments, if any set serves, this one does, and of all such
    sets it gives the smallest asymptotic variance. Where hidden causes touch the causal nodes it may still
    serve, without a claim to the smallest variance. The graph is to be its own latent projection.

    Source: L. Henckel, E. Perković and M. Maathuis, "Graphical criteria for efficient total effect estimation
    via adjustment in causal linear models" (JRSS B 2022), definition 3.1.
    """
    above = 0
    for node in bits(door.causal):
        for parent in door.whole.parents[node]:
            above |= 1 << parent
    found = above & ~door.forbidden & ~door.y
    return found if door.serves(found) else None


def _first(door: BackDoor) -> int | None:
    task = door.task()
    return minimal_separator(task) if task is not None else None


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(quoted(name) for name in names)
