"""The last step of `ask`: everything that was found, put together as an answer."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from whence.data.mixed import mixed
from whence.data.pushdown.remote import Remote
from whence.engine.ledger import ledger
from whence.engine.steps import MOST_REFUTED
from whence.estimation.values import Estimate, Warning_
from whence.explanation.answer import Answer
from whence.explanation.figures import listed
from whence.identification.no_effect import come_after, excluded
from whence.language.estimand import Estimand
from whence.language.expression import free_variables
from whence.language.refusals import Refusal
from whence.runtime.journal import append
from whence.runtime.plain import bare

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from whence.data.any_data import AnyData
    from whence.engine.how import How
    from whence.engine.parse import Asked
    from whence.language.graph import Graph
    from whence.refutation.result import Refutation
    from whence.runtime.plain import JSON


AFTER = (
    "In the graph {held} comes after {done}: setting {done} changes who is where in {held}, so this is no "
    "effect within a fixed group, and what {done} does through {held} is left out."
)


def explain(
    asked: Asked,
    known: Graph | None,
    found: AnyData | None,
    estimand: Estimand | Refusal,
    proved: bool,
    estimates: tuple[Estimate, ...] | Refusal,
    checks: tuple[Refutation, ...],
    how: How,
) -> Answer:
    """The answer: one number, one for each value that the question leaves open, or a refusal."""
    refusal = estimates if isinstance(estimates, Refusal) else None
    numbers = () if isinstance(estimates, Refusal) else estimates
    proof = estimand if isinstance(estimand, Estimand) else None
    ruled_out = proof is not None and excluded(proof.query, proof.graph)
    several = len(numbers) > 1 or bool(free_variables(asked.query.body) and not ruled_out)
    return Answer(
        question=asked.text,
        query=asked.query,
        parsed_by=asked.parsed_by,
        refusal=refusal,
        graph=known,
        estimand=proof,
        verified=proved,
        estimate=None if several or not numbers else numbers[0],
        estimates=numbers if several else (),
        assumptions=ledger(() if proof is None else proof.assumptions, how.assume, numbers, checks),
        refutations=checks,
        warnings=(*cautions(asked, known, found, numbers), *_untested(known, found, numbers, checks)),
    )


def _untested(
    known: Graph | None,
    found: AnyData | None,
    numbers: Sequence[Estimate],
    checks: tuple[Refutation, ...],
) -> tuple[Warning_, ...]:
    """That no check was made of numbers from rows that stay in a database, of which there was no sample."""
    if checks or not numbers or not isinstance(found, Remote) or known is None:
        return ()
    if all(each.levels for each in found.sketch(found.columns).values()):
        return ()
    told = (
        "Nothing was tried to break this answer: the checks run the estimator again on altered rows, and the "
        "rows stay in the database."
    )
    return (Warning_("not_tested", told),)


def cautions(
    asked: Asked, known: Graph | None, found: AnyData | None, numbers: Sequence[Estimate]
) -> tuple[Warning_, ...]:
    """What the reader must know: of the reading of the question, of the data, of the numbers; each once."""
    reading = [Warning_("reading", note) for note in asked.notes]
    after = () if known is None else come_after(asked.query, known)
    if after:
        held, done = (listed([bare(name) for name in names]) for names in (after, asked.query.treatments))
        reading.append(Warning_("after_treatment", AFTER.format(held=held, done=done)))
    used = () if known is None else known.observed
    notes = (*found.notes, *mixed(found, (*asked.query.variables, *used))) if found else ()
    data = [Warning_("data", note) for note in notes]
    if len(numbers) > MOST_REFUTED:
        told = (
            f"Only the first {MOST_REFUTED} of the {len(numbers)} numbers went through the checks one by one."
        )
        reading.append(Warning_("not_tested", told))
    return tuple(dict.fromkeys([*reading, *data, *(each for number in numbers for each in number.warnings)]))


def recorded(answer: Answer, provenance: Mapping[str, JSON], record: str | Path | None) -> Answer:
    """The answer with where it came from, appended to the record if one is kept."""
    whole = replace(answer, provenance=provenance)
    if record is not None:
        append(record, whole.to_dict())
    return whole
