"""Implied independences: one per pair, and a basis that implies all of them and can spare none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import combinations

import numpy as np
import pytest

from identification.definitions import subsets
from oracles.models import Table
from oracles.worlds import all_admgs, all_dags, arrows, random_admg, random_hidden
from whence.identification.designs.implications import JointIndependence, implied_independences, markov_basis
from whence.identification.separation import separated
from whence.language.graph import Edge, Graph
from whence.runtime.errors import InvalidGraph

Statement = tuple[int, int, int]
"""Two masks that are independent given a third; the first is the smaller number."""


def stated(a: int, b: int, c: int) -> Statement:
    return (a, b, c) if a < b else (b, a, c)


def parts(mask: int) -> Iterator[int]:
    part = mask
    while part:
        yield part
        part = (part - 1) & mask


def closed(statements: Iterable[Statement], joining: bool = False) -> set[Statement]:
    """What the semi-graphoid axioms make of the statements; `joining` adds composition and intersection."""
    found: set[Statement] = set()
    pending = [stated(*each) for each in statements]
    while pending:
        each = pending.pop()
        if each in found:
            continue
        found.add(each)
        for x, y, c in (each, (each[1], each[0], each[2])):
            for part in parts(y):  # decomposition and weak union
                if part != y:
                    pending += [stated(x, part, c), stated(x, part, c | y & ~part)]
            for p, q, r in list(found):
                for u, w in ((p, q), (q, p)):
                    if u != x or w & y:
                        continue
                    if r == c | y or c == r | w:  # contraction
                        pending.append(stated(x, y | w, min(r, c, key=int.bit_count)))
                    if joining and (r == c or (c & ~w == r & ~y and c & w == w and r & y == y)):
                        pending.append(stated(x, y | w, c & ~w))
    return found


def separations(graph: Graph) -> set[Statement]:
    """Every m-separation of sets."""
    whole = graph.all
    found = set()
    for c in range(whole + 1):
        for a in parts(whole & ~c):
            for b in parts(whole & ~c & ~a):
                if a < b and separated(graph, graph.names(a), graph.names(b), graph.names(c)):
                    found.add((a, b, c))
    return found


def as_masks(graph: Graph, basis: Iterable[JointIndependence]) -> list[Statement]:
    return [
        stated(graph.mask([each.variable]), graph.mask(each.others), graph.mask(each.given)) for each in basis
    ]


def check_basis(graph: Graph) -> int:
    """The basis implies exactly the separations, and no part of it does."""
    basis = as_masks(graph, markov_basis(graph))
    assert closed(basis) == separations(graph)
    for spared in basis:
        assert spared not in closed([each for each in basis if each != spared], joining=False)
    return len(basis)


def test_the_basis_implies_every_separation_of_every_admg_of_three_variables_and_can_spare_no_statement():
    assert sum(check_basis(graph) for graph in all_admgs("ABC")) == 85


def test_the_basis_implies_every_separation_of_random_admgs_and_can_spare_no_statement():
    rng = np.random.default_rng(61)
    largest = 0
    for number in range(150):
        graph = random_admg(rng, 4 + number % 2, float(rng.uniform(1.8, 3.2)), float(rng.uniform(0.3, 0.9)))
        largest = max(largest, check_basis(graph))
    assert largest >= 5


@pytest.mark.parametrize(
    "text",
    [
        "A<->B B<->C C<->D D<->E A<->E",
        "C<->D A<->B D<->E A<->E A<->D",
        "A<->B B<->C C<->D D<->E A->E",
    ],
)
def test_a_basis_is_found_where_districts_overlap_in_a_ring(text):
    assert check_basis(arrows(text)) > 3


def test_in_a_dag_the_basis_says_that_each_variable_is_free_of_its_other_predecessors_given_its_parents():
    for graph in all_dags("ABCD")[::7]:
        before: tuple[str, ...] = ()
        expected = []
        for v in (graph.nodes[i] for i in graph.order):
            above = graph.names(graph.parents[graph.index[v]])
            others = tuple(name for name in graph.nodes if name in before and name not in above)
            expected += [JointIndependence(v, others, above)] if others else []
            before = (*before, v)
        assert list(markov_basis(graph)) == expected


def test_one_statement_for_each_pair_is_no_basis_for_three_coins_and_the_joint_ones_are():
    graph = Graph.of("ABC", [])
    # C is heads where A and B differ, most of the time: any two are independent, the three are not.
    cells = np.full((2, 2, 2), 0.05)
    for a, b in ((0, 0), (0, 1), (1, 0), (1, 1)):
        cells[a, b, a ^ b] = 0.2
    coins = Table(tuple("ABC"), cells)

    def holds(x, others, given):
        def chance(names):
            return coins.keep(names)

        gap = chance([x, *others, *given]) * chance(given) - chance([x, *given]) * chance([*others, *given])
        return bool(np.allclose(gap.cells, 0))

    assert all(holds(each.x, [each.y], each.given) for each in implied_independences(graph))
    assert not all(holds(each.variable, each.others, each.given) for each in markov_basis(graph))


def test_statements_for_pairs_imply_the_rest_where_independences_of_parts_join():
    for graph in all_dags("ABCD")[::11]:
        pairs = [
            (graph.mask([each.x]), graph.mask([each.y]), graph.mask(each.given))
            for each in implied_independences(graph)
        ]
        assert closed(pairs, joining=True) == separations(graph)


def test_a_basis_mentions_no_latent_variable_and_says_so_in_words():
    graph = arrows("U->A U->B A->C B->D", latent=("U",))
    assert [str(each) for each in markov_basis(graph)] == ["C ⟂ B | A", "D ⟂ A, C | B"]


def test_large_graphs_have_a_basis_unless_their_districts_are_too_many_to_list():
    rng = np.random.default_rng(62)
    graph = random_admg(rng, 100, degree=3, share=0.15)
    basis = markov_basis(graph)
    for each in list(basis)[::25]:
        assert separated(graph, each.variable, each.others, each.given)
    names = [f"V{i}" for i in range(40)]
    everyone = Graph.of(names, [Edge(*pair, "<->") for pair in combinations(names, 2)])
    assert markov_basis(everyone) == ()
    arms = [Edge(*pair, "<->") for i in range(8) for pair in ((f"W{i}", f"V{i}"), (f"V{i}", "Y"))]
    with pytest.raises(InvalidGraph, match="ancestral districts"):
        markov_basis(Graph.of([f"{kind}{i}" for kind in "WV" for i in range(8)], arms))


def test_a_class_of_graphs_has_no_basis_yet():
    with pytest.raises(InvalidGraph):
        markov_basis(Graph.of((), [Edge("A", "B", "--")], kind="CPDAG"))


def test_each_nonadjacent_pair_that_can_be_separated_is_listed_with_a_minimal_set():
    rng = np.random.default_rng(43)
    for _ in range(60):
        graph = random_hidden(rng, 7, 2, degree=2.5)
        listed = {frozenset((each.x, each.y)): each.given for each in implied_independences(graph)}
        for i, x in enumerate(graph.observed):
            for y in graph.observed[i + 1 :]:
                others = set(graph.observed) - {x, y}
                fitting = [set(z) for z in subsets(others) if separated(graph, x, y, z)]
                given = listed.get(frozenset((x, y)))
                assert (given is not None) == bool(fitting)
                if given is not None:
                    assert set(given) in fitting
                    assert not any(z < set(given) for z in fitting)


def test_names_that_are_no_plain_words_are_quoted_in_a_basis():
    graph = Graph.of((), [Edge("a, b", "c"), Edge("c", "e f")])
    assert [str(each) for each in markov_basis(graph)] == ['"e f" ⟂ "a, b" | c']
    assert [str(each) for each in implied_independences(graph)] == ['"a, b" ⟂ "e f" | c']
