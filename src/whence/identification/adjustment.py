"""Adjustment: which covariate sets turn what was seen into what would be, and why another does not.

A set Z serves for the effect of X on Y when it holds no node of the forbidden set (the causal nodes,
which lie on causal paths that leave X for good, and their descendants) and blocks every other path: that
is, m-separates X from Y in the proper back-door graph, which lacks the first edges of those causal paths.
This criterion is sound and complete; treatments and outcomes may be joint, latent nodes are never in a
set. For classes of graphs (CPDAG, MPDAG, MAG, PAG) see `class_adjustment`.

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
from dataclasses import dataclass, replace
from itertools import islice
from typing import Literal, get_args

from whence.identification.adjustment_verdict import Spoiled, Spoiler, Valid
from whence.identification.back_door import BackDoor, optimal_set
from whence.identification.classes.class_adjustment import class_door
from whence.identification.direct_effect import single_door
from whence.identification.projection import latent_projection
from whence.identification.selection_bias import selection_spoils
from whence.identification.separation import Names, as_names, disjoint_masks, shortest_open_path
from whence.identification.separators import minimal_separator, minimal_separators
from whence.language.graph import Graph
from whence.runtime.errors import InvalidOption, InvalidQuery, TreatmentIsOutcome, listed
from whence.runtime.plain import quoted

SetKind = Literal["minimal", "all", "optimal"]
EffectKind = Literal["total", "direct"]


def is_adjustment_set(
    graph: Graph, x: Names, y: Names, z: Names = (), *, effect: EffectKind = "total", selected: Names = ()
) -> Valid | Spoiled:
    """Whether adjusting for z gives the effect of x on y; if not, what is in the way.

    Each of x, y, z and `selected` is a name or several. In a CPDAG, MPDAG or PAG a set serves if it serves in
    every member, and an open path is one of some member. `effect="direct"` asks for the coefficient of x -> y
    in a linear model (`single_door`). `selected` are nodes by which the whole sample was selected
    (`selection_spoils`). Both are for DAGs and ADMGs.

    Raises `UnknownVariable`, `TreatmentIsOutcome`, `RepeatedVariable` (x, y, z and `selected` overlap),
    `InvalidOption`, `InvalidQuery` (x or y latent or empty) and `InvalidGraph` (not what its kind says, edges
    of selection, a kind that the question is not worked out for).
    """
    door = back_door(graph, x, y, effect)
    _, _, adjust, held = disjoint_masks(graph, as_names(x), as_names(y), z, selected)
    task = door.task()
    biased = selection_spoils(graph, door.x, door.y, held) if held and effect == "total" else None
    if effect == "direct" and held & door.forbidden:
        biased = f"Selection by {listed(graph.names(held))} comes after {listed(graph.names(door.y))}."
    exists = task is not None and not biased and minimal_separator(replace(task, include=held)) is not None
    given = graph.names(adjust)
    fault = _fault(door, adjust, biased, effect)
    if fault is not None:
        reason, told, name = fault
        return Spoiled(given, reason, told, exists, name)
    path = shortest_open_path(graph, door.edges, door.x, door.y, adjust | held)
    if path is None:
        return Valid(given)
    where = f" in a member of this {graph.kind}" if graph.kind in ("CPDAG", "MPDAG", "PAG") else ""
    seen = graph.names(adjust | held)
    what = "non-causal path" if effect == "total" else "indirect path"
    told = f"The {what} {path} stays open{where} given {listed(seen) if seen else 'nothing'}."
    return Spoiled(given, "open path", told, exists, path=path)


def _fault(
    door: BackDoor, adjust: int, biased: str | None, effect: EffectKind
) -> tuple[Spoiler, str, str | None] | None:
    """What spoils a set whatever the paths, said in words, and the variable to blame."""
    graph = door.graph
    if door.entry is not None:
        return "not amenable", _not_amenable(graph, *door.entry), graph.nodes[door.entry[0]]
    if adjust & door.hidden:
        name = graph.names(adjust & door.hidden)[0]
        told = f"{quoted(name)} is latent: what was not observed cannot be adjusted for."
        return "latent variable", told, name
    if adjust & door.forbidden:
        name = graph.names(adjust & door.forbidden)[0]
        treatments, outcomes = listed(graph.names(door.x)), listed(graph.names(door.y))
        if effect == "direct":
            return "forbidden variable", f"{quoted(name)} descends from {outcomes}.", name
        some = "possibly " if graph.kind in ("CPDAG", "MPDAG", "PAG") else ""
        told = (
            f"{quoted(name)} is {some}on a causal path from {treatments} to {outcomes} or descends from one, "
            "so adjusting for it removes part of the effect."
        )
        return "forbidden variable", told, name
    return None if biased is None else ("selection", biased, None)


def _not_amenable(graph: Graph, a: int, b: int) -> str:
    pair = f"{quoted(graph.nodes[a])} and {quoted(graph.nodes[b])}"
    if graph.kind in ("CPDAG", "MPDAG"):
        return (
            f"No set serves in every DAG of this {graph.kind}: some direct the edge of {pair} one way, "
            "some the other."
        )
    why = (
        "a hidden common cause can stand behind the edge"
        if graph.children[a] >> b & 1
        else "the edge has open ends"
    )
    return f"No set serves in every graph of this {graph.kind}: {why} of {pair}."


def back_door(graph: Graph, x: Names, y: Names, effect: EffectKind = "total") -> BackDoor:
    """The parts of the criterion for this effect, with the errors of `is_adjustment_set`."""
    if effect not in get_args(EffectKind):
        raise InvalidOption("effect", effect, get_args(EffectKind))
    left, right = graph.mask(as_names(x)), graph.mask(as_names(y))
    if not left or not right:
        raise InvalidQuery("An effect needs a treatment and an outcome.", "Name at least one of each.")
    if left & right:
        raise TreatmentIsOutcome(graph.names(left & right)[0])
    hidden = (left | right) & graph.mask(graph.latent)
    if hidden:
        raise InvalidQuery(
            f"{quoted(graph.names(hidden)[0])} is latent.", "Ask about variables that were observed."
        )
    return single_door(graph, left, right) if effect == "direct" else class_door(graph, left, right)


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
        graph = self.graph
        if self.kind == "optimal" and graph.kind in ("DAG", "ADMG"):
            graph = latent_projection(graph)
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
    minimal set takes linear time, and `all` finds them lazily. The result is empty where no set exists; in a
    class of graphs, where none serves in every member. The optimal set (`optimal_set`) has the smallest
    asymptotic variance in DAGs, CPDAGs and MPDAGs. In an ADMG the same set is given where it serves, without
    that promise; with hidden causes an optimal set need not exist, and for MAGs and PAGs none is given.

    Raises `UnknownVariable`, `TreatmentIsOutcome`, `RepeatedVariable` (a name both included and excluded, or
    in x or y too), `InvalidOption`, `InvalidQuery` and `InvalidGraph`.
    """
    if kind not in get_args(SetKind):
        raise InvalidOption("kind", kind, get_args(SetKind))
    back_door(graph, x, y)
    disjoint_masks(graph, (*as_names(x), *as_names(y)), include, exclude)
    return AdjustmentSets(graph, as_names(x), as_names(y), kind, as_names(include), as_names(exclude))


def _masks(door: BackDoor, kind: SetKind, include: int, exclude: int) -> Iterator[int]:
    if kind == "optimal":
        # What a MAG or PAG leaves open includes which hidden causes there are: none is known to be optimal.
        found = optimal_set(door) if door.graph.kind not in ("MAG", "PAG") else None
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
