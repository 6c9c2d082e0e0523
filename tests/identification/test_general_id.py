"""Effects from several sources: published cases by hand, random ones against exact models."""

from __future__ import annotations

import numpy as np
import pytest

from oracles.evaluation import agree
from oracles.source_trials import source_trial
from oracles.sources import is_true_of, random_populations, truth_in, value_in
from oracles.tangents import is_not_determined
from oracles.worlds import arrows, random_admg
from whence.identification.idc import Barred, identify_conditional_effect
from whence.identification.sources.general_id import Bar, Thicket, identify_from
from whence.identification.sources.given import as_known
from whence.language.estimand import Step
from whence.language.expression import P, Product, Quotient, Sum
from whence.language.graph import Graph
from whence.language.printing import to_text
from whence.language.refusals import Hedge
from whence.language.simplify import simplify
from whence.language.source import Source
from whence.runtime.errors import UnknownVariable


def asked(graph: Graph, y, x=(), w=(), *given) -> Step | Thicket:
    return identify_from(graph, graph.mask(x), graph.mask(y), graph.mask(w), given)


def proved(graph: Graph, y, x=(), w=(), *given, seed: int = 0) -> Step:
    """The step, each part of which is true in random models of all populations, over measured atoms only."""
    found = asked(graph, y, x, w, *given)
    assert isinstance(found, Step), found
    world = random_populations(graph, given, np.random.default_rng(seed))
    assert found.claim == P(tuple(y), tuple(w), tuple(x))
    for step in found.walk():
        assert is_true_of(step, world), step
    return found


def refused(graph: Graph, y, x=(), w=(), *given) -> Thicket:
    """The thicket, where a direction exists in which the query moves and no source does."""
    found = asked(graph, y, x, w, *given)
    assert isinstance(found, Thicket), found
    assert is_not_determined(graph, given, (tuple(x), tuple(y), tuple(w)))
    return found


# ── surrogate experiments: Bareinboim & Pearl, "Causal inference by surrogate experiments" (UAI 2012) ───────


def test_an_experiment_on_a_surrogate_gives_the_effect_where_observation_does_not():
    graph = arrows("Z->X X->Y Z<->X Z<->Y")
    observed, trial = Source(P([*"XYZ"])), Source(P([*"XY"], do="Z"))
    refused(graph, "Y", "X", (), observed)
    step = proved(graph, "Y", "X", (), observed, trial)
    # P(Y | X, do Z) is the same for every Z: averaged with the weights that were observed.
    assert step.formula == Sum(("Z",), Product((P("Z"), P("Y", "X", "Z"))))


def test_without_a_distribution_of_the_surrogate_the_arms_of_the_experiment_weigh_the_same():
    graph = arrows("Z->X X->Y Z<->X Z<->Y")
    step = proved(graph, "Y", "X", (), Source(P([*"XY"], do="Z")))
    assert step.formula == Quotient(Sum(("Z",), P("Y", "X", "Z")), Sum(("Z",), Product(())))


def test_zid2_with_an_experiment_on_z_is_refused_by_a_hedge_in_either_source():
    graph = arrows("Z->X X->Y X<->Y Z<->Y")
    thicket = refused(graph, "Y", "X", (), Source(P([*"XYZ"])), Source(P([*"XY"], do="Z")))
    assert thicket == Thicket(
        ("Y",),
        (
            Bar(Source(P([*"XYZ"])), hedge=Hedge(("Z", "X", "Y"), ("Y",), ("Y",))),
            Bar(Source(P([*"XY"], do="Z")), hedge=Hedge(("X", "Y"), ("Y",), ("Y",))),
        ),
        ("X",),
        ("Y",),
        complete=True,
    )


def test_an_instrument_that_was_randomised_does_not_give_the_effect():
    graph = arrows("Z->X X->Y X<->Y")
    refused(graph, "Y", "X", (), Source(P([*"XYZ"])), Source(P([*"XY"], do="Z")))


def test_two_experiments_are_joined_although_none_of_them_suffices():
    # Lee, Correa & Bareinboim (2019): a district each from another experiment.
    graph = arrows("X1->Y1 X2->Y2 Y1->Y2 X1<->Y1 X2<->Y2")
    one, two = Source(P(("X2", "Y1", "Y2"), do="X1")), Source(P(("X1", "Y1", "Y2"), do="X2"))
    y, x = ("Y1", "Y2"), ("X1", "X2")
    refused(graph, y, x, (), one)
    refused(graph, y, x, (), two)
    step = proved(graph, y, x, (), one, two)
    assert step.rule == "effect"
    assert [part.rule for part in step.premises] == ["districts"]


