"""The generalised adjustment criterion against every member of a class, and every path of every member."""

from itertools import combinations, permutations

import numpy as np
import pytest

from identification.classes import behind, common_marks, dag_classes, drawn, mag_classes
from identification.definitions import forbidden, minimal, paths, serving, subsets
from oracles.classes import random_class
from oracles.models import interventional, joint, random_model
from oracles.worlds import all_admgs, arrows
from whence.identification.adjustment import Spoiled, adjustment_sets, is_adjustment_set
from whence.identification.classes.ancestral import mag
from whence.identification.classes.class_adjustment import adjustment_in_class, possible_descendants
from whence.identification.classes.markov_class import members
from whence.identification.classes.meek import orient
from whence.language.graph import Edge, Graph
from whence.language.graph_text import graph as read

NAMES = "ABCD"


def tasks(names):
    """One treatment and outcome, two treatments, two outcomes."""
    yield from (([x], [y]) for x, y in permutations(names, 2))
    for pair in combinations(names, 2):
        for other in sorted(set(names) - set(pair)):
            yield list(pair), [other]
            yield [other], list(pair)


def check(graph, truth, chosen):
    """Every set, the minimal ones and one of these, against all graphs of the truth; how many serve."""
    serve = 0
    for x, y in chosen:
        candidates = valid = list(subsets(set(graph.nodes) - set(x) - set(y)))
        for each in truth:
            valid = serving(each, x, y, valid)
        for z in candidates:
            verdict = is_adjustment_set(graph, x, y, z)
            assert bool(verdict) == (z in valid), (graph, x, y, z, verdict)
            if isinstance(verdict, Spoiled):
                assert verdict.some_set_serves == bool(valid)
                assert (verdict.path is not None) == (verdict.reason == "open path")
        listed = list(adjustment_sets(graph, x, y, "all"))
        assert len(listed) == len(set(listed))
        assert set(listed) == minimal(valid)
        assert bool(adjustment_sets(graph, x, y)) == bool(valid)
        assert set(adjustment_sets(graph, x, y)) <= minimal(valid)
        serve += len(valid)
    return serve


def some(rng, share, names=NAMES):
    return [task for task in tasks(names) if rng.random() < share]


def test_in_a_cpdag_a_set_serves_exactly_if_it_serves_in_every_member():
    rng = np.random.default_rng(81)
    total = 0
    for each in dag_classes(NAMES):
        total += check(drawn(common_marks(each), NAMES, "CPDAG"), each, some(rng, 0.15))
    assert total > 500


def test_in_an_mpdag_a_set_serves_exactly_if_it_serves_in_every_member_that_knowledge_leaves():
    rng = np.random.default_rng(82)
    total = 0
    for each in dag_classes(NAMES):
        one = each[int(rng.integers(len(each)))]
        known = [(edge.source, edge.target) for edge in one.edges if rng.random() < 0.4]
        graph = orient(drawn(common_marks(each), NAMES, "CPDAG"), known)
        left = [dag for dag in each if set(known) <= {(edge.source, edge.target) for edge in dag.edges}]
        total += check(graph, left, some(rng, 0.12))
    for _ in range(15):
        graph, found = random_class(rng, "MPDAG", 6)
        total += check(graph, found, some(rng, 0.03, graph.nodes))
    assert total > 500


def test_in_a_mag_or_pag_a_set_serves_exactly_if_it_serves_in_every_admg_behind_it():
    rng = np.random.default_rng(83)
    total = 0
    for each in mag_classes(NAMES):
        if rng.random() < 0.12:
            graph = drawn(common_marks(each), NAMES, "PAG")
            total += check(graph, [admg for one in each for admg in behind(one)], some(rng, 0.15))
        one = each[int(rng.integers(len(each)))]
        total += check(one, behind(one), some(rng, 0.1))
    assert total > 50


def test_what_serves_in_a_mag_of_three_nodes_serves_in_every_admg_that_has_it_and_no_more():
    having = {}
    for graph in all_admgs("ABC"):
        having.setdefault(mag(graph), []).append(graph)
    for one, each in having.items():
        check(one, each, list(tasks("ABC")))


def optimal_by_definition(dag, x, y):
    causal = {v for path in paths(dag, x, y) if path.causal for v in path.nodes[1:]}
    above = {edge.source for edge in dag.edges if edge.target in causal}
    return frozenset(above - forbidden(dag, x, y) - set(x)) if causal else None


@pytest.mark.parametrize("kind", ["CPDAG", "MPDAG"])
def test_the_optimal_set_of_a_class_is_that_of_each_of_its_members(kind):
    rng = np.random.default_rng(84)
    compared = 0
    for _ in range(30):
        graph, found = random_class(rng, kind, 5)
        for x, y in permutations(graph.nodes, 2):
            best = adjustment_sets(graph, x, y, "optimal").first
            wanted = {optimal_by_definition(dag, [x], [y]) for dag in found}
            if best is not None and None not in wanted:
                assert wanted == {best}
                compared += 1
            assert bool(adjustment_sets(graph, x, y)) == (best is not None) or None in wanted
    assert compared > 30


def test_no_set_is_called_optimal_where_hidden_causes_are_left_open():
    assert list(adjustment_sets(read("[MAG] I -> X; X -> Y"), "X", "Y", "optimal")) == []
    assert list(adjustment_sets(read("[MAG] I -> X; X -> Y"), "X", "Y")) == [frozenset()]


