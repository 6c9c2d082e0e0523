"""CPU seconds of `import whence` and of `whence --help`, beside a bare interpreter. The goal is 0.3 s."""

import os
import resource
import subprocess
import sys

RUNS = 7
WORK = {
    "a bare interpreter": ["-c", "pass"],
    "import whence": ["-c", "import whence"],
    "whence --help": ["-m", "whence", "--help"],
}


def cpu_seconds(arguments: list[str]) -> float:
    """User and system time of one fresh interpreter."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL, env=os.environ)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def main() -> None:
    """Print the least of several runs of each."""
    for name, arguments in WORK.items():
        print(f"{name:20} {min(cpu_seconds(arguments) for _ in range(RUNS)):6.3f} s CPU, the least of {RUNS}")


if __name__ == "__main__":
    main()
