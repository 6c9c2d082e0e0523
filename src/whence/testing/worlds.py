"""Worlds whose effects are known, to see whether intervals cover the truth as often as they claim.

Each world names its question, its graph and its truth, and draws as many rows as are asked for. The linear
world is what the default estimator is made for; the front door hides the common cause; the curved world
bends, so that linear models are biased in it.

>>> linear().truth
2.0
>>> sorted(linear().draw(0, 5))
['a', 'b', 'c', 't', 'y']
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from whence.numerics.arrays import Floats, floats
from whence.numerics.random import generator


@dataclass(frozen=True, slots=True)
class World:
    """A question about a graph, its true answer, and draws of so many rows for a seed."""

    question: str
    graph: str
    truth: float
    sample: Callable[[np.random.Generator, int], dict[str, Floats]]

    def draw(self, seed: int, rows: int) -> dict[str, Floats]:
        """Columns of `rows` rows."""
        return self.sample(generator(seed), rows)


EFFECT = "E[y | do(t=1)] - E[y | do(t=0)]"
BACK_DOOR = "{a, b, c} -> t; {a, b, c} -> y; t -> y"


def linear() -> World:
    """A 0/1 treatment chosen logistically, an outcome linear in it and in three causes."""
    return World(EFFECT, BACK_DOOR, 2.0, _linear)


def _linear(draws: np.random.Generator, rows: int) -> dict[str, Floats]:
    a, b, c = draws.normal(size=(3, rows))
    t = floats(draws.random(rows) < 1.0 / (1.0 + np.exp(-(0.6 * a - 0.5 * b))))
    return {"a": a, "b": b, "c": c, "t": t, "y": 2.0 * t + a + 0.5 * b - c + draws.normal(size=rows)}


def curved() -> World:
    """Treatment and outcome bend, and in the same places, in two common causes."""
    return World(EFFECT, BACK_DOOR, 1.0, _curved)


def _curved(draws: np.random.Generator, rows: int) -> dict[str, Floats]:
    a, b, c = draws.uniform(-2.0, 2.0, size=(3, rows))
    bend = np.abs(a) - 1.0 + (b > 0.5)
    t = floats(draws.random(rows) < 1.0 / (1.0 + np.exp(-0.7 * bend)))
    return {"a": a, "b": b, "c": c, "t": t, "y": t + 2.0 * bend + 0.5 * c + draws.normal(size=rows)}


HIDDEN = np.array([0.4, 0.6])
X_BY_HIDDEN = np.array([[0.8, 0.2], [0.3, 0.7]])
M_BY_X = np.array([[0.75, 0.25], [0.2, 0.8]])
Y_BY_HIDDEN_M = np.array([[0.15, 0.5], [0.45, 0.85]])


def front_door() -> World:
    """A hidden cause of x and y, and a mediator m that carries the whole effect; all of them 0/1."""
    truth = float((M_BY_X[1] - M_BY_X[0]) @ (HIDDEN @ Y_BY_HIDDEN_M))
    question = "E[y | do(x=1)] - E[y | do(x=0)]"
    return World(question, "x -> m -> y; x <-> y", truth, _front_door)


def front_door_cells() -> Floats:
    """The exact P(x, m, y) of the front-door world."""
    y = np.stack([1.0 - Y_BY_HIDDEN_M, Y_BY_HIDDEN_M], axis=-1)
    return floats(np.einsum("u,ux,xm,umy->xmy", HIDDEN, X_BY_HIDDEN, M_BY_X, y))


def _front_door(draws: np.random.Generator, rows: int) -> dict[str, Floats]:
    cells = front_door_cells()
    drawn = draws.choice(cells.size, rows, p=cells.ravel())
    x, m, y = np.unravel_index(drawn, cells.shape)
    return {"x": floats(x), "m": floats(m), "y": floats(y)}
