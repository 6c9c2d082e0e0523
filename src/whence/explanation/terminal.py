"""An answer in the terminal: the order of every view, a hundred columns, colour by meaning.

The number line is drawn in characters and the graph is a list of arrows with the roles beside it. `full` adds
the proof and the ledger. Nothing that a stranger named can move the cursor or turn colours on.
"""

from __future__ import annotations

import os
import shlex
import sys
from io import StringIO
from typing import TYPE_CHECKING

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from whence.explanation.charts.characters import cell_lines, line_of_characters
from whence.explanation.charts.roles_graph import asked, graph_words
from whence.explanation.outline import MARKS, Outline, outline
from whence.explanation.proof import abbreviated
from whence.explanation.worlds_text import worlds_lines
from whence.language.lettering import visible
from whence.language.printing import to_text as formula
from whence.language.roles import ROLES, roles
from whence.language.simplify import simplify
from whence.language.svg import WORDS

if TYPE_CHECKING:
    from whence.explanation.answer import Answer
    from whence.language.graph import Graph

COLOURS = {"survived": "green", "inconclusive": "yellow", "failed": "bold red", "none": "dim"}
ROLE_COLOURS = {"treatment": "blue", "outcome": "red", "adjusted": "green", "confounder": "yellow"}
MOST_EDGES = 12
FULL = "--full shows the proof and the assumptions"
FULL_REFUSED = "--full shows the two worlds"


def to_text(answer: Answer, *, full: bool = False, width: int = 100, color: bool | None = None) -> str:
    """The answer as lines of text; see `Answer.to_text`."""
    coloured = _wanted() if color is None else color
    console = Console(
        file=StringIO(),
        width=max(40, width),
        force_terminal=coloured,
        no_color=not coloured,
        color_system="standard" if coloured else None,
        highlight=False,
        markup=False,
        emoji=False,
        legacy_windows=False,
    )
    shown = outline(answer)
    _head(console, answer, shown)
    _verdicts(console, shown)
    _graph(console, answer)
    if full:
        _worlds(console, shown)
        _proof(console, answer, shown)
        _ledger(console, shown)
    _checks(console, shown, full)
    _foot(console, shown, full)
    file = console.file
    text = file.getvalue() if isinstance(file, StringIO) else ""
    return "\n".join(line.rstrip() for line in text.splitlines()) + "\n"


def _wanted() -> bool:
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _section(console: Console, title: str) -> None:
    console.print()
    console.print(Text(title, "bold"))


def _indented(console: Console, text: Text, left: int = 2) -> None:
    console.print(Padding(text, (0, 0, 0, left)))


def _head(console: Console, answer: Answer, shown: Outline) -> None:
    console.print(Text(shown.sentence, "bold"))
    if shown.caution:
        console.print()
        console.print(Text.assemble((f"{MARKS['failed']} FAILED  ", "bold red"), (shown.caution, "red")))
    if shown.line is not None:
        console.print()
        for line in line_of_characters(shown.line, min(console.width, 100)):
            console.print(Text.assemble(*line), soft_wrap=True)
    if shown.cells:
        console.print()
        for line in cell_lines(shown.cells, console.width - 2):
            _indented(console, Text(line))
    if shown.given:
        console.print()
        console.print(Text(f"From {'; '.join(shown.given)}.", "dim"))
    if shown.reason and answer.status == "refused":
        console.print()
        console.print(Text(shown.reason))
    if shown.would_help:
        _section(console, "What would make it knowable")
        for each in shown.would_help:
            _hanging(console, "·", each)
    if shown.warnings:
        console.print()
        for _, message in shown.warnings:
            _hanging(console, MARKS["inconclusive"], message, "yellow", left=0)


def _hanging(console: Console, mark: str, text: str, style: str = "", *, left: int = 2) -> None:
    """A marked line whose further lines stand under its words."""
    grid = Table.grid(padding=(0, 1))
    grid.add_column(no_wrap=True)
    grid.add_column(ratio=1)
    grid.add_row(Text(mark, style), Text(text))
    console.print(Padding(grid, (0, 0, 0, left)))


def _verdicts(console: Console, shown: Outline) -> None:
    console.print()
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True)
    grid.add_column(ratio=1)
    for verdict in shown.verdicts:
        head = Text.assemble((f"{MARKS[verdict.mark]} {verdict.title}", COLOURS[verdict.mark]))
        body = Text(verdict.headline)
        if verdict.title != "Tested":
            body.append("\n" + " ".join(verdict.lines), "dim")
        grid.add_row(head, body)
    console.print(grid)


def _graph(console: Console, answer: Answer) -> None:
    graph = answer.graph
    if graph is None or not graph.nodes:
        return
    _section(console, "Graph")
    x, y, adjusted, selected = asked(answer)
    played = roles(graph, x, y, adjusted=adjusted, selected=selected)
    for role in ROLES:
        names = [visible(name) for name in graph.nodes if played[name] == role]
        if names and role != "other":
            line = Text.assemble((f"{WORDS[role]:<14}", ROLE_COLOURS.get(role, "dim")), ", ".join(names))
            _indented(console, line)
    for line in arrow_list(graph):
        _indented(console, Text(line))
    _indented(console, Text(graph_words(answer), "dim"))


