"""Separation and adjustment cases that others published, in every kind of graph."""

import json

import pytest

from conftest import shared_file
from whence.identification.adjustment import adjustment_sets, is_adjustment_set
from whence.identification.separation import separated
from whence.language.graph_text import graph as read

KINDS = ("m_separation", "is_adjustment_set", "adjustment_sets", "optimal_adjustment")


def drawn(case):
    kind = case.get("graph_type", "dag").upper()
    # Bidirected edges of "dag" cases are hidden causes.
    return read(case["graph"], kind=None if kind == "DAG" else kind, latent=case.get("latent", ()))


def right(case):
    graph = drawn(case)
    if case["kind"] == "m_separation":
        return separated(graph, case["x"], case["y"], case["z"]) == case["separated"]
    x, y = case["treatments"], case["outcomes"]
    if case["kind"] == "is_adjustment_set":
        options = {"effect": case["effect"], "selected": case["selected"]}
        return bool(is_adjustment_set(graph, x, y, case["set"], **options)) == case["expected"]
    if case["kind"] == "adjustment_sets":
        found = set(adjustment_sets(graph, x, y, "all", include=case["must_include"]))
        return found == {frozenset(each) for each in case["minimal_sets"] or ()}
    wanted = None if case["set"] is None else frozenset(case["set"])
    return adjustment_sets(graph, x, y, "optimal").first == wanted


@pytest.mark.parametrize("kind", KINDS)
def test_every_published_case_comes_out_as_published(kind):
    cases = json.loads(shared_file("cases/identification.json").read_text())["cases"]
    chosen = [case for case in cases if case["kind"] == kind]
    assert len(chosen) >= 3
    assert [case["id"] for case in chosen if not right(case)] == []
