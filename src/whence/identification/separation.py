"""m-separation: does knowing `given` leave x and y without a connection in the graph?

A path is open when each collider on it (a node where two arrowheads meet) is in `given` or has a descendant
there, and no other node on it is in `given`. Two sets without an open path are m-separated, and independent
given `given` in every distribution that the graph allows. In a DAG this is d-separation. All members of a
CPDAG, MPDAG or PAG have the same separations, so there one member is looked at.

Sources: T. Richardson, "Markov properties for acyclic directed mixed graphs" (2003); T. Richardson and P.
Spirtes, "Ancestral graph Markov models" (2002) for MAGs, whose `--` is drawn as a selected common effect.

>>> from whence.language.graph import Edge, Graph
>>> g = Graph.of((), [Edge("X", "M"), Edge("Y", "M"), Edge("M", "D")])
>>> separated(g, "X", "Y"), separated(g, "X", "Y", given="D")
(True, False)
>>> print(open_path(g, "X", "Y", given="D"))
X -> M <- Y
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from whence.identification.classes.ancestral import mag
from whence.identification.classes.markov_class import member
from whence.identification.classes.pag import require_complete
from whence.identification.kinship import require_directed
from whence.identification.reachability import ANCESTORS, CONNECTED, START, Adjacency, reached, walk
from whence.language.graph import Edge, Graph, bits
from whence.runtime.errors import RepeatedVariable

Names = str | Iterable[str]


@dataclass(frozen=True, slots=True)
class Path:
    """A path as its nodes and the marks between them; its text is `X -> M <- Y`."""

    nodes: tuple[str, ...]
    marks: tuple[str, ...]

    def __str__(self) -> str:
        rest = "".join(f" {mark} {name}" for mark, name in zip(self.marks, self.nodes[1:], strict=True))
        return self.nodes[0] + rest


def as_names(names: Names) -> tuple[str, ...]:
    """One name or several, each once, in order."""
    return (names,) if isinstance(names, str) else tuple(dict.fromkeys(names))


def disjoint_masks(graph: Graph, *groups: Names) -> list[int]:
    """The groups as bit masks; raises `UnknownVariable`, and `RepeatedVariable` where they overlap."""
    masks: list[int] = []
    taken = 0
    for group in groups:
        mask = graph.mask(as_names(group))
        if mask & taken:
            raise RepeatedVariable(graph.names(mask & taken)[0])
        taken |= mask
        masks.append(mask)
    return masks


def separated(
    graph: Graph,
    x: Names,
    y: Names,
    given: Names = (),
    *,
    cut_into: Names = (),
    cut_out_of: Names = (),
) -> bool:
    """Whether `given` m-separates x from y (each a name or several), latent nodes taken as they stand.

    `cut_into` first removes every edge with an arrowhead at these nodes, `cut_out_of` every edge out of
    these, in DAGs and ADMGs alone. Raises `UnknownVariable`, `RepeatedVariable` where x, y and `given`
    overlap, and `InvalidGraph` where the graph is not what its kind says, or a class is to be cut. Linear in
    the edges of a DAG or ADMG; for other kinds, finding a member takes longer.
    """
    left, right, held = disjoint_masks(graph, x, y, given)
    drawn = _representative(graph, cut=bool(cut_into or cut_out_of))
    into, out_of = graph.mask(as_names(cut_into)), graph.mask(as_names(cut_out_of))
    held |= drawn.all & ~graph.all
    return not connected(Adjacency.of(drawn).cut(into, out_of), left, held) & right


def _representative(graph: Graph, *, cut: bool = False) -> Graph:
    """A graph of arrows and `<->` with the separations of this one, given the nodes that it has beside."""
    if cut or graph.kind in ("DAG", "ADMG"):
        require_directed(graph, "m-separation with edges cut")
        return graph
    if graph.kind in ("CPDAG", "MPDAG"):
        return member(graph)
    found = mag(graph) if graph.kind == "MAG" else require_complete(graph)
    if not any(found.neighbours):
        return found
    edges = [edge for edge in found.edges if edge.mark != "--"]
    names = list(found.nodes)
    for edge in found.edges:
        if edge.mark == "--":
            names.append(f"{edge.source} -- {edge.target}" + "'" * max(map(len, names)))  # no other's name
            edges += [Edge(end, names[-1]) for end in (edge.source, edge.target)]
    return Graph.of(names, edges, kind="ADMG")


def connected(adjacency: Adjacency, x: int, given: int) -> int:
    """The nodes that some open walk leads to from x."""
    return reached(CONNECTED, adjacency, x, {"Z": given, "C": given})


def open_path(
    graph: Graph,
    x: Names,
    y: Names,
    given: Names = (),
    *,
    cut_into: Names = (),
    cut_out_of: Names = (),
) -> Path | None:
    """A shortest path from x to y that is open given `given`, or None where they are m-separated.

    In a class of graphs it is a path of one member. Raises as `separated` does.
    """
    left, right, held = disjoint_masks(graph, x, y, given)
    drawn = _representative(graph, cut=bool(cut_into or cut_out_of))
    into, out_of = graph.mask(as_names(cut_into)), graph.mask(as_names(cut_out_of))
    held |= drawn.all & ~graph.all
    found = shortest_open_path(drawn, Adjacency.of(drawn).cut(into, out_of), left, right, held)
    return None if found is None else _undirected_again(graph, found)


def _undirected_again(graph: Graph, path: Path) -> Path:
    """The path with `--` where it went by way of a selected node."""
    nodes, marks = [path.nodes[0]], list[str]()
    for i, name in enumerate(path.nodes[1:], start=1):
        if name in graph.index:
            nodes.append(name)
            marks.append(path.marks[i - 1] if path.nodes[i - 1] in graph.index else "--")
    return Path(tuple(nodes), tuple(marks))


def shortest_open_path(graph: Graph, adjacency: Adjacency, x: int, y: int, given: int) -> Path | None:
    """The same on masks, in the graph of `adjacency`.

    A shortest walk whose colliders are ancestors of `given` and whose other nodes are outside `given` visits
    no node twice: cutting out a loop would leave a shorter such walk.
    """
    above = reached(ANCESTORS, adjacency, given)
    trace = walk(CONNECTED, adjacency, x, {"Z": given, "C": above}).came
    steps: list[tuple[int, int]] = []
    ends = [_length(trace, node, state) for node in bits(y) for state in (0, 1) if trace[state][node]]
    if not ends:
        return None
    _, node, state = min(ends)
    while True:
        steps.append((node, state))
        code = trace[state][node]
        if code == START:
            break
        node, state = (code - 1) >> 2, (code - 1) & 3
    steps.reverse()
    names = tuple(graph.nodes[node] for node, _ in steps)
    pairs = pairwise(steps)
    return Path(names, tuple(_mark(adjacency, given, a, b, state) for (a, _), (b, state) in pairs))


def _length(trace: tuple[list[int], ...], node: int, state: int) -> tuple[int, int, int]:
    at, came, count = node, state, 0
    while (code := trace[came][at]) != START:
        at, came, count = (code - 1) >> 2, (code - 1) & 3, count + 1
    return count, node, state


def _mark(adjacency: Adjacency, given: int, a: int, b: int, state: int) -> str:
    if state == 0:
        return "<-"
    # Where a bow offers both, a node that is held as seen can only be left as a collider.
    return "->" if b in adjacency.children[a] and not given >> a & 1 else "<->"
