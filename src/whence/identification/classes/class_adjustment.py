"""The generalised adjustment criterion: adjustment sets of a class of graphs, where the graph is unknown.

A set serves in a class if it serves in every member. For this, (1) the class must be *amenable*: every
possibly causal path that leaves X for good begins with an arrow x -> v, which in MAGs and PAGs must be
visible; (2) the set holds nothing that some member forbids: no possible descendant of a node on such a path;
(3) it blocks the other paths. Under (1) and (2) one member decides (3) for all, so that everything known of
DAGs and ADMGs (minimal sets, all of them) works in a class by way of one member.

In a CPDAG or MPDAG, what possibly descends from what is found along unshielded paths of `->` and `--`: of
these, each is directed in some member. In a MAG or PAG it is found edge by edge.

Sources: E. Perković, J. Textor, M. Kalisch and M. Maathuis (JMLR 2018) for CPDAGs, MAGs and PAGs; E.
Perković, M. Kalisch and M. Maathuis, "Interpreting and using CPDAGs with background knowledge" (UAI 2017) for
MPDAGs; S. LaPlante and E. Perković, "Conditional adjustment in a Markov equivalence class" (AISTATS 2024).

>>> from whence.language.graph import Edge, Graph
>>> g = Graph.of((), [Edge("A", "X", "--"), Edge("X", "Y"), Edge("A", "Y")], kind="CPDAG")
>>> open_edge = Graph.of((), [Edge("X", "Y", "--")])
>>> door = class_door(open_edge, open_edge.mask("X"), open_edge.mask("Y"))
>>> open_edge.names(1 << door.entry[1])
('Y',)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from whence.identification.back_door import BackDoor, optimal_set
from whence.identification.classes.ancestral import is_visible, mag
from whence.identification.classes.markov_class import member
from whence.identification.classes.marks import Marks
from whence.identification.classes.pag import incomplete, member_mag, plain_member, require_no_selection
from whence.identification.kinship import closure
from whence.identification.separators import minimal_separator
from whence.language.graph import Graph, bits, union


@dataclass(frozen=True, slots=True)
class Ways:
    """Where possibly causal paths lead: `forward[v]` and `backward[v]` are one step from v.

    `around` are the nodes adjacent to each node where paths must be unshielded, and empty where any will do.
    """

    forward: Sequence[int]
    backward: Sequence[int]
    around: Sequence[int] = ()

    @classmethod
    def of(cls, graph: Graph) -> Ways:
        """The ways of a graph of any kind."""
        if graph.kind in ("MAG", "PAG"):
            marks = Marks.of(graph)
            size = range(len(graph.nodes))
            forward = [marks.adjacent[v] & ~marks.heads[v] for v in size]
            return cls(forward, [marks.adjacent[v] & ~marks.heads_out[v] for v in size])
        if graph.kind in ("DAG", "ADMG"):
            return cls(graph.children, graph.parents)
        rows = (graph.children, graph.parents, graph.neighbours)
        forward = [below | beside for below, _, beside in zip(*rows, strict=True)]
        backward = [above | beside for _, above, beside in zip(*rows, strict=True)]
        return cls(forward, backward, [a | b for a, b in zip(forward, backward, strict=True)])

    def descendants(self, start: int, among: int) -> int:
        """`start` and its possible descendants along ways within `among`."""
        return self._along(self.forward, start & among, among)

    def ancestors(self, start: int, among: int) -> int:
        """`start` and its possible ancestors along ways within `among`."""
        return self._along(self.backward, start & among, among)

    def _along(self, rows: Sequence[int], start: int, among: int) -> int:
        if not self.around:
            return closure(rows, start, among)
        found = start
        pending = [(v, u) for v in bits(start) for u in bits(rows[v] & among)]
        seen = set(pending)
        for before, v in pending:
            found |= 1 << v
            for u in bits(rows[v] & among & ~self.around[before] & ~(1 << before)):
                if (v, u) not in seen:
                    seen.add((v, u))
                    pending.append((v, u))
        return found


def possible_descendants(graph: Graph, of: int) -> int:
    """The nodes of the mask and what descends from them in some member of the class; any kind of graph."""
    return Ways.of(graph).descendants(of, graph.all)


def class_door(graph: Graph, x: int, y: int) -> BackDoor:
    """The parts of the criterion for the effect of x on y in a graph of any kind.

    Raises `InvalidGraph` where a CPDAG, MPDAG, MAG or PAG is not one, and for edges of selection.
    """
    if graph.kind in ("DAG", "ADMG"):
        return BackDoor.of(graph, x, y)
    if graph.kind in ("CPDAG", "MPDAG"):
        return _door(graph, member(graph), x, y)
    require_no_selection(graph)
    if graph.kind == "MAG":
        return _door(graph, mag(graph), x, y)
    found = member_mag(graph)
    if found is not None:
        return _door(graph, found, x, y)
    # Marks beyond those of a class: a set would have to serve in each MAG that they allow. Where none serves
    # in one of these, that is an answer; otherwise the theorems do not reach, and the graph is refused.
    some = plain_member(graph)
    entry = None if some is None else _open_entry(some, Ways.of(some), x, y)
    if some is None or entry is None:
        raise incomplete(graph)
    return replace(_door(graph, some, x, y), entry=entry)


def _door(graph: Graph, like: Graph, x: int, y: int) -> BackDoor:
    """The parts of the criterion in the class `graph`, blocking decided in its member `like`."""
    ways = Ways.of(graph)
    off = graph.all & ~x
    lead = ways.ancestors(y, off)
    # In an amenable MPDAG a way that begins with an arrow may be cut short to one of arrows alone.
    rows = ways.forward if graph.kind in ("MAG", "PAG") else graph.children
    causal = closure(rows, union(rows, x) & off, off) & lead
    forbidden = ways.descendants(causal, graph.all) | x
    base = BackDoor.of(like, x, y)
    entry = _open_entry(graph, ways, x, y)
    return replace(base, graph=graph, forbidden=forbidden, hidden=graph.mask(graph.latent), entry=entry)


def _open_entry(graph: Graph, ways: Ways, x: int, y: int) -> tuple[int, int] | None:
    """The first edge of a possibly causal path that breaks amenability, or None in an amenable graph."""
    off = graph.all & ~x
    if graph.kind in ("MAG", "PAG"):
        marks = Marks.of(graph)
        lead = ways.ancestors(y, off)
        for a in bits(x):
            for b in bits(ways.forward[a] & lead):
                if not (marks.children(a) >> b & 1 and is_visible(marks, a, b)):
                    return a, b
        return None
    for a in bits(x):
        beside = graph.neighbours[a] & off
        # A path a -- v … that comes upon a cause of a is directed in no member.
        for b in bits(beside & ways.ancestors(y, off & ~graph.parents[a]) if beside else 0):
            return a, b
    return None


def adjustment_in_class(graph: Graph, x: int, y: int, w: int = 0) -> int | None:
    """What to adjust for beside the conditions `w` in every member of the class, or None where none serves.

    With Z the answer, P(y | do(x), w) = Σ_Z P(y | x, w, z) P(z | w) in each graph that `graph` stands for.
    The optimal set is preferred where it serves (`optimal_set`), and where there are conditions nothing of Z
    and w possibly descends from x.
    """
    door = class_door(graph, x, y)
    after = possible_descendants(graph, x) if w else 0
    if door.entry is not None or w & (door.forbidden | after | door.hidden):
        return None
    best = optimal_set(door) if graph.kind in ("CPDAG", "MPDAG") else None
    if best is not None and not best & (after | door.hidden) and door.serves(best | w):
        return best & ~w
    task = door.task(include=w, exclude=after)
    found = minimal_separator(task) if task is not None else None
    return None if found is None else found & ~w
