"""Accuracy, tokens and dollars on generated tasks with a simulated model: ours beside rivals and plain
reading.

SIMULATED ACCURACY IS NOT A MODEL'S ACCURACY. Every reply comes from a program with an explicit error model
(`whence.testing.simulated.error_model`: assumed rates, no measurement of any model), which also writes the
code of the roots. The table shows what runtime and algorithm do with readers that err like that, and
nothing about how well any model writes code or reads. Whether a real model follows such a plan is not shown
either.

Arms: direct (the whole text in one prompt), truncated (its head and tail, as much as fits), map-reduce
(8,000-token parts, the model puts the partial answers together), retrieve (BM25 passages of 8,000 tokens),
rlms and dspy (their loops; the root follows the plan that their prompts make natural: chunks,
llm_query_batched, a partial tally per chunk as JSON, sums in code, what cannot be parsed asked again; with
20 records a prompt as in ours, which reads better than the 100,000 characters that the prompt of rlms
advises), rlms:taught (with those), ours (the plan that our own system prompt teaches: llm_map labels each
record, code counts). On request dspy:items and rlms:items, where the root writes ours' plan out by hand.
For one fact or a chain all look for the name first. The same tasks, server, seeds and error model for all;
DSPy's limit of 50 sub-calls is raised. Dollars are those of the server, for all alike: 0.25 and 2 per
million tokens in and out, JSON schemas billed as input.

Scores: exact for topics, users, months, codes; 0.75 to the power of the distance for counts (OOLONG); F1
for pairs. Intervals: 95 %, Wilson's where every score is 0 or 1, else the bootstrap's. Differences are
paired by task. Latency is nil here: seconds tell the harness's own work. Reported seeds begin at 10,000; 0
to 9,999 were for development.
"""

import argparse
import json
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from pathlib import Path

from intervals import bootstrap, of_scores

from whence.rlm.tasks import KINDS

HERE = Path(__file__).parent
ARMS = ["direct", "truncated", "map-reduce", "retrieve", "rlms", "rlms:taught", "dspy", "ours"]
RIVALS = ("rlms", "dspy", "rlms:items", "dspy:items", "rlms:taught", "dspy:taught")
HELD_OUT = 10_000
# size -> items of each kind; at the large sizes few, and only what stays affordable
DEFAULT = {8_000: 200, 32_000: 200, 128_000: 12, 512_000: 3}
QUICK = {8_000: 12, 32_000: 4}
# other error models, for whatever hangs on the default one
SWEEP = {
    "as assumed": [],
    "reads twice as badly": ["--item-base", "0.02", "--item-slope", "0.03"],
    "reads without errors": ["--item-base", "0", "--item-slope", "0"],
    "counts three times as badly": ["--count-base", "0.03"],
    "counts without errors": ["--count-base", "0"],
    "is sent schemas for nothing and ignores them": ["--schema-billed", "0", "--schema-enforced", "0"],
    "form fails four times as often": ["--prose", "0.2", "--missing", "0.08", "--refusal", "0.01"],
}
SWEPT = {32_000: 40}
LARGEST = {4_000_000: {"needle": 3, "hops": 3}}


def plan_of(sizes: dict[int, int], kinds: list[str], first: int, largest: bool) -> list[tuple[str, int, int]]:
    """Kind, size and seed of every task, the dearest first."""
    plan = [
        (kind, size, first + i)
        for size, items in sorted(sizes.items(), reverse=True)
        for i in range(items)
        for kind in kinds
    ]
    if largest:
        more = [(kind, size, first + i) for size, n in LARGEST.items() for kind in n for i in range(n[kind])]
        plan = more + plan
    return plan


def measure(plan: list[tuple[str, int, int]], arms: list[str], options: argparse.Namespace) -> list[dict]:
    """Run the plan in lanes, each with a server and rivals of its own; no result hangs on the lane."""
    lanes = []
    for lane in range(options.lanes):
        found = tempfile.TemporaryFile("w+")  # noqa: SIM115 - a pipe that is not read would stop the lane
        process = subprocess.Popen(
            [sys.executable, str(HERE / "lane.py")], stdin=subprocess.PIPE, stdout=found, text=True
        )
        mine = [[*task, arms] for task in plan[lane :: options.lanes]]
        server = ["--seed", str(options.model_seed), *options.server]
        process.stdin.write(json.dumps({"plan": mine, "rivals": options.rivals, "server": server}))
        process.stdin.close()
        lanes.append((process, found))
    rows: list[dict] = []
    for process, found in lanes:
        if process.wait():
            raise SystemExit(f"a lane ended with {process.returncode}")
        found.seek(0)
        rows += [json.loads(line) for line in found]
    return rows


def quantile(values: list[float], at: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(at * len(ordered)))]


def cells(rows: list[dict]) -> dict[tuple[int, str], dict[str, list[dict]]]:
    """(size, kind) -> arm -> rows in the order of their seeds."""
    found: dict = defaultdict(lambda: defaultdict(list))
    for row in sorted(rows, key=lambda row: row["seed"]):
        found[row["size"], row["kind"]][row["arm"]].append(row)
    return found


