"""Who does the work of a command, and what the journal had of it: told on stderr when the work is over."""

import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from whence.runtime.events import Event, Warned, listening
from whence.runtime.plain import harmless, quoted

if TYPE_CHECKING:
    from whence.runtime.executor import Executor

OF_THE_JOURNAL = ("not_journaled", "journal_damaged")


@contextmanager
def at_work(spec: str | None, journal: Path | None) -> "Generator[Executor | str | None]":
    """The executor of a word, with a journal of its results if one was named.

    Raises `InvalidOption` and `UnusableJournal`.
    """
    if journal is None:
        yield spec
        return
    from whence.runtime.executor import executor
    from whence.runtime.results import Recalled, journaled

    workers = journaled(executor(spec), journal)
    recalled: list[int] = []
    said: list[str] = []

    def hear(event: Event) -> None:
        if isinstance(event, Recalled):
            recalled.append(event.found)
        if isinstance(event, Warned) and event.code in OF_THE_JOURNAL:
            said.append(event.message)

    try:
        with listening(hear):
            yield workers
    finally:
        workers.close()
        found = sum(recalled)
        came = f"{found} result{' was' if found == 1 else 's were'} found in {quoted(journal.name)}"
        lines = [*said, f"{came}, {workers.store.added} added."]
        print("\n".join(f"whence: {harmless(line)}" for line in lines), file=sys.stderr)
