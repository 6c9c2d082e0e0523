"""Nothing lost: results are kept in a journal as they come, and a killed program goes on where it was.

    workers = executor("processes:2", journal="run.sqlite")

gives an executor that looks for every result in the file before it does the work, and writes down every
result that it has. Run the same again after a crash, and only what was under way is done again.

What "the same" means is decided with care, because a result found under a wrong key would be a silent
error: see `fingerprints` (tasks and items), `definitions` (functions and classes, with everything they
read), `files` (what a path stands for) and `surroundings` (versions and machine). Where it cannot be
decided, nothing is kept, and an event says so. Values are stored without pickle (`codec`), each row sealed
(`store`).

>>> import tempfile, pathlib
>>> path = pathlib.Path(tempfile.mkdtemp()) / "run.sqlite"
>>> executor("serial", journal=path).map(abs, [-3, 4], stage="example")
[3, 4]
>>> from whence.runtime.events import listening
>>> with listening(lambda event: print(event.to_dict())):
...     executor("serial", journal=path).map(abs, [-3, 4], stage="example")
{'event': 'recalled', 'stage': 'example', 'found': 2, 'total': 2}
{'event': 'progress', 'stage': 'example', 'done': 2, 'total': 2}
[3, 4]
"""

from __future__ import annotations

import os

from whence.runtime.executor import Executor
from whence.runtime.executor import executor as without_journal
from whence.runtime.results.errors import (
    DamagedJournal,
    JournalFull,
    NoFingerprint,
    NotStorable,
    UnusableJournal,
)
from whence.runtime.results.fingerprints import fingerprint
from whence.runtime.results.keeping import Journaled, Recalled, journaled
from whence.runtime.results.kinds import storable

__all__ = [
    "DamagedJournal",
    "JournalFull",
    "Journaled",
    "NoFingerprint",
    "NotStorable",
    "Recalled",
    "UnusableJournal",
    "executor",
    "fingerprint",
    "journaled",
    "storable",
]


def executor(spec: object = None, *, journal: str | os.PathLike[str] | None = None) -> Executor:
    """Who does independent work, for the `executor` of `ask`, `estimate`, `refute` and the like.

    Parameters
    ----------
    spec: None for the best choice at hand, or a word: `"serial"`, `"threads:4"`, `"processes:2"`, `"dask"`,
        and what else `whence.runtime.executor` knows, pools of `concurrent.futures` and Dask clients among
        them
    journal: a file in which every result is kept as soon as it is there, and found when the same is run
        again. It is made if need be; several programs may use it at once. Without, nothing is kept

    Raises
    ------
    UnusableJournal, DamagedJournal: the file cannot serve as a journal
    InvalidOption: nobody knows `spec`
    """
    chosen = without_journal(spec)
    return chosen if journal is None else journaled(chosen, journal)
