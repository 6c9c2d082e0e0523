"""What the commands are given: graphs and data as text, file or stdin, and derived columns."""

import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from whence.runtime.errors import EmptyData, InvalidFilter, InvalidOption

if TYPE_CHECKING:
    from whence.data.tables import Table
    from whence.language.graph import Graph
    from whence.language.source import Source

STDIN = "-"


def knowledge(source: str | None, latent: Sequence[str] | None = None) -> "Graph | None":
    """The graph of a text, a file or stdin; None if there is none. Raises `MissingFile` and `GraphError`."""
    from whence.language.graph_text import graph

    text = sys.stdin.read() if source == STDIN else source
    return None if text is None else graph(text, latent=tuple(latent or ()))


def as_given(source: str | None, latent: Sequence[str] | None = None) -> "Graph | str | None":
    """The graph as it was given, so that an answer can say so; made a graph where more is said of it."""
    return knowledge(source, latent) if latent or source == STDIN else source


def data_source(source: str | None, graph: str | None = None) -> "Table | str | None":
    """The file to read the data from; what comes on stdin is read at once. Raises `DataError`."""
    from whence.data.reading import table

    if source != STDIN:
        return source
    if graph == STDIN:
        raise InvalidOption("--graph and --data together", STDIN, "stdin for one of them")
    read = sys.stdin.buffer.read()
    if not read.strip():
        raise EmptyData("stdin")
    with tempfile.TemporaryDirectory(prefix="whence-") as folder:
        kept = Path(folder) / "stdin.csv"
        kept.write_bytes(read)
        return table(kept)


def sources(
    given: Sequence[str] | None, differs: Sequence[str] | None = None, recorded: Sequence[str] | None = None
) -> "list[Source] | None":
    """The distributions at hand; None if there are none. Raises `QueryError` and `InvalidOption`."""
    from whence.identification.sources.given import source_of
    from whence.language.source import starred

    found = [source_of(text) for text in given or ()]
    apart = [pair_of("--differs", text, "trial:z") for text in differs or ()]
    proxies = [pair_of("--recorded", text, "x:r") for text in recorded or ()]
    populations = {source.population for source in found}
    for name, _ in apart:
        if name not in populations:
            raise InvalidOption("--differs", name, f"a population of --given, written P@{name}(…) there")
    made: list[Source] = []
    for source in found:
        names = {term.name for term in source.distribution.terms}
        differing = [
            each for name, listed in apart if name == source.population for each in listed.split(",")
        ]
        pairs = [(name, seen) for name, seen in proxies if starred(name) in names]
        made.append(replace(source, differs=tuple(each.strip() for each in differing), proxies=tuple(pairs)))
    return made or None


def pair_of(option: str, text: str, example: str) -> tuple[str, str]:
    """Both sides of a colon; raises `InvalidOption`."""
    left, sign, right = text.partition(":")
    if not sign or not left.strip() or not all(part.strip() for part in right.split(",")):
        raise InvalidOption(option, text, f"written as {example}")
    return left.strip(), right.strip()


def derived(columns: Sequence[str] | None) -> dict[str, str] | None:
    """`name=expression` texts as names and expressions; raises `InvalidFilter`."""
    if not columns:
        return None
    pairs: dict[str, str] = {}
    for column in columns:
        name, sign, expression = column.partition("=")
        if not sign or not name.strip() or not expression.strip():
            raise InvalidFilter(column, "a derived column is written name=expression")
        pairs[name.strip()] = expression.strip()
    return pairs
