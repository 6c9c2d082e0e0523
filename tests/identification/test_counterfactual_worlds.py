"""Random variables of events in several worlds: which are one, which matter, which cannot be had together."""

from itertools import pairwise

import pytest

from oracles.worlds import arrows
from whence.identification.counterfactuals.counterfactual_worlds import Conflict, Worlds
from whence.language.expression import P, Term
from whence.language.query_text import query

CHAIN = arrows("X->M M->Y X->Y C->M")


def terms(text: str) -> tuple[Term, ...]:
    body = query(text).body
    assert isinstance(body, P)
    return (*body.of, *body.given)


def variables(graph, text: str) -> list[str]:
    worlds = Worlds.of(graph, terms(text))
    return [str(worlds.variables[number]) for number in worlds.relevant()]


def test_a_setting_that_does_not_reach_a_variable_drops_out():
    assert variables(CHAIN, "P(X_{Y=1, M=0}=1)") == variables(CHAIN, "P(X=1)") == ["X"]
    assert variables(CHAIN, "P(Y_{C=0, X=0, M=1}=1)") == ["Y(X=0, M=1)"]


def test_a_parent_seen_at_a_value_counts_as_that_value_and_makes_two_worlds_one():
    assert variables(CHAIN, "P(X=1, M_{X=1}=0, Y=1)") == ["X", "C", "M(X=1, C)", "Y(X=1, M=0)"]
    assert variables(CHAIN, "P(X=1, Y_{X=0}=1)") == ["X", "C", "M(X=0, C)", "Y(X=0, M)"]


def test_a_nested_setting_is_what_the_variable_is_in_its_own_world():
    assert variables(CHAIN, "P(Y_{X=1, M_{X=0}}=1)") == ["C", "M(X=0, C)", "Y(X=1, M)"]
    same = variables(CHAIN, "P(Y_{X=1, M_{X=1}}=1)")
    assert same == variables(CHAIN, "P(Y_{X=1}=1)") == ["C", "M(X=1, C)", "Y(X=1, M)"]


@pytest.mark.parametrize(("text", "impossible"), [
    ("P(X=1, Y_{X=1}=1, Y=0)", True),
    ("P(X=1, Y_{X=1}=1, Y=1)", False),
    ("P(X=1, Y_{X=0}=1, Y=0)", False),
    ("P(X_{Y=1}=0, X=1)", True),
    ("P(Y_{Y=1}=0)", True),
    ("P(Y_{Y=1}=1)", False),
    ("P(M_{X=0}=1, Y_{X=1, M_{X=0}}=1, Y_{X=1, M=1}=0)", True),
])  # fmt: skip
def test_an_event_that_contradicts_itself_is_known_as_impossible(text, impossible):
    assert Worlds.of(CHAIN, terms(text)).impossible is impossible


def test_two_responses_of_one_variable_conflict_and_so_do_two_values_within_a_district():
    worlds = Worlds.of(CHAIN, terms("P(Y_{X=0}=0, Y_{X=1}=1)"))
    conflict = worlds.doubled(worlds.relevant())
    assert conflict is not None
    assert conflict.name in ("M", "Y")
    bow = arrows("X->Y X<->Y")
    worlds = Worlds.of(bow, terms("P(X=1, Y_{X=0}=0)"))
    assert worlds.doubled(worlds.relevant()) is None
    (district,) = worlds.groups(worlds.relevant())
    assert worlds.values(district) == Conflict("X", "X=1", "X=0", ("X", "Y"))


def test_long_chains_need_no_deep_recursion():
    names = [f"V{i}" for i in range(3000)]
    graph = arrows(" ".join(f"{a}->{b}" for a, b in pairwise(names)))
    assert len(variables(graph, "P(V2999_{V0=1}=1)")) == 2999
