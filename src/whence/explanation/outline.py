"""What every view of an answer says, in LOOK's order, before any of them decides how it looks.

Terminal, HTML, Markdown and LaTeX all print this outline, so that no view can say more than another or less.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from whence.explanation.bounded import limits_shown, limits_told
from whence.explanation.figures import interval, listed, number, p_value, percent, sample
from whence.explanation.proof import Abbreviation, ProofLine, proof_lines
from whence.explanation.reproduction import command, reproduction, script
from whence.explanation.sentence import IN_SENTENCE, caution, ruled_out, sentence, unit_of
from whence.explanation.worlds import TwoWorlds, two_worlds
from whence.language.estimand import Adjustment, Estimand, FrontDoor, Observed
from whence.language.lettering import visible
from whence.language.refusals import TWO_MODELS, NotIdentified

if TYPE_CHECKING:
    from whence.explanation.answer import Answer
    from whence.language.assumptions import Assumption
    from whence.refutation.result import Refutation

Mark = Literal["survived", "inconclusive", "failed", "none"]
MARKS: dict[str, str] = {"survived": "●", "inconclusive": "▲", "failed": "■", "none": "○"}
SOURCES = {
    "user": "you",
    "graph": "the graph",
    "document": "a document",
    "default": "a default",
    "design": "the design",
    "data": "the data",
}
SHORT = {
    "aipw": "AIPW",
    "plr": "partially linear",
    "ols": "regression",
    "plug-in": "plug-in",
    "graph": "from the graph alone",
}
METHODS = {
    "aipw": "augmented inverse-probability weighting (AIPW), cross-fitted",
    "plr": "partially linear regression, cross-fitted",
    "ols": "linear regression",
    "plug-in": "plug-in of observed frequencies",
    "graph": "none: the graph excludes an effect",
}


@dataclass(frozen=True, slots=True)
class NumberLine:
    """The first figure: the answer with its interval, the plain comparison, and zero."""

    value: float
    interval: tuple[float, float] | None
    naive: float | None
    unit: str
    level: float
    n: int

    @property
    def removed(self) -> float | None:
        """What adjusting changed: the answer less the plain comparison; rounding errors are no change."""
        if self.naive is None or math.isclose(self.value, self.naive, rel_tol=1e-9, abs_tol=1e-12):
            return None if self.naive is None else 0.0
        return self.value - self.naive


@dataclass(frozen=True, slots=True)
class Verdict:
    """One of the three: Proved, Estimated, Tested; `lines` open on demand."""

    title: str
    mark: Mark
    headline: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """An assumption: what, from whom, whether data could speak against it, and what they said."""

    statement: str
    source: str
    testable: str
    status: str
    mark: Mark


@dataclass(frozen=True, slots=True)
class Check:
    """An attempt to break the answer, in words."""

    name: str
    mark: Mark
    word: str
    sentence: str
    null: str
    numbers: str
    blind_to: str


@dataclass(frozen=True, slots=True)
class Cell:
    """One of several numbers, with what makes it believable."""

    label: str
    value: str
    interval: str
    n: str

    @property
    def told(self) -> str:
        """The number with its interval and n: "0.167  (0.127 to 0.207; n = 700)"."""
        return f"{self.value}  ({self.sure})"

    @property
    def sure(self) -> str:
        """The interval and n; of a table of probabilities neither."""
        if not self.n:
            return sample(0)
        return f"{self.interval}; n = {self.n}" if self.interval else f"n = {self.n}"


@dataclass(frozen=True, slots=True)
class Outline:
    """An answer laid out for the eye, top to bottom."""

    question: str
    reading: str
    given: tuple[str, ...]
    sentence: str
    caution: str
    line: NumberLine | None
    cells: tuple[Cell, ...]
    verdicts: tuple[Verdict, ...]
    formula: str
    worlds: TwoWorlds | None
    proof: tuple[ProofLine, ...]
    short: Abbreviation | None
    ledger: tuple[LedgerRow, ...]
    checks: tuple[Check, ...]
    warnings: tuple[tuple[str, str], ...]
    would_help: tuple[str, ...]
    reason: str
    reproduce: tuple[tuple[str, str], ...]
    command: str
    script: str


def outline(answer: Answer) -> Outline:
    """Everything the views show, in words."""
    proof, short = proof_lines(answer.estimand) if answer.estimand else ((), None)
    refusal = answer.refusal
    return Outline(
        question=visible(answer.question),
        reading=visible(str(answer.query)) if answer.query else "",
        given=_given(answer),
        sentence=sentence(answer),
        caution=caution(answer),
        line=number_line(answer),
        cells=_cells(answer),
        verdicts=(_proved(answer), _estimated(answer), _tested(answer)),
        formula=_formula(answer.estimand),
        worlds=two_worlds(refusal) if isinstance(refusal, NotIdentified) else None,
        proof=proof,
        short=short,
        ledger=tuple(_row(each) for each in answer.assumptions),
        checks=tuple(_check(each) for each in answer.refutations),
        warnings=tuple((visible(each.code), visible(each.message)) for each in answer.warnings),
        would_help=_would_help(answer),
        reason=_reason(answer),
        reproduce=reproduction(answer),
        command=command(answer),
        script=script(answer),
    )


def _given(answer: Answer) -> tuple[str, ...]:
    """The distributions that the answer is from, where they are others than all that is observed."""
    proof = answer.estimand or answer.refusal
    sources = proof.given if isinstance(proof, Estimand | NotIdentified) else ()
    return tuple(visible(str(source)) for source in sources)


def _reason(answer: Answer) -> str:
    """Why there is no number; that two models prove it is said where they are shown."""
    refusal = answer.refusal
    if refusal is None or refusal.kind == "needs_data":
        return ""
    shown = isinstance(refusal, NotIdentified) and refusal.models is not None
    return visible(refusal.message.removesuffix(TWO_MODELS).rstrip() if shown else refusal.message)


def _would_help(answer: Answer) -> tuple[str, ...]:
    """What would make the question answerable, where the sentence has no room for all of it."""
    found = answer.refusal.would_help if answer.refusal else ()
    return tuple(visible(each) for each in found) if len(found) > IN_SENTENCE else ()


def number_line(answer: Answer) -> NumberLine | None:
    """The number line of an answer that has one number."""
    found = answer.estimate
    if found is None:
        return None
    naive = found.naive if answer.query is None or answer.query.rung > 1 else None
    shape = answer.estimand.shape if answer.estimand else None
    if isinstance(shape, Adjustment) and not shape.adjust:
        naive = None  # nothing was adjusted for, so the plain comparison is the answer
    if ruled_out(answer):
        if naive is None:
            return None
        found = replace(found, interval=None)  # an interval of no width would look like certainty
    return NumberLine(found.value, found.interval, naive, unit_of(answer), found.level, found.n)


def _cells(answer: Answer) -> tuple[Cell, ...]:
    unit = unit_of(answer)
    if answer.bounds is not None and answer.estimate is None and not answer.estimates:
        return (Cell("limits", *limits_shown(answer.bounds, unit)),)
    return tuple(
        Cell(
            visible(each.label) or "estimate",
            number(each.value, unit),
            interval(each.interval, unit),
            number(each.n, "count") if each.n else "",
        )
        for each in answer.estimates
    )


def _formula(estimand: Estimand | None) -> str:
    return "" if estimand is None else visible(estimand.text)


# ── the three verdicts ──────────────────────────────────────────────────────────────────────────────────────


def _proved(answer: Answer) -> Verdict:
    """What was proved, and by which checked proof."""
    estimand, refusal = answer.estimand, answer.refusal
    if estimand is not None:
        count = sum(1 for _ in estimand.derivation.walk())
        steps = f"{count} step{'s' if count != 1 else ''}"
        checked = f"Each of its {steps} was checked again, independently, by verify."
        lines = (_by(estimand), checked if answer.verified else f"{steps}, not checked by verify yet.")
        headline = f"{_way(estimand)}, proof {'checked' if answer.verified else 'not yet checked'}"
        return Verdict("Proved", "survived" if answer.verified else "inconclusive", headline, lines)
    if isinstance(refusal, NotIdentified):
        worlds = two_worlds(refusal)
        lines = [worlds.sentence] if worlds else []
        hedge = refusal.hedge
        if hedge is not None:
            forest, inner = (", ".join(_shown(names)) for names in (hedge.forest, hedge.subforest))
            lines.append(f"What bars a formula is a hedge: {{{forest}}} around {{{inner}}}.")
        checked = ", proof checked" if answer.verified else ""
        if answer.bounds is not None:
            lines.append("What was seen fixes limits of the answer only.")
            return Verdict("Proved", "inconclusive", f"no single value follows{checked}", tuple(lines))
        return Verdict("Proved", "failed", f"impossible{checked}", tuple(lines))
    if answer.bounds is not None:
        return Verdict("Proved", "none", "no formula for it", ("The limits hold all the same.",))
    return Verdict("Proved", "none", "nothing yet", ("There is no estimand: see the reason above.",))


def _shown(names: tuple[str, ...]) -> list[str]:
    return [visible(name) for name in names]


def _way(estimand: Estimand) -> str:
    """The shape of the estimand in two words."""
    match estimand.shape:
        case Adjustment(adjust=()):
            return "no adjustment needed"
        case Adjustment():
            return "by adjustment"
        case FrontDoor():
            return "by the front door"
        case Observed():
            return "as seen"
        case _:
            return "by the general algorithm"


def _by(estimand: Estimand) -> str:
    match estimand.shape:
        case Adjustment(adjust=()):
            return "No adjustment is needed: nothing joins treatment and outcome but the effect."
        case Adjustment(adjust=adjust):
            return f"By adjusting for {listed(_shown(adjust))}."
        case FrontDoor(mediators=mediators):
            return f"By the front door, through {listed(_shown(mediators))}."
        case Observed():
            return "Only seeing is asked: what is seen is the answer."
        case _:
            return "By the general algorithm: a formula of what is seen that no simpler shape fits."


def _estimated(answer: Answer) -> Verdict:
    found = answer.estimate or (answer.estimates[0] if answer.estimates else None)
    if found is None and answer.bounds is not None:
        return Verdict("Estimated", *limits_told(answer.bounds, bool(answer.warnings)))
    if found is None:
        refusal = answer.refusal
        blocked = refusal is not None and refusal.kind in ("no_variation", "no_overlap", "too_few_rows")
        reason = visible(refusal.message) if refusal else "No data were given."
        told = "Without an estimand there is nothing to estimate." if answer.estimand is None else reason
        return Verdict("Estimated", "failed" if blocked else "none", "no number", (told,))
    if ruled_out(answer):
        return Verdict("Estimated", "none", "nothing to estimate", (visible(found.why),))
    diagnostics = found.diagnostics
    method = METHODS.get(found.method, visible(found.method))
    lines = [f"Method: {method}."]
    lines += [visible(found.why)] if found.why else []
    size = sample(found.n)
    if diagnostics.rows_dropped:
        size += f"; {number(diagnostics.rows_dropped, 'count')} rows dropped for missing values"
    lines.append(f"{_capital(size) if not found.n else size}.")
    overlap = diagnostics.overlap
    if overlap is not None:
        lines.append(f"Overlap: {percent(overlap.common_support)} lie where both groups were seen.")
    sizes = [f"{visible(k)}: {number(v, 'count')}" for k, v in diagnostics.effective_sample_size.items()]
    lines += [f"Effective sample size: {', '.join(sizes)}."] if sizes else []
    if diagnostics.spread is not None:
        spread = number(diagnostics.spread, unit_of(answer))
        lines.append(f"Over {len(diagnostics.splits)} fold splits it ranges by {spread}.")
    several = len(answer.estimates) if answer.estimate is None else 0
    short = SHORT.get(found.method, visible(found.method))
    count = f"{several} numbers, " if several else ""
    sizes_seen = {each.n for each in answer.estimates} if several else {found.n}
    rows = sample(found.n) if len(sizes_seen) == 1 else f"n = {min(sizes_seen):,} to {max(sizes_seen):,}"
    headline = f"{short}, {count}{rows}"
    warned = bool(answer.warnings or found.warnings)
    return Verdict("Estimated", "inconclusive" if warned else "survived", headline, tuple(lines))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _tested(answer: Answer) -> Verdict:
    found = answer.refutations
    if not found:
        some = answer.estimate is not None or answer.estimates
        reason = "No check was made of this answer." if some else "No number, so nothing to try to break."
        if answer.bounds is not None:
            reason = "Limits were not attacked. That some model fits the data is a weak test of the graph."
        return Verdict("Tested", "none", "not tested", (reason,))
    counts = {
        word: sum(each.verdict == word for each in found) for word in ("survived", "failed", "inconclusive")
    }
    headline = ", ".join(f"{count} {word}" for word, count in counts.items() if count)
    mark: Mark = "failed" if counts["failed"] else "survived" if counts["survived"] else "inconclusive"
    lines = tuple(f"{MARKS[each.verdict]} {check_name(each.name)}: {each.verdict}" for each in found)
    robust = robustness_words(answer)
    return Verdict("Tested", mark, headline, (*lines, robust) if robust else lines)


def check_name(name: str) -> str:
    """A check's name for people."""
    return _capital(visible(name).replace("_", " "))


