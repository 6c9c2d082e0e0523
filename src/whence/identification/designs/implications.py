"""What a graph says that data can contradict: its conditional independences.

`implied_independences` lists one for each pair of observed variables that some set separates, with a minimal
set: plain statements to hold to data. Where independence of each of two variables is independence of both
together (as among jointly normal variables), those of a graph without hidden causes imply all others. In
general they do not: three variables can be independent in pairs and not as three.

`markov_basis` is a basis in general. For each variable, last of those considered, and each district that it
has in some ancestral set, the variable is independent of the rest of the largest such set given the district
and its parents. Statements that follow from the others are left out. In a DAG what remains is that each
variable is independent of its other predecessors given its parents.

Sources: J. Pearl, *Causality* (2009), section 1.2.3; T. Richardson, "Markov properties for acyclic directed
mixed graphs" (Scandinavian Journal of Statistics 2003), the ordered local property; H. Jeong, A. Ejaz, J.
Tian and E. Bareinboim, "Testing causal models with hidden variables in polynomial delay via conditional
independencies" (AAAI 2025), one statement for each ancestral district.

>>> from whence.language.graph import Edge
>>> g = Graph.of((), [Edge("A", "B"), Edge("B", "C"), Edge("A", "D", "<->"), Edge("C", "D")])
>>> print(*implied_independences(g), sep="; ")
A ⟂ C | B; B ⟂ D | A, C
>>> print(*markov_basis(g), sep="; ")
C ⟂ A | B; D ⟂ B | A, C
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from whence.identification.classes.markov_class import member
from whence.identification.kinship import ancestral_around, descendants, district
from whence.identification.projection import latent_projection
from whence.identification.reachability import Adjacency
from whence.identification.separation import connected
from whence.identification.separators import Separation, minimal_separator
from whence.language.graph import Graph, bits, union
from whence.language.printing import name_text
from whence.runtime.errors import InvalidGraph
from whence.runtime.plain import quoted

MOST_DISTRICTS = 2000
"""How many ancestral districts one variable may have before a basis is refused as too large."""


@dataclass(frozen=True, slots=True)
class Independence:
    """x and y are independent given `given`."""

    x: str
    y: str
    given: tuple[str, ...] = ()

    def __str__(self) -> str:
        held = f" | {_names(self.given)}" if self.given else ""
        return f"{name_text(self.x)} ⟂ {name_text(self.y)}{held}"


@dataclass(frozen=True, slots=True)
class JointIndependence:
    """`variable` is independent of all of `others` together given `given`."""

    variable: str
    others: tuple[str, ...]
    given: tuple[str, ...] = ()

    def __str__(self) -> str:
        held = f" | {_names(self.given)}" if self.given else ""
        return f"{name_text(self.variable)} ⟂ {_names(self.others)}{held}"


def _names(names: tuple[str, ...]) -> str:
    return ", ".join(map(name_text, names))


def implied_independences(graph: Graph) -> tuple[Independence, ...]:
    """One independence, with a minimal set, for each pair of observed variables that has any.

    Latent nodes are never mentioned. All graphs of a class imply the same: of a CPDAG or MPDAG one is asked.
    Raises `InvalidGraph` for other kinds than these, DAG and ADMG.
    """
    return tuple(independences(graph))


def independences(graph: Graph) -> Iterator[Independence]:
    """The same one by one: a large graph implies millions, and the first are soon found."""
    observed = latent_projection(member(graph) if graph.kind in ("CPDAG", "MPDAG") else graph)
    edges = Adjacency.of(observed)
    for a, name in enumerate(observed.nodes):
        near = observed.parents[a] | observed.children[a] | observed.spouses[a]
        for b in bits(observed.all & ~near & ~((2 << a) - 1)):
            given = minimal_separator(Separation(edges, 1 << a, 1 << b, 0, observed.all))
            if given is not None:
                yield Independence(name, observed.nodes[b], observed.names(given))


def markov_basis(graph: Graph) -> tuple[JointIndependence, ...]:
    """Independences that imply every other one of the observed variables, and none that the others imply.

    They imply the others in all distributions, zeros or not (by the semi-graphoid axioms). That none can be
    left out holds on every ADMG of four variables and is checked by example beyond. Raises `InvalidGraph` for
    kinds other than DAG and ADMG, and where hidden causes give a variable more than `MOST_DISTRICTS`
    ancestral districts: the basis can be exponentially large.
    """
    observed = latent_projection(graph)
    edges = Adjacency.of(observed)
    found: list[JointIndependence] = []
    before = 0
    for last in observed.order:
        before |= 1 << last
        stated = list(_local(observed, edges, 1 << last, before))
        # The smallest districts first: what they say is most often said by larger ones.
        for each in sorted(stated, key=lambda each: each.given.bit_count()):
            others = [other for other in stated if other != each]
            if _follows(edges, each, others):
                stated = others
        name = observed.nodes[last]
        found += [
            JointIndependence(name, observed.names(each.others), observed.names(each.given))
            for each in stated
        ]
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Local:
    """That the last variable is independent of `others` given `given`, in masks."""

    others: int
    given: int


def _local(graph: Graph, edges: Adjacency, v: int, before: int) -> Iterator[_Local]:
    """The ordered local property of v: one statement for each district of v in an ancestral set."""
    part = district(graph, v, before)
    seen, pending = {part}, [part]
    apart: int | None = None
    for part in pending:
        among = ancestral_around(graph, part, before)
        own = part | union(graph.parents, part)
        if among & ~own:
            yield _Local(among & ~own, own & ~v)
        if part == v:
            continue
        if apart is None:
            apart = _separable(graph, edges, v, before)
        # Where nothing in the ancestral set can be separated from v, no smaller set says anything.
        for node in bits(part & ~v) if among & apart else ():
            left = among & ~descendants(graph, 1 << node, among)
            held = district(graph, v, left) if left & v else 0
            if held and held not in seen:
                seen.add(held)
                pending.append(held)
        if len(pending) > MOST_DISTRICTS:
            raise InvalidGraph(
                f"{quoted(graph.names(v)[0])} has more than {MOST_DISTRICTS:,} ancestral districts: "
                "a basis is too large to be listed.",
                "Ask for `implied_independences`: one for each pair.",
            )


def _separable(graph: Graph, edges: Adjacency, v: int, before: int) -> int:
    """The predecessors of v that some set of predecessors separates from it."""
    found = 0
    for node in bits(before & ~v & ~graph.parents[v.bit_length() - 1]):
        if minimal_separator(Separation(edges, 1 << node, v, 0, before)) is not None:
            found |= 1 << node
    return found


def _follows(edges: Adjacency, each: _Local, others: Sequence[_Local]) -> bool:
    """Whether other statements on the same variable v, and all that holds before v, imply this one.

    v ⟂ b | M follows from v ⟂ B | N when M + b lies in B + N, b in B, and b ⟂ N - M | M: by weak union v ⟂ b
    given M and N, by contraction v and N - M together are independent of b given M. The members of `others`
    are taken one by one, each given those before.
    """
    held, left = each.given, each.others
    while left:
        node = next((node for node in bits(left) if _one_follows(edges, node, held, others)), None)
        if node is None:
            return False
        held, left = held | 1 << node, left & ~(1 << node)
    return True


def _one_follows(edges: Adjacency, node: int, held: int, others: Sequence[_Local]) -> bool:
    b = 1 << node
    fitting = [
        other for other in others if other.others & b and not (held | b) & ~(other.others | other.given)
    ]
    if not fitting:
        return False
    joined = connected(edges, b, held)
    return any(not joined & other.given & ~held for other in fitting)
