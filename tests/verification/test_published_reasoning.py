"""The rung 1 and 2 numbers of `../shared/cases/reasoning.json`, from question, graph and table to the number.

Every question of the file is in `READINGS` (in our syntax, translated by hand where it is written otherwise)
or in `WAITING` with the reason. Conditional tables are expanded into a joint distribution.
"""

import json
from collections.abc import Mapping
from fractions import Fraction
from functools import cache
from itertools import product

import numpy as np
import pytest

import whence as wh
from conftest import SHARED, shared_file
from oracles.evaluation import value_of
from oracles.models import Table
from whence.language.estimand import Estimand
from whence.language.factor import Factor, evaluate
from whence.language.graph import Edge, Graph
from whence.language.refusals import NotIdentified

CASES = "cases/reasoning.json"

MEAN = "E[{y} | do({x}=1)] - E[{y} | do({x}=0)]"
READINGS: dict[str, tuple[str, ...]] = {
    "asia-chest-clinic": ("P(L=1)", "P(D=1)", "P(X=1)", "P(D=1 | do(S=1)) - P(D=1 | do(S=0))"),
    "berkeley-1973": (
        "P(admit=1 | gender=M)",
        "P(admit=1 | gender=F)",
        "NDE(gender=F vs gender=M -> admit via dept)",
        "NIE(gender=F vs gender=M -> admit via dept)",
    ),
    "burglary-alarm": ("P(B=1 | J=1, M=1)", "P(B=1 | do(J=1, M=1))"),
    "florida-death-penalty": (
        "P(death=1 | defendant=W)",
        "P(death=1 | defendant=B)",
        "P(death=1 | defendant=B, victim=W)",
        "P(death=1 | defendant=W, victim=W)",
    ),
    "kidney-stones": (
        "P(success=1 | treatment=1) - P(success=1 | treatment=0)",
        "P(success=1 | do(treatment=1))",
        "P(success=1 | do(treatment=0))",
        MEAN.format(y="success", x="treatment"),
        "ATT(treatment -> success)",
    ),
    "napkin": ("P(Y=1 | do(X=1))", "", "P(Y=1 | X=1)"),
    "physicians-aspirin": ("P(MI=1 | do(aspirin=1)) / P(MI=1 | do(aspirin=0))",),
    "primer-bp-mediator": (MEAN.format(y="recovery", x="drug"),),
    "primer-drug-gender": (
        "P(recovery=1 | drug=1)",
        "P(recovery=1 | drug=0)",
        "P(recovery=1 | do(drug=1))",
        "P(recovery=1 | do(drug=0))",
        MEAN.format(y="recovery", x="drug"),
    ),
    "primer-mediation": (
        "NDE(T -> Y via M)",
        "NIE(T -> Y via M)",
        MEAN.format(y="Y", x="T"),
        f"NIE(T -> Y via M) / ({MEAN.format(y='Y', x='T')})",
        f"({MEAN.format(y='Y', x='T')} - NDE(T -> Y via M)) / ({MEAN.format(y='Y', x='T')})",
    ),
    "lipid-cholestyramine": ("", "E[Y | Z=1] - E[Y | Z=0]"),
    "snow-cholera": (
        'P(death=1 | supplier="Southwark&Vauxhall")',
        "P(death=1 | supplier=Lambeth)",
        'P(death=1 | supplier="Southwark&Vauxhall") / P(death=1 | supplier=Lambeth)',
    ),
    "sackett-berkson": (
        "P(resp=1 | loco=1) / P(resp=0 | loco=1)",
        "P(resp=1 | loco=1) / P(resp=0 | loco=1)",
    ),
}
SCALES = {("snow-cholera", 0): 1e4, ("snow-cholera", 1): 1e4}
"""Where the file gives a number per 10,000."""

GRAPHS = {
    "physicians-aspirin": {"edges": [["aspirin", "MI"]]},
    "snow-cholera": {"edges": [["supplier", "death"]]},
}
"""What a design stands for, where the file names a design instead of a graph."""

