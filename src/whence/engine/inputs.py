"""What `ask` is given, made into values: a graph, a table, and a check that the two speak of the same things.

>>> as_graph("z -> x -> y; z -> y").nodes
('z', 'x', 'y')
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

from whence.data.addresses import refuse_address
from whence.data.pushdown.remote import Remote
from whence.data.reading import table
from whence.data.scanning.memory import fits
from whence.data.scanning.opening import scan
from whence.data.scanning.scan import Scan
from whence.data.scanning.sources import several
from whence.data.tables import Table
from whence.engine.already_read import AlreadyRead
from whence.language.graph import Graph
from whence.language.graph_text import graph
from whence.runtime.errors import InvalidOption, InvalidWeights, UnknownColumn
from whence.runtime.plain import quoted

if TYPE_CHECKING:
    from whence.data.any_data import AnyData
    from whence.engine.how import How


def as_graph(source: object) -> Graph | None:
    """The graph itself, or the one that a text, a file or a networkx graph describes; None stays None."""
    if isinstance(source, AlreadyRead):
        return cast("AlreadyRead[Graph]", source).value
    return source if source is None or isinstance(source, Graph) else graph(source)


def as_table(source: object, how: How) -> AnyData | None:
    """The table or scan itself, or the one made of whatever `whence.table` reads; None if none is given.

    A file that would not fit into memory, a folder and a pattern of files are read in blocks, which the
    notes of the data say.
    """
    if source is None:
        return None
    if isinstance(source, AlreadyRead):
        return cast("AlreadyRead[AnyData]", source).value
    plain = how.where is None and not how.derive and how.weights is None
    if isinstance(source, Table | Scan | Remote) and plain:
        return source
    if isinstance(source, Remote):
        return _asked(source, how)
    if isinstance(source, Scan):
        return _scanned(source, how)
    if isinstance(source, str | os.PathLike) and how.weights is None:
        refuse_address(cast("str | os.PathLike[str]", source))
        path = Path(cast("str | os.PathLike[str]", source))
        if several(path):
            return _scanned(path, how)
        if not fits(path):
            found = _scanned(path, how)
            return replace(found, notes=(*found.notes, IN_BLOCKS.format(rows=found.rows)))
    return table(cast("object", source), where=how.where, derive=how.derive, weights=how.weights)


IN_BLOCKS = (
    "The data would not fit into memory, so all {rows:,} rows were read in blocks from the file; "
    "the digits are those that a table in memory would give."
)


def _scanned(source: Path | Scan, how: How) -> Scan:
    if how.weights is not None:
        raise InvalidWeights(
            "rows that are read in blocks have no weights",
            "Leave the weights out, or read the data into memory with `whence.table`.",
        )
    return scan(source, where=how.where, derive=how.derive)


def _asked(source: Remote, how: How) -> Remote:
    if how.weights is not None or how.derive:
        raise InvalidOption(
            "weights" if how.weights is not None else "derive",
            str(how.weights or ", ".join(how.derive or ())),
            "something for rows at hand; of a table in a database a view can hold such columns",
        )
    return source if how.where is None else source.filtered(how.where)


def agreeing(known: Graph | None, found: AnyData | None, named: Iterable[str]) -> AnyData | None:
    """The data, if they agree with the graph and the options; raises as `check_agreement` does.

    A table in a database server comes without the columns that do not matter: each would cost questions.
    """
    check_agreement(known, found, named)
    if known is None or not isinstance(found, Remote):
        return found
    return found.narrowed((*known.observed, *named))


def check_agreement(known: Graph | None, found: AnyData | None, named: Iterable[str]) -> None:
    """Raise `UnknownColumn` unless the data have all observed nodes and all columns that options name.

    A column cannot be both weights and a variable: that is `InvalidWeights`. What can be no name at all, such
    as a list in place of one, is `InvalidOption`.
    """
    named = tuple(named)
    for name in named:
        if not isinstance(cast("object", name), str):
            raise InvalidOption("the column", name, "the name of one column, as text")
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
