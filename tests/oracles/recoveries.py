"""Random questions for recovery in large graphs: missing data, selected samples, outside data."""

from __future__ import annotations

import numpy as np

from oracles.recovery import false_step, is_at_hand, random_truth
from oracles.rule_forms import misfits
from oracles.searches import random_claim, random_split
from oracles.trials import Tally
from oracles.worlds import random_admg
from whence.language.estimand import Step
from whence.language.expression import P, Term, atoms, free_variables
from whence.language.graph import Edge, Graph
from whence.language.query import Query
from whence.language.source import Source, starred


def with_indicators(
    rng: np.random.Generator, graph: Graph, count: int, chance: float
) -> tuple[Graph, dict[str, str]]:
    """Some variables may be missing, for reasons that other variables and indicators are part of."""
    missing = {str(v): f"r_{v}" for v in rng.permutation(graph.nodes)[:count]}
    names, edges = list(graph.nodes), list(graph.edges)
    for x, r in missing.items():
        edges += [Edge(v, r) for v in names if v != x and rng.random() < chance]
        names.append(r)
    return Graph.of(names, edges), missing


def recorded(graph: Graph, missing: dict[str, str], selected: bool = False) -> Source:
    """What was recorded of all variables, in the selected sample or in everybody."""
    plain = [v for v in graph.nodes if v not in missing.values() and v != "S"]
    names = [*(starred(v) if v in missing else v for v in plain), *missing.values()]
    return Source(P(names, Term("S", 1) if selected else ()), proxies=tuple(missing.items()))


def random_missingness(rng: np.random.Generator) -> tuple[Graph, P, Source]:
    """P(A | B) from what was recorded of 2 to 4 variables."""
    nodes = int(rng.integers(2, 5))
    graph = random_admg(rng, nodes, float(rng.uniform(1, 2.5)), float(rng.uniform(0, 0.4)))
    whole, missing = with_indicators(rng, graph, int(rng.integers(1, nodes + 1)), 0.35)
    of, given, _ = random_split(rng, list(graph.nodes), (0.5, 0.25, 0.0))
    return whole, P(of, given), recorded(whole, missing)


def random_recovery_at_large(
    rng: np.random.Generator, sizes: tuple[int, int]
) -> tuple[Graph, P, tuple[Source, ...]]:
    """P(Y | W, do X) from a selected sample, with values missing, and some variables known from outside."""
    nodes = int(rng.integers(sizes[0], sizes[1] + 1))
    graph = random_admg(rng, nodes, float(rng.uniform(1.5, 2.5)), float(rng.uniform(0, 0.3)))
    claim = random_claim(rng, graph)
    whole, missing = with_indicators(rng, graph, int(rng.choice([0, 0, 1, 2])), 0.2)
    selected = rng.random() < 0.6
    if selected:
        into = [Edge(v, "S") for v in graph.nodes if rng.random() < 0.25]
        whole = Graph.of((*whole.nodes, "S"), [*whole.edges, *into])
    given = [recorded(whole, missing, selected)]
    if rng.random() < 0.6:
        given.append(
            Source(P([str(v) for v in rng.permutation(graph.nodes)[: int(rng.integers(1, nodes // 2 + 1))]]))
        )
    return whole, P(claim.of[:1], claim.given[:1], claim.do[:2]), tuple(given)


def hold_against(
    found: object, graph: Graph, claim: P, given: tuple[Source, ...], seed: int | None, tally: Tally
) -> None:
    """Every step by the letter of its rule, and, with a seed, true in a random model."""
    tally.counts["found" if isinstance(found, Step) else "not found"] += 1
    if not isinstance(found, Step):
        return
    for step in found.walk():
        tally.counts[f"step {step.rule}"] += 1
    query = Query(claim)
    if found.claim != claim or not free_variables(found.formula) <= free_variables(claim):
        tally.fault("another claim", graph, query, found)
    for why, step in misfits(found, graph, given):
        tally.fault(f"by the letter: {why}", graph, query, step)
    for atom in atoms(found.formula):
        if not isinstance(atom, P) or not any(is_at_hand(atom, source) for source in given):
            tally.fault("not at hand", graph, query, atom)
    if seed is not None:
        false = false_step(found, random_truth(graph, given, np.random.default_rng(seed)))
        if false is not None:
            tally.fault("wrong", graph, query, (given, false))
