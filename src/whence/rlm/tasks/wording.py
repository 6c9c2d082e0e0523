"""What customers of a made-up shop write, in six topics, so that no single word gives a topic away.

Each topic has a dozen templates with shared slots, and the words typical of one topic occur in the others
too: people who praise mention invoices and parcels, people who cancel mention passwords. A reader has to
take in the sentence. It is still a small grammar: whoever knows all the templates can label every text
(`topic_of` does, by three-word phrases that only one topic's templates have), and a classifier trained on a
few hundred texts would too. In 2,400 texts the best single word reaches an F1 of 0.50 ("euros", for
payment), the best two words in a row 0.49; a test holds both below 0.55.

>>> topic_of("Hello. I was billed twice for the kettle in spring. Regards, Ada")
'payment'
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random

TOPICS: dict[str, str] = {
    "delivery": "a parcel that is late, lost or left in the wrong place",
    "payment": "money that was charged, refunded or billed wrongly",
    "defect": "a product that is broken or does not do its work",
    "account": "signing in, passwords or personal details",
    "praise": "thanks or a compliment, nothing to be done",
    "cancellation": "wanting out of an order or a subscription",
}

TEMPLATES: dict[str, tuple[str, ...]] = {
    "delivery": (
        "the {item} I ordered has still not turned up at my door {when}",
        "your courier left the {item} with a stranger across the street",
        "tracking says the {item} has been sitting in {place} since {day} and nothing moves",
        "where is my {item}? It was meant to be here by {day}",
        "someone signed for the {item} in {place}, but it was not me",
        "the box with the {item} went to my former home in {place}",
        "I have been waiting for the {item} for {n} days and the map shows no van",
        "the driver noted that nobody was in, yet I sat at home all {day} for the {item}",
        "only one of the {n} boxes arrived, the one with the {item} did not",
        "it was said that the {item} would be dispatched by {day}, and the status still reads packed",
        "the {item} was thrown over the fence of number {n} instead of being handed to us",
        "can you find out in which depot the {item} is lying around",
    ),
    "payment": (
        "I was billed twice for the {item} {when}",
        "the card statement shows {n} euros more than the {item} costs in your shop",
        "you took {n} euros from me although I sent the {item} back long ago",
        "the money for the returned {item} has not reached my bank {when}",
        "my voucher was not taken off the total when I bought the {item}",
        "the invoice for the {item} names a firm in {place} that I have never heard of",
        "why is there a fee of {n} euros on top of the price of the {item}",
        "a reminder came that I owe you for the {item}, which I settled on {day}",
        "the discount you promised for the {item} is missing from the bill",
        "please put the {n} euros for the {item} on my other card, the old one was debited by mistake",
        "sales tax was added although the {item} went to a charity in {place}",
        "I see {n} withdrawals from your shop {when} and I bought one {item}",
    ),
    "defect": (
        "the {item} gave up after {n} days, there is no sign of life in it",
        "a crack runs through the {item}, I noticed it on {day}",
        "the {item} hums loudly and gets so hot that I pulled the plug",
        "one leg of the {item} is shorter than the rest and it wobbles",
        "the {item} stops by itself after {n} minutes, whatever I press",
        "the colour of the {item} came off on my hands {when}",
        "the lid of the {item} does not close any more, the hinge has snapped",
        "I followed the booklet and the {item} still shows nothing but a red light",
        "the {item} leaks onto the floor, my cousin in {place} has the same trouble with hers",
        "a screw fell out of the {item} and now the handle turns freely",
        "the {item} only works when I shake it {when}",
        "two of the keys on the {item} are stuck since {day}",
    ),
    "account": (
        "the page tells me that my name is unknown when I want to see my {item} order",
        "I get no code on my phone, so I cannot get in to look up the {item}",
        "please change my street to the one in {place}, I moved on {day}",
        "the link for choosing a new secret word had run out after {n} minutes",
        "I am locked out after {n} attempts and the {item} list is in there",
        "there are two profiles of mine since {day}, can they be put together",
        "my surname is spelt wrongly in your files, it shows on the {item} label",
        "somebody in {place} seems to be using my login {when}",
        "the site throws me back to the start each time I enter my pin for the {item} page",
        "which address do you have on file for me, I gave the one in {place} {when}",
        "I would like my birthday removed from my page, I only wanted a {item}",
        "my old e-mail is gone and your shop keeps asking for it before it shows the {item}",
    ),
    "praise": (
        "the {item} does all I hoped for and then some",
        "I just wanted to say how kind {person} was about the {item} on {day}",
        "what a lovely {item}, my neighbours in {place} are jealous",
        "you have a customer for life, the {item} was packed with such care",
        "a big thank you to {person}, who made the invoice for the {item} clear in {n} minutes",
        "nothing to complain about, the {item} came early and works like a charm",
        "I rarely write to shops, but the {item} made our {day}",
        "{person} on your phone line deserves a rise, the password matter was solved with a smile",
        "ten out of ten for the {item}, I have told everybody in {place}",
        "so happy that I did not cancel the {item}, it is the best thing I bought {when}",
        "the refund for the first {item} was quick and the second one is a joy, well done",
        "my broken {item} was replaced within {n} days, I could not be more pleased",
    ),
    "cancellation": (
        "please do not send the {item} after all, I have changed my mind",
        "I no longer want the {item} that I asked for {when}",
        "end my monthly {item} box as of {day}, I will not renew",
        "take the {item} off my order before it goes out on {day}",
        "I bought the {item} in {place} for less, so forget about mine",
        "how do I get out of the {item} plan, {n} months are enough",
        "strike the second {item}, I clicked too often on {day}",
        "we are moving to {place} and have no room for the {item}, call it off please",
        "I wish to withdraw from the contract for the {item} within the {n} days that the law gives me",
        "stop the yearly {item} service, the password can go with it",
        "my son ordered the {item} without asking, kindly undo it before you charge the card",
        "the wait is too long for me, I would rather not have the {item} any more",
    ),
}

OPENERS = (
    "",
    "",
    "Hello.",
    "Good morning.",
    "Dear team,",
    "To whom it may concern:",
    "Hi there,",
    "I have bought from you for {n} years and pay on time.",
    "This is about order {order}.",
    "My {other} arrived safely last year, so I was surprised to have to write.",
    "I am sorry to trouble {person} again.",
    "I looked through the help page on delivery and bills first.",
    "Number {order}, placed from {place}.",
)
CLOSERS = (
    "",
    "",
    "Regards, {person}",
    "Thanks, {person}",
    "Please answer by {day}.",
    "You can reach me in {place}.",
    "The {other} from the same order is not what I write about.",
    "My account number is {order}, in case you need it.",
    "No need to cancel anything else.",
    "I kept the box and the receipt.",
    "{person} knows about it.",
    "Best wishes from {place}!",
)
SLOTS: dict[str, tuple[str, ...]] = {
    "item": (
        "kettle", "desk lamp", "rain jacket", "coffee grinder", "garden hose", "bookshelf", "toaster",
        "rucksack", "tent", "keyboard", "wall clock", "bread knife", "radio", "bicycle pump", "armchair",
        "iron", "wool blanket", "camera", "ladder", "fan heater", "yoga mat", "pepper mill", "suitcase",
        "drill",
    ),
    "place": (
        "Harwick", "Lindmoor", "Ostby", "Carrow", "Tellin", "Bremford", "Saltney", "Aldine", "Quarne",
        "Mirefield", "Dunlow", "Everby", "Fenton Vale", "Gorsely", "Hollin", "Ivers", "Junby", "Kesterton",
        "Lorne", "Marsk",
    ),
    "person": (
        "Ada", "Bruno", "Carla", "Dmitri", "Elif", "Farid", "Greta", "Hugo", "Ines", "Jonas", "Kiri", "Lamar",
        "Mei", "Nadia", "Omar", "Petra", "Quentin", "Rosa", "Sven", "Tariq",
    ),
    "day": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "when": (
        "last week", "this month", "in spring", "since yesterday", "over the holidays", "some days ago",
        "the other night", "at the start of the year",
    ),
}  # fmt: skip
_SLOT = re.compile(r"\{(\w+)\}")


def write(topic: str, draw: random.Random) -> str:
    """A text of `topic`: mostly an opener, one sentence that carries the topic, and a closer."""
    pick = draw.choice
    core = _filled(pick(TEMPLATES[topic]), draw)
    parts = (
        _filled(pick(OPENERS), draw),
        core[0].upper() + core[1:] + ("" if core.endswith("?") else "."),
        _filled(pick(CLOSERS), draw),
    )
    return " ".join(part for part in parts if part)


def topic_of(text: str) -> str | None:
    """The topic of a text of this grammar; None where no telling phrase is in it (a text that was cut)."""
    known = _phrases()
    words = text.lower().split()
    for phrase in zip(words, words[1:], words[2:], strict=False):
        topic = known.get(phrase)
        if topic is not None:
            return topic
    return None


@cache
def _phrases() -> dict[tuple[str, str, str], str]:
    """Three words in a row -> the one topic in whose templates they stand; neutral phrases are left out."""
    found: dict[tuple[str, str, str], str] = {}
    shared: set[tuple[str, str, str]] = set()
    for opener in (*OPENERS, *CLOSERS):
        shared.update(_triples(opener))
    for topic, templates in TEMPLATES.items():
        for phrase in (phrase for template in templates for phrase in _triples(template)):
            if found.setdefault(phrase, topic) != topic:
                shared.add(phrase)
    return {phrase: topic for phrase, topic in found.items() if phrase not in shared}


def _triples(template: str) -> list[tuple[str, str, str]]:
    """Every three words in a row without a slot in them."""
    words = template.lower().split()
    triples = zip(words, words[1:], words[2:], strict=False)
    return [triple for triple in triples if not any("{" in word for word in triple)]


def _filled(template: str, draw: random.Random) -> str:
    """Fill the slots; `other` is one more item, `n` a small and `order` a large number."""

    def fill(found: re.Match[str]) -> str:
        slot = found[1]
        if slot == "n":
            return str(draw.randrange(2, 40))
        if slot == "order":
            return str(draw.randrange(100_000, 1_000_000))
        return draw.choice(SLOTS["item" if slot == "other" else slot])

    return _SLOT.sub(fill, template)
