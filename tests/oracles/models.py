"""Exact discrete models of a graph: the truth that estimands are compared with.

A model has one conditional table per node and one hidden variable per bidirected edge. What was observed,
what an intervention does and what would have happened to the treated are all sums of products of those tables
(the truncated factorisation), worked out here by `numpy.einsum` and by nothing that the engine uses.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from whence.language.graph import Graph


@dataclass(frozen=True)
class Table:
    """A function of named discrete variables; the axes are in the order of the names, which are sorted."""

    names: tuple[str, ...]
    cells: np.ndarray

    @classmethod
    def of(cls, names: Iterable[str], cells: np.ndarray) -> Table:
        names = tuple(names)
        order = sorted(range(len(names)), key=lambda i: names[i])
        return cls(tuple(names[i] for i in order), np.transpose(cells, order))

    def over(self, names: tuple[str, ...]) -> np.ndarray:
        """The cells broadcast to more names (sorted): an axis of length one for each that does not matter."""
        assert set(self.names) <= set(names), (self.names, names)
        size = dict(zip(self.names, self.cells.shape, strict=True))
        return self.cells.reshape([size.get(name, 1) for name in names])

    def keep(self, names: Iterable[str]) -> Table:
        """The sum over every other name."""
        wanted = set(names)
        kept = [name for name in self.names if name in wanted]
        axes = tuple(i for i, name in enumerate(self.names) if name not in kept)
        return Table(tuple(kept), self.cells.sum(axis=axes))

    def at(self, values: Mapping[str, int]) -> Table:
        index = tuple(values.get(name, slice(None)) for name in self.names)
        return Table(tuple(name for name in self.names if name not in values), self.cells[index])

    def __truediv__(self, other: Table) -> Table:
        return combine(np.divide, self, other)

    def __mul__(self, other: Table) -> Table:
        return combine(np.multiply, self, other)

    def __sub__(self, other: Table) -> Table:
        return combine(np.subtract, self, other)


def combine(how, left: Table, right: Table) -> Table:
    names = tuple(sorted({*left.names, *right.names}))
    return Table(names, how(left.over(names), right.over(names)))


@dataclass(frozen=True)
class Model:
    """`tables[v]` is over `parents[v]` and then v itself; hidden variables are among the parents."""

    graph: Graph
    levels: dict[str, int]
    parents: dict[str, tuple[str, ...]]
    tables: dict[str, np.ndarray]

    @property
    def observed(self) -> tuple[str, ...]:
        return self.graph.observed


def random_model(
    graph: Graph, rng: np.random.Generator, levels: int | Mapping[str, int] = 2, hidden_levels: int = 3
) -> Model:
    """A positive model drawn at random, with `hidden_levels` of each hidden cause."""
    parents: dict[str, list[str]] = {v: [] for v in graph.nodes}
    size = {v: levels if isinstance(levels, int) else levels.get(v, 2) for v in graph.nodes}
    size.update(dict.fromkeys(graph.latent, hidden_levels))
    for number, edge in enumerate(graph.edges):
        if edge.mark == "->":
            parents[edge.target].append(edge.source)
        else:
            hidden = f"hidden {number}"
            parents[hidden] = []
            size[hidden] = hidden_levels
            parents[edge.source].append(hidden)
            parents[edge.target].append(hidden)
    tables = {}
    for v, above in parents.items():
        shape = [*(size[u] for u in above), size[v]]
        weights = rng.gamma(0.7, size=shape) + 0.08
        tables[v] = weights / weights.sum(axis=-1, keepdims=True)
    return Model(graph, size, {v: tuple(above) for v, above in parents.items()}, tables)


def truncated(model: Model, do: Iterable[str] = (), split: Mapping[str, str] | None = None) -> Table:
    """The sum over hidden variables of the product of all tables but those of `do`, over the observed ones.

    With `split`, the children of a variable listen to another name than its own: X is what was seen, and what
    X was set to is the other axis.
    """
    split = split or {}
    axis = {name: i for i, name in enumerate([*model.tables, *split.values()])}
    operands: list[object] = []
    for v, table in model.tables.items():
        if v not in set(do):
            operands += [table, [*(axis[split.get(u, u)] for u in model.parents[v]), axis[v]]]
    out = [*model.observed, *split.values()]
    mentioned = {i for axes in operands[1::2] for i in axes}  # type: ignore[attr-defined]
    for name in out:
        if axis[name] not in mentioned:
            source = next((v for v, other in split.items() if other == name), name)
            operands += [np.ones(model.levels[source]), [axis[name]]]
    return Table.of(out, np.einsum(*operands, [axis[name] for name in out], optimize="greedy"))


def joint(model: Model) -> Table:
    """The distribution of the observed variables."""
    return truncated(model)


def interventional(
    model: Model, outcomes: Iterable[str], do: Iterable[str], given: Iterable[str] = ()
) -> Table:
    """P(outcomes | do(do), given) for all values at once: a table over every name mentioned."""
    outcomes, do, given = set(outcomes), set(do), set(given)
    both = truncated(model, do).keep(outcomes | do | given)
    return both / both.keep(do | given)


def downstream(model: Model, name: str) -> set[str]:
    """The name and its descendants."""
    found = {name}
    for _ in model.parents:
        found |= {v for v, above in model.parents.items() if found & set(above)}
    return found


def among_those_seen(
    model: Model, outcomes: Iterable[str], treatment: str, given: Iterable[str] = ()
) -> Table:
    """P(outcomes, had the treatment been "treatment*" | treatment, given).

    What the treatment changes has two values, one in each world, and tables of chances do not say how the two
    hang together: where both an outcome and one of `given` are of that sort, only the entries at which both
    worlds are the same are known, and the others are not a number.
    """
    outcomes, given = set(outcomes), set(given)
    star = f"{treatment}*"
    changed = downstream(model, treatment)
    if not outcomes & changed or given & changed:
        seen = truncated(model).keep(outcomes | given | {treatment})
        same = seen / seen.keep(given | {treatment})
        known = np.ones([model.levels[treatment]] * 2)
        if outcomes & changed:
            known = np.where(np.eye(model.levels[treatment]), 1.0, np.nan)
        return same * Table((treatment, star), known)
    both = truncated(model, split={treatment: star}).keep(outcomes | given | {treatment, star})
    return both / both.keep(given | {treatment, star})
