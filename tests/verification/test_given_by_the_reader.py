"""A reader may say which distributions are at hand: a certificate about others is rejected."""

from dataclasses import replace
from fractions import Fraction

import pytest

from oracles.worlds import arrows
from whence.identification.identify import identify
from whence.identification.verify import verify
from whence.language.estimand import Estimand
from whence.language.expression import P
from whence.language.model import HiddenCause, Mechanism
from whence.language.query import Query
from whence.language.refusals import NotIdentified
from whence.language.source import Source
from whence.runtime.errors import ProofRejected

GRAPH = arrows("Z->X X->Y Z<->X Z<->Y")
EFFECT = Query(P("Y", (), "X"))
SEEN, TRIAL = Source(P(("X", "Y", "Z"))), Source(P(("X", "Y"), (), "Z"))


def test_a_proof_from_what_the_reader_has_is_accepted_and_from_anything_else_it_is_not():
    found = identify(EFFECT, GRAPH, [TRIAL])
    assert isinstance(found, Estimand)
    assert verify(found, GRAPH, [TRIAL]) == verify(found, GRAPH, [SEEN, TRIAL]) == verify(found, GRAPH)
    with pytest.raises(ProofRejected, match="not at hand"):
        verify(found, GRAPH, [SEEN])
    with pytest.raises(ProofRejected, match="not at hand"):
        verify(found, GRAPH, [])


def test_a_refusal_stands_only_where_nothing_more_is_at_hand_than_its_models_agree_on():
    bow = arrows("X->Y X<->Y")
    joint, trial = Source(P(("X", "Y"))), Source(P("Y", (), "X"))
    found = identify(EFFECT, bow, [joint])
    assert isinstance(found, NotIdentified)
    assert verify(found, bow, [joint]) == verify(identify(EFFECT, bow), bow, [joint]) == ()
    with pytest.raises(ProofRejected, match="all that is at hand"):
        verify(found, bow, [joint, trial])


def test_an_indicator_of_what_was_recorded_may_itself_be_set():
    graph = arrows("V0->V2 V0->V1 V2->V1 V0->r_V2 V1->r_V0")
    source = Source(P(("V0*", "r_V2"), "V1", "r_V0"), proxies=(("V0", "r_V0"),))
    found = identify(Query(P("V1", (), "V0")), graph, [source])
    assert isinstance(found, NotIdentified)
    assert found.models is not None
    levels = (*found.models.first.levels, ("r_V0", (0, 1)))
    coin = HiddenCause("coin", (Fraction(1, 2), Fraction(1, 2)))
    wider = [
        replace(
            model,
            levels=levels,
            hidden=(*model.hidden, coin),
            mechanisms=(*model.mechanisms, Mechanism("r_V0", ("coin",), (0, 1))),
        )
        for model in (found.models.first, found.models.second)
    ]
    assert verify(replace(found, models=replace(found.models, first=wider[0], second=wider[1]))) == ()
