"""A question, data and a graph in; an answer out, or a refusal that says what is missing."""

import inspect
import json
import shlex

import numpy as np
import pytest

import whence as wh
from whence.cli.main import run
from whence.engine import asking
from whence.examples import path
from whence.explanation.answer import Answer
from whence.runtime.errors import InvalidOption, InvalidQuery, InvalidWeights, UnknownColumn, UnknownVariable
from whence.runtime.events import Cancellation, Estimated, Failed, Finished, Refuted, Started, cancellable
from whence.runtime.journal import read

GRAPH = "z -> x -> y; z -> y"


@pytest.fixture(scope="module")
def world():
    """x raises y by exactly 2; z confounds them."""
    chance = np.random.default_rng(7)
    z = chance.random(3_000) < 0.5
    x = chance.random(3_000) < np.where(z, 0.7, 0.3)
    y = 2.0 * x + 3.0 * z + chance.normal(size=3_000)
    return {"x": x.astype(int), "y": y, "z": z.astype(int)}


@pytest.fixture(scope="module")
def answer(world):
    return wh.ask("effect of x on y", world, GRAPH)


def test_ask_is_the_composition_of_its_steps_and_fits_on_a_page():
    source = inspect.getsource(asking.ask)
    steps = ["parse(", "identify(", "verify(", "estimate(", "refute(", "explain("]
    places = [source.index(" " + step) for step in steps]
    assert places == sorted(places)
    assert len(source.splitlines()) <= 60


def test_the_truth_is_found_where_the_naive_comparison_misses_it(answer):
    assert answer.status == "answered"
    assert answer.verified
    low, high = answer.estimate.interval
    assert low < 2.0 < high
    assert high - low < 0.4
    assert answer.estimate.naive > 2.8
    assert answer.query.contrast.level == 1
    assert answer.parsed_by == "grammar"


def test_an_answer_carries_its_assumptions_with_what_testing_said(answer):
    by_statement = {each.statement: each for each in answer.assumptions}
    overlap = next(each for text, each in by_statement.items() if "overlap" in text)
    assert overlap.status == "survived"
    assert any(text.startswith("No unobserved confounder") for text in by_statement)
    assert {each.name for each in answer.refutations}
    assert all(each.verdict in ("survived", "failed", "inconclusive") for each in answer.refutations)


def test_an_answer_goes_to_json_and_comes_back_equal(answer):
    text = answer.to_json()
    again = Answer.from_json(text)
    assert again.to_dict() == answer.to_dict()
    told = json.loads(text)
    assert told["schema"] == "whence.answer/1"
    assert told["status"] == "answered"
    assert told["estimand"]["verified"] is True


def test_the_bytes_are_the_same_for_every_executor_and_flavour_of_data(world, answer):
    import pandas as pd

    def told(found):
        kept = found.to_dict()
        for key in ("elapsed_s", "data", "script", "command"):
            kept["provenance"].pop(key, None)
        return json.dumps(kept, sort_keys=True)

    expected = told(answer)
    for executor in ("serial", "threads:3", "processes:2"):
        assert told(wh.ask("effect of x on y", world, GRAPH, executor=executor)) == expected
    assert told(wh.ask("effect of x on y", pd.DataFrame(world), GRAPH)) == expected


class Linear:
    """A learner that shows itself as Python shows any object: by where it lies in memory."""

    def fit(self, x, y):
        self.slopes, *_ = np.linalg.lstsq(np.c_[np.ones(len(x)), x], y, rcond=None)
        return self

    def predict(self, x):
        return np.c_[np.ones(len(x)), x] @ self.slopes


def test_where_a_learner_lies_in_memory_is_no_part_of_an_answer(world):
    learners = [{"outcome": Linear()} for _ in range(2)]
    first, second = (
        wh.ask("effect of x on y", world, GRAPH, method="aipw", learners=each) for each in learners
    )
    assert first.provenance.pop("elapsed_s") >= 0 <= second.provenance.pop("elapsed_s")
    assert first.to_json() == second.to_json()
    assert "Linear object>" in first.provenance["script"]
    assert "Linear" not in first.provenance["command"]


def test_another_seed_gives_another_answer_but_not_another_truth(world):
    one, two = (
        wh.ask("effect of x on y", world, GRAPH, method="aipw", learners="linear", seed=seed)
        for seed in (1, 2)
    )
    assert one.estimate.value != two.estimate.value
    assert abs(one.estimate.value - two.estimate.value) < one.estimate.se


