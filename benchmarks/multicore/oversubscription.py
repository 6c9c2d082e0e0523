"""How many threads are runnable at once, sampled from outside, in every backend: cores + 2 at the most.

A process of its own looks at the state of every thread of this process and of its children, every few
milliseconds. Runnable is what runs or wants to; what waits does not count. `--seconds S` for each backend.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from jobs import fits, python, replicates, trees, turns

from whence.runtime.executor import cores, executor
from whence.runtime.executor.interpreters import why_not

PROC = Path("/proc")


def runnable(root: int, me: int) -> int:
    """Threads in state R of `root` and of all that it started, but for those of `me`."""
    parents, states = {}, {}
    for folder in PROC.glob("[0-9]*"):
        process = int(folder.name)
        try:
            parents[process] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            states[process] = [
                (task / "stat").read_text().rpartition(")")[2].split()[0]
                for task in (folder / "task").iterdir()
            ]
        except (OSError, ValueError, IndexError):
            continue
    family, fresh = {root}, {root}
    while fresh:
        fresh = {process for process, parent in parents.items() if parent in fresh} - {me}
        family |= fresh
    return sum(states.get(process, []).count("R") for process in family)


def sample(root: int) -> None:
    """Look until the process is told to end; then print how often each number was seen."""
    seen: Counter[int] = Counter()
    ended = []
    signal.signal(signal.SIGTERM, lambda *_: ended.append(True))
    while not ended:
        seen[runnable(root, os.getpid())] += 1
        time.sleep(0.003)
    print(json.dumps(seen))


def watched(name: str, seconds: float) -> Counter[int]:
    """Do work of every kind on a backend for so long, while the sampler looks."""
    backend = executor(name)
    looking = subprocess.Popen(
        [sys.executable, __file__, "--sample", str(os.getpid())], stdout=subprocess.PIPE, text=True
    )
    jobs = [
        (python, turns(0.005), "python"),
        (replicates, 6, "gil_free"),
        (trees, 10, "gil_free"),
        (fits, 4, "python"),
    ]
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        for task, item, kind in jobs if name != "interpreters" else jobs[:1]:
            backend.map(task, [item] * 40, stage="work", kind=kind)
    looking.terminate()
    told = looking.communicate()[0]
    backend.close()
    return Counter({int(number): count for number, count in json.loads(told).items()})


def backends() -> list[str]:
    names = ["serial", "auto", "threads", "threads:7", "processes", "processes:7"]
    return names if why_not() is not None else [*names, "interpreters"]


def main() -> int:
    if "--sample" in sys.argv:
        sample(int(sys.argv[-1]))
        return 0
    seconds = float(sys.argv[sys.argv.index("--seconds") + 1]) if "--seconds" in sys.argv else 4.0
    limit, worst = cores() + 2, 0
    print(f"{cores()} cores: at most {limit} runnable; load {os.getloadavg()[0]:.1f}")
    for name in backends():
        seen = watched(name, seconds)
        most = max(seen)
        worst = max(worst, most)
        share = ", ".join(f"{number}: {count / seen.total():.0%}" for number, count in sorted(seen.items()))
        print(f"{name:14} most {most} {'■' if most > limit else '●'}   {share}", flush=True)
    return int(worst > limit)


if __name__ == "__main__":
    sys.exit(main())
