"""Negative controls, proximal proxies, difference in differences and discontinuities against definitions."""

import numpy as np
import pytest

from identification.definitions import adjusts, below, is_open, paths, subsets
from oracles.worlds import arrows, random_admg, random_hidden
from whence.identification.designs.instruments import instruments
from whence.identification.designs.proximal import holds, negative_controls, proximal_proxies
from whence.identification.designs.shapes import difference_in_differences, regression_discontinuities
from whence.language.graph import Edge, Graph
from whence.runtime.errors import (
    InvalidGraph,
    InvalidQuery,
    RepeatedVariable,
    TreatmentIsOutcome,
    UnknownVariable,
)


def apart(graph, x, y, given) -> bool:
    return not any(is_open(graph, path, given) for path in paths(graph, [x], [y]))


def drawn(graph: Graph) -> tuple[Graph, set[str]]:
    """Each <-> as a hidden node of its own, and which nodes are hidden."""
    edges, hidden = [], set(graph.latent)
    for edge in graph.edges:
        if edge.mark == "<->":
            name = f"U_{edge.source}_{edge.target}"
            hidden.add(name)
            edges += [Edge(name, edge.source), Edge(name, edge.target)]
        else:
            edges.append(edge)
    return Graph.of((*graph.nodes, *sorted(hidden - set(graph.nodes))), edges), hidden


def by_definition(graph: Graph, x: str, y: str):
    """The sizes of the settings (U, C) in which each variable or pair is a control, by path enumeration."""
    full, hidden = drawn(graph)
    usable = set(full.nodes) - below(full, [x]) - {y}
    found: dict[tuple[str, ...], set] = {}
    for chosen in subsets(usable):
        u, c = hidden & set(chosen), set(chosen) - hidden
        if not u or not adjusts(full, [x], [y], chosen):
            continue
        if any(adjusts(full, [x], [y], set(chosen) - {each}) for each in u):
            continue
        others = set(full.nodes) - hidden - {x, y} - c
        held = {*chosen, x}
        ties = {z: not any(apart(full, each, z, held - {each}) for each in u) for z in others}
        shares = {w: not any(apart(full, each, w, set(chosen) - {each}) for each in u) for w in others}
        exposures = [z for z in others if ties[z] and apart(full, z, y, held)]
        outcomes = [w for w in others if shares[w] and apart(full, w, x, chosen)]
        keys = [(z, "exposure") for z in exposures] + [(w, "outcome") for w in outcomes]
        keys += [(z, w, "pair") for z in exposures for w in outcomes if z != w and apart(full, z, w, chosen)]
        keys += [(w, "before") for w in outcomes if w not in below(full, [x, y])]
        for key in keys:
            found.setdefault(key, set()).add((frozenset(u), frozenset(c)))
    return found


def check(graph: Graph, x: str, y: str) -> int:
    truth = by_definition(graph, x, y)
    controls, pairs = negative_controls(graph, x, y), proximal_proxies(graph, x, y)
    earlier = difference_in_differences(graph, x, y)
    said = {(each.name, each.role): each for each in controls}
    said |= {(each.exposure, each.outcome, "pair"): each for each in pairs}
    said |= {(each.before, "before"): each for each in earlier}
    assert said.keys() == truth.keys()
    assert len(said) == len(controls) + len(pairs) + len(earlier)
    for key, each in said.items():
        assert (frozenset(each.hidden), frozenset(each.given)) in truth[key]
        assert len(each.hidden) + len(each.given) == min(len(u) + len(c) for u, c in truth[key])
        assert all(holds(condition, graph) for condition in each.conditions)
        assert each.assumptions
    return len(said)


def test_negative_controls_proxies_and_earlier_outcomes_are_those_of_the_definition_on_random_graphs():
    rng = np.random.default_rng(51)
    found = 0
    for number in range(120):
        if number % 2:
            graph = random_hidden(rng, 6, 2, degree=2.5)
        else:
            graph = random_admg(rng, 5, degree=2.2, share=0.5)
        x, y = (str(v) for v in rng.permutation(graph.observed)[:2])
        found += check(graph, x, y)
    assert found > 30


