"""The questions that are asked of records, as values: what is counted, written in words, and worked out.

A question is written out by `words` and worked out by `tally` and `concluded`, from topics that may be the
true ones (the generators) or what a simulated model read (with its mistakes): one definition of every
question.

>>> Question("how_many", "defect").words.split("?")[0]
'How many entries have the topic defect'
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations
from typing import Literal, TypeAlias

from whence.rlm.tasks.records import Record, in_words, read_date
from whence.rlm.tasks.task import MONTHS, Pairs
from whence.rlm.tasks.wording import TOPICS

Form: TypeAlias = Literal[
    "how_many", "most", "least", "which_user", "before", "since", "month", "both_one", "both_either"
]
PREAMBLE = (
    "Each line of the context is an entry: a date, a user and a text. Every text has exactly one topic, "
    "which is not written down and has to be read from it: "
    + "; ".join(f"{name} ({meaning})" for name, meaning in TOPICS.items())
    + "."
)

FORMS: dict[Form, str] = {
    "how_many": "How many entries have the topic {topic}? Answer with the number only.",
    "most": "Which topic do the most entries have? Answer with the topic only.",
    "least": "Which topic do the fewest entries have? Answer with the topic only.",
    "which_user": "Which user has the most entries with the topic {topic}? "
    "Answer with the user's number only.",
    "before": "How many entries with the topic {topic} are dated before {day}? Answer with the number only.",
    "since": "How many entries with the topic {topic} are dated on or after {day}? "
    "Answer with the number only.",
    "month": "In which month are the most entries with the topic {topic}? Answer with the month's name only.",
    "both_either": "List all pairs of users such that both have at least one entry with the topic {topic} "
    "or the topic {other}. Answer with the pairs only, as (smaller number, larger number).",
    "both_one": "List all pairs of users such that both have at least one entry with the topic {topic}. "
    "Answer with the pairs only, as (smaller number, larger number).",
}


@dataclass(frozen=True, slots=True)
class Question:
    """One question about the topics of records; `topic` and `other` are topics, `day` divides time."""

    form: Form
    topic: str = ""
    other: str = ""
    day: dt.date | None = None

    @property
    def words(self) -> str:
        """The question itself, without the preamble."""
        day = "" if self.day is None else in_words(self.day)
        return FORMS[self.form].format(topic=self.topic, other=self.other, day=day)

    @property
    def text(self) -> str:
        """The question with what has to be known to answer it."""
        return f"{PREAMBLE}\n\n{self.words}"

    def covers(self, record: Record) -> bool:
        """Whether an entry counts for this question at all, by its date."""
        if self.day is None:
            return True
        return record.day < self.day if self.form == "before" else record.day >= self.day

    def tally(self, read: Iterable[tuple[Record, str]]) -> Counter[str | int]:
        """How often each thing occurs that the question chooses among (one entry for a plain count)."""
        counts: Counter[str | int] = Counter()
        for record, topic in read:
            if not self.covers(record):
                continue
            if self.form in {"most", "least"}:
                counts[topic] += 1
            elif topic in {self.topic, self.other}:
                key = {"month": record.date[:3], "which_user": record.user, "both_one": record.user,
                       "both_either": record.user}.get(self.form, "all")  # fmt: skip
                counts[key] += 1
        if self.form in {"most", "least"}:
            counts.update(dict.fromkeys(TOPICS, 0))
        return counts


def concluded(question: Question, counts: Counter[str | int]) -> int | str | Pairs | None:
    """The answer that a tally gives; the first in order where several are equal, None where there is none."""
    if question.form in {"how_many", "before", "since"}:
        return counts["all"]
    if question.form in {"both_one", "both_either"}:
        return pairs_of(user for user, count in counts.items() if count and isinstance(user, int))
    if not counts:
        return None
    sign = 1 if question.form == "least" else -1
    best = min(counts, key=lambda key: (sign * counts[key], str(key)))
    if question.form == "month":
        return next(month for month in MONTHS if month.startswith(str(best)))
    return best


def tied(question: Question, counts: Counter[str | int]) -> bool:
    """Whether the answer is not the only best one."""
    if question.form not in {"most", "least", "which_user", "month"}:
        return False
    values = sorted(counts.values(), reverse=question.form != "least")
    return not values or (len(values) > 1 and values[0] == values[1])


def read_question(text: str) -> Question | None:
    """The question that stands in a text, the last one where there are several; None where there is none."""
    found: list[tuple[int, Form, re.Match[str]]] = [
        (at.start(), form, at) for form, wanted in _WANTED.items() for at in wanted.finditer(text)
    ]
    if not found:
        return None
    _, form, at = max(found, key=lambda each: each[0])
    given = at.groupdict()
    day = read_date(given["day"]) if given.get("day") else None
    return Question(form, given.get("topic") or "", given.get("other") or "", day)


def pairs_of(users: Iterable[int]) -> Pairs:
    """Every pair of them, the smaller number first."""
    return frozenset(combinations(sorted(set(users)), 2))


def _wanted(words: str) -> re.Pattern[str]:
    """What finds a question of this form in a text."""
    question = words.partition("?" if "?" in words else ". ")[0]
    pattern = (
        re.escape(question)
        .replace(r"\{topic\}", "(?P<topic>[a-z]+)")
        .replace(r"\{other\}", "(?P<other>[a-z]+)")
    )
    return re.compile(pattern.replace(r"\{day\}", r"(?P<day>\w{3} \d\d, \d{4})") + r"(?=[?.])")


_WANTED: dict[Form, re.Pattern[str]] = {form: _wanted(words) for form, words in FORMS.items()}
