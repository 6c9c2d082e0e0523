"""The demonstration: what is bundled is what the code of today makes of it."""

import pytest

from whence.rlm.demo import RECORDING, demo_task, play
from whence.rlm.journal.record import header_of, run_events
from whence.rlm.views.tree import tree_of


def test_the_recording_is_gone_through_again_with_the_code_of_today():
    shown = play()
    assert shown.completion is not None, "make it anew: python tools/make_recording.py"
    if shown.completion.isolation == "monty":
        pytest.skip("no native sandbox here")
    assert shown.completion.replayed == shown.completion.calls
    recorded = tree_of(run_events(RECORDING))
    assert shown.completion.plain_answer == recorded.ended.answer
    assert [run.run for run in shown.tree.every_run()] == [run.run for run in recorded.every_run()]


def test_it_says_that_the_model_is_simulated_and_what_the_truth_is():
    text = play().to_text()
    assert "SIMULATED" in text.splitlines()[0]
    assert f"The true answer is {demo_task().answer}" in text
    assert header_of(RECORDING).model == "simulated model"
