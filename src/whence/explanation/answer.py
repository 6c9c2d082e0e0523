"""The answer to a causal question: what was asked, what was found, how sure it is, and what it rests on.

An answer is a value: it holds the question and how it was read, the estimand with its proof or the refusal,
the estimates, the ledger of assumptions and what was done to break it. It shows itself as text, HTML,
Markdown and LaTeX, goes to JSON (`whence.answer/1`) and comes back equal.

>>> from whence.language.refusals import NeedsGraph
>>> answer = Answer("effect of price on sales", refusal=NeedsGraph("It was not said what causes what."))
>>> answer.status, Answer.from_json(answer.to_json()) == answer
('refused', True)
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

from whence.explanation.answer_json import ParsedBy, answer_fields, answer_to_dict
from whence.explanation.figures import interval, number
from whence.explanation.html import notebook, page
from whence.explanation.latex import to_latex
from whence.explanation.markdown import to_markdown
from whence.explanation.sentence import sentence
from whence.explanation.terminal import to_text
from whence.runtime.errors import InvalidAnswer
from whence.runtime.plain import plain

if TYPE_CHECKING:
    from collections.abc import Mapping
    from os import PathLike

    from whence.estimation.values import Estimate, Warning_
    from whence.language.assumptions import Assumption
    from whence.language.estimand import Estimand
    from whence.language.graph import Graph
    from whence.language.query import Query
    from whence.language.refusals import Refusal
    from whence.refutation.result import Refutation
    from whence.runtime.plain import JSON

    Destination = str | PathLike[str] | None

Status = Literal["answered", "bounded", "refused"]


def _nothing() -> dict[str, JSON]:
    return {}


@dataclass(frozen=True, slots=True, repr=False)
class Answer:
    """A question answered, bounded or refused, with everything that the answer rests on.

    `query` is how the question was read; `estimate` its one number, `estimates` one for each cell where the
    question leaves values open. `verified` says that the proof was checked by `whence.verify`. `bounds` holds
    `lower` and `upper`. `provenance` is plain JSON: seed, hashes, versions, time, how to run it again, and
    `labels` (see `labelled`). Where there is an estimand but no number, `refusal` says what is missing.
    """

    question: str
    query: Query | None = None
    parsed_by: ParsedBy = "syntax"
    verdict: str | None = None
    refusal: Refusal | None = None
    graph: Graph | None = None
    estimand: Estimand | None = None
    verified: bool = False
    estimate: Estimate | None = None
    estimates: tuple[Estimate, ...] = ()
    bounds: Mapping[str, Any] | None = None
    assumptions: tuple[Assumption, ...] = ()
    refutations: tuple[Refutation, ...] = ()
    warnings: tuple[Warning_, ...] = ()
    provenance: Mapping[str, JSON] = field(default_factory=_nothing)

    @property
    def status(self) -> Status:
        """Whether there is a number, a range, or the reason why there is neither."""
        if self.estimate is not None or self.estimates or (self.verdict and self.refusal is None):
            return "answered"
        return "bounded" if self.bounds is not None else "refused"

    @property
    def rung(self) -> int | None:
        """1 seeing, 2 doing, 3 imagining."""
        return None if self.query is None else self.query.rung

    @property
    def sensitivity(self) -> Mapping[str, Any] | None:
        """Robustness values, benchmarks and contours, where they were worked out."""
        return next((each.details for each in self.refutations if each.name == "sensitivity"), None)

    @property
    def failed(self) -> tuple[Refutation, ...]:
        """The checks that this answer did not survive."""
        return tuple(each for each in self.refutations if each.verdict == "failed")

    @property
    def text(self) -> str:
        """The answer in one sentence."""
        return sentence(self)

    def labelled(self, labels: Mapping[str, Mapping[str, str]]) -> Answer:
        """The same answer with words for its variables.

        `labels["re78"] = {"label": "1978 earnings", "unit": "$"}`; a treatment may have `"among"`, what those
        at its level are called ("those trained"). Raises `InvalidAnswer` for names that are not asked about.
        """
        known = {*(self.graph.nodes if self.graph else ()), *(self.query.variables if self.query else ())}
        for name in labels:
            if name not in known:
                raise InvalidAnswer(f'there is no variable "{name}" to give a label to')
        before = cast("Mapping[str, Mapping[str, JSON]]", self.provenance.get("labels") or {})
        given = {name: {**before.get(name, {}), **words} for name, words in labels.items()}
        return replace(self, provenance={**self.provenance, "labels": cast("JSON", {**before, **given})})

    def to_dict(self) -> dict[str, JSON]:
        """As plain JSON values, `whence.answer/1`."""
        return answer_to_dict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Answer:
        """Back from plain JSON values; raises `InvalidAnswer`."""
        found = cls(**answer_fields(data))
        if data.get("status") != found.status:
            raise InvalidAnswer(f"its status is {data.get('status')!r}, but what it holds is {found.status}")
        return found

    def to_json(self, path: Destination = None) -> str:
        """As JSON text, written to `path` too if one is given."""
        return _written(json.dumps(plain(self.to_dict()), indent=2, ensure_ascii=False) + "\n", path)

    @classmethod
    def from_json(cls, source: str | bytes | PathLike[str]) -> Answer:
        """Back from JSON: the text itself, or the path of a file. Raises `InvalidAnswer`."""
        try:
            if isinstance(source, bytes) or (
                isinstance(source, str) and source.lstrip()[:1] in ("{", "[", "")
            ):
                data: object = json.loads(source)
            else:
                data = json.loads(Path(source).read_text("utf-8"))
        except (OSError, ValueError, RecursionError) as error:
            raise InvalidAnswer(f"it cannot be read as JSON ({error})") from error
        if not isinstance(data, dict):
            raise InvalidAnswer("it is no JSON object")
        return cls.from_dict(cast("dict[str, Any]", data))

    def to_html(self, path: Destination = None) -> str:
        """A page in one file, without scripts and without anything from outside."""
        return _written(page(self), path)

    def to_markdown(self, path: Destination = None) -> str:
        """As Markdown."""
        return _written(to_markdown(self), path)

    def to_latex(self, path: Destination = None) -> str:
        """As a section of LaTeX (with `amsmath`, `amssymb` and `booktabs`)."""
        return _written(to_latex(self), path)

    def to_text(self, full: bool = False, width: int = 100, *, color: bool | None = None) -> str:
        """As a terminal shows it; `full` adds the proof and the ledger.

        `color` is by default whether stdout is a terminal (and `NO_COLOR` is not set).
        """
        return to_text(self, full=full, width=width, color=color)

    def _repr_html_(self) -> str:
        return notebook(self)

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        found = self.estimate
        if found is None and self.bounds is not None:
            ends = (float(self.bounds["lower"]), float(self.bounds["upper"]))
            return f"<Answer bounded: {self.question!r}: {interval(ends)}>"
        if found is None:
            reason = f" {self.refusal.kind}" if self.refusal else ""
            return f"<Answer {self.status}{reason}: {self.question!r}>"
        sure = f" ({interval(found.interval)})" if found.interval else ""
        failed = f", {len(self.failed)} checks failed" if self.failed else ""
        size = f", n={found.n}" if found.n else ""
        return f"<Answer {self.question!r}: {number(found.value)}{sure}{size}{failed}>"


def _written(text: str, path: Destination) -> str:
    if path is not None:
        Path(path).write_text(text, "utf-8")
    return text
