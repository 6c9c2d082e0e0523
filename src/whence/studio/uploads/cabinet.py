"""The cabinet: all data of a studio, each table stored once under the hash of its content.

Beside the columns the file is kept as it came, under a name of ours. A person's name for it is a label and
never part of a path. Everything here blocks; the web calls it aside from its loop. Tables that were asked for
are remembered up to a bound of memory, also as a sheet wants them: columns derived, rows filtered, weighted.

>>> import tempfile
>>> from whence.studio.settings import Settings
>>> with tempfile.TemporaryDirectory() as home:
...     cabinet = Cabinet(Path(home), Settings())
...     cabinet.table(cabinet.example("kidney_stones")).rows
8
"""

from __future__ import annotations

import contextlib
import re
import secrets
import shutil
import time
from collections import OrderedDict
from collections.abc import Callable, Collection
from dataclasses import replace
from pathlib import Path
from typing import Final, TypeAlias

from whence.data import reading as data_reading
from whence.data.files import labelled
from whence.data.tables import Table
from whence.examples import path as example_path
from whence.runtime.errors import MissingFile
from whence.runtime.locks import lock
from whence.runtime.plain import harmless
from whence.studio.projects.sheet import Dataset, Sheet
from whence.studio.settings import MB, Settings
from whence.studio.uploads.errors import NoRoom, UnknownDataset
from whence.studio.uploads.limits import limits_of
from whence.studio.uploads.reading import Telling, read_confined, warm_up
from whence.studio.uploads.stored import DESCRIPTION, bytes_of, load, store
from whence.studio.uploads.summarise import summary
from whence.studio.uploads.summary import TableSummary

Key: TypeAlias = tuple[object, ...]

SETTLED: Final = 600.0
"""Seconds after which a project has taken up the data that were read for it, or never will."""

REMEMBERED_BYTES: Final = 1024 * MB
LONGEST_LABEL: Final = 120
_HASH = re.compile(r"[0-9a-f]{64}")
_ORIGINAL: Final = "original"
_BEGUN: Final = ".begun-"
_SUMMARIES: Final = 64


