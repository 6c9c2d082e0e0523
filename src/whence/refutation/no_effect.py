"""What the data say of an effect that the graph excludes.

Where the graph joins treatment and outcome by no edge at all, it implies that they are independent given
something, and that can fail. Where it joins them otherwise (a hidden common cause, an arrow the other way),
no data can speak against it.

Source: J. Pearl, *Causality* (2009), section 1.2.3.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from whence.identification.designs.implications import implied_independences
from whence.numerics.multiplicity import holm
from whence.refutation.implications import ROOT, deals_for, dealt_out, tested
from whence.refutation.power import power_of_tests
from whence.refutation.result import VISIBLE_BIAS, Refutation, verdict_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from whence.estimation.columns import Columns
    from whence.language.graph import Graph
    from whence.runtime.seeds import Seed

NAME = "absent effect"


def absent_effect(
    graph: Graph, columns: Columns, treatments: Sequence[str], outcomes: Sequence[str], seed: Seed = ROOT
) -> Refutation:
    """Hold to the data each independence of a treatment and an outcome that the graph implies."""
    pairs = {frozenset((x, y)) for x in treatments for y in outcomes}
    found = [each for each in implied_independences(graph) if frozenset((each.x, each.y)) in pairs]
    null = "treatment and outcome are as independent as a graph without an effect has them"
    blind_to = "effects that a hidden common cause cancels, and whatever an arrow the other way would explain"
    if not found:
        sentence = (
            "In the graph treatment and outcome are joined otherwise, so they may go together without an "
            "effect, and the data have no say in whether there is one."
        )
        return Refutation(NAME, "inconclusive", null, None, None, None, blind_to, sentence, {"tests": []})
    deals, chance = deals_for(columns, len(found)), seed.child("refute").child("implications")
    tests = [
        dealt_out(tested(each, columns), each, columns, deals, chance.child(i))
        for i, each in enumerate(found)
    ]
    held = holm([test.p for test in tests])
    told = [
        {"x": each.x, "y": each.y, "given": list(each.given), "p": test.p, "p_held": p, "n": test.n}
        for each, test, p in zip(found, tests, held, strict=True)
    ]
    p, power = min(held), power_of_tests([test.ways for test in tests], VISIBLE_BIAS)
    place = held.index(p)
    holds = "fails" if p < 0.05 else "holds up"
    sentence = (
        f"Without an effect {found[place]} must hold, and it {holds} in the data "
        f"(partial association {tests[place].effect:.2g})."
    )
    verdict = verdict_of(p=p, power=power)
    return Refutation(NAME, verdict, null, None, p, power, blind_to, sentence, {"tests": told})
