"""Which fold each row belongs to: balanced, kept whole within clusters, even across strata.

Rows are dealt out block by block, each block with a seed of its own, so that a block read from a file gets
the folds that it would get among the rows in memory. Each stratum's deal goes on where the block before left
off: a group of which every block holds only a few rows is spread over the folds all the same.

>>> import numpy as np
>>> labels = fold_labels(np.arange(10) % 2, folds=5, seed=0)
>>> np.bincount(labels).tolist()
[2, 2, 2, 2, 2]
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from whence.numerics.arrays import Integers, integers
from whence.numerics.blocks import blocks
from whence.numerics.random import generator
from whence.runtime.seeds import as_seed

if TYPE_CHECKING:
    from whence.runtime.seeds import Seed


def fold_labels(
    strata: Integers,
    folds: int,
    seed: int | Seed,
    clusters: Integers | None = None,
    copies: Integers | None = None,
) -> Integers:
    """A fold in 0 … folds − 1 for each row, dealt out at random within each stratum (0, 1, …).

    With `clusters` (codes of each row's cluster) whole clusters are dealt out instead, so that no cluster is
    both learnt from and predicted; strata are then ignored. `copies` tells which row each is a copy of,
    where rows were drawn with replacement: copies share a fold, or a row would be foretold from itself.
    """
    if copies is not None and clusters is None:
        _, first, member = np.unique(copies, return_index=True, return_inverse=True)
        return fold_labels(strata[first], folds, seed)[member.ravel()]
    if clusters is not None:
        names, member = np.unique(clusters, return_inverse=True)
        return _dealt(names.size, folds, generator(seed), 0)[member.ravel()]
    codes = integers(strata)
    labels = np.empty(codes.size, dtype=np.int64)
    places: tuple[int, ...] | None = None
    for number, rows in enumerate(blocks(codes.size)):
        sizes = sizes_of(codes[rows])
        places = first_places(sizes) if places is None else places
        labels[rows] = dealt_block(codes[rows], folds, as_seed(seed), number, places)
        places = next_places(places, sizes)
    return labels


def sizes_of(strata: Integers) -> tuple[int, ...]:
    """How many rows of a block each stratum has."""
    return tuple(np.bincount(strata).tolist())


def first_places(sizes: tuple[int, ...]) -> tuple[int, ...]:
    """Where the deal of each stratum begins: where that of the one before ends in the first block.

    Fold sizes of a single block so differ by one at most.
    """
    return tuple(sum(sizes[:stratum]) for stratum in range(len(sizes)))


def next_places(places: tuple[int, ...], sizes: tuple[int, ...]) -> tuple[int, ...]:
    """Where the deals go on after a block: strata that were not seen before begin at nought."""
    longest = max(len(places), len(sizes))
    return tuple(
        (places[i] if i < len(places) else 0) + (sizes[i] if i < len(sizes) else 0) for i in range(longest)
    )


def dealt_block(strata: Integers, folds: int, seed: Seed, number: int, places: tuple[int, ...]) -> Integers:
    """The folds of the rows of one block, the `number`-th, whose strata's deals begin at these places."""
    draws = generator(seed if number == 0 else seed.child(number))
    labels = np.empty(strata.size, dtype=np.int64)
    sizes = sizes_of(strata)
    for stratum, size in enumerate(sizes):
        place = places[stratum] if stratum < len(places) else 0
        if size == strata.size:
            labels[:] = _dealt(size, folds, draws, place)
        elif size:
            labels[strata == stratum] = _dealt(size, folds, draws, place)
    return labels


def _dealt(items: int, folds: int, draws: np.random.Generator, offset: int) -> Integers:
    labels = np.empty(items, dtype=np.int64)
    round_of = (np.arange(folds) + offset) % folds
    labels[draws.permutation(items)] = np.tile(round_of, -(-items // folds))[:items]
    return integers(labels)
