"""The model's Python session: variables stay from cell to cell, and a cell runs statement by statement.

A statement that fails leaves what was done before it. The value of a last bare expression is shown. Names
that the model was promised are put back when it overwrote them, and what it had put there is kept beside.
This is the one file of the project in which text becomes code.
"""

from __future__ import annotations
import __future__

import ast
import builtins
import pydoc
import random
import sys
import textwrap
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from inspect import CO_COROUTINE
from time import perf_counter
from types import CodeType, ModuleType
from typing import Final, Protocol, cast

from whence.rlm.worker.asking import last_failure
from whence.rlm.worker.describing import describe
from whence.rlm.worker.finishing import Finished, Finishing
from whence.rlm.worker.interrupts import Interrupts
from whence.rlm.worker.mistakes import Mistake, mistake_of, remember, unreadable
from whence.rlm.worker.names import NAMES
from whence.rlm.worker.printing import Capture, shown

_parse: Final = ast.parse  # kept: the model's code may replace what `ast` holds
_STATEMENTS: Final = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
_MOST_NAMES: Final = 200
_FEWEST_FRAMES: Final = 1_000


class Clock(Protocol):
    """Counts the seconds spent waiting for the host."""

    def take_waited(self) -> float:
        """Seconds since this was asked last."""
        ...


@dataclass(slots=True)
class Ran:
    """What became of a cell."""

    output: str = ""
    printed: int = 0
    error: Mistake | None = None
    names: dict[str, str] = field(default_factory=dict[str, str])
    finished: bool = False
    seconds: float = 0.0
    waiting: float = 0.0


@dataclass(frozen=True, slots=True)
class _Step:
    code: CodeType
    shows: bool


