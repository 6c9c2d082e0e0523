"""Twenty million rows of Parquet through PLR and a discrete estimand, never in memory: peak, time and digits.

Run: python benchmarks/multicore/out_of_core.py [--rows 20000000] [--keep FOLDER]

Makes a Parquet file of twelve columns with a known effect in each of two questions. Each step runs in a
process of its own, so that its peak of resident memory is its own. Compared are

- a bare DuckDB scan of the columns that the question needs (sums and counts, on all cores);
- the arithmetic: for PLR the same estimator on the first million rows when their blocks lie in memory, for
  the discrete estimand the count of the cells from codes in memory; its time times rows / million;
- `wh.estimate` on `wh.scan(file)`, and the whole `wh.ask` (with the hash of all data and the checks).

The digits of value, standard error and interval on the scan must equal those in memory on the first 500,000
rows as a file of their own, to the last bit. A load above the number of cores makes the ratios of wall times
worthless; CPU times then mean more.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import duckdb

SUBSET, MILLION = 500_000, 1_000_000
COVARIATES = [f"w{place}" for place in range(1, 7)]


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, on which graph, by which method, and the truth."""

    text: str
    graph: str
    method: str
    columns: tuple[str, ...]
    truth: float


def _graph(causes: list[str], treatment: str, outcome: str) -> str:
    edges = [f"{treatment} -> {outcome}"]
    edges += [f"{cause} -> {effect}" for cause in causes for effect in (treatment, outcome)]
    return "; ".join(edges)


QUESTIONS = {
    "plr": Question(
        "E[pain | do(dose=1)] - E[pain | do(dose=0)]",
        _graph([*COVARIATES, "town"], "dose", "pain"),
        "plr",
        (*COVARIATES, "town", "dose", "pain"),
        1.5,
    ),
    "discrete": Question(
        "E[well | do(drug=1)] - E[well | do(drug=0)]",
        _graph(["town", "sex"], "drug", "well"),
        "plug-in",
        ("town", "sex", "drug", "well"),
        0.2,
    ),
}
NORMAL = "sqrt(-2 * ln(random() + 1e-12)) * cos(6.283185307179586 * random())"
CAUSES = f"""
    SELECT {", ".join(f"{NORMAL} AS {name}" for name in COVARIATES)},
        ['ash', 'elm', 'fir', 'oak', 'yew'][1 + floor(random() * 5)::INT] AS town,
        (random() < 0.5)::INT AS sex, random() AS u1, random() AS u2
    FROM range({{rows}})
"""  # noqa: S608
ROWS = f"""
    SELECT {", ".join(COVARIATES)}, town, sex, dose,
        1.5 * dose + w1 - w2 + 0.5 * w5 + 2 * (town = 'oak')::INT + (u2 - 0.5) * 4 AS pain,
        drug, (u2 < 0.3 + 0.2 * drug + 0.1 * sex + 0.1 * (town = 'elm')::INT)::INT AS well
    FROM (
        SELECT *, 0.5 * w1 + 0.3 * w3 - w4 + (town = 'oak')::INT + (u1 - 0.5) * 3 AS dose,
            (u1 < 0.3 + 0.2 * sex + 0.2 * (town = 'elm')::INT)::INT AS drug
        FROM ({CAUSES})
    )
"""  # noqa: S608


def make(folder: Path, rows: int) -> None:
    """The file, and its first million and 500,000 rows as files of their own."""
    whole = folder / "whole.parquet"
    with duckdb.connect(config={"threads": 1, "memory_limit": "1GB"}) as db:
        db.execute("SELECT setseed(0.5)")
        db.execute(f"COPY ({ROWS.format(rows=rows)}) TO '{whole}' (FORMAT parquet)")
        for size in (MILLION, SUBSET):
            part = folder / f"first_{size}.parquet"
            db.execute(f"COPY (FROM '{whole}' LIMIT {size}) TO '{part}' (FORMAT parquet)")


def bare(question: Question, path: Path) -> object:
    """What any reader of these columns must do: decode them and look at each cell once."""
    with duckdb.connect() as db:
        asked = ", ".join(
            f"max({name})" if name == "town" else f"sum({name}::DOUBLE)" for name in question.columns
        )
        return str(db.execute(f"SELECT {asked} FROM '{path}'").fetchall())  # noqa: S608


def estimate(question: Question, path: Path, held: bool) -> object:
    """The estimate alone; of what is held in memory, without the time of reading it."""
    import whence as wh

    estimand = wh.identify(wh.query(question.text), wh.graph(question.graph))
    data: Any = wh.table(path) if held else wh.scan(path)
    for module in ("estimation.api", "estimation.streaming.estimating", "numerics.blas"):
        import_module(f"whence.{module}")  # a second's worth of imports is no part of the work
    began, cpu = time.perf_counter(), time.process_time()
    found = wh.estimate(estimand, data, method=question.method, learners="linear")
    told = {"value": found.value, "se": found.se, "interval": found.interval, "n": found.n}
    return {**told, "wall": time.perf_counter() - began, "cpu": time.process_time() - cpu}


