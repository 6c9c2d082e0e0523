"""The data's verdict: what the graph implies and the data contradict is told, and the work is bounded."""

from __future__ import annotations

import numpy as np
import pytest

import whence as wh
from whence.language.graph import Edge, Graph
from whence.language.graph_text import graph as graph_of
from whence.refutation import implications
from whence.runtime.errors import Cancelled
from whence.runtime.events import Cancellation, Progress, cancellable, listening
from whence.studio.reasoning import verdicts as module
from whence.studio.reasoning.verdicts import verdicts


def chain(rows: int = 600, *, broken: bool = False) -> wh.Table:
    chance = np.random.default_rng(7)
    a = chance.normal(size=rows)
    b = a + chance.normal(size=rows)
    c = b + (a if broken else 0) + chance.normal(size=rows)
    return wh.table({"a": a.tolist(), "b": b.tolist(), "c": c.tolist()})


def test_what_holds_is_not_broken() -> None:
    found = verdicts(graph_of("a -> b -> c"), chain())
    (only,) = found.tested
    assert not found.pending and (only.x, only.y, only.given) == ("a", "c", ("b",))
    assert not only.broken and only.p > 0.05 and only.n == 600
    assert found.sentence == "The one independence that was tested holds up in the data."


def test_what_fails_is_broken_and_named() -> None:
    found = verdicts(graph_of("a -> b -> c"), chain(broken=True))
    (only,) = found.tested
    assert only.broken and only.p < 0.001
    assert only.sentence.startswith("a and c, given b, go together in the data")
    assert found.sentence == "The one independence that was tested fails in the data."


def test_the_p_values_are_holms_and_the_broken_come_first() -> None:
    found = verdicts(graph_of("a; b; c"), chain())
    assert [each.broken for each in found.tested] == [True, True, True]
    half = verdicts(graph_of("a -> b; c"), chain())
    assert half.sentence == "2 of 2 independences fail in the data."
    lone = wh.table({"a": [0, 1] * 200, "b": [0, 0, 1, 1] * 100, "c": [0, 1] * 200})
    mixed = verdicts(graph_of("a; b; c"), lone)
    assert [each.broken for each in mixed.tested] == [True, False, False]
    assert mixed.sentence == "1 of 3 independences fails in the data."
    raw = {
        each.independence.x + each.independence.y: each
        for each in module.predictions(graph_of("a; b; c"), module.columns_of(lone, ("a", "b", "c")), None)
    }
    assert all(each.p == raw[each.x + each.y].p_held for each in mixed.tested)


def test_among_many_independences_some_fail_by_chance_and_are_not_called_broken() -> None:
    chance = np.random.default_rng(3)
    names = [f"v{i}" for i in range(9)]
    noise = wh.table({name: chance.normal(size=300).tolist() for name in names})
    graph = Graph.of(names, [])
    made = module.predictions(graph, module.columns_of(noise, names), None)
    assert any(each.test.p < 0.05 for each in made)
    found = verdicts(graph, noise)
    assert not any(each.broken for each in found.tested)
    assert found.sentence == "Each of 36 independences holds up in the data."


def test_what_cannot_be_tested_is_counted() -> None:
    found = verdicts(graph_of("a -> b -> c; d -> c"), chain())
    assert "could not be tested" in found.sentence and len(found.tested) == 1


def test_a_latent_variable_is_not_asked_of_the_data() -> None:
    found = verdicts(graph_of("u -> a; u -> c; a -> b; c -> b", latent=["u"]), chain())
    assert found.tested == () and "implies no independence" in found.sentence


@pytest.mark.parametrize(
    ("graph", "said"),
    [
        (Graph.of((), [Edge("a", "b", "o->")]), "open ends"),
        (Graph.of(("a", "nowhere"), []), "fewer than two"),
        (Graph.of([f"v{i}" for i in range(40)], []), "fewer than two"),
    ],
)
def test_what_is_not_tested_is_said(graph, said) -> None:
    found = verdicts(graph, chain())
    assert said in found.sentence and not found.tested and not found.pending


def test_a_class_is_asked_for_what_all_its_members_imply() -> None:
    graph = Graph.of((), [Edge("a", "b", "--"), Edge("b", "c", "--")], kind="CPDAG")
    (only,) = verdicts(graph, chain()).tested
    assert (only.x, only.y, only.given) == ("a", "c", ("b",))


def test_a_large_graph_is_told_to_be_too_large_before_anything_is_tested(monkeypatch) -> None:
    def never(*_):
        raise AssertionError("it was tested")

    monkeypatch.setattr(module, "predictions", never)
    names = [f"v{i}" for i in range(40)]
    data = wh.table({name: [0, 1, 1] for name in names})
    assert "too many" in verdicts(Graph.of(names, []), data).sentence


def test_of_many_rows_a_sample_is_asked_always_the_same_and_it_is_said(monkeypatch) -> None:
    monkeypatch.setattr(module, "MOST_ROWS", 200)
    one, other = (verdicts(graph_of("a -> b -> c"), chain()) for _ in range(2))
    assert one == other and one.tested[0].n == 200
    assert "200 of 600 rows" in one.sentence


def test_counts_stand_for_rows_and_probabilities_are_not_tested() -> None:
    cells = {"a": [0, 0, 1, 1], "b": [0, 1, 0, 1]}
    counted = wh.table({**cells, "n": [40, 10, 10, 40]}, weights="n")
    (only,) = verdicts(graph_of("a; b"), counted).tested
    assert only.broken and only.n == 100
    likely = wh.table({**cells, "p": [0.4, 0.1, 0.1, 0.4]}, weights="p")
    assert "table of probabilities" in verdicts(graph_of("a; b"), likely).sentence


def test_it_stops_between_two_tests_when_it_is_cancelled(monkeypatch) -> None:
    token, count, one_test = Cancellation(), 0, implications.tested

    def counting(each, columns):
        nonlocal count
        count += 1
        token.cancel()
        return one_test(each, columns)

    monkeypatch.setattr("whence.refutation.implications.tested", counting)
    heard: list[object] = []
    with cancellable(token), listening(heard.append), pytest.raises(Cancelled):
        verdicts(graph_of("a; b; c"), chain())
    assert count == 1 and isinstance(heard[0], Progress)
