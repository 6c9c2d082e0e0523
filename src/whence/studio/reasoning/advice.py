"""What would help a question that is refused: to find it takes ten times as long as to prove the refusal.

So a reading comes without it at first, and it is added when it is known. Nothing that the reading says
depends on it.

>>> from whence.language.graph import Edge, Graph
>>> from whence.studio.projects.sheet import Sheet
>>> from whence.studio.reasoning.reader import read
>>> bow = Graph.of((), [Edge("X", "Y"), Edge("X", "Y", "<->")])
>>> at_once = read(Sheet(graph=bow, question="effect of X on Y"), advise=False)
>>> at_once.headline, at_once.advised, at_once.would_help
('Not identified: unobserved common causes join X with Y.', False, ())
>>> advised(at_once, advice_on(at_once)).would_help[0]
'observing what causes both X and Y'
"""

from __future__ import annotations

import logging
from collections.abc import Hashable
from dataclasses import dataclass, replace
from functools import lru_cache

from whence.identification.designs.instruments import instruments
from whence.identification.refusing import advice
from whence.language.graph import Edge, Graph
from whence.language.lettering import visible
from whence.language.query import Query
from whence.runtime.errors import Cancelled, WhenceError
from whence.studio.reasoning.reading import Reading
from whence.studio.reasoning.words import told

DIRECTED = ("DAG", "ADMG")
MOST_FOR_INSTRUMENTS = 14
"""In graphs of more nodes instruments are not looked for: it takes too long."""

KEPT = 512
LOG = logging.getLogger("whence.studio")


@dataclass(frozen=True, slots=True)
class Advice:
    """What would help a refused question, in words, and the instruments of its graph."""

    would_help: tuple[str, ...] = ()
    instruments: tuple[str, ...] = ()


def subject(reading: Reading) -> Hashable:
    """What advice depends on; the order of names and edges is that of the sentences."""
    return (reading.graph, reading.graph.nodes, reading.graph.edges, reading.query)


def advice_on(reading: Reading) -> Advice:
    """What would help the refused question of a reading; raises `Cancelled` and nothing else."""
    graph, query = reading.graph, reading.query
    if reading.advised or query is None:
        return Advice()
    return _advice(graph, graph.nodes, graph.edges, query)


def advised(reading: Reading, found: Advice) -> Reading:
    """The reading with the advice on it."""
    if reading.advised:
        return reading
    return replace(reading, would_help=found.would_help, instruments=found.instruments, advised=True)


@lru_cache(KEPT)
def _advice(graph: Graph, _nodes: tuple[str, ...], _edges: tuple[Edge, ...], query: Query) -> Advice:
    try:
        would_help = tuple(visible(each) for each in advice(query, graph))
        return Advice(would_help, _instruments(graph, query))
    except Cancelled:
        raise
    except Exception:  # the refusal stands without it
        LOG.exception("it could not be found what would help")
        return Advice()


def _instruments(graph: Graph, query: Query) -> tuple[str, ...]:
    x, y = query.treatments, query.outcomes
    if graph.kind not in DIRECTED or len(graph.nodes) > MOST_FOR_INSTRUMENTS or len(x) != 1 or len(y) != 1:
        return ()
    try:
        found = instruments(graph, x[0], y[0])
    except Cancelled:
        raise
    except WhenceError:
        return ()
    return tuple(visible(each.name) + (f" given {told(each.given)}" if each.given else "") for each in found)
