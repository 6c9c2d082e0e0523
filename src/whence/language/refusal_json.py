"""Refusals as plain JSON, and back.

`kind`, `message` and `would_help` are those of every refusal; that of a proved impossibility carries its
witness, two models and for effects the hedge, with what is needed to check it.

>>> from whence.language.refusals import NeedsGraph
>>> refusal_to_dict(NeedsGraph("Nothing was said of what causes what.", ("a graph",)))["kind"]
'needs_graph'
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from whence.language.expression_json import query_from_dict, query_to_dict
from whence.language.graph_json import graph_from_dict, graph_to_dict
from whence.language.json_reading import Fields
from whence.language.model_json import disagreement_from_dict, disagreement_to_dict
from whence.language.refusals import (
    Contradiction,
    Hedge,
    ImpossibleEvidence,
    NeedsData,
    NeedsGraph,
    NoOverlap,
    NotIdentified,
    NotYetAnswerable,
    NoVariation,
    Refusal,
    TooFewRows,
    Undecidable,
)
from whence.language.source_json import source_from_dict, source_to_dict

if TYPE_CHECKING:
    from whence.runtime.plain import JSON

PLAIN_REFUSALS: dict[str, type[Refusal]] = {
    kind.kind: kind
    for kind in (
        Contradiction,
        ImpossibleEvidence,
        NeedsData,
        NeedsGraph,
        NoOverlap,
        NotYetAnswerable,
        NoVariation,
        TooFewRows,
        Undecidable,
    )
}


def refusal_to_dict(refusal: Refusal) -> dict[str, JSON]:
    """The refusal as plain JSON."""
    found: dict[str, JSON] = {
        "kind": refusal.kind,
        "message": refusal.message,
        "would_help": list(refusal.would_help),
    }
    if isinstance(refusal, NotIdentified):
        found["witness"] = _witness(refusal)
        found["treatments"] = list(refusal.treatments)
        found["outcomes"] = list(refusal.outcomes)
        if refusal.query is not None:
            found["query"] = query_to_dict(refusal.query)
        if refusal.graph is not None:
            found["graph"] = graph_to_dict(refusal.graph)
        if refusal.given:
            found["given"] = [source_to_dict(source) for source in refusal.given]
    return found


def _witness(refusal: NotIdentified) -> dict[str, JSON]:
    found: dict[str, JSON] = {}
    if refusal.hedge is not None:
        found["hedge"] = {
            "forest": list(refusal.hedge.forest),
            "subforest": list(refusal.hedge.subforest),
            "roots": list(refusal.hedge.roots),
        }
    if refusal.models is not None:
        found |= disagreement_to_dict(refusal.models)
    return found


def refusal_from_dict(data: object) -> Refusal:
    """A refusal back from plain JSON; raises `InvalidAnswer` if it is none.

    A part of the witness that is there and empty, as in the JSON of an answer, is none.
    """
    fields = Fields(data, "a refusal")
    kind = fields.choice("kind", (NotIdentified.kind, *PLAIN_REFUSALS))
    message, would_help = fields.text("message"), fields.names("would_help")
    if kind != NotIdentified.kind:
        return PLAIN_REFUSALS[kind](message, would_help)
    query, graph, witness = fields.get("query"), fields.get("graph"), fields.get("witness")
    models = None if witness is None else Fields(witness, "a witness").list("models")
    return NotIdentified(
        message,
        would_help,
        query=None if query is None else query_from_dict(query),
        hedge=_hedge(witness),
        treatments=fields.names("treatments"),
        outcomes=fields.names("outcomes"),
        graph=None if graph is None else graph_from_dict(graph),
        given=fields.each("given", source_from_dict),
        models=disagreement_from_dict(witness) if models else None,
    )


def _hedge(data: object) -> Hedge | None:
    hedge = None if data is None else Fields(data, "a witness").get("hedge")
    if not hedge:
        return None
    fields = Fields(hedge, "a hedge")
    return Hedge(fields.names("forest"), fields.names("subforest"), fields.names("roots"))