def test_no_data_is_a_refusal_that_proves_the_estimand_and_says_what_is_needed():
    found = wh.ask("effect of x on y", None, GRAPH)
    assert found.status == "refused"
    assert found.refusal.kind == "needs_data"
    assert found.verified
    assert "z" in found.estimand.text
    assert all(name in found.refusal.would_help[0] for name in "xyz")
    assert Answer.from_json(found.to_json()).refusal == found.refusal


def test_no_graph_is_a_refusal_for_a_question_about_doing(world):
    found = wh.ask("effect of x on y", world)
    assert found.status == "refused"
    assert found.refusal.kind == "needs_graph"
    assert found.refusal.would_help
    assert found.estimand is None


def test_seeing_needs_no_graph(world):
    found = wh.ask("P(x=1 | z=1)", world)
    z, x = np.array(world["z"]), np.array(world["x"])
    assert found.status == "answered"
    assert found.estimate.value == pytest.approx(x[z == 1].mean(), abs=1e-12)
    assert found.graph is None
    assert found.rung == 1


def test_what_cannot_be_identified_is_refused_with_its_hedge(world):
    found = wh.ask("effect of x on y", world, "x -> y; x <-> y; z -> x")
    assert found.status == "refused"
    assert found.refusal.kind == "not_identified"
    assert set(found.refusal.hedge.forest) == {"x", "y"}
    assert Answer.from_json(found.to_json()).refusal.kind == "not_identified"


def test_a_treatment_that_never_varies_is_refused(world):
    found = wh.ask("effect of x on y", {**world, "x": np.ones(3_000)}, GRAPH)
    assert found.refusal.kind == "no_variation"
    assert found.estimand is not None


def test_open_values_give_an_estimate_for_each(world):
    found = wh.ask("P(x | z)", world)
    assert found.estimate is None
    assert len(found.estimates) == 4
    assert sum(each.value for each in found.estimates) == pytest.approx(2.0)


def test_weights_of_a_count_table_are_people():
    kidney = wh.ask(
        "P(success=1 | do(treatment=1)) - P(success=1 | do(treatment=0))",
        path("kidney_stones"),
        "{size} -> treatment -> success; size -> success",
        weights="count",
    )
    # Charig et al. (1986), standardised over the sizes of the stones.
    small, large = (87 + 270) / 700, (263 + 80) / 700
    expected = small * (81 / 87 - 234 / 270) + large * (192 / 263 - 55 / 80)
    assert kidney.estimate.value == pytest.approx(expected, abs=1e-9)
    assert kidney.estimate.n == 700
    assert kidney.estimate.naive == pytest.approx(273 / 350 - 289 / 350, abs=1e-9)


def test_the_experiment_gives_the_published_number():
    found = wh.ask("ATT(treat -> re78)", path("nsw"), "treat -> re78", method="ols")
    assert found.estimate.value == pytest.approx(1794.34, abs=0.005)
    assert found.estimate.se == pytest.approx(670.82, abs=0.005)


def test_filters_and_derived_columns_reach_the_data_and_the_provenance(world):
    found = wh.ask(
        "effect of x on y", world, "w -> x -> y; w -> y", where="z = 1", derive={"w": "1 - z"}, method="ols"
    )
    assert found.estimate.n == int(np.sum(world["z"]))
    assert "--where 'z = 1'" in found.provenance["command"]
    assert "--derive 'w=1 - z'" in found.provenance["command"]
    assert any("left out" in warning.message for warning in found.warnings)


def test_the_command_in_an_answer_gives_the_same_answer(tmp_path, world, capsys):
    import pandas as pd

    file = tmp_path / "a file.csv"
    pd.DataFrame(world).to_csv(file, index=False)
    found = wh.ask(
        "effect of x on y", file, GRAPH, method="ols", seed=3, benchmarks=["z"], assume=["honesty"]
    )
    words = shlex.split(found.provenance["command"])
    assert words[:2] == ["whence", "ask"]
    assert run([*words[1:], "--format", "json"]) == 0
    again = json.loads(capsys.readouterr().out)
    expected = found.to_dict()
    for told in (again, expected):
        del told["provenance"]["elapsed_s"]
        told["provenance"].pop("data", None)
    assert again == expected


def test_the_script_in_an_answer_gives_the_same_answer(tmp_path, world):
    import pandas as pd

    file = tmp_path / "data.csv"
    pd.DataFrame(world).to_csv(file, index=False)
    found = wh.ask("effect of x on y", file, GRAPH, method="ols", derive={"w": "1 - z"}, benchmarks=["z"])
    scope = {}
    exec(found.provenance["script"], scope)
    assert scope["answer"].estimate == found.estimate


