"""What is known of causes, as a graph: an immutable value on integer bit masks.

Nodes are numbered in the order in which they were named, and a set of nodes is the integer whose bits are
their numbers: union, intersection and difference are single machine operations on graphs of any size. Edges
carry a mark at each end, so that one type serves DAGs, ADMGs, CPDAGs, MPDAGs, MAGs and PAGs.

Source: T. Richardson, "Markov properties for acyclic directed mixed graphs" (2003).

>>> g = Graph.of(("Z", "X", "Y"), [Edge("Z", "X"), Edge("X", "Y"), Edge("X", "Y", "<->")])
>>> g.kind, g.names(g.parents[g.index["Y"]])
('ADMG', ('X',))
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, cast, get_args

from whence.runtime.errors import CyclicGraph, InvalidGraph, UnknownVariable
from whence.runtime.plain import quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from whence.language.assumptions import Citation

Mark = Literal["->", "<->", "--", "o->", "o-o", "o--"]
"""How an edge meets its two ends, read from source to target."""

Kind = Literal["DAG", "ADMG", "CPDAG", "MPDAG", "MAG", "PAG"]

SYMMETRIC: frozenset[Mark] = frozenset({"<->", "--", "o-o"})
MARKS_OF_KIND: dict[Kind, frozenset[Mark]] = {
    "DAG": frozenset({"->"}),
    "ADMG": frozenset({"->", "<->"}),
    "CPDAG": frozenset({"->", "--"}),
    "MPDAG": frozenset({"->", "--"}),
    "MAG": frozenset({"->", "<->", "--"}),
    "PAG": frozenset({"->", "<->", "--", "o->", "o-o", "o--"}),
}


@dataclass(frozen=True, slots=True)
class Edge:
    """Two nodes and the marks at their ends; a symmetric edge is stored with its ends in order."""

    source: str
    target: str
    mark: Mark = "->"
    citations: tuple[Citation, ...] = field(default=(), compare=False)

    def __post_init__(self) -> None:
        if self.mark in SYMMETRIC and self.target < self.source:
            source, target = self.target, self.source
            object.__setattr__(self, "source", source)
            object.__setattr__(self, "target", target)


@dataclass(frozen=True, slots=True, eq=False)
class Graph:
    """Nodes, typed edges and which nodes are latent; make one with `Graph.of` or `whence.graph`.

    `parents[i]`, `children[i]`, `spouses[i]` (joined by `<->`) and `neighbours[i]` (joined by `--`) are bit
    masks over node numbers; `order` is a topological order of the directed part. Equality is of node sets,
    edges, latent nodes and kind, whatever the order in which they were named.
    """

    nodes: tuple[str, ...]
    edges: tuple[Edge, ...]
    latent: frozenset[str]
    kind: Kind
    index: dict[str, int]
    parents: tuple[int, ...]
    children: tuple[int, ...]
    spouses: tuple[int, ...]
    neighbours: tuple[int, ...]
    order: tuple[int, ...]

    @classmethod
    def of(
        cls,
        nodes: Iterable[str],
        edges: Iterable[Edge],
        *,
        latent: Iterable[str] = (),
        kind: Kind | None = None,
    ) -> Graph:
        """A checked graph. Nodes named only by edges are added; repeated edges are one.

        Raises `CyclicGraph` (with the cycle), `InvalidGraph` (self-loop, mark that the kind forbids, two
        edges that contradict each other) and `UnknownVariable` (a latent name that is no node).
        """
        distinct = tuple(dict.fromkeys(edges))
        named = [*nodes, *(end for edge in distinct for end in (edge.source, edge.target))]
        names = tuple(dict.fromkeys(named))
        index = {name: number for number, name in enumerate(names)}
        hidden = frozenset(latent)
        for name in sorted(hidden - index.keys()):
            raise UnknownVariable(name, known=names)
        found = kind or kind_of(distinct)
        check_edges(distinct, found)
        masks = {role: [0] * len(names) for role in ("parents", "children", "spouses", "neighbours")}
        for edge in distinct:
            a, b = index[edge.source], index[edge.target]
            if edge.mark == "->":
                masks["parents"][b] |= 1 << a
                masks["children"][a] |= 1 << b
            elif edge.mark in ("<->", "--"):
                role = "spouses" if edge.mark == "<->" else "neighbours"
                masks[role][a] |= 1 << b
                masks[role][b] |= 1 << a
        frozen = {role: tuple(rows) for role, rows in masks.items()}
        order = topological_order(names, frozen["parents"], frozen["children"])
        return cls(names, distinct, hidden, found, index, order=order, **frozen)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Graph) and self._identity() == other._identity()

    def __hash__(self) -> int:
        return hash(self._identity())

    def _identity(self) -> tuple[object, ...]:
        return (frozenset(self.nodes), frozenset(self.edges), self.latent, self.kind)

    def __repr__(self) -> str:
        edges = "; ".join(f"{edge.source} {edge.mark} {edge.target}" for edge in self.edges)
        hidden = f", latent={sorted(self.latent)}" if self.latent else ""
        return f"Graph({self.kind}: {edges}{hidden})"

    @property
    def observed(self) -> tuple[str, ...]:
        """The nodes that are not latent, in order of naming."""
        return tuple(name for name in self.nodes if name not in self.latent)

    def number(self, name: str) -> int:
        """The bit number of a node; raises `UnknownVariable` with the nearest name."""
        try:
            return self.index[name]
        except KeyError:
            raise UnknownVariable(name, known=self.nodes) from None

    def mask(self, names: Iterable[str]) -> int:
        """The set of these nodes as a bit mask; raises `UnknownVariable`."""
        mask = 0
        for name in names:
            mask |= 1 << self.number(name)
        return mask

    def names(self, mask: int) -> tuple[str, ...]:
        """The nodes of a bit mask, in order of naming."""
        nodes, found = self.nodes, list[str]()
        while mask:  # as in `bits`, which would cost a call for each name
            low = mask & -mask
            found.append(nodes[low.bit_length() - 1])
            mask ^= low
        return tuple(found)

    @property
    def all(self) -> int:
        """The mask of every node."""
        return (1 << len(self.nodes)) - 1


def bits(mask: int) -> Iterator[int]:
    """The numbers of the set bits, ascending."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


