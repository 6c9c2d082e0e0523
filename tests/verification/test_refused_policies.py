"""Refusals where policies are in force: two models, and the same policies in both."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

import whence as wh
from oracles.worlds import arrows, random_admg
from whence.language.expression import P
from whence.language.model import Disagreement, HiddenCause, StructuralModel
from whence.language.query import Query
from whence.language.refusal_json import refusal_from_dict, refusal_to_dict
from whence.language.source import POLICY, Source
from whence.runtime.errors import InvalidQuery, ProofRejected

OUT_OF_REACH = arrows("X->Y X<->Z Z<->Y")
"""do(X) needs P(Y | X) alone; a policy that looks at Z needs how Z and Y hang together once X is set."""


def refused() -> wh.NotIdentified:
    found = wh.identify_policy("P(Y)", OUT_OF_REACH, wh.Policy("X", ("Z",)))
    assert isinstance(found, wh.NotIdentified)
    return found


def models() -> Disagreement:
    pair = refused().models
    assert pair is not None
    return pair


def test_the_models_come_with_the_policies_that_tell_them_apart():
    refusal = refused()
    assert wh.verify(refusal) == ()
    assert [each.population for each in models().elsewhere] == [POLICY]
    assert refusal.given == (Source(P(("X", "Y", "Z"))), Source(P("X", "Z", (), POLICY), ("X",)))
    back = refusal_from_dict(refusal_to_dict(refusal))
    assert back == refusal
    assert isinstance(back, wh.NotIdentified)
    assert wh.verify(back) == ()


def test_random_refusals_are_proved_and_the_proofs_accepted():
    kinds = []
    for number in range(160):
        rng = np.random.default_rng((31, number))
        graph = random_admg(rng, int(rng.integers(3, 6)), float(rng.uniform(2, 3.5)), 0.5)
        names = [str(name) for name in rng.permutation(graph.nodes)]
        governed, rest = names[: 1 + number % 2], names[1 + number % 2 :]
        policies = [wh.Policy(x, tuple(z for z in names if z != x and rng.random() < 0.3)) for x in governed]
        trial = [Source(P(names[1:], (), names[:1])), Source(P(graph.nodes))]
        query = Query(P(rest[:1], rest[1 : 1 + number % 3 // 2]))
        try:
            found = wh.identify_policy(query, graph, policies, trial if number % 4 == 3 else None)
        except InvalidQuery:
            continue
        kinds.append("yes" if isinstance(found, wh.Estimand) else found.kind)
        if not isinstance(found, wh.NotYetAnswerable):
            wh.verify(found)
    assert kinds.count("not_identified") > 15
    assert kinds.count("not_yet_answerable") <= 1


def with_models(pair: Disagreement) -> wh.NotIdentified:
    return replace(refused(), models=pair)


def accepted(refusal: wh.NotIdentified) -> bool:
    try:
        wh.verify(refusal)
    except ProofRejected:
        return False
    return True


def altered(model: StructuralModel, variable: str) -> StructuralModel:
    """The model with the values of one variable exchanged."""
    mechanisms = tuple(
        replace(each, table=tuple(1 - value for value in each.table)) if each.variable == variable else each
        for each in model.mechanisms
    )
    return replace(model, mechanisms=mechanisms)


def listening(model: StructuralModel) -> StructuralModel:
    """The model with a governed variable that hears a hidden cause of another one as well."""
    cause = next(
        name for each in model.mechanisms if each.variable == "Y" for name in each.inputs if name[0] == "U"
    )
    mechanisms = tuple(
        replace(
            each,
            inputs=(*each.inputs, cause),
            table=tuple(v for v in each.table for _ in range(sizes(model.hidden)[cause])),
        )
        if each.variable == "X"
        else each
        for each in model.mechanisms
    )
    return replace(model, mechanisms=mechanisms)


def sizes(hidden: tuple[HiddenCause, ...]) -> dict[str, int]:
    return {cause.name: len(cause.probabilities) for cause in hidden}


def test_models_without_policies_or_with_others_prove_nothing():
    pair = models()
    (there,) = pair.elsewhere
    elsewhere = {
        "no policy is in force": (),
        "another population": (replace(there, population="trial"),),
        "another policy in the second": (replace(there, second=altered(there.second, "X")),),
        "more than the policy differs": (replace(there, second=altered(there.second, "Y")),),
        "the policy hears a hidden cause": (
            replace(there, first=listening(there.first), second=listening(there.second)),
        ),
    }
    for how, others in elsewhere.items():
        wrong = with_models(replace(pair, elsewhere=others))
        assert not accepted(wrong), how
    with pytest.raises(ProofRejected):
        wh.verify(with_models(replace(pair, values=(pair.values[0], pair.values[1] + Fraction(1, 100)))))


def test_the_question_and_the_policies_are_what_the_refusal_says():
    refusal = refused()
    other = Query(P("Y"))
    with pytest.raises(ProofRejected):  # P(Y) is given: nothing differs
        wh.verify(replace(refusal, query=other))
    with pytest.raises(ProofRejected):  # no policy is stated
        wh.verify(replace(refusal, given=refusal.given[:1]))
    with pytest.raises(ProofRejected):  # the policy looks at something else
        wh.verify(replace(refusal, given=(refusal.given[0], Source(P("X", "Y", (), POLICY), ("X",)))))
    hedge = wh.identify(wh.effect("X", "Y", 1, 0), arrows("X->Y X<->Y"))
    assert isinstance(hedge, wh.NotIdentified)
    with pytest.raises(ProofRejected):
        wh.verify(replace(refusal, hedge=hedge.hedge))


def test_where_only_what_is_always_done_keeps_a_policy_from_looking_ahead_no_models_are_made_up():
    # X looks at M, which X causes; M is set to 1, so that this is no circle, but no model could have it.
    graph = arrows("X->M M->Y Z->Y Z<->Y")
    found = wh.identify_policy(
        "P(Y | X)", graph, [wh.Policy("X", ("M",)), wh.Policy("Z", value=1), wh.Policy("M", value=1)]
    )
    assert isinstance(found, wh.NotYetAnswerable)