class Session:
    """Runs cells in one namespace. `promised` are the names that belong to the harness."""

    def __init__(
        self,
        namespace: ModuleType,
        promised: Mapping[str, object],
        finishing: Finishing,
        interrupts: Interrupts,
        clock: Clock,
        most_output: int = 200_000,
        seed: int = 0,
    ) -> None:
        self.namespace: dict[str, object] = namespace.__dict__
        self._main = namespace
        self._builtins = ModuleType("builtins")
        self._builtins.__dict__.update(vars(builtins))
        self._builtins.__dict__.update(input=_nobody, help=self._help)
        self._usual = dict(self._builtins.__dict__)
        self.namespace["__builtins__"] = self._builtins
        self.promised = dict(promised)
        self.namespace.update(self.promised)
        self._finishing = finishing
        self._interrupts = interrupts
        self._clock = clock
        self.screen = Capture(most_output)
        self._seed = seed
        self._notes: list[str] = []
        self._numpy_waits = False  # for its seed: loading its generators takes longer than most cells
        self._numpy_seeded = False
        self._features = 0
        self._known: dict[str, tuple[int, str]] = {}
        random.seed(seed)

    def variables(self) -> dict[str, object]:
        """The model's own variables."""
        return {
            name: value
            for name, value in self.namespace.items()
            if not name.startswith("_") and (name not in self.promised or value is not self.promised[name])
        }

    def put(self, name: str, value: object) -> None:
        """Set a name that the host gives (`history`)."""
        self.promised[name] = value
        self.namespace[name] = value

    def run(self, code: str, number: int) -> Ran:
        """Run one cell; whatever the code does, this comes back, unless the process dies."""
        ran = Ran()
        began = perf_counter()
        self._clock.take_waited()
        self._finishing.begin()
        self._take_places()
        try:
            steps = self._read(code, f"<cell {number}>")
        except BaseException as error:  # noqa: BLE001 - code that is too deep, too long, or no code at all
            ran.error = unreadable(error)
            self._interrupts.skip()
        else:
            ran.error = self._run(steps)
        self._put_back()
        notes, self._notes = self._notes, []
        ran.finished = self._finishing.finished
        ran.names = self._changed()
        ran.output, ran.printed = self.screen.take()
        if notes and ran.output and not ran.output.endswith("\n"):
            ran.output += "\n"
        ran.output += "".join(f"[note] {note}\n" for note in notes)
        ran.waiting = self._clock.take_waited()
        ran.seconds = perf_counter() - began
        return ran

    def _help(self, thing: object = None) -> None:
        """Print the documentation of a thing; without one, a line on every tool of this session."""
        if thing is None:
            self.screen.write("\n".join(f"{name}: {line}" for name, line in NAMES.items()) + "\n")
            return
        self.screen.write(pydoc.plain(pydoc.render_doc(thing)) + "\n")

    def _take_places(self) -> None:
        sys.stdout = self.screen
        sys.stderr = self.screen
        sys.modules["__main__"] = self._main
        sys.modules["builtins"] = self._builtins

    def _read(self, code: str, filename: str) -> list[_Step]:
        remember(filename, code)
        try:
            tree = _parse(code, filename)
        except IndentationError:
            code = textwrap.dedent(code)  # a cell that is indented as a whole
            tree = _parse(code, filename)
            remember(filename, code)
        flags = _STATEMENTS | self._features | _features(tree)
        steps: list[_Step] = []
        for place, node in enumerate(tree.body):
            if isinstance(node, ast.Expr) and place == len(tree.body) - 1:
                whole = ast.Expression(node.value)
                steps.append(_Step(compile(whole, filename, "eval", flags, dont_inherit=True), shows=True))
            else:
                part = ast.Module([node], [])
                steps.append(_Step(compile(part, filename, "exec", flags, dont_inherit=True), shows=False))
        self._features |= _features(tree)
        self._numpy_waits = not self._numpy_seeded and (self._numpy_waits or "random" in code)
        self._seed_numpy()
        if "asyncio" in code:
            _await().install()
        return steps

    def _run(self, steps: list[_Step]) -> Mistake | None:
        done = 0
        error: Mistake | None = None
        try:
            try:
                self._interrupts.begin()
                for done, step in enumerate(steps, 1):
                    self._do(step, more=done < len(steps))
                    if self._finishing.finished:
                        break
            finally:
                self._interrupts.end()
        except Finished:
            pass
        except BaseException as raised:  # noqa: BLE001 - everything the model's code can raise is shown to it
            self._interrupts.end()
            error = mistake_of(raised, last_failure())
            raised.__traceback__ = None  # its frames hold the cell's locals
        self._interrupts.end()
        if self._finishing.finished:
            error = None
            if done < len(steps):
                self._notes.append("the answer was accepted; what followed in this cell was not run")
        return error

    def _do(self, step: _Step, *, more: bool) -> None:
        value: object = eval(step.code, self.namespace)  # noqa: S307 - a cell's code, in the confined worker
        if step.code.co_flags & CO_COROUTINE:
            value = _await().finish(cast("Coroutine[object, object, object]", value))
        if step.shows and value is not None:
            self.screen.write(f"{shown(value)}\n")
        self._seed_numpy()
        self._finishing.look(self.namespace, more=more)

    def _seed_numpy(self) -> None:
        if self._numpy_waits and "numpy" in sys.modules:
            self._numpy_waits = False
            self._numpy_seeded = True
            import_module("numpy.random").seed(self._seed % 2**32)

    def _put_back(self) -> None:
        notes = self._notes
        for name, value in list(self.promised.items()):
            now = self.namespace.get(name, _GONE)
            if now is value:
                continue
            if name == "answer" and now is not _GONE:
                continue
            if name.partition("_")[0] == "context" and now is not _GONE:
                notes.append(f"`{name}` is yours now; what it held is still in `docs`")
                self._yield_name(name)
                continue
            self.namespace[name] = value
            if now is _GONE:
                notes.append(f"`{name}` belongs to this session and was put back")
                continue
            self.namespace[f"{name}_"] = now
            notes.append(f"`{name}` names a tool and was put back; your value is in `{name}_`")
        inside = self._builtins.__dict__
        if len(inside) != len(self._usual) or any(
            inside.get(name) is not usual for name, usual in self._usual.items()
        ):
            inside.clear()
            inside.update(self._usual)
            notes.append("what was changed in `builtins` was put back")
        self.namespace["__builtins__"] = self._builtins
        self._take_places()
        if sys.getrecursionlimit() < _FEWEST_FRAMES:
            sys.setrecursionlimit(_FEWEST_FRAMES)

    def _yield_name(self, name: str) -> None:
        del self.promised[name]

    def _changed(self) -> dict[str, str]:
        known: dict[str, tuple[int, str]] = {}
        changed: dict[str, str] = {}
        for name, value in self.variables().items():
            told = (id(value), describe(value))
            known[name] = told
            if self._known.get(name) != told and len(changed) < _MOST_NAMES:
                changed[name] = told[1]
        self._known = known
        return changed


_GONE: Final = object()


def _features(tree: ast.Module) -> int:
    """The flags of the `from __future__ import …` statements, which hold for what follows."""
    flags = 0
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module == "__future__":
            for name in node.names:
                feature: object = getattr(__future__, name.name, None)
                flags |= int(getattr(feature, "compiler_flag", 0))
    return flags


def _await() -> ModuleType:
    return import_module("whence.rlm.worker.awaiting")  # only cells that await pay for the import of asyncio


def _nobody(prompt: object = "") -> str:
    """Refuse: nobody types here."""
    raise EOFError(f"input({prompt!r}): nobody types here; what there is to read is in `context` and `docs`")
