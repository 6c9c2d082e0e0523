r"""An answer as Markdown, for a pull request, a wiki or a notebook.

Every name and sentence is escaped, so that no text of a stranger becomes markup, a link or an image.

>>> escaped("*a* <b> [x](y)")
'\\*a\\* &lt;b&gt; \\[x\\](y)'
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from whence.explanation.figures import interval, number, percent, sample
from whence.explanation.outline import MARKS, Outline, outline
from whence.explanation.worlds import SAME, WORLDS
from whence.language.lettering import visible
from whence.language.printing import to_text
from whence.language.simplify import simplify

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from whence.explanation.answer import Answer

SPECIAL = re.compile(r"([\\`*_{}\[\]#|~$!])")


def escaped(text: str) -> str:
    """The text as Markdown that shows it and does nothing else."""
    plain = visible(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    plain = SPECIAL.sub(r"\\\1", plain)
    # An address would become a link by itself.
    plain = re.sub(r"(?i)\b(https?|ftp)://", r"\1&#58;//", plain)
    return re.sub(r"(?i)\bwww\.", "www&#46;", plain)


def code(text: str) -> str:
    """The text as inline code, whatever backticks it holds."""
    shown = visible(text)
    longest = max((len(run) for run in re.findall(r"`+", shown)), default=0)
    fence = "`" * (longest + 1)
    space = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{fence}{space}{shown}{space}{fence}"


def _block(text: str, language: str) -> list[str]:
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return [f"{fence}{language}", text, fence, ""]


def to_markdown(answer: Answer) -> str:
    """The whole answer, in the order of every view."""
    shown = outline(answer)
    lines = [f"# {escaped(shown.sentence)}", "", f"Asked: {escaped(shown.question)}  "]
    lines += [f"Read as: {code(shown.reading)}" + "  " * bool(shown.given)] if shown.reading else []
    lines += [f"From: {', '.join(map(code, shown.given))}"] if shown.given else []
    lines += [""]
    if shown.caution:
        lines += [f"> **{MARKS['failed']} Failed.** {escaped(shown.caution)}", ""]
    lines += _numbers(shown)
    lines += [f"> {MARKS['inconclusive']} {escaped(message)}" + "\n" for _, message in shown.warnings]
    if shown.reason and answer.status == "refused":
        lines += [escaped(shown.reason), ""]
    if shown.would_help:
        lines += [
            "What would make it knowable:",
            "",
            *(f"- {escaped(each)}" for each in shown.would_help),
            "",
        ]
    lines += _verdicts(shown)
    lines += _graph(answer)
    lines += _worlds(shown)
    lines += _proof(answer, shown)
    lines += _ledger(shown)
    lines += _checks(shown)
    lines += ["## Reproduce it", "", *_block(shown.command, "sh"), *_block(shown.script, "python")]
    lines += _table(("", ""), [(escaped(name), escaped(value)) for name, value in shown.reproduce])
    return "\n".join(lines).rstrip() + "\n"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    body = [f"| {' | '.join(row)} |" for row in rows]
    if not body:
        return []
    return [f"| {' | '.join(head)} |", f"|{'|'.join(' --- ' for _ in head)}|", *body, ""]


def _numbers(shown: Outline) -> list[str]:
    line = shown.line
    if line is not None:
        sure = f"{percent(line.level)} interval"
        rows = [("answer", number(line.value, line.unit), interval(line.interval, line.unit))]
        if line.naive is not None:
            rows.append(("plain comparison", number(line.naive, line.unit), ""))
            rows.append(("confounding removed", number(line.removed, line.unit, signed=True), ""))
        return [*_table(("", "value", sure), rows), sample(line.n), ""]
    rows = [(escaped(cell.label), cell.value, cell.interval, cell.n) for cell in shown.cells]
    return _table(("", "value", "interval", "n"), rows)


def _verdicts(shown: Outline) -> list[str]:
    lines: list[str] = []
    for verdict in shown.verdicts:
        lines += [f"**{verdict.title}**: {MARKS[verdict.mark]} {escaped(verdict.headline)}", ""]
        lines += [*(f"- {escaped(line)}" for line in verdict.lines), ""]
    return lines


def _graph(answer: Answer) -> list[str]:
    if answer.graph is None:
        return []
    edges = [f"{visible(edge.source)} {edge.mark} {visible(edge.target)}" for edge in answer.graph.edges]
    return ["## The graph", "", *_block("\n".join(edges) or "no edges", "text")]


def _worlds(shown: Outline) -> list[str]:
    worlds = shown.worlds
    if worlds is None:
        return []
    rows = [(each.name, each.first, SAME if each.alike else each.second) for each in worlds.parts]
    lines = ["## Two worlds", "", escaped(worlds.sentence), ""]
    lines += _table(("", *WORLDS), [tuple(map(escaped, row)) for row in rows])
    for table in worlds.tables:
        body = [tuple(map(escaped, row)) for row in table.rows]
        lines += [
            f"{escaped(table.title)}, case by case:",
            "",
            *_table(tuple(map(escaped, table.head)), body),
        ]
    return [*lines, *([escaped(worlds.note), ""] if worlds.note else [])]


def _proof(answer: Answer, shown: Outline) -> list[str]:
    if answer.estimand is None:
        return []
    lines = ["## The proof", "", code(to_text(simplify(answer.estimand.expression))), ""]
    if shown.short is not None:
        lines += [f"Below, {escaped(shown.short.text)}.", ""]
    for line in shown.proof:
        uses = f" (from {', '.join(map(str, line.uses))})" if line.uses else ""
        lines.append(f"{line.number}. **{line.title}.** {escaped(line.words)}{uses}  ")
        lines += [f"   {code(line.text)}  ", f"   In short: {escaped(line.plain)}"]
        lines += [f"   - {escaped(fact)}" for fact in line.facts]
    return [*lines, ""]


def _ledger(shown: Outline) -> list[str]:
    if not shown.ledger:
        return []
    rows = [
        (escaped(row.statement), escaped(row.source), row.testable, f"{MARKS[row.mark]} {row.status}")
        for row in shown.ledger
    ]
    return ["## What it rests on", "", *_table(("assumption", "from", "testable", "the data say"), rows)]


def _checks(shown: Outline) -> list[str]:
    if not shown.checks:
        return []
    lines = ["## Attempts to break it", ""]
    for check in shown.checks:
        lines.append(
            f"- {MARKS[check.mark]} **{check.word}** · {escaped(check.name)}: {escaped(check.sentence)}"
        )
        found = f" Found: {escaped(check.numbers)}." if check.numbers else ""
        lines.append(
            f"  If the answer is right: {escaped(check.null)}.{found} Blind to: {escaped(check.blind_to)}."
        )
    return [*lines, ""]
