"""Worlds whose effects are known, and the estimands of their graphs."""

from functools import lru_cache

import numpy as np

from whence.data.reading import table
from whence.identification.identify import identify
from whence.language.graph_text import graph
from whence.language.query_text import query


@lru_cache
def estimand(question, arrows):
    """The estimand of a question in a graph, which must be identified."""
    found = identify(query(question), graph(arrows))
    assert hasattr(found, "expression"), found
    return found


BACK_DOOR = "{a, b, c} -> t; {a, b, c} -> y; t -> y"


def linear_world(seed, rows=400):
    """A 0/1 treatment chosen logistically, an outcome linear in it and in three causes of both. ATE = 2."""
    draws = np.random.default_rng(seed)
    a, b, c = draws.normal(size=(3, rows))
    t = (draws.random(rows) < 1 / (1 + np.exp(-(0.6 * a - 0.5 * b)))).astype(int)
    y = 2 * t + a + 0.5 * b - c + draws.normal(size=rows)
    return {"a": a, "b": b, "c": c, "t": t, "y": y}


def linear_table(seed, rows=400):
    """The linear world as a table."""
    return table(linear_world(seed, rows))


FRONT_DOOR = "x -> m -> y; x <-> y"


def front_door_probabilities():
    """P(u, x, m, y) of a front-door world with a hidden cause u, and the effect E[y|do(1)] − E[y|do(0)]."""
    u = np.array([0.4, 0.6])
    x = np.array([[0.8, 0.2], [0.3, 0.7]])
    m = np.array([[0.75, 0.25], [0.2, 0.8]])
    y1 = np.array([[0.15, 0.5], [0.45, 0.85]])  # by u, m
    y = np.stack([1 - y1, y1], axis=-1)
    joint = np.einsum("u,ux,xm,umy->uxmy", u, x, m, y)
    effect = float((m[1] - m[0]) @ (u @ y1))
    return joint, effect


def front_door_table(seed, rows=1000):
    """Draws from the front-door world, its hidden cause left out."""
    joint, _ = front_door_probabilities()
    cells = np.random.default_rng(seed).choice(joint.size, rows, p=joint.ravel())
    _, x, m, y = np.unravel_index(cells, joint.shape)
    return table({"x": x, "m": m, "y": y})


CURVED = "{a, b, c} -> t; {a, b, c} -> y; t -> y"


def curved_world(seed, rows=800):
    """Outcome and treatment bend in their common causes, so that linear models are biased. ATE = 1."""
    draws = np.random.default_rng(seed)
    a, b, c = draws.uniform(-2, 2, size=(3, rows))
    bend = np.abs(a) - 1 + (b > 0.5)
    t = (draws.random(rows) < 1 / (1 + np.exp(-0.7 * bend))).astype(int)
    y = t + 2 * bend + 0.5 * c + draws.normal(size=rows)
    return {"a": a, "b": b, "c": c, "t": t, "y": y}


def curved_table(seed, rows=800):
    """The curved world as a table."""
    return table(curved_world(seed, rows))
