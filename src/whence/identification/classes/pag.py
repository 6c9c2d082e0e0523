"""The PAG of a MAG: what all Markov equivalent MAGs have in common, by the orientation rules of FCI.

An arrowhead or tail stands in a PAG where every MAG of the class has it, a circle where some differ. The
rules are R0 to R4 and R8 to R10; R5 to R7 speak of selection, which these graphs have none of. Together they
are complete.

Sources: P. Spirtes, C. Glymour and R. Scheines, *Causation, Prediction, and Search* (2000); J. Zhang, "On the
completeness of orientation rules for causal discovery in the presence of latent confounders and selection
bias" (Artificial Intelligence 2008).

>>> from whence.language.graph import Edge, Graph
>>> pag(Graph.of((), [Edge("A", "B"), Edge("C", "B"), Edge("B", "D")]))
Graph(PAG: A o-> B; C o-> B; B -> D)
"""

from __future__ import annotations

from collections.abc import Iterator

from whence.identification.classes.ancestral import mag, require_mag
from whence.identification.classes.marks import Marks
from whence.identification.classes.meek import Pattern, extension
from whence.language.graph import Graph, bits
from whence.runtime.errors import CyclicGraph, InvalidGraph
from whence.runtime.events import check_cancelled
from whence.runtime.plain import quoted

CURE = "Make it from a DAG, ADMG or MAG with `whence.pag`, or name the kind that it is."


def pag(graph: Graph) -> Graph:
    """The PAG of a MAG, or of the MAG of a DAG or ADMG; a PAG is checked and returned as it is.

    Raises `InvalidGraph` for CPDAGs and MPDAGs (take a member), for edges of selection, and for a MAG or PAG
    that is none.
    """
    if graph.kind == "PAG":
        require_complete(graph)
        return graph
    found = mag(graph)
    require_no_selection(found)
    return class_marks(Marks.of(found)).graph(found, "PAG")


def require_no_selection(graph: Graph) -> None:
    """Raise `InvalidGraph` for the edges that only selection makes, `--` and `o--`."""
    for edge in graph.edges:
        if edge.mark in ("--", "o--"):
            shown = f"{quoted(edge.source)} {edge.mark} {quoted(edge.target)}"
            raise InvalidGraph(
                f"{shown} is an edge of selection, which this is not worked out for.",
                "Ask about a graph without selected variables.",
            )


def class_marks(of: Marks) -> Marks:
    """The marks of the PAG of a MAG."""
    found = Marks.blank(list(of.adjacent))
    for b, into in enumerate(of.heads):
        for a in bits(into):
            if into & ~of.adjacent[a] & ~(1 << a):
                found.head(a, b)
    changed = True
    while changed:
        check_cancelled()
        changed = _near_rules(found) or _rule_4(found, of) or _tail_rules(found)
    return found


def _near_rules(marks: Marks) -> bool:
    """R1 to R3 at every circle once, and whether one of them applied."""
    changed = False
    for c in range(len(marks.adjacent)):
        for b in bits(marks.circles(c)):
            if _arrowhead_follows(marks, b, c):
                marks.head(b, c)
                changed = True
        for b in bits(marks.circles_out(c)):
            # R1: a *-> b o-* c, where a is not adjacent to c.
            if marks.heads[b] & ~marks.adjacent[c] & ~(1 << c):
                marks.arrow(b, c)
                changed = True
    return changed


def _arrowhead_follows(marks: Marks, a: int, c: int) -> bool:
    # R2: a -> b *-> c, or a *-> b -> c.
    if marks.children(a) & marks.heads[c] or marks.heads_out[a] & marks.parents(c):
        return True
    # R3: u *-> c <-* v and u *-o a o-* v, where u and v are not adjacent.
    between = marks.heads[c] & marks.circles(a)
    return any(between & ~marks.adjacent[u] & ~(1 << u) for u in bits(between))


def _rule_4(marks: Marks, of: Marks) -> bool:
    """R4: at the end of a discriminating path for b, b is a collider or not, as it is in the MAG."""
    changed = False
    for c in range(len(marks.adjacent)):
        for b in bits(marks.circles_out(c)):
            a = discriminated(marks, b, c)
            if a is None:
                continue
            if of.heads[b] >> c & 1 and of.heads[b] >> a & 1:
                for u, v in ((a, b), (b, a), (b, c), (c, b)):
                    marks.head(u, v)
            else:
                marks.arrow(b, c)
            changed = True
    return changed


def discriminated(marks: Marks, b: int, c: int) -> int | None:
    """The node before b on a discriminating path for b that ends at c, or None if there is none.

    On the path from some d not adjacent to c, every node before b is a collider and a parent of c.
    """
    above = marks.parents(c) & ~(1 << b)
    far = ~(marks.adjacent[c] | 1 << c | 1 << b)
    for a in bits(above & marks.heads_out[b]):
        found = fresh = 1 << a
        while fresh:
            beyond = 0
            for v in bits(fresh):
                if marks.heads[v] & far:
                    return a
                beyond |= marks.spouses(v) & above
            fresh = beyond & ~found
            found |= fresh
    return None


def _tail_rules(marks: Marks) -> bool:
    """R8 to R10 at every o-> once, and whether one of them applied."""
    changed = False
    for c in range(len(marks.adjacent)):
        for a in bits(marks.heads[c] & marks.circles_out(c)):
            if _tail_follows(marks, a, c):
                marks.tail(c, a)
                changed = True
    return changed


