"""Where nothing leads from treatment to outcome the effect is zero by the graph, whatever the columns are."""

import numpy as np
import pytest

import whence as wh
from whence.explanation.answer import Answer
from whence.runtime.errors import InvalidQuery

NO_ARROW = "z -> x; z -> y"


def world(seed=3, n=800, effect=0.0):
    """z moves x and y, each a number, 0/1 or a label; x moves y by `effect`, which the graph denies."""
    chance = np.random.default_rng(seed)
    z = chance.normal(size=n)
    x = z + chance.normal(size=n)
    y = z + effect * x + chance.normal(size=n)
    return {
        "z": z,
        "number": (x, y),
        "binary": ((x > 0).astype(int), (y > 0).astype(int)),
        "label": (np.where(x > 0, "yes", "no"), np.where(y > 0, "up", "down")),
    }


def data(treatment, outcome, **more):
    found = world(**more)
    return {"z": found["z"], "x": found[treatment][0], "y": found[outcome][1]}


@pytest.mark.parametrize("treatment", ["number", "binary"])
@pytest.mark.parametrize("outcome", ["number", "binary"])
@pytest.mark.parametrize("question", ["effect of x on y", "effect of x on y among the treated"])
def test_the_answer_is_exactly_zero_and_says_that_the_graph_says_so(treatment, outcome, question):
    found = wh.ask(question, data(treatment, outcome), NO_ARROW)
    assert found.status == "answered"
    assert found.verified
    assert (found.estimate.value, found.estimate.se) == (0.0, 0.0)
    assert "There is no effect of x on y: in the graph nothing leads from x to y." in found.text
    assert "the graph's claim and no estimate; the data do not speak against it" in found.text
    assert "0 to 0" not in found.to_text()
    assert Answer.from_json(found.to_json()).text == found.text


def test_labels_need_no_levels_that_can_be_averaged():
    asked = "E[y | do(x=yes)] - E[y | do(x=no)]"
    found = wh.ask(asked, data("label", "label"), NO_ARROW)
    assert found.estimate.value == 0.0
    assert found.estimate.naive is None


def test_the_plain_comparison_stands_beside_it():
    found = wh.ask("effect of x on y", data("binary", "number"), NO_ARROW)
    rows = data("binary", "number")
    plain = rows["y"][rows["x"] == 1].mean() - rows["y"][rows["x"] == 0].mean()
    assert found.estimate.naive == pytest.approx(plain)
    assert "plain comparison" in found.to_text()


def test_data_that_show_an_effect_speak_against_the_graph_loudly():
    found = wh.ask("effect of x on y", data("number", "number", effect=0.5), NO_ARROW)
    assert found.estimate.value == 0.0
    assert [each.verdict for each in found.refutations] == ["failed"]
    assert "the data speak against it" in found.text


def test_where_the_arrow_points_the_other_way_the_data_have_no_say():
    found = wh.ask("effect of y on x", data("number", "number"), "z -> x -> y; z -> y")
    assert found.estimate.value == 0.0
    assert [each.verdict for each in found.refutations] == ["inconclusive"]
    assert "the data have no say" in found.text


def test_no_data_are_needed():
    found = wh.ask("effect of x on y", None, NO_ARROW)
    assert found.status == "answered"
    assert "no data were held against it" in found.text


def test_within_groups_there_is_no_effect_either():
    rows = data("binary", "number")
    found = wh.ask("CATE(x -> y by g)", {**rows, "g": (rows["z"] > 0).astype(int)}, "g -> x; g -> y; z")
    assert found.estimate.value == 0.0
    assert found.estimates == ()


def test_a_group_that_the_treatment_makes_is_refused_or_warned_about():
    rows = data("binary", "binary")
    asked = {**rows, "m": rows["x"]}
    with pytest.raises(InvalidQuery, match="m comes after x"):
        wh.ask("effect of x on y by m", asked, "x -> m -> y")
    found = wh.ask("E[y | do(x=1), m=1]", asked, "x -> m -> y")
    told = [each.message for each in found.warnings if each.code == "after_treatment"]
    assert told
    assert told[0].startswith("In the graph m comes after x")
    before = wh.ask(
        "effect of x on y by z", {**rows, "z": (rows["z"] > 0).astype(int)}, "z -> x -> y; z -> y"
    )
    assert "after_treatment" not in {each.code for each in before.warnings}