def table(rows: list[dict], arms: list[str]) -> list[dict]:
    """Print a line per cell and arm; gives the same as values."""
    lines = []
    print(
        f"\n{'size':>9} {'task':9} {'arm':12} {'n':>4} {'score':>6}  {'95 %':>13}"
        f" {'tokens p50':>11} {'p95':>10} {'$ p50':>9} {'p95':>9} {'s p50':>7} {'failed':>6}"
    )
    for (size, kind), by_arm in sorted(cells(rows).items()):
        for arm in arms:
            mine = by_arm[arm]
            scores = [row["score"] for row in mine]
            low, high = of_scores(scores)
            line = {
                "size": size,
                "kind": kind,
                "arm": arm,
                "n": len(mine),
                "score": statistics.fmean(scores),
                "interval": [low, high],
                "tokens": [quantile([row["tokens"] for row in mine], at) for at in (0.5, 0.95)],
                "usd": [quantile([row["usd"] for row in mine], at) for at in (0.5, 0.95)],
                "seconds": statistics.median(row["seconds"] for row in mine),
                "failed": sum(row["error"] is not None for row in mine),
            }
            lines.append(line)
            print(
                f"{size:>9,} {kind:9} {arm:12} {len(mine):>4} {line['score']:6.3f}  {low:6.3f}–{high:5.3f}"
                f" {line['tokens'][0]:>11,} {line['tokens'][1]:>10,}"
                f" {line['usd'][0]:9.5f} {line['usd'][1]:9.5f}"
                f" {line['seconds']:7.2f} {line['failed']:>6}"
            )
        print()
    return lines


def differences(rows: list[dict], arms: list[str]) -> list[dict]:
    """Ours against every rival, task by task."""
    present = [arm for arm in arms if arm in RIVALS]
    if "ours" not in arms or not present:
        return []
    print("ours minus a rival, paired by task: score with 95 %, and the ratio of total dollars")
    lines = []
    for (size, kind), by_arm in sorted(cells(rows).items()):
        for rival in present:
            pairs = list(zip(by_arm["ours"], by_arm[rival], strict=True))
            values = [mine["score"] - other["score"] for mine, other in pairs]
            low, high = bootstrap(values)
            dearer = sum(mine["usd"] for mine, _ in pairs) / max(
                1e-12, sum(other["usd"] for _, other in pairs)
            )
            mean = statistics.fmean(values)
            verdict = "ours better" if low > 0 else "rival better" if high < 0 else "no difference seen"
            lines.append(
                {"size": size, "kind": kind, "rival": rival, "n": len(pairs), "difference": mean,
                 "interval": [low, high], "usd_ratio": dearer, "verdict": verdict}
            )  # fmt: skip
            print(
                f"{size:>9,} {kind:9} {rival:12} {len(pairs):>4} {mean:+7.3f}  {low:+6.3f} to {high:+6.3f}"
                f"  $ x {dearer:5.2f}  {verdict}"
            )
    return lines


def sweep(arms: list[str], options: argparse.Namespace) -> None:
    """The dense kinds again under other error models."""
    plan = plan_of(SWEPT, ["count", "pairs"], options.first_seed, largest=False)
    for name, server in SWEEP.items():
        print(f"\n=== the model {name} ({' '.join(server) or 'defaults'})")
        options.server = server
        rows = measure(plan, arms, options)
        table(rows, arms)
        differences(rows, arms)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rivals", help="the Python that has rlms and dspy; without it they are left out")
    parser.add_argument(
        "--arms", nargs="*", help=f"of {', '.join(ARMS)}, rlms:items, rlms:taught, rlms:naive …"
    )
    parser.add_argument("--kinds", nargs="*", default=list(KINDS))
    parser.add_argument("--sizes", nargs="*", help="size:items, for example 8000:50")
    parser.add_argument("--quick", action="store_true", help="few items, under a minute")
    parser.add_argument("--sweep", action="store_true", help="the dense kinds under other error models")
    parser.add_argument("--first-seed", type=int, default=HELD_OUT)
    parser.add_argument("--model-seed", type=int, default=1)
    parser.add_argument("--lanes", type=int, default=6)
    parser.add_argument("--json", type=Path, help="write everything to this file")
    parser.add_argument(
        "--server", nargs=argparse.REMAINDER, default=[], help="further options of the server, last"
    )
    options = parser.parse_args()
    arms = options.arms or [arm for arm in ARMS if options.rivals or arm not in RIVALS]
    sizes = QUICK if options.quick else DEFAULT
    if options.sizes:
        sizes = {int(size): int(n) for size, n in (each.split(":") for each in options.sizes)}
    plan = plan_of(sizes, options.kinds, options.first_seed, largest=not options.quick and not options.sizes)
    print(__doc__)
    if options.sweep:
        sweep(arms, options)
        return 0
    print(f"seeds from {options.first_seed:,}; {len(plan):,} tasks, {len(plan) * len(arms):,} runs")
    began = time.perf_counter()
    rows = measure(plan, arms, options)
    lines = table(rows, arms)
    compared = differences(rows, arms)
    faults = Counter((row["arm"], re.sub(r"\d+", "…", row["error"])[:120]) for row in rows if row["error"])
    for (arm, error), times in faults.most_common():
        print(f"{arm} failed {times} times: {error}")
    seconds = time.perf_counter() - began
    print(f"\n{seconds:.0f} s in {options.lanes} lanes")
    if options.json:
        content = {"schema": "whence.benchmark.rlm/1", "header": __doc__, "seconds": seconds, "cells": lines,
                   "differences": compared, "rows": rows}  # fmt: skip
        options.json.write_text(json.dumps(content, indent=1), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
