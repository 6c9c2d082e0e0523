"""What an environment is: a Python session of the model's, somewhere it can do no harm.

A session keeps its variables from cell to cell. What code cannot do by itself (ask a model, finish, use a
tool) it asks of the host: a `HostCall`, answered by the `Host` with plain JSON.

    kind      asks                                               is answered
    llm       prompts: [str], model?: str, schema?: {…},         [{"ok": true, "text", "value", "usage"}
              max_tokens?: int, sample?: int, check?: bool        | {"ok": false, "error", "message", …}]
    rlm       queries: [{"query", "context": Part | null}]       the same, `value` being the child's answer
    finish    value: JSON, by: "FINAL" | "SUBMIT" | …            {"ok": true} | {"ok": false, "message"}
    estimate  characters: [int], model?: str,                    {"calls", "tokens", "usd", "seconds", "left"}
              most_output?: int
    tool      name: str, args: [JSON], kwargs: {str: JSON}       {"ok": true, "value"}
                                                                  | {"ok": false, "error", "message"}

A `Part` is {"text": str}, or {"document": i, "start": byte, "end": byte} for a part of a document that the
host holds anyway, which is then not sent, or {"parts": [Part]} for several, which become documents.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeAlias

from whence.runtime.plain import JSON

EnvironmentName: TypeAlias = Literal["bubblewrap", "landlock", "monty", "unsafe"]
EnvironmentChoice: TypeAlias = Literal["auto", "bubblewrap", "landlock", "monty", "unsafe"]


@dataclass(frozen=True, slots=True)
class HostCall:
    """Something that code in a cell asks of the host; everything in it is untrusted."""

    kind: str
    arguments: Mapping[str, JSON]


Host: TypeAlias = Callable[[HostCall], Awaitable[JSON]]


@dataclass(frozen=True, slots=True, kw_only=True)
class CellLimits:
    """What a cell may use: wall seconds without those spent waiting for the host, memory, disk, output.

    `output` is how many characters of what a cell prints are kept inside the worker; the loop shows fewer.
    """

    seconds: float = 60.0
    memory_mb: int = 4_096
    scratch_mb: int = 256
    output: int = 200_000


@dataclass(frozen=True, slots=True, kw_only=True)
class CellError:
    """How a cell failed: the exception's name, its message, and the traceback of the model's own lines."""

    kind: str
    message: str
    traceback: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CellOutcome:
    """What became of a cell.

    `printed` characters were printed, of which `output` holds the first and the last. `names` are the
    variables it made or changed, each with a short description. `finished`: a finish was accepted. `lost`
    names what is gone because the worker had to be replaced, `rebuilt` says that it was made anew instead by
    running the earlier cells again.
    """

    output: str = ""
    printed: int = 0
    error: CellError | None = None
    names: Mapping[str, str] = field(default_factory=dict[str, str])
    finished: bool = False
    lost: tuple[str, ...] = ()
    rebuilt: bool = False
    seconds: float = 0.0


class Environment(Protocol):
    """A session that runs the model's cells; not safe to use from two tasks at once.

    `strength` tells what confines it and what was tried against that before it was used.
    """

    name: EnvironmentName
    strength: str

    async def run(self, code: str) -> CellOutcome:
        """Run one cell, statement by statement; never raises for what the code does."""
        ...

    def interrupt(self) -> None:
        """Ask the running cell to end now, with what it has made so far; its open calls are given up."""
        ...

    async def put(self, name: str, value: JSON) -> None:
        """Set a variable of the session (`history`)."""
        ...

    async def aclose(self) -> None:
        """End the session and remove its scratch folder."""
        ...
