"""What only some of the sources mention can stand in the way: without these, the others suffice."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import whence as wh
from oracles.source_trials import fault
from oracles.sources import random_sources
from oracles.worlds import arrows, random_admg
from whence.identification import proving
from whence.identification.identify import identify
from whence.identification.sources.given import MOST_CHOICES, some_of
from whence.language.expression import P
from whence.language.query import Query
from whence.language.source import Source

FRONT = arrows("X->M M->Y X<->Y W->M V->W")
STUDY = Source(P(("M", "X", "Y")))


@pytest.fixture
def no_search(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the graph were too large for the do-calculus to be gone through."""
    monkeypatch.setattr(proving, "BUDGET", 10)


@pytest.mark.usefixtures("no_search")
def test_a_source_that_mentions_an_unmeasured_cause_does_not_bar_what_another_source_answers():
    query = Query(P("Y", (), "X"))
    alone = identify(query, FRONT, [STUDY])
    assert isinstance(alone, wh.Estimand)
    both = identify(query, FRONT, [Source(P(("V", "W"))), STUDY])
    assert isinstance(both, wh.Estimand)
    assert both == alone
    assert both.given == (STUDY,)
    assert wh.verify(both)


@pytest.mark.usefixtures("no_search")
def test_the_sources_that_are_used_are_the_fewest_that_suffice():
    trial = Source(P("M", do="X", population="trial"), differs=("X",))
    other = Source(P(("X", "Y"), do="M"))
    noise = Source(P(("V", "W"), do="M"))
    found = identify(Query(P("Y", (), "X")), FRONT, [noise, trial, other])
    assert isinstance(found, wh.Estimand)
    assert found.given == (trial, other)
    assert wh.verify(found)


@pytest.mark.usefixtures("no_search")
def test_whatever_is_proved_from_some_of_the_sources_is_true_and_accepted():
    some = 0
    for seed in range(900):
        rng = np.random.default_rng((5, seed))
        graph = random_admg(rng, int(rng.integers(5, 8)), float(rng.uniform(1.2, 2.4)), 0.3)
        sources = random_sources(rng, graph.nodes, bool(seed % 2), 0.8)
        y, x, *_ = (str(name) for name in rng.permutation(graph.nodes))
        query = Query(P(y, (), x))
        found = proved(query, graph, sources)
        if found is None or found.given == sources:
            continue
        some += 1
        assert wh.verify(found)
        mentioned = {x, y, *(t.name for each in found.given for t in each.distribution.terms)}
        hidden = replace(graph, latent=frozenset(graph.nodes) - mentioned)
        assert not fault(hidden, ((x,), (y,), ()), found.given, found.derivation.premises[0], rng)
    assert some >= 5


def proved(query: Query, graph: wh.Graph, sources: tuple[Source, ...]) -> wh.Estimand | None:
    """The estimand, without the trouble of proving a refusal."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("whence.identification.identify.refuse", lambda *_, **__: None)
        found = identify(query, graph, sources)
    return found if isinstance(found, wh.Estimand) else None


def test_choices_leave_some_out_and_there_are_not_too_many():
    numbers = tuple(Source(P(f"V{i}")) for i in range(6))
    chosen = list(some_of(numbers))
    assert len(chosen) == len(set(chosen)) == 2**6 - 2
    assert all(0 < len(each) < 6 for each in chosen)
    assert len(list(some_of(tuple(Source(P(f"V{i}")) for i in range(20))))) == MOST_CHOICES
    assert list(some_of(())) == list(some_of(numbers[:1])) == []
