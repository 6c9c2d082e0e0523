"""The graph of an answer with the roles of this question, and its open and blocked ways drawn on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from whence.explanation.figures import listed
from whence.explanation.strands import strands
from whence.language.estimand import Adjustment, FrontDoor
from whence.language.lettering import visible
from whence.language.refusals import NotIdentified
from whence.language.roles import roles
from whence.language.svg import draw

if TYPE_CHECKING:
    from whence.explanation.answer import Answer
    from whence.language.graph import Graph


TITLE = "The causal graph of the question"


def roles_graph(answer: Answer, *, narrow: bool = False) -> str:
    """The drawing, for a page that has our style; empty without a graph."""
    if answer.graph is None:
        return ""
    x, y, adjusted, selected = asked(answer)
    played = roles(answer.graph, x, y, adjusted=adjusted, selected=selected)
    carried = strands(answer.graph, x, y, (*adjusted, *selected))
    return draw(answer.graph, played, strands=carried, title=TITLE, alone=False, narrow=narrow)


def asked(answer: Answer) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Treatments, outcomes, what is adjusted for and what is held as seen."""
    query = answer.query
    if query is None:
        return (), (), (), ()
    shape = answer.estimand.shape if answer.estimand else None
    adjusted = (*shape.adjust, *shape.by) if isinstance(shape, Adjustment) else ()
    selected = tuple(
        name for name in query.conditions if name not in (*query.treatments, *query.outcomes, *adjusted)
    )
    return query.treatments, query.outcomes, adjusted, selected


def graph_words(answer: Answer) -> str:
    """What to see in the drawing, in a sentence or two."""
    if answer.graph is None:
        return ""
    x, y, adjusted, selected = asked(answer)
    carried = strands(answer.graph, x, y, (*adjusted, *selected))
    still = sum(strand == "open" for strand in carried.values())
    blocked = sum(strand == "blocked" for strand in carried.values())
    shape = answer.estimand.shape if answer.estimand else None
    if isinstance(answer.refusal, NotIdentified) and answer.refusal.hedge is not None:
        names = listed([visible(name) for name in answer.refusal.hedge.forest])
        return f"The open bias runs among {names}; nothing that was measured closes it."
    if isinstance(shape, FrontDoor):
        through = listed([visible(name) for name in shape.mediators])
        return f"The bias between treatment and outcome stays open; the effect is followed through {through}."
    if not x or not y:
        return _counts(answer.graph)
    if blocked and not still:
        return "Every way along which treatment and outcome go together other than by effect is blocked."
    if still and shape is not None:
        return "Some biasing ways stay open; the estimand gets around them."
    if still:
        return "Some biasing ways are open."
    return "Nothing joins treatment and outcome but the effect."


def _counts(graph: Graph) -> str:
    return f"{len(graph.nodes)} variables, {len(graph.edges)} edges."
