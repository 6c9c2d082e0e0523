"""Two models for what several sources leave open: experiments, populations, selection, missing values."""

from math import prod

import pytest

from oracles.pairs import faults
from oracles.source_trials import source_trial
from oracles.worlds import arrows
from whence.identification.sources.general_id import Thicket
from whence.identification.witnesses.witness import disagreement
from whence.language.expression import P, Term
from whence.language.query import Query, effect
from whence.language.source import Source

BOW = arrows("X->Y X<->Y")
BENEFIT = P((Term("Y", 1, (Term("X", 1),)), Term("Y", 0, (Term("X", 0),))))
SELECTED = Term("S", 1)


@pytest.mark.parametrize("elsewhere", [False, True])
def test_random_questions_that_no_source_answers_have_two_models_that_the_definition_confirms(elsewhere):
    held = 0
    for number in range(24):
        trial = source_trial((21, number, int(elsewhere)), elsewhere)
        x, y, w = trial.asked
        query = Query(P(y, w, x))
        if not isinstance(trial.found, Thicket) and len(trial.graph.nodes) > 4:
            continue  # to look everywhere and find nothing takes a while
        pair = disagreement(query, trial.graph, trial.sources)
        if isinstance(trial.found, Thicket):
            if trial.found.complete:
                assert pair is not None, (trial.graph, query, trial.sources)
            if pair is not None and prod(len(cause.probabilities) for cause in pair.first.hidden) < 100:
                assert faults(pair, query.body, trial.graph, trial.sources) == []
                held += 1
        else:
            assert pair is None, (trial.graph, query, trial.sources)
    assert held > 1


@pytest.mark.parametrize(("graph", "query", "sources"), [
    (arrows("X->Y Y->R"), P("Y"), (Source(P(("X", "Y*", "R")), (), (("Y", "R"),)),)),
    (arrows("X->Y X->R Y->R"), P("Y", (), "X"), (Source(P(("X", "Y*", "R")), (), (("Y", "R"),)),)),
    (arrows("Y<->R"), P("Y"), (Source(P(("Y*", "R")), (), (("Y", "R"),)),)),
    (arrows("X->Y Y->S"), P("Y"), (Source(P(("X", "Y"), SELECTED)),)),
    (arrows("X->Y Y->S"), P("Y", (), "X"), (Source(P(("X", "Y"), SELECTED)),)),
    (arrows("X->Y X->S Y->S"), P("Y", (), "X"), (Source(P(("X", "Y"), SELECTED)),)),
    (arrows("X->S X->Y"), P("Y"), (Source(P(("X", "Y"), SELECTED)),)),
    (BOW, P("Y", (), "X"), (Source(P("Y", "X")),)),
    (BOW, P("Y", (), "X"), (Source(P("X")), Source(P("Y")))),
    (BOW, P("Y", (), "X"), (Source(P(("X", "Y"))), Source(P("Y", (), "X", "trial"), ("Y",)))),
    (arrows("Z->Y X->Y"), P("Y", (), "X"), (Source(P(("Z", "Y"), (), "X", "trial"), ("Z",)),)),
    (BOW, P("Y"), (Source(P("Y", (), "X", "a"), ("X",)), Source(P("X", (), (), "b"), ("Y",)))),
    (BOW, BENEFIT, (Source(P(("X", "Y"))), Source(P("Y", (), "X")))),
])  # fmt: skip
def test_what_is_seen_in_part_only_is_left_open_by_two_models(graph, query, sources):
    pair = disagreement(Query(query), graph, sources)
    assert pair is not None
    assert faults(pair, query, graph, sources) == []


@pytest.mark.parametrize(("graph", "query", "sources"), [
    (arrows("X->Y X->R"), P("Y", (), "X"), (Source(P(("X", "Y*", "R")), (), (("Y", "R"),)),)),
    (arrows("X->Y X->S"), P("Y", (), "X"), (Source(P(("X", "Y"), SELECTED)),)),
    (BOW, P("Y", (), "X"), (Source(P("Y", (), "X")),)),
    (BOW, P("Y", (), "X"), (Source(P(("X", "Y"))), Source(P("Y", (), "X", "trial"), ("X",)))),
    (arrows("Z->Y X->Y"), P("Y", (), "X"), (Source(P(("Z", "Y"), (), "X", "trial"), ("Z",)), Source(P("Z")))),
])  # fmt: skip
def test_nothing_is_found_where_the_sources_determine_the_answer(graph, query, sources):
    assert disagreement(Query(query), graph, sources) is None


def test_the_default_and_the_distribution_of_everything_leave_the_same_open():
    for graph in (BOW, arrows("X->Z Z->Y X<->Z")):
        source = Source(P(graph.nodes))
        pair = disagreement(effect("X", "Y", 1, 0), graph, (source,))
        assert pair is not None
        assert faults(pair, effect("X", "Y", 1, 0).body, graph, (source,)) == []
