"""A refusal comes at once and what would help later; together they are what reading in full gives."""

import asyncio
from dataclasses import replace

import pytest

from studio.reasoning.test_ways import small_graphs
from whence.identification.identify import identify
from whence.identification.refusing import advice
from whence.language.graph import Edge, Graph
from whence.language.graph_text import graph as graph_of
from whence.language.query import effect
from whence.language.refusals import NotIdentified
from whence.runtime.errors import Cancelled
from whence.runtime.events import Cancellation, cancellable
from whence.studio.projects.sheet import Sheet
from whence.studio.reasoning import advice as advising
from whence.studio.reasoning import adviser as aside
from whence.studio.reasoning.adviser import Adviser
from whence.studio.reasoning.reader import read

EFFECT = "effect of X on Y"


def sheet(text: str, question: str = EFFECT) -> Sheet:
    return Sheet(graph=graph_of(text), question=question)


def bow(more: str) -> Sheet:
    """Refused, and by its further node in no cache that another test filled."""
    return sheet(f"X -> Y; X <-> Y; X -> {more}")


def test_a_reading_without_advice_lacks_nothing_else_and_is_completed_by_it() -> None:
    refused = 0
    for graph in (*small_graphs(3, stride=7, start=2), *small_graphs(4, stride=577, start=3)):
        given = Sheet(graph=graph, question=EFFECT)
        first, whole = read(given, advise=False), read(given)
        assert whole.advised
        assert replace(whole, would_help=(), instruments=(), advised=first.advised) == replace(
            first, would_help=(), instruments=()
        )
        reply = identify(effect("X", "Y"), graph)
        if first.standing == "refused":
            refused += 1
            assert not first.advised and not first.would_help and first.verified
            assert isinstance(reply, NotIdentified) and whole.would_help == reply.would_help
        else:
            assert first == whole and first.advised
    assert refused > 10


@pytest.mark.parametrize("question", [EFFECT, "ATT(X -> Y)", "P(Y | do(X=1))", "P(Y_{X=1} | X=0)"])
def test_advice_is_what_a_refusal_in_full_says_would_help(question) -> None:
    given = sheet("X -> M -> Y; X <-> Y; X <-> M", question)
    query = read(given).query
    assert query is not None
    whole, bare = identify(query, given.graph), identify(query, given.graph, advise=False)
    assert isinstance(whole, NotIdentified) and isinstance(bare, NotIdentified)
    assert bare.would_help == () and replace(bare, would_help=whole.would_help) == whole
    assert advice(query, given.graph) == whole.would_help != ()


@pytest.mark.parametrize("text", ["X -- Y", "X o-> Y", "X o-o Y; Y o-o Z"])
def test_in_a_class_of_graphs_there_is_nothing_left_to_look_for(text) -> None:
    first = read(sheet(text), advise=False)
    assert first.standing == "refused" and first.advised and first == read(sheet(text))


def test_a_search_for_advice_stops_when_it_is_cancelled_and_leaves_nothing_half_known() -> None:
    stop, found = Cancellation(), read(bow("stopped"), advise=False)
    stop.cancel()
    with cancellable(stop), pytest.raises(Cancelled):
        advising.advice_on(found)
    assert advising.advice_on(found).would_help


def test_a_fault_of_the_search_leaves_the_refusal_as_it_stands(monkeypatch, caplog) -> None:
    def fail(*_):
        raise RuntimeError("secret detail")

    monkeypatch.setattr(advising, "advice", fail)
    found = read(bow("faulty"))
    assert found.standing == "refused" and found.verified and found.advised and found.would_help == ()
    assert "secret detail" in caplog.text


def run(scenario) -> None:
    """The scenario with an adviser that does not wait and a queue of the projects that changed."""

    async def whole() -> None:
        told: asyncio.Queue[str] = asyncio.Queue()
        adviser = Adviser(told.put_nowait, calm=0.0)
        await asyncio.wait_for(scenario(adviser, told), 10)
        adviser.close()

    asyncio.run(whole())


def test_advice_arrives_aside_and_is_told_once() -> None:
    async def scenario(adviser: Adviser, told: asyncio.Queue[str]) -> None:
        given = bow("aside")
        adviser.look("p", given)
        assert adviser.reading(given).standing == "refused" and not adviser.reading(given).advised
        assert await told.get() == "p"
        assert adviser.reading(given) == read(given)
        adviser.look("p", replace(given, title="another title", pins={"X": (1.0, 2.0)}))
        await asyncio.sleep(0.05)
        assert told.empty()

    run(scenario)


def test_what_is_not_refused_is_not_looked_into() -> None:
    async def scenario(adviser: Adviser, told: asyncio.Queue[str]) -> None:
        for given in (sheet("X -> Y"), sheet("X -> Y", ""), sheet("X -> Y", "nonsense?"), Sheet()):
            adviser.look("p", given)
        await asyncio.sleep(0.05)
        assert told.empty()

    run(scenario)


def test_another_edit_stops_the_search_and_the_same_graph_goes_on(monkeypatch) -> None:
    begun: list[frozenset[Edge]] = []

    def search(reading):
        begun.append(frozenset(reading.graph.edges))
        return advising.Advice(("patience",))

    async def scenario(adviser: Adviser, told: asyncio.Queue[str]) -> None:
        monkeypatch.setattr(aside, "advice_on", search)
        first, second = bow("first"), sheet("X -> Y; X <-> Y; X -> first; X -> second")
        for _ in range(5):
            adviser.look("p", first)  # an edit that changes nothing that advice depends on
        adviser.look("q", second)
        adviser.look("p", second)
        assert {await told.get(), await told.get()} == {"p", "q"}
        assert adviser.reading(second).would_help == ("patience",)
        assert not adviser.reading(first).advised
        assert begun == [frozenset(second.graph.edges)] * 2

    run(scenario)


def test_nothing_is_told_of_a_project_that_was_forgotten_or_after_the_end(monkeypatch) -> None:
    async def scenario(adviser: Adviser, told: asyncio.Queue[str]) -> None:
        adviser.look("p", bow("forgotten"))
        adviser.forget("p")
        adviser.look("q", bow("closed"))
        adviser.close()
        await asyncio.sleep(0.1)
        assert told.empty()

    run(scenario)


def test_only_so_much_advice_is_kept(monkeypatch) -> None:
    async def scenario(adviser: Adviser, told: asyncio.Queue[str]) -> None:
        monkeypatch.setattr(aside, "KEPT", 2)
        given = [bow(f"kept{i}") for i in range(3)]
        for each in given:
            adviser.look("p", each)
            await told.get()
        assert [adviser.reading(each).advised for each in given] == [False, True, True]

    run(scenario)


def test_the_order_of_what_is_drawn_is_that_of_the_advice() -> None:
    edges = [Edge("X", "Y"), Edge("X", "Y", "<->"), Edge("A", "X"), Edge("B", "X")]
    one, other = (Graph.of(names, edges) for names in (("A", "B", "X", "Y"), ("B", "A", "X", "Y")))
    assert one == other
    keys = [advising.subject(read(Sheet(graph=g, question=EFFECT), advise=False)) for g in (one, other)]
    assert keys[0] != keys[1]
