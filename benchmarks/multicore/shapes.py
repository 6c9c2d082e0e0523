"""The policy against one item after the other, over thirty shapes of jobs: ratios of wall and processor time.

The bar: the policy is never more than 5 % slower, in wall or in processor time (medians); differences below a
millisecond are not counted, because nobody can feel them. Work that waits takes no processor time of its
own: there what handing it over takes is held against the time it takes alone. `--long` adds jobs for which
processes pay, `--rounds N` says how often, a word chooses shapes by name.
"""

import os
import sys
import time
from statistics import median

from jobs import Shape, shapes

from whence.runtime.executor import cores, executor, serial
from whence.runtime.executor.automatic.familiar import forget

BAR = 1.05
FLOOR = 0.001


def spent() -> float:
    """Processor time of this process and of all its children that have ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def once(shape: Shape, *, policy: bool) -> tuple[float, float, list[object]]:
    """Wall, processor time and results of one go; the policy knows nothing of earlier ones."""
    forget()
    backend = executor("auto") if policy else serial()
    cpu, fine, began = spent(), time.process_time(), time.perf_counter()
    results = backend.map(shape.task, shape.items, stage="shapes", kind=shape.kind)
    wall, own = time.perf_counter() - began, time.process_time() - fine
    backend.close()
    # The clock of children is coarse; without children that of the process is exact.
    whole = spent() - cpu
    return wall, own if whole - own < 0.02 else whole, results


def measured(shape: Shape, rounds: int) -> tuple[float, float, float, float]:
    """Medians: wall alone, wall of the policy, processor time alone, processor time of the policy."""
    once(shape, policy=False)
    alone, chosen = [], []
    for _ in range(rounds):
        alone.append(once(shape, policy=False))
        chosen.append(once(shape, policy=True))
        if alone[-1][2] != chosen[-1][2]:
            raise SystemExit(f"{shape.name}: the results differ")
    walls = median(run[0] for run in alone), median(run[0] for run in chosen)
    return *walls, median(run[1] for run in alone), median(run[1] for run in chosen)


def verdict(alone: float, chosen: float, of: float) -> str:
    return "■" if chosen - alone > max(FLOOR, (BAR - 1) * of) else " "


def main(arguments: list[str]) -> int:
    rounds = int(arguments[arguments.index("--rounds") + 1]) if "--rounds" in arguments else 5
    words = [each for each in arguments if not each.startswith("--") and not each.isdecimal()]
    chosen = [
        shape
        for shape in shapes(long="--long" in arguments)
        if not words or any(word in shape.name for word in words)
    ]
    print(f"{cores()} cores, load {os.getloadavg()[0]:.1f} at the start, medians of {rounds}")
    print(f"{'':38}{'alone':>10}  {'wall':>6}   {'cpu':>6}")
    worse, ratios = 0, []
    for shape in chosen:
        wall, wall_policy, cpu, cpu_policy = measured(shape, rounds)
        whole = wall if shape.kind == "io" else cpu
        marks = verdict(wall, wall_policy, wall), verdict(cpu, cpu_policy, whole)
        worse += marks != (" ", " ")
        ratios.append((wall_policy / wall, cpu_policy / max(cpu, 1e-6)))
        print(
            f"{shape.name:38}{wall * 1e3:8.2f} ms  {wall_policy / wall:5.2f}×{marks[0]} "
            f"{cpu_policy / max(cpu, 1e-6):5.2f}×{marks[1]}",
            flush=True,
        )
    print(
        f"median ratios: wall {median(ratio[0] for ratio in ratios):.2f}, "
        f"cpu {median(ratio[1] for ratio in ratios):.2f}; "
        f"{worse} of {len(chosen)} more than 5 % (and 1 ms) above; load {os.getloadavg()[0]:.1f} at the end"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
