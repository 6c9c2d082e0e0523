"""A slip that turns numbers into labels is said with the answer that it changes."""

from __future__ import annotations

import numpy as np

import whence as wh


def test_a_question_mark_among_numbers_is_said() -> None:
    draws = np.random.default_rng(0)
    z = draws.integers(0, 6, 400)
    x = (z + draws.normal(size=400) > 2.5).astype(int)
    y = x + z + draws.normal(size=400)
    graph = "z -> x -> y; z -> y"
    written = [str(value) for value in z]
    clean = wh.ask("effect of x on y", {"z": z, "x": x, "y": y}, graph)
    slipped = wh.ask("effect of x on y", {"z": [*written[:-1], "?"], "x": x, "y": y}, graph)
    assert not any("labels" in warning.message for warning in clean.warnings)
    told = [warning.message for warning in slipped.warnings if warning.code == "data"]
    assert told == ['"z" is read as labels because of "?"; its other values are numbers.']


def test_names_are_no_slips() -> None:
    table = wh.table({"z": ["north", "south"] * 50, "x": [0, 1, 1, 0] * 25, "y": [0.5, 1.0, 2.0, 1.5] * 25})
    answer = wh.ask("effect of x on y", table, "z -> x -> y; z -> y")
    assert not any(warning.code == "data" for warning in answer.warnings)


def test_decimal_commas_are_said() -> None:
    draws = np.random.default_rng(0)
    z = draws.normal(size=400).round(1)
    x = (z + draws.normal(size=400) > 0).astype(int)
    y = x + z + draws.normal(size=400)
    columns = {"z": [f"{value:.1f}".replace(".", ",") for value in z], "x": x, "y": y}
    answer = wh.ask("effect of x on y", columns, "z -> x -> y; z -> y")
    (told,) = [warning.message for warning in answer.warnings if "commas" in warning.message]
    assert told.startswith('"z" is read as labels, because its numbers hold commas')
    mended = wh.ask(
        "effect of x on y",
        columns,
        "w -> x -> y; w -> y",
        derive={"w": "cast(replace(\"z\", ',', '.') as double)"},
    )
    plain = wh.ask("effect of x on y", {"w": z, "x": x, "y": y}, "w -> x -> y; w -> y")
    assert mended.estimate is not None and plain.estimate is not None
    assert mended.estimate.value == plain.estimate.value
