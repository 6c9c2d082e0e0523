"""Minutes and reports about nothing in particular: the hay, and names for depots and people.

>>> from whence.rlm.tasks.chance import chance
>>> sentence(chance(0)).endswith(".")
True
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random

FIRST_NAMES = (
    "Ada", "Bruno", "Carla", "Dmitri", "Elif", "Farid", "Greta", "Hugo", "Ines", "Jonas", "Kiri", "Lamar",
    "Mei", "Nadia", "Omar", "Petra", "Quentin", "Rosa", "Sven", "Tariq", "Una", "Viktor", "Wanda", "Xenia",
    "Yusuf", "Zoe",
)  # fmt: skip
LAST_NAMES = (
    "Abara", "Brandt", "Castell", "Dorn", "Eklund", "Fry", "Gallo", "Hart", "Ivanek", "Juhl", "Kranz", "Lund",
    "Moreau", "Nagy", "Okafor", "Pell", "Quill", "Ruiz", "Sato", "Thorne", "Ueda", "Vance", "Wolff", "Yilmaz",
    "Zeller", "Birk", "Crane", "Dale", "Esposito", "Foss", "Grau", "Holm",
)  # fmt: skip
BEGINNINGS = (
    "Har", "Lind", "Ost", "Carr", "Tell", "Brem", "Salt", "Ald", "Quar", "Mire", "Dun", "Ever", "Fen",
    "Gors", "Holl", "Iver", "Jun", "Kester", "Lorn", "Mars", "Nether", "Orme", "Pend", "Rath", "Sel",
    "Thorn", "Wil", "Yar",
)  # fmt: skip
ENDINGS = (
    "wick", "moor", "by", "ow", "in", "ford", "ney", "ine", "ne", "field", "low", "ley", "ton", "mouth",
    "gate", "stead", "bridge", "holm", "combe", "dale", "worth", "ham", "bury", "port",
)  # fmt: skip
WHO = (
    "The committee", "A working group", "The night shift", "The accounts office", "A visitor from abroad",
    "The union", "The head of planning", "A trainee", "The board", "The safety officer", "Our supplier",
    "The regional council", "A surveyor", "The canteen staff",
)  # fmt: skip
DID = (
    "discussed", "put off a decision on", "was pleased with", "asked for figures on",
    "wrote a long memo about", "could not agree about", "took photographs of", "went through the plans for",
    "praised", "had doubts about", "ordered another look at", "kept silent about",
    "compared two offers for", "counted the days until",
)  # fmt: skip
WHAT = (
    "the new loading ramp", "the winter timetable", "the repair of the roof", "the colour of the doors",
    "the training week", "the budget for pallets", "the broken weighbridge", "the parking rules",
    "the move to rail", "the open day", "the heating in hall three", "the labels on the shelves",
    "the forklift that nobody uses", "the survey among the drivers", "the delayed delivery of tyres",
    "the fire drill",
)  # fmt: skip
AND = (
    "before lunch", "without much result", "and will come back to it in the autumn",
    "although time was short", "while it rained outside", "for the third time this year",
    "and thanked everyone present", "by a narrow vote", "as had been foreseen in the plan",
    "in the presence of the press", "and left it at that", "after the figures had been read out",
)  # fmt: skip
MENTIONS = (
    "The walls of the depot in {place} were painted {colour} in {year}.",
    "{person} gave a talk about {what} in {place}.",
    "A photograph in the hall shows {person} beside the gate of the depot in {place}, taken in {year}.",
    "{person} was on leave for {n} days and sent a card from {place}.",
    "The depot in {place} employs {n} people and was built in {year}.",
    "{person} has parked in bay {n} since {year}, which led to a discussion about {what}.",
)


def sentence(draw: random.Random) -> str:
    """One sentence that says nothing."""
    pick = draw.choice
    return f"{pick(WHO)} {pick(DID)} {pick(WHAT)} {pick(AND)}."


def mention(draw: random.Random, place: str, person: str) -> str:
    """A sentence that names a place or a person of interest and tells nothing that is asked."""
    return draw.choice(MENTIONS).format(
        place=place,
        person=person,
        what=draw.choice(WHAT),
        colour=draw.choice(("grey", "green", "white", "red")),
        year=draw.randrange(1950, 2024),
        n=draw.randrange(2, 90),
    )


def places(count: int, draw: random.Random) -> list[str]:
    """So many different names of places."""
    names = [first + last for first, last in product(BEGINNINGS, ENDINGS)]
    if count > len(names):
        names += [
            f"{side} {name}" for side in ("Upper", "Lower", "East", "West", "Old", "New") for name in names
        ]
    return draw.sample(names, count)


def people(count: int, draw: random.Random) -> list[str]:
    """So many different names of people."""
    names = [f"{first} {last}" for first, last in product(FIRST_NAMES, LAST_NAMES)]
    if count > len(names):
        names += [
            f"{first} {a} {b}" for first, a, b in product(FIRST_NAMES, LAST_NAMES, LAST_NAMES) if a != b
        ]
    return draw.sample(names, count)
