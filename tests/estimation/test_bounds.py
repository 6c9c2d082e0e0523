"""Limits against the closed forms of the literature, and what is said where there are none."""

import dataclasses
from itertools import product

import numpy as np
import pytest

import whence as wh
from whence.engine.bounding import bounds
from whence.estimation import bounds_lp
from whence.estimation.bounds_check import verify_bounds
from whence.estimation.bounds_highs import Outcome
from whence.estimation.bounds_values import Bounds
from whence.language.factor import Factor
from whence.runtime.errors import (
    InvalidOption,
    InvalidQuery,
    ProofRejected,
    UnknownLevel,
    UnknownVariable,
    UnsuitableMethod,
)

CONFOUNDED = "X -> Y; X <-> Y"
INSTRUMENT = "Z -> X -> Y; X <-> Y"
ATE = "E[Y | do(X=1)] - E[Y | do(X=0)]"
PNS = "P(Y_{X=1}=1, Y_{X=0}=0)"
PN = "P(Y_{X=0}=0 | X=1, Y=1)"
PS = "P(Y_{X=1}=1 | X=0, Y=0)"


def joint(cells, names=("X", "Y"), sizes=None) -> Factor:
    sizes = sizes or [2] * len(names)
    return Factor(tuple(names), tuple(tuple(range(n)) for n in sizes), tuple(cells))


def ends(found) -> tuple[float, float]:
    assert isinstance(found, Bounds), found
    verify_bounds(found)
    return found.lower, found.upper


def near(*values: float):
    return pytest.approx(values, abs=1e-8)


# ── closed forms ────────────────────────────────────────────────────────────────────────────────────────────


def studies(number: int):
    """Cells P(x, y), and P(y had X been 1), P(y had X been 0), of one model."""
    types = np.random.default_rng(number).dirichlet(np.ones(8))
    kinds = list(product((0, 1), repeat=3))  # x, y had X been 0, y had X been 1
    cells = [0.0] * 4
    for (x, y0, y1), share in zip(kinds, types, strict=True):
        cells[2 * x + (y1 if x else y0)] += share
    y1, y0 = (sum(s for k, s in zip(kinds, types, strict=True) if k[2 - arm]) for arm in (0, 1))
    return cells, y1, y0


@pytest.mark.parametrize("number", range(12))
def test_probabilities_of_causation_have_the_limits_of_tian_and_pearl(number: int):
    (p00, p01, p10, p11), y1, y0 = studies(number)
    data = {"P(X, Y)": joint((p00, p01, p10, p11)), "P(Y=1 | do(X=1))": y1, "P(Y=1 | do(X=0))": y0}
    y = p01 + p11
    low = max(0.0, y1 - y0, y - y0, y1 - y)
    high = min(y1, 1 - y0, p11 + p00, y1 - y0 + p10 + p01)
    assert ends(bounds(PNS, CONFOUNDED, data)) == near(low, high)
    low, high = max(0.0, (y - y0) / p11), min(1.0, ((1 - y0) - p00) / p11)
    assert ends(bounds(PN, CONFOUNDED, data)) == near(low, high)
    low, high = max(0.0, (y1 - y) / p00), min(1.0, (y1 - p11) / p00)
    assert ends(bounds(PS, CONFOUNDED, data)) == near(low, high)


@pytest.mark.parametrize("number", range(6))
def test_exogeneity_and_monotonicity_turn_limits_into_points(number: int):
    p00, p01, p10, p11 = studies(number)[0]
    at_1, at_0 = p11 / (p10 + p11), p01 / (p00 + p01)
    if at_1 < at_0:
        at_1, at_0, p00, p01, p10, p11 = at_0, at_1, p10, p11, p00, p01
    data, exogenous = joint((p00, p01, p10, p11)), ["exogenous(X)"]
    assert ends(bounds(PNS, CONFOUNDED, data, assuming=exogenous)) == near(at_1 - at_0, min(at_1, 1 - at_0))
    both = ["exogenous(X)", "monotone(X -> Y)"]
    assert ends(bounds(PNS, CONFOUNDED, data, assuming=both)) == near(at_1 - at_0, at_1 - at_0)
    assert ends(bounds(PN, CONFOUNDED, data, assuming=both)) == near(*[(at_1 - at_0) / at_1] * 2)
    assert ends(bounds(PS, CONFOUNDED, data, assuming=both)) == near(*[(at_1 - at_0) / (1 - at_0)] * 2)


