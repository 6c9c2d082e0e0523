"""Questions answered where the data are: with the digits of rows in memory, or a refusal with the cure."""

import duckdb
import numpy as np
import psycopg
import pytest

import whence as wh
from data.pushdown.postgres_server import PostgresForTests
from data.pushdown.rows import in_duckdb, in_memory, in_postgres, in_sqlite, made
from whence.data.pushdown.errors import NeedsRows
from whence.data.pushdown.opening import remote
from whence.data.pushdown.remote import Remote
from whence.data.tables import Table
from whence.engine.parse import parse
from whence.estimation.api import estimate_all
from whence.runtime.errors import InvalidOption, UnknownColumn, UnknownLevel

WAGE = '"the \\"wage\\" %(v0)s"'
DISCRETE = "z -> x; z -> high; x -> high; town -> high; town -> x"
MEANS = DISCRETE.replace("high", "y")
NUMBERS = f"{MEANS}; {WAGE} -> x; {WAGE} -> y"


@pytest.fixture(params=["postgres", "duckdb", "sqlite"])
def both(
    request: pytest.FixtureRequest, postgres: PostgresForTests, owner: psycopg.Connection
) -> tuple[Remote, Table]:
    columns = made(3_000, seed=5)
    if request.param == "postgres":
        in_postgres(owner, columns)
        return remote(postgres.url, "t"), in_memory(columns)
    if request.param == "duckdb":
        return remote(in_duckdb(columns), "t"), in_memory(columns)
    columns["old"] = columns["old"].astype(np.int64)  # SQLite has no truth values
    return remote(in_sqlite(columns), "t"), in_memory(columns)


def numbers(question: str, graph: str, data: Remote | Table, **options: str) -> tuple[wh.Estimate, ...]:
    """The estimates behind an answer, without the checks."""
    known = wh.graph(graph)
    estimand = wh.identify(parse(question, known, data).query, known)
    assert isinstance(estimand, wh.Estimand)
    found = estimate_all(estimand, data, **options)
    assert isinstance(found, tuple)
    return found


@pytest.mark.parametrize(
    "question",
    [
        "effect of x on high",
        "ATT(x -> high)",
        "P(high=1 | do(x=1))",
        "CATE(x -> high by z)",
        "P(high | do(x=0))",
        "P(high=1 | x=1, town=B)",
    ],
)
def test_a_discrete_question_has_the_digits_of_the_rows_in_memory(both: tuple[Remote, Table], question: str):
    for there, here in zip(*(numbers(question, DISCRETE, data) for data in both), strict=True):
        assert (there.value, there.se, there.interval) == (here.value, here.se, here.interval)
        assert (there.n, there.naive, there.method, there.label) == (
            here.n,
            here.naive,
            here.method,
            here.label,
        )


def test_its_answer_is_checked_on_a_sample_of_the_counts(both: tuple[Remote, Table]):
    far, near = (wh.ask("effect of x on high", data, DISCRETE) for data in both)
    assert (far.estimate.value, far.estimate.se) == (near.estimate.value, near.estimate.se)
    assert far.estimand == near.estimand
    assert [check.name for check in far.refutations] == [check.name for check in near.refutations]
    assert not any(warning.code == "not_tested" for warning in far.warnings)


def test_an_estimand_beyond_adjustment_is_a_plug_in_as_well(both: tuple[Remote, Table]):
    far, near = (wh.ask("P(high=1 | do(x=1))", data, "x -> z -> high; x <-> high") for data in both)
    assert near.estimate.method == "plug-in"
    assert (far.estimate.value, far.estimate.se) == (near.estimate.value, near.estimate.se)


def test_bounds_rest_on_counts(both: tuple[Remote, Table]):
    question, graph = "P(high_{x=0}=0 | x=1, high=1)", "x -> high; x <-> high"
    far, near = (wh.ask(question, data, graph) for data in both)
    assert far.status == near.status == "bounded"
    assert far.to_dict()["bounds"] == near.to_dict()["bounds"]


