"""Two answers compared: what differs is named, and how far apart the numbers are."""

from dataclasses import replace

from explanation.answers import failed_placebo, hostile, job_training, not_identified
from whence.explanation.comparison import compare


def test_an_answer_agrees_with_itself():
    found = compare(job_training(), job_training())
    assert found.differing == ()
    assert found.sentence == "The two answers agree in all that is compared."


def test_another_number_is_told_with_the_distance_the_interval_and_n():
    other = replace(job_training(), estimate=replace(job_training().estimate, value=3500.0))
    found = compare(job_training(), other)
    assert [row.what for row in found.differing] == ["value"]
    assert "+1,930" in found.sentence
    assert "outside the first one's interval (190 to 2,950)" in found.sentence
    assert "n = 16,177 and 16,177" in found.sentence


def test_a_refusal_and_a_failed_check_show_in_the_comparison():
    found = compare(job_training(), not_identified())
    assert {"status", "refusal", "question"} <= {row.what for row in found.differing}
    assert "failed checks" in [row.what for row in compare(job_training(), failed_placebo()).differing]


def test_a_comparison_is_text_markdown_and_json_and_escapes():
    found = compare(job_training(), hostile("<script>|a|"))
    assert "<script>" not in found.to_markdown()
    assert found.sentence in str(found)
    assert found.to_dict()["rows"]
