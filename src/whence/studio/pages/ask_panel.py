"""The question: typed in words or symbols, read back as it is typed, with how it is to be answered."""

from __future__ import annotations

from whence.estimation.plan import METHODS
from whence.language.printing import name_text
from whence.studio.pages.environment import render
from whence.studio.pages.examples import known
from whence.studio.view import View
from whence.studio.wire.regions import Region

METHOD_WORDS = {
    "auto": "chosen from the estimand and the data",
    "aipw": "doubly robust (AIPW)",
    "plr": "partially linear",
    "ols": "least squares",
    "plug-in": "plug-in, exact for discrete data",
}
LEVELS = (0.8, 0.9, 0.95, 0.99)


def ask_region(view: View) -> Region:
    """The bar in which a question is put."""
    sheet, reading = view.sheet, view.reading
    key = (
        view.project,
        view.live,
        sheet.question,
        (sheet.method, sheet.seed, sheet.level),
        (reading.standing, reading.echo, reading.trouble),
        suggestions(view),
    )
    return Region("ask", key, lambda: _ask(view))


def suggestions(view: View) -> tuple[str, ...]:
    """Questions that could be put to what is there: one of the data set's, or made of the parts given."""
    sheet = view.sheet
    treatment, outcome = sheet.named("treatment"), sheet.named("outcome")
    if treatment and outcome:
        pair = f"{name_text(treatment[0])} -> {name_text(outcome[0])}"
        return (f"ATE({pair})", f"ATT({pair})")
    if sheet.data is not None and sheet.data.example:
        found = known(sheet.data.example).question
        return (found,) if found else ()
    return ()


def reading_trouble(trouble: str) -> tuple[str, str]:
    """What is wrong in a line, and what comes after it, which folds: a page does not jump while one types."""
    first, _, rest = trouble.partition("\n")
    return first, rest


def _ask(view: View) -> str:
    sheet = view.sheet
    levels = sorted({*LEVELS, sheet.level})
    methods = [(name, METHOD_WORDS.get(name, name)) for name in METHODS]
    usual = (sheet.method, sheet.seed, sheet.level) == ("auto", 0, 0.95)
    return render(
        "ask.html.j2",
        view=view,
        address=f"/p/{view.project}",
        methods=methods,
        levels=levels,
        trouble=reading_trouble(view.reading.trouble),
        usual=usual,
        suggested=[each for each in suggestions(view) if each != sheet.question],
    )
