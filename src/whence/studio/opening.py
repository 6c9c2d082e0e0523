"""What `whence studio THIS` opens: a project, by its id, or a new one with the data of a file."""

from __future__ import annotations

import re
from pathlib import Path

from whence.runtime.errors import InvalidOption, MissingFile
from whence.studio.projects.edits import LoadData
from whence.studio.projects.shelf import Shelf
from whence.studio.settings import MB, Settings
from whence.studio.uploads.cabinet import Cabinet

_ID = re.compile("[a-z0-9]{12}")


def opened(settings: Settings, given: str) -> str:
    """The id of the project to open. A file is read as one that came through the page is: by a confined
    worker.

    Raises
    ------
    MissingFile: there is neither such a project nor such a file
    DataError: the file cannot be read
    """
    shelf = Shelf(settings.home)
    try:
        if _ID.fullmatch(given) and any(card.project == given for card in shelf.cards()):
            return given
        path = Path(given)
        if not path.is_file():
            raise MissingFile(given)
        return _new(settings, shelf, path)
    finally:
        shelf.close()


def _new(settings: Settings, shelf: Shelf, path: Path) -> str:
    if path.stat().st_size > settings.upload_bytes:
        raise InvalidOption("the file", path.name, f"one of at most {settings.upload_bytes // MB:,} MB")
    cabinet = Cabinet(settings.home, settings)
    data = cabinet.bring(path)
    return shelf.create(path.stem[:200] or "Data", LoadData(data, cabinet.table(data).columns)).id
