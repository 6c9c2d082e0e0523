"""Random questions and distributions put to the do-search, and the replies held against the truth."""

from __future__ import annotations

import numpy as np

from oracles.recovery import false_step, is_at_hand, random_truth
from oracles.rule_forms import misfits
from oracles.trials import Tally
from oracles.worlds import random_admg
from whence.identification.id_algorithm import identify_effect
from whence.identification.idc import Barred, identify_conditional_effect
from whence.identification.sources.do_search import BudgetSpent, Exhausted, do_search
from whence.language.estimand import Step
from whence.language.expression import P, Term, atoms, free_variables
from whence.language.graph import Edge, Graph
from whence.language.query import Query
from whence.language.refusals import Hedge
from whence.language.source import Source, starred

KINDS = ("partial", "populations", "selection", "missing", "everything")


def random_split(
    rng: np.random.Generator, names: list[str], chances: tuple[float, float, float]
) -> list[list[str]]:
    """Names for before the bar (one at least), after it and in do; the others are left out."""
    mixed = [str(name) for name in rng.permutation(names)]
    parts: list[list[str]] = [mixed[:1], [], []]
    for name in mixed[1:]:
        place = int(rng.choice(4, p=[*chances, 1 - sum(chances)]))
        if place < 3:
            parts[place].append(name)
    return parts


def random_claim(rng: np.random.Generator, graph: Graph) -> P:
    """P(Y | W, do X); mostly some of X causes some of Y, for else there is little to derive."""
    causes = [(edge.source, edge.target) for edge in graph.edges if edge.mark == "->"]
    if not causes or rng.random() < 0.2:
        return P(*random_split(rng, list(graph.nodes), (0.1, 0.15, 0.45)))
    start, end = causes[int(rng.integers(len(causes)))]
    while (onward := [b for a, b in causes if a == end]) and rng.random() < 0.6:
        end = str(rng.choice(onward))
    rest = [v for v in graph.nodes if v not in (start, end)]
    of, seen, do = random_split(rng, rest, (0.1, 0.15, 0.15)) if rest else ([], [], [])
    return P([end, *of[1:]], seen, [start, *do])


def random_source(rng: np.random.Generator, graph: Graph, kind: str, missing: dict[str, str]) -> Source:
    """A distribution of the kind: in a population, of a selected sample, or with proxies."""
    names = list(graph.nodes)
    selected = "S" in names and rng.random() < 0.8
    if selected:
        names.remove("S")
    of, given, do = random_split(rng, names, (0.5, 0.15, 0.15))
    proxies = {x: r for x, r in missing.items() if x in of or x in given}
    if rng.random() < 0.15:
        proxies = {}
    for x, r in proxies.items():
        if r not in (*of, *given, *do):
            of.append(r)
        for part in (of, given):
            if x in part:
                part[part.index(x)] = starred(x)
    do = [name for name in do if name not in proxies]
    after: list[str | Term] = [*given, *([Term("S", 1)] if selected else [])]
    population, differs = "", ()
    if kind in ("populations", "everything") and rng.random() < 0.6:
        population = str(rng.choice(["A", "B"]))
        differs = tuple(v for v in graph.nodes if rng.random() < 0.35)
    return Source(P(of, after, do, population), differs, tuple(proxies.items()))


def random_recovery(rng: np.random.Generator, kind: str) -> tuple[Graph, P, tuple[Source, ...]]:
    """A graph with the indicators and selection that the kind speaks of, a claim, and what is given."""
    extra = kind in ("missing", "everything")
    nodes = int(rng.integers(3, 5 if extra else 6))
    graph = random_admg(rng, nodes, float(rng.uniform(1.2, 2.8)), float(rng.uniform(0.1, 0.5)))
    names, edges, missing = list(graph.nodes), list(graph.edges), dict[str, str]()
    if extra:
        for x in [str(v) for v in rng.permutation(graph.nodes)[: int(rng.integers(1, 3))]]:
            missing[x] = f"r_{x}"
            edges += [Edge(v, f"r_{x}") for v in names if v != x and rng.random() < 0.3]
            names.append(f"r_{x}")
    if kind == "selection" or (kind == "everything" and rng.random() < 0.5):
        edges += [Edge(v, "S") for v in names if rng.random() < 0.35]
        names.append("S")
    whole = Graph.of(names, edges)
    given = tuple(random_source(rng, whole, kind, missing) for _ in range(int(rng.integers(1, 5))))
    return whole, random_claim(rng, graph), given


def judge_recovery(
    graph: Graph, claim: P, given: tuple[Source, ...], seed: int, tally: Tally, budget: int
) -> object:
    """Search, and compare every step of what is found with a random model."""
    found = do_search(graph, claim, given, budget)
    if isinstance(found, Exhausted | BudgetSpent):
        tally.counts["exhausted" if isinstance(found, Exhausted) else "budget spent"] += 1
        return found
    tally.counts["found"] += 1
    tally.counts["do-calculus"] += any(step.rule.startswith("rule") for step in found.walk())
    for step in found.walk():
        tally.counts[f"step {step.rule}"] += 1
    if any(step.rule == "chain" for step in found.walk()):
        tally.counts["chain"] += 1
    query = Query(claim)
    if found.claim != claim:
        tally.fault("another claim", graph, query, found)
    if not free_variables(found.formula) <= free_variables(claim):
        tally.fault("open formula", graph, query, found)
    for atom in atoms(found.formula):
        if not isinstance(atom, P) or not any(is_at_hand(atom, source) for source in given):
            tally.fault("not at hand", graph, query, atom)
    for why, step in misfits(found, graph, given):
        tally.fault(f"by the letter: {why}", graph, query, step)
    false = false_step(found, random_truth(graph, given, np.random.default_rng(seed)))
    if false is not None:
        tally.fault("wrong", graph, query, (given, false))
    return found


def recovery_trials(count: int, seed: int, kind: str, budget: int = 20_000) -> Tally:
    """Random graphs, claims and distributions of one kind."""
    tally = Tally()
    for number in range(count):
        rng = np.random.default_rng((seed, number, KINDS.index(kind)))
        graph, claim, given = random_recovery(rng, kind)
        judge_recovery(graph, claim, given, seed + number, tally, budget)
    return tally


def against_id(count: int, seed: int, sizes: tuple[int, int] = (3, 5), budget: int = 200_000) -> Tally:
    """P(V) alone is given: the verdict of the search beside that of the ID and IDC algorithms."""
    tally = Tally()
    for number in range(count):
        rng = np.random.default_rng((seed, number, 99))
        nodes = int(rng.integers(sizes[0], sizes[1] + 1))
        graph = random_admg(rng, nodes, float(rng.uniform(1.5, 3.5)), float(rng.uniform(0.2, 0.6)))
        claim = random_claim(rng, graph)
        y, w, x = (graph.mask(t.name for t in part) for part in (claim.of, claim.given, claim.do))
        known = identify_conditional_effect(graph, x, y, w) if w else identify_effect(graph, x, y)
        found = judge_recovery(graph, claim, (Source(P(graph.nodes)),), number, tally, budget)
        verdict = "bars" if isinstance(known, Barred | Hedge) else "finds"
        tally.counts[f"ID {verdict}, search {'finds' if isinstance(found, Step) else 'does not'}"] += 1
        if verdict == "bars" and isinstance(found, Step):
            tally.fault("found what has none", graph, Query(claim), found)
    return tally
