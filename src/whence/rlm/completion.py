"""What a run gives back: the answer, what it cost, where its code ran, and the tree of what happened."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from whence.rlm.messages import Usage
from whence.rlm.route import Route
from whence.rlm.views.tree import RunTree
from whence.rlm.views.tree_html import to_html
from whence.rlm.views.tree_text import to_text
from whence.runtime.plain import JSON


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """The answer of a run and how it came about.

    `answer` is of the type asked for, `plain_answer` the same as JSON; None only in the `completion` of a
    `NoAnswer`. `usd` is None where no price is known. `isolation` names what confined the model's code
    ("unsafe" if nothing did) and `strength` how that was tried; `replayed` counts replies that came from a
    journal and cost nothing now.
    """

    answer: object
    plain_answer: JSON
    question: str | None
    model: str
    route: Route
    why: str
    isolation: str
    strength: str
    iterations: int
    calls: int
    usage: Usage
    usd: float | None
    seconds: float
    replayed: int
    notes: tuple[str, ...]
    tree: RunTree
    seed: int = 0
    journal: str | None = None

    @property
    def response(self) -> str:
        """The answer as text, under the name that users of `rlms` know."""
        value = self.plain_answer
        return value if isinstance(value, str) else json_text(value)

    @property
    def summary(self) -> str:
        """One line: the way taken, turns, calls, tokens, dollars, time, and where code ran."""
        money = "" if self.usd is None else f", ${self.usd:.4f}"
        kept = f", {self.replayed:,} from the journal" if self.replayed else ""
        return (
            f"{self.model}: {self.route}, {self.iterations} turns, {self.calls:,} calls{kept}, "
            f"{self.usage.total:,} tokens{money}, {self.seconds:.1f} s; cells: {self.isolation}"
        )

    def to_dict(self) -> dict[str, JSON]:
        """The completion as plain JSON, `whence.rlm.completion/1`, without the tree."""
        return {
            "schema": "whence.rlm.completion/1",
            "question": self.question,
            "answer": self.plain_answer,
            "model": self.model,
            "route": self.route,
            "why": self.why,
            "isolation": self.isolation,
            "strength": self.strength,
            "iterations": self.iterations,
            "calls": self.calls,
            "usage": {
                "input": self.usage.input,
                "output": self.usage.output,
                "cached": self.usage.cached,
                "estimated": self.usage.estimated,
            },
            "usd": self.usd,
            "seconds": round(self.seconds, 3),
            "replayed": self.replayed,
            "notes": list(self.notes),
            "seed": self.seed,
            "journal": self.journal,
        }

    def to_text(self, *, full: bool = False) -> str:
        """The run as a tree in plain text; `full` shows code and output."""
        return to_text(self.tree, full=full)

    def to_html(self, path: str | None = None) -> str:
        """The run as one HTML page that needs nothing else; written to `path` if there is one."""
        page = to_html(self.tree)
        if path is not None:
            Path(path).write_text(page, encoding="utf-8")
        return page


def json_text(value: JSON) -> str:
    """A value that is no text, as JSON."""
    return json.dumps(value, ensure_ascii=False)
