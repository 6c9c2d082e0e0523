"""What a task is: a question, documents, the exact answer, and how an answer is scored.

Scores follow OOLONG (Bertsch et al., arXiv 2511.02817): a number scores 0.75 to the power of how far off it
is, everything else scores 1 when right and 0 when not; sets of pairs are scored by F1, as in OOLONG-Pairs
of the RLM paper. The same lenient reading of answers is applied to whoever answers, in words or as a typed
value.

>>> Task(kind="count", size=8000, seed=0, question="How many?", documents=("",), answer=12).score("about 11")
0.75
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, TypeAlias

from whence.rlm.tasks.wording import TOPICS

Kind: TypeAlias = Literal["needle", "count", "timeline", "pairs", "hops"]
Pairs: TypeAlias = frozenset[tuple[int, int]]
CHARACTERS_PER_TOKEN = 4
MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_PAIR = re.compile(r"[(\[]\s*\"?(\d+)\"?\s*,\s*\"?(\d+)\"?\s*[)\]]")
_NUMBER = re.compile(r"\d[\d,]*")
_WORDS = re.compile(rf"\b(?:(?i:{'|'.join(TOPICS)})|{'|'.join(MONTHS)})\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A question about documents of about `size` tokens, whose answer is known."""

    kind: Kind
    size: int
    seed: int
    question: str
    documents: tuple[str, ...]
    answer: int | str | Pairs

    @property
    def context(self) -> str:
        """All documents as one text."""
        return "\n\n".join(self.documents)

    def score(self, answer: object) -> float:
        """How right `answer` is, from 0 to 1."""
        if isinstance(self.answer, frozenset):
            return f1(read_pairs(answer), self.answer)
        if isinstance(self.answer, str):
            return float(read_word(answer) == self.answer)
        number = read_number(answer)
        if number is None:
            return 0.0
        if self.counts:
            return 0.75 ** min(abs(number - self.answer), 100)
        return float(number == self.answer)

    @property
    def counts(self) -> bool:
        """Whether the answer is a count, where being near is worth something; else it is a code or a user."""
        return self.kind in {"count", "timeline"} and "How many" in self.question

    @property
    def exact(self) -> object:
        """The answer as plain JSON."""
        return (
            [list(pair) for pair in sorted(self.answer)]
            if isinstance(self.answer, frozenset)
            else self.answer
        )


def read_number(answer: object) -> int | None:
    """The last whole number in an answer."""
    if isinstance(answer, int | float):
        return int(answer)
    found = _NUMBER.findall(str(answer))
    return int(found[-1].replace(",", "")) if found else None


def read_word(answer: object) -> str | None:
    """The topic or month ("May", or the word alone) that an answer names; None for none or several."""
    text = str(answer).strip(" .\n")
    if text.title() in MONTHS:
        return text.title()
    named = {word if word in MONTHS else word.lower() for word in _WORDS.findall(text)}
    return next(iter(named)) if len(named) == 1 else None


def read_pairs(answer: object) -> Pairs:
    """Every pair of numbers in brackets, the smaller number first."""
    found = {(int(a), int(b)) for a, b in _PAIR.findall(str(answer))}
    return frozenset((min(pair), max(pair)) for pair in found if pair[0] != pair[1])


def f1(found: Pairs, right: Pairs) -> float:
    """The harmonic mean of precision and recall; 1 where both are empty."""
    if not found and not right:
        return 1.0
    return 2 * len(found & right) / (len(found) + len(right))
