"""The plug-in: exact values, influence functions that are derivatives, errors that a bootstrap confirms."""

import numpy as np
import pytest

from estimation.worlds import FRONT_DOOR, estimand, front_door_table
from whence.data.reading import table
from whence.estimation.api import estimate, estimate_all
from whence.estimation.discrete import Distribution, plug_in
from whence.estimation.functional import Functional
from whence.estimation.joint import Joint
from whence.language.factor import Factor, evaluate
from whence.language.refusals import ImpossibleEvidence, NoOverlap, NotYetAnswerable
from whence.runtime.errors import TextInNumericRole, UnknownVariable, UnsuitableMethod
from whence.testing.worlds import front_door, front_door_cells

QUESTIONS = {
    "back-door": ("E[y | do(x=1)] - E[y | do(x=0)]", "z -> x; z -> y; x -> y"),
    "front-door": ("E[y | do(x=1)] - E[y | do(x=0)]", FRONT_DOOR),
    "napkin": ("P(y=1 | do(x=1))", "w -> z -> x -> y; w <-> x; w <-> y"),
    "treated": ("ATT(x -> y)", FRONT_DOOR),
    "conditional": ("P(y=1 | do(x=1), w=1)", "x -> m -> y; x <-> y; w -> y"),
    "two treatments": ("P(y=1 | do(x=1, m=0))", "x -> m -> y; x <-> y"),
    "seen": ("E[y | x=1] - E[y | x=0]", "x -> y"),
}


def random_joint(names, seed):
    sizes = [2 + (i + seed) % 2 if name not in "xmw" else 2 for i, name in enumerate(names)]
    cells = np.random.default_rng(seed).dirichlet(np.ones(int(np.prod(sizes)))).reshape(sizes)
    return Joint(tuple(names), tuple(tuple(range(size)) for size in sizes), cells, n=500)


def joint_for(found, seed):
    return random_joint(sorted(found.graph.nodes), seed)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("name", QUESTIONS)
def test_the_numpy_twin_agrees_with_exact_evaluation(name, seed):
    found = estimand(*QUESTIONS[name])
    joint = joint_for(found, seed)
    exact = evaluate(found.expression, Factor(joint.names, joint.levels, tuple(joint.cells.ravel().tolist())))
    assert float(Functional(found.expression, joint).values) == pytest.approx(exact.cells[0], rel=1e-12)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", QUESTIONS)