def test_radiation_caused_three_in_eight_of_the_deaths_at_least():
    seen = joint((59010, 16, 69130, 30))
    assert ends(bounds(PN, CONFOUNDED, seen, assuming=["exogenous(X)", "monotone(X -> Y)"]))[
        0
    ] == pytest.approx(0.3751, abs=1e-4)


@pytest.mark.parametrize("number", range(6))
def test_without_assumptions_manskis_limits_have_width_one_and_monotone_response_starts_at_zero(number: int):
    p00, p01, p10, p11 = studies(number)[0]
    data = joint((p00, p01, p10, p11))
    low = -p01 - p10
    assert ends(bounds(ATE, CONFOUNDED, data)) == near(low, low + 1)
    assert ends(bounds(ATE, CONFOUNDED, data, assuming=["monotone(X -> Y)"])) == near(0.0, low + 1)
    assert ends(bounds(ATE, CONFOUNDED, data, assuming=["decreasing(X -> Y)"])) == near(low, 0.0)
    plain = p11 / (p10 + p11) - p01 / (p00 + p01)
    selection = bounds(ATE, CONFOUNDED, data, assuming=["monotone_selection(X -> Y)"])
    assert ends(selection) == near(low, plain)


def test_a_monotone_instrument_has_the_limits_of_manski_and_pepper():
    cells = np.random.default_rng(5).dirichlet(np.ones(12)).reshape(3, 2, 2)
    clique = "Z -> X -> Y; Z -> Y; X <-> Y; Z <-> Y; Z <-> X"
    data = joint(cells.ravel(), ("Z", "X", "Y"), (3, 2, 2))
    at = cells.sum(axis=(1, 2))
    lows = cells[:, 1, 1] / at
    highs = lows + cells[:, 0, :].sum(axis=1) / at
    low = sum(at[z] * max(lows[: z + 1]) for z in range(3))
    high = sum(at[z] * min(highs[z:]) for z in range(3))
    found = bounds("E[Y | do(X=1)]", clique, data, assuming=["monotone_instrument(Z, X -> Y)"])
    assert ends(found) == near(low, high)
    assert found.sharp


def test_a_number_with_a_range_has_manskis_limits_for_means():
    rng = np.random.default_rng(0)
    x = rng.integers(0, 3, 400)
    y = np.clip(rng.normal(30 + 5 * x, 20, 400), 0, 100)
    means, shares = [y[x == v].mean() for v in range(3)], [(x == v).mean() for v in range(3)]
    table, limits = {"X": x, "Y": y}, {"Y": (0.0, 100.0)}
    found = bounds("E[Y | do(X=1)]", CONFOUNDED, table, ranges=limits)
    own = shares[1] * means[1]
    assert ends(found) == near(own, own + 100 * (1 - shares[1]))
    assert found.sharp
    rising = bounds("E[Y | do(X=1)]", CONFOUNDED, table, ranges=limits, assuming=["monotone(X -> Y)"])
    assert ends(rising) == near(shares[0] * means[0] + own, own + shares[2] * means[2] + 100 * shares[0])
    with pytest.raises(InvalidOption, match="one that holds its values"):
        bounds("E[Y | do(X=1)]", CONFOUNDED, table, ranges={"Y": (0.0, 10.0)})


def test_compliers_have_the_wald_ratio_if_nobody_defies():
    rows = {
        "Z": [0, 0, 1, 1, 1, 1],
        "X": [0, 0, 0, 0, 1, 1],
        "Y": [0, 1, 0, 1, 0, 1],
        "n": [74, 11514, 34, 2385, 12, 9663],
    }
    question = "E[Y_{X=1} - Y_{X=0} | X_{Z=1}=1, X_{Z=0}=0] assuming monotone(Z -> X)"
    found = bounds(question, INSTRUMENT, rows, weights="n")
    wald = ((2385 + 9663) / 12094 - 11514 / 11588) / (9675 / 12094)
    assert ends(found) == near(wald, wald)
    assert found.point
    assert any("Raising Z never lowers X" in each.statement for each in found.assumptions)


