"""What a context of 1 GB costs a worker: opening, slices, lines, search; memory of its own and seconds.

A file is made (ASCII, then of mixed scripts), and a fresh interpreter opens it as the confined worker does.
The bar: opening it and slicing near the middle and at the end take at most 1 s together and 0.1 times the
file in anonymous memory; pages of the file itself are not counted, since they can be dropped at any time.
What comes after the bar is timed apart. The file is in the page cache, as one just written is.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ASCII = "2024-03-{day:02} order {n:09} shipped to the north warehouse by the usual carrier, two days late\n"
MIXED = (
    "2024-03-{day:02} заказ {n:09} отправлен 漢字仮名 to the north warehouse – über Köln \U0001f600, late\n"
)

INSIDE = r"""
import json, os, re, sys, time
sys.path.insert(0, sys.argv[2])
from whence.rlm.worker.documents import open_documents
from whence.rlm.worker.patterns import grep_in, install_re_support
def status(field):
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith(field)) / 1024
path, rows, base = sys.argv[1], [], status("RssAnon")
size = os.path.getsize(path)
peak = 0
def timed(name, work):
    global peak
    began, cpu = time.perf_counter(), time.process_time()
    value = work()
    anonymous = status("RssAnon") - base
    shown = "" if isinstance(value, dict) else str(value)[:60]
    rows.append((name, time.perf_counter() - began, time.process_time() - cpu, anonymous, shown))
    return value
names = timed("open", lambda: open_documents(
    [{"name": "big", "file": 0, "offset": 0, "length": size}], [os.open(path, os.O_RDONLY)], "text"))
context, grep = names["context"], grep_in(names["docs"])
timed("len, and 1,000 characters in the middle", lambda: context[len(context) // 2 :][:1000][:20])
timed("the last 1,000 characters", lambda: context[-1000:][:20])
timed("line index: len(lines)", lambda: len(context.lines))
timed("a line in the middle", lambda: context.lines[len(context.lines) // 2])
timed("1,000 slices of 2,000 characters, spread", lambda: sum(
    len(context[at : at + 2000]) for at in range(0, len(context) - 2000, len(context) // 1000)))
timed("find, a word at the end", lambda: context.find("needle in it"))
timed("count of a word on every line", lambda: context.count("warehouse"))
timed("grep, plain text, 1 hit", lambda: len(grep("needle in it")))
timed("grep, expression with a text in it, 1 hit", lambda: len(grep(r"needle \w+ it\b")))
timed("grep, expression without one, 1 hit", lambda: len(grep(r"[n]+[ae]{2}[d]+l")))
timed("grep, ignoring case, 1 hit", lambda: len(grep("NEEDLE", ignore_case=True)))
install_re_support()
def search():
    try:
        return len(re.findall(r"needle \w+ it", context))
    except TypeError as error:
        return "refused: " + str(error)[-60:]
timed("re.findall over the whole", search)
timed("iterating over all lines", lambda: sum(1 for _ in context.lines))
print(json.dumps({"rows": rows, "size": size / 2**20, "file": status("RssFile"), "load": os.getloadavg()}))
"""


def make(path: Path, pattern: str, size: int) -> None:
    """Write lines of `pattern` until there are `size` bytes, with a needle in the last."""
    with path.open("wb") as file:
        n = written = 0
        while written < size:
            lines = "".join(pattern.format(day=i % 28 + 1, n=n + i) for i in range(20_000))
            n, written = n + 20_000, written + file.write(lines.encode())
        file.write(b"here is the needle in it\n")


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--mb", type=int, default=1024, help="size of the file")
    size = options.parse_args().mb << 20
    source = str(Path(__file__).parent.parent.parent / "src")
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        for name, pattern in (("ASCII", ASCII), ("mixed scripts", MIXED)):
            path = Path(folder) / "big.txt"
            make(path, pattern, size)
            done = subprocess.run(
                [sys.executable, "-I", "-c", INSIDE, str(path), source],
                capture_output=True,
                text=True,
                check=True,
            )
            path.unlink()
            told = json.loads(done.stdout)
            load = ", ".join(f"{value:.1f}" for value in told["load"])
            print(f"{name}, {told['size']:,.0f} MB; load {load}; {os.cpu_count()} cores")
            print(f"  {'':44} {'wall s':>8} {'CPU s':>8} {'own MB':>8}")
            for what, wall, cpu, own, value in told["rows"]:
                print(f"  {what:44} {wall:8.3f} {cpu:8.3f} {own:8.1f}  {value.strip()}")
            wall, own = sum(row[1] for row in told["rows"][:3]), max(row[3] for row in told["rows"][:3])
            met = wall <= 1 and own <= 0.1 * told["size"]
            failed |= not met
            verdict = "met" if met else "NOT MET"
            print(f"  open and slice: {wall:.3f} s, {own / told['size']:.4f} x its size: {verdict}")
            print(f"  pages of the file in memory: {told['file']:,.0f} MB\n")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