def test_the_textbook_proxies_are_found_with_their_conditions_and_what_the_graph_cannot_say():
    graph = arrows("U->X U->Y U->Z U->W Z->X W->Y X->Y", latent=("U",))
    (pair,) = proximal_proxies(graph, "X", "Y")
    assert (pair.exposure, pair.outcome, pair.hidden, pair.given) == ("Z", "W", ("U",), ())
    assert "Completeness: Z and W" in pair.assumptions[0]
    assert str(pair) == "Z and W as proxies of U"
    # An arrow Z -> Y spoils Z; X -> W spoils W; Z - W joined spoils the pair alone.
    assert not proximal_proxies(arrows("U->X U->Y U->Z U->W Z->X W->Y X->Y Z->Y", ("U",)), "X", "Y")
    assert not proximal_proxies(arrows("U->X U->Y U->Z U->W Z->X W->Y X->Y X->W", ("U",)), "X", "Y")
    joined = arrows("U->X U->Y U->Z U->W X->Y Z<->W", latent=("U",))
    assert not proximal_proxies(joined, "X", "Y")
    assert {each.name for each in negative_controls(joined, "X", "Y")} == {"Z", "W"}


def test_a_proxy_that_does_not_depend_on_the_hidden_cause_is_none():
    graph = arrows("U->X U->Y X->Y Z->X W->Y", latent=("U",))
    assert proximal_proxies(graph, "X", "Y") == ()
    # Given the treatment, its cause Z tells of U: an exposure proxy, as instruments are.
    assert [str(each) for each in negative_controls(graph, "X", "Y")] == [
        "Z as negative control exposure for U"
    ]


def test_a_bidirected_edge_is_one_hidden_cause_and_goes_by_the_name_that_the_canonical_dag_gives_it():
    graph = arrows("X->Y X<->Y U_X_Y->Y")
    assert negative_controls(graph, "X", "Y") == ()
    (pair,) = proximal_proxies(arrows("X->Y U->X U->Y U->Z U->W Z->X", latent=("U",)), "X", "Y")
    assert (pair.exposure, pair.outcome) == ("Z", "W")
    # Three bidirected edges are three hidden causes: that of X and Y is seen through neither Z nor W.
    assert proximal_proxies(arrows("X->Y X<->Y Z<->X W<->Y"), "X", "Y") == ()


def test_an_earlier_outcome_serves_unless_it_moves_the_treatment_or_knows_nothing_of_the_hidden_cause():
    text = "U->X U->B U->Y X->Y"
    (found,) = difference_in_differences(arrows(text, ("U",)), "X", "Y")
    assert (found.before, found.hidden) == ("B", ("U",))
    assert "Parallel trends" in found.assumptions[0]
    assert difference_in_differences(arrows(f"{text} B->X", ("U",)), "X", "Y") == ()
    assert difference_in_differences(arrows(f"{text} X->B", ("U",)), "X", "Y") == ()
    assert difference_in_differences(arrows("U->X B->Y U->Y X->Y", ("U",)), "X", "Y") == ()
    both = arrows(f"{text} U->C", ("U",))
    assert [each.before for each in difference_in_differences(both, "X", "Y")] == ["B", "C"]
    assert [each.before for each in difference_in_differences(both, "X", "Y", before="C")] == ["C"]


