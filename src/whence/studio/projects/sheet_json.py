"""A sheet as plain JSON, and back: what a log holds now and then, so that opening it need not begin at zero.

Mappings are lists of pairs, since the order in which columns were made is part of what was said.

>>> from whence.studio.projects.sheet import Sheet
>>> sheet_from_dict(sheet_to_dict(Sheet(title="Wages", parts={"x": "treatment"}))).parts
{'x': 'treatment'}
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from whence.language.graph_json import graph_from_dict, graph_to_dict
from whence.runtime.errors import InvalidAnswer
from whence.studio.projects.edit_json import (
    as_list,
    as_number,
    as_object,
    as_pair,
    as_part,
    as_place,
    as_text,
    as_whole,
    dataset_from_dict,
    dataset_to_dict,
)
from whence.studio.projects.errors import BrokenEdit
from whence.studio.projects.sheet import Sheet

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    from whence.language.graph import Graph
    from whence.runtime.plain import JSON

    T = TypeVar("T")

FIELDS = frozenset(
    {"title", "data", "parts", "contrast", "derive", "where", "graph", "pins", "question"}
    | {"method", "seed", "level"}
)


def sheet_to_dict(sheet: Sheet) -> dict[str, JSON]:
    """The sheet as plain JSON."""
    return {
        "title": sheet.title,
        "data": None if sheet.data is None else dataset_to_dict(sheet.data),
        "parts": [[name, part] for name, part in sheet.parts.items()],
        "contrast": None if sheet.contrast is None else [*sheet.contrast],
        "derive": [[name, made] for name, made in sheet.derive.items()],
        "where": sheet.where,
        "graph": graph_to_dict(sheet.graph),
        "pins": [[name, [*at]] for name, at in sheet.pins.items()],
        "question": sheet.question,
        "method": sheet.method,
        "seed": sheet.seed,
        "level": sheet.level,
    }


def sheet_from_dict(data: object) -> Sheet:
    """The sheet back; raises `BrokenEdit`."""
    given = as_object(data, "a sheet")
    if set(given) != set(FIELDS):
        raise BrokenEdit("a sheet has other fields than it should")
    return Sheet(
        title=as_text(given["title"]),
        data=None if given["data"] is None else dataset_from_dict(given["data"]),
        parts=_pairs(given["parts"], as_part),
        contrast=None if given["contrast"] is None else as_pair(given["contrast"]),
        derive=_pairs(given["derive"], as_text),
        where=None if given["where"] is None else as_text(given["where"]),
        graph=drawn(given["graph"]),
        pins=_pairs(given["pins"], as_place),
        question=as_text(given["question"]),
        method=as_text(given["method"]),
        seed=as_whole(given["seed"]),
        level=as_number(given["level"]),
    )


def drawn(data: object) -> Graph:
    """A graph back; raises `BrokenEdit`."""
    try:
        return graph_from_dict(data)
    except InvalidAnswer as error:
        raise BrokenEdit("it holds a graph that is none") from error


def _pairs(data: object, read: Callable[[object], T]) -> dict[str, T]:
    found: dict[str, T] = {}
    for each in as_list(data):
        pair = as_list(each)
        if len(pair) != 2:
            raise BrokenEdit("something that should be a pair is none")
        found[as_text(pair[0])] = read(pair[1])
    return found
