"""Our own short work is not kept waiting by what others do in the event loop's threads."""

from __future__ import annotations

import asyncio
import threading

import pytest

from whence.runtime.aside import aside


def test_work_is_done_while_every_thread_of_the_loop_is_taken() -> None:
    async def run() -> None:
        free = threading.Event()
        taken = [asyncio.create_task(asyncio.to_thread(free.wait)) for _ in range(64)]
        await asyncio.sleep(0)
        assert await asyncio.wait_for(aside(lambda: 42), 30) == 42
        free.set()
        await asyncio.gather(*taken)

    asyncio.run(run())


def test_errors_come_back_and_several_loops_share_the_threads() -> None:
    def fail() -> None:
        raise ValueError("told")

    async def run() -> str:
        with pytest.raises(ValueError, match="told"):
            await aside(fail)
        return await aside(lambda: threading.current_thread().name)

    names = {asyncio.run(run()) for _ in range(3)}
    assert all(name.startswith("whence-aside") for name in names)
