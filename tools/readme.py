"""Refresh the README's demo block from the real command.

    python tools/readme.py

The block stands between two comment lines; `demo_output` runs `whence demo` in an empty directory, and
`normalised` removes what differs from run to run (times, versions of nothing else).
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

README = Path(__file__).parent.parent / "README.md"
BLOCK = re.compile(
    r"(<!-- demo: made by tools/readme\.py -->\n```text\n)(.*?)(```\n<!-- end of demo -->)", re.DOTALL
)
SECONDS = re.compile(r"\b\d+(?:\.\d+)? ?s\b")


def demo_output() -> str:
    """What `whence demo` prints, 100 columns wide and without colour."""
    environment = os.environ | {"COLUMNS": "100", "NO_COLOR": "1", "PYTHONIOENCODING": "utf-8"}
    with tempfile.TemporaryDirectory() as empty:
        done = subprocess.run(
            [sys.executable, "-m", "whence", "demo"],
            cwd=empty,
            env=environment,
            capture_output=True,
            encoding="utf-8",
            check=True,
        )
    return "".join(line.rstrip() + "\n" for line in done.stdout.strip("\n").splitlines())


def shown_output(readme: str) -> str:
    """The demo output that a README text shows."""
    found = BLOCK.search(readme)
    if found is None:
        raise SystemExit("README.md has no demo block")
    return found[2]


def normalised(output: str) -> str:
    """The same text with every duration replaced."""
    return SECONDS.sub("… s", output).strip()


def main() -> None:
    """Write the block."""
    readme = README.read_text("utf-8")
    shown_output(readme)
    fresh = demo_output()
    README.write_text(BLOCK.sub(lambda found: found[1] + fresh + found[3], readme), "utf-8")


if __name__ == "__main__":
    main()
