"""Edits as plain JSON, and back: strictly, since what is read is what was written by us.

>>> edit_to_dict(AddEdge("x", "y"))
{'kind': 'AddEdge', 'source': 'x', 'target': 'y', 'mark': '->'}
>>> edit_from_dict(edit_to_dict(AddEdge("x", "y"))) == AddEdge("x", "y")
True
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any, TypeAlias, cast, get_args

from whence.language.graph import Mark
from whence.runtime.plain import JSON
from whence.studio.projects.edits import (
    AddEdge,
    AddNode,
    Ask,
    ChangeEdge,
    Derive,
    DropData,
    LoadData,
    MoveNode,
    RemoveEdge,
    RemoveNode,
    Rename,
    RenameNode,
    SetContrast,
    SetGraph,
    SetLatent,
    SetOptions,
    SetPart,
    Unpin,
    Where,
)
from whence.studio.projects.errors import BrokenEdit
from whence.studio.projects.sheet import Dataset, Part

if TYPE_CHECKING:
    from whence.studio.projects.edits import Edit

Reader: TypeAlias = Callable[[object], object]


def edit_to_dict(edit: Edit) -> dict[str, JSON]:
    """The edit as plain JSON: its kind and its fields."""
    told = {field.name: _plain(getattr(edit, field.name)) for field in fields(edit)}
    return {"kind": type(edit).__name__, **told}


def edit_from_dict(data: object) -> Edit:
    """The edit back; raises `BrokenEdit` for anything that no edit has written."""
    given = as_object(data, "an edit")
    kind = next((each for each in READERS if each.__name__ == given.get("kind")), None)
    if kind is None:
        raise BrokenEdit(f"there is no edit of the kind {str(given.get('kind'))[:40]!r}")
    readers = READERS[kind]
    if set(given) != {"kind", *readers}:
        raise BrokenEdit(f"{kind.__name__} has other fields than {', '.join(readers) or 'none'}")
    return kind(**{name: read(given[name]) for name, read in readers.items()})


def dataset_to_dict(data: Dataset) -> dict[str, JSON]:
    """A dataset as plain JSON."""
    return {"key": data.key, "label": data.label, "example": data.example}


def dataset_from_dict(data: object) -> Dataset:
    """A dataset back; raises `BrokenEdit`."""
    given = as_object(data, "a dataset")
    if set(given) != {"key", "label", "example"}:
        raise BrokenEdit("a dataset has other fields than key, label and example")
    example = given["example"]
    named = None if example is None else as_text(example)
    return Dataset(as_text(given["key"]), as_text(given["label"]), named)


def _plain(value: object) -> JSON:
    if isinstance(value, Dataset):
        return dataset_to_dict(value)
    if isinstance(value, tuple):
        return [_plain(each) for each in cast("tuple[object, ...]", value)]
    return cast("JSON", value)


# ── reading ─────────────────────────────────────────────────────────────────────────────────────────────────


def as_object(data: object, what: str) -> Mapping[str, object]:
    """A JSON object."""
    if not isinstance(data, Mapping):
        raise BrokenEdit(f"{what} is no object")
    return cast("Mapping[str, object]", data)


def as_text(data: object) -> str:
    """A text."""
    if not isinstance(data, str):
        raise BrokenEdit("something that should be text is none")
    return data


def as_whole(data: object) -> int:
    """A whole number."""
    if not isinstance(data, int) or isinstance(data, bool):
        raise BrokenEdit("something that should be a whole number is none")
    return data


def as_number(data: object) -> float:
    """A finite number."""
    if not isinstance(data, int | float) or isinstance(data, bool) or not math.isfinite(data):
        raise BrokenEdit("something that should be a number is none")
    return float(data)


def as_truth(data: object) -> bool:
    """True or false."""
    if not isinstance(data, bool):
        raise BrokenEdit("something that should be true or false is neither")
    return data


def as_list(data: object) -> Sequence[object]:
    """A list."""
    if not isinstance(data, list | tuple):
        raise BrokenEdit("something that should be a list is none")
    return cast("Sequence[object]", data)


def as_texts(data: object) -> tuple[str, ...]:
    """Texts in a list."""
    return tuple(as_text(each) for each in as_list(data))


def as_place(data: object) -> tuple[float, float]:
    """The two numbers of a place."""
    return _two(data, as_number)


def as_pair(data: object) -> tuple[str, str]:
    """Two texts."""
    return _two(data, as_text)


def as_part(data: object) -> Part:
    """What a column is for."""
    return cast("Part", _one_of(data, get_args(Part)))


def _mark(data: object) -> Mark:
    return cast("Mark", _one_of(data, get_args(Mark)))


def _one_of(data: object, allowed: Sequence[str]) -> str:
    found = as_text(data)
    if found not in allowed:
        raise BrokenEdit(f"{found[:40]!r} is none of {', '.join(allowed)}")
    return found


def _two(data: object, read: Callable[[object], Any]) -> tuple[Any, Any]:
    found = [read(each) for each in as_list(data)]
    if len(found) != 2:
        raise BrokenEdit("something that should be a pair is none")
    return found[0], found[1]


def maybe(read: Reader) -> Reader:
    """The same reader, but null is None."""
    return lambda data: None if data is None else read(data)


READERS: dict[type[Any], dict[str, Reader]] = {
    Rename: {"title": as_text},
    LoadData: {"data": dataset_from_dict, "columns": as_texts},
    DropData: {},
    SetPart: {"column": as_text, "part": maybe(as_part)},
    SetContrast: {"values": maybe(as_pair)},
    Derive: {"name": as_text, "expression": as_text},
    Where: {"condition": as_text},
    AddNode: {"name": as_text, "at": maybe(as_place)},
    RemoveNode: {"name": as_text},
    RenameNode: {"name": as_text, "to": as_text},
    SetLatent: {"name": as_text, "latent": as_truth},
    AddEdge: {"source": as_text, "target": as_text, "mark": _mark},
    RemoveEdge: {"source": as_text, "target": as_text, "mark": _mark},
    ChangeEdge: {
        "source": as_text,
        "target": as_text,
        "mark": _mark,
        "to_source": as_text,
        "to_target": as_text,
        "to_mark": _mark,
    },
    MoveNode: {"name": as_text, "at": maybe(as_place)},
    Unpin: {},
    SetGraph: {"text": as_text},
    Ask: {"question": as_text},
    SetOptions: {"method": as_text, "seed": as_whole, "level": as_number},
}
