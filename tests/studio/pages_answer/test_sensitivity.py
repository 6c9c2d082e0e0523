"""The slider: every value gives exactly what the mathematics of sensitivity gives, and nothing is made up."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explanation.answers import HOSTILE, checks, job_training, not_identified
from studio.pages_answer.shown import check_allowed
from whence.explanation.charts.contour import contour_chart
from whence.explanation.charts.supposed import Covariate, covariates, measured, regression, suppose
from whence.explanation.figures import interval, number, percent
from whence.refutation.cinelli_hazlett import Regression, Strength, benchmark_strength
from whence.refutation.result import Refutation
from whence.runtime.errors import InvalidOption
from whence.studio.pages.answer import answer_body, multiple, sensitivity_reply

shares = st.floats(1e-6, 0.6)
LEVEL = 0.95
FIT = Regression(1571.3, 400.0, 16165)


def recorded(fit: Regression, names: dict[str, tuple[float, float]]) -> Refutation:
    """The sensitivity of an answer as refuting records it, for covariates of these partial R²."""
    benchmarks = []
    for name, (of_treatment, of_outcome) in names.items():
        for times in (1.0, 2.0, 3.0):
            strength = benchmark_strength(of_treatment, of_outcome, times)
            if strength is None:
                continue
            left = fit.adjusted(strength.with_treatment, strength.with_outcome)
            benchmarks.append(
                {
                    "name": name,
                    "times": times,
                    "with_treatment": strength.with_treatment,
                    "with_outcome": strength.with_outcome,
                    "estimate": left.estimate,
                    "se": left.se,
                    "interval": list(left.interval(LEVEL)),
                }
            )
    details = {"estimate": fit.estimate, "se": fit.se, "df": fit.df, "benchmarks": benchmarks}
    details["robustness_value"] = fit.robustness_value()
    return Refutation("sensitivity", "survived", "", 0.1, None, None, "", "It is so.", details)


def an_answer(names=None, fit: Regression = FIT):
    found = recorded(fit, names or {"age": (0.02, 0.01), "black": (0.08, 0.001)})
    return replace(job_training(), refutations=(*checks()[:2], found))


def benchmarks(answer):
    return answer.sensitivity["benchmarks"]


@pytest.mark.parametrize("place", range(6))
def test_at_a_recorded_strength_the_slider_gives_what_was_recorded(place: int):
    answer = an_answer()
    each = benchmarks(answer)[place]
    covariate = next(known for known in covariates(answer) if known.name == each["name"])
    strength = covariate.strength(each["times"])
    assert strength is not None
    found = suppose(answer, strength)
    assert found is not None
    assert found.strength.with_treatment == pytest.approx(each["with_treatment"], rel=1e-12)
    assert found.strength.with_outcome == pytest.approx(each["with_outcome"], rel=1e-12)
    assert found.left.estimate == pytest.approx(each["estimate"], rel=1e-10)
    assert found.left.se == pytest.approx(each["se"], rel=1e-12)
    assert found.interval == pytest.approx(tuple(each["interval"]), rel=1e-9)
    shown = check_allowed(sensitivity_reply(answer, benchmark=each["name"], times=each["times"])).text
    for told in (number(each["estimate"]), percent(each["with_treatment"]), percent(each["with_outcome"])):
        assert told in shown.replace("\N{NO-BREAK SPACE}", " ")


@given(shares, shares, st.sampled_from([0.5, 1.0, 2.0, 3.0]), st.floats(0.0, 3.0))
def test_a_covariate_is_found_again_from_any_of_its_benchmarks(treatment, outcome, times, asked):
    strength = benchmark_strength(treatment, outcome, times)
    if strength is None or strength.with_outcome >= 1:
        return
    found = measured("z", times, strength.with_treatment, strength.with_outcome)
    assert found is not None
    expected, got = benchmark_strength(treatment, outcome, asked), found.strength(asked)
    if expected is None or got is None:  # at the very edge of what can be
        return
    assert got.with_treatment == pytest.approx(expected.with_treatment, rel=1e-9)
    assert got.with_outcome == pytest.approx(expected.with_outcome, rel=1e-6, abs=1e-12)


@given(st.floats(0.0, 0.9), st.floats(0.0, 1.0))
def test_both_shares_set_by_hand_give_the_adjusted_regression(treatment: float, outcome: float):
    answer = an_answer()
    fit = regression(answer.sensitivity)
    assert fit is not None
    found = suppose(answer, Strength(treatment, outcome))
    assert found is not None
    assert found.left == fit.adjusted(treatment, outcome)


def test_the_words_tell_what_is_left_and_whether_it_still_excludes_zero():
    answer = an_answer(fit=Regression(1571.3, 100.0, 16165))
    weak = check_allowed(sensitivity_reply(answer, r2_treatment=0.001, r2_outcome=0.001))
    assert "The interval would still exclude zero." in weak.text
    fit = regression(answer.sensitivity)
    assert fit is not None
    at_zero = check_allowed(sensitivity_reply(answer, r2_treatment=0.116, r2_outcome=0.116))
    assert "Zero would lie in the interval." in at_zero.text
    strong = check_allowed(sensitivity_reply(answer, r2_treatment=0.3, r2_outcome=0.3))
    assert "The effect would change its sign." in strong.text
    left = fit.adjusted(0.3, 0.3)
    assert interval(left.interval(LEVEL)) in strong.text.replace("\N{NO-BREAK SPACE}", " ")


def test_the_point_moves_along_the_way_of_its_covariate():
    answer = an_answer()
    (age, _) = covariates(answer)
    places = []
    for times in (0.5, 1.0, 2.0):
        html = sensitivity_reply(answer, benchmark="age", times=times)
        (circle,) = [each for each in check_allowed(html).of("circle") if each["class"] == "wh-moving"]
        places.append((float(circle["cx"] or 0), float(circle["cy"] or 0)))
    assert places == sorted(places, key=lambda place: (place[0], -place[1]))
    assert len(set(places)) == 3
    assert age.most == 3.0


def test_a_slider_beyond_its_ends_stays_at_its_ends():
    answer = an_answer()
    far = sensitivity_reply(answer, benchmark="age", times=99.0)
    assert "3 times as strong as age" in check_allowed(far).text
    assert "NaN" not in sensitivity_reply(answer, r2_treatment=1.0, r2_outcome=5.0)


def test_a_covariate_that_was_not_recorded_is_an_error_that_names_those_that_were():
    with pytest.raises(InvalidOption, match="age"):
        sensitivity_reply(an_answer(), benchmark="shoe size", times=1.0)


def test_an_answer_without_sensitivity_says_so_and_has_no_slider():
    assert "No sensitivity" in check_allowed(sensitivity_reply(not_identified())).text
    assert 'type="range"' not in answer_body(not_identified(), address="/p/abcdefghijkl/answers/1")


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_covariate_stays_text(name: str):
    answer = an_answer({name: (0.02, 0.01)})
    body = check_allowed(answer_body(answer, address="/p/abcdefghijkl/answers/1"))
    reply = check_allowed(sensitivity_reply(answer, benchmark=name, times=2.0))
    for page in (body, reply):
        for _, told in page.elements:
            for key, value in told.items():
                if key.startswith("data-"):
                    assert name not in (value or ""), key
    assert name in [each.get("value") for each in body.of("option")] or "\r" in name or "\0" in name


def test_records_that_cannot_be_read_are_passed_over():
    broken = [None, {}, {"name": "a"}, {"name": "a", "times": 0, "with_treatment": 1, "with_outcome": 2}]
    answer = an_answer()
    details = {**answer.sensitivity, "benchmarks": [*broken, *benchmarks(answer)]}
    changed = replace(answer, refutations=(replace(answer.refutations[-1], details=details),))
    assert [each.name for each in covariates(changed)] == ["age", "black"]
    assert suppose(replace(answer, refutations=()), Strength(0.1, 0.1)) is None


def test_a_report_keeps_its_still_contours():
    answer = an_answer()
    report = answer.to_html()
    assert 'class="wh-moving"' not in report
    assert contour_chart(answer) in report


def test_times_are_told_in_words():
    assert [multiple(each) for each in (1.0, 2.0, 2.5)] == [
        "as strong",
        "twice as strong",
        "2.5 times as strong",
    ]
    assert Covariate("z", 0.5, 0.1, 3.0).strength(3.0) is None