def test_what_happens_is_told_in_the_order_of_the_steps(world):
    heard = []
    wh.ask("effect of x on y", world, GRAPH, on_event=heard.append, executor="serial")
    stages = ["read", "parse", "identify", "verify", "estimate", "refute", "explain"]
    assert [event.stage for event in heard if isinstance(event, Started) and event.stage in stages] == stages
    assert [event.stage for event in heard if isinstance(event, Finished) and event.stage in stages] == stages
    assert any(isinstance(event, Estimated) for event in heard)
    assert any(isinstance(event, Refuted) for event in heard)
    assert all(json.dumps(event.to_dict(), allow_nan=False) for event in heard)


def test_an_error_is_told_too(world):
    heard = []
    with pytest.raises(UnknownVariable):
        wh.ask("effect of q on y", world, GRAPH, on_event=heard.append)
    assert isinstance(heard[-1], Failed)


def test_asking_can_be_cancelled(world):
    token = Cancellation()
    with cancellable(token), pytest.raises(wh.WhenceError, match="Cancelled"):
        wh.ask("effect of x on y", world, GRAPH, on_event=lambda event: token.cancel())


def test_a_node_that_is_no_column_is_an_error_unless_it_is_latent(world):
    with pytest.raises(UnknownColumn, match="declare it latent"):
        wh.ask("effect of x on y", world, GRAPH + "; u -> y")
    found = wh.ask("effect of x on y", world, GRAPH + "; u [latent] -> y", method="ols")
    assert found.status == "answered"
    assert "u" not in found.estimand.text


def test_assumptions_of_the_asker_land_in_the_ledger(world):
    found = wh.ask("effect of x on y", world, GRAPH, method="ols", assume=["z was measured without error"])
    own = [each for each in found.assumptions if each.source == "user"]
    assert [each.statement for each in own] == ["z was measured without error"]


def test_a_number_as_treatment_means_one_unit_more_and_says_so():
    chance = np.random.default_rng(1)
    z = chance.normal(size=2_000)
    dose = 5 + z + chance.normal(size=2_000)
    found = wh.ask(
        "effect of dose on y", {"dose": dose, "z": z, "y": 0.5 * dose - z}, "z -> dose -> y; z -> y"
    )
    assert found.estimate.value == pytest.approx(0.5, abs=0.01)
    assert any("one unit more" in warning.message for warning in found.warnings)


def test_many_questions_and_a_study_give_what_ask_gives(world):
    questions = ["effect of x on y", "P(x=1 | z=0)"]
    one, two = wh.ask_many(questions, wh.table(world), GRAPH)
    study = wh.Study(world, GRAPH)
    assert study.ask(questions[0]).estimate == one.estimate
    assert study.ask(questions[1]).estimate == two.estimate


def test_a_query_can_be_asked_as_a_value(world):
    found = wh.ask(wh.att("x", "y"), world, GRAPH)
    assert found.parsed_by == "syntax"
    assert found.query.contrast.kind == "ATT"


def test_answers_are_recorded_where_a_record_is_kept(tmp_path, world):
    record = tmp_path / "record.jsonl"
    first = wh.ask("P(x=1 | z=1)", world, record=record)
    second = wh.ask("effect of x on y", world, record=record)
    entries = read(record)
    assert [entry["question"] for entry in entries] == [first.question, second.question]
    assert Answer.from_dict(entries[0]).estimate == first.estimate


