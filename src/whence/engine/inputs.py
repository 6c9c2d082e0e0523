"""What `ask` is given, made into values: a graph, a table, and a check that the two speak of the same things.

>>> as_graph("z -> x -> y; z -> y").nodes
('z', 'x', 'y')
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, cast

from whence.data.reading import table
from whence.data.tables import Table
from whence.engine.already_read import AlreadyRead
from whence.language.graph import Graph
from whence.language.graph_text import graph
from whence.runtime.errors import InvalidWeights, UnknownColumn
from whence.runtime.plain import quoted

if TYPE_CHECKING:
    from whence.engine.how import How


def as_graph(source: object) -> Graph | None:
    """The graph itself, or the one that a text, a file or a networkx graph describes; None stays None."""
    if isinstance(source, AlreadyRead):
        return cast("AlreadyRead[Graph]", source).value
    return source if source is None or isinstance(source, Graph) else graph(source)


def as_table(source: object, how: How) -> Table | None:
    """The table itself, or the one read from whatever `whence.table` reads; None if none is given."""
    if source is None:
        return None
    if isinstance(source, AlreadyRead):
        return cast("AlreadyRead[Table]", source).value
    if isinstance(source, Table) and how.where is None and not how.derive and how.weights is None:
        return source
    return table(source, where=how.where, derive=how.derive, weights=how.weights)


def check_agreement(known: Graph | None, found: Table | None, named: Iterable[str]) -> None:
    """Raise `UnknownColumn` unless the data have all observed nodes and all columns that options name.

    A column cannot be both weights and a variable: that is `InvalidWeights`.
    """
    if found is None:
        return
    if found.weights in (*named, *(() if known is None else known.observed)):
        raise InvalidWeights(
            f"the column {quoted(str(found.weights))} is a variable of this analysis",
            "Name a column of counts or probabilities that is no variable, or leave the weights out.",
        )
    for name in named:
        if name not in found:
            raise UnknownColumn(name, known=found.columns)
    for node in () if known is None else known.observed:
        if node not in found:
            gone = [note for note in found.notes if note.startswith(f"Left out the column {quoted(node)}:")]
            cure = gone[0] if gone else "If it was never measured, declare it latent."
            raise UnknownColumn(node, known=found.columns, where="data, though the graph has it", cure=cure)
