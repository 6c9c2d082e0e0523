"""One random question to several random sources, and every step of the reply held against the truth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from oracles.evaluation import Meaningless
from oracles.sources import is_true_of, random_populations, random_sources
from oracles.worlds import random_admg
from whence.identification.sources.general_id import Thicket, identify_from
from whence.identification.sources.given import as_known
from whence.language.estimand import Step
from whence.language.expression import free_variables
from whence.language.graph import Graph
from whence.language.source import Source


@dataclass(frozen=True)
class Trial:
    """What was asked, how it ended, and what is wrong with the reply (nothing: empty)."""

    graph: Graph
    asked: tuple[tuple[str, ...], ...]
    sources: tuple[Source, ...]
    found: Step | Thicket
    wrong: str

    @property
    def verdict(self) -> str:
        if isinstance(self.found, Thicket):
            return "refused, complete" if self.found.complete else "refused, narrow sources"
        return "identified"


def source_trial(seed: Sequence[int], elsewhere: bool) -> Trial:
    """A random graph, random sources, and P(Y | do X, W) for random sets."""
    rng = np.random.default_rng(seed)
    degree, share = float(rng.uniform(1.5, 3.5)), float(rng.uniform(0.2, 0.6))
    graph = random_admg(rng, int(rng.integers(4, 7)), degree, share)
    sources = random_sources(rng, graph.nodes, elsewhere)
    counts = (int(rng.choice([0, 1, 1, 1, 2])), int(rng.choice([1, 1, 2])), int(rng.choice([0, 0, 1, 2])))
    mixed = [str(v) for v in rng.permutation(graph.nodes)]
    ends = np.cumsum([0, *counts])
    x, y, w = (tuple(mixed[a:b]) for a, b in pairwise(ends))
    part, read = as_known(graph, sources, mixed[: ends[-1]])
    found = identify_from(part, part.mask(x), part.mask(y), part.mask(w), read)
    hidden = replace(graph, latent=frozenset(graph.nodes) - set(part.nodes))
    wrong = "" if isinstance(found, Thicket) else fault(hidden, (x, y, w), sources, found, rng)
    return Trial(graph, (x, y, w), sources, found, wrong)


def fault(
    graph: Graph,
    asked: tuple[tuple[str, ...], ...],
    sources: tuple[Source, ...],
    found: Step,
    rng: np.random.Generator,
) -> str:
    """What is not as it should be: a false step, what no source measures, another question."""
    x, y, w = map(set, asked)
    claim = found.claim
    parts = [{term.name for term in part} for part in (claim.do, claim.of, claim.given)]  # type: ignore[attr-defined]
    if parts != [x, y, w]:
        return f"{graph!r} {asked}: it claims {claim}"
    if not free_variables(found.formula) <= x | y | w:
        return f"{graph!r} {asked}: the formula has other free variables"
    world = random_populations(graph, sources, rng, {v: int(rng.integers(2, 4)) for v in graph.nodes})
    for step in found.walk():
        try:
            if not is_true_of(step, world):
                return f"{graph!r} {asked} {list(map(str, sources))}: false step {step.rule} {step.claim}"
        except Meaningless as error:
            return f"{graph!r} {asked} {list(map(str, sources))}: {step.rule}: {error}"
    return ""
