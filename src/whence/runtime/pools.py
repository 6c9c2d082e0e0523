"""Threads for one purpose, made when first needed and kept: one pool for every event loop of a process."""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor


class Pool:
    """At most `most` threads under a name; a forked process gets its own, for threads do not fork."""

    __slots__ = ("_lock", "_most", "_name", "_pools")

    def __init__(self, name: str, most: int) -> None:
        self._name = name
        self._most = most
        self._lock = threading.Lock()
        self._pools: dict[int, ThreadPoolExecutor] = {}

    def executor(self) -> ThreadPoolExecutor:
        """The executor of this process."""
        process = os.getpid()
        with self._lock:
            if process not in self._pools:
                self._pools[process] = ThreadPoolExecutor(self._most, thread_name_prefix=self._name)
            return self._pools[process]
