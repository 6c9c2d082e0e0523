"""Lines of the kind OOLONG asks about: a date, a user and a text whose topic is written nowhere.

>>> line = Record("Mar 03, 2024", 10482, "I was billed twice for the kettle in spring.").line
>>> line
'Date: Mar 03, 2024 || User: 10482 || Text: I was billed twice for the kettle in spring.'
>>> next(read_records(line)).user
10482
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from whence.rlm.tasks.task import CHARACTERS_PER_TOKEN, MONTHS
from whence.rlm.tasks.wording import TOPICS, write

if TYPE_CHECKING:
    import random

YEAR = 2024
FIRST = dt.date(YEAR, 1, 1)
_RECORD = re.compile(
    r"Date: (?P<date>\w{3} \d\d, \d{4}) \|\| User: (?P<user>\d+) \|\| "
    r"Text: (?P<text>[^\n]*?)(?=\"?,?\n|\"?$|\\n)"
)


@dataclass(frozen=True, slots=True)
class Record:
    """One line as it is read: the date in words, the user's number, the text."""

    date: str
    user: int
    text: str

    @property
    def line(self) -> str:
        """As it stands in the document."""
        return f"Date: {self.date} || User: {self.user} || Text: {self.text}"

    @property
    def day(self) -> dt.date:
        """The date."""
        return read_date(self.date)


@dataclass(frozen=True, slots=True)
class Labelled:
    """A record with its hidden topic."""

    record: Record
    topic: str


def read_records(text: str) -> Iterator[Record]:
    """Every record in a text, numbered or not."""
    for found in _RECORD.finditer(text):
        yield Record(found["date"], int(found["user"]), found["text"])


def read_date(words: str) -> dt.date:
    """The date that "Mar 03, 2024" names."""
    short = [month[:3] for month in MONTHS]
    return dt.date(int(words[-4:]), short.index(words[:3]) + 1, int(words[4:6]))


def in_words(day: dt.date) -> str:
    """`day` as "Mar 03, 2024", in English whatever the locale."""
    return f"{MONTHS[day.month - 1][:3]} {day.day:02d}, {day.year}"


def user_numbers(count: int, draw: random.Random) -> list[int]:
    """So many different five-digit numbers."""
    return draw.sample(range(10_000, 100_000), count)


def draw_records(
    size: int,
    draw: random.Random,
    *,
    users: Sequence[int],
    topics: Mapping[int, Sequence[str]] | None = None,
) -> list[Labelled]:
    """Records of `size` tokens in the order of their dates; `topics` says which a user writes about at all.

    Topics are drawn with unequal weights of their own each month, so that "most" and "in which month" have an
    answer that has to be counted.
    """
    names = list(TOPICS)
    weights = [{name: draw.uniform(0.4, 1.6) for name in names} for _ in MONTHS]
    activity = [draw.uniform(0.5, 1.5) for _ in users]
    left = size * CHARACTERS_PER_TOKEN
    drawn: list[Labelled] = []
    while left > 0:
        day = FIRST + dt.timedelta(days=draw.randrange(366))
        user = draw.choices(users, activity)[0]
        mine = names if topics is None else topics[user]
        topic = draw.choices(mine, [weights[day.month - 1][name] for name in mine])[0]
        drawn.append(Labelled(Record(in_words(day), user, write(topic, draw)), topic))
        left -= len(drawn[-1].record.line) + 1
    return sorted(drawn, key=lambda each: each.record.day)


def document(records: Sequence[Labelled]) -> str:
    """The records as one document, a line each."""
    return "\n".join(each.record.line for each in records)
