"""Sums over rows that come out the same, to the last bit, on any number of cores.

Rows are cut into fixed blocks of 65,536; each block is summed on its own, and the sums of blocks are added
in a fixed binary tree. Which worker did which block does not matter. Folds have Gram matrices of their own,
and the Gram matrix of the rows outside a fold is the total less that of the fold, so cross-fitting a linear
model costs one pass over the rows, however many folds.

Source: V. Chernozhukov and others, "Double/debiased machine learning", Econometrics Journal 21 (2018).

>>> import numpy as np
>>> gram(np.ones((3, 2))).tolist()
[[3.0, 3.0], [3.0, 3.0]]
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from whence.numerics.blas import kernel

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from whence.numerics.arrays import Floats, Integers
    from whence.runtime.executor import Executor

BLOCK = 65_536
"""Rows in a block. Part of the meaning of our numbers: another size would change last bits."""


def blocks(rows: int) -> tuple[slice, ...]:
    """The fixed blocks of `rows` rows."""
    return tuple(slice(start, min(start + BLOCK, rows)) for start in range(0, rows, BLOCK))


def tree_sum(parts: Sequence[Floats]) -> Floats:
    """The sum of at least one array of one shape, added in a fixed binary tree."""
    level = list(parts)
    while len(level) > 1:
        pairs = [left + right for left, right in zip(level[0::2], level[1::2], strict=False)]
        level = pairs if len(level) % 2 == 0 else [*pairs, level[-1]]
    return level[0]


def block_sum(part: Callable[[slice], Floats], rows: int, executor: Executor | None = None) -> Floats:
    """The sum of `part(block)` over the blocks of `rows` rows.

    Threads share the arrays; a process would need its own copy of them, which costs more than the sum itself,
    so under the processes backend blocks are summed here. The bytes are the same either way.
    """
    pieces = blocks(rows)
    if executor is None or not executor.shares_memory or len(pieces) == 1:
        return tree_sum([part(piece) for piece in pieces])
    return tree_sum(executor.map(part, pieces, stage="moments"))


@kernel
def gram(matrix: Floats, weights: Floats | None = None, executor: Executor | None = None) -> Floats:
    """X'WX of a matrix (n, p): (p, p), exactly symmetric."""

    def part(rows: slice) -> Floats:
        block = matrix[rows]
        return block.T @ (block if weights is None else block * weights[rows, None])

    return _symmetric(block_sum(part, matrix.shape[0], executor))


@kernel
def cross(matrix: Floats, targets: Floats, executor: Executor | None = None) -> Floats:
    """X'Y of a matrix (n, p) and targets (n,) or (n, k): (p,) or (p, k)."""

    def part(rows: slice) -> Floats:
        return matrix[rows].T @ targets[rows]

    return block_sum(part, matrix.shape[0], executor)


@kernel
def fold_grams(matrix: Floats, folds: Integers, count: int, executor: Executor | None = None) -> Floats:
    """X'X of each fold's own rows: (count, p, p). Their sum over folds is the total."""

    def part(rows: slice) -> Floats:
        block, labels = matrix[rows], folds[rows]
        own = [block[labels == fold] for fold in range(count)]
        return np.stack([members.T @ members for members in own])

    return _symmetric(block_sum(part, matrix.shape[0], executor))


def training_grams(grams: Floats) -> Floats:
    """From the Gram matrix of each fold, that of the rows outside it: total less own (k, p, p)."""
    return tree_sum(list(grams)) - grams


def _symmetric(grams: Floats) -> Floats:
    return (grams + np.swapaxes(grams, -1, -2)) / 2.0