def arithmetic(question: Question, path: Path) -> object:
    """What is left when reading costs nothing."""
    import whence as wh
    from whence.data.scanning import scan as scanning
    from whence.numerics.counts import cross_table

    if question.method == "plug-in":
        coded = [wh.table(path).column(name).level_codes() for name in question.columns]
        work = lambda: cross_table([codes for _, codes in coded], tuple(len(levels) for levels, _ in coded))  # noqa: E731
    else:
        read, kept = scanning.blocks, dict[object, list[Any]]()

        def from_memory(origin: Any, layer: Any, forms: Any) -> Any:
            key = (layer.sql, tuple(forms))
            if key not in kept:
                kept[key] = list(read(origin, layer, forms))
            return iter(kept[key])

        scanning.blocks = from_memory
        data = wh.scan(path)
        estimand = wh.identify(wh.query(question.text), wh.graph(question.graph))
        work = lambda: wh.estimate(estimand, data, method=question.method, learners="linear")  # noqa: E731
    work()  # reads the blocks, and imports what is needed
    began, cpu = time.perf_counter(), time.process_time()
    work()
    return {"wall": time.perf_counter() - began, "cpu": time.process_time() - cpu}


def ask(question: Question, path: Path) -> object:
    """All that a user gets: the answer with its proof, its checks and where it came from."""
    import whence as wh

    answer = wh.ask(question.text, wh.scan(path), question.graph, method=question.method, learners="linear")
    return {"value": answer.estimate.value, "se": answer.estimate.se, "checks": len(answer.refutations)}


STEPS: dict[str, Callable[[Question, Path], object]] = {
    "bare": bare,
    "arithmetic": arithmetic,
    "held": lambda question, path: estimate(question, path, held=True),
    "scan": lambda question, path: estimate(question, path, held=False),
    "ask": ask,
}


def step(name: str, question: str, path: str) -> None:
    """One step, in this process: prints what it found, its seconds and its peak."""
    began, cpu = time.perf_counter(), time.process_time()
    found = STEPS[name](QUESTIONS[question], Path(path))
    seconds = {"wall": time.perf_counter() - began, "cpu": time.process_time() - cpu}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(json.dumps({"found": found, **seconds, "peak": peak}))


def run(name: str, question: str, path: Path) -> dict[str, Any]:
    """One step, in a process of its own."""
    command = [sys.executable, __file__, "--step", name, question, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{name} of {question} failed:\n{done.stderr[-2000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def report(name: str, whole: Path, million: Path, subset: Path, rows: int) -> bool:
    """Measure one question; whether it meets the bars (time within 2×, peak below 1 GB, same digits)."""
    question = QUESTIONS[name]
    scan, read = run("scan", name, whole), run("bare", name, whole)
    asked, sums = run("ask", name, whole), run("arithmetic", name, million)["found"]
    there, here = run("scan", name, subset)["found"], run("held", name, subset)["found"]
    alike = all(there[key] == here[key] for key in ("value", "se", "interval", "n"))
    share = rows / MILLION
    met = alike and max(scan["peak"], asked["peak"]) < 1024
    print(f"{name}: {scan['found']['value']:.5f} ± {scan['found']['se']:.5f} (truth {question.truth})")
    for clock in ("wall", "cpu"):
        floor, took = read[clock] + sums[clock] * share, scan["found"][clock]
        met = met and took <= 2.0 * floor
        parts = f"bare scan {read[clock]:.2f} s + arithmetic {sums[clock] * share:.2f} s"
        print(f"  {clock:4}  {parts} = {floor:.2f} s; estimate {took:.2f} s: {took / floor:.2f} ×;", end=" ")
        print(f"ask {asked[clock]:.2f} s")
    print(f"  peak  estimate {scan['peak']} MB, ask {asked['peak']} MB; bare scan {read['peak']} MB")
    print(f"  digits on {SUBSET:,} rows: {'the same' if alike else f'DIFFERENT: {there} {here}'}")
    return met


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=20_000_000)
    parser.add_argument("--keep", type=Path, help="make the files here and leave them")
    parser.add_argument("--step", nargs=3, help=argparse.SUPPRESS)
    parser.add_argument("--make", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.step:
        step(*options.step)
        return 0
    if options.make:
        make(options.make, options.rows)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        place = options.keep or Path(folder)
        place.mkdir(parents=True, exist_ok=True)
        began = time.perf_counter()
        # In a process of its own as well: a child's peak is never told as less than its parent's.
        command = [sys.executable, __file__, "--rows", str(options.rows), "--make", str(place)]
        subprocess.run(command, check=True)
        files = [
            place / name for name in ("whole.parquet", f"first_{MILLION}.parquet", f"first_{SUBSET}.parquet")
        ]
        size = files[0].stat().st_size / 1e6
        took = time.perf_counter() - began
        print(f"{options.rows:,} × 12 rows, {size:,.0f} MB of Parquet, made in {took:.0f} s")
        print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} before")
        met = [report(name, *files, options.rows) for name in QUESTIONS]
        print(f"load {os.getloadavg()[0]:.1f} after; the bars are {'met' if all(met) else 'NOT met'}")
    return 0 if all(met) else 1


if __name__ == "__main__":
    sys.exit(main())
