"""Arrays that remember how they were made, so that a derivative can be read off backwards.

Each operation on labelled arrays records, for every argument, how a change of the result pulls back to a
change of the argument. Axes are always in the order of the joint's names, so arrays align by name. Where a
division has nothing to divide by, the entry is undefined and remembers which event was empty: an undefined
entry times an exact zero is zero, and any other use of it is undefined in turn.

Source: A. Griewank and A. Walther, *Evaluating Derivatives* (2008), chapter 3, for the reverse mode.

>>> import numpy as np
>>> tape = Tape(("x",))
>>> x = tape.leaf(("x",), np.array([1.0, 2.0]))
>>> tape.gradient(tape.total(tape.times(x, x), ("x",)), x, 1.0).tolist()
[2.0, 4.0]
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from whence.numerics.arrays import integers

if TYPE_CHECKING:
    from whence.language.expression import Value
    from whence.numerics.arrays import Floats, Integers

Pull: TypeAlias = "Callable[[Floats], Floats]"


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """A labelled array on a tape: `empty` numbers the event that makes an entry undefined; 0 is defined."""

    index: int
    names: tuple[str, ...]
    values: Floats
    empty: Integers | None
    parents: tuple[tuple[Node, Pull], ...]


@dataclass(frozen=True, slots=True)
class EmptyEvents:
    """The entries of one division that had nothing to divide by, numbered from `first` in array order."""

    first: int
    names: tuple[str, ...]
    shape: tuple[int, ...]
    fixed: tuple[tuple[str, Value], ...]


@dataclass(slots=True)
class Tape:
    """The record of one evaluation; `order` is the canonical order of axes."""

    order: tuple[str, ...]
    nodes: list[Node] = field(default_factory=list[Node])
    events: list[EmptyEvents] = field(default_factory=list[EmptyEvents])
    _next_event: int = 1

    def leaf(self, names: tuple[str, ...], values: Floats) -> Node:
        """An array that was given rather than made."""
        return self._record(names, values, None, ())

    def total(self, node: Node, over: tuple[str, ...]) -> Node:
        """The sum over axes; an axis that the array does not have is left to the caller."""
        axes = tuple(i for i, name in enumerate(node.names) if name in over)
        if not axes:
            return node
        shape = node.values.shape
        names = tuple(name for name in node.names if name not in over)

        def pull(change: Floats) -> Floats:
            return np.broadcast_to(np.expand_dims(change, axes), shape)

        empty = None if node.empty is None else integers(node.empty.max(axis=axes))
        return self._record(names, node.values.sum(axis=axes), empty, ((node, pull),))

    def weighted(self, node: Node, name: str, weights: Floats) -> Node:
        """The sum over one axis of weight times entry; an undefined entry is undefined at weight zero too."""
        found = self.total(self.times(node, self.leaf((name,), weights)), (name,))
        if node.empty is None:
            return found
        empty = integers(node.empty.max(axis=node.names.index(name)))
        return self._record(found.names, found.values, empty, ((found, lambda change: change),))

    def scaled(self, node: Node, factor: float) -> Node:
        """A constant times the array."""
        return self._record(node.names, node.values * factor, node.empty, ((node, lambda c: c * factor),))

    def select(self, node: Node, name: str, position: int | None) -> Node:
        """One entry of an axis, which goes away; zeros for a level that was never seen."""
        if name not in node.names:
            return node
        axis = node.names.index(name)
        names = node.names[:axis] + node.names[axis + 1 :]
        shape = node.values.shape
        if position is None:
            return self.leaf(names, np.zeros(shape[:axis] + shape[axis + 1 :]))
        place = (*(slice(None),) * axis, position)

        def pull(change: Floats) -> Floats:
            spread = np.zeros(shape)
            spread[place] = change
            return spread

        empty = None if node.empty is None else node.empty[place]
        return self._record(names, node.values[place], empty, ((node, pull),))

    def times(self, left: Node, right: Node) -> Node:
        """The product, aligned by name."""
        names, a, b = self._aligned(left, right)
        empty = _forgiven(self._emptiness(left, names), a, b, self._emptiness(right, names))
        return self._record(
            names,
            a * b,
            empty,
            (
                (left, lambda change: self._gathered(change * b, names, left)),
                (right, lambda change: self._gathered(change * a, names, right)),
            ),
        )

    def minus(self, left: Node, right: Node) -> Node:
        """The difference, aligned by name."""
        names, a, b = self._aligned(left, right)
        empty = _either(self._emptiness(left, names), self._emptiness(right, names), (a - b).shape)
        shape = np.broadcast_shapes(a.shape, b.shape)
        return self._record(
            names,
            a - b,
            empty,
            (
                (left, lambda change: self._gathered(np.broadcast_to(change, shape), names, left)),
                (right, lambda change: self._gathered(-np.broadcast_to(change, shape), names, right)),
            ),
        )

    def over(self, left: Node, right: Node, fixed: tuple[tuple[str, Value], ...] = ()) -> Node:
        """The quotient, aligned by name; `fixed` says which values were already set, for the message."""
        names, a, b = self._aligned(left, right)
        none = b == 0.0
        inverse = np.where(none, 0.0, 1.0 / np.where(none, 1.0, b))
        ratio = a * inverse
        empty = _either(self._emptiness(left, names), self._emptiness(right, names), ratio.shape)
        if bool(none.any()):
            event = EmptyEvents(self._next_event, right.names, right.values.shape, fixed)
            self.events.append(event)
            self._next_event += right.values.size
            numbers = np.arange(right.values.size, dtype=np.int64).reshape(right.values.shape) + event.first
            marks = integers(np.where(right.values == 0.0, numbers, 0))
            marks = marks.reshape(_stretched(right.names, right.values.shape, names))
            empty = _either(empty, marks, ratio.shape)
        return self._record(
            names,
            ratio,
            empty,
            (
                (left, lambda change: self._gathered(change * inverse, names, left)),
                (right, lambda change: self._gathered(-change * ratio * inverse, names, right)),
            ),
        )

    def gradient(self, result: Node, leaf: Node, seed: Floats | float) -> Floats:
        """The derivative of Σ seed · result with respect to the entries of a leaf."""
        changes: dict[int, Floats] = {result.index: np.broadcast_to(seed, result.values.shape) + 0.0}
        for node in reversed(self.nodes[: result.index + 1]):
            change = changes.pop(node.index, None) if node is not leaf else None
            if change is None:
                continue
            for parent, pull in node.parents:
                pulled = pull(change)
                known = changes.get(parent.index)
                changes[parent.index] = pulled if known is None else known + pulled
        return changes.get(leaf.index, np.zeros(leaf.values.shape))

    def event(self, number: int) -> tuple[EmptyEvents, tuple[int, ...]]:
        """The division that an `empty` number comes from, and the entry that had nothing to divide by."""
        source = next(event for event in reversed(self.events) if event.first <= number)
        place = np.unravel_index(number - source.first, source.shape) if source.shape else ()
        return source, tuple(int(i) for i in place)

    def _record(
        self,
        names: tuple[str, ...],
        values: Floats,
        empty: Integers | None,
        parents: tuple[tuple[Node, Pull], ...],
    ) -> Node:
        if empty is not None and not bool(empty.any()):
            empty = None
        node = Node(len(self.nodes), names, np.asarray(values, dtype=np.float64), empty, parents)
        self.nodes.append(node)
        return node

    def _aligned(self, left: Node, right: Node) -> tuple[tuple[str, ...], Floats, Floats]:
        names = tuple(name for name in self.order if name in left.names or name in right.names)
        a = left.values.reshape(_stretched(left.names, left.values.shape, names))
        b = right.values.reshape(_stretched(right.names, right.values.shape, names))
        return names, a, b

    def _emptiness(self, node: Node, names: tuple[str, ...]) -> Integers | None:
        if node.empty is None:
            return None
        return node.empty.reshape(_stretched(node.names, node.values.shape, names))

    def _gathered(self, change: Floats, names: tuple[str, ...], node: Node) -> Floats:
        """Sum a change over the axes that the node was stretched along."""
        axes = tuple(i for i, name in enumerate(names) if name not in node.names)
        return change.sum(axis=axes) if axes else change


def _stretched(own: tuple[str, ...], shape: tuple[int, ...], names: tuple[str, ...]) -> tuple[int, ...]:
    """The shape that sets an array among `names`: its own lengths, and 1 for the names it lacks."""
    sizes = dict(zip(own, shape, strict=True))
    return tuple(sizes.get(name, 1) for name in names)


def _either(left: Integers | None, right: Integers | None, shape: tuple[int, ...]) -> Integers | None:
    if left is None or right is None:
        one = right if left is None else left
        return None if one is None else integers(np.broadcast_to(one, shape))
    return integers(np.broadcast_to(np.maximum(left, right), shape))


def _forgiven(left: Integers | None, a: Floats, b: Floats, right: Integers | None) -> Integers | None:
    """An undefined factor is forgiven where the other is an exact and defined zero."""
    if left is None and right is None:
        return None
    shape = np.broadcast_shapes(a.shape, b.shape)
    zeros = np.zeros((1,) * len(shape), dtype=np.int64)
    lefts, rights = (zeros if left is None else left), (zeros if right is None else right)
    live_left = np.where((b == 0.0) & (rights == 0), 0, lefts)
    live_right = np.where((a == 0.0) & (lefts == 0), 0, rights)
    return integers(np.broadcast_to(np.maximum(live_left, live_right), shape))