OTHERS_ANSWERED_HERE = {
    "napkin": {1: "the estimand at each value of Z1: averaged over, since it cannot matter (see below)"},
    "primer-bp-mediator": {1: "adjustment sets (see below)"},
    "lipid-cholestyramine": {2: "not identified (see below)"},
    "graph-iv-graph": {0: "not identified (see below)"},
    "graph-smoking-genotype-hedge": {0: "not identified (see below)"},
    "graph-m-bias": {0: "adjustment (see below)"},
    "graph-m-bias-empty": {0: "adjustment (see below)"},
    "sackett-berkson": {2: "no arrow in the graph that is given (see below)"},
}
COMPLIERS = "E[Y_{D=1} - Y_{D=0} | D_{Z=1}=1, D_{Z=0}=0] assuming monotone(Z -> D)"
BOUNDED = {
    ("flu-vaccine-encouragement", 0): MEAN.format(y="Y", x="D"),
    ("legal-drug-mr-a", 0): "P(Y_{X=0}=0 | X=1, Y=1)",
    ("legal-drug-mr-a", 1): "P(Y_{X=1}=1, Y_{X=0}=0)",
    ("lipid-cholestyramine", 0): MEAN.format(y="Y", x="D"),
    ("mueller-pearl-women", 0): "P(R_{T=1}=1, R_{T=0}=0)",
    ("mueller-pearl-women", 1): "P(R_{T=1}=0, R_{T=0}=1)",
    ("vitamin-a", 0): MEAN.format(y="Y", x="D"),
    ("vitamin-a", 1): COMPLIERS,
}
"""Where the answer is limits, or limits that meet."""
WAITING = {
    "actual-bogus-prevention": "rung 3: actual causation",
    "actual-forest-fire-conjunctive": "rung 3: actual causation",
    "actual-voting-6-5": "rung 3: actual causation",
    "angrist-krueger-wald": "means only, and an instrument: Wald estimates come with designs",
    "card-krueger": "means only, and difference in differences",
    "darfur-robustness-value": "summary of a regression: the refutation room's tests have it",
    "evalue-formula-feeding": "summary of a study: the refutation room's tests have it",
    "evalue-smoking": "summary of a study: the refutation room's tests have it",
    "lalonde-nsw": "means only: the rows are in data/nsw_dw.csv, which the engine's tests have",
    "mec-chain-3": "equivalence classes",
    "primer-homework-joe": "rung 3 in a linear model",
}


@cache
def cases() -> dict[str, dict]:
    found = json.loads(shared_file(CASES).read_text("utf-8"))
    return {case["id"]: case for case in (found["cases"] if isinstance(found, dict) else found)}


def graph_of(case: dict) -> Graph:
    drawn = GRAPHS.get(case["id"], case["graph"])
    arrows = [Edge(*pair) for pair in drawn["edges"]]
    hidden = [Edge(*pair, "<->") for pair in drawn.get("bidirected", ())]
    return Graph.of((), [*arrows, *hidden], latent=drawn.get("latent", ()))


def from_conditionals(tables: Mapping[str, dict]) -> tuple[list[str], list[tuple]]:
    """The joint distribution of binary variables from the chance of 1 given the parents."""
    names, rows = list(tables), []
    for values in product((0, 1), repeat=len(names)):
        at, chance = dict(zip(names, values, strict=True)), Fraction(1)
        for name, table in tables.items():
            one = Fraction(str(table["p1"][",".join(str(at[parent]) for parent in table["parents"])]))
            chance *= one if at[name] else 1 - one
        rows.append((*values, chance))
    return names, rows


def rows_of(case: dict, which: int) -> tuple[list[str], list[tuple]]:
    """Columns, and rows of values with a weight at the end."""
    data = case["data"]
    if case["id"] == "sackett-berkson":
        header, *rows = data["hospital" if which == 1 else "community"]
        return header[:-1], [tuple(row) for row in rows]
    if case["id"] == "primer-mediation":
        outcome = data["E[Y|T,M]"]
        table = {"T": {"parents": [], "p1": {"": 0.5}}, "M": {"parents": ["T"], "p1": data["E[M|T]"]}}
        return from_conditionals({**table, "Y": {"parents": ["T", "M"], "p1": outcome}})
    match data["type"]:
        case "cpt":
            return from_conditionals(data["cpts"])
        case "same_counts_as":
            names, rows = rows_of(cases()[data["case"]], which)
            return [data["rename"].get(name, name) for name in names], rows
        case _:
            return data["columns"][:-1], [tuple(row) for row in data["rows"]]


