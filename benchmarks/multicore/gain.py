"""What all cores gain, by kind of work and backend: on the wall, and as each thread's own time tells.

The bar: 1.8 times on two cores for numpy, numba and boosted fits with threads, and for pure Python and small
scikit-learn fits with the best backend at hand. The column "own" is the estimate that keeps its meaning on a
busy machine (`whence.runtime.machine.pulse`); "lock" is the share of its time in which the work holds the
interpreter's lock. `--rounds N`, `--seconds S` (of work in each round).
"""

import os
import sys

from whence.cli.doctor.checkup import makers
from whence.cli.doctor.measuring import Measured, measured
from whence.cli.doctor.work import WORK
from whence.runtime.executor import cores, serial
from whence.runtime.machine.gil import gil_enabled

BAR = 0.9
"""Of the number of workers: 1.8 on two cores."""


def option(name: str, default: float) -> float:
    return float(sys.argv[sys.argv.index(name) + 1]) if name in sys.argv else default


def main() -> None:
    workers, rounds, seconds = cores(), int(option("--rounds", 5)), option("--seconds", 1.0)
    print(
        f"{workers} cores, Python {sys.version.split()[0]}, GIL {'on' if gil_enabled() else 'off'}, "
        f"load {os.getloadavg()[0]:.1f}, medians of {rounds} rounds (least to most)"
    )
    backends = {name: make() for name, make in makers(workers).items()}
    try:
        for key, kind in WORK.items():
            if not kind.there:
                print(f"{kind.name}: not installed")
                continue
            chosen = {n: b for n, b in backends.items() if n != "interpreters" or not kind.extensions}
            wall = measured(key, serial(), chosen, rounds=rounds, seconds=seconds, clock="wall")
            own = measured(key, serial(), chosen, rounds=rounds, seconds=seconds, clock="threads")
            show(kind.name, wall, own, workers)
    finally:
        for backend in backends.values():
            backend.close()
    print(f"load {os.getloadavg()[0]:.1f} at the end")


def show(name: str, wall: Measured, own: Measured, workers: int) -> None:
    print(f"{name} ({wall.seconds * 1e3:.1f} ms an item, lock {wall.holds:.0%})")
    for backend, gain in wall.gains.items():
        other = own.gains[backend]
        best = max(gain.middle, other.middle) >= BAR * workers
        same = wall.same[backend] and own.same[backend]
        print(
            f"  {backend:14} wall {gain.middle:5.2f} ({gain.least:.2f} to {gain.most:.2f})   "
            f"own {other.middle:5.2f} ({other.least:.2f} to {other.most:.2f})   "
            f"{'●' if best else ' '} {'same bytes' if same else 'DIFFERENT BYTES'}"
        )


if __name__ == "__main__":
    main()
