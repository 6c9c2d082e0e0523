"""The IDC algorithm: the effect of an intervention among those seen to have Z = z.

A condition that could as well be set (rule 2 of the do-calculus) joins the treatments; once none is left,
P(Y | do X, Z) is P(Y, Z | do X) divided by its sum over Y. Complete: if that joint effect has no formula, the
conditional effect has none.

Source: I. Shpitser and J. Pearl, "Identification of conditional interventional distributions" (UAI 2006).

>>> from whence.language.graph import Edge
>>> g = Graph.of((), [Edge("X", "Z"), Edge("Z", "Y"), Edge("X", "Z", "<->")])
>>> step = identify_conditional_effect(g, g.mask("X"), g.mask("Y"), g.mask("Z"))
>>> [each.rule for each in step.walk()]
['ancestral', 'c-factor', 'districts', 'effect', 'rule 2']
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from whence.identification.id_algorithm import identify_effect
from whence.identification.reachability import Adjacency
from whence.identification.separation import connected
from whence.language.estimand import Fact, Step
from whence.language.expression import P, Quotient, total
from whence.language.graph import Graph, bits
from whence.language.refusals import Hedge


@dataclass(frozen=True, slots=True)
class Barred:
    """No formula: the hedge, and the joint effect of `treatments` on `outcomes` that it is for."""

    hedge: Hedge
    treatments: tuple[str, ...]
    outcomes: tuple[str, ...]


def identify_conditional_effect(graph: Graph, x: int, y: int, z: int = 0) -> Step | Barred:
    """The step that proves P(Y | do X, Z) equal to a formula in P, or why there is none.

    `graph` is a DAG or ADMG without latent nodes; x, y and z are disjoint masks, y not empty.
    """
    moved = settable(graph, x, y, z)
    done, rest = with_settable(x, z, moved)
    found = identify_effect(graph, done, y | rest)
    if isinstance(found, Hedge):
        return Barred(found, graph.names(done), graph.names(y | rest))
    step = among_those_seen(graph, done, y, rest, found)
    return seen_again(graph, x, y, z, moved, step)


def settable(graph: Graph, x: int, y: int, z: int) -> list[int]:
    """The conditions that could as well be set, one after the other; which they are is no matter of order."""
    moved: list[int] = []
    if not z:
        return moved
    edges = Adjacency.of(graph)
    pending = list(bits(z))
    while pending:
        for node in pending:
            one, rest = 1 << node, z & ~(1 << node)
            if not connected(edges.cut(x, one), y, x | rest) & one:
                break
        else:
            return moved
        moved.append(node)
        pending.remove(node)
        x, z = x | one, rest
    return moved


def with_settable(x: int, z: int, moved: Sequence[int]) -> tuple[int, int]:
    """Treatments and conditions once the settable conditions are treatments."""
    done = sum(1 << node for node in moved)
    return x | done, z & ~done


def among_those_seen(graph: Graph, x: int, y: int, z: int, joint: Step) -> Step:
    """P(Y | do X, Z) from P(Y, Z | do X)."""
    if not z:
        return joint
    claim = P(graph.names(y), graph.names(z), graph.names(x))
    return Step(
        "condition", claim, Quotient(joint.formula, total(graph.names(y), joint.formula)), (), (joint,)
    )


def seen_again(graph: Graph, x: int, y: int, z: int, moved: Sequence[int], step: Step) -> Step:
    """P(Y | do X, Z) from the same with the settable ones of Z among what is done."""
    done, rest = with_settable(x, z, moved)
    for node in reversed(moved):
        done &= ~(1 << node)
        step = _rule_2(graph, done, y, rest, 1 << node, step)
        rest |= 1 << node
    return step


def _rule_2(graph: Graph, x: int, y: int, rest: int, one: int, inner: Step) -> Step:
    """Seeing `one` is as good as setting it."""
    fact = Fact(
        "separated",
        graph.names(y),
        graph.names(one),
        graph.names(x | rest),
        cut_into=graph.names(x),
        cut_out_of=graph.names(one),
    )
    claim = P(graph.names(y), graph.names(rest | one), graph.names(x))
    return Step("rule 2", claim, inner.formula, (fact,), (inner,))
