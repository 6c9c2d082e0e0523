"""Tables in: from files, dataframes and databases to one canonical `Table`, its schema, counts and moments.

Modules: `reading` (the door: `table`), `tables`, `schema`, `frame` (complete rows), `contingency` (counts),
`design_matrix`, `summaries`, `weighting`, `hashing`; readers `files`, `csv_file`, `databases`, `dataframes`;
`scanning` (tables larger than memory, in blocks: `scan`); `pushdown` (tables in a database server: `remote`);
`expressions` (checks of `where=` and `derive=`);
`columns` (the canonical form); `duck` (the engine, locked).

>>> from whence.data import complete, table
>>> complete(table({"x": [0, 1, None]}), ["x"]).n
2
"""

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from whence.data.contingency import Counts, counts
    from whence.data.design_matrix import Design, design
    from whence.data.frame import Frame, complete
    from whence.data.pushdown.opening import remote
    from whence.data.pushdown.remote import Remote
    from whence.data.reading import table
    from whence.data.scanning.opening import scan
    from whence.data.scanning.scan import Scan
    from whence.data.schema import Field, Schema
    from whence.data.summaries import ColumnSummary, summary
    from whence.data.tables import Table

_HOME: Final = {
    "ColumnSummary": "summaries",
    "Counts": "contingency",
    "Design": "design_matrix",
    "Field": "schema",
    "Frame": "frame",
    "Remote": "pushdown.remote",
    "Scan": "scanning.scan",
    "Schema": "schema",
    "Table": "tables",
    "complete": "frame",
    "counts": "contingency",
    "design": "design_matrix",
    "remote": "pushdown.opening",
    "scan": "scanning.opening",
    "summary": "summaries",
    "table": "reading",
}

__all__ = [
    "ColumnSummary",
    "Counts",
    "Design",
    "Field",
    "Frame",
    "Remote",
    "Scan",
    "Schema",
    "Table",
    "complete",
    "counts",
    "design",
    "remote",
    "scan",
    "summary",
    "table",
]


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module 'whence.data' has no attribute {name!r}")
    value: object = getattr(import_module(f"whence.data.{_HOME[name]}"), name)
    globals()[name] = value
    return value
