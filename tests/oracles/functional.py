"""Exact structural models: every hidden cause enumerated, so that any event in any worlds has a truth.

A model of an ADMG has one hidden cause per bidirected edge and one noise per variable, each with a few
levels, and a table for each variable from its parents and hidden causes to a value. A unit is one combination
of hidden levels; what a variable would be in a world is a column over all units, worked out by the definition
(set what is set, compute the rest), and a probability is the weight of the units where the event holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from oracles.models import Table
from whence.language.expression import Difference, Expectation, Expression, P, Term, free_variables
from whence.language.graph import Graph


@dataclass(frozen=True)
class Functional:
    """`hidden[u]` is the column of levels of u, `weights` that of probabilities, one row per unit."""

    graph: Graph
    levels: dict[str, int]
    weights: np.ndarray
    hidden: dict[str, np.ndarray]
    inputs: dict[str, tuple[str, ...]]
    tables: dict[str, np.ndarray]

    def column(self, name: str, world: Sequence[Term] = ()) -> np.ndarray:
        """What the variable would be in the world, for every unit."""
        if name in self.hidden:
            return self.hidden[name]
        for setting in world:
            if setting.name == name:
                if setting.world:
                    return self.column(name, setting.world)
                assert setting.value is not None
                return np.full(len(self.weights), setting.value)
        return self.tables[name][tuple(self.column(each, world) for each in self.inputs[name])]

    def along(
        self, suffix: tuple[str, ...], base: Mapping[str, int], paths: Mapping[tuple[str, ...], int]
    ) -> np.ndarray:
        """What the first variable of the suffix is to what follows in it.

        Every variable of `base` is at its value there, but where one begins a path that goes on with the
        suffix, it is at the value of the path.
        """
        name = suffix[0]
        if name in self.hidden:
            return self.hidden[name]
        if name in base:
            return np.full(len(self.weights), paths.get(suffix, base[name]))
        inputs = tuple(self.along((each, *suffix), base, paths) for each in self.inputs[name])
        return self.tables[name][inputs]

    def mean(self, column: np.ndarray) -> float:
        """The mean over units."""
        return float(self.weights @ column)

    def chance(self, terms: Iterable[Term]) -> float:
        """The probability that all the terms, each at a value, hold."""
        holds = np.ones(len(self.weights), bool)
        for term in terms:
            holds &= self.column(term.name, term.world) == term.value
        return float(self.weights[holds].sum())

    def probability(self, atom: P, values: Mapping[str, int]) -> float | None:
        """P(of | given) at these values of its open names; None where the condition never happens."""
        of, given = ([at(term, values) for term in part] for part in (atom.of, atom.given))
        below = self.chance(given)
        return self.chance([*of, *given]) / below if below > 1e-12 else None

    def table(self, atom: P) -> Table:
        """P(of | given, do) at every value of its open names."""
        names = sorted(free_variables(atom))
        cells = np.full([self.levels[name] for name in names], np.nan)
        for place in np.ndindex(*cells.shape):
            values = dict(zip(names, place, strict=True))
            do = tuple(at(term, values) for term in atom.do)
            of, given = ([Term(t.name, t.value, do) for t in part] for part in (atom.of, atom.given))
            chance = self.probability(P(of, given), values)
            cells[place] = np.nan if chance is None else chance
        return Table(tuple(names), cells)

    def joint(self) -> Table:
        """The distribution of what is observed."""
        names = self.graph.observed
        cells = np.zeros([self.levels[name] for name in names])
        np.add.at(cells, tuple(self.column(name) for name in names), self.weights)
        return Table.of(names, cells)


def difference_of_means(body: Expression, model: Functional) -> Table:
    """E[…] − E[…] over several worlds, at every value of what is open."""
    assert isinstance(body, Difference)
    names = sorted(free_variables(body))
    cells = np.full([model.levels[name] for name in names], np.nan)
    for place in np.ndindex(*cells.shape):
        values = dict(zip(names, place, strict=True))
        means = [_mean_of(part, model, values) for part in (body.left, body.right)]
        cells[place] = np.nan if None in means else means[0] - means[1]  # type: ignore[operator]
    return Table(tuple(names), cells)


def _mean_of(part: Expression, model: Functional, values: Mapping[str, int]) -> float | None:
    assert isinstance(part, Expectation)
    assert isinstance(part.body, P)
    levels = range(model.levels[part.variable])
    chances = [model.probability(part.body, {**values, part.variable: level}) for level in levels]
    return None if None in chances else sum(k * (p or 0) for k, p in zip(levels, chances, strict=True))


def at(term: Term, values: Mapping[str, int]) -> Term:
    """The term with its open names at these values; what is as in another world stays so."""
    return Term(term.name, values[term.name] if term.value is None else term.value, settings(term, values))


def settings(term: Term, values: Mapping[str, int]) -> tuple[Term, ...]:
    """Its world, likewise."""
    return tuple(
        Term(each.name, None, settings(each, values)) if each.world else at(each, values)
        for each in term.world
    )


def random_functional(
    graph: Graph, rng: np.random.Generator, levels: int | Mapping[str, int] = 2, hidden_levels: int = 2
) -> Functional:
    """A model drawn at random in which every value of a variable can follow on every input."""
    size = {v: levels if isinstance(levels, int) else levels.get(v, 2) for v in graph.observed}
    causes: dict[str, list[str]] = {v: [] for v in graph.observed}
    count: dict[str, int] = {}
    for number, edge in enumerate(graph.edges):
        if edge.mark == "->":
            causes[edge.target].append(edge.source)
        else:
            count[f"hidden {number}"] = hidden_levels
            causes[edge.source].append(f"hidden {number}")
            causes[edge.target].append(f"hidden {number}")
    for v in graph.observed:
        count[f"noise {v}"] = size[v] + 1
        causes[v].append(f"noise {v}")
    grid = np.indices(list(count.values())).reshape(len(count), -1)
    weights = np.ones(grid.shape[1])
    for row, levels_here in zip(grid, count.values(), strict=True):
        weights *= rng.dirichlet(np.full(levels_here, 2.0))[row]
    every = {**size, **count}
    tables = {v: _table(rng, [every[each] for each in above], size[v]) for v, above in causes.items()}
    columns = dict(zip(count, grid, strict=True))
    return Functional(graph, size, weights, columns, {v: tuple(a) for v, a in causes.items()}, tables)


def _table(rng: np.random.Generator, shape: list[int], levels: int) -> np.ndarray:
    """Along its last axis, the noise, which has more levels than the variable, every value occurs."""
    found = rng.integers(levels, size=shape)
    for place in np.ndindex(*shape[:-1]):
        found[(*place, slice(None, levels))] = rng.permutation(levels)
    return found
