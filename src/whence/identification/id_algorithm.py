"""The ID algorithm: the effect of a joint intervention, from the observed distribution and an ADMG.

P(Y | do X) is a sum over the kernel Q[D] of D, the ancestors of Y once X is set. Q[D] is the product of the
kernels of its districts, and each of these is sought inside the kernels that the observed distribution holds
(`kernels`). Where one is barred there, a hedge says why, and no formula exists.

Complete: it fails only where two models agree on P and differ on the effect.

Sources: I. Shpitser and J. Pearl, "Identification of joint interventional distributions in recursive
semi-Markovian causal models" (AAAI 2006); J. Tian and J. Pearl, "A general identification condition for
causal effects" (AAAI 2002).

>>> from whence.language.graph import Edge
>>> bow = Graph.of((), [Edge("X", "Y"), Edge("X", "Y", "<->")])
>>> identify_effect(bow, bow.mask("X"), bow.mask("Y"))
Hedge(forest=('X', 'Y'), subforest=('Y',), roots=('Y',))
"""

from __future__ import annotations

from collections.abc import Sequence

from whence.identification.kernels import Regime, ancestral_set, averaged, district_kernel
from whence.identification.kinship import ancestors, districts
from whence.language.estimand import Fact, Step
from whence.language.expression import Kernel, P, product, total
from whence.language.graph import Graph
from whence.language.refusals import Hedge


def identify_effect(graph: Graph, x: int, y: int) -> Step | Hedge:
    """The step that proves P(Y | do X) equal to a formula in P, or the hedge that shows there is none.

    `graph` is a DAG or ADMG without latent nodes; x and y are disjoint masks, y not empty. The formula's free
    variables are among x and y.
    """
    target = ancestors(graph, y, graph.all & ~x)
    joint = _target_kernel(graph, target, y)
    return joint if isinstance(joint, Hedge) else effect_of_kernel(graph, x, y, target, joint)


def _target_kernel(graph: Graph, target: int, y: int) -> Step | Hedge:
    """Q[D] as the product of the kernels of its districts."""
    seen = Regime.observed(graph)
    top = ancestral_set(seen, ancestors(graph, y, graph.all))
    if target == top.mask:
        return top.step
    parts: list[Step] = []
    groups = districts(graph, target)
    for group in groups:
        part = district_kernel(seen, group, top)
        if isinstance(part, Hedge):
            return part
        # A c-factor mentions nothing but the district and its parents.
        parts.append(part if part.rule == "c-factor" else averaged(graph, group, part))
    return product_of_districts(graph, target, groups, parts)


def product_of_districts(graph: Graph, target: int, groups: Sequence[int], parts: Sequence[Step]) -> Step:
    """Q[D] = the product of the kernels of its districts, which `parts` prove one by one."""
    names = graph.names(target)
    because = tuple(Fact("district", graph.names(group), among=names) for group in groups)
    return Step("districts", Kernel(names), product(part.formula for part in parts), because, tuple(parts))


def effect_of_kernel(graph: Graph, x: int, y: int, target: int, joint: Step) -> Step:
    """P(Y | do X) as the sum of Q[D] over what is not asked about."""
    fact = Fact("ancestral", graph.names(target), among=graph.names(graph.all & ~x))
    claim = P(graph.names(y), (), graph.names(x))
    return Step("effect", claim, total(graph.names(target & ~y), joint.formula), (fact,), (joint,))
