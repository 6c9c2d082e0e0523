"""Small real data sets that travel with the package, so that examples and the demo need no network.

`path` gives the file of a name; any reader takes it from there. Sources and licences: `README.md` beside
this file. The Parquet files are made by `tools/make_examples.py`; the tables are typed in from their papers.

>>> from whence.examples import names, path
>>> "kidney_stones" in names()
True
>>> path("lalonde").name
'lalonde.parquet'
"""

from pathlib import Path
from typing import Final

from whence.runtime.errors import MissingFile

__all__ = ["names", "path"]

FILES: Final = {
    "drug": "drug.csv",
    "kidney_stones": "kidney_stones.csv",
    "lalonde": "lalonde.parquet",
    "nhefs": "nhefs.parquet",
    "nsw": "nsw.parquet",
}


def names() -> tuple[str, ...]:
    """The names of the bundled data sets, in alphabetical order."""
    return tuple(FILES)


def path(name: str) -> Path:
    """The file of the bundled data set `name`.

    Raises
    ------
    MissingFile
        There is no data set of that name.
    """
    if name not in FILES:
        raise MissingFile(f"example {name!r} (there are {', '.join(FILES)})")
    return Path(__file__).parent / FILES[name]
