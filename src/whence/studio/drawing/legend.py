"""What the shapes and lines of a drawing mean: the words, and a small mark for each.

>>> from whence.language.graph import Edge, Graph
>>> g = Graph.of((), [Edge("X", "Y")])
>>> legend(Reading(g, "identified", "", roles={"X": "treatment", "Y": "outcome"}))
(('treatment', 'treatment'), ('outcome', 'outcome'))
"""

from __future__ import annotations

from whence.language.roles import ROLES, Role
from whence.language.routes import Route
from whence.language.svg_edges import STRANDS, Strand, blocked_bar
from whence.language.svg_marks import path, shape, tag
from whence.studio.drawing.places import played
from whence.studio.drawing.words import role_words
from whence.studio.reasoning.reading import Reading


def legend(reading: Reading) -> tuple[tuple[Role, str], ...]:
    """The roles that occur, in their usual order, with the words for them."""
    seen = set(played(reading).values())
    return tuple((role, role_words(role)) for role in ROLES if role in seen and role != "other")


def lines(reading: Reading) -> tuple[tuple[Strand, str], ...]:
    """What the edges carry where a question tells them apart, with the words for it."""
    seen = set((reading.strands or {}).values())
    return tuple((strand, word) for strand, word in STRANDS.items() if strand in seen)


def role_mark(role: Role) -> str:
    """The shape of a role with its letter, as large as a line of text."""
    return _mark(20, *shape(role, 10, 10, 8))


def line_mark(strand: Strand) -> str:
    """A piece of the line that a strand is drawn with."""
    bar = [blocked_bar(Route((), (1, 10), ((14, 10),), (27, 10)))] if strand == "blocked" else []
    return _mark(28, path(((1, 10), (14, 10), (27, 10)), f"wh-edge wh-{strand}"), *bar)


def _mark(wide: int, *parts: str) -> str:
    attributes = {
        "class": "wh-graph wh-mark",
        "viewBox": f"0 0 {wide} 20",
        "width": wide,
        "height": 20,
        "aria-hidden": "true",
        "focusable": "false",
    }
    return tag("svg", attributes, *parts)
