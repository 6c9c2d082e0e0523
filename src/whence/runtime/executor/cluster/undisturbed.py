"""Loaded by each Dask worker that we start: Ctrl-C is heard by whoever started it, who then ends it."""

from __future__ import annotations

import signal


def dask_setup(_worker: object) -> None:
    """Called by Dask in a worker that begins, in its main thread."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