def test_an_outcome_of_many_values_is_averaged_within_cells(both: tuple[Remote, Table]):
    for question in ("effect of x on y", "ATT(x -> y)", "E[y | do(x=1)]"):
        (far,), (near,) = (
            numbers(question, MEANS, both[0]),
            numbers(question, MEANS, both[1], method="plug-in"),
        )
        assert far.method == "plug-in"
        assert far.value == pytest.approx(near.value, rel=1e-12)
        assert far.se == pytest.approx(near.se, rel=1e-12)
        assert far.n == near.n


@pytest.mark.parametrize(
    ("question", "graph", "options"),
    [
        ("effect of x on y", NUMBERS, {}),
        ("effect of x on y", NUMBERS, {"errors": "classical"}),
        ("ATT(x -> y)", NUMBERS, {}),
        ("effect of x on high", NUMBERS.replace("y", "high"), {}),
        ("effect of x on y", "x -> y", {}),
        ("CATE(x -> y by z)", NUMBERS, {}),
        (f"effect of {WAGE} on y", f"z -> {WAGE}; z -> y; {WAGE} -> y; town -> y", {}),
        (f"E[y | do({WAGE}=1000100)] - E[y | do({WAGE}=1000000)]", f"z -> {WAGE}; z -> y; {WAGE} -> y", {}),
        ("effect of x on y", "old -> x; old -> y; x -> y", {}),
    ],
)
def test_plain_regression_from_sums_is_that_of_the_rows(
    both: tuple[Remote, Table], question: str, graph: str, options: dict[str, str]
):
    found = [numbers(question, graph, data, method="ols", **options) for data in both]
    for there, here in zip(*found, strict=True):
        assert there.value == pytest.approx(here.value, rel=1e-10)
        assert there.se == pytest.approx(here.se, rel=1e-10)
        assert there.interval == pytest.approx(here.interval, rel=1e-9)
        assert there.naive == pytest.approx(here.naive, rel=1e-9)
        assert (there.n, there.method, there.why, there.label) == (here.n, here.method, here.why, here.label)
        assert there.diagnostics.rows_dropped == here.diagnostics.rows_dropped
        assert there.diagnostics.effective_sample_size == here.diagnostics.effective_sample_size
        balances = zip(there.diagnostics.balance, here.diagnostics.balance, strict=True)
        assert all(a.name == b.name and a.before == pytest.approx(b.before, abs=1e-9) for a, b in balances)
        codes = {warning.code for warning in there.warnings}
        assert codes == {warning.code for warning in here.warnings} - {"low_overlap"}


def test_that_nothing_was_tested_is_said(both: tuple[Remote, Table]):
    answer = wh.ask("effect of x on y", both[0], NUMBERS, method="ols")
    assert answer.refutations == ()
    assert [warning.code for warning in answer.warnings].count("not_tested") == 1
    assert "data_sha256" not in answer.provenance


@pytest.mark.parametrize(
    ("question", "graph", "options"),
    [
        ("effect of x on y", NUMBERS, {}),
        ("effect of x on high", DISCRETE, {"method": "aipw"}),
        (f"effect of {WAGE} on y", NUMBERS, {"method": "plr"}),
        ("effect of x on y", NUMBERS, {"method": "ols", "errors": "bootstrap"}),
        ("effect of x on y", NUMBERS, {"method": "ols", "clusters": "town"}),
    ],
)
def test_what_needs_rows_is_refused_with_the_cure(
    both: tuple[Remote, Table], question: str, graph: str, options: dict[str, str]
):
    with pytest.raises(NeedsRows, match=r"Parquet.*wh\.scan"):
        wh.ask(question, both[0], graph, **options)


def test_options_that_need_rows_are_refused_and_a_filter_is_not(both: tuple[Remote, Table]):
    far, near = (wh.ask("effect of x on high", data, DISCRETE, where="y < 4") for data in both)
    assert (far.estimate.value, far.estimate.n) == (near.estimate.value, near.estimate.n)
    for options in ({"weights": "z"}, {"derive": {"w": "z + 1"}}):
        with pytest.raises(InvalidOption, match="view"):
            wh.ask("effect of x on high", both[0], DISCRETE, **options)