def test_the_influence_function_is_the_derivative_towards_each_cell(name, seed):
    found = estimand(*QUESTIONS[name])
    joint = joint_for(found, seed)
    functional = Functional(found.expression, joint)
    influence = functional.influence()
    assert float(np.sum(influence * joint.cells)) == pytest.approx(0.0, abs=1e-12)
    for cell in np.ndindex(*joint.cells.shape):
        point = np.zeros_like(joint.cells)
        point[cell] = 1.0

        def moved(step, point=point):
            cells = (1 - step) * joint.cells + step * point
            return float(Functional(found.expression, Joint(joint.names, joint.levels, cells)).values)

        # Central differences at two steps, extrapolated: exact to the fourth order of the step.
        step = 1e-4 * float(joint.cells.min())
        coarse, fine = ((moved(h) - moved(-h)) / (2 * h) for h in (2 * step, step))
        assert influence[cell] == pytest.approx((4 * fine - coarse) / 3, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("name", ["back-door", "front-door", "napkin", "treated"])
def test_the_standard_error_is_that_of_a_multinomial_bootstrap(name):
    found = estimand(*QUESTIONS[name])
    joint = joint_for(found, 1)
    n = 20_000
    draws = np.random.default_rng(0).multinomial(n, joint.cells.ravel(), size=800) / n
    values = [
        float(
            Functional(
                found.expression, Joint(joint.names, joint.levels, d.reshape(joint.cells.shape))
            ).values
        )
        for d in draws
    ]
    influence = Functional(found.expression, joint).influence()
    error = float(np.sqrt(np.sum(joint.cells * influence**2) / n))
    assert np.std(values) == pytest.approx(error, rel=0.08)  # the bootstrap's own error is 2.5 %


def test_the_front_door_formula_gives_the_true_effect_on_the_exact_distribution():
    cells, effect = front_door_cells(), front_door().truth
    seen = Joint(("x", "m", "y"), ((0, 1),) * 3, cells)
    found = estimand(*QUESTIONS["front-door"])
    assert float(Functional(found.expression, seen).values) == pytest.approx(effect, abs=1e-12)


STONES = {
    "size": ["small", "small", "large", "large"] * 2,
    "open": [1, 1, 1, 1, 0, 0, 0, 0],
    "cured": [1, 0, 1, 0, 1, 0, 1, 0],
    "patients": [81, 6, 192, 71, 234, 36, 55, 25],
}
STONES_GRAPH = "size -> open; size -> cured; open -> cured"


def test_kidney_stones_turn_round_when_the_size_is_held():
    data = table(STONES, weights="patients")
    found = estimate(estimand("E[cured | do(open=1)] - E[cured | do(open=0)]", STONES_GRAPH), data)
    # Charig and others (1986), standardised over 357 small and 343 large stones.
    expected = (81 / 87 - 234 / 270) * 357 / 700 + (192 / 263 - 55 / 80) * 343 / 700
    assert found.value == pytest.approx(expected, rel=1e-12)
    assert found.naive == pytest.approx(273 / 350 - 289 / 350)
    assert found.method == "plug-in"
    assert found.n == 700
    assert all(abs(each.after) < 1e-12 < abs(each.before) for each in found.diagnostics.balance)
    strata = [
        (357 / 700) ** 2 * ((81 / 87) * (6 / 87) / 87 + (234 / 270) * (36 / 270) / 270),
        (343 / 700) ** 2 * ((192 / 263) * (71 / 263) / 263 + (55 / 80) * (25 / 80) / 80),
    ]
    effects = np.array([81 / 87 - 234 / 270, 192 / 263 - 55 / 80])
    between = float(np.diff(effects)[0] ** 2) * 357 / 700 * 343 / 700 / 700
    assert found.se == pytest.approx(np.sqrt(sum(strata) + between), rel=1e-9)


def test_counts_give_what_the_rows_they_stand_for_give():
    repeated = {name: np.repeat(STONES[name], STONES["patients"]) for name in ("size", "open", "cured")}
    found = estimand("E[cured | do(open=1)] - E[cured | do(open=0)]", STONES_GRAPH)
    counted, rows = estimate(found, table(STONES, weights="patients")), estimate(found, table(repeated))
    assert (counted.value, counted.n) == (rows.value, rows.n)
    assert counted.se == pytest.approx(rows.se, rel=1e-12)
    assert rows.influence is not None
    assert float(np.sqrt(np.sum(rows.influence**2))) / 700 == pytest.approx(rows.se, rel=1e-12)


def test_a_table_of_probabilities_has_a_value_and_no_standard_error():
    shares = {**STONES, "patients": [count / 700 for count in STONES["patients"]]}
    found = estimand("E[cured | do(open=1)] - E[cured | do(open=0)]", STONES_GRAPH)
    exact = estimate(found, table(shares, weights="patients"))
    assert exact.value == pytest.approx(0.053671217385603764)
    assert (exact.se, exact.interval, exact.n) == (None, None, 0)
    with pytest.raises(UnsuitableMethod, match="probabilities"):
        estimate(found, table(shares, weights="patients"), method="aipw")


def test_open_values_give_one_number_for_each_level():
    data = table(STONES, weights="patients")
    found = estimand("P(cured | do(open))", STONES_GRAPH)
    exact = plug_in(found, data)
    assert isinstance(exact, Distribution)
    assert exact.at(open=1, cured=1) + exact.at(open=1, cured=0) == pytest.approx(1.0)
    numbers = estimate_all(found, data)
    assert len(numbers) == 4
    assert {round(each.value, 12) for each in numbers} == {round(value, 12) for _, value in exact}
    with pytest.raises(UnsuitableMethod, match="4 numbers"):
        estimate(found, data)
    with pytest.raises(UnknownVariable):
        exact.at(open=2, cured=1)


def test_a_combination_that_no_row_has_is_named_in_the_refusal():
    holed = {name: [v for v, k in zip(STONES[name], STONES["patients"], strict=True) if k != 81 and k != 6]
             for name in STONES}  # fmt: skip
    found = estimand("E[cured | do(open=1)] - E[cured | do(open=0)]", STONES_GRAPH)
    refusal = plug_in(found, table(holed, weights="patients"))
    assert isinstance(refusal, NoOverlap)
    assert "open = 1 and size = small" in refusal.message or "size = small and open = 1" in refusal.message
    seen = plug_in(
        estimand("P(cured=1 | open=1, size=small)", STONES_GRAPH), table(holed, weights="patients")
    )
    assert isinstance(seen, ImpossibleEvidence)


def test_an_undefined_part_that_counts_for_nothing_is_forgiven():
    # Nobody with z = 1 has x = 1, but nobody who is asked about (the treated) has z = 1 either.
    data = table({"z": [0, 0, 0, 0, 1, 1], "x": [0, 0, 1, 1, 0, 0], "y": [1, 2, 3, 5, 7, 9]})
    found = estimand("ATT(x -> y)", "z -> x; z -> y; x -> y")
    assert plug_in(found, data) == pytest.approx(4 - 1.5)
    refused = plug_in(estimand("ATE(x -> y)", "z -> x; z -> y; x -> y"), data)
    assert isinstance(refused, NoOverlap)


def test_an_outcome_of_many_values_is_averaged_but_never_conditioned_on():
    draws = np.random.default_rng(0)
    x, z = draws.integers(0, 2, (2, 400))
    y = draws.normal(size=400) + x + z
    data = table({"x": x, "z": z, "y": y})
    found = estimate(estimand("ATE(x -> y)", "z -> x; z -> y; x -> y"), data)
    means = [
        (y[(x == 1) & (z == k)].mean() - y[(x == 0) & (z == k)].mean()) * np.mean(z == k) for k in (0, 1)
    ]
    assert found.method == "plug-in"
    assert found.value == pytest.approx(sum(means), rel=1e-10)
    mediated = estimate(estimand("ATE(x -> z)", "x -> y -> z; x <-> z"), data)
    assert isinstance(mediated, NotYetAnswerable)
    assert "y has too many values" in mediated.message


def test_a_mean_of_labels_is_refused_with_the_cure():
    with pytest.raises(TextInNumericRole):
        plug_in(estimand("E[size | open=1]", STONES_GRAPH), table(STONES, weights="patients"))


def test_few_rows_behind_a_condition_are_warned_of():
    found = estimate(estimand(*QUESTIONS["front-door"]), front_door_table(0, rows=40))
    assert "small_cells" in [each.code for each in found.warnings]


def test_a_probability_has_an_interval_within_nought_and_one():
    data = table({"x": [0, 1] * 30, "m": [0, 1] * 30, "y": [0, 1] * 29 + [1, 1]})
    found = estimate(estimand("P(y=1 | x=0)", "x -> y"), data)
    assert found.interval is not None
    assert found.interval[0] == 0.0


def test_clustered_errors_of_a_plug_in_grow_with_copies_and_need_rows():
    draws = np.random.default_rng(0)
    x, z, y = draws.integers(0, 2, (3, 300))
    columns = {name: np.repeat(values, 4) for name, values in {"x": x, "z": z, "y": y}.items()}
    data = table({**columns, "family": np.repeat(np.arange(300), 4)})
    effect = estimand("ATE(x -> y)", "z -> x; z -> y; x -> y")
    loose, tight = estimate(effect, data), estimate(effect, data, clusters="family")
    assert tight.se == pytest.approx(2 * loose.se, rel=0.01)
    stones = estimand("ATE(open -> cured)", STONES_GRAPH)
    with pytest.raises(UnsuitableMethod, match="one row for each unit"):
        estimate(stones, table(STONES, weights="patients"), clusters="size")
