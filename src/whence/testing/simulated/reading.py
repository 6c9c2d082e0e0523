"""How the simulated model reads a prompt: topics of texts and facts about names, with the error model's
mistakes.

What it reads correctly it knows from the generators' own grammar (`topic_of`, `read_facts`): it stands for
a model that understands English, and only its errors are of interest.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from whence.rlm.tasks.facts import Relation, Search, read_facts
from whence.rlm.tasks.records import Record, read_records
from whence.rlm.tasks.wording import TOPICS, topic_of
from whence.testing.simulated.error_model import ErrorModel, tokens_of

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator, Sequence

NAMES = tuple(TOPICS)


@dataclass(frozen=True, slots=True)
class Reading:
    """One prompt being read once: `draw` is the chance of this prompt, `seed` that of the model."""

    prompt: str
    errors: ErrorModel
    draw: random.Random
    seed: int

    @property
    def tokens(self) -> int:
        """The length that decides how well it is read."""
        return tokens_of(len(self.prompt))

    def topic(self, text: str, position: float, among: Sequence[str] = NAMES) -> str:
        """The topic it sees in a text at a position in the prompt."""
        right = topic_of(text)
        if right is None or right not in among:
            return self.draw.choice(tuple(among))
        stubborn = self.errors.stubborn * self.errors.item_base
        bare = text.rpartition("|| Text: ")[2]  # the same item, with its date and user or without
        lot = zlib.crc32(bare.encode(), self.seed) / 2**32
        if lot < stubborn:
            return _another(right, among, lot / stubborn)
        if self.draw.random() < self.errors.at(self.tokens, position) - stubborn:
            return _another(right, among, self.draw.random())
        return right

    def records(self) -> Iterator[tuple[Record, str]]:
        """Every record of the prompt with the topic it sees in it."""
        found = list(read_records(self.prompt))
        last = max(1, len(found) - 1)
        for i, record in enumerate(found):
            yield record, self.topic(record.text, i / last)

    def fact(self, relation: Relation, about: str) -> str | None:
        """What the prompt says, as it sees it: the value, by mistake a similar one, None for not stated."""
        where = self.prompt.find(about)
        if where < 0:
            return None
        values = [fact.value for fact in read_facts(self.prompt, relation, about)]
        miss = self.errors.at(self.tokens, where / len(self.prompt))
        if values and self.draw.random() >= miss:
            return values[0]
        if self.draw.random() >= (self.errors.decoy if values else miss):
            return None
        similar = [fact.value for fact in read_facts(self.prompt, relation) if fact.about != about]
        if relation == "code":
            similar += [fact.value for fact in read_facts(self.prompt, "former", about)]
        return self.draw.choice(similar) if similar else None

    def follow(self, search: Search) -> str | None:
        """The end of a chain of facts; each link has to be read."""
        at: str | None = search.start
        for relation in search.relations:
            if at is None:
                return None
            at = self.fact(relation, at)
        return at


def _another(right: str, among: Sequence[str], lot: float) -> str:
    """One of the other topics, by lot."""
    others = [name for name in among if name != right]
    return others[min(len(others) - 1, int(lot * len(others)))] if others else right
