"""The bundled data sets in a newcomer's words: what each is, and what one may ask of it.

>>> EXAMPLES["lalonde"].question
'effect of treat on re78 among the treated'
>>> known("made_up").title
'made_up'
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Example:
    """A bundled data set: its name, what to call it, what it holds, and a question for it."""

    name: str
    title: str
    words: str
    question: str = ""


EXAMPLES: dict[str, Example] = {
    each.name: each
    for each in (
        Example(
            "lalonde",
            "Job training",
            "Did a training programme raise earnings? 185 trained men beside 15,992 others (LaLonde 1986).",
            "effect of treat on re78 among the treated",
        ),
        Example(
            "nhefs",
            "Quitting smoking",
            "Did those who quit gain weight? 1,629 smokers, followed from 1971 to 1982 (NHEFS).",
            "effect of qsmk on wt82_71",
        ),
        Example(
            "kidney_stones",
            "Kidney stones",
            "Better for small stones and for large ones, worse over all: Simpson's paradox (Charig 1986).",
            "effect of treatment on success",
        ),
        Example(
            "nsw",
            "Job training, the experiment",
            "The same programme, assigned by lot: 445 men, for comparison.",
            "effect of treat on re78",
        ),
        Example(
            "drug",
            "A drug, by sex",
            "The textbook's Simpson's paradox: 700 patients, a drug and recovery (Pearl 2016).",
            "effect of drug on recovery",
        ),
    )
}


def known(name: str) -> Example:
    """The example of a name; one without words of ours is called by its name."""
    return EXAMPLES.get(name) or Example(name, name, "")