def robustness_words(answer: Answer) -> str:
    """The robustness value in words, where it was worked out."""
    details = answer.sensitivity
    value = details.get("robustness_value") if details else None
    if not isinstance(value, int | float):
        return ""
    return (
        f"A hidden confounder would have to explain {percent(float(value))} of what is left of both "
        "treatment and outcome to bring the estimate to zero."
    )


# ── ledger and checks ───────────────────────────────────────────────────────────────────────────────────────


def _row(assumption: Assumption) -> LedgerRow:
    mark = assumption.status if assumption.status in ("survived", "failed", "inconclusive") else "none"
    testable = "yes" if assumption.testable else "no"
    source = SOURCES.get(assumption.source, visible(assumption.source))
    return LedgerRow(visible(assumption.statement), source, testable, assumption.status, mark)


def _check(refutation: Refutation) -> Check:
    numbers = [f"statistic {number(refutation.statistic)}"] if refutation.statistic is not None else []
    numbers += [p_value(refutation.p)] if refutation.p is not None else []
    numbers += [f"power {percent(refutation.power)}"] if refutation.power is not None else []
    return Check(
        check_name(refutation.name),
        refutation.verdict,
        refutation.verdict,
        visible(refutation.sentence),
        visible(refutation.null),
        ", ".join(numbers),
        visible(refutation.blind_to),
    )
