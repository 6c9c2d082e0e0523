"""Bounds against structural models written out: the truth lies within, and the ends are attained."""

from collections.abc import Callable
from itertools import pairwise, product

import numpy as np
import pytest
from scipy.optimize import linprog

from estimation.bounds_models import Functional, from_types, random_functional
from whence.engine.bounding import bounds
from whence.estimation.bounds_check import verify_bounds
from whence.estimation.bounds_values import Bounds
from whence.identification.bounds import bounds_blocks
from whence.language.graph_text import graph
from whence.language.refusals import Refusal

GRAPHS = (
    "X -> Y; X <-> Y",
    "Z -> X -> Y; X <-> Y",
    "W -> X -> Y; W -> Y; X <-> Y",
    "X -> M -> Y; X <-> Y; M <-> Y",
    "X -> M -> Y; X -> Y; M <-> Y",
    "X <-> Z; Z <-> Y; X -> Y; Z -> Y",
    "X -> Y; X <-> W; W <-> Y; X <-> Y",
    "Z -> X -> M -> Y; X <-> Y; X <-> M",
    "W -> Z -> X -> Y; W -> Y; X <-> Y",
    "X -> Y; X <-> Y; Y -> V; V <-> Y",
    "Z -> X -> Y; X <-> Y; V <-> X",
    "X -> M -> Y; X <-> Y",
    "A -> X; A -> Y; B -> Y; X -> Y; X <-> Y; B <-> A",
)


def both(model: Functional, of: Callable, given: Callable) -> float:
    seen = model.mean(lambda world: float(given(world)))
    return model.mean(lambda world: float(of(world)) * given(world)) / seen if seen else float("nan")


QUESTIONS: dict[str, Callable[[Functional], float]] = {
    "E[Y | do(X=1)] - E[Y | do(X=0)]": lambda m: m.mean(lambda w: w({"X": 1})["Y"] - w({"X": 0})["Y"]),
    "P(Y=1 | do(X=1))": lambda m: m.mean(lambda w: w({"X": 1})["Y"] == 1),
    "P(Y_{X=1}=1, Y_{X=0}=0)": lambda m: m.mean(lambda w: w({"X": 1})["Y"] == 1 and w({"X": 0})["Y"] == 0),
    "P(Y_{X=0}=0 | X=1, Y=1)": lambda m: both(
        m, lambda w: w({"X": 0})["Y"] == 0, lambda w: w({})["X"] == 1 and w({})["Y"] == 1
    ),
    "E[Y_{X=1} - Y_{X=0} | X=1]": lambda m: both(
        m, lambda w: w({"X": 1})["Y"] - w({"X": 0})["Y"], lambda w: w({})["X"] == 1
    ),
    "P(Y=1 | do(X=1)) / P(Y=1 | do(X=0))": lambda m: (
        both(m, lambda w: w({"X": 1})["Y"] == 1, lambda w: True)
        / (m.mean(lambda w: w({"X": 0})["Y"] == 1) or float("nan"))
    ),
}


def drawn(number: int) -> tuple[str, str, Functional, dict]:
    rng = np.random.default_rng(number)
    drawing = GRAPHS[number % len(GRAPHS)]
    known = graph(drawing)
    levels = {"X": 2, "Y": 3 if number % 5 == 0 else 2, "Z": 3 if number % 7 == 0 else 2}
    model = random_functional(known, rng, levels)
    data = {f"P({', '.join(known.nodes)})": model.joint(known.nodes)}
    if rng.random() < 0.4:
        data["P(Y | do(X))"] = model.experiment(("Y",), "X")
    return drawing, list(QUESTIONS)[int(rng.integers(len(QUESTIONS)))], model, data


