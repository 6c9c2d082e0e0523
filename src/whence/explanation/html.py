"""An answer as a page: one file, no script, nothing from outside, light or dark as the reader has it.

Every word of the answer passes through the template's escaping; only figures and formulas, which escape what
they show themselves, are put in as they are.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from whence.explanation.charts import canvas
from whence.explanation.charts.balance import MOST, love_plot
from whence.explanation.charts.contour import contour_chart, contour_words
from whence.explanation.charts.limits import limits
from whence.explanation.charts.number_line import cells, number_line
from whence.explanation.charts.overlap import overlap_chart
from whence.explanation.charts.roles_graph import graph_words, roles_graph
from whence.explanation.figures import number, percent, sample
from whence.explanation.mathml import displayed, equation
from whence.explanation.outline import MARKS, Outline, outline, robustness_words
from whence.explanation.proof import abbreviated
from whence.explanation.sentence import unit_of
from whence.explanation.worlds import SAME, WORLDS
from whence.language.lettering import visible
from whence.language.printing import to_text
from whence.language.simplify import simplify
from whence.language.svg_marks import DARK, LIGHT, RULES

if TYPE_CHECKING:
    from whence.estimation.values import Estimate
    from whence.explanation.answer import Answer

TORN = re.compile(r"(?<=\d) (?=%)|(?<=\b[np]) (?=[=<] )|(?<=\b[np] [=<]) ")
RUNGS = {1: "Rung 1: seeing", 2: "Rung 2: doing", 3: "Rung 3: imagining"}


@cache
def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("whence.explanation", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["together"] = together
    return made


def together(text: str) -> str:
    """The text with numbers kept on one line with their signs: n = 185, 95 %.

    >>> together("95 %: 1 to 2; n = 185").count("\N{NO-BREAK SPACE}")
    3
    """
    return TORN.sub("\N{NO-BREAK SPACE}", text)


def page(answer: Answer) -> str:
    """The report: a whole HTML document."""
    return _environment().get_template("report.html.j2").render(_context(answer))


def notebook(answer: Answer) -> str:
    """The answer for a notebook cell: its first part, the evidence folded under it."""
    return _environment().get_template("notebook.html.j2").render(_context(answer))


def fragment(answer: Answer, *, supposing: str = "") -> str:
    """The whole answer as an element for a page that has a style of its own for it: no style is in it.

    `supposing`, HTML that is safe already, stands where a report shows the contours of sensitivity.
    """
    # What is wider than its place can be reached and scrolled by keyboard, where a page promises that.
    context = _context(answer) | {"supposing": _drawn(supposing), "reach": _drawn(' tabindex="0"')}
    return _environment().get_template("fragment.html.j2").render(context)


def summary(answer: Answer) -> str:
    """What an answer begins with, the sentence, the number line and the three verdicts, as an element."""
    return (
        _environment()
        .get_template("summary.html.j2")
        .render(_opening(answer, outline(answer)) | {"heading": "h3"})
    )


def _drawn(picture: str) -> Markup:
    """A figure or formula of our own, in which every text is escaped already."""
    return Markup(picture)  # noqa: S704 - made by our own writers, which escape


def _context(answer: Answer) -> dict[str, Any]:
    shown = outline(answer)
    context: dict[str, Any] = {
        "supposing": "",
        "reach": "",
        "worlds": WORLDS,
        "same": SAME,
        "light": LIGHT,
        "dark": DARK,
        "rules": _drawn(RULES + canvas.RULES),
        "made_by": visible(f"Made by Whence {answer.provenance.get('version', '')}".rstrip()),
        "graph": answer.graph and _drawn(roles_graph(answer)),
        "narrow_graph": answer.graph and _drawn(roles_graph(answer, narrow=True)),
        "graph_words": graph_words(answer),
        "robust": robustness_words(answer),
    }
    return _opening(answer, shown) | context | _proof(answer, shown) | _evidence(answer)


def _opening(answer: Answer, shown: Outline) -> dict[str, Any]:
    """What an answer begins with, down to the three verdicts."""
    return {
        "o": shown,
        "heading": "h1",
        "marks": MARKS,
        "rung": RUNGS.get(answer.rung or 0, "A question"),
        "provenance_line": _provenance(answer),
        "n": "" if shown.line is None else sample(shown.line.n),
        "number_line": shown.line and _drawn(number_line(shown.line)),
        "cells_chart": shown.cells and _drawn(_cells(answer, shown)),
    }


def _provenance(answer: Answer) -> str:
    source = answer.provenance.get("data")
    return visible(f"Data: {source}") if isinstance(source, str) else ""


def _cells(answer: Answer, shown: Outline) -> str:
    if not answer.estimates and answer.bounds is not None:
        return limits(answer.bounds, unit_of(answer))
    pairs = zip(shown.cells, answer.estimates, strict=True)
    return cells([(cell, each.value, each.interval) for cell, each in pairs])


def _proof(answer: Answer, shown: Outline) -> dict[str, Any]:
    if answer.estimand is None:
        return {"proof": [], "estimand_math": "", "estimand_text": ""}
    expression = abbreviated(simplify(answer.estimand.expression), shown.short)
    return {
        "proof": [(line, _drawn(equation(line.claim, line.formula))) for line in shown.proof],
        "estimand_math": _drawn(displayed(expression)),
        "estimand_text": visible(to_text(expression)),
    }


def _evidence(answer: Answer) -> dict[str, Any]:
    """The figures of the evidence, where there is something to draw."""
    found = answer.estimate
    love = overlap = ""
    if found is not None:
        love = love_plot(found.diagnostics.balance) if found.diagnostics.balance else ""
        overlap = overlap_chart(found.diagnostics.overlap) if found.diagnostics.overlap else ""
    return {
        "love": _drawn(love),
        "love_words": _love_words(found),
        "overlap": _drawn(overlap),
        "overlap_words": _overlap_words(found),
        "contour": _drawn(contour_chart(answer)),
        "contour_words": contour_words(answer),
    }


def _love_words(found: Estimate | None) -> str:
    if found is None:
        return ""
    balance = found.diagnostics.balance
    apart = sum(abs(each.before) > 0.1 for each in balance)
    still = sum(each.after is not None and abs(each.after) > 0.1 for each in balance)
    rest = f" The {MOST} furthest apart are shown." if len(balance) > MOST else ""
    return (
        f"Hollow: before adjusting; filled: after. Beyond 0.1 (dotted) before: {apart} of {len(balance)}; "
        f"after: {still}.{rest}"
    )


def _overlap_words(found: Estimate | None) -> str:
    if found is None or found.diagnostics.overlap is None:
        return ""
    overlap = found.diagnostics.overlap
    sizes = found.diagnostics.effective_sample_size
    each = "; ".join(f"{visible(name)}: {number(size, 'count')}" for name, size in sizes.items())
    effective = f" Effective sample size: {each}." if each else ""
    support = f"{percent(overlap.common_support)} lie where both were seen."
    return f"Heights are square roots of each group's shares. {support}{effective}"
