"""Generated tasks with exact answers, from 8 thousand to 4 million tokens, for tests, benchmarks and users
with a key.

`make_task("count", 32_000, seed=7)` gives a question, documents and the answer; the same seed gives the same
task on every machine, and no data file is involved.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from whence.rlm.tasks.make import KINDS, make_task
    from whence.rlm.tasks.task import Kind, Task

__all__ = ["KINDS", "Kind", "Task", "make_task"]


def __getattr__(name: str) -> object:
    """Import on first use."""
    if name in {"make_task", "KINDS"}:
        from whence.rlm.tasks import make

        return getattr(make, name)
    if name in {"Task", "Kind"}:
        from whence.rlm.tasks import task

        return getattr(task, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
