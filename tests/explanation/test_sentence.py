"""The one sentence: what was found, how sure it is and among whom; or what cannot be known, and the cure."""

from dataclasses import replace

import pytest

from explanation.answers import (
    bounded,
    distribution,
    every_kind,
    failed_placebo,
    from_a_table,
    job_training,
    labelled,
    not_identified,
    without_data,
    without_graph,
    without_overlap,
)
from whence.estimation.values import Estimate
from whence.explanation.answer import Answer
from whence.explanation.figures import interval, number, p_value, percent, tick
from whence.explanation.sentence import caution, sentence
from whence.identification.identify import identify
from whence.language.graph import Edge, Graph
from whence.language.query_text import query
from whence.runtime.errors import InvalidAnswer


def test_with_labels_it_is_the_sentence_of_the_look():
    assert sentence(labelled()) == (
        "Training raised 1978 earnings by about $1,571 on average among those trained "
        "(95 %: $190 to $2,950; n = 16,177)."
    )


def test_without_labels_the_names_of_the_columns_serve():
    assert sentence(job_training()) == (
        "Setting treat to 1 rather than 0 raised re78 by about 1,570 on average among those with treat = 1 "
        "(95 %: 190 to 2,950; n = 16,177)."
    )


def with_number(value, ends):
    found = replace(labelled().estimate, value=value, interval=ends)
    return replace(labelled(), estimate=found)


def test_a_negative_effect_lowers_and_its_interval_turns_with_it():
    said = sentence(with_number(-600.0, (-900.0, -300.0)))
    assert said.startswith("Training lowered 1978 earnings by about $600 on average among those trained")
    assert "$300 to $900" in said


def test_an_interval_that_holds_zero_claims_no_effect():
    said = sentence(with_number(120.0, (-300.0, 540.0)))
    assert said.startswith("No average effect of training on 1978 earnings can be told apart from zero")
    assert "−$300 to $540" in said
    assert "raised" not in said


def test_a_table_of_probabilities_has_no_interval_and_says_so():
    said = sentence(from_a_table())
    assert said.startswith("The probability that Y = 1, with X = 1 set, is 0.450")
    assert "without an interval" in said


def test_a_distribution_gives_its_first_cells_and_counts_the_rest():
    said = sentence(distribution())
    assert "0.167 (95 %: 0.127 to 0.207; n = 700)" in said
    assert said.endswith("and 2 more below.")


@pytest.mark.parametrize(
    ("answer", "cannot", "cure"),
    [
        (not_identified(), "however much data", "an experiment that sets tutoring"),
        (without_graph(), "cannot be told from data alone", "a graph"),
        (without_overlap(), "nobody to be compared with", "rows of treated people over 60"),
        (without_data(), "can be worked out", "data on W1, W2, X, Y"),
    ],
)
def test_a_refusal_says_what_cannot_be_known_and_what_would_make_it_knowable(answer, cannot, cure):
    assert cannot in sentence(answer)
    assert cure in sentence(answer)


def test_a_range_is_given_as_a_range():
    assert "between −0.200 and 0.700" in sentence(bounded())


def test_a_failed_check_is_a_loud_caution_and_a_survived_one_none():
    assert caution(job_training()) == ""
    assert caution(failed_placebo()).startswith("A check failed (placebo outcome re75)")


def test_no_sentence_boasts():
    for answer in every_kind().values():
        assert "!" not in sentence(answer)
        assert "successfully" not in sentence(answer)
        assert "proved" not in sentence(answer)


def test_a_label_for_a_variable_that_is_not_asked_about_is_refused():
    with pytest.raises(InvalidAnswer, match="nonsense"):
        job_training().labelled({"nonsense": {"label": "x"}})


def test_numbers_have_three_digits_a_true_minus_and_their_unit():
    assert [number(x) for x in (0, -0.0, 0.09732, -8497.52, 1234567, 0.99951, 1e-9)] == [
        *("0", "0", "0.0973", "−8,500", "1,230,000", "1.00", "1.00 × 10^−9")
    ]
    assert [number(x, "$") for x in (-8497.52, 12.5, 0)] == ["−$8,498", "$12.50", "$0"]
    assert number(16177, "count") == "16,177"
    assert number(float("nan")) == "not a number"
    assert number(-3.5, "mmHg") == "−3.50 mmHg"
    assert number(5, signed=True) == "+5.00"
    assert interval((-1, 2.5), "%") == "−1.00 % to 2.50 %"
    assert interval(None) == "no interval"
    assert [percent(x) for x in (0.95, 0.999, 0.005, 1.0, float("nan"))] == [
        "95 %",
        "100 %",
        "0.5 %",
        "100 %",
        "–",
    ]
    assert [p_value(p) for p in (0.0001, 0.034, 0.5, None)] == ["p < 0.001", "p = 0.034", "p = 0.50", ""]
    assert [tick(x, 2500, "$") for x in (-2500, 0)] == ["−$2,500", "$0"]


def test_the_repr_is_one_line_with_interval_and_n():
    assert repr(job_training()) == "<Answer 'ATT(treat -> re78)': 1,570 (190 to 2,950), n=16177>"
    assert repr(not_identified()) == "<Answer refused not_identified: 'does tutoring cause grades?'>"
    assert str(job_training()) == sentence(job_training())


def test_a_table_of_probabilities_counts_nobody_and_no_view_says_n_is_0():
    answer = replace(from_a_table(), estimate=replace(from_a_table().estimate, n=0))
    cells = replace(distribution(), estimates=tuple(replace(e, n=0) for e in distribution().estimates))
    for shown in (answer, cells):
        views = (shown.text, shown.to_text(full=True), shown.to_html(), shown.to_markdown(), repr(shown))
        for view in (*views, shown.to_latex()):
            assert "n = 0" not in view
            assert "n=0" not in view
            assert "n&nbsp;=&nbsp;0" not in view
    assert "table of probabilities" in answer.to_markdown()


def test_both_ends_of_an_interval_are_written_in_one_notation():
    assert interval((8.48e11, 1.12e12)) == "0.85 × 10^12 to 1.12 × 10^12"
    assert interval((-1.12e12, 8.48e11)) == "−1.12 × 10^12 to 0.85 × 10^12"
    assert interval((8.48e10, 1.12e11)) == "84,800,000,000 to 112,000,000,000"
    assert interval((0.0, 1.12e12)) == "0 to 1.12 × 10^12"


def test_an_effect_among_the_untreated_names_both_levels_and_those_it_is_about():
    asked = query("E[y_{x=1} | x=0] - E[y_{x=0} | x=0]")
    found = Estimate(2.0, 0.1, (1.8, 2.2), 0.95, 600, 3.0, "aipw")
    assert sentence(Answer(str(asked), asked, estimate=found)) == (
        "Setting x to 1 rather than 0 raised y by about 2.00 on average among those with x = 0 "
        "(95 %: 1.80 to 2.20; n = 600)."
    )
    own = Answer(str(asked), asked, estimate=found).labelled({"x": {"label": "training", "among": "trained"}})
    assert "those with training = 0" in sentence(own)


def test_a_question_that_leaves_values_open_is_about_a_distribution():
    graph = Graph.of((), [Edge("x", "y"), Edge("x", "y", "<->")])
    asked = query("P(y | do(x))")
    said = sentence(Answer(str(asked), asked, refusal=identify(asked, graph), graph=graph))
    assert said.startswith("The distribution of y, with x set, cannot be known from these variables")
