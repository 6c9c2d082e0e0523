"""The answer in one sentence that a manager reads, and the warning that goes with it where a check failed.

Variables may have words of their own (`Answer.labelled`): "Training raised 1978 earnings by about $1,571 on
average among those trained (95 %: $190 to $2,950; n = 16,177)." Without them the names of the columns serve.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from whence.explanation.compared import Compared, compared
from whence.explanation.figures import interval, listed, number, percent, sample
from whence.explanation.parts import part_words
from whence.identification.no_effect import excluded
from whence.language.expression import Difference, Expectation, P, Term
from whence.language.lettering import visible
from whence.language.printing import value_text
from whence.language.refusals import NotIdentified

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from whence.estimation.values import Estimate
    from whence.explanation.answer import Answer
    from whence.language.expression import Expression

CANNOT = {
    "not_identified": "cannot be known from these variables, however much data there is",
    "not_yet_answerable": "cannot be worked out by the methods here; it was not shown to be impossible",
    "needs_graph": "cannot be told from data alone",
    "no_variation": "cannot be estimated: there is nothing to compare with",
    "no_overlap": "cannot be estimated: some have nobody to be compared with",
    "too_few_rows": "cannot be estimated from so few rows",
    "impossible_evidence": "has no answer: what it holds as seen never happens",
    "contradiction": "has no answer: what was given contradicts itself",
    "undecidable": "is left open by what was given: both yes and no agree with it",
}
FROM_THESE = "cannot be known from the distributions given, however exactly they are known"
POINT = 1e-9
"""Limits no further apart than this are one number."""
IN_SENTENCE = 2
"""How many of the things that would help stand in the sentence itself."""


@dataclass(frozen=True, slots=True)
class Words:
    """What variables are called and what their values are measured in."""

    labels: Mapping[str, Mapping[str, str]]

    def name(self, name: str) -> str:
        """The word for a variable, its own name where it has none."""
        return visible(self.labels.get(name, {}).get("label", name))

    def unit(self, name: str) -> str:
        """The unit of a variable's values."""
        return visible(self.labels.get(name, {}).get("unit", ""))

    def event(self, term: Term) -> str:
        """A variable at a value: "treat = 1"."""
        world = f" had {self.events(term.world)}" if term.world else ""
        value = "" if term.value is None else f" = {visible(value_text(term.value))}"
        return f"{self.name(term.name)}{value}{world}"

    def events(self, terms: Iterable[Term]) -> str:
        """Several variables at values."""
        return listed([self.event(term) for term in terms])


def words_of(answer: Answer) -> Words:
    """The labels that an answer brings; whatever is not a label is left out."""
    given = answer.provenance.get("labels")
    found: dict[str, dict[str, str]] = {}
    for name, labels in cast("dict[str, Any]", given).items() if isinstance(given, dict) else ():
        if isinstance(labels, dict):
            pairs = cast("dict[str, object]", labels).items()
            found[name] = {str(key): str(value) for key, value in pairs if isinstance(value, str)}
    return Words(found)


def unit_of(answer: Answer) -> str:
    """The unit of the answer's number: the outcome's, where the answer is a mean or a difference of means."""
    query = answer.query
    body = query.body if query else None
    means = (body.left, body.right) if isinstance(body, Difference) else (body,)
    kinds = {each.variable for each in means if isinstance(each, Expectation)}
    return words_of(answer).unit(kinds.pop()) if len(kinds) == 1 else ""


def sentence(answer: Answer) -> str:
    """The answer in one sentence; for a refusal, what cannot be known and what would make it knowable."""
    if answer.verdict is not None and answer.estimate is None and answer.refusal is None:
        return f"{answer.verdict.capitalize()}."
    if answer.estimates and answer.estimate is None:
        return _cells(answer)
    if answer.estimate is not None and ruled_out(answer):
        return _ruled_out(answer)
    if answer.estimate is not None:
        return _estimated(answer, answer.estimate)
    if answer.bounds is not None:
        return _bounded(answer, answer.bounds)
    return _refused(answer)


def ruled_out(answer: Answer) -> bool:
    """Whether the graph itself excludes the effect that was asked for."""
    return answer.query is not None and answer.graph is not None and excluded(answer.query, answer.graph)


def _ruled_out(answer: Answer) -> str:
    """That there is no effect, who says so, and what the data say of it."""
    words, query = words_of(answer), answer.query
    names = (query.treatments, query.outcomes) if query else ((), ())
    done, asked = (listed([words.name(name) for name in each]) for each in names)
    said = f"There is no effect of {done} on {asked}: in the graph nothing leads from {done} to {asked}."
    verdicts = [each.verdict for each in answer.refutations]
    data = "the data have no say in it" if verdicts else "no data were held against it"
    if "failed" in verdicts:
        data = "the data speak against it"
    elif "survived" in verdicts:
        data = "the data do not speak against it"
    return f"{said} That is the graph's claim and no estimate; {data}."


