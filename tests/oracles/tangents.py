"""Is a query determined by sources near one model? The rank of derivatives, without any graph algorithm.

Each table of a random model is moved in every direction that keeps it a table. If the query moves in some
direction in which none of the distributions at hand moves, there are models next to each other that agree on
all of these and differ on the query: it is not determined. Derivatives are by complex steps, so exact to
rounding. Where no such direction is found, hidden causes of more levels may still give one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from oracles.models import Model, Table, interventional, truncated
from oracles.sources import Populations, random_populations
from whence.language.graph import Graph
from whence.language.source import Source

STEP = 1e-30


Query = Callable[[Model], Table]


def is_not_determined(
    graph: Graph, sources: Sequence[Source], asked: tuple[tuple[str, ...], ...], seed: int = 0
) -> bool:
    """Whether some model of binary variables shows that P(Y | do X, W), asked as (x, y, w), is not."""
    x, y, w = asked
    return moves_alone(graph, sources, lambda model: interventional(model, y, x, w), seed)


def moves_alone(graph: Graph, sources: Sequence[Source], query: Query, seed: int = 0) -> bool:
    """Whether in some model the query moves in a direction in which no source does."""
    models = (
        random_populations(graph, sources, np.random.default_rng((seed, levels)), 2, levels)
        for levels in (2, 3, 4, 5)
    )
    return any(_gap(world, query) > 1e-7 for world in models)


def _gap(world: Populations, query: Query) -> float:
    moves = list(_moved(world))
    given = np.array([_measured(moved).imag / STEP for moved in moves])
    asked = np.array([query(moved.own).cells.ravel().imag / STEP for moved in moves])
    left, sizes, _ = np.linalg.svd(given, full_matrices=False)
    span = left[:, sizes > 1e-9 * sizes[0]]
    return float(np.abs(asked - span @ (span.T @ asked)).max())


def _moved(world: Populations) -> Iterator[Populations]:
    """The populations with one entry of one table moved, and the last of its row to make up for it."""
    for variable, populations in _mechanisms(world):
        table = world.models[populations[0]].tables[variable]
        last = table.shape[-1] - 1
        for place in np.ndindex(*table.shape[:-1], last):
            cells = table.astype(complex)
            cells[place] += 1j * STEP
            cells[(*place[:-1], last)] -= 1j * STEP
            models = dict(world.models)
            for name in populations:
                models[name] = replace(models[name], tables={**models[name].tables, variable: cells})
            yield replace(world, models=models)


def _mechanisms(world: Populations) -> list[tuple[str, list[str]]]:
    """Each table with the populations that share it."""
    found: dict[int, tuple[str, list[str]]] = {}
    for name, model in world.models.items():
        for variable, table in model.tables.items():
            found.setdefault(id(table), (variable, []))[1].append(name)
    return list(found.values())


def _measured(world: Populations) -> np.ndarray:
    given = []
    for source in world.sources:
        of, do = ([term.name for term in part] for part in (source.distribution.of, source.distribution.do))
        given.append(truncated(world.models[source.population], do).keep([*of, *do]).cells.ravel())
    return np.concatenate(given)
