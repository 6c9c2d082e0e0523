"""Refusals: that a question has no answer, shown by two models; or that we have none.

What bars a formula says where to look for two models of the graph that agree on all that is given and differ
on the question. Where they are found, the refusal is proved. Where they are not, it is said that no procedure
of ours decides the question.

Source: J. Pearl, *Causality* (2009), definition 3.2.4.
"""

from __future__ import annotations

from whence.identification.counterfactual_worlds import Conflict
from whence.identification.general_id import Thicket
from whence.identification.idc import Barred
from whence.identification.ledger import listed
from whence.identification.proving import Bar, NotCovered
from whence.identification.remedies import search_remedies
from whence.identification.witness import disagreement
from whence.language.graph import Graph
from whence.language.query import Query
from whence.language.refusals import Hedge, ImpossibleEvidence, NotIdentified, NotYetAnswerable
from whence.language.source import Source

Reply = NotIdentified | NotYetAnswerable | ImpossibleEvidence


def refuse(query: Query, graph: Graph, given: tuple[Source, ...], bar: Bar) -> Reply:
    """What to reply where a probability in the query has no proof."""
    if isinstance(bar, ImpossibleEvidence):
        return bar
    if graph.kind not in ("DAG", "ADMG"):
        return NotYetAnswerable(_reason(bar, query), ("directing its open edges",))
    hedge = bar.hedge if isinstance(bar, Barred) else bar if isinstance(bar, Hedge) else None
    x, y = (bar.treatments, bar.outcomes) if isinstance(bar, Barred | Thicket) else ((), ())
    pair = disagreement(query, graph, given, hedge, x, y)
    told = _reason(bar, query)
    helps = tuple(remedy.sentence for remedy in search_remedies(query, graph, given).remedies)
    if pair is None:
        undecided = "Two models that would prove it were not found, so this is not settled."
        return NotYetAnswerable(f"{told} {undecided}", helps)
    proof = "Two models agree on all that is given and differ on the question."
    # A hedge is for an effect that the query asks for by itself; elsewhere the models alone are the proof.
    shown = bar.hedge if isinstance(bar, Barred) else None
    return NotIdentified(f"{told} {proof}", helps, query, shown, x, y, graph, given, pair)


def _reason(bar: Bar, query: Query) -> str:
    match bar:
        case Barred(hedge=hedge, treatments=x, outcomes=y):
            return f"The effect of {listed(x)} on {listed(y)} is not determined: {_joined(hedge)}."
        case Hedge():
            return f"{query} is not determined: {_joined(bar)}."
        case Conflict():
            return (
                f"{query} is not determined: it needs to be known what {bar.name} is at {bar.first} and at "
                f"{bar.second} for the same case, and each case shows one of them."
            )
        case Thicket(district=district):
            return (
                f"{query} is not determined: how {listed(district)} responds when all else is set "
                "follows from none of the distributions given."
            )
        case NotCovered(why=why):
            return why
        case _:
            raise TypeError(f"{type(bar).__name__} bars nothing")


def _joined(hedge: Hedge) -> str:
    outer = [name for name in hedge.forest if name not in hedge.subforest]
    return f"unobserved common causes join {listed(outer)} with {listed(hedge.subforest)}"
