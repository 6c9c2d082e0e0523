"""The doctor's page: the GIL, myth, magic and multicore, on this machine. Eighty columns.

What was found stands first, one fact a line; then what several workers gained, drawn; then what it means, in
three sentences made of the figures above them. Colour says the same as the words and is left out when piped.
"""

from __future__ import annotations

import os
import sys
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from whence.cli.doctor.meaning import meaning
from whence.cli.doctor.work import WORK

if TYPE_CHECKING:
    from collections.abc import Iterator

    from whence.cli.doctor.checkup import Checkup
    from whence.cli.doctor.measuring import Gain, Measured
    from whence.numerics.blas import Library

WIDTH: Final = 80
GB: Final = 1 << 30
NAME, HOLDS, TAKES = 22, 5, 13
"""Widths of the columns that every table of gains has."""
GOOD, FAIR = 0.85, 0.6
"""Shares of the gain that as many workers could have: from here on green, from there on yellow."""

NAMES: Final = {"openblas": "OpenBLAS", "mkl": "MKL", "blis": "BLIS", "accelerate": "Accelerate"}


def to_text(found: Checkup, kept: Path | None = None, *, color: bool | None = None) -> str:
    """The page as lines of text; `kept` is where the figures were written."""
    coloured = _wanted() if color is None else color
    console = Console(
        file=StringIO(),
        width=WIDTH,
        force_terminal=coloured,
        no_color=not coloured,
        color_system="standard" if coloured else None,
        highlight=False,
        markup=False,
        emoji=False,
        legacy_windows=False,
    )
    console.print(Text("The GIL: myth, magic and multicore, on your machine", "bold"))
    console.print()
    _facts(console, found)
    _warning(console, found)
    _gains(console, found)
    _costs(console, found)
    _meaning(console, found)
    _foot(console, found, kept)
    file = console.file
    text = file.getvalue() if isinstance(file, StringIO) else ""
    return "\n".join(line.rstrip() for line in text.splitlines()) + "\n"


def _wanted() -> bool:
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


# ── facts ───────────────────────────────────────────────────────────────────────────────────────────────────


def _facts(console: Console, found: Checkup) -> None:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True, style="dim")
    grid.add_column(ratio=1)
    for name, text in _lines(found):
        grid.add_row(name, text)
    console.print(Padding(grid, (0, 0, 0, 2)))


def _lines(found: Checkup) -> Iterator[tuple[str, Text]]:
    python = found.interpreter
    yield "Python", Text(f"{python.implementation} {python.version}, {python.build} · {python.platform}")
    yield "GIL", _lock(found)
    yield "Cores", Text(_cores(found))
    yield "Load", _load(found)
    yield "Memory", Text(_memory(found))
    yield "BLAS", Text(_libraries(found.libraries, "blas"))
    yield "OpenMP", Text(_libraries(found.libraries, "openmp"))
    yield "numba", Text(_numba(found))
    yield "Sandbox", _sandbox(found)


def _lock(found: Checkup) -> Text:
    lock = found.lock
    if not lock.free_threaded:
        return Text("on; this build cannot run without it (3.13t and later can)")
    if lock.at_start:
        return Text("on from the start, as asked for (PYTHON_GIL or -X gil)", "yellow")
    if not lock.culprits:
        count = sum(each.found for each in lock.imports)
        return Text(f"off, and off after importing {count} libraries", "green")
    named = "; ".join(f"{each.module} turned it on ({each.turned_on_by})" for each in lock.culprits)
    return Text(f"off at the start; {named}", "yellow")


def _cores(found: Checkup) -> str:
    has = found.capacity
    limit = "no container limit" if has.quota is None else f"container limit {has.quota:.3g}"
    of = f"{has.cores}" if has.cores == has.machine_cores else f"{has.cores} of {has.machine_cores}"
    return f"{of} · {has.processor} · {limit}"


def _load(found: Checkup) -> Text:
    load, cores = found.capacity.load, found.capacity.cores
    if load is None:
        return Text("this platform does not tell")
    if found.clock == "threads":
        return Text(f"{load:.1f} on {cores} cores: busy", "yellow")
    return Text(f"{load:.1f} on {cores} cores: the clock on the wall can be trusted")


def _memory(found: Checkup) -> str:
    has = found.capacity
    limit = "no container limit" if has.memory_limit is None else f"limit {has.memory_limit / GB:.3g} GB"
    return "not told" if has.memory is None else f"{has.memory / GB:.3g} GB · {limit}"


def _libraries(libraries: tuple[Library, ...], does: str) -> str:
    own = [each for each in libraries if each.does == does]
    if not own:
        return "none found"
    named = [
        " ".join(
            part for part in (NAMES.get(each.name, ""), each.version or "", f"({each.brought_by})") if part
        )
        for each in own
    ]
    most = max(each.threads for each in own)
    return f"{', '.join(named)} · {most} threads, held to 1 in our kernels"


def _numba(found: Checkup) -> str:
    version = found.versions.get("numba")
    if version is None:
        return "not installed; numpy does its work"
    return f"{version} · compiled loops that release the GIL, on our threads"


def _sandbox(found: Checkup) -> Text:
    box = found.sandbox
    if box.escaped:
        return Text(f"does not hold: {', '.join(box.escaped)}", "bold red")
    if not box.holds:
        return Text(f"none here: {box.reason}", "yellow")
    return Text(f"{', '.join(box.layers)} · {box.tried} escapes tried, none worked")


