"""The do-search: published cases, recoveries of the textbooks, small graphs, and random distributions."""

import json
import re

import numpy as np
import pytest

from oracles.closure import all_that_follows, as_known
from oracles.formulas import formula
from oracles.recovery import false_step, random_truth, same_function
from oracles.searches import KINDS, against_id, judge_recovery, random_split, recovery_trials
from oracles.trials import Tally
from oracles.worlds import all_admgs, arrows, random_admg
from whence.identification.id_algorithm import identify_effect
from whence.identification.idc import Barred, identify_conditional_effect
from whence.identification.sources import do_search_rules
from whence.identification.sources.do_search import BudgetSpent, Exhausted, do_search
from whence.language.estimand import Step
from whence.language.expression import P, Term, substitute
from whence.language.printing import to_text
from whence.language.refusals import Hedge
from whence.language.source import Source
from whence.runtime.errors import InvalidQuery, RepeatedVariable, UnknownVariable

XY = (("x", "r_x"), ("y", "r_y"))
XYZ = (*XY, ("z", "r_z"))
RECORDED = Source(P(("x*", "y*", "r_x", "r_y")), proxies=XY)
ALL_THREE = Source(P(("x*", "y*", "z*", "r_x", "r_y", "r_z")), proxies=XYZ)
SELECTED = Source(P(("X", "Y", "Z"), Term("S", 1)))


def read(text: str, case: dict) -> P:
    """A probability such as `p(y|do(x),z)`."""
    match = re.fullmatch(r"p\(([^|]*)(?:\|(.*))?\)", text)
    assert match is not None, text
    done = re.search(r"do\(([^)]*)\)", match[2] or "")
    seen = re.sub(r"do\([^)]*\),?", "", match[2] or "")
    upper = case.get("lower_case_query", False)

    def names(part: str) -> tuple[str, ...]:
        return tuple(name.upper() if upper else name for name in part.split(",") if name)

    return P(names(match[1]), names(seen), names(done[1] if done else ""))


def drawn(case: dict) -> tuple[Source, ...]:
    pairs = [pair.split(":") for pair in case.get("missing_data", "").replace(" ", "").split(",") if pair]
    proxies = tuple((x, r) for r, x in pairs)
    return tuple(Source(read(text, case), proxies=proxies if "*" in text else ()) for text in case["data"])


def assert_proved(found: object, graph, given: tuple[Source, ...]) -> Step:
    assert isinstance(found, Step), found
    for seed in range(2):
        false = false_step(found, random_truth(graph, given, np.random.default_rng(seed)))
        assert false is None, (false, to_text(found.formula))
    return found


def test_published_general_identification_cases_are_decided_as_their_sources_say(shared_file):
    cases = [
        case
        for case in json.loads(shared_file("cases/identification.json").read_text())["cases"]
        if case["kind"] == "general_identification"
    ]
    for case in cases:
        graph, given = arrows(case["graph"]), drawn(case)
        found = do_search(graph, read(case["query"], case), given)
        if not case["identifiable"]:
            assert isinstance(found, Exhausted), case["id"]
            continue
        step = assert_proved(found, graph, given)
        if case["estimand"] is not None:
            plain = formula(re.sub(r"(r_\w)=1", r"\1", case["estimand"]))
            published = substitute(plain, {"r_x": 1, "r_y": 1})
            truth = random_truth(graph, given, np.random.default_rng(5))
            assert same_function(truth.value(published), truth.value(step.formula)), case["id"]
    assert len(cases) == 6


@pytest.mark.parametrize(
    ("text", "claim", "known"),
    [
        ("X->M M->Y X<->Y", P("Y", do="X"), "Σ_{M} (Σ_{X'} P(Y | M, X') P(X')) P(M | X)"),
        ("Z->X X->Y Z->Y", P("Y", do="X"), "Σ_{Z} P(Y | X, Z) P(Z)"),
        ("X->Y", P("Y", do="X"), "P(Y | X)"),
        ("X->Y X<->Y", P("Y", do="X"), None),
        ("W->Z Z->X X->Y W<->X W<->Y", P("Y", do="X"), "napkin"),
    ],
)
def test_back_door_front_door_and_napkin_are_rediscovered_from_the_joint_distribution(text, claim, known):
    graph = arrows(text)
    given = (Source(P(graph.nodes)),)
    found = do_search(graph, claim, given)
    if known is None:
        assert isinstance(found, Exhausted)
        return
    step = assert_proved(found, graph, given)
    assert known in (to_text(step.formula), "napkin")


