"""Edits and sheets go into the log as JSON and come back equal; what is neither is refused."""

from __future__ import annotations

import json
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.projects.edit_strategies import edits
from whence.runtime.errors import WhenceError
from whence.studio.projects.edit_json import READERS, edit_from_dict, edit_to_dict
from whence.studio.projects.editing import applied
from whence.studio.projects.edits import AddEdge, Edit, MoveNode, SetOptions
from whence.studio.projects.errors import BrokenEdit
from whence.studio.projects.sheet import Sheet
from whence.studio.projects.sheet_json import sheet_from_dict, sheet_to_dict


def through_json(data):
    return json.loads(json.dumps(data, sort_keys=True, allow_nan=False))


def test_every_edit_there_is_can_be_read():
    assert set(READERS) == set(get_args(Edit))


@settings(max_examples=60, deadline=None)
@given(edits)
def test_an_edit_comes_back_equal(edit):
    assert edit_from_dict(through_json(edit_to_dict(edit))) == edit


@given(st.lists(edits, max_size=25))
@settings(max_examples=60, deadline=None)
def test_a_sheet_comes_back_equal_and_in_the_same_order(done):
    sheet = Sheet()
    for edit in done:
        try:
            sheet = applied(sheet, edit)
        except WhenceError:
            continue
    back = sheet_from_dict(through_json(sheet_to_dict(sheet)))
    assert back == sheet
    assert back.graph.nodes == sheet.graph.nodes
    assert back.graph.edges == sheet.graph.edges
    for told in ("parts", "derive", "pins"):
        assert list(getattr(back, told).items()) == list(getattr(sheet, told).items())


EDGE = edit_to_dict(AddEdge("x", "y"))
MOVE = edit_to_dict(MoveNode("x", (1.0, 2.0)))
OPTIONS = edit_to_dict(SetOptions("auto", 1, 0.9))


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        "AddEdge",
        {},
        {"kind": "Explode"},
        {"kind": "DropData", "further": 1},
        {name: value for name, value in EDGE.items() if name != "mark"},
        {**EDGE, "further": 1},
        {**EDGE, "mark": "=>"},
        {**EDGE, "source": 1},
        {**EDGE, "source": None},
        {**MOVE, "at": [1.0]},
        {**MOVE, "at": [1.0, "2"]},
        {**MOVE, "at": [1.0, True]},
        {**MOVE, "at": "12"},
        {**OPTIONS, "seed": 1.5},
        {**OPTIONS, "seed": True},
        {**OPTIONS, "level": float("inf")},
        {"kind": "SetLatent", "name": "x", "latent": 1},
        {"kind": "SetPart", "column": "x", "part": "villain"},
        {"kind": "LoadData", "data": {"key": "k", "label": "l"}, "columns": []},
        {"kind": "LoadData", "data": {"key": "k", "label": "l", "example": None}, "columns": "ab"},
    ],
)
def test_what_no_edit_has_written_is_refused(data):
    with pytest.raises(BrokenEdit):
        edit_from_dict(data)


WHOLE = sheet_to_dict(Sheet())


@pytest.mark.parametrize(
    "data",
    [
        None,
        {},
        {**WHOLE, "further": 1},
        {**WHOLE, "graph": {"nodes": ["x"], "edges": [{"source": "x", "target": "x"}]}},
        {**WHOLE, "graph": []},
        {**WHOLE, "parts": {"x": "treatment"}},
        {**WHOLE, "parts": [["x"]]},
        {**WHOLE, "pins": [["x", [1, 2, 3]]]},
        {**WHOLE, "seed": "0"},
    ],
)
def test_what_no_sheet_has_written_is_refused(data):
    with pytest.raises(BrokenEdit):
        sheet_from_dict(data)
