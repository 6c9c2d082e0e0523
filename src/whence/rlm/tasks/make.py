"""The door to the generators: a task of a kind, of so many tokens, for a seed.

>>> task = make_task("needle", 8_000, seed=1)
>>> task.score(task.answer), task.score("I could not find it.")
(1.0, 0.0)
"""

from __future__ import annotations

from typing import get_args

from whence.rlm.tasks.counting import records_task
from whence.rlm.tasks.haystack import hops, needle
from whence.rlm.tasks.task import Kind, Task
from whence.runtime.errors import InvalidOption

KINDS: tuple[Kind, ...] = get_args(Kind)
SMALLEST, LARGEST = 2_000, 8_000_000


def make_task(kind: Kind, size: int, seed: int) -> Task:
    """The task of `kind` with about `size` tokens (of four characters) that `seed` names."""
    if kind not in KINDS:
        raise InvalidOption("kind", kind, f"one of {', '.join(KINDS)}")
    if not SMALLEST <= size <= LARGEST:
        raise InvalidOption("size", size, f"{SMALLEST:,} to {LARGEST:,} tokens")
    if kind == "needle":
        return needle(size, seed)
    if kind == "hops":
        return hops(size, seed)
    return records_task(kind, size, seed)
