"""Known-truth worlds as tables, and the estimands of their graphs."""

from functools import lru_cache

from whence.data.reading import table
from whence.identification.identify import identify
from whence.language.graph_text import graph
from whence.language.query_text import query
from whence.testing.worlds import BACK_DOOR, curved, front_door, linear

CURVED = BACK_DOOR
FRONT_DOOR = front_door().graph


@lru_cache
def estimand(question, arrows):
    """The estimand of a question in a graph, which must be identified."""
    found = identify(query(question), graph(arrows))
    assert hasattr(found, "expression"), found
    return found


def linear_world(seed, rows=400):
    """Columns of the linear world."""
    return linear().draw(seed, rows)


def linear_table(seed, rows=400):
    """The linear world as a table."""
    return table(linear_world(seed, rows))


def curved_table(seed, rows=800):
    """The curved world as a table."""
    return table(curved().draw(seed, rows))


def front_door_table(seed, rows=1000):
    """The front-door world, its hidden cause left out, as a table."""
    return table(front_door().draw(seed, rows))


__all__ = [
    "BACK_DOOR",
    "CURVED",
    "FRONT_DOOR",
    "curved_table",
    "estimand",
    "front_door_table",
    "linear_table",
]