def test_an_experiment_that_sets_the_treatment_and_more_is_averaged_over_the_rest():
    graph = arrows("X->Y Z->X X<->Y")
    step = proved(graph, "Y", "X", (), Source(P("Y", do=[*"XZ"])))
    assert step.formula == Quotient(Sum(("Z",), P("Y", (), [*"XZ"])), Sum(("Z",), Product(())))


def test_an_experiment_on_exactly_the_question_is_its_own_answer_even_where_mediators_went_unmeasured():
    graph = arrows("X->M M->Y X<->Y")
    step = proved(graph, "Y", "X", (), Source(P([*"MX"])), Source(P("Y", do="X")))
    assert (step.rule, step.formula) == ("given", P("Y", (), "X"))


def test_a_condition_that_could_be_set_may_be_read_off_an_experiment():
    graph = arrows("X->Z Z->Y X<->Z Z<->X X<->Y")
    step = proved(graph, "Y", "X", "Z", Source(P("Y", do=[*"XZ"])))
    assert [part.rule for part in step.walk()] == ["given", "rule 2"]


def test_the_shorter_formula_wins_and_the_own_population_before_another():
    graph = arrows("Z->X X->Y Z->Y")
    observed, trial = Source(P([*"XYZ"])), Source(P([*"YZ"], do="X"))
    assert proved(graph, "Y", "X", (), observed, trial).formula == P("Y", (), "X")
    abroad = Source(P([*"YZ"], do="X", population="abroad"))
    own = proved(graph, "Y", "X", (), abroad, observed)
    assert own.formula == proved(graph, "Y", "X", (), observed).formula


# ── transport: Bareinboim & Pearl, "Causal inference and the data-fusion problem" (PNAS 2016) ───────────────


def test_an_effect_is_transported_with_the_weights_of_the_population_asked_about():
    # Figure 4a of Pearl & Bareinboim (2014): Σ_z P@trial(y | do x, z) P(z).
    graph = arrows("Z->X Z->Y X->Y X<->Y")
    trial = Source(P([*"YZ"], do="X", population="trial"), differs=("Z",))
    here = Source(P("Z"))
    step = proved(graph, "Y", "X", (), trial, here)
    there = P("Y", "Z", "X", "trial")
    # Z is alone in its district here, and X cannot matter to it there.
    assert step.formula == Sum(("Z",), Product((P("Z"), there)))
    refused(graph, "Y", "X", (), trial)


def test_an_effect_whose_own_mechanism_differs_is_not_transported():
    graph = arrows("X->Y X<->Y")
    trial = Source(P("Y", do="X", population="trial"), differs=("Y",))
    thicket = refused(graph, "Y", "X", (), trial, Source(P([*"XY"])))
    assert [bar.differs for bar in thicket.bars] == [(), ("Y",)]


def test_an_effect_is_transported_through_a_mediator_whose_mechanism_differs():
    # Figure 4c of Pearl & Bareinboim (2014): Σ_z P@trial(y | do x, z) P(z | x).
    graph = arrows("X->Z Z->Y X<->Y")
    trial = Source(P([*"YZ"], do="X", population="trial"), differs=("Z",))
    step = proved(graph, "Y", "X", (), trial, Source(P([*"XZ"])))
    assert any(part.rule == "transport" for part in step.walk())


def test_a_difference_in_what_is_set_does_not_matter():
    graph = arrows("X->Y X<->Y")
    trial = Source(P("Y", do="X", population="trial"), differs=("X",))
    assert proved(graph, "Y", "X", (), trial).formula == P("Y", (), "X", "trial")


def test_two_populations_each_of_which_lacks_a_part_are_joined():
    # The shape of mz-transport: a district from either population, an experiment in each.
    graph = arrows("X->M M->Y X<->M M<->W W->Y Z->Y X<->Y")
    one = Source(P([*"MYWZ"], do="X", population="a"), differs=("Y", "Z"))
    two = Source(P([*"XYWZ"], do="M", population="b"), differs=("M", "W"))
    here = Source(P([*"WZ"]))
    refused(graph, "Y", "X", (), one, here)
    refused(graph, "Y", "X", (), two, here)
    step = proved(graph, "Y", "X", (), one, two, here)
    assert to_text(simplify(step.formula)) == "Σ_{M, W, Z} P@a(M, W | do(X)) P@b(Y | do(M), W, Z) P(Z)"


