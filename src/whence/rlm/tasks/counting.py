"""Dense counting as in OOLONG (Bertsch et al., arXiv 2511.02817): every line has to be read to be counted.

`count` asks how many, which is the most or the least frequent topic, which user; `timeline` asks before and
after a date, and in which month; `pairs` asks for all pairs of users of whom both have a topic
(OOLONG-Pairs of the RLM paper). Where the best is not the only best, the records are drawn anew.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from whence.rlm.tasks.chance import chance
from whence.rlm.tasks.questions import Form, Question, concluded, tied
from whence.rlm.tasks.records import FIRST, Labelled, document, draw_records, user_numbers
from whence.rlm.tasks.task import CHARACTERS_PER_TOKEN, Kind, Task
from whence.rlm.tasks.wording import TOPICS

if TYPE_CHECKING:
    import random

FORMS: dict[Kind, tuple[Form, ...]] = {
    "count": ("how_many", "most", "which_user", "how_many", "least"),
    "timeline": ("before", "month", "since"),
    "pairs": ("both_one", "both_either"),
}
USERS = 12
FEWEST_IN_PAIRS, MOST_IN_PAIRS = 12, 60
CHARACTERS_OF_A_RECORD = 150
TOPICS_OF_A_USER = 2


def records_task(kind: Kind, size: int, seed: int) -> Task:
    """A task of one of the three kinds; the form of its question goes round with the seed."""
    form = FORMS[kind][seed % len(FORMS[kind])]
    for attempt in range(100):
        draw = chance(kind, size, seed, attempt)
        labelled = _pairs_records(size, draw) if kind == "pairs" else _records(size, draw)
        question = _asked(form, draw)
        counts = question.tally((each.record, each.topic) for each in labelled)
        answer = concluded(question, counts)
        if answer is not None and not tied(question, counts):
            break
    else:
        raise AssertionError(f"a hundred draws of {kind} at {size} tokens were all tied")
    return Task(
        kind=kind,
        size=size,
        seed=seed,
        question=question.text,
        documents=(document(labelled),),
        answer=answer,
    )


def _asked(form: Form, draw: random.Random) -> Question:
    """A question with topics and a day of its own; the day is well inside the year."""
    topic, other = draw.sample(list(TOPICS), 2)
    return Question(
        form,
        "" if form in {"most", "least"} else topic,
        other if form == "both_either" else "",
        FIRST + dt.timedelta(days=draw.randrange(90, 276)) if form in {"before", "since"} else None,
    )


def _records(size: int, draw: random.Random) -> list[Labelled]:
    return draw_records(size, draw, users=user_numbers(USERS, draw))


def _pairs_records(size: int, draw: random.Random) -> list[Labelled]:
    """A user writes about few topics only, so that at any size a part of the users has the one asked for."""
    expected = size * CHARACTERS_PER_TOKEN / CHARACTERS_OF_A_RECORD
    users = user_numbers(max(FEWEST_IN_PAIRS, min(MOST_IN_PAIRS, round(expected / 8))), draw)
    topics = {user: draw.sample(list(TOPICS), TOPICS_OF_A_USER) for user in users}
    return draw_records(size, draw, users=users, topics=topics)
