"""Where a run's replies come from besides its model, and where what happens is written: nowhere, a new
journal, a journal that is gone on with, or a recording that is replayed.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from whence.rlm.calling.memo import Memo
from whence.rlm.errors import ReplayMissed, SetupError
from whence.rlm.events import RunEvent
from whence.rlm.journal.record import Header, Recorder, check_same, kept, replies
from whence.rlm.messages import Reply, Request
from whence.runtime.errors import InvalidOption, MissingFile
from whence.runtime.plain import JSON, quoted


class JournalExists(SetupError):
    """A journal that would be mixed with another run's."""

    def __init__(self, path: object) -> None:
        self.path = str(path)
        super().__init__(
            f"The journal {quoted(self.path, 300)} holds a run already.",
            "Go on with it by resume=True (--resume), or name another file.",
        )


@dataclass(frozen=True, slots=True)
class Source:
    """The journal to write, whether to go on with it, and the recording to take replies from."""

    journal: str | Path | None = None
    resume: bool = False
    replay: str | Path | None = None

    def __post_init__(self) -> None:
        if self.resume and self.journal is None:
            raise InvalidOption("resume", "set", "used together with a journal")
        if self.replay is not None and self.journal is not None:
            raise InvalidOption("replay", self.replay, "used without a journal")


@dataclass(frozen=True, slots=True)
class Recall:
    """What the world outside the models said (tools, clocks, budgets), so that a second run hears the same.

    Asked for a key that is known it gives what was kept; what is new it hands to `keep`.
    """

    known: Mapping[str, JSON] = field(default_factory=dict[str, JSON])
    keep: Callable[[str, JSON], None] | None = None
    closed: bool = False  # a recording that is replayed: nothing is new

    def once(self, key: str, make: Callable[[], JSON]) -> JSON:
        """The value that is known under `key`, or the one that `make` gives now, kept."""
        return self.known[key] if key in self.known else self.learn(key, make())

    def learn(self, key: str, value: JSON) -> JSON:
        """Keep a new value, and give it."""
        if self.keep is not None:
            self.keep(key, value)
        return value


@dataclass(frozen=True, slots=True)
class Recording:
    """What a run reads replies from and tells its events to."""

    memo: Memo | None = None
    sinks: tuple[Callable[[RunEvent], None], ...] = ()
    path: str | None = None
    recall: Recall = field(default_factory=Recall)


@contextmanager
def open_recording(source: Source, header: Callable[[], Header]) -> Generator[Recording]:
    """Open what `source` names, checked to be of a run that was started as `header` says (which reads the
    whole context).
    """
    if source.replay is not None:
        if not Path(source.replay).exists():
            raise MissingFile(source.replay)
        check_same(header(), source.replay)
        yield Recording(Replayed(replies(source.replay)), recall=Recall(kept(source.replay), closed=True))
    elif source.journal is not None:
        path = Path(source.journal)
        if source.resume and not path.exists():
            raise MissingFile(path)
        if not source.resume and path.is_file() and path.stat().st_size:
            raise JournalExists(path)
        with Recorder(path, header()) as recorder:
            yield Recording(
                Journaled(recorder),
                (recorder,),
                str(path),
                Recall(dict(recorder.kept), recorder.keep),
            )
    else:
        yield Recording()


@dataclass(frozen=True, slots=True)
class Replayed:
    """Replies from a recording; what it does not hold is asked of `Nobody`."""

    replies: Mapping[str, Reply]

    def get(self, key: str, /) -> Reply | None:
        """The recorded reply."""
        return self.replies.get(key)

    def __setitem__(self, key: str, reply: Reply, /) -> None:
        """Nothing new is ever paid for in a replay."""


class Nobody:
    """The client of a replay: whoever is asked something that was not recorded."""

    host = "recording"

    async def send(self, request: Request) -> Reply:
        """Say that the recording does not hold it."""
        raise ReplayMissed(request.key, request.messages[-1].content)

    async def aclose(self) -> None:
        """Nothing is open."""


@dataclass(frozen=True, slots=True)
class Journaled:
    """Replies that a journal holds already, and a place for new ones."""

    recorder: Recorder

    def get(self, key: str, /) -> Reply | None:
        """The reply that the run was given before it was interrupted."""
        return self.recorder.replies.get(key)

    def __setitem__(self, key: str, reply: Reply, /) -> None:
        """Write a reply down the moment it comes."""
        self.recorder.reply(key, reply)
