"""Structural models written out: every hidden state with its chance, every variable a table of its inputs.

The oracle of the bounds tests. It shares nothing with the code under test but `Graph` and `Factor`: truth is
a sum over hidden states of whatever happens in them, in as many worlds as the question has.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import product
from types import MappingProxyType

import numpy as np

from whence.language.factor import Factor
from whence.language.graph import Graph

Do = Mapping[str, int]
NOTHING: Do = MappingProxyType({})


@dataclass(frozen=True)
class Functional:
    """`hidden`: name to chances of its levels; `tables[v]`: over observed parents, then hidden inputs."""

    graph: Graph
    levels: dict[str, int]
    hidden: dict[str, np.ndarray]
    inputs: dict[str, tuple[str, ...]]
    tables: dict[str, np.ndarray]

    @property
    def order(self) -> list[str]:
        return [self.graph.nodes[i] for i in self.graph.order if self.graph.nodes[i] in self.tables]

    def states(self):
        """Every hidden state with its chance."""
        names = list(self.hidden)
        for values in product(*(range(len(self.hidden[name])) for name in names)):
            chance = 1.0
            for name, value in zip(names, values, strict=True):
                chance *= self.hidden[name][value]
            if chance > 0.0:
                yield dict(zip(names, values, strict=True)), chance

    def respond(self, state: Mapping[str, int], do: Do = NOTHING) -> dict[str, int]:
        """What every variable is in this state when some are set."""
        values = dict(state)
        for name in self.order:
            cell = tuple(values[each] for each in self.inputs[name])
            values[name] = do[name] if name in do else int(self.tables[name][cell])
        return values

    def mean(self, of: Callable[[Callable[[Do], dict[str, int]]], float]) -> float:
        """The mean over hidden states; `of` gets a function from settings to the values in that world."""
        return sum(
            chance * of(lambda do, state=state: self.respond(state, do)) for state, chance in self.states()
        )

    def joint(self, names: tuple[str, ...], do: Do = NOTHING) -> Factor:
        cells: dict[tuple[int, ...], float] = {}
        for state, chance in self.states():
            found = self.respond(state, do)
            key = tuple(found[name] for name in names)
            cells[key] = cells.get(key, 0.0) + chance
        levels = tuple(tuple(range(self.levels[name])) for name in names)
        return Factor(names, levels, tuple(float(cells.get(key, 0.0)) for key in product(*levels)))

    def experiment(self, names: tuple[str, ...], treatment: str) -> Factor:
        """P(names | do(treatment)) for all its values."""
        parts = [self.joint(names, {treatment: x}) for x in range(self.levels[treatment])]
        levels = (tuple(range(self.levels[treatment])), *parts[0].levels)
        return Factor((treatment, *names), levels, tuple(cell for part in parts for cell in part.cells))


def random_functional(
    graph: Graph,
    rng: np.random.Generator,
    levels: Mapping[str, int] | int = 2,
    noise: int = 2,
    shared: bool = False,
) -> Functional:
    """A model drawn at random: a hidden cause for each `<->` (or one for all), noise for each variable."""
    size = {v: levels if isinstance(levels, int) else levels.get(v, 2) for v in graph.nodes}
    hidden: dict[str, np.ndarray] = {}
    inputs: dict[str, list[str]] = {v: [] for v in graph.nodes}
    for edge in graph.edges:
        if edge.mark == "->":
            inputs[edge.target].append(edge.source)
    for number, edge in enumerate(edge for edge in graph.edges if edge.mark == "<->"):
        name = "all" if shared else f"u{number}"
        hidden.setdefault(name, rng.dirichlet(np.ones(3)))
        for end in (edge.source, edge.target):
            if name not in inputs[end]:
                inputs[end].append(name)
    for v in graph.nodes:
        hidden[f"e_{v}"] = rng.dirichlet(np.ones(noise))
        inputs[v].append(f"e_{v}")
    tables = {}
    for v, above in inputs.items():
        shape = [size[u] if u in size else len(hidden[u]) for u in above]
        tables[v] = rng.integers(0, size[v], size=shape)
    return Functional(graph, size, hidden, {v: tuple(above) for v, above in inputs.items()}, tables)


def from_types(problem, which_end, joint: Functional) -> Functional:
    """The model that a witness describes, for a problem of one block; outside the component `joint` goes on.

    The type is one hidden cause of the whole component, and each variable outside it keeps its mechanism,
    with a hidden cause of its own.
    """
    (block,) = problem.blocks
    shares = np.array(which_end.shares)
    responses = [problem.responses[i] for i in block.responses]
    place = {(each.variable, each.setting): i for i, each in enumerate(responses)}
    observed_parents = {
        v: [e.source for e in joint.graph.edges if e.mark == "->" and e.target == v]
        for v in joint.graph.nodes
    }
    members = set(problem.component)
    inputs = {v: (*observed_parents[v], "type") if v in members else joint.inputs[v] for v in joint.inputs}
    tables = dict(joint.tables)
    for v in members:
        tables[v] = np.zeros([*(joint.levels[p] for p in observed_parents[v]), len(shares)], dtype=int)
    for number, kind in enumerate(block.types):
        for response, value in zip(responses, kind, strict=True):
            setting, cell = dict(response.setting), []
            for parent in observed_parents[response.variable]:
                if parent in setting:
                    cell.append(setting[parent])
                else:
                    cell.append(kind[place[parent, above(parent, setting, observed_parents)]])
            tables[response.variable][(*cell, number)] = value
    outside = {
        name: p
        for name, p in joint.hidden.items()
        if any(name in inputs[v] for v in inputs if v not in members)
    }
    return Functional(joint.graph, joint.levels, {**outside, "type": shares}, inputs, tables)


def above(name: str, setting: Mapping[str, int], parents: Mapping[str, list[str]]) -> tuple:
    """The part of a setting that reaches a variable."""
    used, pending = {}, [name]
    while pending:
        for parent in parents[pending.pop()]:
            if parent in setting:
                used[parent] = setting[parent]
            else:
                pending.append(parent)
    return tuple(sorted(used.items()))