def test_what_possibly_descends_is_what_descends_in_some_member():
    rng = np.random.default_rng(85)
    for kind in ("CPDAG", "MPDAG", "PAG"):
        for _ in range(25):
            graph, found = random_class(rng, kind, 5)
            for v in graph.nodes:
                truth = 0
                for each in found:
                    truth |= graph.mask(each.names(possible_descendants(each, each.mask([v]))))
                assert possible_descendants(graph, graph.mask([v])) == truth


def test_what_is_adjusted_for_beside_conditions_serves_with_them_and_none_of_it_comes_after_the_treatment():
    rng = np.random.default_rng(86)
    found_some = refused = 0
    for _ in range(80):
        kind = str(rng.choice(["CPDAG", "MPDAG", "PAG"]))
        graph, _ = random_class(rng, kind, 5)
        x, y, w, *others = (str(v) for v in rng.permutation(graph.nodes))
        masks = [graph.mask([v]) for v in (x, y, w)]
        after = possible_descendants(graph, masks[0])
        answer = adjustment_in_class(graph, *masks)
        usable = [v for v in others if not graph.mask([v]) & after]
        serves = [z for z in subsets(usable) if is_adjustment_set(graph, x, y, [*z, w])]
        assert (answer is not None) == (not masks[2] & after and bool(serves))
        if answer is not None:
            assert tuple(sorted(graph.names(answer))) in serves
        found_some += answer is not None
        refused += answer is None
        plain = adjustment_in_class(graph, masks[0], masks[1])
        assert (plain is not None) == bool(adjustment_sets(graph, x, y))
        assert plain is None or is_adjustment_set(graph, x, y, graph.names(plain))
    assert found_some > 10
    assert refused > 20


@pytest.mark.parametrize("kind", ["CPDAG", "MPDAG", "PAG"])
def test_the_formula_of_a_class_is_the_conditional_effect_in_models_of_its_members(kind):
    rng = np.random.default_rng(87)
    checked = 0
    while checked < 25:
        graph, found = random_class(rng, kind, 5)
        x, y, w, *_ = (str(v) for v in rng.permutation(graph.nodes))
        given = [w] if rng.random() < 0.6 else []
        answer = adjustment_in_class(graph, graph.mask([x]), graph.mask([y]), graph.mask(given))
        if answer is None or (len(found) == 1 and kind != "PAG"):
            continue
        z = graph.names(answer)
        for number in rng.permutation(len(found))[:4]:
            hidden = behind(found[number], most=2) if kind == "PAG" else [found[number]]
            model = random_model(hidden[int(rng.integers(len(hidden)))], rng)
            seen = joint(model).keep({x, y, *z, *given})
            response = seen / seen.keep({x, *z, *given})
            weight = seen.keep({*z, *given}) / seen.keep(given)
            wrong = (response * weight).keep({x, y, *given}) - interventional(model, [y], [x], given)
            assert np.abs(wrong.cells).max() < 1e-9
        checked += 1


def test_what_spoils_a_set_in_a_class_is_told():
    open_edge = is_adjustment_set(read("[CPDAG] X -- Y"), "X", "Y")
    assert isinstance(open_edge, Spoiled)
    assert (open_edge.reason, open_edge.variable, open_edge.some_set_serves) == ("not amenable", "X", False)
    invisible = is_adjustment_set(read("[MAG] X -> Y"), "X", "Y")
    assert isinstance(invisible, Spoiled)
    assert "hidden common cause" in invisible.message
    graph = orient(read("[CPDAG] X -- Y; X -- D; Y -- D"), "X -> Y; X -> D")
    spoilt = is_adjustment_set(graph, "X", "Y", "D")
    assert isinstance(spoilt, Spoiled)
    assert (spoilt.reason, spoilt.variable, spoilt.some_set_serves) == ("forbidden variable", "D", True)
    assert "possibly" in spoilt.message
    paper = read("A->C B->C C->F D->C D->F E->F A--B B--D B--E D--E", kind="CPDAG")
    way = is_adjustment_set(paper, "C", "F", "A")
    assert isinstance(way, Spoiled)
    assert way.reason == "open path"
    assert "member" in way.message


def test_a_pag_with_marks_beyond_its_class_is_answered_where_no_set_can_serve_and_refused_elsewhere():
    graph = Graph.of((), [Edge("X", "I", "o->"), Edge("X", "Y")], kind="PAG")
    assert not adjustment_sets(graph, "X", "Y")
    verdict = is_adjustment_set(graph, "X", "Y")
    assert isinstance(verdict, Spoiled)
    assert verdict.reason == "not amenable"


def test_latent_nodes_of_a_class_of_dags_are_never_in_a_set():
    dag = arrows("A->X B->X L->Y X->Y A->Y", latent=("L",))
    graph = Graph.of(dag.nodes, dag.edges, latent=dag.latent, kind="MPDAG")
    assert all(each.latent == {"L"} for each in members(graph))
    hidden = is_adjustment_set(graph, "X", "Y", ["A", "L"])
    assert isinstance(hidden, Spoiled)
    assert hidden.reason == "latent variable"
    assert list(adjustment_sets(graph, "X", "Y", "all")) == [{"A"}]
