"""1,000 open pages in one process: delivered, memory each, processor time an event; and one at 1 KB a second.

The studio itself runs, guard and all, in a process of its own; 32 sessions hold 31 pages each. A title is
changed once a second and every page is to be told. Then one page reads at 1 KB a second while a graph of 40
variables is edited; what the server keeps for it is measured, and how soon it shows the newest state when its
line has recovered.

    python benchmarks/studio/streams.py [--pages 1000] [--seconds 20]
"""

import argparse
import asyncio
import os
import time

from studio_client import Stream, Studio

KB = 1_024


async def many(studio: Studio, pages: int, seconds: int) -> None:
    address = await studio.project("First")
    warm = [await Stream(studio, address + "/stream", cookie).open() for cookie in studio.cookies[-5:]]
    reading = [asyncio.ensure_future(stream.read()) for stream in warm]  # what all share is made once
    await asyncio.sleep(2)
    empty = studio.memory()
    streams = [
        await Stream(studio, address + "/stream", studio.cookies[i % len(studio.cookies)]).open()
        for i in range(pages)
    ]
    tasks = [asyncio.ensure_future(stream.read()) for stream in streams]
    await asyncio.sleep(5)
    held = studio.memory()
    before = sum(stream.frames for stream in streams)
    at, delays, cpu = 0.0, [], studio.cpu()

    def heard(_: str) -> None:
        delays.append(time.perf_counter() - at)

    for stream in streams:
        stream.on_event = heard
    for second in range(seconds):
        at = time.perf_counter()
        status, _ = await studio.post(address + "/title", {"title": f"Title {second}"}, studio.cookies[0])
        assert status == 204, status
        await asyncio.sleep(max(0.0, 1 - (time.perf_counter() - at)))
    await asyncio.sleep(1)
    told = sum(stream.frames for stream in streams) - before
    cost = studio.cpu() - cpu
    delays.sort()
    print(
        f"{pages} pages, {seconds} changes: {told} of {pages * seconds} delivered "
        f"({told / pages / seconds:.1%})"
    )
    print(
        f"memory: {(held - empty) / pages / KB:.1f} KB a page when open, "
        f"{(studio.memory() - empty) / pages / KB:.1f} KB at the end (bar 35)"
    )
    print(
        f"processor: {cost / max(1, told) * 1e6:.0f} µs an event; delay of the fan-out p50 "
        f"{delays[len(delays) // 2] * 1e3:.0f} ms, p99 {delays[int(len(delays) * 0.99)] * 1e3:.0f} ms"
    )
    for task in (*tasks, *reading):
        task.cancel()
    for stream in (*streams, *warm):
        stream.writer.close()
    await asyncio.sleep(1)


async def slow(studio: Studio) -> None:
    address = await studio.project("Slow")
    text = "; ".join(f"v{i} -> v{i + 1}; v{i} -> v{i + 2}" for i in range(38))
    await studio.post(address + "/graph/text", {"text": text})
    fast = await Stream(studio, address + "/stream", studio.cookies[0]).open()
    reading = asyncio.ensure_future(fast.read())
    await edited(studio, address, 40, "warm")  # until what is remembered of graphs is full
    alone = await edited(studio, address, 40, "alone")
    late = await Stream(studio, address + "/stream", studio.cookies[1], rate=KB, keep=True).open()
    crawling = asyncio.ensure_future(late.read())
    beside = await edited(studio, address, 40, "beside")
    print(
        f"a graph of 40 edited for 40 s: the server grew by {alone / KB:.0f} KB with the fast page alone, "
        f"and by {beside / KB:.0f} KB with one at 1 KB/s beside it (bar: 1,024 more)"
    )
    print(f"sent to the fast page {fast.bytes / KB:,.0f} KB, to the slow one {late.bytes / KB:,.0f} KB")
    newest = []
    late.on_event = lambda event: newest.append(time.perf_counter()) if "the newest" in event else None
    await studio.post(address + "/title", {"title": "the newest"})
    late.rate = float("inf")
    began = time.perf_counter()
    while not newest and time.perf_counter() - began < 10:
        await asyncio.sleep(0.01)
    after = newest[0] - began if newest else float("nan")
    print(f"its line recovered: the newest state after {after:.3f} s (bar 1)")
    for task in (reading, crawling):
        task.cancel()


async def edited(studio: Studio, address: str, seconds: float, title: str) -> int:
    """Edit for so long; by how many bytes the server grew at most."""
    before, grown, edits = studio.memory(), 0, 0
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        await studio.post(address + "/graph/node", {"name": f"{title}{edits}"})
        await studio.post(address + "/undo", {})
        await studio.post(address + "/title", {"title": f"{title} {edits}"})
        edits += 1
        grown = max(grown, studio.memory() - before)
        await asyncio.sleep(0.2)
    return grown


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pages", type=int, default=1_000)
    parser.add_argument("--seconds", type=int, default=20)
    asked = parser.parse_args()
    print(f"load {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores")
    studio = Studio.started()
    try:
        await many(studio, asked.pages, asked.seconds)
        await slow(studio)
    finally:
        studio.stop()


if __name__ == "__main__":
    asyncio.run(main())
