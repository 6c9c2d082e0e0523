"""Counting by what a model says of every single item: the model labels, code counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Literal

from whence.rlm.worker.asking import as_prompt
from whence.rlm.worker.llm_map import Mapped, OnFailure, form_of, mapped, plan
from whence.rlm.worker.packing import texts_of
from whence.rlm.worker.replies import FailedCall


class Counts(Counter[object]):
    """How many items got each label, in the order of the labels.

    `.by_item` is the label of each item; `.unsure` are the positions where votes differ, `.failed` those
    without a label, which are counted nowhere.
    """

    def __init__(self, labels: Iterable[object] = (), by_item: Mapped | None = None) -> None:
        super().__init__()
        self.by_item = by_item if by_item is not None else Mapped([], [])
        for label in labels:
            self[label] = 0
        for label in self.by_item:
            if not isinstance(label, FailedCall):
                self[label] += 1

    @property
    def unsure(self) -> list[int]:
        """The positions of the items whose votes differ."""
        return self.by_item.unsure

    @property
    def failed(self) -> list[int]:
        """The positions of the items that got no label."""
        return self.by_item.failed

    def __repr__(self) -> str:
        more = f", failed: {len(self.failed)}" if self.failed else ""
        return f"{dict(self)!r}{more}"


def count_by(
    question: str,
    items: Iterable[object],
    labels: Sequence[object],
    votes: int = 1,
    *,
    pack: int | Literal["auto"] = "auto",
    model: str | None = None,
    on_failure: OnFailure = "raise",
) -> Counts:
    """Count the items by the label that `question` gives each: {label: how many}, all labels in it.

    The model labels every item (see llm_map), code counts; the counts add up to len(items). votes: ask so
    many times and take the majority. .by_item: the label of each item. .unsure: where votes differ.
    """
    asked = as_prompt(question, "count_by")
    form = form_of(labels, None, "count_by")
    by_item = mapped(
        "count_by", asked, texts_of(items, "count_by"), form, plan(pack, votes, model, on_failure)
    )
    return Counts(labels, by_item)