def test_names_and_values_that_are_not_there_are_told_as_in_memory(both: tuple[Remote, Table]):
    for data in both:
        with pytest.raises(UnknownColumn, match='Did you mean "town"'):
            wh.ask("effect of x on high", data, "x -> high; towns -> high")
        with pytest.raises(UnknownLevel, match='"town" = "C"'):
            wh.ask("P(high=1 | town=C)", data, DISCRETE)
        with pytest.raises(UnknownLevel, match='"y" = "123'):
            wh.ask("P(high=1 | y=123456)", data, MEANS + "; y -> high")


def test_the_doors_below_ask_take_such_a_table_too(both: tuple[Remote, Table]):
    estimand = wh.identify(wh.ate("x", "high"), wh.graph(DISCRETE))
    values = [wh.estimate(estimand, data).value for data in both]
    assert values[0] == values[1]
    assert wh.plug_in(estimand, both[0]) == wh.plug_in(estimand, both[1])


def test_only_the_columns_that_matter_are_asked_about(postgres: PostgresForTests, owner: psycopg.Connection):
    in_postgres(owner, made(2_000))
    owner.execute("ALTER TABLE t ADD COLUMN broken TEXT; UPDATE t SET broken = 'x'")
    owner.execute("CREATE VIEW v AS SELECT x, z, high, town, CAST(broken AS INT) AS broken FROM t")
    assert wh.ask("effect of x on high", remote(postgres.url, "v"), DISCRETE).status == "answered"


def test_dates_are_labels_if_they_are_few_and_days_if_they_are_many(
    postgres: PostgresForTests, owner: psycopg.Connection
):
    draw = np.random.default_rng(7)
    n = 900
    few = np.array(["2020-01-01", "2020-02-01", "2021-03-05"], dtype="datetime64[D]")[draw.integers(0, 3, n)]
    many = np.datetime64("2020-01-01T06:30:00") + draw.integers(0, 900, n) * np.timedelta64(11, "h")
    x = draw.integers(0, 2, n)
    y = x + draw.normal(size=n) + (few == few[0]) + (many - many.min()).astype(float) / 1e6
    near = wh.table({"x": x, "few": few, "many": many, "y": y})
    owner.execute("CREATE TABLE t (x INT, few DATE, many TIMESTAMP, y FLOAT8)")
    with owner.cursor() as cursor, cursor.copy("COPY t FROM STDIN") as copy:
        for row in zip(x.tolist(), few.tolist(), many.tolist(), y.tolist(), strict=True):
            copy.write_row(row)
    duck = duckdb.connect()
    duck.register(
        "given", {"x": x, "few": few.astype("datetime64[us]"), "many": many.astype("datetime64[us]"), "y": y}
    )
    duck.execute("CREATE TABLE t AS SELECT x, few::DATE AS few, many, y FROM given")
    graph = "x -> y; few -> x; few -> y; many -> x; many -> y"
    (here,) = numbers("effect of x on y", graph, near, method="ols")
    assert len(here.diagnostics.balance) == 3
    for data in (remote(postgres.url, "t"), remote(duck, "t")):
        (there,) = numbers("effect of x on y", graph, data, method="ols")
        assert there.value == pytest.approx(here.value, rel=1e-10)
        assert there.se == pytest.approx(here.se, rel=1e-10)
        assert [each.name for each in there.diagnostics.balance] == [
            each.name for each in here.diagnostics.balance
        ]


def test_a_column_that_varies_by_rounding_only_is_left_out_there_as_here():
    draws = np.random.default_rng(5)
    x, near = draws.integers(0, 2, 2_000).astype(float), draws.normal(size=2_000)
    columns = {"x": x, "w": 1e9 + near * 5e-4, "y": x + near + draws.normal(size=2_000)}
    here_and_there = (wh.table(columns), remote(in_duckdb(columns), "t"))
    found = [
        numbers("effect of x on y", "w -> x; w -> y; x -> y", d, method="ols")[0] for d in here_and_there
    ]
    assert found[1].value == pytest.approx(found[0].value, rel=1e-10)
    assert found[1].se == pytest.approx(found[0].se, rel=1e-10)
    assert [{each.code for each in one.warnings} for one in found] == [{"dropped_columns"}] * 2
