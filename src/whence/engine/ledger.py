"""The ledger of assumptions, with what testing said of each: the last entry that an answer needs.

Identification says what its proof rests on; the asker may add to it; here the tests write down what they
found. An assumption that no test could speak against stays as it is.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from whence.language.assumptions import Assumption, Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from whence.estimation.values import Estimate
    from whence.refutation.result import Refutation

OVERLAP_WARNINGS = frozenset({"low_overlap", "outside_support", "low_effective_sample_size"})


def ledger(
    rests_on: Iterable[Assumption],
    said: Iterable[str],
    estimates: Sequence[Estimate],
    checks: Sequence[Refutation],
) -> tuple[Assumption, ...]:
    """Every assumption with its status: the proof's, then the graph's predictions, then the asker's own."""
    proof = [_tested(each, estimates, checks) for each in rests_on]
    own = [Assumption(text, "user", status="untestable") for text in said]
    return (*proof, *_predictions(checks), *own)


def _tested(
    assumption: Assumption, estimates: Sequence[Estimate], checks: Sequence[Refutation]
) -> Assumption:
    if assumption.about == "overlap":
        return replace(assumption, status=_overlap(estimates))
    if assumption.about == "confounding":
        placebos: list[Status] = [
            check.verdict for check in checks if check.name.startswith("placebo outcome")
        ]
        if placebos:
            return replace(assumption, testable=True, status=_worst(placebos))
    return assumption


def _overlap(estimates: Sequence[Estimate]) -> Status:
    """Survived where the propensities show no trouble; poor overlap weakens the claim, no more."""
    seen = [each for each in estimates if each.diagnostics.overlap is not None]
    if not seen:
        return "untested"
    warned = {warning.code for each in seen for warning in each.warnings}
    return "inconclusive" if warned & OVERLAP_WARNINGS else "survived"


def _predictions(checks: Sequence[Refutation]) -> list[Assumption]:
    """The independences that the graph implies, where any was held to the data."""
    made = [
        check for check in checks if check.name.endswith("implied independences") if check.details["tests"]
    ]
    return [Assumption(_sentence(check.null), "graph", testable=True, status=check.verdict) for check in made]


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + "."


def _worst(verdicts: Sequence[Status]) -> Status:
    order: tuple[Status, ...] = ("failed", "inconclusive", "survived")
    return next(verdict for verdict in order if verdict in verdicts)