# ── when they are sharp ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("drawing", "question", "sharp"),
    [
        (CONFOUNDED, ATE, True),
        (INSTRUMENT, ATE, True),
        ("W -> X -> Y; W -> Y; X <-> Y", ATE, True),
        ("X -> Y; X <-> Z; Z <-> Y; Z -> Y; X <-> Y", ATE, True),
        ("X -> Y; X <-> Z; Z <-> Y; Z -> Y", ATE, False),  # joined by a path of pairs only
        ("X -> M -> Y; X <-> Y", PNS, False),  # M's responses matter and are not confounded
    ],
)
def test_sharpness_is_claimed_for_one_district_that_one_cause_may_reach(
    drawing: str, question: str, sharp: bool
):
    known = wh.graph(drawing)
    cells = np.random.default_rng(1).dirichlet(np.ones(2 ** len(known.nodes)))
    found = bounds(question, known, joint(cells, known.nodes))
    ends(found)
    assert found.sharp is sharp, found.why


def test_three_pairwise_hidden_causes_are_not_one_cause_of_three():
    pairs = wh.graph("A -> X; A -> W; B -> W; B -> Y; C -> X; C -> Y; X -> Y; W -> Y", latent=["A", "B", "C"])
    one = wh.graph("A -> X; A -> W; A -> Y; X -> Y; W -> Y", latent=["A"])
    cells = joint(np.random.default_rng(2).dirichlet(np.ones(8)), ("X", "W", "Y"))
    found = [bounds(ATE, known, cells) for known in (pairs, one)]
    assert [each.sharp for each in found] == [False, True]
    assert "fewer of them only" in found[0].why


def test_an_experiment_that_measures_a_consequence_only_narrows_the_limits():
    drawing = "X -> Y -> V; X <-> Y"
    cells = np.array([[0.2, 0.2], [0.3, 0.3]])[:, :, None] * np.array([[0.9, 0.1], [0.2, 0.8]])
    seen = {"P(X, Y, V)": joint(cells.ravel(), ("X", "Y", "V"))}
    trial = {"P(V=1 | do(X=1))": 0.1 * 0.4 + 0.8 * 0.6}  # so P(Y=1 | do(X=1)) is 0.6
    wide, point = (bounds("P(Y=1 | do(X=1))", drawing, data) for data in (seen, {**seen, **trial}))
    assert ends(wide) == near(0.3, 0.7)
    assert ends(point) == near(0.6, 0.6)
    rows = {"P(V | do(X))": joint((0.7, 0.3, 0.48, 0.52), ("X", "V"))}
    assert ends(bounds("P(Y=1 | do(X=1))", drawing, {**seen, **rows})) == near(0.6, 0.6)


def test_many_covariates_are_refused_before_memory_is_and_fewer_are_split():
    def confounded_by(count: int) -> wh.Graph:
        return wh.graph("; ".join(["X -> Y; X <-> Y", *(f"W{i} -> X; W{i} -> Y" for i in range(count))]))

    rows = np.random.default_rng(0).integers(0, 2, (4000, 20))
    for count, kind in ((6, Bounds), (18, wh.NotYetAnswerable)):
        names = [*(f"W{i}" for i in range(count)), "X", "Y"]
        columns = {name: rows[:, i] for i, name in enumerate(names)}
        assert isinstance(bounds(ATE, confounded_by(count), columns), kind)


def test_a_front_door_is_found_to_be_a_point():
    cells = np.random.default_rng(3).dirichlet(np.ones(8))
    found = bounds(ATE, "X -> M -> Y; X <-> Y", joint(cells, ("X", "M", "Y")))
    ends(found)
    assert found.point


# ── what cannot be ──────────────────────────────────────────────────────────────────────────────────────────


def test_data_that_contradict_an_assumption_are_said_to():
    p = joint((0.1, 0.4, 0.4, 0.1))
    found = bounds(PNS, CONFOUNDED, p, assuming=["exogenous(X)", "monotone(X -> Y)"])
    assert isinstance(found, wh.Contradiction)
    assert "Raising X never lowers Y" in found.message
    assert found.would_help[0] == "leaving out an assumption"


def test_numbers_that_contradict_the_instrument_graph_are_said_to():
    cells = [0.0, 0.5, 0.0, 0.0, 0.5, 0.0, 0.0, 0.0]  # Z turns Y over and leaves X alone
    found = bounds(ATE, INSTRUMENT, joint(cells, ("Z", "X", "Y")))
    assert isinstance(found, wh.Contradiction)
    assert "No model fits the numbers" in found.message


