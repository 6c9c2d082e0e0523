"""Criteria as rule tables: one linear-time walk over a graph decides them all.

A criterion such as m-separation asks where a walk can get to that obeys local rules: having come to a node in
a certain way, which edges may it leave by? A rule table says so in a few lines,

    came | leaves by | comes as | where

and `reached` runs it in time linear in the edges. `came` and `comes as` are states of the walk (for
m-separation: whether it met an arrowhead or a tail), `where` says in which named set the node that it
leaves must lie. Sets of nodes go in and out as bit masks; inside, adjacency is lists, for a walk looks at
single nodes.

Source: M. Wienöbst, S. Weichwald and L. Henckel, "Linear-Time Primitives for Algorithm Development in
Graphical Causal Inference" (2025): the idea that a criterion is a table.

>>> from whence.language.graph import Edge, Graph
>>> g = Graph.of((), [Edge("A", "B"), Edge("B", "C"), Edge("D", "B")])
>>> g.names(reached(DESCENDANTS, Adjacency.of(g), g.mask(["A"])))
('A', 'B', 'C')
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, cast, get_args

from whence.language.graph import Graph, bits

Step = Literal["-->", "<--", "<->"]
"""How a walk can move along an edge, read from the node that it leaves."""

STEPS: tuple[Step, ...] = get_args(Step)

Rows = Sequence[Sequence[int]]

_FLAGS = bytes.maketrans(b"01", b"\x00\x01")
_DIGITS = bytes.maketrans(b"\x00\x01", b"01")


@dataclass(frozen=True, slots=True)
class Adjacency:
    """Who can be reached from each node by one step: its children, its parents, its spouses."""

    children: Rows
    parents: Rows
    spouses: Rows

    @classmethod
    def of(cls, graph: Graph) -> Adjacency:
        """The directed and bidirected edges of a graph, latent nodes among them."""
        size = len(graph.nodes)
        children: list[list[int]] = [[] for _ in range(size)]
        parents: list[list[int]] = [[] for _ in range(size)]
        spouses: list[list[int]] = [[] for _ in range(size)]
        index = graph.index
        for edge in graph.edges:
            a, b = index[edge.source], index[edge.target]
            if edge.mark == "->":
                children[a].append(b)
                parents[b].append(a)
            elif edge.mark == "<->":
                spouses[a].append(b)
                spouses[b].append(a)
        return cls(children, parents, spouses)

    def without(self, arrows: Iterable[tuple[int, int]]) -> Adjacency:
        """The same without these directed edges."""
        children, parents = list(self.children), list(self.parents)
        for a, b in arrows:
            children[a] = [node for node in children[a] if node != b]
            parents[b] = [node for node in parents[b] if node != a]
        return Adjacency(children, parents, self.spouses)

    def cut(self, into: int, out_of: int) -> Adjacency:
        """The same without the edges with an arrowhead at `into` and without those out of `out_of`."""
        if not into | out_of:
            return self
        gone = {(a, b) for b in bits(into) for a in self.parents[b]}
        gone |= {(a, b) for a in bits(out_of) for b in self.children[a]}
        left = self.without(gone)
        spouses = list(left.spouses)
        for a in bits(into):
            for b in spouses[a]:
                spouses[b] = [node for node in spouses[b] if node != a]
            spouses[a] = []
        return Adjacency(left.children, left.parents, spouses)


@dataclass(frozen=True, slots=True)
class RuleTable:
    """A compiled criterion: for each state and each class of node, the steps allowed and where they lead.

    `sets` are the names that `where` mentions; a node's class is the number whose bit i says whether it lies
    in `sets[i]`. The walk starts in the first state that the table names.
    """

    states: tuple[str, ...]
    sets: tuple[str, ...]
    moves: tuple[tuple[tuple[tuple[int, int], ...], ...], ...]


def rule_table(text: str) -> RuleTable:
    """Compile lines of `came | leaves by | comes as | where`; `where` is empty, `in S` or `outside S`."""
    lines = [[cell.strip() for cell in line.split("|")] for line in text.strip().splitlines()]
    states = tuple(dict.fromkeys(cell for line in lines for cell in (line[0], line[2])))
    sets = tuple(dict.fromkeys(line[3].split()[1] for line in lines if line[3]))
    classes = range(1 << len(sets))
    moves: list[list[list[tuple[int, int]]]] = [[[] for _ in classes] for _ in states]
    for came, leaves, comes, where in lines:
        for group in classes:
            if _allowed(where, group, sets):
                found = [(STEPS.index(cast(Step, step)), states.index(comes)) for step in leaves.split()]
                moves[states.index(came)][group].extend(found)
    return RuleTable(states, sets, tuple(tuple(tuple(row) for row in rows) for rows in moves))


def _allowed(where: str, group: int, sets: tuple[str, ...]) -> bool:
    if not where:
        return True
    side, name = where.split()
    return bool(group >> sets.index(name) & 1) == (side == "in")


ANCESTORS = rule_table("node | <-- | node |")
DESCENDANTS = rule_table("node | --> | node |")

CONNECTED = rule_table(
    """
    tail | -->     | head | outside Z
    tail | <--     | tail | outside Z
    tail | <->     | head | outside Z
    head | -->     | head | outside Z
    head | <--     | tail | in C
    head | <->     | head | in C
    """
)
"""m-connection given Z: colliders must lie in C, all others outside Z.

