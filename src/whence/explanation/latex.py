r"""An answer as a section of LaTeX, for a paper; it needs `amsmath`, `amssymb`, `array` and `booktabs`.

Every text is escaped; formulas come from `whence.language.printing`, which escapes the names in them.

>>> print(escaped("50 % of a_b & {c}"))
50 \% of a\_b \& \{c\}
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from whence.explanation.figures import interval, number, percent
from whence.explanation.outline import Outline, outline
from whence.explanation.proof import abbreviated
from whence.explanation.worlds import SAME, WORLDS
from whence.language.lettering import visible
from whence.language.printing import to_latex as formula
from whence.language.simplify import simplify

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from whence.explanation.answer import Answer
    from whence.language.expression import Expression

SPECIAL = {
    **{character: "\\" + character for character in "&%$#_{}"},
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "`": r"\textasciigrave{}",
    "'": r"\textquotesingle{}",
    "−": r"\ensuremath{-}",
    "×": r"\ensuremath{\times}",
    "²": r"\textsuperscript{2}",
    "–": "--",
    "…": r"\ldots{}",
    "Σ": r"\ensuremath{\Sigma}",
    "●": r"\ensuremath{\bullet}",
    "▲": r"\ensuremath{\blacktriangle}",
    "■": r"\ensuremath{\blacksquare}",
    "○": r"\ensuremath{\circ}",
    "“": "``",
    "”": "''",
    "’": "'",
}


def escaped(text: str) -> str:
    """The text, safe in LaTeX's text mode."""
    return "".join(SPECIAL.get(character, character) for character in visible(text))


def to_latex(answer: Answer) -> str:
    """The whole answer as a section."""
    shown = outline(answer)
    lines = [
        "% Made by Whence. Needs \\usepackage{amsmath,amssymb,array,booktabs} and UTF-8.",
        rf"\section*{{{escaped(shown.question)}}}",
        "",
        escaped(shown.sentence),
        "",
    ]
    lines += [rf"From {escaped('; '.join(shown.given))}.", ""] if shown.given else []
    if shown.caution:
        lines += [rf"\textbf{{Failed.}} {escaped(shown.caution)}", ""]
    lines += _numbers(shown)
    lines += [line for _, message in shown.warnings for line in (rf"\emph{{Note.}} {escaped(message)}", "")]
    if shown.reason and answer.status == "refused":
        lines += [escaped(shown.reason), ""]
    if shown.would_help:
        lines += ["What would make it knowable:", *_items(shown.would_help)]
    lines += [r"\subsection*{Verdicts}", r"\begin{description}"]
    for verdict in shown.verdicts:
        body = " ".join(escaped(line) for line in verdict.lines)
        lines.append(rf"\item[{escaped(verdict.title)}] {escaped(verdict.headline)}. {body}")
    lines += [r"\end{description}", ""]
    lines += _worlds(shown)
    lines += _proof(answer, shown)
    lines += _ledger(shown)
    lines += _checks(shown)
    lines += [r"\subsection*{Reproduce}", r"\begin{description}"]
    lines.append(rf"\item[Command] \texttt{{{escaped(shown.command)}}}")
    lines += [rf"\item[{escaped(name)}] {escaped(value)}" for name, value in shown.reproduce]
    return "\n".join([*lines, r"\end{description}", ""])


def _items(items: tuple[str, ...]) -> list[str]:
    return [r"\begin{itemize}", *(rf"\item {escaped(item)}" for item in items), r"\end{itemize}", ""]


def _numbers(shown: Outline) -> list[str]:
    rows: list[tuple[str, str, str, str]] = []
    level = "interval"
    if shown.line is not None:
        line = shown.line
        level = f"{percent(line.level)} interval"
        size = number(line.n, "count") if line.n else ""
        rows.append(("answer", number(line.value, line.unit), interval(line.interval, line.unit), size))
        if line.naive is not None:
            rows.append(("plain comparison", number(line.naive, line.unit), "", ""))
            rows.append(("confounding removed", number(line.removed, line.unit, signed=True), "", ""))
    rows += [(cell.label, cell.value, cell.interval, cell.n) for cell in shown.cells]
    if not rows:
        return []
    body = [" & ".join(escaped(part) for part in row) + r" \\" for row in rows]
    head = rf"& value & {escaped(level)} & $n$ \\"
    return [
        r"\begin{tabular}{lrrr}",
        r"\toprule",
        head,
        r"\midrule",
        *body,
        r"\bottomrule",
        r"\end{tabular}",
        "",
    ]


def _worlds(shown: Outline) -> list[str]:
    worlds = shown.worlds
    if worlds is None:
        return []
    rows = [(each.name, each.first, SAME if each.alike else each.second) for each in worlds.parts]
    wide = r">{\raggedright\arraybackslash}p{0.34\linewidth}"
    lines = [r"\subsection*{Two worlds}", escaped(worlds.sentence), ""]
    lines += _tabular(f"l{wide}{wide}", ("", *WORLDS), rows)
    for table in worlds.tables:
        lines += [rf"\noindent {escaped(table.title)}, case by case:", ""]
        lines += _tabular("l" * len(table.head), table.head, table.rows)
    return [*lines, *([escaped(worlds.note), ""] if worlds.note else [])]


def _tabular(columns: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    body = [" & ".join(map(escaped, row)) + r" \\" for row in (head, *rows)]
    return [
        rf"\begin{{tabular}}{{{columns}}}",
        r"\toprule",
        body[0],
        r"\midrule",
        *body[1:],
        r"\bottomrule",
        r"\end{tabular}",
        "",
    ]


def _proof(answer: Answer, shown: Outline) -> list[str]:
    if answer.estimand is None:
        return []
    expression = abbreviated(simplify(answer.estimand.expression), shown.short)
    lines = [r"\subsection*{Proof}", *_display(expression)]
    if shown.short is not None:
        lines += [
            f"where ${formula_name(shown.short.symbol)}$ stands for {escaped(', '.join(shown.short.names))}."
        ]
    lines.append(r"\begin{enumerate}")
    for line in shown.proof:
        facts = "; ".join(escaped(fact) for fact in line.facts)
        because = f" Because {facts}." if facts else ""
        lines.append(rf"\item \textbf{{{line.title}.}} {escaped(line.words)}{because}")
        lines.append(rf"\[ {formula(line.claim)} = {formula(line.formula)} \]")
    return [*lines, r"\end{enumerate}", ""]


def formula_name(symbol: str) -> str:
    """A one-letter name in math mode."""
    return symbol if len(symbol) == 1 and symbol.isalpha() else rf"\mathrm{{{escaped(symbol)}}}"


def _display(expression: Expression) -> list[str]:
    return [rf"\[ {formula(expression)} \]"]


def _ledger(shown: Outline) -> list[str]:
    if not shown.ledger:
        return []
    told = tuple(
        f"{row.statement} (from {row.source}; testable: {row.testable}; {row.status})" for row in shown.ledger
    )
    return [r"\subsection*{Assumptions}", *_items(told)]


def _checks(shown: Outline) -> list[str]:
    if not shown.checks:
        return []
    lines = [r"\subsection*{Refutations}", r"\begin{description}"]
    for check in shown.checks:
        found = f" ({escaped(check.numbers)})" if check.numbers else ""
        lines.append(rf"\item[{escaped(check.name)}: {check.word}] {escaped(check.sentence)}{found}")
    return [*lines, r"\end{description}", ""]
