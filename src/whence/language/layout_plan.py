"""What a layout is: nodes and frames at their places, and the way-points of long edges.

>>> Layout((), ()).vias
{}
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field

from whence.language.roles import Role

TEXT = 13.0
LINE = 15.0
MEMBER_RADIUS = 11.0
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Node:
    """A variable: its middle, its radius, its role, and its name in lines; `framed` when in a group."""

    name: str
    role: Role
    x: float
    y: float
    radius: float
    lines: tuple[str, ...]
    framed: bool = False


@dataclass(frozen=True, slots=True)
class Frame:
    """A group drawn as one: its members, what they share, and its rectangle."""

    names: tuple[str, ...]
    title: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Layout:
    """Every node and frame at its place; y grows downwards.

    `vias` are the points that a long edge, named by its ends, passes so as to be clear of others.
    `drawn` tells what it is the layout of, so that the same is not placed twice.
    """

    nodes: tuple[Node, ...]
    frames: tuple[Frame, ...]
    vias: Mapping[tuple[str, str], tuple[Point, ...]] = field(
        default_factory=dict[tuple[str, str], tuple[Point, ...]]
    )
    drawn: Hashable = field(default=None, compare=False, repr=False)