def test_a_sample_just_outside_the_graph_is_bent_onto_it_and_one_far_outside_is_not():
    two = "W -> X; X <-> Y; Z -> Y"  # says that Y does not depend on W, which samples obey only nearly
    question = "P(X_{W=1}=1, X_{W=0}=0)"
    cells = [20, 12, 18, 9, 15, 13, 11, 17, 19, 14, 10, 16, 21, 8, 7, 22]
    bent = bounds(question, two, joint(cells, ("W", "Z", "X", "Y")))
    low, high = ends(bent)
    assert 0.0 < bent.nearest < 0.2
    assert low < high
    assert "allowed to move" in bent.notes[0]
    assert bent.interval[0] <= low
    assert isinstance(
        bounds(question, two, joint([n / 10 for n in cells], ("W", "Z", "X", "Y"))), wh.Contradiction
    )
    far = [0, 50000, 0, 0, 50000, 0, 0, 0]
    assert isinstance(bounds(ATE, INSTRUMENT, joint(far, ("Z", "X", "Y"))), wh.Contradiction)


def test_evidence_that_never_happens_is_no_ratio():
    assert isinstance(bounds(PN, CONFOUNDED, joint((0.5, 0.1, 0.4, 0.0))), wh.ImpossibleEvidence)


def test_products_of_unknowns_are_refused_and_not_guessed():
    found = bounds("P(Y=1 | do(X=1)) * P(Y=1 | do(X=0))", CONFOUNDED, joint((0.1, 0.2, 0.3, 0.4)))
    assert isinstance(found, wh.NotYetAnswerable)


def test_too_many_types_are_refused_with_their_number_before_memory_is():
    names = [f"I{i}" for i in range(6)]
    drawing = "; ".join([*(f"{name} -> X" for name in names), "X -> Y", "X <-> Y"])
    rows = {name: [0, 1] * 8 for name in (*names, "X", "Y")}
    found = bounds(ATE, drawing, rows)
    assert isinstance(found, wh.NotYetAnswerable)
    assert "1.84e+19 kinds of units" in found.message


@pytest.mark.parametrize("status", [1, 3, 4])
def test_a_solver_that_gives_up_is_an_error_and_no_limit(monkeypatch, status: int):
    nothing = np.zeros(0)
    told = Outcome(status, "it was cut short", nothing, nothing, nothing)
    monkeypatch.setattr(bounds_lp, "highs", lambda *_: told)
    with pytest.raises(UnsuitableMethod, match="cut short"):
        bounds(ATE, CONFOUNDED, joint((0.1, 0.2, 0.3, 0.4)))


@pytest.mark.parametrize(
    ("question", "data", "options", "error", "said"),
    [
        ("P(Y | do(X=1))", joint((0.1, 0.2, 0.3, 0.4)), {}, InvalidQuery, "has no value"),
        ("P(Y=7 | do(X=1))", joint((0.1, 0.2, 0.3, 0.4)), {}, UnknownLevel, "7"),
        ("P(Y=1 | do(W=1))", joint((0.1, 0.2, 0.3, 0.4)), {}, UnknownVariable, "W"),
        (ATE, None, {}, InvalidQuery, "No distribution is given"),
        (ATE, {"P(X=1)": 1.5}, {}, InvalidOption, "from 0 to 1"),
        (ATE, {"P(Y | X)": 0.5}, {}, InvalidQuery, "more than one number"),
        (ATE, {"P(Y_{X=1}=1)": 0.5}, {}, InvalidQuery, "no distribution of what was seen"),
        (ATE, {"P(X, Y)": joint((1, 1), ("Y",))}, {}, UnknownVariable, "X"),
        (ATE, joint((0.1, 0.2, 0.3, -0.4)), {}, InvalidQuery, "negative"),
        (ATE, joint((0.1, 0.2, 0.3, 0.4)), {"assuming": ["monoton(X -> Y)"]}, InvalidQuery, "monotone"),
        (ATE, joint((0.1, 0.2, 0.3, 0.4)), {"assuming": ["monotone(X)"]}, InvalidQuery, "not of the form"),
        (ATE, joint((0.1, 0.2, 0.3, 0.4)), {"assuming": ["monotone(X -> Q)"]}, UnknownVariable, "Q"),
        (ATE, joint((0.1, 0.2, 0.3, 0.4)), {"level": 95}, InvalidOption, "between 0 and 1"),
        (ATE, {"X": [0, 1] * 20, "Y": np.arange(40) / 7}, {}, InvalidQuery, "ranges"),
    ],
)
def test_misuse_is_an_error_with_its_cure(question, data, options, error, said):
    with pytest.raises(error) as raised:
        bounds(question, CONFOUNDED, data, **options)
    assert said in str(raised.value)


