"""Some proofs hold for treatments of two values only; the data say whether this treatment is one.

Those seen at one level are everyone but those seen at the other, if there is no third. The derivation rule
"consistency" rests on it where it has a premise; on a treatment of three levels its formula is wrong, and
there is no number then.

Source: J. Pearl, *Causality* (2009), section 8.2.5.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from whence.language.expression import P
from whence.language.refusals import NotYetAnswerable

if TYPE_CHECKING:
    from whence.estimation.columns import Columns
    from whence.language.estimand import Estimand


def treatments_of_two_levels(estimand: Estimand) -> tuple[str, ...]:
    """The treatments that the proof takes to have two values only, each once."""
    claims = [
        step.claim
        for step in estimand.derivation.walk()
        if step.rule == "consistency" and step.premises and isinstance(step.claim, P)
    ]
    named = [part.name for claim in claims for term in claim.of for part in term.world]
    return tuple(dict.fromkeys(named))


def third_level(estimand: Estimand, columns: Columns) -> NotYetAnswerable | None:
    """A refusal where such a treatment has more than two values in the data, else None."""
    for name in treatments_of_two_levels(estimand):
        many, levels = not columns[name].discrete, columns[name].all_levels()
        if many or len(levels) > 2:
            count = "many" if many else len(levels)
            return NotYetAnswerable(
                f"The formula holds for a treatment of two values, and {name} has {count} in the data.",
                (
                    f"rows with two values of {name} only",
                    f"what {name} and the outcome have in common, observed",
                ),
            )
    return None
