"""Items for `cluster`: in a module of their own, because worker processes import them."""

import os
import random
import time
from pathlib import Path


def nothing(item: int) -> int:
    return item


def loop(turns: int) -> int:
    total = 0
    for number in range(turns):
        total = (total * 31 + number) % 1_000_003
    return total


def pid(_: int) -> int:
    time.sleep(0.02)
    return os.getpid()


def marked(item: tuple[int, str]) -> float:
    """Leave a mark, take a while, and give a number that belongs to the item."""
    index, folder = item
    (Path(folder) / f"{index}-{os.getpid()}-{time.monotonic_ns()}").touch()
    time.sleep(0.1)
    return random.Random(index).random()


class Sum:
    """A task that carries an array."""

    def __init__(self, array: object) -> None:
        self.array = array

    def __call__(self, item: int) -> float:
        """The sum of every sixteenth number."""
        return float(self.array[item::16].sum())
