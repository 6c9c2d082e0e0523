"""Tasks for the tests of the policy, at the top of a module, so that they can be sent to processes."""

import os
import sys
import threading


def where(item):
    """The process that did it."""
    return item, os.getpid()


def square(item):
    return item * item


def with_numpy(item):
    import numpy as np

    return float(np.float64(item))


def fails_at_seventy(item):
    if item >= 70:
        raise ValueError(f"cannot do {item}")
    return item


def bad_result_away(home):
    """A result that can be sent from the process `home` only by not being sent."""
    return home if os.getpid() == home else lambda: None


def leaves_elsewhere(home):
    """Ends any process but `home` before it has done anything."""
    if os.getpid() != home:
        os._exit(5)
    return home


class Meeting:
    """Items that wait for one another: done only if `count` of them are under way at once."""

    def __init__(self, count):
        self.barrier = threading.Barrier(count)

    def __call__(self, item):
        self.barrier.wait(20)
        return item


def busy(turns):
    """Compute in Python."""
    total = 0
    for number in range(turns):
        total = (total * 31 + number) % 1_000_003
    return total


def of_the_script():
    """A function that says it belongs to the script that runs."""

    def local(item):
        return item

    local.__module__, local.__qualname__ = "__main__", "local_of_the_script"
    sys.modules["__main__"].__dict__["local_of_the_script"] = local
    return local
