"""One fact in a haystack, and chains of facts over many documents, with facts of the same kind all around.

`needle` is the O(1) task (the needle in a haystack of RULER, Hsieh et al., arXiv 2404.06654): the access
code of one depot, among the codes of other depots and one former code of the same depot. `hops` follows a
chain (depot, manager, deputies, locker), each link in a document of its own, among complete chains of other
depots.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

from whence.rlm.tasks.chance import chance
from whence.rlm.tasks.facts import Fact, Search
from whence.rlm.tasks.prose import mention, people, places, sentence
from whence.rlm.tasks.task import CHARACTERS_PER_TOKEN, Task

if TYPE_CHECKING:
    import random

TOKENS_OF_A_DOCUMENT = 1_200
MENTIONS = 4
MOST_OTHERS = 300
DEPUTIES = (1, 0, 2)


@dataclass(slots=True)
class _Plan:
    """What goes into which document beside hay."""

    documents: int
    sentences: dict[int, list[str]] = field(default_factory=dict[int, list[str]])

    def put(self, words: str, draw: random.Random) -> None:
        self.sentences.setdefault(draw.randrange(self.documents), []).append(words)


def needle(size: int, seed: int) -> Task:
    """The access code of one depot."""
    draw = chance("needle", size, seed)
    plan = _Plan(_documents(size))
    others = min(MOST_OTHERS, max(3, plan.documents // 2))
    start, *elsewhere = places(others + 1, draw)
    code, former, *codes = (str(number) for number in draw.sample(range(10_000, 100_000), others + 2))
    persons = people(MENTIONS, draw)
    plan.put(Fact("code", start, code).written(draw), draw)
    plan.put(Fact("former", start, former).written(draw), draw)
    for place, other in zip(elsewhere, codes, strict=True):
        plan.put(Fact("code", place, other).written(draw), draw)
    for person in persons:
        plan.put(mention(draw, start, person), draw)
    search = Search(start, ("code",))
    documents = _written(plan, size, draw)
    return Task(
        kind="needle", size=size, seed=seed, question=search.words, documents=documents, answer=int(code)
    )


def hops(size: int, seed: int) -> Task:
    """The locker of somebody who is reached by two to four links."""
    draw = chance("hops", size, seed)
    plan = _Plan(_documents(size))
    deputies = DEPUTIES[seed % len(DEPUTIES)]
    others = min(MOST_OTHERS, max(3, plan.documents // 4))
    depots = places(others + 1, draw)
    persons = people((others + 1) * (deputies + 1), draw)
    lockers = [str(number) for number in draw.sample(range(1_000, 10_000), (others + 1) * (deputies + 1))]
    number = dict(zip(persons, lockers, strict=True))
    for i, depot in enumerate(depots):
        chain = persons[i * (deputies + 1) : (i + 1) * (deputies + 1)]
        plan.put(Fact("manager", depot, chain[0]).written(draw), draw)
        for person, deputy in pairwise(chain):
            plan.put(Fact("deputy", person, deputy).written(draw), draw)
        for person in chain:
            plan.put(Fact("locker", person, number[person]).written(draw), draw)
    for person in persons[: deputies + 1] * MENTIONS:
        plan.put(mention(draw, depots[0], person), draw)
    search = Search.along(depots[0], deputies)
    documents = _written(plan, size, draw)
    answer = int(number[persons[deputies]])
    return Task(kind="hops", size=size, seed=seed, question=search.words, documents=documents, answer=answer)


def _documents(size: int) -> int:
    return max(4, round(size / TOKENS_OF_A_DOCUMENT))


def _written(plan: _Plan, size: int, draw: random.Random) -> tuple[str, ...]:
    """The documents: hay up to their length, what is planned for each at random places in it."""
    length = size * CHARACTERS_PER_TOKEN // plan.documents
    written: list[str] = []
    for i in range(plan.documents):
        title = f"Report {i + 1} of {plan.documents}"
        planned = plan.sentences.get(i, [])
        left = length - len(title) - 4 - sum(len(words) + 1 for words in planned)
        sentences: list[str] = []
        while left > 0:
            sentences.append(sentence(draw))
            left -= len(sentences[-1]) + 1
        for words in planned:
            sentences.insert(draw.randrange(len(sentences) + 1), words)
        paragraphs = [" ".join(sentences[at : at + 6]) for at in range(0, len(sentences), 6)]
        written.append(f"{title}\n\n" + "\n".join(paragraphs))
    return tuple(written)
