"""Two linear models of a graph with the same covariances and different effects: a proof that none is found.

Fix the covariances S. A choice of coefficients L is a model of the graph with covariances S exactly when
the errors' covariances (I - L)' S (I - L) are zero wherever the graph has no `<->`. In the coefficients of a
single variable these conditions are linear, so from a random model one moves inside the set of all models
with covariances S: one variable's coefficients along the kernel of its conditions, then, where that breaks
conditions shared with others, those others' coefficients so that they hold again. Everything is exact in
fractions. Where no such move changes the effect, nothing is found, and nothing is claimed.

The errors of both models have dominant diagonals, so that each correlation can be that of a hidden common
cause of just two variables.

Source: R. Foygel, J. Draisma and M. Drton (2012), section 2, for the conditions.

>>> from whence.language.graph import Edge
>>> g = Graph.of((), [Edge("X", "Y"), Edge("X", "Y", "<->")])
>>> first, second = disagreeing(g, g, "X", "Y", "direct")
>>> first.covariances == second.covariances, first.coefficients == second.coefficients
(True, False)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import islice, permutations
from random import Random

from whence.language.covariance import EffectKind
from whence.language.graph import Graph, bits
from whence.language.linear import LinearModel

Cells = list[list[Fraction]]

Weights = dict[tuple[int, int], Fraction]

STARTS = 2
"""How many random models must each have a partner that disagrees."""

RELEASED = 2
"""How many other variables' coefficients may be adapted after one variable's were moved."""

MOST, LEAST = 6000, 60
"""Up to so many moves, divided by the number of variables, are tried from each model, and so many always."""

SHARES = (Fraction(1, 8), Fraction(1, 64), Fraction(1, 1024))
"""The sizes of steps that are tried."""


def disagreeing(
    graph: Graph, seen: Graph, x: str, y: str, effect: EffectKind
) -> tuple[LinearModel, LinearModel] | None:
    """Two models of the graph that agree on all covariances and differ on the effect, if a walk finds them.

    `seen` is the projection of `graph`. None also where latent nodes do more than join two variables.
    """
    if not pairwise_hidden(graph):
        return None
    # What holds in a few models only is no proof for the others: every start has to show it.
    pairs = [_pair(seen, x, y, effect, Random(seed)) for seed in range(STARTS)]  # noqa: S311
    return None if None in pairs else pairs[0]


def _pair(
    seen: Graph, x: str, y: str, effect: EffectKind, chance: Random
) -> tuple[LinearModel, LinearModel] | None:
    """A random model, and another one with its covariances and another effect."""
    weights, errors = random_model(seen, chance)
    first = _model(seen, weights, errors)
    made = first.covariances
    places = [made.place(name) for name in seen.nodes]
    joint = [[Fraction(made.rows[i][j]) for j in places] for i in places]
    start = first.effect(x, y, effect)
    moves = islice(_choices(seen, seen.index[y]), max(LEAST, MOST // len(seen.nodes)))
    for choice in moves:
        moved = _within(seen, weights, joint, choice, chance)
        if moved is not None:
            second = _model(seen, moved, error_covariances(moved, joint))
            if second.effect(x, y, effect) != start:
                return first, second
    return None


def _choices(graph: Graph, y: int) -> Iterator[tuple[int, ...]]:
    """Which variable's coefficients to move, and whose to adapt after it: few of them first, y first."""
    movable = [v for v in (y, *(v for v in graph.order if v != y)) if graph.parents[v]]
    for count in range(RELEASED + 1):
        for target in movable:
            beside = [v for v in bits(_unjoined(graph, target)) if graph.parents[v]]
            yield from ((target, *released) for released in permutations(beside, count))


def pairwise_hidden(graph: Graph) -> bool:
    """Whether every latent node has no cause and joins at most two observed variables."""
    joined = [graph.spouses[node] for node in bits(graph.mask(graph.latent))]
    hidden = graph.mask(graph.latent)
    lone = all(
        not graph.parents[node]
        and graph.children[node].bit_count() <= 2
        and not graph.children[node] & hidden
        for node in bits(hidden)
    )
    return lone and not any(joined)


def random_model(graph: Graph, chance: Random) -> tuple[Weights, Cells]:
    """Coefficients near one half to one, errors with small correlations and variance one."""
    size = len(graph.nodes)
    weights = {
        (p, v): Fraction(chance.choice((-1, 1)) * chance.randint(500, 1000), 1000)
        for v in range(size)
        for p in bits(graph.parents[v])
    }
    errors = [[Fraction(int(i == j)) for j in range(size)] for i in range(size)]
    for i in range(size):
        for j in bits(graph.spouses[i] & ((1 << i) - 1)):
            sign = chance.choice((-1, 1))
            errors[i][j] = errors[j][i] = Fraction(sign * chance.randint(200, 400), 1000 * size)
    return weights, errors