def arrow_list(graph: Graph, most: int = MOST_EDGES) -> list[str]:
    """The edges as arrows, those with the same ends in one line: "{a, b, c} -> x"."""
    sources: dict[tuple[str, str], list[str]] = {}
    for edge in graph.edges:
        if edge.mark == "->":
            sources.setdefault((edge.mark, edge.target), []).append(edge.source)
    grouped: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for (mark, target), names in sources.items():
        grouped.setdefault((mark, tuple(names)), []).append(target)
    lines = [f"{_block(names)} {mark} {_block(targets)}" for (mark, names), targets in grouped.items()]
    lines += _confounded(graph)
    lines += [
        f"{visible(e.source)} {e.mark} {visible(e.target)}"
        for e in graph.edges
        if "o" in e.mark or e.mark == "--"
    ]
    rest = len(lines) - most
    return [*lines[:most], f"… and {rest} more lines"] if rest > 1 else lines


def _confounded(graph: Graph) -> list[str]:
    """The bidirected edges, a set in which all are joined as one line."""
    pairs = [(edge.source, edge.target) for edge in graph.edges if edge.mark == "<->"]
    ends = list(dict.fromkeys(name for name in graph.nodes for pair in pairs if name in pair))
    if len(ends) > 2 and len(pairs) == len(ends) * (len(ends) - 1) // 2:
        return [f"{_block(ends)} each <-> every other"]
    return [f"{visible(a)} <-> {visible(b)}" for a, b in pairs]


def _block(names: tuple[str, ...] | list[str]) -> str:
    shown = ", ".join(visible(name) for name in names)
    return shown if len(names) == 1 else f"{{{shown}}}"


def _worlds(console: Console, shown: Outline) -> None:
    if shown.worlds is None:
        return
    _section(console, "Two worlds")
    for line in worlds_lines(shown.worlds, console.width - 2):
        _indented(console, Text(line))


def _proof(console: Console, answer: Answer, shown: Outline) -> None:
    if answer.estimand is None:
        return
    _section(console, "Proof")
    expression = abbreviated(simplify(answer.estimand.expression), shown.short)
    _indented(console, Text(visible(formula(expression)), "cyan"))
    if shown.short is not None:
        _indented(console, Text(f"where {shown.short.text}", "dim"))
    for line in shown.proof:
        uses = f" (from {', '.join(map(str, line.uses))})" if line.uses else ""
        grid = Table.grid(padding=(0, 1))
        grid.add_column(justify="right", no_wrap=True, width=4)
        grid.add_column(ratio=1)
        body = Text.assemble((f"{line.title}. ", "bold"), line.words, (uses, "dim"))
        body.append(f"\n{line.text}", "cyan")
        for fact in line.facts:
            body.append(f"\nbecause {fact}", "dim")
        grid.add_row(f"{line.number}.", body)
        console.print(grid)


def _ledger(console: Console, shown: Outline) -> None:
    if not shown.ledger:
        return
    _section(console, "What it rests on")
    for row in shown.ledger:
        told = "testable" if row.testable == "yes" else "not testable"
        mark = Text(f"{MARKS[row.mark]} {row.status:<12}", COLOURS[row.mark])
        grid = Table.grid(padding=(0, 1))
        grid.add_column(no_wrap=True)
        grid.add_column(ratio=1)
        grid.add_row(mark, Text.assemble(row.statement, (f" (from {row.source}; {told})", "dim")))
        console.print(Padding(grid, (0, 0, 0, 2)))


def _checks(console: Console, shown: Outline, full: bool) -> None:
    if not shown.checks:
        return
    _section(console, "Attempts to break it")
    for check in shown.checks:
        grid = Table.grid(padding=(0, 1))
        grid.add_column(no_wrap=True)
        grid.add_column(ratio=1)
        mark = Text(f"{MARKS[check.mark]} {check.word:<12}", COLOURS[check.mark])
        body = Text.assemble((f"{check.name}. ", "bold"), check.sentence)
        if full:
            found = f" ({check.numbers})" if check.numbers else ""
            body.append(f"\nNull: {check.null}{found}. Blind to: {check.blind_to}.", "dim")
        grid.add_row(mark, body)
        console.print(Padding(grid, (0, 0, 0, 2)))


def _foot(console: Console, shown: Outline, full: bool) -> None:
    _section(console, "Reproduce")
    for line in broken(shown.command, console.width - 2):
        console.print(Text(f"  {line}", "cyan"), soft_wrap=True)
    if not full:
        _indented(console, Text(FULL_REFUSED if shown.worlds else FULL, "dim"))
        return
    for name, value in shown.reproduce:
        _hanging(console, f"{name:<14}", value, "dim")


def broken(command: str, width: int) -> list[str]:
    """A command line that can be copied: on one line, or an option a line, a backslash before each break."""
    if len(command) <= width:
        return [command]
    try:
        words = [shlex.quote(word) for word in shlex.split(command)]
    except ValueError:
        return [command]
    lines: list[str] = []
    for word in words:
        if not lines or word.startswith("--"):
            lines.append(word)
        else:
            lines[-1] += f" {word}"
    last = len(lines) - 1
    return [("    " if i else "") + line + (" \\" if i < last else "") for i, line in enumerate(lines)]
