"""Facts about depots and people, each in several wordings: what needles are made of and chains are linked by.

>>> from whence.rlm.tasks.chance import chance
>>> fact = Fact("manager", "Harwick", "Ada Quill")
>>> [found == fact for found in read_facts(fact.written(chance(1)))]
[True]
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    import random

Relation: TypeAlias = Literal["code", "former", "manager", "deputy", "locker"]
WORDINGS: dict[Relation, tuple[str, ...]] = {
    "code": (
        "The access code of the depot in {a} is {v}.",
        "To open the depot in {a}, key in {v}.",
        "The gate of the depot in {a} unlocks with {v}.",
        "Whoever stands before the depot in {a} has to type {v}.",
    ),
    "former": (
        "Until it was changed, the access code of the depot in {a} used to be {v}.",
        "In former years one opened the depot in {a} with {v}.",
    ),
    "manager": (
        "{v} manages the depot in {a}.",
        "The depot in {a} is run by {v}.",
        "The person in charge of the depot in {a} is {v}.",
    ),
    "deputy": (
        "{v} is the deputy of {a}.",
        "{a} has named {v} as deputy.",
        "When {a} is away, {v} stands in.",
    ),
    "locker": (
        "{a} keeps the keys in locker {v}.",
        "Locker {v} belongs to {a}.",
        "The locker of {a} has the number {v}.",
    ),
}
NAME = r"[A-Z]\w+(?: [A-Z]\w+)*"
NEEDLE = "What is the access code of the depot in {a}? Answer with the number only."
CHAIN = (
    "What is the number of the locker of {deputies}the manager of the depot in {a}? "
    "Answer with the number only."
)
_ASKED_NEEDLE = re.compile(rf"What is the access code of the depot in (?P<a>{NAME})\?")
_ASKED_CHAIN = re.compile(
    r"What is the number of the locker of (?P<d>(?:the deputy of )*)the manager of the depot in "
    rf"(?P<a>{NAME})\?"
)


@dataclass(frozen=True, slots=True)
class Fact:
    """`value` stands in `relation` to `about`."""

    relation: Relation
    about: str
    value: str

    def written(self, draw: random.Random) -> str:
        """The fact in one of its wordings."""
        return draw.choice(WORDINGS[self.relation]).format(a=self.about, v=self.value)


@dataclass(frozen=True, slots=True)
class Search:
    """A question that one fact answers, or a chain of them: what is followed, beginning at `start`."""

    start: str
    relations: tuple[Relation, ...]

    @classmethod
    def along(cls, start: str, deputies: int) -> Search:
        """From a depot by its manager and so many deputies to a locker."""
        middle: tuple[Relation, ...] = ("deputy",) * deputies
        return cls(start, ("manager", *middle, "locker"))

    @property
    def words(self) -> str:
        """The question in words."""
        if self.relations == ("code",):
            return NEEDLE.format(a=self.start)
        return CHAIN.format(a=self.start, deputies="the deputy of " * self.relations.count("deputy"))


def read_search(text: str) -> Search | None:
    """The question for a fact that stands in a text."""
    if found := _ASKED_NEEDLE.search(text):
        return Search(found["a"], ("code",))
    if found := _ASKED_CHAIN.search(text):
        return Search.along(found["a"], found["d"].count("deputy"))
    return None


def read_facts(text: str, relation: Relation | None = None, about: str | None = None) -> Iterator[Fact]:
    """Every fact in a text, in any wording; of one relation or about one name where that is asked."""
    for kind in WORDINGS if relation is None else (relation,):
        for pattern in _patterns(kind, about):
            for found in pattern.finditer(text):
                yield Fact(kind, found["a"], found["v"])


def _patterns(relation: Relation, about: str | None) -> list[re.Pattern[str]]:
    """What finds a relation; `re` keeps the compiled ones of general use."""
    name = NAME if about is None else re.escape(about)
    value = NAME if relation in {"manager", "deputy"} else r"\d+"
    found: list[re.Pattern[str]] = []
    for wording in WORDINGS[relation]:
        pattern = re.escape(wording).replace(r"\{a\}", f"(?P<a>{name})").replace(r"\{v\}", f"(?P<v>{value})")
        found.append(re.compile(pattern))
    return found
