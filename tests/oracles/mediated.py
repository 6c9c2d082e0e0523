"""Random direct, indirect and path-specific effects, and every reply held against enumerated models."""

from __future__ import annotations

from itertools import chain

import numpy as np

from oracles.evaluation import value_of
from oracles.functional import Functional, random_functional
from oracles.trials import Tally
from oracles.worlds import random_admg
from whence.identification.identify import identify
from whence.identification.verify import verify
from whence.language.estimand import Estimand
from whence.language.expression import Term
from whence.language.graph import Graph
from whence.language.mediation import Mediated, of_mediated
from whence.language.paths import path_name, path_of
from whence.language.refusals import NotIdentified, NotYetAnswerable
from whence.runtime.errors import ProofRejected


def directed_paths(graph: Graph, start: str, end: str) -> list[tuple[str, ...]]:
    """Every directed path, by its variables."""
    arrows = [(edge.source, edge.target) for edge in graph.edges if edge.mark == "->"]
    whole: list[tuple[str, ...]] = []
    pending = [(start,)]
    while pending:
        path = pending.pop()
        if path[-1] == end:
            whole.append(path)
        else:
            pending += [(*path, target) for source, target in arrows if source == path[-1]]
    return sorted(whole)


def random_mediated(rng: np.random.Generator, graph: Graph) -> Mediated | None:
    """A part of the effect of one variable on another that it causes; None if the two drawn are not such."""
    x, y = (str(name) for name in rng.permutation(graph.nodes)[:2])
    paths = directed_paths(graph, x, y)
    if not paths:
        return None
    level, base = (int(value) for value in rng.permutation(2))
    if rng.random() < 0.4:
        chosen = [path for path in paths if rng.random() < 0.5] or paths[:1]
        return Mediated("PSE", x, y, level, base, tuple(map(path_name, chosen)))
    between = sorted(set(chain.from_iterable(paths)) - {x, y}) or sorted(set(graph.nodes) - {x, y})
    via = tuple(str(name) for name in rng.permutation(between)[: int(rng.integers(1, 3))])
    kind = str(rng.choice(["NDE", "NIE", "CDE"]))
    if kind == "CDE":
        held = tuple(Term(name, int(rng.integers(2))) for name in via)
        return Mediated("CDE", x, y, level, base, via, held)
    return Mediated("NDE" if kind == "NDE" else "NIE", x, y, level, base, via)


def truth_of_mediated(asked: Mediated, model: Functional) -> float:
    """The difference of the two means, by the definition of each kind."""
    x, y = asked.treatment, asked.outcome
    low = {x: asked.base}
    if asked.kind == "PSE":
        paths = {path: asked.level for name in asked.via if (path := path_of(name))}
        return model.mean(model.along((y,), low, paths)) - model.mean(model.along((y,), low, {}))  # type: ignore[arg-type]
    level, base = Term(x, asked.level), Term(x, asked.base)
    if asked.kind == "CDE":
        one, other = ((term, *asked.held) for term in (level, base))
    else:
        own, theirs = (level, base) if asked.kind == "NDE" else (base, level)
        one, other = (own, *(Term(name, None, (theirs,)) for name in asked.via)), (base,)
    return model.mean(model.column(y, one)) - model.mean(model.column(y, other))


def mediation_trials(count: int, seed: int = 0, sizes: tuple[int, int] = (3, 6)) -> Tally:
    """Parts of effects in random ADMGs."""
    tally = Tally()
    number = done = 0
    while done < count:
        number += 1
        rng = np.random.default_rng((seed, number, 23))
        nodes = int(rng.integers(sizes[0], sizes[1] + 1))
        graph = random_admg(rng, nodes, float(rng.uniform(1.5, 4.0)), float(rng.uniform(0.0, 0.35)))
        asked = random_mediated(rng, graph)
        if asked is None:
            continue
        done += 1
        query = of_mediated(asked)
        try:
            found = identify(query, graph)
            if isinstance(found, Estimand | NotIdentified):
                verify(found, graph)
        except ProofRejected as error:
            tally.fault("rejected", graph, query, repr(error))
            continue
        except Exception as error:
            tally.fault("crash", graph, query, repr(error))
            continue
        if isinstance(found, Estimand):
            tally.counts[f"{asked.kind} identified"] += 1
            levels = {name: int(rng.choice([2, 3])) for name in graph.nodes} if nodes < 5 else 2
            model = random_functional(graph, rng, levels)
            table = value_of(found.expression, model.joint())
            if table.names or abs(float(table.cells) - truth_of_mediated(asked, model)) > 1e-9:
                tally.fault("wrong", graph, query, found.expression)
        else:
            assert isinstance(found, NotIdentified | NotYetAnswerable)
            tally.counts[f"{asked.kind} {found.kind}"] += 1
    return tally
