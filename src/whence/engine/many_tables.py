"""The tables of many questions: held here, or named, to be read where their questions are answered.

>>> many_tables(None, {"small": {"x": [0, 1]}}, How()).names
('small',)
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, TypeVar, cast

from whence.engine.already_read import AlreadyRead, already_read
from whence.engine.how import How
from whence.engine.inputs import as_table
from whence.runtime.errors import InvalidOption, WhenceError

if TYPE_CHECKING:
    from whence.data.any_data import AnyData

T = TypeVar("T")

Tables: TypeAlias = Sequence[object] | Mapping[str, object]
Held: TypeAlias = "AlreadyRead[AnyData | None]"


@dataclass(frozen=True, slots=True)
class InFiles:
    """A table to be read where its questions are answered.

    `given` is what the user wrote, `files` the same from wherever a process happens to be; `seen` is the size
    and the time of each file, by which a later run tells a file that was changed from the one it knows.
    """

    given: object
    files: str | tuple[str, ...]
    seen: tuple[tuple[int, int], ...]

    def read(self, how: How) -> Held:
        """Read it here and now."""
        return already_read(self.given, as_table(self.files, how))


Source: TypeAlias = "Held | InFiles | WhenceError"
"""A table (None where a question needs none), or where it is, or why there is none."""


@dataclass(frozen=True, slots=True)
class ManyTables:
    """Tables in their order, each with its name, if it was given one."""

    names: tuple[str | None, ...]
    sources: tuple[Source, ...]

    def label(self, place: int) -> str:
        """What messages call a table; nothing if it is the only one."""
        source, name = self.sources[place], self.names[place]
        if len(self.sources) == 1 and name is None:
            return ""
        given = source.given if isinstance(source, InFiles) else name
        return f" of the table {name or (given if isinstance(given, str) else f'number {place + 1}')}"


def many_tables(data: object, tables: Tables | None, how: How) -> ManyTables:
    """The one table `data`, read here; or each of `tables`, where what is in files is left to the workers.

    Raises what reading `data` raises, and `InvalidOption` for both, or for one path in place of several.
    """
    if tables is None:
        return ManyTables((None,), (already_read(data, as_table(data, how)),))
    if data is not None:
        raise InvalidOption("data", type(data).__name__, "left out where `tables` are given")
    if isinstance(tables, Mapping):
        return ManyTables(tuple(tables), tuple(_source(one, how) for one in tables.values()))
    several = several_of("tables", tables)
    return ManyTables((None,) * len(several), tuple(_source(one, how) for one in several))


def several_of(name: str, given: Iterable[T]) -> tuple[T, ...]:
    """The items of an argument that takes several; one alone is `InvalidOption`, not its parts."""
    text = isinstance(given, str | bytes | os.PathLike)
    if text or not hasattr(given, "__iter__") or hasattr(given, "columns"):
        told = given if text else type(given).__name__
        raise InvalidOption(name, told, f"a list of {name}; for a single one there is `ask`")
    return tuple(given)


def _source(given: object, how: How) -> Source:
    paths = _paths(given)
    if paths:
        found = tuple(_found(path) for path in paths)
        seen = tuple(stamp for path in found for stamp in _stamps(Path(path)))
        return InFiles(given, found if isinstance(given, list | tuple) else found[0], seen)
    try:
        return already_read(given, as_table(given, how))
    except WhenceError as error:
        return error  # the questions of the other tables can be answered


def _paths(given: object) -> list[str]:
    """The paths that these are; none if they are anything else."""
    parts = cast("Sequence[object]", given) if isinstance(given, list | tuple) else [given]
    paths = [
        os.fspath(cast("str | os.PathLike[str]", part))
        for part in parts
        if isinstance(part, str | os.PathLike)
    ]
    return paths if len(paths) == len(parts) else []


def _found(path: str) -> str:
    """The path from the root, for workers may live elsewhere; as it is if there is no such file."""
    try:
        return str(Path(path).absolute()) if Path(path).exists() else path
    except (OSError, ValueError):
        return path


def _stamps(path: Path) -> Iterator[tuple[int, int]]:
    try:
        for file in sorted(path.rglob("*")) if path.is_dir() else [path] if path.exists() else []:
            facts = file.stat()
            yield facts.st_size, facts.st_mtime_ns
    except (OSError, ValueError):
        return