With C = Z it speaks of walks, with C = the ancestors of Z of paths; both find the same nodes. With C = every
node, among the ancestors of what is asked about, it is the closure that minimal separators are made of.
"""


@dataclass(frozen=True, slots=True)
class Trace:
    """Where a walk got to.

    `came[s][v]` is 0 where state s was not reached at node v, `START` at the start, and otherwise
    1 + 4u + t: it came there first from node u in state t. `visited` lists what was reached, as 4v + s.
    """

    came: tuple[list[int], ...]
    visited: list[int]

    def mask(self) -> int:
        """The nodes reached in any state, the start among them."""
        flags = bytearray(len(self.came[0]))
        for code in self.visited:
            flags[code >> 2] = 1
        return _from_flags(flags)


START = -1
OUTSIDE = -2


def walk(
    table: RuleTable,
    adjacency: Adjacency,
    start: int,
    sets: Mapping[str, int] | None = None,
    within: int | None = None,
) -> Trace:
    """Run a rule table from `start`, breadth first, never leaving the nodes of `within`."""
    size = len(adjacency.children)
    rows = (adjacency.children, adjacency.parents, adjacency.spouses)
    group = _classes(table, sets or {}, size)
    blank = [0] * size if within is None else [0 if flag else OUTSIDE for flag in _flags(within, size)]
    came = tuple(blank.copy() for _ in table.states)
    moves = [
        [tuple((rows[step], came[state], state) for step, state in row) for row in groups]
        for groups in table.moves
    ]
    queue: list[int] = []
    for node in bits(start):
        came[0][node] = START
        queue.append(node << 2)
    push = queue.append
    for code in queue:
        node = code >> 2
        for targets, seen, state in moves[code & 3][group[node]]:
            for target in targets[node]:
                if not seen[target]:
                    seen[target] = code + 1
                    push(target << 2 | state)
    return Trace(came, queue)


def reached(
    table: RuleTable,
    adjacency: Adjacency,
    start: int,
    sets: Mapping[str, int] | None = None,
    within: int | None = None,
) -> int:
    """The mask of the nodes that the walk comes to, the start among them."""
    return walk(table, adjacency, start, sets, within).mask()


def _classes(table: RuleTable, sets: Mapping[str, int], size: int) -> bytes:
    # One byte per node, one bit per set: added up as numbers, all nodes at once.
    total = sum(
        int.from_bytes(_flags(sets[name], size), "big") << place for place, name in enumerate(table.sets)
    )
    return total.to_bytes(size, "big")


def _flags(mask: int, size: int) -> bytes:
    """One byte per node, lowest first: 1 where the mask has its bit."""
    return format(mask, f"0{size}b")[::-1].encode().translate(_FLAGS) if size else b""


def _from_flags(flags: bytearray) -> int:
    return int(flags[::-1].translate(_DIGITS), 2) if flags else 0
