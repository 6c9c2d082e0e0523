"""Tasks that note every time they are done, in a file named by bytes, which are only bytes to a key."""

import os
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from whence.runtime.errors import UnknownVariable
from whence.runtime.events import Progress, Warned, emit
from whence.runtime.executor import serial

FACTOR = 2


def times_factor(item):
    return FACTOR * item


def note(log, item):
    file = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(file, f"{item}\n".encode())
    os.close(file)


def noted(log):
    """The items that were done, in order."""
    path = Path(os.fsdecode(log))
    return path.read_text().split() if path.exists() else []


@dataclass(frozen=True)
class Squares:
    log: bytes
    seconds: float = 0.0

    def __call__(self, item):
        note(self.log, item)
        time.sleep(self.seconds)
        return item * item


@dataclass(frozen=True)
class Draws(Squares):
    """Floats that only an exact copy equals."""

    def __call__(self, item):
        note(self.log, item)
        time.sleep(self.seconds)
        generator = np.random.default_rng(item)
        return generator.normal(size=3), {"item": item, "value": generator.normal()}


@dataclass(frozen=True)
class Fails(Squares):
    at: int = 3
    ours: bool = False

    def __call__(self, item):
        note(self.log, item)
        if item == self.at:
            raise UnknownVariable("sale", known=["sales"]) if self.ours else ValueError("cannot")
        return item


@dataclass(frozen=True)
class Dies(Squares):
    at: int = 3

    def __call__(self, item):
        note(self.log, item)
        if item == self.at:
            os._exit(9)
        return item


@dataclass(frozen=True)
class Gives(Squares):
    what: str = "lock"

    def __call__(self, item) -> Any:
        note(self.log, item)
        if self.what == "lock":
            return threading.get_ident
        if self.what == "gaps":
            return np.arange(10.0)[:: item + 1]
        return {"array": np.arange(float(item))}


@dataclass(frozen=True)
class Kinds(Squares):
    def __call__(self, item):
        note(self.log, type(item).__name__)
        return type(item).__name__


@dataclass(frozen=True)
class Nested(Squares):
    """Maps within: the same stage, another one, and a warning of its own."""

    workers: object = None

    def __call__(self, item):
        note(self.log, item)
        emit(Warned(stage="work", code="item", message=f"item {item}"))
        emit(Progress(stage="within", done=1, total=1))
        return sum((self.workers or serial()).map(abs, [item, -item], stage="within"))
