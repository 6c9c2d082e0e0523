"""Designs that a graph shows and cannot vouch for: difference in differences, regression discontinuity.

Both identify an effect that the graph alone leaves open. The graph can say that the shape is there, and that
is checked here, condition by condition; the assumption that does the work is one on functions and not on
arrows (parallel trends, continuity), so that it is handed over in words.

Difference in differences: an outcome B from before the treatment shares the hidden causes U of treatment and
outcome. U and covariates C make an adjustment set, B ⟂ x | U, C (x does not affect B nor B x), no member of
U is to spare, and B depends on each. It is a negative control outcome that comes before y.

Regression discontinuity: the treatment, or a variable T that moves it, has one observed cause R and nothing
else: no other parent, no hidden cause. Sharp, if that is the treatment; fuzzy, if T is an instrument given
R: separated from y given R once the first edges of the causal paths out of x are gone, and not from x.

Sources: T. Sofer, D. Richardson, E. Colicino, J. Schwartz and E. Tchetgen Tchetgen, "On negative outcome
control of unobserved confounding as a generalization of difference-in-differences" (Statistical Science
2016); J. Hahn, P. Todd and W. van der Klaauw, "Identification and estimation of treatment effects with a
regression-discontinuity design" (Econometrica 2001).

>>> from whence.language.graph import Edge
>>> g = Graph.of((), [Edge(*pair) for pair in ("UX", "UB", "UY", "XY")], latent="U")
>>> print(*difference_in_differences(g, "X", "Y"))
Y against B before, to be rid of U
>>> g = Graph.of((), [Edge("R", "X"), Edge("X", "Y"), Edge("R", "Y"), Edge("R", "Y", "<->")])
>>> print(*regression_discontinuities(g, "X", "Y"))
X by a threshold of R (sharp)
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from whence.identification.adjustment import BackDoor, back_door
from whence.identification.designs.proximal import Condition, both, settings
from whence.identification.kinship import require_directed
from whence.identification.projection import canonical_dag
from whence.identification.reachability import DESCENDANTS, reached
from whence.identification.separation import Names, as_names, connected, disjoint_masks
from whence.language.graph import Graph, bits
from whence.runtime.errors import InvalidQuery
from whence.runtime.plain import quoted

TRENDS = (
    (
        "Parallel trends: had the treatment been as among the untreated, the mean of {y} minus that of {b} "
        "would have been the same among treated and untreated, at each level of the covariates."
    ),
    "{b} is the same quantity as {y}, on the same scale, from before the treatment.",
    "Nobody acts on the treatment before it is given (no anticipation).",
)

CONTINUITY = (
    "{t} changes at a known threshold of {r}, and in no other way: the graph says only that {r} decides it.",
    "Continuity: at the threshold, the mean of {y} had {x} been held fixed does not jump with {r}.",
    "Nobody can place themselves just on one side of the threshold.",
    "What is found is the effect at the threshold, not elsewhere.",
)

MONOTONE = (
    "Crossing the threshold moves {x} in one direction for everybody: the effect is that on those it moves."
)


@dataclass(frozen=True, slots=True)
class DifferenceInDifferences:
    """An outcome from before the treatment that shares the hidden causes."""

    treatment: str
    outcome: str
    before: str
    hidden: tuple[str, ...]
    given: tuple[str, ...]
    conditions: tuple[Condition, ...]
    assumptions: tuple[str, ...]

    def __str__(self) -> str:
        held = f", given {both(self.given)}" if self.given else ""
        return f"{self.outcome} against {self.before} before, to be rid of {both(self.hidden)}{held}"


@dataclass(frozen=True, slots=True)
class RegressionDiscontinuity:
    """A running variable that alone decides the treatment, or what moves it.

    `also_moved` are other variables that only the running variable decides: should they change at the same
    threshold, their effects would be mixed in.
    """

    treatment: str
    outcome: str
    running: str
    decided: str
    kind: Literal["sharp", "fuzzy"]
    also_moved: tuple[str, ...]
    conditions: tuple[Condition, ...]
    assumptions: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.decided} by a threshold of {self.running} ({self.kind})"


def difference_in_differences(
    graph: Graph, x: str, y: str, before: Names = ()
) -> tuple[DifferenceInDifferences, ...]:
    """Each outcome from before the treatment that the graph lets serve, one smallest setting each.

    The graph does not say which variable is y measured earlier: `before` names it (one or several), or all
    that have the shape are listed. Complete where `negative_controls` is. Raises `UnknownVariable`,
    `TreatmentIsOutcome`, `RepeatedVariable` (`before` holds x or y), and `InvalidQuery` for a latent name.
    """
    back_door(graph, x, y)
    disjoint_masks(graph, (x, y), before)
    for name in as_names(before):
        if name in graph.latent:
            raise InvalidQuery(f"{quoted(name)} is latent.", "Name an outcome that was observed.")
    found: dict[str, DifferenceInDifferences] = {}
    for setting in settings(graph, x, y):
        door = setting.door
        later = reached(DESCENDANTS, door.whole, door.x | door.y)
        for node in bits(setting.outcomes() & ~later):
            control = setting.control(node, "outcome")
            if control.name in found or (before and control.name not in as_names(before)):
                continue
            said = tuple(text.format(y=y, b=control.name) for text in TRENDS)
            parts = (control.hidden, control.given, control.conditions, said)
            found[control.name] = DifferenceInDifferences(x, y, control.name, *parts)
    return tuple(found.values())


def regression_discontinuities(graph: Graph, x: str, y: str) -> tuple[RegressionDiscontinuity, ...]:
    """The sharp design where x has one cause and no other, and the fuzzy ones.

    Raises `UnknownVariable`, `TreatmentIsOutcome`, and `InvalidQuery` for a latent x or y.
    """
    require_directed(graph, "A search for discontinuities")
    back_door(graph, x, y)
    drawn = canonical_dag(graph)
    return tuple(_discontinuities(back_door(drawn, x, y), x, y))


def _discontinuities(door: BackDoor, x: str, y: str) -> Iterator[RegressionDiscontinuity]:
    graph = door.graph
    below = reached(DESCENDANTS, door.whole, door.x | door.y)
    decided = {node: graph.parents[node] for node in bits(graph.all & ~door.hidden) if _alone(graph, node)}
    first = tuple(
        (x, graph.nodes[child]) for child in door.whole.children[graph.index[x]] if door.causal >> child & 1
    )
    for node, running in decided.items():
        sharp = graph.nodes[node] == x
        if running & (door.y | door.x) or (not sharp and below >> node & 1):
            continue
        joined = connected(door.edges, 1 << node, running)
        if joined & door.y or not (sharp or joined & door.x):
            continue
        t, r = graph.nodes[node], graph.names(running)[0]
        moved = sum(1 << other for other, cause in decided.items() if cause == running and other != node)
        conditions = [Condition((t,), (y,), (r,), without=first)]
        if not sharp:
            conditions.append(Condition((t,), (x,), (r,), apart=False))
        said = [text.format(t=t, r=r, x=x, y=y) for text in (*CONTINUITY, *(() if sharp else (MONOTONE,)))]
        also = graph.names(moved & ~door.x & ~door.y)
        kind = "sharp" if sharp else "fuzzy"
        yield RegressionDiscontinuity(x, y, r, t, kind, also, tuple(conditions), tuple(said))


def _alone(graph: Graph, node: int) -> bool:
    """Whether the node has one observed parent and no other, hidden causes drawn."""
    above = graph.parents[node]
    return above.bit_count() == 1 and graph.names(above)[0] not in graph.latent
