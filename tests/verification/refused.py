"""Questions of every kind that the identifier refuses, with the two models that prove it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import numpy as np

from oracles.imagined import random_atom
from oracles.imagined import random_sources as random_experiments
from oracles.searches import random_recovery
from oracles.sources import random_sources
from oracles.trials import random_contrast, random_effect
from oracles.worlds import random_admg, random_hidden
from whence.identification.identify import identify
from whence.language.graph import Graph
from whence.language.query import Query
from whence.language.refusals import NotIdentified
from whence.language.source import Source
from whence.runtime.errors import QueryError

KINDS = (
    "effect",
    "contrast",
    "treated",
    "counterfactual",
    "counterfactual from experiments",
    "surrogate",
    "transport",
    "selection",
    "missing",
)
Asked = tuple[Query, Graph, tuple[Source, ...] | None]


def random_question(kind: str, rng: np.random.Generator) -> Asked:
    """A question of a kind in a random graph, and what is given; raises `QueryError` where it is none."""
    if kind in ("selection", "missing"):
        graph, claim, given = random_recovery(rng, kind)
        return Query(claim), graph, given
    nodes = int(rng.integers(3, 6))
    degree, share = float(rng.uniform(1.5, 3.5)), float(rng.uniform(0.2, 0.6))
    graph = random_admg(rng, nodes, degree, share)
    if kind == "effect" and rng.random() < 0.25:
        graph = random_hidden(rng, nodes + 1, 1)
    names = graph.observed
    match kind:
        case "effect":
            return random_effect(rng, names), graph, None
        case "contrast" | "treated":
            return random_contrast(rng, names, kind == "treated"), graph, None
        case "counterfactual":
            return Query(random_atom(rng, names)), graph, None
        case "counterfactual from experiments":
            return Query(random_atom(rng, names)), graph, tuple(random_experiments(rng, names))
        case _:
            return random_effect(rng, names), graph, random_sources(rng, names, kind == "transport")


def refused(kind: str, seed: int) -> Iterator[tuple[NotIdentified, Graph]]:
    """Refusals of a kind, without end."""
    for number in count():
        rng = np.random.default_rng((seed, number, KINDS.index(kind)))
        try:
            query, graph, given = random_question(kind, rng)
            found = identify(query, graph, given)
        except QueryError:
            continue
        if isinstance(found, NotIdentified) and found.models is not None:
            yield found, graph
