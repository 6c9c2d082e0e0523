"""A model's Python session in pydantic-monty, for systems where a CPython process cannot be confined.

Monty is an interpreter of its own, in a process of its own, that knows a part of Python and can do nothing
by itself but compute: no files, no network, no system calls. Whatever else a cell wants is a function of
ours, at which the interpreter stops until the host has answered. After a cell that broke the interpreter the
session goes on from what it was before that cell.

Missing, against the confined environment: inheritance, generators (`yield`), `del`, properties and operators
of the code's own classes; `sys.exit`, threads, numpy and most of the standard library (there are `re`,
`json`, `math`, `datetime`, `collections`, `itertools`, `dataclasses`, `csv`, `random`); `callable`, the
`count` of a list, `str.upper` and the like without an object. `time.sleep` returns at once. Replies are plain
text without `.usage`; a failed one in a list raises only when it is joined, cut or looked at, not when it is
formatted. Documents of more than 8 MB together are no `str` but have `.size`, `.slice`, `.find`,
`.count`, `.text` and `.piece`, counted in bytes. Calls made by `llm_submit` do not outlive a broken
interpreter.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias, cast

import pydantic_monty as pm

from whence.rlm.environments.environment import (
    CellError,
    CellLimits,
    CellOutcome,
    EnvironmentName,
    Host,
    HostCall,
)
from whence.rlm.environments.monty_cells import OURS, Cell, read_cell
from whence.rlm.environments.monty_documents import Documents
from whence.rlm.environments.monty_prelude import BEGIN, CLASSES, FUNCTIONS
from whence.rlm.worker.leaving import leaving
from whence.rlm.worker.printing import Capture
from whence.runtime.errors import WhenceError
from whence.runtime.plain import JSON

GRACE: Final = 2.0
MOST_MEMORY_MB: Final = 1_024  # what a call hands over is several times as large on our side
MOST_DUMP: Final = 64 << 20
MOST_SUBMITTED: Final = 2_048
_LOOK = "_look(locals())"
_HEAP = (TimeoutError, MemoryError)  # after these monty promises nothing about the session

# A thread of monty's may still be letting go of its last objects when the interpreter ends, which then aborts
# (11 of 40 small processes that ended at once after their last cell). It needs a moment.
atexit.register(time.sleep, 0.05)

_Function: TypeAlias = Callable[..., Awaitable[Any]]
_Snapshot: TypeAlias = (
    pm.MontyComplete | pm.AsyncFunctionSnapshot | pm.AsyncNameLookupSnapshot | pm.AsyncFutureSnapshot
)


@dataclass(slots=True)
class _Fed:
    """What became of a piece of code."""

    value: object = None
    error: CellError | None = None


class MontyEnvironment:
    """An `Environment` over a monty process of its own."""

    name: EnvironmentName = "monty"

    def __init__(
        self,
        documents: Documents,
        host: Host,
        *,
        limits: CellLimits,
        seed: int = 0,
        tools: Sequence[str] = (),
    ) -> None:
        self.strength = ""
        self._documents = documents
        self._host = host
        self._limits = limits
        self._seed = seed
        self._tools = tuple(tools)
        # A pool for each session: one that is shared blocks as soon as children outnumber its processes.
        self._pool: pm.AsyncMonty | None = None
        self._session: pm.AsyncMontySession | None = None
        self._screen = Capture(limits.output)
        self._described: dict[str, str] = {}
        self._ours: frozenset[str] = frozenset()
        self._puts: dict[str, JSON] = {}
        self._fresh_puts: dict[str, JSON] = {}
        self._dump: bytes | None = None
        self._submitted: dict[int, asyncio.Future[JSON]] = {}
        self._waited = 0.0
        self._finished = False
        self._broken = False
        self._fault: Exception | None = None
        self._closed = False

    async def open(self) -> None:
        """Start the process and hand over the documents."""
        await self._start()
        await self._begin()

    async def run(self, code: str) -> CellOutcome:
        """Run one cell; what it printed before an exception, and the variables it had set, stay."""
        lost, rebuilt = await self._living()
        loop = asyncio.get_running_loop()
        began, self._waited, self._finished, self._broken = loop.time(), 0.0, False, False
        cell = read_cell(code)
        try:
            fed = await self._feed(cell.code)
            names, note = ({}, "") if self._broken else await self._look(cell)
        except BaseException:
            await self._stop()
            raise
        seconds = loop.time() - began - self._waited
        output, printed = self._screen.take()
        if self._broken:
            await self._stop()
            gone, rebuilt = await self._living()
            lost = tuple(sorted({*lost, *gone}))
        return CellOutcome(
            output=output + note,
            printed=printed + len(note),
            error=None if self._finished and not self._broken else fed.error,
            names=names,
            finished=self._finished,
            lost=lost,
            rebuilt=rebuilt,
            seconds=seconds,
        )

    def interrupt(self) -> None:
        """Nothing can stop it but its end."""

    async def put(self, name: str, value: JSON) -> None:
        """Set a variable of the session before the next cell."""
        self._puts[name] = value
        self._fresh_puts[name] = value

    async def aclose(self) -> None:
        """End the process."""
        self._closed = True
        await self._stop()

    # ── the process ─────────────────────────────────────────────────────────────────────────────────────────

    async def _start(self) -> pm.AsyncMontySession:
        if self._closed:
            raise RuntimeError("the session was closed")
        seconds = self._limits.seconds
        pool = pm.AsyncMonty(min_processes=1, max_processes=1, request_timeout=seconds + GRACE)
        await pool.__aenter__()
        self._pool = pool
        session = pool.checkout(
            script_name="cell",
            limits=pm.ResourceLimits(
                max_feed_duration_secs=seconds,
                max_memory=min(self._limits.memory_mb, MOST_MEMORY_MB) << 20,
                max_suspensions=1_000_000_000,
            ),
            # Sleep is not counted as the cell's time by monty, and there is nothing to wait for.
            os_policy=pm.OSPolicy(random_start=pm.RandomSeed(seed=self._seed), sleep="zero"),
        )
        await session.__aenter__()
        self._session = session
        return session

    async def _begin(self) -> None:
        """Define our names, and the documents among them."""
        code = CLASSES + FUNCTIONS + BEGIN + self._documents.code() + self._tool_code()
        first = await self._feed(code, self._documents.values())
        if first.error is not None:
            raise RuntimeError(f"the session does not begin: {first.error.kind}: {first.error.message}")
        self._described = await self._described_now()
        self._ours = frozenset(self._described)
        self._screen.take()

    async def _stop(self) -> None:
        session, self._session = self._session, None
        pool, self._pool = self._pool, None
        for answer in self._submitted.values():
            answer.cancel()
        if self._submitted:
            await asyncio.gather(*self._submitted.values(), return_exceptions=True)
        self._submitted = {}
        with contextlib.suppress(pm.MontyError, RuntimeError):
            if session is not None:
                await session.__aexit__(None, None, None)
        if pool is not None:
            await pool.__aexit__(None, None, None)

    async def _living(self) -> tuple[tuple[str, ...], bool]:
        """See that there is a session as before the last cell; say what is lost, or if it was restored."""
        if self._session is not None and await self._keep_state():
            return (), False
        await self._stop()
        session = await self._start()
        self._fresh_puts = dict(self._puts)
        if self._dump is not None:
            await session.load_session(self._dump)
            return (), True
        known = self._described
        await self._begin()
        return tuple(sorted(name for name in known if name not in self._ours)), False

    async def _keep_state(self) -> bool:
        """Keep the session as it is now, to go back to; False if it is no more."""
        assert self._session is not None
        try:
            state = await self._session.dump()
        except pm.MontyCrashedError:
            return False
        except pm.MontyError:
            self._dump = None
            return True
        except RuntimeError:
            return False
        self._dump = state if len(state) <= MOST_DUMP else None
        return True

    # ── code ────────────────────────────────────────────────────────────────────────────────────────────────

    async def _feed(self, code: str, values: Mapping[str, JSON] | None = None) -> _Fed:
        """Feed code to the interpreter, and answer it wherever it stops to ask."""
        assert self._session is not None
        inputs = {**self._fresh_puts, **(values or {})}
        self._fresh_puts = {}
        try:
            state: _Snapshot = await self._session.feed_start(
                code, inputs=cast("dict[str, Any]", inputs), print_callback=self._print
            )
            while not isinstance(state, pm.MontyComplete):
                state = await self._answered(state)
            return _Fed(value=cast("object", state.output))
        except pm.MontyCrashedError as why:
            return self._died("it did not stop in time" if why.timed_out else str(why))
        except pm.MontyError as why:
            return self._failed(why)
        except RuntimeError as why:  # what monty says of a session that is no more
            if why is self._fault:
                raise
            return self._died(str(why))

    def _died(self, how: str) -> _Fed:
        self._broken = True
        what = f"The interpreter that ran this cell is gone: {how[:500].rstrip('.')}. A new one was started."
        return _Fed(error=CellError(kind="WorkerDied", message=what))

    def _print(self, stream: str, text: str) -> None:
        del stream
        self._screen.write(text)

    def _failed(self, why: pm.MontyError) -> _Fed:
        inner = why.exception()
        shown = (
            why.display("traceback") if isinstance(why, pm.MontyRuntimeError | pm.MontySyntaxError) else ""
        )
        message = str(inner)
        limited = isinstance(inner, _HEAP) and "limit" in message
        self._broken = self._broken or limited
        if limited and isinstance(inner, TimeoutError):
            message = (
                f"The cell was stopped after {self._limits.seconds:g} s of its own "
                "(time spent waiting for calls does not count). Do less at once."
            )
            shown = ""
        error = CellError(kind=type(inner).__name__, message=message[:20_000], traceback=shown[:50_000])
        return _Fed(error=error)

    async def _answered(self, state: _Snapshot) -> _Snapshot:
        if isinstance(state, pm.AsyncFunctionSnapshot):
            if state.is_os_function:
                return await state.resume_not_handled()
            return await state.resume(await self._result(state))
        if isinstance(state, pm.AsyncNameLookupSnapshot):
            function = self._functions.get(state.variable_name)
            return await (state.resume() if function is None else state.resume(value=function))
        raise RuntimeError("monty waits for a future that nobody gave it")

    async def _result(self, state: pm.AsyncFunctionSnapshot) -> pm.ExternalReturnValue | pm.ExternalException:
        function = self._functions.get(str(state.function_name))
        if function is None:
            return {"exception": NameError(f"name {str(state.function_name)[:200]!r} is not defined")}
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            return {"return_value": await function(*state.args, **state.kwargs)}
        except (TypeError, ValueError, KeyError, IndexError, RuntimeError) as why:
            if why is self._fault:  # the host's own, and none of the cell's business
                raise
            return {"exception": why}
        finally:
            self._waited += loop.time() - began

    async def _look(self, cell: Cell) -> tuple[dict[str, str], str]:
        """See what a cell left: its names, an `answer` that is ready, our own names that it took."""
        note = ""
        taken = cell.taken(self._tools)
        if taken:
            await self._feed(FUNCTIONS + self._tool_code())
            note = f"\n({', '.join(taken)} cannot be replaced and was put back.)"
        before, self._described = self._described, await self._described_now()
        made = {
            name: shown
            for name, shown in self._described.items()
            if name in cell.assigned or before.get(name) != shown
        }
        return {name: shown for name, shown in made.items() if name not in OURS}, note

    async def _described_now(self) -> dict[str, str]:
        fed = await self._feed(_LOOK)
        if not isinstance(fed.value, dict):
            return self._described
        told = cast("dict[object, object]", fed.value)
        return {str(name)[:200]: str(shown)[:500] for name, shown in told.items()}

    def _tool_code(self) -> str:
        return "".join(
            f"def {name}(*args, **kwargs):\n    return _tool({name!r}, args, kwargs)\n"
            for name in self._tools
            if name.isidentifier()
        )

    # ── what code may ask ───────────────────────────────────────────────────────────────────────────────────

    @property
    def _functions(self) -> dict[str, _Function]:
        return {
            "_ask": self._ask,
            "_submit": self._submit,
            "_wait": self._wait,
            "_arrived": self._arrived,
            "_vars": self._vars,
            "_slice": self._documents.slice,
            "_find": self._documents.find,
            "_piece": self._documents.piece,
        }

    async def _ask(self, kind: object, arguments: object) -> JSON:
        return await self._call(kind, arguments)

    async def _call(self, kind: object, arguments: object) -> JSON:
        told = leaving(arguments, "what is asked")
        if not isinstance(kind, str) or not isinstance(told, dict):
            raise TypeError("this is not a way to ask the host")
        try:
            answer = await self._host(HostCall(kind, told))
        except WhenceError as error:
            return {"ok": False, "error": error.code, "message": str(error)}
        except Exception as fault:
            self._fault = fault
            raise
        if kind == "finish" and isinstance(answer, dict) and answer.get("ok") is True:
            self._finished = True
        return answer

    async def _submit(self, kind: object, arguments: object) -> int:
        if len(self._submitted) >= MOST_SUBMITTED:
            raise RuntimeError("too many calls are open: wait for some first")
        number = max(self._submitted, default=0) + 1
        self._submitted[number] = asyncio.ensure_future(self._call(kind, arguments))
        return number

    async def _wait(self, number: object) -> JSON:
        answer = self._submitted.get(number) if isinstance(number, int) else None
        if answer is None:
            raise RuntimeError("this call is not open any more: ask again")
        return await answer

    async def _arrived(self, number: object) -> bool:
        answer = self._submitted.get(number) if isinstance(number, int) else None
        return answer is None or answer.done()

    async def _vars(self) -> dict[str, str]:
        return {name: shown for name, shown in self._described.items() if name not in self._ours}