def _warning(console: Console, found: Checkup) -> None:
    if found.clock == "wall":
        return
    text = (
        "The machine is busy: a clock on the wall would measure the neighbours. Gains are estimated "
        "from what each worker did with the time it had, and tend to come out high. "
        "Measure again when the machine is quiet."
    )
    grid = Table.grid(padding=(0, 1))
    grid.add_row(Text("▲", "yellow"), Text(text, "yellow"))
    console.print()
    console.print(Padding(grid, (0, 0, 0, 2)))


# ── gains ───────────────────────────────────────────────────────────────────────────────────────────────────


def _gains(console: Console, found: Checkup) -> None:
    names = list(found.overheads)
    console.print()
    how = "times on the wall" if found.clock == "wall" else "estimated"
    console.print(Text(f"What {found.workers} workers gain ({how}; median, least and most)", "bold"))
    console.print()
    left = WIDTH - 2 - NAME - HOLDS - TAKES - 2 * (len(names) + 2)
    width = left // len(names)
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True, width=NAME)
    grid.add_column(no_wrap=True, width=HOLDS, justify="right")
    for _ in names:
        grid.add_column(no_wrap=True, width=width)
    grid.add_column(no_wrap=True, width=TAKES)
    grid.add_row(*(Text(word, "dim") for word in ("", "lock", *_heads(names, width), "Whence takes")))
    for each in found.work:
        grid.add_row(*_row(each, names, found, width))
    console.print(Padding(grid, (0, 0, 0, 2)))
    console.print(
        Padding(
            Text("lock: the share of its time in which the work, alone, holds the GIL", "dim"), (0, 0, 0, 2)
        )
    )


def _heads(names: list[str], width: int) -> Iterator[str]:
    for name in names:
        yield name if len(name) <= width else name.replace("interpreters", "sub-int.")


def _row(each: Measured, names: list[str], found: Checkup, width: int) -> Iterator[Text]:
    kind, decision = WORK[each.key], found.decisions[each.key]
    yield Text.assemble(kind.name, "\n", (f"{kind.does}, {_time(each.seconds)}", "dim"))
    yield Text(f"{each.holds:.0%}".replace("%", " %"))
    for name in names:
        gain = each.gains.get(name)
        yield Text("–", "dim") if gain is None else _bar(gain, found.workers, width)
    begins = f"\nfrom {_time(decision.worth_from)} on" if decision.backend != "serial" else "\n"
    yield Text.assemble((decision.backend, "bold"), (begins, "dim"))


def _bar(gain: Gain, workers: int, width: int) -> Text:
    """The gain in figures, and as a bar that is full where there is as much as there are workers."""
    length = max(0, width - len("0.00× "))
    style = "green" if gain.middle >= GOOD * workers else "yellow" if gain.middle >= FAIR * workers else "red"
    eighths = round(length * 8 * min(1.0, gain.middle / workers))
    drawn = "━" * (eighths // 8) + ("╸" if eighths % 8 >= 4 else "")
    rest = "─" * (length - len(drawn))
    wide = f"{gain.least:.2f} to {gain.most:.2f}"
    spread = wide if len(wide) <= width else f"{gain.least:.1f}–{gain.most:.1f}"
    return Text.assemble(
        (f"{gain.middle:.2f}× ", style), (drawn, style), (rest, "dim"), "\n", (spread, "dim")
    )


def _time(seconds: float) -> str:
    if seconds >= 9.95:
        return f"{seconds:.0f} s"
    if seconds >= 1:
        return f"{seconds:.1f} s"
    if seconds >= 0.000_95:
        return f"{seconds * 1e3:.2g} ms" if seconds < 0.0995 else f"{seconds * 1e3:.0f} ms"
    return f"{seconds * 1e6:.0f} µs"


def _costs(console: Console, found: Checkup) -> None:
    console.print()
    console.print(Text("What they cost", "bold"))
    grid = Table.grid(padding=(0, 2))
    for name, cost in found.overheads.items():
        own = f"{_time(cost.start.wall)} to start, {_time(cost.start.cpu_each)} of processor time each"
        grid.add_row(Text(name), Text(own), Text(f"{_time(cost.per_task)} a task"))
    console.print(Padding(grid, (0, 0, 0, 2)))


# ── meaning ─────────────────────────────────────────────────────────────────────────────────────────────────


def _meaning(console: Console, found: Checkup) -> None:
    console.print()
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True)
    grid.add_column(ratio=1)
    for word, sentence in meaning(found):
        grid.add_row(Text(word, "bold"), Text(sentence))
    console.print(Padding(grid, (0, 0, 0, 2)))
    console.print()
    if found.same:
        mark, words = ("● same bytes", "green"), "every backend gave every result to the last bit"
    else:
        wrong = sorted({name for each in found.work for name, same in each.same.items() if not same})
        mark, words = ("■ NOT the same bytes", "bold red"), f"{', '.join(wrong)}: please report this"
    console.print(Padding(Text.assemble(mark, "  ", words), (0, 0, 0, 2)))


def _foot(console: Console, found: Checkup, kept: Path | None) -> None:
    console.print()
    where = (
        f"kept in {_short(kept)}, where the choice of backends reads it" if kept is not None else "not kept"
    )
    console.print(Padding(Text(f"{found.at} · {where}", "dim"), (0, 0, 0, 2)))


def _short(path: Path) -> str:
    try:
        return f"~/{path.relative_to(Path.home())}"
    except (ValueError, RuntimeError):
        return str(path)
