"""From the roots of a hedge to the question: how the parity that two models disagree on is made visible.

Each root hands its bit down a directed path, and where paths meet the bits are added up, so that the outcomes
show the parity of all roots. Where only a condition can be reached, the bit is hidden there behind one that
the condition shares with the outcome along an open path: what the condition tells of the outcome then depends
on the parity. For a contrast a gate lets the bits through at one level of the treatment only.

Sources: I. Shpitser and J. Pearl (AAAI 2006), theorem 4; for conditions, I. Shpitser and J. Pearl,
"Identification of conditional interventional distributions" (UAI 2006).

>>> from whence.language.graph import Edge
>>> g = Graph.of((), [Edge("X", "M"), Edge("X", "M", "<->"), Edge("M", "Y")])
>>> aim = Aim(g.mask("X"), g.mask("Y"))
>>> routes(g, [g.index["M"]], aim).arrows
[(1, 2)]
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

from whence.identification.reachability import Adjacency
from whence.identification.separation import Path, shortest_open_path
from whence.language.graph import Graph, bits


@dataclass(frozen=True, slots=True)
class Aim:
    """What a pair of models is for: what is set (x), asked about (y), and held as seen (z).

    `compared` is set to several values, `low` is first named at its lowest level, and `named` is whatever the
    question mentions, which has to vary.
    """

    x: int
    y: int
    z: int = 0
    compared: int = 0
    low: int = 0
    named: int = 0


@dataclass(slots=True)
class Routes:
    """Which variable's bit is heard by which, who shares a hidden one, and who opens a gate for whom.

    The gate of w is the bit of `gates[w]`, which the treatment's was handed on to along `flags`; `opens[w]`
    is the treatment. The keys of `crossing` hear the bit of its values in the first model only.
    """

    arrows: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])
    shared: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])
    flags: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])
    gates: dict[int, int] = field(default_factory=dict[int, int])
    opens: dict[int, int] = field(default_factory=dict[int, int])
    crossing: dict[int, int] = field(default_factory=dict[int, int])


def routes(graph: Graph, roots: list[int], aim: Aim, gates: int = 0) -> Routes | None:
    """The paths from the roots, or None where a root reaches nothing that is asked about.

    The treatments of `gates` open a gate each.
    """
    found = Routes()
    arrows: dict[tuple[int, int], None] = {}
    to_y = _towards(graph, aim.y & ~aim.z, aim.x, aim.z)
    to_z = _towards(graph, aim.z, aim.x, 0)
    seen = False
    for root in roots:
        following = to_y if root in to_y else to_z
        if root not in following:
            return None
        seen |= following is to_y
        arrows.update(dict.fromkeys(_chain(following, root)))
    if not seen:
        ends = _ends(roots, to_z)
        link = next(filter(None, (_link(graph, end, aim) for end in ends)), None)
        if link is None:
            return None
        arrows.update(dict.fromkeys(_linked(graph, link, to_z, found)))
    found.arrows = list(arrows)
    _open_gates(graph, roots, gates, aim, found)
    return found


def _towards(graph: Graph, ends: int, x: int, avoid: int) -> dict[int, int]:
    """The next node on a shortest way down to `ends`, itself at an end; edges into x and `avoid` are cut."""
    following = {node: node for node in bits(ends)}
    fresh = list(following)
    while fresh:
        above: list[int] = []
        for node in fresh:
            if not x >> node & 1:
                for parent in bits(graph.parents[node] & ~avoid):
                    if parent not in following:
                        following[parent] = node
                        above.append(parent)
        fresh = above
    return following


def _chain(following: dict[int, int], node: int) -> list[tuple[int, int]]:
    chain: list[tuple[int, int]] = []
    while following[node] != node:
        chain.append((node, following[node]))
        node = following[node]
    return chain


def _ends(roots: list[int], following: dict[int, int]) -> list[int]:
    ends: dict[int, None] = {}
    for root in roots:
        node = root
        while following[node] != node:
            node = following[node]
        ends[node] = None
    return list(ends)


def _link(graph: Graph, end: int, aim: Aim) -> Path | None:
    """An open path from a condition, not out of it, to an outcome."""
    one = 1 << end
    edges = Adjacency.of(graph).cut(aim.x, one)
    given = (aim.x | aim.z) & ~one
    return shortest_open_path(graph, edges, one, aim.y & ~given & ~one, given)


def _linked(graph: Graph, link: Path, to_z: dict[int, int], found: Routes) -> list[tuple[int, int]]:
    """The arrows of the path, and of the ways from its colliders down to the conditions."""
    nodes = [graph.index[name] for name in link.nodes]
    arrows: list[tuple[int, int]] = []
    heads: dict[int, int] = {}
    for (a, b), mark in zip(pairwise(nodes), link.marks, strict=True):
        if mark == "<->":
            found.shared.append((a, b))
        else:
            arrows.append((a, b) if mark == "->" else (b, a))
        for node, head in ((a, mark != "->"), (b, mark != "<-")):
            heads[node] = heads.get(node, 0) + head
    for node in nodes[1:-1]:
        if heads[node] == 2 and node in to_z:
            arrows += _chain(to_z, node)
    return arrows


def _open_gates(graph: Graph, roots: list[int], gates: int, aim: Aim, found: Routes) -> None:
    """For each treatment of `gates`, the nearest node below it that carries a root's bit."""
    carriers = {*roots, *(b for _, b in found.arrows)}
    for x in bits(gates):
        chain = down_to(graph, x, carriers, aim.x)
        if chain and chain[-1] not in found.gates:
            found.flags += list(pairwise(chain[:-1]))
            found.gates[chain[-1]] = chain[-2]
            found.opens[chain[-1]] = x


def down_to(graph: Graph, start: int, ends: set[int], x: int) -> list[int]:
    """A shortest directed path to one of `ends`, not through other treatments."""
    came = {start: start}
    fresh = [start]
    while fresh:
        below: list[int] = []
        for node in fresh:
            for child in bits(graph.children[node] & ~x):
                if child not in came:
                    came[child] = node
                    if child in ends:
                        chain = [child]
                        while chain[-1] != start:
                            chain.append(came[chain[-1]])
                        return chain[::-1]
                    below.append(child)
        fresh = below
    return []
