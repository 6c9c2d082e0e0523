"""What this process has seen of tasks before: how long an item takes, and what several workers gained.

The same task comes again and again (a bootstrap after an estimate, one refutation after another), and the
second time it need not be found out anew how it behaves. What is remembered decides how work begins; it is
checked as the work goes on, and it never changes a result.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

MOST: Final = 512

Key: TypeAlias = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen of a task.

    Attributes
    ----------
    seconds: an item took so long, the last time
    threads_gain: how much faster threads were, if that was found out
    sent: whether processes have done it, so that they have loaded what it needs
    shut_out: whether it does not run in interpreters of their own
    """

    seconds: float | None = None
    threads_gain: float | None = None
    sent: bool = False
    shut_out: bool = False


NEW: Final = Seen()

_seen: OrderedDict[Key, Seen] = OrderedDict()
_lock = threading.Lock()


def key_of(task: Callable[..., object], stage: str) -> Key:
    """What a task is known by: the stage, and the function or class that it is made of.

    >>> key_of(partial(abs, 3), "work")
    ('work', 'builtins', 'abs')
    """
    while isinstance(task, partial):
        task = task.func
    named = task if hasattr(task, "__qualname__") else type(task)
    return stage, str(getattr(named, "__module__", "")), str(getattr(named, "__qualname__", ""))


def seen(key: Key) -> Seen:
    """What was seen of a task before, if anything."""
    with _lock:
        return _seen.get(key, NEW)


def remember(key: Key, what: Seen) -> None:
    """Note what was seen now."""
    with _lock:
        _seen[key] = what
        _seen.move_to_end(key)
        while len(_seen) > MOST:
            _seen.popitem(last=False)


def forget() -> None:
    """Know no task any more."""
    with _lock:
        _seen.clear()
