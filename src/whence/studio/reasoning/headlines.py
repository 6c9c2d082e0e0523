"""What identification came to, in one sentence.

>>> from whence.identification.identify import identify
>>> identified(identify("P(y | do(x))", "z -> x -> y; z -> y"))
'Identified: adjust for {z}.'
>>> refused(identify("P(y | do(x))", "x -> y; x <-> y"))
'Not identified: unobserved common causes join x with y.'
"""

from __future__ import annotations

from whence.identification.no_effect import excluded
from whence.language.estimand import Adjustment, Estimand, FrontDoor, Observed
from whence.language.lettering import visible
from whence.language.refusals import TWO_MODELS, ImpossibleEvidence, NotIdentified, Refusal
from whence.studio.reasoning.words import braces, told

UNDETERMINED = " is not determined: "


def identified(estimand: Estimand) -> str:
    """The sentence for a question that has a formula."""
    query = estimand.query
    if excluded(query, estimand.graph):
        return f"Identified: by the graph, {told(query.treatments)} has no effect on {told(query.outcomes)}."
    return f"Identified{among(estimand)}: {means(estimand)}."


def among(estimand: Estimand) -> str:
    """Among whom, where that is not everyone."""
    contrast, shape = estimand.query.contrast, estimand.shape
    by = contrast.by if contrast is not None else shape.by if isinstance(shape, Adjustment) else ()
    treated = " among the treated" if contrast is not None and contrast.kind == "ATT" else ""
    return treated + (f" for each value of {told(by)}" if by else "")


def means(estimand: Estimand) -> str:
    """By what the question is answered, as an order to whoever would do it by hand."""
    match estimand.shape:
        case Adjustment(adjust=()):
            return "nothing need be adjusted for"
        case Adjustment(adjust=adjust):
            return f"adjust for {braces(adjust)}"
        case FrontDoor(mediators=mediators):
            return f"follow the effect through {braces(mediators)}, the front door"
        case Observed():
            return "it asks only about what is seen"
        case _:
            return "by a formula that is more than adjustment"


def refused(refusal: Refusal) -> str:
    """The sentence for a question that has none."""
    message = visible(refusal.message.removesuffix(TWO_MODELS).strip())
    if isinstance(refusal, NotIdentified):
        _, found, reason = message.partition(UNDETERMINED)
        return f"Not identified: {reason}" if found else f"Not identified. {message}"
    if isinstance(refusal, ImpossibleEvidence):
        return f"Impossible. {message}"
    return f"Not decided. {message}"