def test_clusters_make_the_errors_clustered(world):
    clustered = {**world, "school": np.arange(3_000) // 30}
    plain = wh.ask("effect of x on y", clustered, GRAPH, method="ols")
    grouped = wh.ask("effect of x on y", clustered, GRAPH, method="ols", clusters="school")
    assert grouped.estimate.value == plain.estimate.value
    assert grouped.estimate.se != plain.estimate.se


@pytest.mark.parametrize("clusters", [3, ["x", "z"]])
def test_clusters_are_named_by_one_column(world, clusters):
    with pytest.raises(InvalidOption, match="the name of one column"):
        wh.ask("effect of x on y", world, GRAPH, method="ols", clusters=clusters)


def test_a_column_cannot_be_the_weights_and_a_variable(world):
    with pytest.raises(InvalidWeights) as caught:
        wh.ask("effect of x on y", world, GRAPH, weights="z")
    assert '"z" is a variable' in caught.value.message
    assert "latent" not in str(caught.value)


def test_a_difference_of_dates_is_told_in_days(world):
    start = np.datetime64("2020-01-01")
    dates = [str(start + int(10 * value)) for value in world["y"]]
    found = wh.ask("effect of x on y", {**world, "y": dates}, GRAPH, method="ols")
    assert " days on average" in found.text
    assert Answer.from_json(found.to_json()).text == found.text
    assert " days on average" in found.labelled({"y": {"label": "the delay"}}).text


def test_a_latent_variable_in_a_question_is_told_to_be_latent(world):
    with pytest.raises(InvalidQuery, match='"u" is latent'):
        wh.ask("effect of u on y", world, wh.graph("u -> x -> y; z -> x; z -> y", latent=["u"]))


@pytest.mark.parametrize("question", [5, None, b"effect of x on y"])
def test_what_is_no_text_is_no_question(world, question):
    with pytest.raises(InvalidQuery, match="is no question"):
        wh.ask(question, world, GRAPH)


def test_a_variable_whose_column_could_not_be_held_is_met_with_the_reason(world):
    with pytest.raises(UnknownColumn) as caught:
        wh.ask("effect of x on y", {**world, "y": [[value] for value in world["y"]]}, GRAPH)
    assert 'Left out the column "y": it holds values of type list.' in caught.value.cure
    assert "latent" not in caught.value.cure


def test_each_number_of_an_answer_by_groups_is_attacked_and_the_graph_once():
    draws = np.random.default_rng(8)
    z, w = draws.integers(0, 2, (2, 800))
    x = (z + draws.normal(size=800) > 0.5).astype(int)
    y = x * (1 + w) + z + draws.normal(size=800)
    data = {"z": z, "w": w, "x": x, "y": y}
    answer = wh.ask("effect of x on y by w", data, "z -> x -> y; z -> y; w -> y", method="aipw")
    assert [estimate.n for estimate in answer.estimates] == [int((w == 0).sum()), int((w == 1).sum())]
    names = [check.name for check in answer.refutations]
    assert "placebo treatment, where w = 0" in names
    assert "placebo treatment, where w = 1" in names
    assert sum(name.endswith("implied independences") for name in names) <= 2
    assert len(names) == len(set(names))


def test_numbers_that_were_not_attacked_are_said():
    draws = np.random.default_rng(9)
    w = draws.integers(0, 9, 1800)
    x = draws.integers(0, 2, 1800)
    data = {"w": w, "x": x, "y": x + w + draws.normal(size=1800)}
    answer = wh.ask("effect of x on y by w", data, "x -> y; w -> y")
    assert len(answer.estimates) == 9
    told = [warning.message for warning in answer.warnings if warning.code == "not_tested"]
    assert told == ["Only the first 8 of the 9 numbers went through the checks one by one."]


def test_a_question_open_only_for_a_third_value_is_not_called_impossible_on_data_of_two():
    rng = np.random.default_rng(0)
    one, two = rng.random(400), rng.random(400)
    w = (one + two + rng.random(400) > 1.5).astype(int)
    z = (w + rng.random(400) > 0.8).astype(int)
    x = (z * 0.5 + one > 0.7).astype(int)
    y = (x * 0.4 + two + 0.3 * rng.random(400) > 0.8).astype(int)
    found = wh.ask(
        "P(y_{x=1}=1, x=0)", {"w": w, "z": z, "x": x, "y": y}, "w -> z -> x -> y; w <-> x; w <-> y"
    )
    assert found.refusal.kind == "not_yet_answerable"
    assert "in the data it takes 2" in found.refusal.message
    assert found.status == "bounded"


def test_an_equivalence_class_is_a_graph_like_any_other_where_all_its_graphs_agree():
    rng = np.random.default_rng(1)
    a, b, c = rng.normal(size=(3, 1500))
    x = (a + b + rng.normal(size=1500) > 0).astype(int)
    rows = {"a": a, "b": b, "c": c, "d": c + rng.normal(size=1500), "x": x}
    rows["y"] = 2 * x + a + rng.normal(size=1500)
    graph = wh.cpdag(wh.graph("a -> x -> y; b -> x; a -> y; c -> d"))
    assert graph.kind == "CPDAG"
    found = wh.ask("effect of x on y", rows, graph)
    assert found.estimate.value == pytest.approx(2.0, abs=0.3)
    told = {each.name: each.verdict for each in found.refutations}
    assert told["implied independences"] == "survived"
    assert Answer.from_json(found.to_json()).estimand == found.estimand


def test_one_name_needs_no_list_around_it():
    data = {
        "x": [0, 1] * 50,
        "y": [1, 2, 2, 3, 0] * 20,
        "z": [0, 0, 1, 1] * 25,
        "before": [3, 1, 4, 1, 5] * 20,
    }
    options = {"data": data, "graph": "z -> x -> y; z -> y; z -> before", "method": "ols"}
    alone, listed = (
        asking.ask("effect of x on y", **options, placebo_outcomes=names) for names in ("before", ["before"])
    )
    assert [check.name for check in alone.refutations] == [check.name for check in listed.refutations]
    assert any("before" in check.sentence for check in alone.refutations)