def as_factor(names: list[str], rows: list[tuple]) -> Factor:
    """Exact: weights as they stand in the file, read as decimals."""
    levels = [tuple(dict.fromkeys(row[i] for row in rows)) for i in range(len(names))]
    weights = {row[:-1]: Fraction(str(row[-1])) for row in rows}
    cells = tuple(weights.get(values, Fraction(0)) for values in product(*levels))
    return Factor(tuple(names), tuple(levels), cells)


def as_array(factor: Factor) -> tuple[Table, dict[str, tuple]]:
    cells = np.array([float(cell or 0) for cell in factor.cells]).reshape(
        [len(each) for each in factor.levels]
    )
    levels = dict(zip(factor.variables, factor.levels, strict=True))
    return Table.of(factor.variables, cells / cells.sum()), levels


def as_columns(names: list[str], rows: list[tuple]) -> dict[str, list]:
    """A dict of columns for `whence.table`, with the weights last; what never happens has no row."""
    kept = [row for row in rows if row[-1] > 0]
    columns = {name: [row[i] for row in kept] for i, name in enumerate(names)}
    weights = [float(row[-1]) if isinstance(row[-1], float | Fraction) else row[-1] for row in kept]
    return {**columns, "weight": weights}


def asked() -> list:
    if not (SHARED / CASES).exists():
        return [pytest.param("", 0, marks=pytest.mark.skip(f"needs ../shared/{CASES}"))]
    return [
        pytest.param(name, which, id=f"{name}-{which}")
        for name, texts in READINGS.items()
        for which, text in enumerate(texts)
        if text
    ]


@pytest.mark.parametrize(("name", "which"), asked())
def test_a_published_number_is_reached_exactly_from_question_graph_and_table(name: str, which: int):
    case = cases()[name]
    expected, tolerance = (case["queries"][which][key] for key in ("expected", "tolerance"))
    names, rows = rows_of(case, which)
    graph, factor = graph_of(case), as_factor(names, rows)
    estimand = wh.identify(wh.query(READINGS[name][which]), graph)
    assert isinstance(estimand, Estimand)
    assert wh.verify(estimand, graph)
    joint, levels = as_array(factor)
    scale = SCALES.get((name, which), 1.0)
    values = {
        "exact": float(evaluate(estimand.expression, factor).at()),  # type: ignore[arg-type]
        "oracle": float(value_of(estimand.expression, joint, levels).cells),
        "plug-in": wh.plug_in(estimand, wh.table(as_columns(names, rows), weights="weight")),
    }
    if name == "sackett-berkson":
        other = wh.identify(wh.query(READINGS[name][which].replace("loco=1", "loco=0")), graph)
        assert isinstance(other, Estimand)
        scale = 1 / float(evaluate(other.expression, factor).at())  # type: ignore[arg-type]
    for how, value in values.items():
        assert isinstance(value, float), how
        assert value * scale == pytest.approx(expected, abs=tolerance), how
    assert values["oracle"] == pytest.approx(values["exact"], abs=1e-12)
    assert values["plug-in"] == pytest.approx(values["exact"], abs=1e-12)


@pytest.mark.parametrize(("name", "which"), [each for each in asked() if "sackett" not in str(each.id)])
def test_ask_gives_the_published_number(name: str, which: int):
    case = cases()[name]
    expected, tolerance = (case["queries"][which][key] for key in ("expected", "tolerance"))
    columns = as_columns(*rows_of(case, which))
    answer = wh.ask(READINGS[name][which], columns, graph_of(case), weights="weight")
    assert answer.estimate is not None, answer.refusal
    value = answer.estimate.value * SCALES.get((name, which), 1.0)
    assert value == pytest.approx(expected, abs=tolerance)