def test_the_truth_of_three_hundred_models_lies_within_the_bounds_and_every_certificate_holds():
    held, narrow = 0, 0
    for number in range(325):
        drawing, question, model, data = drawn(number)
        truth = QUESTIONS[question](model)
        if np.isnan(truth):
            continue
        found = bounds(question, drawing, data)
        if isinstance(found, Refusal):
            assert found.kind in ("no_overlap", "impossible_evidence"), (drawing, question, found)
            continue
        checked = verify_bounds(found)
        assert checked.proved_within <= 1e-9
        assert found.lower - 1e-9 <= truth <= found.upper + 1e-9, (drawing, question, found, truth)
        held += 1
        narrow += found.upper - found.lower < 0.9
    assert held >= 300
    assert narrow >= 150  # bounds that say nothing would hold, too


@pytest.mark.parametrize("number", [number for number in range(60) if number % len(GRAPHS) != 12])
def test_the_ends_of_sharp_bounds_are_attained_by_models_with_the_same_data(number: int, monkeypatch):
    monkeypatch.setattr(bounds_blocks, "splitting", lambda *_: ())
    _, question, model, data = drawn(number)
    found = bounds(question, model.graph, data)
    if isinstance(found, Refusal) or not found.sharp or not found.problem.component:
        return
    for certificate in found.certificates:
        at_end = from_types(found.problem, certificate, model)
        for statement, factor in data.items():
            seen = at_end.experiment(("Y",), "X") if "do" in statement else at_end.joint(model.graph.nodes)
            assert seen.cells == pytest.approx(factor.cells, abs=1e-9)
        assert QUESTIONS[question](at_end) == pytest.approx(certificate.end, abs=1e-8)


def test_most_of_those_models_were_really_built():
    sharp = [
        number
        for number in range(60)
        if isinstance(found := bounds(drawn(number)[1], drawn(number)[0], drawn(number)[3]), Bounds)
        and found.sharp
        and found.problem.component
    ]
    assert len(sharp) >= 25


def test_splitting_by_covariates_changes_no_limit(monkeypatch):
    for number in (2, 15, 28, 12, 25, 38, 8, 21):
        drawing, question, _, data = drawn(number)
        split = bounds(question, drawing, data)
        with monkeypatch.context() as patch:
            patch.setattr(bounds_blocks, "splitting", lambda *_: ())
            whole = bounds(question, drawing, data)
        if isinstance(split, Refusal):
            assert isinstance(whole, Refusal)
            continue
        assert (split.lower, split.upper) == pytest.approx((whole.lower, whole.upper), abs=1e-8)


def written_out(joint: dict[tuple[int, int, int], float], x: int, z_levels: int) -> tuple[float, float]:
    """P(Y=1 | do(X=x)) in the instrument graph, over all response functions of X and Y."""
    of_x = list(product((0, 1), repeat=z_levels))
    of_y = list(product((0, 1), repeat=2))
    kinds = list(product(of_x, of_y))
    rows, sides = [], []
    for z in range(z_levels):
        total = sum(chance for (a, _, _), chance in joint.items() if a == z)
        for seen in product((0, 1), repeat=2):
            rows.append([float(fx[z] == seen[0] and fy[seen[0]] == seen[1]) for fx, fy in kinds])
            sides.append(joint[z, *seen] / total)
    cost = np.array([float(fy[x] == 1) for _, fy in kinds])
    low, high = (linprog(sign * cost, A_eq=rows, b_eq=sides, bounds=(0, None)) for sign in (1, -1))
    return low.fun, -high.fun


@pytest.mark.parametrize("z_levels", [2, 3])
def test_instrumental_bounds_equal_the_programme_over_all_response_functions(z_levels: int):
    for number in range(8):
        model = random_functional(
            graph("Z -> X -> Y; X <-> Y"), np.random.default_rng(number), {"Z": z_levels}
        )
        joint = model.joint(("Z", "X", "Y"))
        cells = dict(zip(product(range(z_levels), (0, 1), (0, 1)), joint.cells, strict=True))
        if any(sum(v for k, v in cells.items() if k[0] == z) == 0 for z in range(z_levels)):
            continue
        found = bounds("P(Y=1 | do(X=1))", model.graph, joint)
        assert isinstance(found, Bounds) and found.sharp
        assert (found.lower, found.upper) == pytest.approx(written_out(cells, 1, z_levels), abs=1e-8)


