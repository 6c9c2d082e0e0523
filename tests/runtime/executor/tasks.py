"""Tasks that worker processes find by name: they do what no task should, or tell where they were done."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from whence.runtime.errors import UnknownVariable
from whence.runtime.events import Warned, emit
from whence.runtime.executor import executor

MARK = "as imported"


def draws(item):
    generator = random.Random(item)
    return [generator.gauss(0, 1) for _ in range(10)]


def fails_from_seven(item):
    if item >= 7:
        raise ValueError(f"cannot do {item}")
    return item


def leaves(item):
    if item == 1:
        sys.exit("enough")
    return item


def unknown(item):
    if item == 3:
        raise UnknownVariable("sale", known=["sales"])
    return item


class Odd(Exception):
    def __init__(self, one, two):
        super().__init__("odd")


def odd(item):
    raise Odd(1, 2)


def sleeps(item):
    time.sleep(item)
    return item


def warns(item):
    emit(Warned(stage="work", code="item", message=str(item)))
    return item


def where(item):
    time.sleep(0.01)
    return os.getpid(), MARK, os.environ["OMP_NUM_THREADS"], os.environ["OPENBLAS_NUM_THREADS"]


def prints(item):
    print("this must not end up among the messages")
    os.write(1, b"nor this")
    return item


def reads(item):
    return sys.stdin.read(), subprocess.run(["cat"], capture_output=True, check=True).stdout


def unpicklable(item):
    return lambda: item


def cannot_be_read(item):
    return Unreadable() if item == 2 else item


class Unreadable:
    def __reduce__(self):
        return (_refuse, (os.getpid(),))


def _refuse(made_by):
    if os.getpid() != made_by:
        raise RuntimeError("not here")
    return Unreadable()


def dies_once(path):
    if Path(path).exists():
        Path(path).unlink()
        os._exit(9)
    return path


def dies_of_two(item):
    if item == 2:
        os._exit(9)
    return item


def dies(item):
    os.kill(os.getpid(), signal.SIGKILL)


def killed_midway(item):
    """Each item notes that it was begun; the first worker to begin item 10 is killed by somebody else."""
    index, folder = item
    (Path(folder) / f"{index}-{os.getpid()}-{time.monotonic_ns()}").touch()
    time.sleep(0.02)
    return index * index


def inner_threads(item):
    here = threading.get_ident()
    found = executor("threads:4").map(lambda _: threading.get_ident(), range(5), stage="inner")
    return set(found) == {here}


def inner_processes(item):
    found = executor("processes:2").map(process, range(5), stage="inner")
    return set(found) == {os.getpid()}


def process(item):
    return os.getpid()


def spins(seconds):
    end = time.perf_counter() + seconds
    total = 0
    while time.perf_counter() < end:
        total += 1
    return total


class Adds:
    """A task that carries an array."""

    def __init__(self, array):
        self.array = array

    def __call__(self, item):
        return float(self.array.sum()) + item


class Touches(Adds):
    def __call__(self, item):
        self.array[0] = item


class Shows(Adds):
    """Tells how its array came to the worker."""

    def __call__(self, item):
        interface = self.array.__array_interface__
        maps = Path("/proc/self/maps").read_text()
        mapped = next((line for line in maps.splitlines() if _holds(line, interface["data"][0])), "")
        return os.getpid(), self.array.flags.writeable, interface["data"][0] % 64, mapped


def _holds(line, address):
    start, end = (int(part, 16) for part in line.split(" ", 1)[0].split("-"))
    return start <= address < end


def sums(array):
    return float(array.sum())


def fails_or_sleeps(item):
    if not item:
        raise ValueError("at once")
    time.sleep(item)


class Notes:
    """Notes the process that does an item in a folder, and then keeps the interpreter to itself for long."""

    def __init__(self, folder, array=None):
        self.folder = folder
        self.array = array

    def __call__(self, item):
        (Path(self.folder) / str(os.getpid())).touch()
        return sum(range(item))


def dies_late(item):
    if item == 20:
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(0.005)
    return item


class Address(Adds):
    def __call__(self, item):
        time.sleep(0.005)
        return os.getpid(), self.array.flags.writeable, self.array.__array_interface__["data"][0]