class Cabinet:
    """The data under `home`. Safe to use from several threads."""

    def __init__(self, home: Path, settings: Settings) -> None:
        self.folder = home / "data"
        self.settings = settings
        self.limits = limits_of(settings)
        self._changing = lock()  # one file is read at a time: each may take gigabytes
        self._preparing = lock()  # and one is prepared at a time: each may take as much memory as the data
        self._remembering = lock()
        self._tables: OrderedDict[Key, tuple[Table, int]] = OrderedDict()
        self._summaries: OrderedDict[Key, TableSummary] = OrderedDict()

    # ── taking in ───────────────────────────────────────────────────────────────────────────────────────────

    def take(
        self,
        received: Path,
        filename: str,
        *,
        on_progress: Telling | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> Dataset:
        """Read a received file, store its columns, and keep the file, which is taken away in any case.

        `filename` is what the person's browser called it.

        Raises
        ------
        NoRoom: the studio's space for data is full
        DataError, Cancelled: as `read_confined`
        """
        label = label_of(filename)
        try:
            with self._changing:
                if not received.exists():
                    raise MissingFile(label)
                self._need(_size(received))
                table = read_confined(
                    received,
                    labelled(Path(label)),
                    self.limits,
                    suffix=Path(label).suffix.lower(),
                    on_progress=on_progress,
                    cancelled=cancelled,
                )
                self._keep(table, received)
        finally:
            with contextlib.suppress(OSError):
                received.unlink()
        self._remember((table.sha256,), table)
        return Dataset(table.sha256, label)

    def bring(self, file: Path) -> Dataset:
        """Read a file of the person's own, which stays where it is."""
        if not file.is_file():
            raise MissingFile(file)
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._need(_size(file))
        copy = self.folder / f"{_BEGUN}{secrets.token_hex(8)}"
        try:
            shutil.copyfile(file, copy)
            return self.take(copy, file.name)
        finally:
            copy.unlink(missing_ok=True)

    def example(self, name: str) -> Dataset:
        """One of the bundled data sets; raises `MissingFile` if there is none of that name."""
        return Dataset(self._example(name).sha256, name, example=name)

    def warm_up(self) -> None:
        """Start what reads files, so that the first one need not wait for it."""
        warm_up(self.limits)

    # ── giving out ──────────────────────────────────────────────────────────────────────────────────────────

    def table(self, dataset: Dataset) -> Table:
        """The stored table, called as the person called it; raises `UnknownDataset`, `BrokenStore`."""
        if dataset.example is not None:
            table = self._example(dataset.example)
            if table.sha256 != dataset.key:
                raise UnknownDataset(dataset.label)
            return table
        key = (dataset.key,)
        table = self._remembered(key)
        if table is None:
            folder = self._of(dataset)
            table = load(folder, expected=dataset.key, most_bytes=2 * self.limits.table_bytes)
            self._remember(key, table)
        return replace(table, source=labelled(Path(label_of(dataset.label))))

    def prepared(self, sheet: Sheet) -> Table:
        """The table as the sheet wants it: columns derived, rows filtered, weighted; as `ask` would do it.

        Raises what `whence.table` raises of `derive`, `where` and `weights`; `UnknownDataset` without data.
        """
        if sheet.data is None:
            raise UnknownDataset("of this project")
        weights = next(iter(sheet.named("weights")), None)
        if not sheet.derive and sheet.where is None and weights is None:
            return self.table(sheet.data)
        key = _key(sheet, weights)
        table = self._remembered(key)
        if table is not None:
            return table
        with self._preparing:
            table = self._remembered(key)  # somebody else may have wanted the same
            if table is None:
                table = data_reading.table(
                    self.table(sheet.data), where=sheet.where, derive=sheet.derive, weights=weights
                )
                self._remember(key, table)
        return table

    def summary(self, sheet: Sheet) -> TableSummary:
        """What the page shows of the sheet's table; remembered, so that it costs nothing the next time."""
        weights = next(iter(sheet.named("weights")), None)
        key = _key(sheet, weights)
        with self._remembering:
            known = self._summaries.get(key)
        if known is None:
            label = "" if sheet.data is None else sheet.data.label
            known = summary(self.prepared(sheet), tuple(sheet.derive), label=label)
            with self._remembering:
                self._summaries[key] = known
                while len(self._summaries) > _SUMMARIES:
                    self._summaries.popitem(last=False)
        return known

    def file(self, dataset: Dataset) -> Path:
        """The file as it came: of an example, the bundled one."""
        if dataset.example is not None:
            return example_path(dataset.example)
        found = sorted(self._of(dataset).glob(f"{_ORIGINAL}.*"))
        if not found:
            raise UnknownDataset(dataset.label)
        return found[0]

    # ── room ────────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def used(self) -> int:
        """How many bytes all stored data take."""
        return sum(_size(file) for file in self.folder.glob("*/*"))

    def sweep(self, kept: Collection[str], *, older_than: float = 0.0) -> int:
        """Remove all data but those with these keys; give how many bytes that freed.

        What came in less than `older_than` seconds ago stays: its project may not have taken it up yet.
        """
        with self._changing:
            before, until = self.used, time.time() - older_than
            for folder in list(self.folder.glob("*")):
                ours = _HASH.fullmatch(folder.name) or folder.name.startswith(_BEGUN)
                if ours and folder.name not in kept and folder.lstat().st_mtime <= until:
                    shutil.rmtree(folder, ignore_errors=True)
            return before - self.used

    def make_room(self, size: int, kept: Callable[[], Collection[str]]) -> None:
        """If so many bytes would find no room, remove the data that nobody keeps any more."""
        if size > self.settings.stored_bytes - self.used:
            self.sweep(kept(), older_than=SETTLED)

    def _need(self, size: int) -> None:
        left = self.settings.stored_bytes - self.used
        if size > left:
            raise NoRoom(size, left)

    # ── inside ──────────────────────────────────────────────────────────────────────────────────────────────

    def _of(self, dataset: Dataset) -> Path:
        """The folder of stored data; a key that is no hash of ours leads nowhere."""
        folder = self.folder / dataset.key if _HASH.fullmatch(dataset.key) else None
        if folder is None or not (folder / DESCRIPTION).is_file():
            raise UnknownDataset(dataset.label)
        return folder

    def _keep(self, table: Table, received: Path) -> None:
        """Store a table and its file under its hash, all at once: what is half written is never seen."""
        place = self.folder / table.sha256
        if (place / DESCRIPTION).is_file():
            return
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        begun = self.folder / f"{_BEGUN}{secrets.token_hex(8)}"
        begun.mkdir(mode=0o700)
        try:
            store(table, begun)
            with received.open("rb") as file:
                ending = ".parquet" if file.read(4) == b"PAR1" else ".csv"
            self._need(_size(received))  # what was stored just now counts as used
            shutil.move(received, begun / f"{_ORIGINAL}{ending}")
            for file in begun.iterdir():
                file.chmod(0o600)
            shutil.rmtree(place, ignore_errors=True)
            begun.rename(place)
        except BaseException:
            shutil.rmtree(begun, ignore_errors=True)
            raise

    def _example(self, name: str) -> Table:
        key = ("example", name)
        table = self._remembered(key)
        if table is None:
            table = data_reading.table(example_path(name))
            self._remember(key, table)
        return table

    def _remembered(self, key: Key) -> Table | None:
        with self._remembering:
            if key not in self._tables:
                return None
            self._tables.move_to_end(key)
            return self._tables[key][0]

    def _remember(self, key: Key, table: Table) -> None:
        """Keep a table in memory, and let go of those longest unused beyond the bound."""
        size = bytes_of(table)
        with self._remembering:
            self._tables[key] = (table, size)
            total = sum(each for _, each in self._tables.values())
            while total > REMEMBERED_BYTES and len(self._tables) > 1:
                _, (_, freed) = self._tables.popitem(last=False)
                total -= freed


def label_of(filename: str) -> str:
    r"""What a file is called: the last part of its name, without what could not be shown.

    >>> label_of("C:\\data\\shop\x1b[2J.csv"), label_of("../../etc/passwd"), label_of("..")
    ('shop[2J.csv', 'passwd', 'data')
    """
    last = re.split(r"[/\\]", filename)[-1]
    shown = "".join(letter for letter in last if letter.isprintable() and harmless(letter) == letter).strip()
    if len(shown) > LONGEST_LABEL:
        stem, dot, ending = shown.rpartition(".")
        shown = f"{stem[: LONGEST_LABEL - 12]}{dot}{ending[:11]}" if dot else shown[:LONGEST_LABEL]
    return shown if shown.strip(". ") else "data"


def _key(sheet: Sheet, weights: str | None) -> Key:
    data = sheet.data
    named = None if data is None else (data.key, data.label)
    return (named, tuple(sheet.derive.items()), sheet.where, weights)


def _size(file: Path) -> int:
    with contextlib.suppress(OSError):
        return file.lstat().st_size
    return 0