def test_a_discontinuity_needs_a_single_cause_of_what_is_decided():
    graph = arrows("R->X X->Y R->Y R<->Y R->V")
    (sharp,) = regression_discontinuities(graph, "X", "Y")
    assert (sharp.running, sharp.decided, sharp.kind, sharp.also_moved) == ("R", "X", "sharp", ("V",))
    assert any("does not jump" in text for text in sharp.assumptions)
    assert all(holds(condition, graph) for condition in sharp.conditions)
    assert regression_discontinuities(arrows("R->X X->Y X<->Y"), "X", "Y") == ()
    assert regression_discontinuities(arrows("R->X S->X X->Y"), "X", "Y") == ()
    assert regression_discontinuities(arrows("L->X L->Y X->Y", latent=("L",)), "X", "Y") == ()
    fuzzy_graph = arrows("R->T T->X X->Y X<->Y R->Y R<->X")
    (fuzzy,) = regression_discontinuities(fuzzy_graph, "X", "Y")
    assert (fuzzy.running, fuzzy.decided, fuzzy.kind) == ("R", "T", "fuzzy")
    assert all(holds(condition, fuzzy_graph) for condition in fuzzy.conditions)
    assert regression_discontinuities(arrows("R->T T->X X->Y X<->Y T->Y"), "X", "Y") == ()


def test_discontinuities_are_those_of_the_definition_on_random_graphs():
    rng = np.random.default_rng(52)
    kinds = []
    for _ in range(300):
        graph = random_admg(rng, 5, degree=2.4, share=0.25)
        x, y = (str(v) for v in rng.permutation(graph.nodes)[:2])
        causal = {v for v in below(graph, [x]) - {x} if y in below(graph, [v])}
        gone = {Edge(x, v) for v in causal}
        cut = Graph.of(graph.nodes, [edge for edge in graph.edges if edge not in gone])
        expected = set()
        for t in graph.nodes:
            into = [edge for edge in graph.edges if t in (edge.source, edge.target) and edge.source != t]
            into += [edge for edge in graph.edges if edge.mark == "<->" and edge.source == t]
            if len(into) != 1 or into[0].mark == "<->" or into[0].source in (x, y):
                continue
            r = into[0].source
            if t == x and apart(cut, t, y, {r}):
                expected.add((r, t, "sharp"))
            elif t not in below(graph, [x, y]) and apart(cut, t, y, {r}) and not apart(cut, t, x, {r}):
                expected.add((r, t, "fuzzy"))
        found = {(each.running, each.decided, each.kind) for each in regression_discontinuities(graph, x, y)}
        assert found == expected
        kinds += [kind for *_, kind in found]
    assert {"sharp", "fuzzy"} <= set(kinds)


@pytest.mark.parametrize(
    "ask", [negative_controls, proximal_proxies, difference_in_differences, regression_discontinuities]
)
def test_designs_refuse_unknown_latent_and_equal_variables(ask):
    graph = arrows("U->X U->Y X->Y", latent=("U",))
    with pytest.raises(UnknownVariable, match="Did you mean"):
        ask(graph, "x", "Y")
    with pytest.raises(TreatmentIsOutcome):
        ask(graph, "X", "X")
    with pytest.raises(InvalidQuery, match="latent"):
        ask(graph, "U", "Y")


def test_an_earlier_outcome_that_is_unknown_latent_or_asked_about_is_refused():
    graph = arrows("U->X U->Y U->B X->Y", latent=("U",))
    with pytest.raises(UnknownVariable):
        difference_in_differences(graph, "X", "Y", before="Q")
    with pytest.raises(RepeatedVariable):
        difference_in_differences(graph, "X", "Y", before="Y")
    with pytest.raises(InvalidQuery, match="latent"):
        difference_in_differences(graph, "X", "Y", before="U")


@pytest.mark.parametrize(
    "search",
    [negative_controls, proximal_proxies, difference_in_differences, regression_discontinuities, instruments],
)
def test_a_mag_has_no_designs_for_its_arrows_may_hide_common_causes(search):
    # R -> X may hide a cause of both, and then R alone does not decide X.
    graph = Graph.of((), [Edge("R", "X"), Edge("X", "Y"), Edge("R", "Y")], kind="MAG")
    with pytest.raises(InvalidGraph, match="search"):
        search(graph, "X", "Y")
