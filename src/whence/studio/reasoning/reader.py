"""What a graph says for a question, worked out anew at each edit: pure, and quick enough to follow a hand.

The question is read as `whence.ask` would read it, `identify` is asked and `verify` checks it; a sentence
says "identified" only when both agree. What is wrong with a question or a graph becomes a sentence too:
reading a sheet raises nothing.

>>> from whence.language.graph import Edge, Graph
>>> from whence.studio.projects.sheet import Sheet
>>> g = Graph.of((), [Edge("Z", "X"), Edge("Z", "Y"), Edge("X", "Y")])
>>> reading = read(Sheet(graph=g, question="effect of X on Y"))
>>> reading.headline, reading.echo, reading.verified
('Identified: adjust for {Z}.', 'ATE(X -> Y)', True)
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import islice

from whence.explanation.strands import strands
from whence.identification.adjustment import adjustment_sets
from whence.identification.identify import identify
from whence.identification.verify import verify
from whence.language.estimand import Adjustment, Estimand
from whence.language.expression import P, atoms
from whence.language.graph import Edge, Graph
from whence.language.lettering import visible
from whence.language.query import Query
from whence.language.questions import question as read_question
from whence.language.refusals import ImpossibleEvidence, NotIdentified, Refusal
from whence.language.roles import roles
from whence.runtime.errors import GraphError, ProofRejected, QueryError, WhenceError
from whence.studio.projects.asking import question_of
from whence.studio.projects.sheet import Sheet
from whence.studio.reasoning.advice import DIRECTED, advice_on, advised
from whence.studio.reasoning.headlines import identified, refused
from whence.studio.reasoning.reading import Reading
from whence.studio.reasoning.ways import Ways, ways
from whence.studio.reasoning.words import told

WAYS_SHOWN = 12
SETS_SHOWN = 5
KEPT = 512
LOG = logging.getLogger("whence.studio")


def read(sheet: Sheet, columns: Sequence[str] = (), *, advise: bool = True) -> Reading:
    """What the sheet's graph says for its question.

    `columns` are the names of the data, by which a question is read where there is no graph yet. Without
    `advise` a refusal comes as soon as it is proved, and what would help is still to be looked for.
    """
    found = _read_sheet(sheet, columns)
    return advised(found, advice_on(found)) if advise and not found.advised else found


def _read_sheet(sheet: Sheet, columns: Sequence[str]) -> Reading:
    treatments, outcomes = sheet.named("treatment"), sheet.named("outcome")
    try:
        question = question_of(sheet)
    except WhenceError as error:
        return replace(_unread(sheet.graph, treatments, outcomes, error), graph=sheet.graph)
    found = _read(
        sheet.graph, sheet.graph.nodes, sheet.graph.edges, question, treatments, outcomes, tuple(columns)
    )
    # A graph is equal whatever its citations; the page shows those of the sheet.
    return found if found.graph is sheet.graph else replace(found, graph=sheet.graph)


@lru_cache(KEPT)
def _read(
    graph: Graph,
    _nodes: tuple[str, ...],  # graphs are equal whatever the order of their parts; what is shown is not
    _edges: tuple[Edge, ...],
    question: str,
    treatments: tuple[str, ...],
    outcomes: tuple[str, ...],
    columns: tuple[str, ...],
) -> Reading:
    try:
        if not graph.nodes:
            return _without_graph(graph, question, columns)
        if not question.strip():
            return _unasked(graph, treatments, outcomes)
        try:
            query = read_question(question, graph.nodes)[0]
        except (QueryError, GraphError) as error:
            return _unread(graph, treatments, outcomes, error)
        if not graph.edges and query.rung > 1:
            return _unjoined(graph, query)
        return _answered(graph, query, treatments, outcomes)
    except Exception:  # a person who draws must not lose the page to a fault of ours
        LOG.exception("a graph could not be read")
        told_so = "This graph could not be worked out: a fault of ours, not of the graph."
        return Reading(graph, "refused", told_so, trouble="Undo the last edit to go on.")


def _without_graph(graph: Graph, question: str, columns: tuple[str, ...]) -> Reading:
    """Nothing is drawn yet; a question about what is seen needs no graph."""
    blank = "Nothing is drawn yet: add a variable, or load data and take its columns."
    if not question.strip() or not columns:
        return Reading(graph, "empty", blank)
    try:
        query = read_question(question, columns)[0]
    except (QueryError, GraphError) as error:
        return Reading(graph, "empty", blank, trouble=_trouble(error))
    if query.rung == 1:
        blank = "Nothing is drawn yet, and nothing need be: the question is about what is seen."
    return Reading(graph, "empty", blank, echo=visible(str(query)), query=query)


def _unjoined(graph: Graph, query: Query) -> Reading:
    """Variables without an arrow are what loading data leaves: nobody has claimed that there is no effect."""
    headline = "Nothing is joined yet: draw an arrow from each cause to what it causes."
    played = roles(graph, query.treatments, query.outcomes)
    return Reading(graph, "empty", headline, echo=visible(str(query)), query=query, roles=played)


def _unasked(graph: Graph, treatments: tuple[str, ...], outcomes: tuple[str, ...]) -> Reading:
    headline = "Choose a treatment and an outcome, or type a question."
    if treatments and not outcomes:
        headline = f"Choose an outcome: what does {told(treatments)} change?"
    elif outcomes and not treatments:
        headline = f"Choose a treatment: what could change {told(outcomes)}?"
    return Reading(graph, "unasked", headline, roles=roles(graph, treatments, outcomes))


def _unread(
    graph: Graph, treatments: tuple[str, ...], outcomes: tuple[str, ...], error: WhenceError
) -> Reading:
    headline = "The question cannot be read as it stands."
    played = roles(graph, treatments, outcomes)
    return Reading(graph, "misread", headline, trouble=_trouble(error), roles=played)


def _trouble(error: WhenceError) -> str:
    return f"{error.message} {error.cure}".strip()


def _answered(graph: Graph, query: Query, treatments: tuple[str, ...], outcomes: tuple[str, ...]) -> Reading:
    echo = visible(str(query))
    try:
        reply = identify(query, graph, advise=False)
    except QueryError as error:
        return replace(_unread(graph, treatments, outcomes, error), echo=echo, query=query)
    except WhenceError as error:  # a graph that is not what its kind says
        found = Reading(graph, "refused", visible(error.message), echo=echo, query=query)
        played = roles(graph, query.treatments, query.outcomes)
        return replace(found, trouble=visible(error.cure), roles=played)
    verified = _verified(reply)
    found = _scene(graph, query, reply, Reading(graph, "refused", "", echo, query=query, reply=reply))
    if isinstance(reply, Estimand) and verified:
        return replace(
            found,
            standing="identified",
            headline=identified(reply),
            verified=True,
            formula=visible(reply.text),
            sets=_sets(graph, query),
        )
    if isinstance(reply, Refusal) and verified is not None:
        return replace(
            found,
            headline=refused(reply),
            verified=verified,
            would_help=tuple(visible(each) for each in reply.would_help),
            advised=isinstance(reply, ImpossibleEvidence) or graph.kind not in DIRECTED,
        )
    LOG.error("a proof was rejected: %r in %r", query, graph)
    unsure = "Not decided: a proof was found, but the independent check did not accept it."
    return replace(found, headline=unsure, reply=None, adjusted=())


def _verified(reply: Estimand | Refusal) -> bool | None:
    """Whether there is a proof, of an answer or of a refusal, and it holds; None where it was rejected."""
    if not isinstance(reply, Estimand | NotIdentified):
        return False
    try:
        verify(reply)
    except ProofRejected:
        return None
    return True


def _scene(graph: Graph, query: Query, reply: Estimand | Refusal, found: Reading) -> Reading:
    """The reading with what is seen in the drawing: roles, what each edge carries, and the ways."""
    shape = reply.shape if isinstance(reply, Estimand) else None
    adjusted = (*shape.adjust, *shape.by) if isinstance(shape, Adjustment) else ()
    x, y = query.treatments, query.outcomes
    seen = tuple(name for name in query.conditions if name not in (*x, *y, *adjusted))
    played = roles(graph, x, y, adjusted=adjusted, selected=seen)
    if graph.kind not in DIRECTED:  # what a way carries may differ between the graphs of a class
        return replace(found, adjusted=adjusted, roles=played)
    carried = strands(graph, x, y, (*adjusted, *seen))
    held = frozenset(adjusted)
    between = Ways() if set(x) & set(y) else ways(graph, x, y, sorted(held), seen, shown=WAYS_SHOWN)
    return replace(
        found,
        adjusted=adjusted,
        roles=played,
        strands=carried,
        ways=between.ways,
        more=between.more,
        uncounted=between.uncounted,
        barrier=between.barrier,
    )


def _sets(graph: Graph, query: Query) -> tuple[tuple[str, ...], ...]:
    """A few minimal adjustment sets, for a question that any of them answers."""
    contrast = query.contrast
    plain = all(isinstance(atom, P) and not atom.given for atom in atoms(query.body))
    if not query.treatments or not ((query.rung == 2 and plain) or (contrast and contrast.kind == "ATE")):
        return ()
    try:
        every = adjustment_sets(graph, query.treatments, query.outcomes, "all")
        found = [tuple(sorted(each, key=graph.index.__getitem__)) for each in islice(every, SETS_SHOWN)]
    except WhenceError:
        return ()
    return tuple(sorted(found, key=len))