def error_covariances(weights: Weights, joint: Cells) -> Cells:
    """(I - L)' S (I - L): what the errors' covariances have to be."""
    rows = residual_rows(weights, joint)
    done = [list(row) for row in rows]
    for (p, v), weight in weights.items():
        for i in range(len(joint)):
            done[i][v] -= weight * rows[i][p]
    return done


def residual_rows(weights: Weights, joint: Cells) -> Cells:
    """(I - L)' S: how each variable, less what its causes do to it, is correlated with every variable."""
    rows = [list(row) for row in joint]
    for (p, v), weight in weights.items():
        rows[v] = [a - weight * b for a, b in zip(rows[v], joint[p], strict=True)]
    return rows


def _within(
    graph: Graph, weights: Weights, joint: Cells, choice: tuple[int, ...], chance: Random
) -> Weights | None:
    """Other coefficients with the same covariances, the errors' diagonals still dominant, or None.

    The first variable's coefficients move along the kernel of its conditions, but for those that it shares
    with the released ones, whose coefficients are then adapted one after the other.
    """
    for share in SHARES:
        moved = _moved(graph, weights, joint, choice, share, chance)
        if moved is None or dominant(error_covariances(moved, joint)):
            return moved
    return None


def _moved(
    graph: Graph, weights: Weights, joint: Cells, moving: tuple[int, ...], share: Fraction, chance: Random
) -> Weights | None:
    """Move the first variable's coefficients by about `share`, then adapt the others; None if that fails."""
    changed = dict(weights)
    for place, v in enumerate(moving):
        causes = tuple(bits(graph.parents[v]))
        later = sum(1 << w for w in moving[place + 1 :])
        rows = residual_rows(changed, joint)
        held = tuple(bits(_unjoined(graph, v) & ~later))
        cells = [[rows[i][p] for p in causes] for i in held]
        if place:
            now = [sum((changed[p, v] * rows[i][p] for p in causes), Fraction(0)) for i in held]
            step = solution([[*row, rows[i][v] - n] for row, i, n in zip(cells, held, now, strict=True)])
        else:
            step = _along(kernel_of(cells, len(causes)), share, chance)
        if step is None:
            return None
        for p, change in zip(causes, step, strict=False):
            changed[p, v] += change
    return changed


def _along(kernel: list[list[Fraction]], share: Fraction, chance: Random) -> list[Fraction] | None:
    """A step of the given size somewhere into the kernel."""
    if not kernel:
        return None
    step = [Fraction(0)] * len(kernel[0])
    for vector in kernel:
        size = chance.choice((-3, -2, -1, 1, 2, 3))
        step = [a + size * b for a, b in zip(step, vector, strict=True)]
    longest = max(map(abs, step))
    return [share / longest * a for a in step]


def _unjoined(graph: Graph, node: int) -> int:
    """The variables whose errors must not be correlated with that of the node."""
    return graph.all & ~graph.spouses[node] & ~(1 << node)


def dominant(cells: Cells) -> bool:
    """Whether each diagonal cell exceeds the sum of the sizes of the others in its row."""
    return all(2 * row[i] > sum(map(abs, row)) for i, row in enumerate(cells))


def kernel_of(rows: Sequence[Sequence[Fraction]], size: int) -> list[list[Fraction]]:
    """A basis of the vectors that every row is orthogonal to."""
    leads = reduced(rows)
    basis: list[list[Fraction]] = []
    for free in (i for i in range(size) if i not in leads):
        vector = [Fraction(int(i == free)) for i in range(size)]
        for lead, row in leads.items():
            vector[lead] = -row[free]
        basis.append(vector)
    return basis


def solution(rows: Sequence[Sequence[Fraction]]) -> list[Fraction] | None:
    """A solution of linear equations whose right sides stand last, or None where there is none."""
    leads = reduced(rows)
    size = len(rows[0]) - 1 if rows else 0
    if size in leads:
        return None
    return [leads[i][size] if i in leads else Fraction(0) for i in range(size)]


def reduced(rows: Sequence[Sequence[Fraction]]) -> dict[int, list[Fraction]]:
    """The reduced row echelon form: for each leading column its row."""
    done: dict[int, list[Fraction]] = {}
    for row in rows:
        left = list(row)
        for lead, other in done.items():
            left = [a - left[lead] * b for a, b in zip(left, other, strict=True)]
        lead = next((i for i, cell in enumerate(left) if cell), None)
        if lead is None:
            continue
        left = [cell / left[lead] for cell in left]
        for key, other in done.items():
            done[key] = [a - other[lead] * b for a, b in zip(other, left, strict=True)]
        done[lead] = left
    return done


def _model(graph: Graph, weights: Weights, errors: Cells) -> LinearModel:
    names = graph.nodes
    size = range(len(names))
    return LinearModel(
        tuple(names[i] for i in graph.order),
        tuple((names[p], names[v], value) for (p, v), value in sorted(weights.items())),
        tuple((names[i], names[j], errors[i][j]) for i in size for j in size if i <= j and errors[i][j]),
    )
