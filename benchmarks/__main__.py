"""Run the benchmarks: `./run bench` all of them, `./run bench import_time` one, `./run bench --list` none.

Those of a room with many have a folder of their own: `./run bench rlm/throughput`.
"""

import subprocess
import sys
import time
from pathlib import Path

FOLDER = Path(__file__).parent
ROOMS = ("multicore", "rlm", "studio")


def scripts() -> dict[str, Path]:
    """Name -> script of every benchmark."""
    folders = (FOLDER, *(FOLDER / room for room in ROOMS))
    paths = [path for folder in folders for path in sorted(folder.glob("*.py"))]
    named = {path.relative_to(FOLDER).with_suffix("").as_posix(): path for path in paths}
    return {name: path for name, path in named.items() if path.stem[0] != "_" and is_script(path)}


def is_script(path: Path) -> bool:
    """Whether a file can be run by itself and measures by itself; others are parts of one that does."""
    text = path.read_text("utf-8")
    return "__main__" in text and not text.lstrip().startswith(('"""A mock', '"""Run in the rivals'))


def summary(script: Path) -> str:
    """The first line of a script's docstring."""
    return script.read_text("utf-8").lstrip().split("\n", 1)[0].strip('"')


def main(names: list[str]) -> int:
    """Run the named benchmarks one after the other (all if none is named); 1 if one fails."""
    known = scripts()
    if "--list" in names:
        for name, script in known.items():
            print(f"{name:24} {summary(script)}")
        return 0
    unknown = [name for name in names if name not in known]
    if unknown:
        print(f"no benchmark {', '.join(unknown)}; there are {', '.join(known)}", file=sys.stderr)
        return 2
    failed = False
    for name in names or known:
        print(f"== {name}: {summary(known[name])}", flush=True)
        began = time.perf_counter()
        done = subprocess.run([sys.executable, str(known[name])], cwd=FOLDER.parent, check=False)
        failed |= done.returncode != 0
        print(f"== {name}: exit {done.returncode}, {time.perf_counter() - began:.1f} s\n", flush=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
