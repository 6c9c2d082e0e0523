"""The error of `ask_many`: which of many questions failed, why, and the answers to the others.

>>> from whence.runtime.errors import UnknownColumn
>>> wrong = UnknownColumn("sale", known=["sales"])
>>> failed = QuestionsFailed({1: wrong}, (None, None), ["first", '"x?"'])
>>> print(failed.message)
1 of 2 questions failed. On "x?": No column "sale" in the data. Did you mean "sales"?
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from whence.runtime.errors import WhenceError

if TYPE_CHECKING:
    from whence.explanation.answer import Answer

SHOWN = 3


class QuestionsFailed(WhenceError):  # noqa: N818 - the house names errors by what happened
    """Some of many questions failed; the others were answered, and nothing of them is lost.

    Attributes
    ----------
    failures: the error of each question that failed, by its place among the answers
    answers: the answers in their order, None where there is none
    """

    def __init__(
        self,
        failures: Mapping[int, WhenceError],
        answers: Sequence[Answer | None],
        labels: Sequence[str],
    ) -> None:
        self._failures = dict(sorted(failures.items()))
        self._answers = tuple(answers)
        self.failed = list(self._failures)
        told = [f"On {labels[place]}: {self._failures[place]}" for place in self.failed[:SHOWN]]
        more = [f"And {len(self.failed) - SHOWN} more."] if len(self.failed) > SHOWN else []
        super().__init__(
            " ".join([f"{len(self.failed)} of {len(self._answers)} questions failed.", *told, *more]),
            "The answers to the others are in `.answers`, what went wrong is in `.failures`.",
        )

    @property
    def failures(self) -> Mapping[int, WhenceError]:
        """The error of each question that failed, by its place among the answers."""
        return self._failures

    @property
    def answers(self) -> tuple[Answer | None, ...]:
        """The answers in their order, None where there is none."""
        return self._answers
