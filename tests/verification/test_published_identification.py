"""The published cases of `../shared/cases/identification.json`: verdict, proof and number of each.

Kinds that wait for later slices: `counterfactual` (10 cases: ID* and IDC*), `general_identification` (6:
several sources, missing data), MAG, PAG and CPDAG graphs, direct effects and selection nodes. `instrument`,
`frontdoor` and `optimal_adjustment` are read off the graph and tested with the identifier.
"""

import json
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from conftest import SHARED, shared_file
from oracles.evaluation import agree, value_of
from oracles.formulas import formula
from oracles.models import interventional, joint, random_model
from oracles.worlds import arrows
from whence.identification.adjustment import adjustment_sets, is_adjustment_set
from whence.identification.identify import identify
from whence.identification.separation import separated
from whence.identification.verify import verify
from whence.identification.verify_graph import project
from whence.identification.witness import disagreement
from whence.language.estimand import Estimand
from whence.language.expression import P
from whence.language.query import Query
from whence.language.refusals import Hedge, NotIdentified
from whence.runtime.errors import ProofRejected

CASES = "cases/identification.json"


@cache
def cases() -> list[dict]:
    path: Path = shared_file(CASES)
    return json.loads(path.read_text("utf-8"))["cases"]


def of_kind(*kinds: str) -> list[dict]:
    """The cases of these kinds; one that skips where the file is not there."""
    if not (SHARED / CASES).exists():
        return [pytest.param({}, marks=pytest.mark.skip(f"needs ../shared/{CASES}"))]
    return [pytest.param(case, id=case["id"]) for case in cases() if case["kind"] in kinds]


@pytest.mark.parametrize("case", of_kind("effect", "conditional_effect"))
def test_a_published_effect_is_proved_and_numerically_right_or_refused_with_a_hedge(case: dict):
    graph = arrows(case["graph"])
    sides = case["outcomes"], case["conditions"], case["treatments"]
    found = identify(Query(P(*sides)), graph)
    if not case["identifiable"]:
        assert isinstance(found, NotIdentified)
        assert verify(found, graph) == ()
        return
    assert isinstance(found, Estimand)
    assert len(verify(found, graph)) >= 2
    for seed in range(2):
        small = len(graph.nodes) <= 8
        model = random_model(graph, np.random.default_rng(seed), hidden_levels=3 if small else 2)
        seen = joint(model)
        truth = interventional(model, case["outcomes"], case["treatments"], case["conditions"])
        ours = value_of(found.expression, seen)
        assert agree(ours, truth)
        if case["estimand"]:
            published = value_of(formula(case["estimand"]), seen)
            assert agree(published, truth)
            assert agree(ours, published)


def test_hedges_published_with_effects_are_accepted_and_do_not_pass_for_another_treatment():
    found = 0
    for case in cases():
        if case["kind"] == "effect" and case["hedge"]:
            graph, (forest, subforest) = arrows(case["graph"]), case["hedge"]
            x, y = tuple(case["treatments"]), tuple(case["outcomes"])
            hedge = Hedge(tuple(forest), tuple(subforest), tuple(subforest))
            query = Query(P(y, (), x))
            pair = disagreement(query, graph, (), hedge)
            refusal = NotIdentified("", (), query, hedge, x, y, graph, models=pair)
            assert verify(refusal) == ()
            with pytest.raises(ProofRejected):
                verify(replace(refusal, treatments=y, outcomes=x))
            found += 1
    assert found >= 10


@pytest.mark.parametrize("case", of_kind("m_separation"))
def test_a_published_separation_is_found_by_the_identifier_and_by_the_verifier(case: dict):
    graph = arrows(case["graph"])
    x, y, z = (frozenset(case[part]) for part in ("x", "y", "z"))
    assert separated(graph, x, y, z) == case["separated"]
    assert project(graph).separated(x, y, z) == case["separated"]


def test_published_minimal_adjustment_sets_of_dags_are_found():
    found = 0
    for case in cases():
        if case["kind"] == "adjustment_sets" and case["graph_type"] in ("dag", "admg"):
            graph = arrows(case["graph"], tuple(case["latent"]))
            sets = adjustment_sets(
                graph, case["treatments"], case["outcomes"], kind="all", include=case["must_include"]
            )
            assert {frozenset(each) for each in sets} == {frozenset(each) for each in case["minimal_sets"]}
            found += 1
    assert found == 1


def test_sets_published_with_an_effect_are_adjustment_sets_for_the_identifier_and_the_verifier():
    found = 0
    for case in cases():
        for each in case.get("adjustment_sets") or ():
            graph = arrows(case["graph"])
            assert is_adjustment_set(graph, case["treatments"], case["outcomes"], each)
            sides = (frozenset(part) for part in (case["treatments"], case["outcomes"], each))
            assert project(graph).adjusts(*sides)
            found += 1
    assert found >= 2


def test_what_is_published_as_no_adjustment_set_is_none_for_the_identifier_and_the_verifier():
    (case,) = (case for case in cases() if case["id"] == "dg-is2")
    graph = arrows(case["graph"])
    assert not is_adjustment_set(graph, case["treatments"], case["outcomes"], case["set"])
    sides = (frozenset(case[part]) for part in ("treatments", "outcomes", "set"))
    assert not project(graph).adjusts(*sides)
