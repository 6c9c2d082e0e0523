"""A study: data and what is known of their causes, remembered for several questions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Unpack

from whence.engine.asking import ask

if TYPE_CHECKING:
    from whence.engine.how import AskOptions
    from whence.explanation.answer import Answer
    from whence.language.query import Query


@dataclass(frozen=True, slots=True)
class Study:
    """Two remembered arguments of `ask`.

    >>> study = Study({"x": [0, 0, 1, 1], "y": [1, 2, 2, 3]}, "x -> y")
    >>> study.ask("P(y=2 | x=1)").estimate.value
    0.5
    """

    data: object = None
    graph: object = None

    def ask(self, question: str | Query, **options: Unpack[AskOptions]) -> Answer:
        """Ask about these data and this graph; options as those of `whence.ask`."""
        return ask(question, self.data, self.graph, **options)