def test_what_may_differ_is_a_matter_of_the_population_whichever_source_says_it():
    graph = arrows("X->Y")
    said = Source(P("X", population="a"), differs=("Y",))
    unsaid = Source(P([*"XY"], population="a"))
    found = asked(graph, "Y", "X", (), said, unsaid)
    assert isinstance(found, Thicket)
    assert all(bar.differs == ("Y",) for bar in found.bars)


# ── what was not measured ───────────────────────────────────────────────────────────────────────────────────


def test_what_nothing_mentions_is_latent_and_hands_on_what_may_differ_in_it():
    graph = arrows("X->U U->Y U->Z")
    lab = Source(P([*"XYZ"], population="lab"), differs=("U",))
    part, (read,) = as_known(graph, (lab,), "XY")
    assert part == arrows("X->Y X->Z Y<->Z")
    assert read.differs == ("Y", "Z")
    assert isinstance(identify_from(part, part.mask("X"), part.mask("Y"), 0, [read]), Thicket)


def test_the_margin_of_the_outcome_alone_answers_only_what_it_is():
    graph = arrows("X->Y")
    assert proved(graph, "Y", (), (), Source(P("Y"))).formula == P("Y")
    found = asked(graph, "Y", (), (), Source(P("X")))
    assert isinstance(found, Thicket)
    assert found.bars == (Bar(Source(P("X")), unmeasured=("Y",)),)


def test_a_source_with_conditions_or_proxies_holds_no_kernel():
    graph = arrows("X->Y")
    for source in (Source(P("Y", "X")), Source(P(("X", "Y")), proxies=(("Y", "X"),))):
        found = asked(graph, "Y", "X", (), source)
        assert isinstance(found, Thicket)
        assert not found.complete
    assert proved(graph, "Y", (), "X", Source(P("Y", "X"))).rule == "given"


def test_names_that_the_graph_does_not_have_are_errors():
    graph = arrows("X->Y")
    with pytest.raises(UnknownVariable):
        asked(graph, "Y", "X", (), Source(P([*"YW"], do="X")))
    with pytest.raises(UnknownVariable):
        asked(graph, "Y", "X", (), Source(P("Y", do="X", population="a"), differs=("W",)))


# ── against exact models ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("elsewhere", [False, True])
def test_no_step_is_false_on_random_sources_and_refusals_are_real(elsewhere):
    verdicts = []
    for number in range(400):
        trial = source_trial((11, number, int(elsewhere)), elsewhere)
        assert not trial.wrong
        verdicts.append(trial.verdict)
        small = len(trial.graph.nodes) < 6 and len(trial.graph.edges) < 8
        if number % 4 == 0 and small and trial.verdict == "refused, complete":
            assert is_not_determined(trial.graph, trial.sources, trial.asked), trial
    assert verdicts.count("identified") > 180
    assert verdicts.count("refused, complete") > 50


def test_from_observation_alone_it_is_the_conditional_id_algorithm():
    rng = np.random.default_rng(12)
    verdicts = []
    for number in range(400):
        graph = random_admg(rng, int(rng.integers(3, 8)), 3.0)
        mixed = rng.permutation(len(graph.nodes))
        x, y, w = (1 << int(mixed[0]), 1 << int(mixed[1]), (1 << int(mixed[2])) * int(number % 3 == 0))
        plain = identify_conditional_effect(graph, x, y, w)
        found = identify_from(graph, x, y, w, [Source(P(graph.nodes))])
        assert isinstance(found, Thicket) == isinstance(plain, Barred)
        if isinstance(found, Thicket) and isinstance(plain, Barred):
            assert (found.bars[0].hedge, found.treatments) == (plain.hedge, plain.treatments)
        elif isinstance(found, Step) and isinstance(plain, Step):
            world = random_populations(graph, [Source(P(graph.nodes))], rng)
            assert agree(value_in(world, found.formula), truth_in(world, plain.claim))
        verdicts.append(isinstance(found, Step))
    assert verdicts.count(False) > 40
