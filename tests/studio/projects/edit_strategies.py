"""Edits of every kind, with names that people write and names that attackers do."""

from __future__ import annotations

from hypothesis import strategies as st

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
from whence.studio.projects.sheet import Dataset

HOSTILE = (
    "<script>alert(1)</script>",
    '"; drop',
    "a\u2028b",
    "x -> y",
    "{a, b}",
    "ΔΨ",
    "o",
    "",
    " ",
    "\x00",
    "\ud800",
)
MARKS = ("->", "<->", "--", "o->", "o-o", "o--")
GRAPHS = (
    "x -> y <- z; x -> z",
    "a <-> b -> c",
    "dag { x y x -> y }",
    "[PAG] a -> b",
    "a o-> b",
    "no graph ->",
    "",
    "a -> a",
)

names = st.sampled_from(["a", "b", "c", "x", "y", "z"]) | st.sampled_from(HOSTILE) | st.text(max_size=6)
texts = st.text(max_size=20) | st.sampled_from(["effect of x on y", "E[y | do(x=1)]"])
places = st.tuples(*[st.floats(-2000, 2000, allow_nan=False)] * 2)
parts = st.sampled_from(["treatment", "outcome", "placebo", "cluster", "weights", "ignored"])
marks = st.sampled_from(MARKS)
datasets = st.builds(Dataset, names, names, st.none() | names)

edits = st.one_of(
    st.builds(Rename, texts),
    st.builds(LoadData, datasets, st.lists(names, max_size=15).map(tuple)),
    st.just(DropData()),
    st.builds(SetPart, names, st.none() | parts),
    st.builds(SetContrast, st.none() | st.tuples(names, names)),
    st.builds(Derive, names, st.sampled_from(["a + 1", "b = 0", "", "nonsense ("])),
    st.builds(Where, st.sampled_from(["a > 1", "", "c = 'x'"])),
    st.builds(AddNode, names, st.none() | places),
    st.builds(RemoveNode, names),
    st.builds(RenameNode, names, names),
    st.builds(SetLatent, names, st.booleans()),
    st.builds(AddEdge, names, names, marks),
    st.builds(RemoveEdge, names, names, marks),
    st.builds(ChangeEdge, names, names, marks, names, names, marks),
    st.builds(MoveNode, names, st.none() | places),
    st.just(Unpin()),
    st.builds(SetGraph, st.sampled_from(GRAPHS)),
    st.builds(Ask, texts),
    st.builds(SetOptions, st.sampled_from(["auto", "ols", "magic"]), st.integers(-1, 2**64), st.floats(0, 1)),
)
"""Any edit, most of them possible."""
