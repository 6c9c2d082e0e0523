"""What each variable is to a question: treatment, outcome, adjusted for, confounder, mediator, collider, …

Roles are for the reader's eye (colour, shape and letter of a node) and for the drawing's plan; no proof rests
on them.

>>> from whence.language.graph import Edge, Graph
>>> g = Graph.of((), [Edge("Z", "X"), Edge("Z", "Y"), Edge("X", "M"), Edge("M", "Y"), Edge("I", "X")])
>>> roles(g, ["X"], ["Y"])["Z"], roles(g, ["X"], ["Y"], adjusted=["Z"])["Z"]
('confounder', 'adjusted')
>>> roles(g, ["X"], ["Y"])["M"], roles(g, ["X"], ["Y"])["I"]
('mediator', 'instrument')
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal, get_args

from whence.language.graph import Graph, bits, union

Role = Literal[
    "treatment",
    "outcome",
    "adjusted",
    "confounder",
    "mediator",
    "collider",
    "instrument",
    "selection",
    "latent",
    "other",
]
ROLES: tuple[Role, ...] = get_args(Role)


def roles(
    graph: Graph,
    treatments: Iterable[str] = (),
    outcomes: Iterable[str] = (),
    *,
    adjusted: Iterable[str] = (),
    selected: Iterable[str] = (),
) -> dict[str, Role]:
    """The role of every node for the effect of `treatments` on `outcomes`; unknown names are skipped."""
    x, y, z, s = (_known(graph, names) for names in (treatments, outcomes, adjusted, selected))
    hidden = graph.mask(graph.latent)
    cut = [0 if x >> node & 1 else row for node, row in enumerate(graph.children)]
    parents = [row & ~x for row in graph.parents]
    above_y, above_x = closure(parents, y & ~x), closure(parents, x)
    between = closure(graph.children, union(graph.children, x)) & closure(graph.parents, y)
    # Without the treatment's own effects: what comes with the outcome, and what with the treatment.
    with_y = closure(cut, above_y | union(graph.spouses, above_y))
    with_x = closure(cut, above_x | union(graph.spouses, above_x))
    asked = bool(x) and bool(y)
    instruments = (above_x | (union(graph.spouses, x) & ~union(graph.children, x))) & ~with_y if asked else 0
    tests: tuple[tuple[Role, int], ...] = (
        ("treatment", x),
        ("outcome", y),
        ("adjusted", z),
        ("selection", s),
        ("latent", hidden),
        ("mediator", between if asked else 0),
        ("confounder", with_x & with_y & (above_x | above_y) if asked else 0),
        ("instrument", instruments),
        ("collider", _meeting(graph, x, y) if asked else 0),
    )
    found: dict[str, Role] = dict.fromkeys(graph.nodes, "other")
    for role, mask in reversed(tests):
        found.update(dict.fromkeys(graph.names(mask), role))
    return found


def closure(rows: Sequence[int], mask: int) -> int:
    """The nodes reached from the set along the rows, itself included."""
    found, fresh = mask, mask
    while fresh:
        fresh = union(rows, fresh) & ~found
        found |= fresh
    return found


def _known(graph: Graph, names: Iterable[str]) -> int:
    return graph.mask(name for name in names if name in graph.index)


def _meeting(graph: Graph, x: int, y: int) -> int:
    """Nodes at which two causes meet on a way between treatment and outcome, and which cause neither."""
    up_x, up_y = closure(graph.parents, x), closure(graph.parents, y)
    from_x = closure(graph.children, up_x | union(graph.spouses, up_x))
    from_y = closure(graph.children, up_y | union(graph.spouses, up_y))
    found = 0
    for node in bits(from_x & from_y & ~(up_x | up_y)):
        if (graph.parents[node] | graph.spouses[node]).bit_count() > 1:
            found |= 1 << node
    return found
