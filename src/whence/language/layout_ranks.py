"""In which row each variable stands, so that every edge points to a later row and edges are short in all.

A spanning tree of tight edges is kept; while some tree edge would shorten the whole if it were let go, it is
let go and the tightest edge that joins the two halves again takes its place. What letting go of an edge would
save is the sum, over the nodes of the half behind it, of edges out less edges in.

Source: E. Gansner, E. Koutsofios, S. North and K.-P. Vo, "A technique for drawing directed graphs" (1993),
section 2.

>>> ranks(4, [(0, 1), (1, 3), (0, 3), (2, 3)])
[0, 1, 1, 2]
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

MOST_EXCHANGES = 400
MOST_STEPS = 200_000
Link = tuple[int, int]


@dataclass(slots=True)
class _Tree:
    """Ranks, and the spanning tree as the edge that leads up from each node; nodes from the root on."""

    rank: list[int]
    tree: set[int]
    above: list[int]
    order: list[int]


def ranks(count: int, links: Sequence[Link]) -> list[int]:
    """The row of each of `count` nodes, 0 the first; `links` are acyclic. Parts not joined all begin at 0."""
    found = [0] * count
    for part in _parts(count, links):
        number = {node: i for i, node in enumerate(part)}
        inside = [(number[a], number[b]) for a, b in links if a in number]
        for node, rank in zip(part, _of_part(len(part), inside), strict=True):
            found[node] = rank
    return found


def _parts(count: int, links: Sequence[Link]) -> list[list[int]]:
    beside: list[list[int]] = [[] for _ in range(count)]
    for a, b in links:
        beside[a].append(b)
        beside[b].append(a)
    seen = [False] * count
    parts: list[list[int]] = []
    for start in range(count):
        if not seen[start]:
            seen[start] = True
            part = [start]
            for node in part:
                for other in beside[node]:
                    if not seen[other]:
                        seen[other] = True
                        part.append(other)
            parts.append(part)
    return parts


def _of_part(count: int, links: Sequence[Link]) -> list[int]:
    """The rows of a connected graph."""
    rank = _longest(count, links)
    spare = [0] * count
    for a, b in links:
        spare[a] += 1
        spare[b] -= 1
    tree = _tight(count, links, rank)
    for _ in range(min(MOST_EXCHANGES, MOST_STEPS // (count + len(links)))):
        leaving, behind, downward = _leaving(links, tree, spare)
        if leaving < 0:
            break
        _exchange(links, tree, leaving, behind, downward=downward)
    first = min(tree.rank, default=0)
    return [each - first for each in tree.rank]


def _longest(count: int, links: Sequence[Link]) -> list[int]:
    """The longest way from a source to each node."""
    after: list[list[int]] = [[] for _ in range(count)]
    waiting = [0] * count
    for a, b in links:
        after[a].append(b)
        waiting[b] += 1
    rank = [0] * count
    ready = [node for node in range(count) if not waiting[node]]
    for node in ready:
        for other in after[node]:
            rank[other] = max(rank[other], rank[node] + 1)
            waiting[other] -= 1
            if not waiting[other]:
                ready.append(other)
    return rank


def _tight(count: int, links: Sequence[Link], rank: list[int]) -> _Tree:
    """A spanning tree of edges of length 1, after moving what must be moved for it."""
    at: list[list[int]] = [[] for _ in range(count)]
    for i, (a, b) in enumerate(links):
        at[a].append(i)
        at[b].append(i)
    inside = [False] * count
    inside[0] = True
    members = [0]
    tree: set[int] = set()
    place = 0
    while True:
        while place < len(members):
            for i in at[members[place]]:
                a, b = links[i]
                if inside[a] != inside[b] and rank[b] - rank[a] == 1:
                    tree.add(i)
                    other = b if inside[a] else a
                    inside[other] = True
                    members.append(other)
            place += 1
        if len(members) == count:
            return _rooted(count, links, rank, tree)
        slack, i = min((rank[b] - rank[a] - 1, i) for i, (a, b) in enumerate(links) if inside[a] != inside[b])
        shift = slack if inside[links[i][0]] else -slack
        for node in members:
            rank[node] += shift
        place = 0


def _rooted(count: int, links: Sequence[Link], rank: list[int], tree: set[int]) -> _Tree:
    """The tree hung from node 0."""
    at: list[list[int]] = [[] for _ in range(count)]
    for i in tree:
        a, b = links[i]
        at[a].append(i)
        at[b].append(i)
    above = [-1] * count
    order = [0]
    for node in order:
        for i in at[node]:
            if i != above[node]:
                a, b = links[i]
                other = b if a == node else a
                above[other] = i
                order.append(other)
    return _Tree(rank, tree, above, order)


def _leaving(links: Sequence[Link], tree: _Tree, spare: Sequence[int]) -> tuple[int, int, bool]:
    """A tree edge that costs more than it holds, the node behind it, and whether it points to that node."""
    total = list(spare)
    best, found = 0, (-1, -1, False)
    for node in reversed(tree.order):
        i = tree.above[node]
        if i < 0:
            continue
        a, b = links[i]
        downward = b == node
        total[a if downward else b] += total[node]
        value = -total[node] if downward else total[node]
        if value < best:
            best, found = value, (i, node, downward)
    return found


def _exchange(links: Sequence[Link], tree: _Tree, leaving: int, behind: int, *, downward: bool) -> None:
    """Let an edge go: the tightest edge that runs the other way between the halves takes its place."""
    half = {behind}
    for node in tree.order:
        i = tree.above[node]
        if i >= 0:
            a, b = links[i]
            if (a if b == node else b) in half:
                half.add(node)
    rank = tree.rank
    slack, entering = min(
        (rank[b] - rank[a] - 1, i)
        for i, (a, b) in enumerate(links)
        if (a in half) != (b in half) and (a in half) == downward
    )
    shift = slack if downward else -slack
    for node in half:
        rank[node] += shift
    tree.tree.remove(leaving)
    tree.tree.add(entering)
    again = _rooted(len(rank), links, rank, tree.tree)
    tree.above, tree.order = again.above, again.order
