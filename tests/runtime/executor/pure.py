"""Tasks of pure Python: they and all that they import can be loaded in a sub-interpreter."""

from __future__ import annotations

import random

from whence.runtime.events import Warned, emit

MARK: list[str] = []


def draws(item):
    generator = random.Random(item)
    return [generator.gauss(0, 1) for _ in range(10)]


def fails_from_seven(item):
    if item >= 7:
        raise ValueError(f"cannot do {item}")
    return item


def warns(item):
    emit(Warned(stage="work", code="item", message=str(item)))
    return item


def marks(item):
    return len(MARK)


def uses_numpy(item):
    import numpy

    return float(numpy.ones(3).sum())