def caution(answer: Answer) -> str:
    """What speaks against believing the number as it stands; empty where nothing does."""
    failed = answer.failed
    if not failed or answer.status != "answered":
        return ""
    names = listed([visible(each.name) for each in failed])
    count = "A check" if len(failed) == 1 else f"{len(failed)} checks"
    # A test that the data decided speaks louder than a computation of what might be.
    loudest = min(failed, key=lambda each: (each.p is None, 0.0 if each.p is None else each.p))
    told = visible(loudest.sentence)
    return f"{count} failed ({names}): do not rely on this number before the reason is known. {told}"


def sure(estimate: Estimate, unit: str, *, n: bool = True) -> str:
    """Level, interval and n: "95 %: $190 to $2,950; n = 16,177"."""
    size = sample(estimate.n)
    if estimate.interval is None:
        counted = f"; {size}" if estimate.n else ""
        return f"from a table of probabilities, so without an interval{counted}" if n else "no interval"
    shown = f"{percent(estimate.level)}: {interval(estimate.interval, unit)}"
    return f"{shown}; {size}" if n else shown


def _estimated(answer: Answer, found: Estimate) -> str:
    unit = unit_of(answer)
    asked = compared(answer.query) if answer.query else None
    if asked is not None:
        return _compared(answer, found, asked, unit)
    body = answer.query.body if answer.query else None
    words = words_of(answer)
    value = number(found.value, unit)
    return f"{_capital(_asked(body, words, answer))} is {value} ({sure(found, unit)})."


def _compared(answer: Answer, found: Estimate, asked: Compared, unit: str) -> str:
    words = words_of(answer)
    outcome, treatment = words.name(asked.outcome), words.name(asked.treatment)
    own = words.labels.get(asked.treatment, {})
    level, base = (visible(value_text(value)) for value in (asked.level, asked.base))
    change = f"setting {treatment} to {level} rather than {base}"
    if asked.one_more:
        change = f"raising {treatment} by one unit"
    subject = _capital(treatment) if "label" in own and not asked.one_more else _capital(change)
    among = f" among {_group(asked, words)}" if asked.among else ""
    ends = found.interval
    about = "about " if found.se is not None else ""
    if ends is not None and ends[0] <= 0 <= ends[1]:
        return (
            f"No average effect of {subject[0].lower() + subject[1:]} on {outcome} can be told apart from "
            f"zero{among}: the best guess is {number(found.value, unit, signed=True)} ({sure(found, unit)})."
        )
    verb = "raised" if found.value > 0 else "lowered" if found.value < 0 else "changed"
    size = number(abs(found.value), unit)
    shown = sure(found, unit)
    if found.value < 0 and ends is not None:
        turned = f"{percent(found.level)}: {interval((-ends[1], -ends[0]), unit)}"
        shown = f"{turned}; {sample(found.n)}"
    return f"{subject} {verb} {outcome} by {about}{size} on average{among} ({shown})."


def _group(asked: Compared, words: Words) -> str:
    """Those whom a comparison is about, by the asker's own word for the treated where there is one."""
    those = words.labels.get(asked.treatment, {}).get("among", "")
    if those and asked.among == (Term(asked.treatment, asked.level),):
        return visible(those)
    return f"those with {words.events(asked.among)}"


def _cells(answer: Answer) -> str:
    """The first cells of a question that leaves values open."""
    unit, found = unit_of(answer), answer.estimates
    shown = [f"{_cell_name(each)} is {number(each.value, unit)} ({sure(each, unit)})" for each in found[:2]]
    rest = f", and {len(found) - 2} more below" if len(found) > 2 else ""
    return f"{_capital('; '.join(shown))}{rest}."


def _cell_name(estimate: Estimate) -> str:
    return visible(estimate.label) if estimate.label else "the estimate"


def _asked(body: Expression | None, words: Words, answer: Answer) -> str:
    """What a question without a contrast asks for, as a phrase."""
    part = None if body is None else part_words(body, words.name)
    if part is not None:
        return part
    match body:
        case Expectation(variable=variable, body=P() as atom):
            conditions = _of_mean(atom, words)
            return f"the mean of {words.name(variable)}{f', {conditions},' if conditions else ''}"
        case P() if any(term.value is None for term in body.of):
            names = [words.event(term) for term in body.of]
            return f"the distribution of {listed(names)}{_when(body, words)}"
        case P():
            return f"the probability that {words.events(body.of)}{_when(body, words)}"
        case Difference(left=P() as left, right=P() as right) if left.of == right.of:
            return (
                f"the difference in the probability that {words.events(left.of)}, "
                f"{_conditions(left, words)} rather than {_conditions(right, words)},"
            )
        case Difference(
            left=Expectation(variable=a, body=P() as left), right=Expectation(variable=b, body=P() as right)
        ) if a == b:
            return (
                f"the difference in the mean of {words.name(a)}, {_of_mean(left, words)} "
                f"rather than {_of_mean(right, words)},"
            )
        case _:
            return f"the answer to {visible(str(answer.query or answer.question))}"


