"""The first step of `ask`: a text becomes a query about variables and levels that are there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from whence.engine.contrast import settled
from whence.identification.identify import check_query
from whence.language.query import Query
from whence.language.questions import question as read
from whence.runtime.errors import InvalidQuery

if TYPE_CHECKING:
    from whence.data.any_data import AnyData
    from whence.explanation.answer import ParsedBy
    from whence.language.graph import Graph


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, the query that it was read as and by what, and what there is to say of the reading."""

    text: str
    query: Query
    parsed_by: ParsedBy
    notes: tuple[str, ...] = ()


def parse(question: str | Query, known: Graph | None, found: AnyData | None) -> Asked:
    """Read a question about the nodes of the graph or, where there is none, the columns of the data.

    Raises `QueryError` where it cannot be read or could be meant in several ways, and `UnknownVariable`.
    """
    given = cast("object", question)  # what a caller without a type checker may hand in
    if not isinstance(given, str | Query):
        raise InvalidQuery(
            f"An object of type {type(given).__name__} is no question.", "Give text or a query."
        )
    names = known.nodes if known is not None else found.columns if found is not None else ()
    query, by = read(question, names)
    if known is not None:
        check_query(query, known)
    chosen = settled(query, found)
    return Asked(str(question), chosen.query, by, chosen.notes)
