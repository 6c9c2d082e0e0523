"""Mutual exclusion for rooms that start no threads themselves but may be called from many."""

from __future__ import annotations

import threading
from contextlib import AbstractContextManager
from typing import cast


def lock() -> AbstractContextManager[object]:
    """Make a lock to be held in a `with` block."""
    return cast("AbstractContextManager[object]", threading.Lock())
