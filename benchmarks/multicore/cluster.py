"""On a cluster of this machine: thirty items and a worker that dies midway, start-up, hand-over, gain, bytes.

The backends are our processes, Dask (a LocalCluster behind TLS) and Ray and MPI where they are installed; the
standard library's pool is the peer. The bars: 30 of 30 items done after a kill -9 of one worker of two, one
SHA-256 of an answer with bootstrap and refutations, at most 50 µs a tiny item. `--quick` for a small run.
"""

import argparse
import hashlib
import json
import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from importlib.util import find_spec
from multiprocessing import get_context
from pathlib import Path

import midway
import numpy as np

import whence as wh
from whence.data.moments import moments
from whence.runtime.errors import WhenceError
from whence.runtime.executor import Executor, executor
from whence.testing.worlds import BACK_DOOR, linear

WORKERS = 2
ITEMS = 30


def backends() -> dict[str, Executor]:
    """Those that are to be had here, each with two workers; started when first used."""
    found = {"processes": executor(f"processes:{WORKERS}")}
    if find_spec("distributed") is not None:
        from whence.runtime.executor.cluster.dask import dask

        found["dask"] = dask(None, WORKERS)
    if find_spec("ray") is not None:
        found["ray"] = executor("ray")
    return found


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def marks(folder: str) -> int:
    return len(list(Path(folder).iterdir()))


def killed(run: Callable[[list[tuple[int, str]]], object], victim: int) -> tuple[int, int, str]:
    """Items begun when a worker is killed after the tenth mark, marks in all, and how it ended."""
    with tempfile.TemporaryDirectory() as folder:
        items = [(index, folder) for index in range(ITEMS)]

        def kill() -> None:
            while marks(folder) < ITEMS // 3:
                time.sleep(0.005)
            os.kill(victim, signal.SIGKILL)

        threading.Thread(target=kill, daemon=True).start()
        try:
            done = run(items)
            right = done == [midway.random.Random(index).random() for index in range(ITEMS)]
            return len(done), marks(folder), "right" if right else "WRONG"
        except Exception as error:
            return 0, marks(folder), type(error).__name__


def of_the_library() -> tuple[int, int, str]:
    """The same by the standard library's pool."""
    with ProcessPoolExecutor(WORKERS, mp_context=get_context("spawn")) as pool:
        victim = next(iter(pool.map(midway.pid, range(4))))
        kept: list[float] = []

        def run(items: list[tuple[int, str]]) -> list[float]:
            futures = [pool.submit(midway.marked, item) for item in items]
            kept.extend(future.result() for future in futures)
            return kept

        _, begun, how = killed(run, victim)
        return len(kept), begun, how


def answer(workers: Executor | str, replicates: int) -> str:
    """The SHA-256 of one answer with bootstrap and refutations."""
    found = wh.ask(
        "effect of t on y", linear().draw(0, 400), BACK_DOOR, replicates=replicates, executor=workers
    ).to_dict()
    found["provenance"].pop("elapsed_s")
    return hashlib.sha256(json.dumps(found, sort_keys=True).encode()).hexdigest()


def parts(folder: Path, rows: int) -> Path:
    """A Parquet set of seven unequal parts, written by the engine."""
    import duckdb

    cuts = np.linspace(0, 1, 8) ** 1.5 * rows
    for place in range(7):
        rows = int(cuts[place + 1]) - int(cuts[place])
        query = "SELECT sin(range) AS a, range % 7 AS b, 1e6 + cos(range) AS c FROM range(?)"
        duckdb.sql(query, params=[rows]).write_parquet(str(folder / f"part{place}.parquet"))
    return folder


def measure(name: str, workers: Executor, size: int, serial: dict[str, object], folder: Path) -> bool:
    start = seconds(lambda: workers.map(midway.pid, range(2), stage="start"))
    tiny = seconds(lambda: workers.map(midway.nothing, range(size), stage="tiny")) / size
    turns = [max(1, size)] * 64
    alone = seconds(lambda: executor("serial").map(midway.loop, turns, stage="loop"))
    gain = alone / seconds(lambda: workers.map(midway.loop, turns, stage="loop", kind="python"))
    array = np.arange(size * 500.0)
    brought = seconds(lambda: workers.map(midway.Sum(array), range(16), stage="array"))
    done, begun, how = killed(
        lambda items: workers.map(midway.marked, items, stage="killed"),
        workers.map(midway.pid, range(4), stage="look")[0],
    )
    same = answer(workers, 25) == serial["answer"]
    found = moments(folder, ["a", "b", "c"], executor=workers)
    digits = found.products.tobytes() == serial["products"]
    print(
        f"{name:10} {start:7.2f} s {tiny * 1e6:9.1f} µs {gain:7.2f} x {brought:8.2f} s "
        f"{done:3} of {ITEMS} ({how}, {begun} begun)  {'same' if same else 'OTHER'} bytes  "
        f"{'same' if digits else 'OTHER'} moments"
    )
    return same and digits and done == ITEMS and how == "right"


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--quick", action="store_true")
    quick = options.parse_args().quick
    size = 2_000 if quick else 20_000
    print(f"{os.cpu_count()} cores, Python {sys.version.split()[0]}, load {os.getloadavg()[0]:.1f}, seed 0")
    done, begun, how = of_the_library()
    print(f"the standard library's pool: {done} of {ITEMS} results were had ({how}, {begun} begun)")
    print("backend     start-up  a tiny item  gain, pure Python  array  killed midway")
    well = True
    with tempfile.TemporaryDirectory() as place:
        folder = parts(Path(place), size * 100)
        products = moments(folder, ["a", "b", "c"], executor="serial").products.tobytes()
        serial = {"answer": answer("serial", 25), "products": products}
        for name, workers in backends().items():
            try:
                well &= measure(name, workers, size, serial, folder)
            except WhenceError as error:
                well = False
                print(f"{name:10} {error}")
            finally:
                workers.close()
    print(f"load {os.getloadavg()[0]:.1f} at the end")
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
