"""Seeds that grow like a tree, so that chance belongs to the item of work and never to the worker.

A seed is an integer and a path; a child is one step further down. Item 7 of a loop draws from `seed.child(7)`
whichever core runs it, so the answer is the same on one core and on sixteen. numpy's `SeedSequence` turns the
pair into a stream (`SeedSequence(entropy, spawn_key=key)`), see `whence.numerics.random`.

O'Neill, M. E. (2015). Developing a seed_seq alternative. https://www.pcg-random.org

>>> as_seed(0).child("folds").child(3)
Seed(entropy=0, key=(977612484, 3))
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from operator import index
from typing import SupportsIndex, cast

from whence.runtime.errors import InvalidOption


@dataclass(frozen=True, slots=True)
class Seed:
    """The source of chance for one piece of work: the user's integer and the path to the piece."""

    entropy: int
    key: tuple[int, ...] = ()

    def child(self, item: int | str) -> Seed:
        """The seed of one item, by number or by name (names are hashed the same on every machine)."""
        step = zlib.crc32(item.encode()) if isinstance(item, str) else item
        return Seed(self.entropy, (*self.key, step))


def as_seed(seed: int | Seed) -> Seed:
    """`seed` itself, or the root seed of a whole number that is not negative."""
    if isinstance(seed, Seed):
        return seed
    given = cast("object", seed)  # what a caller without a type checker may hand in
    if not isinstance(given, SupportsIndex) or index(given) < 0:
        raise InvalidOption("seed", given, "a whole number, zero or more")
    return Seed(index(given))