def test_the_napkin_estimand_is_the_same_at_every_value_of_the_variable_that_may_not_matter(shared_file):
    shared_file(CASES)
    case = cases()["napkin"]
    factor = as_factor(*rows_of(case, 1))
    joint, levels = as_array(factor)
    from oracles.formulas import formula

    published = formula("sum{Z2}[P(X,Y|Z2,Z1) P(Z2)] / sum{Z2}[P(X|Z2,Z1) P(Z2)]")
    table = value_of(published, joint, levels).at({"X": 1, "Y": 1})
    assert table.names == ("Z1",)
    assert table.cells == pytest.approx(case["queries"][1]["expected"], abs=1e-6)


@pytest.mark.parametrize(
    ("name", "effect"),
    [
        ("graph-iv-graph", "P(Y | do(D))"),
        ("graph-smoking-genotype-hedge", "P(Y | do(X))"),
        ("lipid-cholestyramine", "P(Y | do(D))"),
    ],
)
def test_what_the_file_says_is_not_identifiable_is_refused_with_a_hedge(name: str, effect: str, shared_file):
    shared_file(CASES)
    graph = graph_of(cases()[name])
    found = wh.identify(wh.query(effect), graph)
    assert isinstance(found, NotIdentified)
    assert wh.verify(found, graph) == ()


def test_m_bias_and_the_mediator_are_left_alone(shared_file):
    shared_file(CASES)
    biased = graph_of(cases()["graph-m-bias"])
    assert not wh.is_adjustment_set(biased, "X", "Y", ["M"])
    assert wh.is_adjustment_set(biased, "X", "Y", [])
    mediated = graph_of(cases()["primer-bp-mediator"])
    assert [set(each) for each in wh.adjustment_sets(mediated, "drug", "recovery", kind="all")] == [set()]
    hospital = graph_of(cases()["sackett-berkson"])
    assert wh.separated(hospital, "resp", "loco")
    assert not wh.separated(hospital, "resp", "loco", given=["hosp"])


def known_of(case: dict) -> object:
    """What a bounds case gives: a table of counts, or statements of what was seen and of experiments."""
    data = case["data"]
    if data["type"] == "counts":
        return as_factor(*rows_of(case, 0))
    if case["id"] == "mueller-pearl-women":
        return {**data["experimental"], **data["observational"]}
    names, *rows = data["observational"]
    trials = {
        f"P({outcome} | {done})": count / sum(counts.values())
        for done, counts in data["experimental"].items()
        for outcome, count in counts.items()
    }
    return {"P(X, Y)": as_factor(names[:-1], [tuple(row) for row in rows]), **trials}


@pytest.mark.parametrize(("name", "which"), list(BOUNDED))
def test_published_limits_are_reached_and_their_certificates_hold(name: str, which: int, shared_file):
    shared_file(CASES)
    case = cases()[name]
    expected, tolerance = (case["queries"][which][key] for key in ("expected", "tolerance"))
    low, high = expected if isinstance(expected, list) else (expected, expected)
    found = wh.bounds(BOUNDED[name, which], graph_of(case), known_of(case))
    assert isinstance(found, wh.Bounds), found
    assert found.sharp
    assert (found.lower, found.upper) == (
        pytest.approx(low, abs=tolerance),
        pytest.approx(high, abs=tolerance),
    )
    assert wh.verify_bounds(found).proved_within <= 1e-9


def test_ask_gives_limits_where_there_is_no_number(shared_file):
    shared_file(CASES)
    case = cases()["lipid-cholestyramine"]
    answer = wh.ask(
        MEAN.format(y="Y", x="D"), as_columns(*rows_of(case, 0)), graph_of(case), weights="weight"
    )
    assert answer.status == "bounded"
    assert (answer.bounds["lower"], answer.bounds["upper"]) == pytest.approx((0.3913319, 0.7792107), abs=1e-6)
    assert "between 0.391 and 0.779" in answer.text


def test_every_question_of_the_file_is_answered_here_or_waits_for_a_stated_reason(shared_file):
    shared_file(CASES)
    for name, case in cases().items():
        for which in range(len(case["queries"])):
            read = which < len(READINGS.get(name, ())) and READINGS[name][which]
            answered = which in OTHERS_ANSWERED_HERE.get(name, {})
            limits = (name, which) in BOUNDED
            assert read or answered or limits or name in WAITING, (
                name,
                which,
                case["queries"][which]["query"],
            )
