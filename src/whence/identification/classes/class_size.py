"""How many graphs a class has: counted, not listed, for a CPDAG in polynomial time.

The open edges of a CPDAG fall into connected chordal parts, and the class has the product of their counts of
acyclic orientations without unshielded colliders. In a chordal part every such orientation begins with a
clique: summing over its maximal cliques, each with the number of orders of its nodes that belong to no clique
nearer to the root of a clique tree, and over what is left open once the clique comes first, counts each
exactly once. In an MPDAG counting is #P-hard: there a part with arrows in it is taken apart, one open edge
both ways.

Sources: M. Wienöbst, M. Bannach and M. Liśkiewicz, "Polynomial-time algorithms for counting and sampling
Markov equivalent DAGs with applications" (JMLR 2023), for clique-picking; E. Perković, "Identifying causal
effects in maximally oriented partially directed acyclic graphs" (UAI 2020), for the parts (buckets) of an
MPDAG.

>>> from whence.language.graph import Edge, Graph
>>> path = [Edge("A", "B", "--"), Edge("B", "C", "--"), Edge("C", "D", "--")]
>>> class_size(Graph.of((), path))
4
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import factorial

from whence.identification.classes.mag_members import ancestral_members
from whence.identification.classes.markov_class import member_pattern
from whence.identification.classes.meek import Pattern, close
from whence.identification.kinship import closure
from whence.language.graph import Graph, bits
from whence.runtime.errors import InvalidGraph
from whence.runtime.events import check_cancelled


def class_size(graph: Graph) -> int:
    """The number of DAGs of a CPDAG or MPDAG, or of MAGs of a PAG.

    Polynomial for a CPDAG. For an MPDAG the worst case is exponential in the open edges that knowledge left
    beside arrows, and for a PAG, where no formula is known, the members are walked over one by one.

    Raises `InvalidGraph` for other kinds, and for graphs that are not what their kind says.
    """
    if graph.kind == "PAG":
        return sum(1 for _ in ancestral_members(graph))
    if graph.kind not in ("CPDAG", "MPDAG"):
        raise InvalidGraph(
            f"A {graph.kind} is one graph and no class of graphs.",
            "Ask for the size of its `whence.cpdag`, or of its `whence.pag` where causes may be hidden.",
        )
    member_pattern(graph)
    return _count(Pattern.of(graph), graph.all, {})


def _count(pattern: Pattern, among: int, known: dict[int, int]) -> int:
    """The number of members, one open part after the other."""
    total = 1
    for part in _parts(pattern.open, among):
        arrows = next(((v, row) for v in bits(part) if (row := pattern.children[v] & part)), None)
        if arrows is None:
            total *= orientations(pattern.open, part, known)
            continue
        # Knowledge reaches into this part: an open edge is tried both ways, nearest to where arrows are.
        check_cancelled()
        v = next(v for v in (arrows[0], *bits(part)) if pattern.open[v] & part)
        u = next(bits(pattern.open[v] & part))
        found = 0
        for a, b in ((v, u), (u, v)):
            grown = pattern.copy()
            grown.direct(a, b)
            close(grown, [(a, b)])
            found += _count(grown, part, {})
        total *= found
    return total


def _parts(rows: Sequence[int], among: int) -> Iterator[int]:
    """The connected parts of more than one node."""
    while among:
        low = among & -among
        part = closure(rows, low, among)
        among &= ~part
        if part != low:
            yield part


def orientations(rows: Sequence[int], part: int, known: dict[int, int]) -> int:
    """The acyclic orientations without unshielded colliders of a connected chordal graph on `part`."""
    if part in known:
        return known[part]
    check_cancelled()
    size = part.bit_count()
    ends = sum((rows[v] & part).bit_count() for v in bits(part))
    if ends == 2 * (size - 1):
        # A tree: any of its nodes may come first, and that directs the rest.
        return size
    total = 0
    for clique, shared in _rooted_cliques(rows, part):
        product = _orders(clique.bit_count(), [each.bit_count() for each in shared])
        for left in _after(rows, part, clique):
            product *= orientations(rows, left, known)
        total += product
    known[part] = total
    return total


def _rooted_cliques(rows: Sequence[int], part: int) -> list[tuple[int, list[int]]]:
    """The maximal cliques, each with the separators inside it on its way from the root of a clique tree.

    A search by maximal cardinality numbers the nodes; where the numbered neighbours of a node are not the
    clique that is being built, a new one begins, joined to the clique of its latest neighbour.
    """
    cliques: list[int] = []
    parents: list[int] = []
    home: dict[int, int] = {}
    place: dict[int, int] = {}
    weight = dict.fromkeys(bits(part), 0)
    numbered = 0
    while weight:
        v = max(weight, key=lambda u: (weight[u], -u))
        del weight[v]
        near = rows[v] & numbered
        if not cliques or near != cliques[-1]:
            cliques.append(near)
            parents.append(home[max(bits(near), key=place.__getitem__)] if near else -1)
        cliques[-1] |= 1 << v
        home[v] = len(cliques) - 1
        place[v] = len(place)
        numbered |= 1 << v
        for u in bits(rows[v] & part & ~numbered):
            weight[u] += 1
    return [(clique, _separators(cliques, parents, i)) for i, clique in enumerate(cliques)]


def _separators(cliques: list[int], parents: list[int], at: int) -> list[int]:
    found: set[int] = set()
    clique, now = cliques[at], at
    while parents[now] >= 0:
        between = cliques[now] & cliques[parents[now]]
        if not between & ~clique:
            found.add(between)
        now = parents[now]
    return sorted(found, key=int.bit_count)


def _orders(size: int, prefixes: list[int]) -> int:
    """The orders of `size` nodes that begin with none of these nested sets (given by their sizes)."""
    counts: list[int] = []
    for k, whole in enumerate([*prefixes, size]):
        shut = sum(factorial(whole - prefixes[i]) * counts[i] for i in range(k))
        counts.append(factorial(whole) - shut)
    return counts[-1]


def _after(rows: Sequence[int], part: int, clique: int) -> list[int]:
    """The parts that stay open once the clique comes first: a search that refines sets by neighbours."""
    found: list[int] = []
    groups = [clique, part & ~clique]
    inside = clique
    while groups:
        group = groups[0]
        if not group:
            groups.pop(0)
            continue
        v = next(bits(group))
        if not inside >> v & 1:
            inside |= group
            found += _parts(rows, group)
        rest = [group & ~(1 << v), *groups[1:]]
        groups = [piece for each in rest for piece in (each & rows[v], each & ~rows[v]) if piece]
    return found
