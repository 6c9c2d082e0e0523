"""Verma constraints hold in every model of the graph, and not wherever its independences hold."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import combinations

import numpy as np
import pytest

from identification.definitions import below, subsets
from oracles.evaluation import is_true_in, value_of
from oracles.models import Table, joint, random_model
from oracles.worlds import all_admgs, all_dags, arrows, random_admg, random_hidden
from whence.identification.designs.verma import VermaConstraint, verma_constraints
from whence.identification.separation import separated
from whence.language.graph import Edge, Graph
from whence.runtime.errors import InvalidGraph

CLASSIC = "A->B B->C C->D B<->D"


def dependence(constraint: VermaConstraint, seen: Table) -> float:
    """How far the formula varies with what it must not depend on."""
    table = value_of(constraint.formula, seen)
    assert set(constraint.free_of) <= set(table.names)
    axes = tuple(table.names.index(name) for name in constraint.free_of)
    return float((table.cells.max(axis=axes) - table.cells.min(axis=axes)).max())


# ── counting parameters of binary models, by the definitions of the two properties ──────────────────────────


def parents(graph: Graph, names) -> set[str]:
    return {edge.source for edge in graph.edges if edge.mark == "->" and edge.target in names}


def joined(graph: Graph, start: str, among) -> set[str]:
    """The district of a node in the subgraph."""
    found = {start}
    while True:
        more = {
            v
            for edge in graph.edges
            if edge.mark == "<->"
            for u, v in ((edge.source, edge.target), (edge.target, edge.source))
            if u in found and v in among
        } - found
        if not more:
            return found
        found |= more


def within(graph: Graph, among) -> Graph:
    kept = [edge for edge in graph.edges if edge.source in among and edge.target in among]
    return Graph.of(sorted(among), kept)


def nested_dimension(graph: Graph) -> int:
    """One parameter for each intrinsic set and each value of its parents (Evans and Richardson, 2019)."""
    reachable, pending = {frozenset(graph.nodes)}, [frozenset(graph.nodes)]
    while pending:
        left = pending.pop()
        for v in left:
            if joined(graph, v, left) & below(within(graph, left), [v]) == {v}:
                smaller = left - {v}
                if smaller not in reachable:
                    reachable.add(smaller)
                    pending.append(smaller)
    intrinsic = [each for each in reachable if each and joined(graph, min(each), each) == {*each}]
    return sum(2 ** len(parents(graph, each)) for each in intrinsic)


def ordinary_dimension(graph: Graph) -> int:
    """One parameter for each head and each value of its tail (Evans and Richardson, 2014)."""
    count = 0
    for head in subsets(graph.nodes):
        if not head or any(set(head) & (below(graph, [v]) - {v}) for v in head):
            continue
        above = {v for v in graph.nodes if below(graph, [v]) & set(head)}
        district = joined(graph, head[0], above)
        if set(head) <= district:
            count += 2 ** len((district - set(head)) | parents(graph, district))
    return count


# ── all graphs ──────────────────────────────────────────────────────────────────────────────────────────────


def gaps(graph: Graph, seen: Table) -> np.ndarray:
    """How far the distribution is from each of the m-separations of pairs."""
    found = [np.zeros(1)]
    for a, b in combinations(graph.nodes, 2):
        for given in subsets(set(graph.nodes) - {a, b}):
            if separated(graph, a, b, given):
                whole, rest = seen.keep([a, b, *given]), seen.keep(given)
                found.append((whole * rest - seen.keep([a, *given]) * seen.keep([b, *given])).cells.ravel())
    return np.concatenate(found)


def spread(constraint: VermaConstraint, seen: Table) -> np.ndarray:
    """How far the formula depends on each variable that it must be free of."""
    table = value_of(constraint.formula, seen)
    return np.concatenate([(table.at({v: 1}) - table.at({v: 0})).cells.ravel() for v in constraint.free_of])


def slopes(of: Callable[[Table], np.ndarray], at: Table) -> np.ndarray:
    """The derivative along every direction that keeps the sum of the probabilities."""
    found = []
    for i in range(at.cells.size):
        up, down = at.cells.copy(), at.cells.copy()
        up.flat[i] += 1e-5
        down.flat[i] -= 1e-5
        found.append((of(Table(at.names, up)) - of(Table(at.names, down))) / 2e-5)
    along = np.linalg.svd(np.ones((1, at.cells.size)))[2][1:]
    return along @ np.array(found)


def rank(*parts: np.ndarray) -> int:
    sizes = np.linalg.svd(np.hstack(parts), compute_uv=False)
    return int((sizes > 1e-6 * sizes[0]).sum())


def check(graph: Graph, rng: np.random.Generator) -> int:
    """Constraints exist where the two dimensions differ, hold, are new, and leave nothing unsaid.

    New: at a distribution where the independences alone have full rank, and so are smooth, the constraint
    raises it: near by are distributions with all independences and without the constraint.
    """
    found = verma_constraints(graph)
    all_of, nested, ordinary = 2 ** len(graph.nodes) - 1, nested_dimension(graph), ordinary_dimension(graph)
    assert bool(found) == (nested < ordinary)
    if not found:
        return 0
    seen = joint(random_model(graph, rng))
    apart = slopes(partial(gaps, graph), seen)
    assert rank(apart) == all_of - ordinary
    bound = [slopes(partial(spread, constraint), seen) for constraint in found]
    for constraint, each in zip(found, bound, strict=True):
        assert dependence(constraint, seen) < 1e-9
        assert rank(apart, each) > rank(apart)
    assert rank(apart, *bound) == all_of - nested
    return len(found)


def test_a_model_with_the_same_independences_and_an_arrow_more_breaks_the_classic_constraint():
    (constraint,) = verma_constraints(arrows(CLASSIC))
    rng = np.random.default_rng(70)
    wider = arrows(f"{CLASSIC} A->D")
    for _ in range(5):
        assert dependence(constraint, joint(random_model(arrows(CLASSIC), rng))) < 1e-9
        assert dependence(constraint, joint(random_model(wider, rng))) > 1e-3
    for a, b in combinations("ABCD", 2):
        for given in subsets({*"ABCD"} - {a, b}):
            assert separated(arrows(CLASSIC), a, b, given) == separated(wider, a, b, given)


def test_constraints_are_complete_true_and_new_on_a_sample_of_the_admgs_of_four_variables():
    rng = np.random.default_rng(71)
    names = list(combinations("ABCD", 2))
    found = 0
    for number in range(0, 4096, 3):
        bits = [(number >> i) & 1 for i in range(12)]
        edges = [Edge(*pair) for pair, there in zip(names, bits[:6], strict=True) if there]
        edges += [Edge(*pair, "<->") for pair, there in zip(names, bits[6:], strict=True) if there]
        found += check(Graph.of("ABCD", edges), rng)
    assert found >= 3


def test_constraints_are_complete_true_and_new_on_random_admgs_of_five_and_six_variables():
    rng = np.random.default_rng(72)
    found = 0
    for number in range(300):
        graph = random_admg(
            rng, 5 + (number % 12 == 0), float(rng.uniform(2, 3.5)), float(rng.uniform(0.3, 0.6))
        )
        found += check(graph, rng)
    assert found >= 5


@pytest.mark.parametrize(
    "text",
    [
        CLASSIC,
        # Pairs that some set separates, and which are bound together nevertheless.
        "D->C D->A C<->E C->A B<->E A->B",
        "A<->E C<->E A->D A<->B D->C D->B",
        "B<->C A->E E->D B<->E D->B",
    ],
)
def test_constraints_are_complete_true_and_new_where_the_pairs_do_not_tell(text):
    assert check(arrows(text), np.random.default_rng(73)) >= 1


def test_the_classic_constraint_reads_as_it_is_printed_in_the_literature():
    (found,) = verma_constraints(arrows(CLASSIC))
    assert str(found) == "Σ_{B} P(B | A) P(D | A, B, C) does not depend on A"
    assert (found.of, found.free_of) == (("D",), ("A",))


def test_each_step_of_a_derivation_is_a_kernel_that_the_model_confirms():
    rng = np.random.default_rng(74)
    found = 0
    for _ in range(300):
        graph = random_admg(rng, 5, degree=3, share=0.5)
        model = random_model(graph, rng)
        for constraint in verma_constraints(graph):
            steps = list(constraint.derivation.walk())
            assert {step.rule for step in steps} <= {"ancestral", "c-factor", "marginal", "c-component"}
            assert all(is_true_in(step, model) for step in steps)
            found += 1
    assert found > 3


def test_latent_nodes_bind_as_bidirected_edges_do_and_are_never_named():
    graph = arrows("A->B B->C C->D U->B U->D", latent=("U",))
    assert [str(each) for each in verma_constraints(graph)] == [
        str(each) for each in verma_constraints(arrows(CLASSIC))
    ]
    rng = np.random.default_rng(75)
    for _ in range(100):
        graph = random_hidden(rng, 7, 2, degree=2.5)
        for constraint in verma_constraints(graph):
            assert not graph.latent & {*constraint.of, *constraint.free_of}
            assert dependence(constraint, joint(random_model(graph, rng))) < 1e-9


def test_graphs_without_hidden_causes_and_graphs_of_three_variables_have_no_verma_constraint():
    assert not any(verma_constraints(graph) for graph in all_dags("ABCD")[::5])
    assert not any(verma_constraints(graph) for graph in all_admgs("ABC"))


def test_long_formulas_are_named_and_not_written_out():
    rng = np.random.default_rng(76)
    texts = [str(each) for n in (12, 40) for each in verma_constraints(random_admg(rng, n, 3, 0.4))]
    chain = [Edge(f"V{i}", f"V{i + 1}") for i in range(30)]
    hidden = [Edge(f"V{i}", f"V{i + 2}", "<->") for i in range(29)]
    texts += [str(each) for each in verma_constraints(Graph.of((), [*chain, *hidden]))]
    assert texts
    assert max(map(len, texts)) < 5_000


def test_a_class_of_graphs_has_no_verma_constraints_yet():
    with pytest.raises(InvalidGraph):
        verma_constraints(Graph.of((), [Edge("A", "B", "--")], kind="CPDAG"))
