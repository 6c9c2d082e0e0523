"""What the loop itself costs: an iteration, a batch of 1,000 sub-calls from a cell, a session from the warm
pool.

The mock server of `throughput.py` runs in a process of its own. CPU of an iteration is that of this process
and of the confined worker together, per iteration, as the difference of a run of 41 iterations and one of 1;
for the rivals it is that of their process (their cells run inside it). The batch goes the whole way: a cell,
the socket, budget, pace, HTTP, journal in memory, reply objects in the cell.

    python -m benchmarks.rlm.iterations --rivals OTHER/bin/python
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

from whence.rlm import RLM, Budget
from whence.rlm.contexts import as_context
from whence.rlm.environments.environment import CellLimits, HostCall
from whence.rlm.environments.opening import open_environment, strength

TURNS = 41
MOCK = Path(__file__).with_name("scripted_server.py")
RIVALS = Path(__file__).with_name("rivals") / "iterations.py"


def served(*options: str) -> tuple[subprocess.Popen[str], str]:
    """Start the scripted server; gives it and its base URL."""
    server = subprocess.Popen([sys.executable, str(MOCK), *options], stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    return server, server.stdout.readline().strip()


def iterations(url: str, turns: int) -> tuple[float, float]:
    """CPU seconds of this process and wall seconds of a run of `turns` trivial iterations."""
    rlm = RLM(f"turns-{turns}", base_url=url, route="recursive", max_iterations=turns + 1)
    cpu, wall = time.process_time(), time.perf_counter()
    done = rlm.completion("a context " * 1_000, "What?")
    assert done.iterations == turns
    return time.process_time() - cpu, time.perf_counter() - wall


def batch(url: str) -> tuple[float, float]:
    """CPU of this process per call, and wall, of 1,000 sub-calls of 50 ms from one cell."""
    rlm = RLM("batch-1000", base_url=url, route="recursive", budget=Budget(calls=2_000))
    cpu, wall = time.process_time(), time.perf_counter()
    done = rlm.completion("a context", "What?")
    assert done.answer == "1000", done.answer
    return (time.process_time() - cpu) / 1_000, time.perf_counter() - wall


async def ready() -> list[float]:
    """Seconds from asking for a session to its first cell's result, from the warm pool."""
    times: list[float] = []

    async def host(_: HostCall) -> None:
        return None

    await strength("auto")
    with as_context("a context " * 1_000) as contexts:
        for _ in range(30):
            await asyncio.sleep(0.15)
            began = time.perf_counter()
            environment = await open_environment("auto", contexts, host, limits=CellLimits())
            times.append(time.perf_counter() - began)
            await environment.run("1 + 1")
            await environment.aclose()
    return times


def worker_cpu_per_cell() -> float:
    """CPU seconds of the worker for a trivial cell: what its own clock says over 200 cells."""

    async def measure() -> float:
        async def host(_: HostCall) -> None:
            return None

        with as_context("a context") as contexts:
            environment = await open_environment("auto", contexts, host, limits=CellLimits())
            first = await environment.run("import time\nprint(time.process_time())")
            for number in range(200):
                await environment.run(f"x = {number}\nprint(x)")
            last = await environment.run("print(time.process_time())")
            await environment.aclose()
        return (float(last.output) - float(first.output)) / 201

    return asyncio.run(measure())


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rivals", help="an interpreter that has rlms and dspy")
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    load = Path("/proc/loadavg").read_text().split()[0]
    print(f"load {load} at the beginning; medians of {options.repeats}")

    server, url = served("--delay", "0")
    try:
        iterations(url, 1)
        long = [iterations(url, TURNS) for _ in range(options.repeats)]
        short = [iterations(url, 1) for _ in range(options.repeats)]
    finally:
        server.kill()
    host = (statistics.median(c for c, _ in long) - statistics.median(c for c, _ in short)) / (TURNS - 1)
    wall = (statistics.median(w for _, w in long) - statistics.median(w for _, w in short)) / (TURNS - 1)
    worker = worker_cpu_per_cell()
    print(
        f"iteration: {1e3 * host:.2f} ms CPU in the host + {1e3 * worker:.2f} ms in the worker "
        f"= {1e3 * (host + worker):.2f} ms (bar 2), {1e3 * wall:.2f} ms wall"
    )

    server, url = served("--delay", "0.05")
    try:
        batch(url)
        batches = [batch(url) for _ in range(options.repeats)]
    finally:
        server.kill()
    print(
        f"1,000 batched from a cell: {statistics.median(w for _, w in batches):.2f} s wall, "
        f"{1e3 * statistics.median(c for c, _ in batches):.2f} ms CPU a call in the host (bar 0.7)"
    )

    times = asyncio.run(ready())
    times.sort()
    print(
        f"confined session ready: median {1e3 * statistics.median(times):.1f} ms, "
        f"95th percentile {1e3 * times[int(0.95 * len(times))]:.1f} ms (bar 10)"
    )
    if options.rivals:
        server, url = served("--delay", "0")
        try:
            found = subprocess.run(
                [options.rivals, str(RIVALS), url, str(TURNS)], capture_output=True, text=True, check=False
            )
        finally:
            server.kill()
        sys.stderr.write(found.stderr[-2_000:])
        for name, seconds in json.loads(found.stdout or "{}").items():
            print(f"{name}: {1e3 * seconds:.2f} ms CPU an iteration")


if __name__ == "__main__":
    main()