def _when(atom: P, words: Words) -> str:
    conditions = _conditions(atom, words)
    return f", {conditions}," if conditions else ""


def _of_mean(atom: P, words: Words) -> str:
    """What a mean is taken under: a world, what is set, what was seen."""
    had = [
        f"had {words.name(part.name)} been {_setting(part, words)}" for term in atom.of for part in term.world
    ]
    return ", ".join(filter(None, (*had, _conditions(atom, words))))


def _setting(part: Term, words: Words) -> str:
    if part.world:
        return f"what it would be had {words.events(part.world)}"
    return "at that value" if part.value is None else visible(value_text(part.value))


def _conditions(atom: P, words: Words) -> str:
    parts = [f"with {words.events(atom.do)} set"] if atom.do else []
    parts += [f"among those with {words.events(atom.given)}"] if atom.given else []
    return ", ".join(parts)


def _bounded(answer: Answer, bounds: Mapping[str, Any]) -> str:
    """The limits, what they rest on, and whether narrower ones are to be had, in one sentence."""
    unit, low, high = unit_of(answer), bounds.get("lower"), bounds.get("upper")
    what = _capital(subject(answer))
    if low is None or high is None:
        return f"{what} is not fixed by these variables, but it lies within a range."
    narrowing = [visible(each.statement).rstrip(".") for each in answer.assumptions if each.source == "user"]
    given = (
        f"if {' and if '.join(_lowered(each) for each in narrowing)}"
        if narrowing
        else "whatever the hidden causes are"
    )
    told = ["no narrower limits follow" if bounds.get("sharp") else "narrower limits may be possible"]
    ends, level, size = bounds.get("interval"), bounds.get("level", 0.95), bounds.get("n")
    told += [f"{percent(float(level))}: {interval((float(ends[0]), float(ends[1])), unit)}"] if ends else []
    told += [sample(size)] if size else []
    if float(high) - float(low) <= POINT:
        return f"{what} is {number(float(low), unit)} {given} ({'; '.join(told[1:]) or 'limits that meet'})."
    between = interval((float(low), float(high)), unit).replace(" to ", " and ", 1)
    proved = answer.refusal is None or answer.refusal.kind == "not_identified"
    open_ = "is not fixed by these variables" if proved else "has no formula here"
    said = f"{what} {open_}, but it lies between {between}"
    return f"{said} {given} ({'; '.join(told)})."


def _lowered(text: str) -> str:
    """A statement within a sentence; names keep their capitals."""
    first = text.split(" ", 1)[0]
    return text[:1].lower() + text[1:] if first in ("Raising", "Those", "Nothing", "No") else text


def subject(answer: Answer) -> str:
    """What is asked about, as a phrase: "the effect of treat on re78"."""
    query = answer.query
    if query is None:
        return f"“{visible(answer.question)}”"
    words = words_of(answer)
    if query.contrast is not None:
        kind = " among the treated" if query.contrast.kind == "ATT" else ""
        treatment, outcome = words.name(query.contrast.treatment), words.name(query.contrast.outcome)
        return f"the effect of {treatment} on {outcome}{kind}"
    if isinstance(query.body, P | Expectation) or part_words(query.body, words.name):
        return _asked(query.body, words, answer)
    if query.treatments and query.outcomes:
        done = listed([words.name(name) for name in query.treatments])
        return f"the effect of {done} on {listed([words.name(name) for name in query.outcomes])}"
    return visible(str(query))


def _refused(answer: Answer) -> str:
    refusal = answer.refusal
    if refusal is None:
        return f"{_capital(subject(answer))} was not estimated."
    if refusal.kind == "needs_data":
        missing = listed([visible(each) for each in refusal.would_help]) or "data"
        return f"{_capital(subject(answer))} can be worked out; what is missing is {missing}."
    cannot = CANNOT.get(refusal.kind, "has no answer here")
    if isinstance(refusal, NotIdentified) and refusal.given:
        cannot = FROM_THESE
    said = f"{_capital(subject(answer))} {cannot}."
    helps = [visible(each).rstrip(".") for each in refusal.would_help[:IN_SENTENCE]]
    if helps:
        said += f" What would make it knowable: {', or '.join(helps)}."
    return said


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