@pytest.mark.parametrize(
    ("text", "claim", "given", "known"),
    [
        # E. Bareinboim, J. Tian and J. Pearl (AAAI 2014): recoverable iff Y and S are separated given X,
        ("X->Y X->S Z->Y", P("Y", "X"), (SELECTED,), True),
        ("X->Y Y->S Z->Y", P("Y", "X"), (SELECTED,), False),
        ("X->Y X->Z Z->S Z->Y", P("Y", "X"), (SELECTED,), False),
        # but with Z known from outside the selection, more is.
        ("X->Y X->Z Z->S Z->Y", P("Y", "X"), (SELECTED, Source(P(("X", "Z")))), True),
        ("X->Y Z->X Z->Y Z->S", P("Y", do="X"), (SELECTED,), False),
        ("X->Y Z->X Z->Y Z->S", P("Y", do="X"), (SELECTED, Source(P("Z"))), True),
        # a collider between treatment and selection: the adjustment set itself is biased.
        ("X->Y Z->X Z->Y X->S Z->S", P("Y", do="X"), (SELECTED, Source(P("Z"))), True),
        ("X->Y Z->Y Y->S", P("Y", do="X"), (SELECTED, Source(P(("X", "Z")))), False),
    ],
)
def test_selection_bias_is_undone_exactly_where_the_papers_say(text, claim, given, known):
    graph = arrows(text)
    found = do_search(graph, claim, given)
    if known:
        assert_proved(found, graph, given)
    else:
        assert isinstance(found, Exhausted)


@pytest.mark.parametrize(
    ("text", "claim", "given", "known"),
    [
        ("x->y r_x r_y", P(("x", "y")), RECORDED, "P(x, y | r_x=1, r_y=1)"),
        ("x->y x->r_y", P(("x", "y")), Source(P(("x", "y*", "r_y")), proxies=XY[1:]), "P(y | r_y=1, x) P(x)"),
        (
            "x->y y->r_x x->r_y",
            P(("x", "y")),
            RECORDED,
            "P(x | r_x=1, r_y=1, y) P(r_y=1, y) / P(r_y=1 | r_x=1, x)",
        ),
        ("x->y y->r_x", P(("x", "y")), Source(P(("x*", "y", "r_x")), proxies=XY[:1]), "P(x | r_x=1, y) P(y)"),
        ("x->y x->r_x", P(("x", "y")), Source(P(("x*", "y", "r_x")), proxies=XY[:1]), None),
        ("x->y x->r_x", P("y", "x"), Source(P(("x*", "y", "r_x")), proxies=XY[:1]), "P(y | r_x=1, x)"),
        ("x->y y->r_y r_y->r_x", P("x", "y"), RECORDED, "P(x | r_x=1, r_y=1, y)"),
        ("x->y y->r_y r_x", P("y", do="x"), RECORDED, None),
        ("x->y y->r_x r_y", P("y", do="x"), RECORDED, "some"),
        ("x->y y->z x->z y->r_x z->r_x x->r_y z->r_y x->r_z y->r_z", P(("x", "y", "z")), ALL_THREE, "some"),
        ("x->y y->z x->z y->r_x z->r_x z->r_y r_y->r_x r_z", P("z", do="y"), ALL_THREE, "some"),
    ],
)
def test_missing_data_is_recovered_where_missingness_graphs_allow_it(text, claim, given, known):
    """K. Mohan and J. Pearl (JASA 2021): at random, not at random without self-masking, and self-masked."""
    graph = arrows(text)
    found = do_search(graph, claim, (given,))
    if known is None:
        assert isinstance(found, Exhausted)
        return
    step = assert_proved(found, graph, (given,))
    assert known in (to_text(step.formula), "some")


def test_on_all_graphs_of_three_variables_the_search_finds_what_id_finds_and_nothing_else():
    tally = Tally()
    claims = [
        P("C", (), "A"),
        P("C", "B", "A"),
        P("C", (), tuple("AB")),
        P(tuple("BC"), (), "A"),
        P("C", "A", "B"),
    ]
    for graph in all_admgs("ABC"):
        for claim in claims:
            y, w, x = (graph.mask(t.name for t in part) for part in (claim.of, claim.given, claim.do))
            known = identify_conditional_effect(graph, x, y, w) if w else identify_effect(graph, x, y)
            given = (Source(P(tuple("ABC"))),)
            found = do_search(graph, claim, given)
            assert isinstance(found, Exhausted if isinstance(known, Barred | Hedge) else Step), (graph, claim)
            tally.counts["found"] += isinstance(found, Step)
    assert tally.counts["found"] > 400


def test_on_random_graphs_the_search_finds_what_id_finds_and_nothing_else():
    tally = against_id(120, seed=3, sizes=(4, 6))
    assert not tally.faults, tally.faults[0]
    assert tally.counts["ID finds, search does not"] == 0
    assert tally.counts["ID finds, search finds"] > 60
    assert tally.counts["ID bars, search does not"] > 20