def union(rows: Sequence[int], mask: int) -> int:
    """The union of the rows that `mask` names: the parents of a set, its children, its spouses."""
    found = 0
    while mask:
        low = mask & -mask
        found |= rows[low.bit_length() - 1]
        mask ^= low
    return found


def kind_of(edges: Iterable[Edge]) -> Kind:
    """The plainest kind whose marks the edges use."""
    marks = {edge.mark for edge in edges}
    for kind in ("DAG", "ADMG", "CPDAG", "MAG"):
        if marks <= MARKS_OF_KIND[kind]:
            return kind
    return "PAG"


def check_edges(edges: Sequence[Edge], kind: Kind) -> None:
    """Raise `InvalidGraph` for a self-loop, a mark outside the kind, or contradicting edges."""
    if kind not in get_args(Kind):
        raise InvalidGraph(
            f"{quoted(str(kind))} is no kind of graph.", f"Use one of {', '.join(get_args(Kind))}."
        )
    pairs: dict[frozenset[str], set[tuple[str, str, Mark]]] = {}
    for edge in edges:
        if edge.source == edge.target:
            shown = quoted(edge.source)
            raise InvalidGraph(f"{shown} has an edge to itself.", "Remove it: no variable causes itself.")
        if edge.mark not in MARKS_OF_KIND[kind]:
            allowed = ", ".join(sorted(MARKS_OF_KIND[kind]))
            shown = f"{quoted(edge.source)} {edge.mark} {quoted(edge.target)}"
            cure = f"It may use {allowed}; or name another kind."
            raise InvalidGraph(f"A {kind} has no edge like {shown}.", cure)
        ends = frozenset((edge.source, edge.target))
        pairs.setdefault(ends, set()).add((edge.source, edge.target, edge.mark))
    if kind in ("DAG", "ADMG"):
        return
    for ends, found in pairs.items():
        if len(found) > 1:
            a, b = map(quoted, sorted(ends))
            raise InvalidGraph(f"A {kind} joins {a} and {b} once, but {len(found)} edges do.", "Keep one.")


def topological_order(
    names: Sequence[str], parents: Sequence[int], children: Sequence[int]
) -> tuple[int, ...]:
    """Node numbers, causes first, ties by order of naming; raises `CyclicGraph` with a cycle."""
    waiting = [mask.bit_count() for mask in parents]
    ready = [i for i, count in enumerate(waiting) if count == 0]
    order: list[int] = []
    # A queue in naming order keeps the order stable under renaming and edits.
    position = 0
    while position < len(ready):
        node = ready[position]
        position += 1
        order.append(node)
        for child in bits(children[node]):
            waiting[child] -= 1
            if waiting[child] == 0:
                ready.append(child)
    if len(order) < len(names):
        raise CyclicGraph([names[i] for i in find_cycle(parents, set(range(len(names))) - set(order))])
    return tuple(order)


def find_cycle(parents: Sequence[int], stuck: set[int]) -> list[int]:
    """A directed cycle among nodes each of which has a parent in the set, causes first, closed."""
    path: list[int] = []
    node = min(stuck)
    while node not in path:
        path.append(node)
        node = next(parent for parent in bits(parents[node]) if parent in stuck)
    cycle = path[path.index(node) :]
    return [node, *reversed(cycle)]


def as_mark(text: str) -> Mark:
    """The mark that a text names, reading `@` as a circle."""
    mark = text.replace("@", "o")
    if mark not in get_args(Mark):
        raise InvalidGraph(f"{quoted(text)} is no edge mark.", f"Use one of {', '.join(get_args(Mark))}.")
    return cast("Mark", mark)