def test_monotone_assumptions_that_are_true_keep_the_truth_within_and_narrow_the_bounds():
    narrower = 0
    for number in range(40):
        model = rising(
            random_functional(graph("Z -> X -> Y; X <-> Y"), np.random.default_rng(number)), ("X", "Y")
        )
        data = model.joint(("Z", "X", "Y"))
        question = "E[Y | do(X=1)] - E[Y | do(X=0)]"
        truth = QUESTIONS[question](model)
        plain = bounds(question, model.graph, data)
        found = bounds(question, model.graph, data, assuming=["monotone(Z -> X)", "monotone(X -> Y)"])
        if isinstance(plain, Refusal):
            continue
        assert isinstance(found, Bounds)
        verify_bounds(found)
        assert plain.lower - 1e-9 <= found.lower <= truth + 1e-9
        assert truth - 1e-9 <= found.upper <= plain.upper + 1e-9
        narrower += found.upper - found.lower < plain.upper - plain.lower - 1e-6
    assert narrower >= 20


def rising(model: Functional, names: tuple[str, ...]) -> Functional:
    """The model with the tables of these variables sorted along their first input, an observed parent."""
    tables = {v: np.sort(table, axis=0) if v in names else table for v, table in model.tables.items()}
    return Functional(model.graph, model.levels, model.hidden, model.inputs, tables)


def test_selection_and_instrument_orderings_keep_models_that_obey_them_within():
    tried = 0
    for number in range(160):
        model = random_functional(graph("W -> X -> Y; W -> Y; X <-> Y"), np.random.default_rng(number))
        question = "E[Y | do(X=1)] - E[Y | do(X=0)]"
        for name, assumption in (
            ("X", "monotone_selection(X -> Y)"),
            ("W", "monotone_instrument(W, X -> Y)"),
        ):
            means = [
                [
                    both(model, lambda w, x=x: w({"X": x})["Y"], lambda w, v=v, name=name: w({})[name] == v)
                    for v in (0, 1)
                ]
                for x in (0, 1)
            ]
            if any(np.isnan(a) or np.isnan(b) or a > b for a, b in means):
                continue
            found = bounds(question, model.graph, model.joint(("W", "X", "Y")), assuming=[assumption])
            if isinstance(found, Refusal):
                assert found.kind == "no_overlap", found
                continue
            verify_bounds(found)
            assert found.lower - 1e-9 <= QUESTIONS[question](model) <= found.upper + 1e-9
            tried += 1
    assert tried >= 20


def test_nested_responses_are_bounded_too():
    nested = "P(Y_{X=1, M_{X=0}}=1)"
    for number in range(25):
        model = random_functional(graph("X -> M -> Y; X -> Y; M <-> Y"), np.random.default_rng(number))
        truth = model.mean(lambda w: w({"X": 1, "M": w({"X": 0})["M"]})["Y"] == 1)
        found = bounds(nested, model.graph, model.joint(("X", "M", "Y")))
        if isinstance(found, Bounds):
            assert found.lower - 1e-9 <= truth <= found.upper + 1e-9
            verify_bounds(found)


def test_more_data_never_widen_the_bounds():
    for number in range(12):
        model = random_functional(graph("X -> Y; X <-> Y"), np.random.default_rng(number))
        chain = [
            {"P(X, Y)": model.joint(("X", "Y"))},
            {"P(X, Y)": model.joint(("X", "Y")), "P(Y | do(X))": model.experiment(("Y",), "X")},
        ]
        found = [bounds("P(Y_{X=1}=1, Y_{X=0}=0)", model.graph, data) for data in chain]
        for wide, narrow in pairwise(found):
            assert wide.lower - 1e-9 <= narrow.lower and narrow.upper <= wide.upper + 1e-9
