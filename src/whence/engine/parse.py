"""The first step of `ask`: a text becomes a query about variables and levels that are there."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from whence.engine.contrast import settled
from whence.language.query import Query
from whence.language.questions import question as read
from whence.runtime.errors import UnknownColumn

if TYPE_CHECKING:
    from whence.data.tables import Table
    from whence.explanation.answer import ParsedBy
    from whence.language.graph import Graph

SYNTAX = re.compile(r"\s*\w+\s*[(\[]")
"""P(…, E[…, ATE(…: a question in the query language rather than in words."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, the query that it was read as and by what, and what there is to say of the reading."""

    text: str
    query: Query
    parsed_by: ParsedBy
    notes: tuple[str, ...] = ()


def parse(question: str | Query, known: Graph | None, found: Table | None) -> Asked:
    """Read a question about the columns of the data and the nodes of the graph.

    Raises `QueryError` where it cannot be read or could be meant in several ways, and `UnknownColumn`.
    """
    names = tuple(dict.fromkeys([*(known.nodes if known else ()), *(found.columns if found else ())]))
    query = question if isinstance(question, Query) else read(question, names)
    if found is not None and known is None:
        for name in query.variables:
            if name not in found:
                raise UnknownColumn(name, known=found.columns)
    chosen = settled(query, found)
    by_words = isinstance(question, str) and SYNTAX.match(question) is None
    return Asked(str(question), chosen.query, "grammar" if by_words else "syntax", chosen.notes)
