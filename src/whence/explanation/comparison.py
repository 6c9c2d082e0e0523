"""Two answers side by side: what they share, where they differ, and how far their numbers are apart.

>>> from whence.explanation.answer import Answer
>>> compare(Answer("a"), Answer("a")).sentence
'The two answers agree in all that is compared.'
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from whence.explanation.figures import interval, listed, number, sample
from whence.explanation.markdown import escaped
from whence.explanation.outline import outline
from whence.explanation.sentence import unit_of
from whence.language.lettering import visible

if TYPE_CHECKING:
    from collections.abc import Callable

    from whence.explanation.answer import Answer


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing compared, as each answer has it."""

    what: str
    left: str
    right: str

    @property
    def same(self) -> bool:
        """Whether the two agree."""
        return self.left == self.right


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two answers compared; `rows` holds everything that was looked at, `sentence` what came out."""

    sentence: str
    rows: tuple[Difference, ...]

    @property
    def differing(self) -> tuple[Difference, ...]:
        """The rows in which the two differ."""
        return tuple(row for row in self.rows if not row.same)

    def to_dict(self) -> dict[str, object]:
        """As plain JSON."""
        rows = [
            {"what": row.what, "left": row.left, "right": row.right, "same": row.same} for row in self.rows
        ]
        return {"sentence": self.sentence, "rows": rows}

    def to_markdown(self) -> str:
        """As a table of Markdown."""
        lines = [escaped(self.sentence), "", "| | first | second |", "| --- | --- | --- |"]
        for row in self.rows:
            mark = "" if row.same else " **≠**"
            lines.append(f"| {escaped(row.what)}{mark} | {escaped(row.left)} | {escaped(row.right)} |")
        return "\n".join(lines) + "\n"

    def __str__(self) -> str:
        wide = max((len(row.what) for row in self.rows), default=0)
        lines = [
            f"{'=' if row.same else '≠'} {row.what:<{wide}}  {row.left}"
            + ("" if row.same else f"  |  {row.right}")
            for row in self.rows
        ]
        return "\n".join([self.sentence, "", *lines])


def compare(first: Answer, second: Answer) -> Comparison:
    """What two answers share and where they differ.

    Differences of numbers are stated without a test: two answers from one table are not independent, and
    whether they differ by more than chance cannot be told from their intervals alone.
    """
    rows = tuple(Difference(what, show(first), show(second)) for what, show in ASPECTS.items())
    seen = tuple(row for row in rows if row.left or row.right)
    return Comparison(_sentence(first, second, seen), seen)


def _number(answer: Answer) -> str:
    found = answer.estimate
    return "" if found is None else number(found.value, unit_of(answer))


def _interval(answer: Answer) -> str:
    found = answer.estimate
    return "" if found is None else interval(found.interval, unit_of(answer))


def _edges(answer: Answer) -> str:
    if answer.graph is None:
        return ""
    return "; ".join(sorted(f"{visible(e.source)} {e.mark} {visible(e.target)}" for e in answer.graph.edges))


def _failed(answer: Answer) -> str:
    names = listed([visible(each.name) for each in answer.failed])
    return names or ("none" if answer.refutations else "")


ASPECTS: dict[str, Callable[[Answer], str]] = {
    "question": lambda answer: visible(answer.question),
    "read as": lambda answer: visible(str(answer.query)) if answer.query else "",
    "status": lambda answer: answer.status,
    "refusal": lambda answer: answer.refusal.kind if answer.refusal else "",
    "estimand": lambda answer: visible(answer.estimand.text) if answer.estimand else "",
    "value": _number,
    "interval": _interval,
    "n": lambda answer: number(answer.estimate.n, "count") if answer.estimate and answer.estimate.n else "",
    "method": lambda answer: answer.estimate.method if answer.estimate else "",
    "tested": lambda answer: outline(answer).verdicts[2].headline if answer.refutations else "",
    "failed checks": _failed,
    "graph": _edges,
    "data": lambda answer: str(answer.provenance.get("data_sha256") or ""),
    "seed": lambda answer: str(answer.provenance.get("seed", "")),
    "version": lambda answer: str(answer.provenance.get("version", "")),
}


def _sentence(first: Answer, second: Answer, rows: tuple[Difference, ...]) -> str:
    differing = [row.what for row in rows if not row.same]
    if not differing:
        return "The two answers agree in all that is compared."
    a, b = first.estimate, second.estimate
    said = f"They differ in {listed(differing)}."
    if a is None or b is None:
        return said
    unit = unit_of(first) if unit_of(first) == unit_of(second) else ""
    apart = number(b.value - a.value, unit, signed=True)
    inside = a.interval is not None and a.interval[0] <= b.value <= a.interval[1]
    where = "inside" if inside else "outside"
    held = (
        ""
        if a.interval is None
        else f", and lies {where} the first one's interval ({interval(a.interval, unit)})"
    )
    size = f"{sample(a.n)} and {sample(b.n).removeprefix('n = ')}"
    return f"The second number differs from the first by {apart}{held}; {size}. {said}"
