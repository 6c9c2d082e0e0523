"""The skeleton of two models that a hedge makes indistinguishable: a small hedge, a forest, and two trees.

A hedge is two nested sets of variables, each held together by hidden causes, whose members all lead into the
inner one, while only the outer one meets the treatment. Most members of a large hedge are not needed for it.
What is left is thinned to one child for each variable, so that each has one way down to a root, and to one
tree of hidden causes, whose part on the inner set is a tree as well.

Source: I. Shpitser and J. Pearl, "Identification of joint interventional distributions in recursive
semi-Markovian causal models" (AAAI 2006), definitions 5 and 6.

>>> from whence.language.graph import Edge
>>> bow = Graph.of((), [Edge("X", "Y"), Edge("X", "Y", "<->")])
>>> parity_forest(bow, bow.all, bow.mask("Y"), bow.mask("X"))
ParityForest(whole=3, inner=2, child={0: 1}, tree=((1, 0),))
"""

from __future__ import annotations

from dataclasses import dataclass

from whence.identification.kinship import ancestors, district
from whence.language.graph import Graph, bits


@dataclass(frozen=True, slots=True)
class ParityForest:
    """A hedge thinned out: the masks of both sets, the one child that each but a root has, and the tree.

    The pairs of `tree` join variables with a hidden cause in common; those that start in the inner set and
    end there span it.
    """

    whole: int
    inner: int
    child: dict[int, int]
    tree: tuple[tuple[int, int], ...]

    @property
    def roots(self) -> list[int]:
        """The members of the inner set that have no child in the forest."""
        return [node for node in bits(self.whole) if node not in self.child]


def parity_forest(graph: Graph, whole: int, inner: int, x: int, keep: int = 0) -> ParityForest | None:
    """The hedge, made small and thinned out, or None where the sets are no hedge for `x`.

    Members of `keep`, the outcomes, are the last to be given up: a hedge with them needs no path to them.
    """
    if not is_hedge(graph, whole, inner, x):
        return None
    for node in sorted(bits(whole), key=lambda each: (keep >> each & 1, not inner >> each & 1)):
        less = ~(1 << node)
        if is_hedge(graph, whole & less, inner & less, x):
            whole, inner = whole & less, inner & less
    return ParityForest(whole, inner, _children(graph, whole, inner), _tree(graph, whole, inner))


def is_hedge(graph: Graph, whole: int, inner: int, x: int) -> bool:
    """Whether both sets hang together, all leads into the inner one, and only the outer one meets x."""
    if not inner or inner & ~whole or inner & x or not whole & x:
        return False
    first = inner & -inner
    return (
        district(graph, first, inner) == inner
        and district(graph, first, whole) == whole
        and ancestors(graph, inner, whole) == whole
    )


def _children(graph: Graph, whole: int, inner: int) -> dict[int, int]:
    """One child for each: of the inner set where there is one there, of the outer one step nearer to it."""
    child: dict[int, int] = {}
    for node in bits(inner):
        below = graph.children[node] & inner
        if below:
            child[node] = (below & -below).bit_length() - 1
    near = inner
    while near != whole:
        fresh = 0
        for node in bits(whole & ~near):
            below = graph.children[node] & near
            if below:
                child[node] = (below & -below).bit_length() - 1
                fresh |= 1 << node
        near |= fresh
    return child


def _tree(graph: Graph, whole: int, inner: int) -> tuple[tuple[int, int], ...]:
    """Pairs with a hidden cause in common that span the inner set first and then the rest."""
    pairs: list[tuple[int, int]] = []
    joined = inner & -inner
    for among in (inner, whole):
        fresh = joined
        while fresh:
            found = 0
            for node in bits(fresh):
                for other in bits(graph.spouses[node] & among & ~joined):
                    pairs.append((node, other))
                    joined |= 1 << other
                    found |= 1 << other
            fresh = found
    return tuple(pairs)
