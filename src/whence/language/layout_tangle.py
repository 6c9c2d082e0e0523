"""How tangled a drawing is: which of its lines cross, and which run over a variable.

>>> crossings([((0, 0), (2, 2)), ((0, 2), (2, 0))])
1
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from whence.language.layout_plan import Point

Segment = tuple[Point, Point]


def crossings(segments: Sequence[Segment]) -> int:
    """How many pairs of segments cross inside of both."""
    tall = sorted((min(a[1], b[1]), max(a[1], b[1]), a, b) for a, b in segments)
    total = 0
    for i, (_, bottom, a, b) in enumerate(tall):
        for j in range(i + 1, len(tall)):
            top, _, c, d = tall[j]
            if top >= bottom:
                break
            total += cross(a, b, c, d)
    return total


def crossings_with(some: Iterable[Segment], others: Sequence[Segment]) -> int:
    """How often these segments cross those."""
    return sum(cross(a, b, c, d) for a, b in some for c, d in others)


def cross(a: Point, b: Point, c: Point, d: Point) -> bool:
    """Whether the segments ab and cd cross inside of both.

    >>> cross((0, 0), (2, 2), (0, 0), (2, 0))
    False
    """
    ax, ay = a
    bx, by = b
    cx, cy = c
    dx, dy = d
    ux, uy = bx - ax, by - ay
    if (ux * (cy - ay) - uy * (cx - ax)) * (ux * (dy - ay) - uy * (dx - ax)) >= 0:
        return False
    vx, vy = dx - cx, dy - cy
    return (vx * (ay - cy) - vy * (ax - cx)) * (vx * (by - cy) - vy * (bx - cx)) < 0


def hits(segments: Iterable[Segment], middles: Sequence[Point], near: float) -> int:
    """How often a segment passes one of these middles nearer than that, other than at its ends."""
    total = 0
    for a, b in segments:
        ax, ay = a
        ux, uy = b[0] - ax, b[1] - ay
        square = ux * ux + uy * uy or 1.0
        reach = near * near * square
        low, high = min(ay, b[1]) - near, max(ay, b[1]) + near
        for point in middles:
            x, y = point
            if low < y < high and point != a and point != b:
                along = (x - ax) * ux + (y - ay) * uy
                if 0 < along < square and (ux * (y - ay) - uy * (x - ax)) ** 2 < reach:
                    total += 1
    return total
