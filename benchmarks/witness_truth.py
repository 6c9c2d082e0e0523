"""How many refusals come with two models that prove them, by kind of question, and what a pair costs.

Random graphs of 4 to 8 nodes and random questions, as in `identification_truth`. For every question that is
not identified the two models are sought and counted; those with few enough units are held against the
definition by the code of the tests, unit by unit. Times are of the thread's CPU, per refusal.
"""

import argparse
import statistics
import sys
import time
from collections import Counter
from collections.abc import Iterator
from math import prod
from pathlib import Path

sys.path.append(str(Path(__file__).parent.parent / "tests"))

import numpy as np

from oracles.pairs import faults
from oracles.trials import random_contrast, random_effect
from oracles.worlds import random_admg, random_hidden
from whence.identification.identify import identify
from whence.identification.projection import latent_projection
from whence.identification.witness import disagreement
from whence.language.estimand import Estimand
from whence.language.expression import P, Term
from whence.language.graph import Graph
from whence.language.query import Query
from whence.language.refusals import ImpossibleEvidence, NotIdentified

UNITS = 1 << 9


def effects(count: int, seed: int) -> Iterator[tuple[Query, Graph]]:
    """Joint and conditional effects; a quarter of the graphs are DAGs with latent nodes."""
    for number in range(count):
        rng = np.random.default_rng((seed, number))
        nodes = int(rng.integers(4, 9))
        if number % 4 == 3:
            graph = random_hidden(rng, nodes + 1, int(rng.integers(1, 3)))
        else:
            graph = random_admg(rng, nodes, float(rng.uniform(1.5, 4.0)), float(rng.uniform(0.2, 0.6)))
        yield random_effect(rng, graph.observed), graph


def contrasts(count: int, seed: int, *, treated: bool) -> Iterator[tuple[Query, Graph]]:
    """Contrasts, differences and ratios at values, or effects on the treated."""
    for number in range(count):
        rng = np.random.default_rng((seed, number, 7 + treated))
        edges, hidden = float(rng.uniform(1.5, 3.5)), float(rng.uniform(0.1, 0.4))
        graph = random_admg(rng, int(rng.integers(3, 7)), edges, hidden)
        yield random_contrast(rng, graph.observed, treated), graph


def counterfactuals(count: int, seed: int) -> Iterator[tuple[Query, Graph]]:
    """Two or three events, each in a world of its own, some of them as conditions."""
    for number in range(count):
        rng = np.random.default_rng((seed, number, 9))
        graph = random_admg(rng, int(rng.integers(3, 6)), float(rng.uniform(1.5, 3.0)), 0.3)
        terms: dict[tuple[str, tuple[Term, ...]], Term] = {}
        for _ in range(int(rng.integers(2, 4))):
            name, *others = (str(each) for each in rng.permutation(graph.nodes))
            world = tuple(Term(each, int(rng.integers(2))) for each in others[: int(rng.integers(0, 3))])
            term = Term(name, int(rng.integers(2)), world)
            terms.setdefault((name, term.world), term)
        first, *rest = terms.values()
        given = rest[: int(rng.integers(0, len(rest) + 1))]
        yield Query(P((first, *rest[len(given) :]), given)), graph


def main() -> int:
    """Print a line per kind of question; 1 if a pair is no proof."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=2_000, help="questions of each kind")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    trials, seed = options.trials, options.seed
    kinds = {
        "effects, joint and conditional": effects(trials, seed),
        "contrasts, differences, ratios": contrasts(trials, seed, treated=False),
        "effects on the treated": contrasts(trials, seed, treated=True),
        "counterfactual events": counterfactuals(trials, seed),
    }
    wrong = 0
    for name, questions in kinds.items():
        wrong += report(name, questions)
    return 1 if wrong else 0


def report(name: str, questions: Iterator[tuple[Query, Graph]]) -> int:
    """Print how many refusals have a pair, and the cost; the number of pairs that are no proof."""
    counts: Counter[str] = Counter()
    times: list[float] = []
    for query, graph in questions:
        found = identify(query, graph)
        if isinstance(found, Estimand | ImpossibleEvidence):
            counts["identified" if isinstance(found, Estimand) else "impossible evidence"] += 1
            continue
        proved = found if isinstance(found, NotIdentified) else NotIdentified("")
        began = time.thread_time()
        pair = disagreement(query, graph, (), proved.hedge, proved.treatments, proved.outcomes)
        times.append(time.thread_time() - began)
        if pair is None:
            counts["no pair"] += 1
            print(f"    no pair: {query} in {graph}")
            continue
        counts["pair"] += 1
        if prod(len(cause.probabilities) for cause in pair.first.hidden) <= UNITS:
            counts["held against the definition"] += 1
            for fault in faults(pair, query.body, latent_projection(graph)):
                counts["wrong"] += 1
                print(f"    {fault}: {query} in {graph}")
    times.sort()
    shown = ", ".join(f"{key} {count:,}" for key, count in sorted(counts.items()))
    if times:
        shown += (
            f"; CPU per refusal: median {1000 * statistics.median(times):.1f} ms, "
            f"95 % {1000 * times[int(0.95 * len(times))]:.1f} ms, most {1000 * times[-1]:.0f} ms"
        )
    print(f"{name:32} {shown}", flush=True)
    return counts["wrong"]


if __name__ == "__main__":
    sys.exit(main())