def _tail_follows(marks: Marks, a: int, c: int) -> bool:
    # R8: a -> b -> c.
    above = marks.parents(c)
    if marks.children(a) & above:
        return True
    first = marks.adjacent[a] & ~marks.heads[a] & ~marks.tails_out[a] & ~(1 << c)
    # R9: an uncovered potentially directed path from a to c by way of a node that is not adjacent to c.
    if any(uncovered(marks, a, b) >> c & 1 for b in bits(first & ~marks.adjacent[c])):
        return True
    # R10: two such paths from a to parents of c, whose second nodes are different and not adjacent.
    starts = [b for b in bits(first) if uncovered(marks, a, b) & above]
    return any(not marks.adjacent[u] >> v & 1 for u in starts for v in starts if u < v)


def uncovered(marks: Marks, a: int, b: int) -> int:
    """The nodes that uncovered potentially directed paths lead to which begin with a, b; b among them."""
    found = 1 << b
    seen = {(a, b)}
    pending = [(a, b)]
    while pending:
        before, v = pending.pop()
        after = marks.adjacent[v] & ~marks.heads[v] & ~marks.tails_out[v]
        for u in bits(after & ~marks.adjacent[before] & ~(1 << before)):
            if (v, u) not in seen:
                seen.add((v, u))
                pending.append((v, u))
                found |= 1 << u
    return found


def member_marks(marks: Marks) -> Marks | None:
    """One MAG of a PAG: o-> becomes ->, and what o-o joins a DAG without new unshielded colliders.

    None where that DAG does not exist, so that the marks are of no PAG. Source: J. Zhang (2008), theorem 2.
    """
    size = len(marks.adjacent)
    circles = [marks.circles(v) & marks.circles_out(v) for v in range(size)]
    directed = extension(Pattern([0] * size, [0] * size, circles))
    if directed is None:
        return None
    found = marks.copy()
    for v in range(size):
        for u in bits(marks.heads[v] & marks.circles_out(v)):
            found.tail(v, u)
        for u in bits(directed.parents[v]):
            found.arrow(u, v)
    return found


def plain_member(graph: Graph) -> Graph | None:
    """The MAG of `member_marks`, or None where that is no MAG; raises `InvalidGraph` for selection."""
    require_no_selection(graph)
    found = member_marks(Marks.of(graph))
    if found is None or graph.latent:
        return None
    try:
        member = found.graph(graph, "MAG")
        require_mag(member)
    except (InvalidGraph, CyclicGraph):
        return None
    return member


def member_mag(graph: Graph) -> Graph | None:
    """One MAG of a PAG, or None where its marks are of no PAG; raises `InvalidGraph` for selection."""
    member = plain_member(graph)
    if member is None or class_marks(Marks.of(member)).key() != Marks.of(graph).key():
        return None
    return member


def require_complete(graph: Graph) -> Graph:
    """One MAG of a PAG; raises `InvalidGraph` where the graph is not the PAG of any MAG, saying why."""
    member = member_mag(graph)
    if member is None:
        raise incomplete(graph)
    return member


def incomplete(graph: Graph) -> InvalidGraph:
    """The error for a graph that is the PAG of no MAG; raises another where marks contradict each other."""
    require_consistent(graph)
    said = next((f" ({difference})." for difference in _differences(graph)), ".")
    return InvalidGraph(
        f"This PAG shows other marks than its class has: it is not the PAG of any MAG{said}", CURE
    )


def _differences(graph: Graph) -> Iterator[str]:
    """Where the marks differ from those of the PAG of a member, if a member is found by its arrows alone."""
    given = Marks.of(graph)
    found = member_marks(given)
    if found is None:
        return
    wanted = class_marks(found)
    for b, name in enumerate(graph.nodes):
        for a in bits(given.adjacent[b]):
            ends = [_end(marks, a, b) for marks in (given, wanted)]
            if ends[0] != ends[1]:
                pair = f"the edge of {quoted(graph.nodes[a])} and {quoted(name)}"
                yield f"at {quoted(name)} {pair} ends in {ends[0]} and would end in {ends[1]}"


def _end(marks: Marks, a: int, b: int) -> str:
    if marks.heads[b] >> a & 1:
        return "an arrowhead"
    return "a tail" if marks.tails[b] >> a & 1 else "a circle"


def require_consistent(graph: Graph) -> None:
    """Raise `InvalidGraph` where marks that are no circles contradict each other."""
    require_no_selection(graph)
    marks = Marks.of(graph)
    names = [quoted(name) for name in graph.nodes]
    if graph.latent:
        raise InvalidGraph(
            f"A PAG is of observed variables alone, and {quoted(min(graph.latent))} is latent.",
            "Leave it out: its hidden causes are in the marks.",
        )
    above = [0] * len(names)
    for v in graph.order:
        above[v] = 1 << v
        for u in bits(graph.parents[v]):
            above[v] |= above[u]
    for v, into in enumerate(marks.heads):
        for u in bits(into):
            # An arrowhead at v says that v does not cause u.
            if above[u] >> v & 1:
                raise InvalidGraph(
                    f"An arrowhead of the edge with {names[u]} at {names[v]} says that {names[v]} does not "
                    f"cause {names[u]}, but arrows lead from {names[v]} to {names[u]}.",
                    CURE,
                )