@pytest.mark.parametrize("kind", KINDS)
def test_every_step_from_random_distributions_is_true_in_random_models(kind):
    tally = recovery_trials(60 if kind == "everything" else 120, seed=11, kind=kind, budget=5_000)
    assert not tally.faults, tally.faults[0]
    assert tally.counts["found"] > 15
    assert tally.counts["exhausted"] > 15


def test_a_search_that_ignored_the_graph_would_be_caught(monkeypatch):
    monkeypatch.setattr(do_search_rules.Separations, "_walk", lambda *_: 0)
    tally = recovery_trials(20, seed=2, kind="partial")
    assert len(tally.faults) > 10


def test_an_experiment_elsewhere_serves_where_what_differs_is_adjusted_for():
    graph = arrows("Z->Y X->Y")
    trial = Source(P(("Y", "Z"), (), "X", "trial"), differs=("Z",))
    alone = do_search(graph, P("Y", (), "X"), (trial,))
    assert isinstance(alone, Exhausted)
    given = (trial, Source(P("Z")))
    step = assert_proved(do_search(graph, P("Y", (), "X"), given), graph, given)
    assert to_text(step.formula) == "Σ_{Z} P@trial(Y | do(X), Z) P(Z)"
    assert "transport" in {each.rule for each in step.walk()}


def test_a_proxy_is_not_the_variable_where_its_indicator_is_not_known_to_be_one():
    graph = arrows("x->y x->r_x")
    seen = Source(P(("r_x", "y"), "x*"), proxies=XY[:1])
    # P(r_x=1 | x*) is not P(r_x=1 | x): where x* is known, x was recorded.
    assert isinstance(do_search(graph, P("r_x", "x"), (seen,)), Exhausted)
    tally = Tally()
    judge_recovery(graph, P("y", ("x", Term("r_x", 1))), (seen,), 0, tally, 1_000)
    assert not tally.faults


def test_what_stops_the_search_is_told_apart():
    graph = arrows("A->B B->C C->D A<->C B<->D")
    given = (Source(P(tuple("ABCD"))),)
    assert isinstance(do_search(graph, P("D", (), "A"), given, budget=10), BudgetSpent)
    assert isinstance(do_search(arrows("A->B A<->B"), P("B", (), "A"), (Source(P(tuple("AB"))),)), Exhausted)


def test_variables_that_nothing_mentions_are_as_good_as_latent():
    graph = arrows("U->X U->Y X->M M->Y")
    given = (Source(P(("X", "M", "Y"))),)
    step = assert_proved(do_search(graph, P("Y", (), "X"), given), graph, given)
    assert "U" not in to_text(step.formula)


def test_misuse_is_an_error_with_its_cure():
    graph = arrows("x->y y->r_x S")
    with pytest.raises(InvalidQuery, match="one value"):
        do_search(graph, P("y", Term("S", 0)), (Source(P("y", Term("S", 1))),))
    with pytest.raises(InvalidQuery, match="indicator"):
        do_search(graph, P("x"), (Source(P("x*"), proxies=XY[:1]),))
    with pytest.raises(InvalidQuery, match="proxy"):
        do_search(graph, P("y"), (Source(P(("y", "r_x"), (), "x*"), proxies=XY[:1]),))
    with pytest.raises(InvalidQuery, match="seeing or doing"):
        do_search(graph, P(Term("y", None, (Term("x"),))), (Source(P("y")),))
    with pytest.raises(UnknownVariable):
        do_search(graph, P("y"), (Source(P("q")),))
    with pytest.raises(RepeatedVariable):
        do_search(graph, P("y"), (Source(P("y", "y")),))


def test_the_search_reaches_all_that_the_rules_for_sets_of_variables_lead_to():
    counts = {True: 0, False: 0}
    for number in range(40):
        rng = np.random.default_rng((13, number))
        graph = random_admg(rng, 4 if number % 4 == 0 else 3, float(rng.uniform(1, 3)), 0.4)
        atoms = [P(*random_split(rng, list(graph.nodes), (0.4, 0.2, 0.2))) for _ in range(rng.integers(1, 4))]
        known = all_that_follows(graph, atoms)
        given = tuple(map(Source, atoms))
        for _ in range(12):
            claim = P(*random_split(rng, list(graph.nodes), (0.2, 0.2, 0.3)))
            follows = as_known(claim) in known
            found = do_search(graph, claim, given)
            assert isinstance(found, Step if follows else Exhausted), (graph, atoms, claim)
            counts[follows] += 1
    assert min(counts.values()) > 100
