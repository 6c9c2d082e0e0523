"""Proofs as the commands `identify` and `verify` print them, once `verify` has checked them."""

from textwrap import fill
from typing import TYPE_CHECKING

from whence.explanation.proof import proof_lines
from whence.explanation.worlds import seen, two_worlds
from whence.explanation.worlds_text import worlds_lines
from whence.language.estimand import Estimand
from whence.language.lettering import visible
from whence.language.refusals import TWO_MODELS
from whence.runtime.plain import JSON

if TYPE_CHECKING:
    from collections.abc import Iterable

    from whence.language.assumptions import Assumption
    from whence.language.refusals import NotIdentified

WIDTH = 100


def claim_text(certificate: "Estimand | NotIdentified") -> str:
    """What is proved, in a line; of a refusal not its message, which no proof is of."""
    if isinstance(certificate, Estimand):
        return f"{visible(str(certificate.query))} = {visible(certificate.text)}"
    return f"{visible(str(certificate.query))} is not determined by {seen(certificate)}."


def steps_told(certificate: "Estimand | NotIdentified") -> list[JSON]:
    """Every step as plain JSON: its number, rule, equation, words and facts; of a refusal, its witness."""
    if not isinstance(certificate, Estimand):
        worlds = two_worlds(certificate)
        hedge = certificate.hedge
        parts = (hedge.forest, hedge.subforest, hedge.roots) if hedge else ((), (), ())
        names = ("forest", "subforest", "roots")
        told: dict[str, JSON] = {name: list(part) for name, part in zip(names, parts, strict=True)}
        return [{"hedge": told, "models": None if worlds is None else worlds.sentence}]
    lines, _ = proof_lines(certificate)
    rules = [step.rule for step in certificate.derivation.walk()]
    return [
        {
            "step": line.number,
            "rule": rule,
            "equation": line.text,
            "words": line.words,
            "plain": line.plain,
            "because": list(line.facts),
            "uses": list(line.uses),
        }
        for line, rule in zip(lines, rules, strict=True)
    ]


def proof_text(certificate: "Estimand | NotIdentified", *, full: bool, why: bool = False) -> str:
    """The claim, and that its proof holds; `full` shows the proof, `why` what a refusal says of itself."""
    if not isinstance(certificate, Estimand):
        worlds, hedge = two_worlds(certificate), certificate.hedge
        told = (
            visible(certificate.message).removesuffix(TWO_MODELS).rstrip() if why else claim_text(certificate)
        )
        text = f"{fill(f'Proved: {told}', WIDTH)}\n{from_line(certificate)}"
        text += f"\n{fill(worlds.sentence, WIDTH)}\n" if worlds else ""
        if full and hedge is not None:
            outer, inner, roots = (", ".join(part) for part in (hedge.forest, hedge.subforest, hedge.roots))
            text += f"\nThe hedge: {{{outer}}} around {{{inner}}}, both rooted in {{{roots}}}.\n"
        if full and worlds is not None:
            text += "\n" + "\n".join(f"  {line}".rstrip() for line in worlds_lines(worlds, WIDTH - 2)) + "\n"
        return visible_lines(text)
    count = sum(1 for _ in certificate.derivation.walk())
    steps = "its one step was" if count == 1 else f"each of its {count} steps was"
    told = f"Proved: {claim_text(certificate)}\n{from_line(certificate)}".rstrip()
    parts = [told, f"The proof holds: {steps} derived again from the graph."]
    if full:
        parts += ["", *proof_page(certificate), "", "It rests on", *assumption_lines(certificate.assumptions)]
    return "\n".join(parts) + "\n"


def from_line(certificate: "Estimand | NotIdentified") -> str:
    """A line that names the distributions given, if there are any."""
    given = "; ".join(visible(str(source)) for source in certificate.given)
    return f"From {given}.\n" if given else ""


def proof_page(estimand: Estimand) -> "Iterable[str]":
    """The proof, a step a paragraph."""
    lines, short = proof_lines(estimand)
    if short is not None:
        yield f"  with {short.text}"
    for line in lines:
        uses = f" (from {', '.join(map(str, line.uses))})" if line.uses else ""
        yield f"  {line.number}. {line.title}{uses}. {line.words}"
        yield f"     {line.text}"
        for fact in line.facts:
            yield f"     because {fact}"


def assumption_lines(assumptions: "Iterable[Assumption]") -> "Iterable[str]":
    """The assumptions, a line each."""
    return [f"  - {visible(each.statement)}" for each in assumptions] or ["  - nothing but the graph"]


def visible_lines(text: str) -> str:
    """A text of our own making with names of others in it, safe to print."""
    return "\n".join(visible(line) for line in text.split("\n"))
