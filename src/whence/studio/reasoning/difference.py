"""What an edit did to identification, in a sentence: "Was identified by adjusting for {Z}; now not: …".

Only the graph's part is told: where the question itself was changed, its new reading says all there is.

>>> from whence.language.graph import Edge, Graph
>>> from whence.studio.projects.sheet import Sheet
>>> from whence.studio.reasoning.reader import read
>>> edges = [Edge("Z", "X"), Edge("Z", "Y"), Edge("X", "Y")]
>>> before = read(Sheet(graph=Graph.of((), edges), question="effect of X on Y"))
>>> hidden = [*edges, Edge("U", "X"), Edge("U", "Y")]
>>> difference(before, read(Sheet(graph=Graph.of((), hidden, latent=["U"]), question="effect of X on Y")))
'Was identified by adjusting for {Z}; now not: X ← U → Y is open.'
"""

from __future__ import annotations

from whence.identification.no_effect import excluded
from whence.language.estimand import Adjustment, Estimand, FrontDoor, Observed
from whence.language.refusals import NotIdentified
from whence.studio.reasoning.reading import Reading
from whence.studio.reasoning.words import braces, told


def difference(before: Reading, after: Reading) -> str:
    """What came of an edit; "" where identification stands as it stood."""
    if before.query is not None and after.query is not None and before.query != after.query:
        return ""
    match before.standing, after.standing:
        case "identified", "identified":
            return _still(before, after)
        case "identified", "refused":
            word = "not" if isinstance(after.reply, NotIdentified) else "not decided"
            return f"Was identified {_by(before)}; now {word}: {_reason(before, after)}."
        case "identified", "misread":
            return f"Was identified {_by(before)}; now the question cannot be read."
        case _, "identified":
            return f"Now identified{after.headline.removeprefix('Identified')}"
        case "refused", "refused" if after.barrier and before.barrier != after.barrier:
            return f"Still not identified: {after.barrier}."
        case "refused", "refused":
            return "" if before.headline == after.headline else after.headline
        case (("empty" | "unasked" | "misread"), "refused"):
            return after.headline
        case _:
            return ""


def _by(reading: Reading) -> str:
    """How the question was answered: "by adjusting for {Z}"."""
    reply = reading.reply
    if not isinstance(reply, Estimand):
        return "without a formula"
    if excluded(reply.query, reply.graph):
        return "as no effect at all"
    match reply.shape:
        case Adjustment(adjust=()):
            return "without adjusting for anything"
        case Adjustment(adjust=adjust):
            return f"by adjusting for {braces(adjust)}"
        case FrontDoor(mediators=mediators):
            return f"by the front door through {braces(mediators)}"
        case Observed():
            return "from what is seen"
        case _:
            return "by a formula that is more than adjustment"


def _reason(before: Reading, reading: Reading) -> str:
    """Why it is not, as a clause; what was in the way before and did not matter is not the reason."""
    if reading.barrier and reading.barrier != before.barrier:
        return reading.barrier
    for opening in ("Not identified: ", "Not identified. ", "Not decided. ", "Impossible. "):
        reading_headline = reading.headline.removeprefix(opening)
        if reading_headline != reading.headline:
            return reading_headline.rstrip(".")
    return reading.headline.rstrip(".")


def _still(before: Reading, after: Reading) -> str:
    was, now = _by(before), _by(after)
    one, other = before.adjusted, after.adjusted
    both_adjust = all(
        isinstance(each.reply, Estimand) and isinstance(each.reply.shape, Adjustment)
        for each in (before, after)
    )
    if was == now and (not both_adjust or set(one) == set(other)):
        return (
            "" if before.formula == after.formula or both_adjust else "Still identified; the formula changed."
        )
    if both_adjust and "no effect" not in was + now:
        sets = braces(one), braces(other)
        if sets[0] != sets[1]:
            return f"Still identified; the adjustment set changed from {sets[0]} to {sets[1]}."
        lost, won = sorted(set(one) - set(other)), sorted(set(other) - set(one))
        parts = [f"lost {told(lost)}"] * bool(lost) + [f"gained {told(won)}"] * bool(won)
        return f"Still identified; the adjustment set {' and '.join(parts)}."
    return f"Still identified; now {now}, before {was}."