# ── the certificates ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("question", [ATE, PNS, PN])
def test_a_certificate_that_was_tampered_with_is_rejected(question: str):
    found = bounds(question, CONFOUNDED, joint((0.1, 0.2, 0.3, 0.4)))
    low, high = found.certificates
    moved = dataclasses.replace(low, end=low.end - 0.01)
    swapped = dataclasses.replace(low, shares=tuple(reversed(low.shares)))
    silent = dataclasses.replace(low, multipliers=tuple(0.0 for _ in low.multipliers))
    tighter = dataclasses.replace(low, end=high.end, shares=high.shares)
    for wrong in (moved, swapped, silent, tighter):
        if wrong is silent and low.end == 0.0:
            continue  # that a probability is at least zero needs no multipliers
        lower = dataclasses.replace(found, lower=wrong.end, certificates=(wrong, high))
        with pytest.raises(ProofRejected):
            verify_bounds(lower)
    with pytest.raises(ProofRejected, match="certificates are of"):
        verify_bounds(dataclasses.replace(found, upper=0.99))


def test_witnesses_say_how_units_respond():
    found = bounds(ATE, CONFOUNDED, joint((0.1, 0.2, 0.3, 0.4)))
    for witness in found.witnesses:
        assert sum(each.share for each in witness) == pytest.approx(1.0)
        assert set(dict(witness[0].answers)) == {"X", "Y", "Y_{X=0}", "Y_{X=1}"}
    assert found.to_dict()["witnesses"]["lower"]


# ── samples ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_interval_covers_the_true_limits_at_least_as_often_as_it_says():
    rng = np.random.default_rng(11)
    types = rng.dirichlet(np.ones(16))
    kinds = list(product((0, 1), repeat=4))  # X had Z been 0, 1; Y had X been 0, 1
    cells = np.zeros((2, 2, 2))
    for kind, share in zip(kinds, types, strict=True):
        for z in (0, 1):
            cells[z, kind[z], kind[2 + kind[z]]] += share / 2
    truth = ends(bounds(ATE, INSTRUMENT, joint(cells.ravel(), ("Z", "X", "Y"))))
    held = 0
    for _ in range(100):
        drawn = rng.multinomial(300, cells.ravel())
        found = bounds(ATE, INSTRUMENT, joint([int(n) for n in drawn], ("Z", "X", "Y")))
        assert isinstance(found, Bounds)
        low, high = found.interval
        assert low <= found.lower and found.upper <= high
        held += low <= truth[0] and truth[1] <= high
    assert held >= 95


def test_probabilities_have_no_interval_and_counts_have_a_narrower_one_the_more_there_are():
    assert bounds(ATE, CONFOUNDED, joint((0.1, 0.2, 0.3, 0.4))).interval is None
    widths = []
    for times in (1, 100):
        found = bounds(ATE, CONFOUNDED, joint([n * times for n in (10, 20, 30, 40)]))
        widths.append(found.interval[1] - found.interval[0])
        assert found.n == 100 * times
    assert 1.0 < widths[1] < widths[0] < 2.0


def test_an_experiment_in_rows_joins_what_was_seen_in_rows():
    seen = {"X": [0, 0, 1, 1], "Y": [0, 1, 0, 1], "n": [972, 28, 998, 2]}
    trial = {"X": [0, 0, 1, 1], "Y": [0, 1, 0, 1], "n": [986, 14, 984, 16]}
    found = bounds(PN, CONFOUNDED, seen, weights="n", given={"P(Y | do(X))": wh.table(trial, weights="n")})
    assert ends(found) == near(1.0, 1.0)
    assert found.n == 4000
