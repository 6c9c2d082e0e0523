"""An edit in a few words, for the button that takes it back.

>>> edit_words(edits.AddEdge("season", "price"))
'season -> price drawn'
>>> edit_words(None)
''
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from whence.studio.projects import edits

WORDS: dict[type[Any], Callable[[Any], str]] = {
    edits.Rename: lambda _: "title",
    edits.LoadData: lambda edit: f"data {edit.data.label}",
    edits.DropData: lambda _: "data put away",
    edits.SetPart: lambda edit: f"{edit.column}: {edit.part or 'no part'}",
    edits.SetContrast: lambda _: "values compared",
    edits.Derive: lambda edit: f"column {edit.name}",
    edits.Where: lambda _: "rows kept",
    edits.AddNode: lambda edit: f"{edit.name} added",
    edits.RemoveNode: lambda edit: f"{edit.name} removed",
    edits.RenameNode: lambda edit: f"{edit.name} renamed {edit.to}",
    edits.SetLatent: lambda edit: f"{edit.name} {'hidden' if edit.latent else 'measured'}",
    edits.AddEdge: lambda edit: f"{edit.source} {edit.mark} {edit.target} drawn",
    edits.RemoveEdge: lambda edit: f"{edit.source} {edit.mark} {edit.target} removed",
    edits.ChangeEdge: lambda edit: f"{edit.to_source} {edit.to_mark} {edit.to_target} changed",
    edits.MoveNode: lambda edit: f"{edit.name} moved",
    edits.Unpin: lambda _: "tidied up",
    edits.SetGraph: lambda _: "graph from text",
    edits.Ask: lambda _: "question",
    edits.SetOptions: lambda _: "options",
}


def edit_words(edit: edits.Edit | None) -> str:
    """What was done, with names as the person wrote them; empty for nothing."""
    return "" if edit is None else WORDS[type(edit)](edit)
