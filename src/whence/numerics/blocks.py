"""Sums over rows that come out the same, to the last bit, on any number of cores.

Rows are cut into fixed blocks of 65,536; each block is summed on its own, and the sums of blocks are added
in a fixed binary tree. Which worker did which block does not matter, nor whether the blocks are slices of
arrays or are read from a file one after the other: the tree holds a handful of sums at a time. Folds have
Gram matrices of their own, and the Gram matrix of the rows outside a fold is the total less that of the fold,
so cross-fitting a linear model costs one pass over the rows, however many folds.

Source: V. Chernozhukov and others, "Double/debiased machine learning", Econometrics Journal 21 (2018).

>>> import numpy as np
>>> gram(np.ones((3, 2))).tolist()
[[3.0, 3.0], [3.0, 3.0]]
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

import numpy as np

from whence.numerics.blas import kernel, one_thread, product

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Self

    from whence.numerics.arrays import Floats, Integers
    from whence.runtime.executor import Executor


class Addable(Protocol):
    """What can be added to its like: an array, or the sums of a block."""

    def __add__(self, other: Self, /) -> Self:
        """Both together."""
        ...


Item = TypeVar("Item")
Part = TypeVar("Part", bound=Addable)

BLOCK = 65_536
"""Rows in a block. Part of the meaning of our numbers: another size would change last bits."""


def blocks(rows: int) -> tuple[slice, ...]:
    """The fixed blocks of `rows` rows."""
    return tuple(slice(start, min(start + BLOCK, rows)) for start in range(0, rows, BLOCK))


def tree_sum(parts: Iterable[Part]) -> Part:
    """The sum of at least one part, added in a fixed binary tree while the parts come in.

    Neighbours are added first, then neighbouring pairs, and so on; at most one sum of each size is waiting
    for its neighbour, so no more than a few are held however many parts there are.

    >>> tree_sum(iter([np.ones(1), np.ones(1), np.ones(1)])).tolist()
    [3.0]
    """
    waiting: list[tuple[int, Part]] = []
    for part in parts:
        size, total = 1, part
        while waiting and waiting[-1][0] == size:
            total, size = waiting.pop()[1] + total, 2 * size
        waiting.append((size, total))
    total = waiting.pop()[1]
    while waiting:
        total = waiting.pop()[1] + total
    return total


def summed(
    part: Callable[[Item], Part],
    items: Iterable[Item],
    executor: Executor | None = None,
    *,
    stage: str = "moments",
    total: int | None = None,
) -> Part:
    """The sum of `part(item)` over at least one item, which are read while others are being worked on.

    `total` is how many there are, where that is known: a single one is done here. Everything runs with one
    BLAS thread.
    """
    with one_thread():
        if executor is None or total == 1:
            return tree_sum(map(part, items))
        return tree_sum(executor.stream(part, items, stage=stage, total=total))


def block_sum(part: Callable[[slice], Floats], rows: int, executor: Executor | None = None) -> Floats:
    """The sum of `part(block)` over the blocks of `rows` rows."""
    pieces = blocks(rows)
    return summed(part, pieces, executor, total=len(pieces))


@kernel
def gram(matrix: Floats, weights: Floats | None = None, executor: Executor | None = None) -> Floats:
    """X'WX of a matrix (n, p): (p, p), exactly symmetric."""

    def part(rows: slice) -> Floats:
        block = matrix[rows]
        return product(block.T, block if weights is None else block * weights[rows, None])

    return _symmetric(block_sum(part, matrix.shape[0], executor))


@kernel
def cross(matrix: Floats, targets: Floats, executor: Executor | None = None) -> Floats:
    """X'Y of a matrix (n, p) and targets (n,) or (n, k): (p,) or (p, k)."""

    def part(rows: slice) -> Floats:
        return product(matrix[rows].T, targets[rows])

    return block_sum(part, matrix.shape[0], executor)


def grams_of_labels(matrix: Floats, labels: Integers, count: int) -> Floats:
    """X'X of the rows of each label 0 … count − 1 of one block: (count, p, p). Others are left out."""
    ordered, ends = by_label(labels, count)
    # Gathered once, so that the rows of a label are neighbours: no mask and no copy for each of them.
    together = matrix.take(ordered, axis=0)
    found = [together[start:end] for start, end in zip([0, *ends[:-1]], ends, strict=True)]
    return np.stack([product(members.T, members) for members in found])


def by_label(labels: Integers, count: int) -> tuple[Integers, list[int]]:
    """The rows of label 0, of label 1, … each in their order, and where those of each label end."""
    known = np.where(labels < 0, count, labels)
    # numpy sorts small integers by radix, in time that grows with their number alone.
    small = known.astype(np.uint8 if count < 255 else np.uint16 if count < 65_535 else np.int64)
    ends = np.cumsum(np.bincount(small, minlength=count + 1)[:count])
    return np.argsort(small, kind="stable")[: int(ends[-1])], [int(end) for end in ends]


def training_grams(grams: Floats) -> Floats:
    """From the Gram matrix of each fold, that of the rows outside it: total less own (k, p, p)."""
    return tree_sum(list(grams)) - grams


def _symmetric(grams: Floats) -> Floats:
    return (grams + np.swapaxes(grams, -1, -2)) / 2.0
