"""Markov equivalence of DAGs: the class that a CPDAG or MPDAG stands for, and its members.

DAGs with the same adjacencies and the same unshielded colliders allow the same distributions: data cannot
tell them apart. Their class is drawn as a CPDAG, where `--` joins what is directed one way in some members
and the other way in others; an MPDAG is the part of a class that further knowledge leaves.

Sources: T. Verma and J. Pearl, "Equivalence and synthesis of causal models" (UAI 1990); S. Andersson, D.
Madigan and M. Perlman, "A characterization of Markov equivalence classes" (1997); C. Meek (UAI 1995).

>>> from whence.language.graph import Edge, Graph
>>> g = Graph.of((), [Edge("A", "B"), Edge("B", "C")])
>>> cpdag(g)
Graph(CPDAG: A -- B; B -- C)
>>> same_class(g, Graph.of((), [Edge("A", "B"), Edge("C", "B")]))
False
"""

from __future__ import annotations

from collections.abc import Iterator

from whence.identification.classes.ancestral import mag
from whence.identification.classes.mag_members import ancestral_members, class_of_mag
from whence.identification.classes.meek import Pattern, class_pattern, close, extension, follows, no_member
from whence.identification.classes.pag import require_complete
from whence.language.graph import Graph, bits
from whence.runtime.errors import InvalidGraph
from whence.runtime.events import check_cancelled
from whence.runtime.plain import quoted

DAG_KINDS = ("DAG", "CPDAG", "MPDAG")


def cpdag(graph: Graph) -> Graph:
    """The CPDAG of the Markov equivalence class of a DAG, or of the one that an MPDAG is a part of.

    Raises `InvalidGraph` for other kinds, for latent nodes (`whence.pag` speaks of those) and for graphs that
    are not what their kind says.
    """
    if graph.kind not in DAG_KINDS or graph.latent:
        what = f"this graph is a {graph.kind}" if graph.kind not in DAG_KINDS else "this one has latent nodes"
        raise InvalidGraph(f"A CPDAG describes a class of DAGs, and {what}.", "Use `whence.pag` instead.")
    return class_pattern(member_pattern(graph)).graph(graph, "CPDAG")


def member_pattern(graph: Graph) -> Pattern:
    """One DAG of a class of DAGs; raises `InvalidGraph` where the graph is not what its kind says."""
    given = Pattern.of(graph)
    if graph.kind == "DAG":
        return given
    found = extension(given)
    if found is None:
        raise no_member(graph)
    _require_closed(graph, given)
    if graph.kind == "CPDAG":
        for a, b in class_pattern(found).open_edges():
            if not given.open[a] >> b & 1:
                shown = f"{quoted(graph.nodes[a])} and {quoted(graph.nodes[b])}"
                raise InvalidGraph(
                    f"In a CPDAG the edge between {shown} would be open (--), for either direction fits.",
                    'If its direction is known otherwise, name the kind "MPDAG".',
                )
    return found


def _require_closed(graph: Graph, pattern: Pattern) -> None:
    for a, b in pattern.open_edges():
        for cause, effect in ((a, b), (b, a)):
            rule = follows(pattern, cause, effect)
            if rule:
                left, right = (quoted(graph.nodes[v]) for v in (cause, effect))
                raise InvalidGraph(
                    f"{left} -- {right} is not open: by Meek's rule {rule} it is {left} -> {right}.",
                    "`whence.orient` directs all that follows and makes it an MPDAG.",
                )


def member(graph: Graph) -> Graph:
    """One DAG of the class; a DAG is its own."""
    return graph if graph.kind == "DAG" else member_pattern(graph).graph(graph, "DAG")


def members(graph: Graph) -> Iterator[Graph]:
    """The graphs that a class stands for, each once, lazily: DAGs of a CPDAG or MPDAG, MAGs of a PAG.

    Those of a CPDAG or MPDAG come with polynomial delay. Those of a PAG are remembered while they are walked
    over, for each is found from another by changing one mark. A DAG or MAG stands for its own class: ask for
    the members of its `cpdag` or `pag`.

    Raises `InvalidGraph` for other kinds, and for graphs that are not what their kind says.
    """
    if graph.kind == "PAG":
        return ancestral_members(graph)
    if graph.kind not in ("CPDAG", "MPDAG"):
        raise InvalidGraph(
            f"A {graph.kind} is one graph and no class of graphs.",
            "Ask for the members of its `whence.cpdag`, or of its `whence.pag` where causes may be hidden.",
        )
    member_pattern(graph)
    return (each.graph(graph, "DAG") for each in _directed(Pattern.of(graph)))


def _directed(pattern: Pattern) -> Iterator[Pattern]:
    """Every way to direct the open edges: one edge both ways, what follows, and so on; no way is blind."""
    pending = [pattern]
    while pending:
        check_cancelled()
        now = pending.pop()
        edge = next(((a, row) for a, row in enumerate(now.open) if row), None)
        if edge is None:
            yield now
            continue
        a, row = edge
        b = next(bits(row))
        for cause, effect in ((b, a), (a, b)):
            grown = now.copy()
            grown.direct(cause, effect)
            close(grown, [(cause, effect)])
            pending.append(grown)


def same_class(a: Graph, b: Graph) -> bool:
    """Whether two graphs are Markov equivalent: they imply the same independences of the same variables.

    Two DAGs (or classes of DAGs) are compared by their CPDAGs; where there are hidden causes, MAGs, or an
    ADMG, by the PAGs of the observed variables, since graphs without the same nodes may still agree on those.
    Nested constraints beyond independence (Verma's) are not compared.

    Raises `InvalidGraph` for graphs that are not what their kind says.
    """
    if set(a.observed) != set(b.observed):
        return False
    if all(graph.kind in DAG_KINDS and not graph.latent for graph in (a, b)):
        return cpdag(a) == cpdag(b)
    return _pag_of(a) == _pag_of(b)


def _pag_of(graph: Graph) -> Graph:
    if graph.kind == "PAG":
        require_complete(graph)
        return graph
    return class_of_mag(mag(member(graph) if graph.kind in DAG_KINDS else graph))


def is_member(graph: Graph, of: Graph) -> bool:
    """Whether a DAG or MAG is one of the graphs that a CPDAG, MPDAG or PAG stands for.

    Raises `InvalidGraph` where `of` is no class, or either graph is not what its kind says.
    """
    wanted = "MAG" if of.kind == "PAG" else "DAG"
    if of.kind not in ("CPDAG", "MPDAG", "PAG"):
        raise InvalidGraph(f"A {of.kind} is no class of graphs.", "Give a CPDAG, an MPDAG or a PAG.")
    if wanted == "MAG" and graph.kind == "DAG" and not graph.latent:
        graph = Graph.of(graph.nodes, graph.edges, kind="MAG")
    if graph.kind != wanted:
        return False
    if of.kind != "MPDAG":
        return same_class(graph, of)
    member_pattern(of)
    return _class_edges(of) == _class_edges(graph) and _arrows(of) <= _arrows(graph)


def _class_edges(graph: Graph) -> tuple[frozenset[str], frozenset[object]]:
    return frozenset(graph.nodes), frozenset(cpdag(graph).edges)


def _arrows(graph: Graph) -> set[tuple[str, str]]:
    return {(edge.source, edge.target) for edge in graph.edges if edge.mark == "->"}
