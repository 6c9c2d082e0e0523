"""Random graphs and questions: every reply is proved, every estimand is true, every refusal has its hedge."""

import numpy as np
import pytest

from oracles.trials import contrast_trials, random_trials
from whence.identification.identify import identify
from whence.identification.verify import verify
from whence.language.estimand import Estimand
from whence.language.expression import P
from whence.language.graph import Edge, Graph
from whence.language.query import Query
from whence.language.refusals import NotIdentified


@pytest.mark.parametrize("part", range(4))
def test_2000_random_effects_in_graphs_of_4_to_8_nodes_are_proved_and_true_or_refused_with_a_hedge(part: int):
    tally = random_trials(500, seed=part)
    assert tally.faults == []
    assert tally.counts["identified"] + tally.counts["refused with a hedge"] == 500
    assert tally.counts["refused with a hedge"] >= 40
    assert tally.counts["shape adjustment"] >= 20
    assert tally.counts["shape general"] >= 20


def test_600_contrasts_differences_and_ratios_are_proved_and_true_or_refused_with_a_hedge():
    tally = contrast_trials(600)
    assert tally.faults == []
    assert tally.counts["identified"] >= 300
    assert tally.counts["not_identified"] >= 30


def test_600_effects_on_the_treated_are_proved_and_true_or_refused():
    tally = contrast_trials(600, treated=True)
    assert tally.faults == []
    assert tally.counts["identified"] >= 300
    assert tally.counts["not_identified"] + tally.counts["not_yet_answerable"] >= 30


def hard_graph(rng: np.random.Generator, nodes: int) -> Graph:
    """Arrows within a window of ten, so that almost everything is an ancestor, and hidden causes."""
    names = [f"V{i}" for i in range(nodes)]
    near = [(i, j) for i in range(nodes) for j in range(i + 1, min(i + 10, nodes))]
    edges = [Edge(names[i], names[j]) for i, j in near if rng.random() < 0.25]
    for _ in range(nodes // 6):
        i = int(rng.integers(nodes - 9))
        edges.append(Edge(names[i], names[i + int(rng.integers(1, 9))], "<->"))
    return Graph.of(names, edges)


def test_long_proofs_in_graphs_of_a_hundred_and_fifty_nodes_are_checked():
    longest = 0
    for seed in range(6):
        rng = np.random.default_rng(seed)
        graph = hard_graph(rng, 150)
        x = {f"V{int(i)}" for i in rng.integers(10, 75, size=3)}
        found = identify(Query(P(f"V{int(rng.integers(110, 150))}", (), x)), graph)
        assert isinstance(found, Estimand | NotIdentified)
        longest = max(longest, len(verify(found, graph)))
    assert longest >= 50
