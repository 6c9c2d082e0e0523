"""The loop: the leading model writes cells, they run, it sees what they printed, until it gives a valid
answer.

Zhang, A., Kraska, T. & Khattab, O. (2025). Recursive Language Models. arXiv 2512.24601. Three things are
other than there: an answer is given by a function or a variable of the session and never read out of prose;
every call is paid from a budget before it is made; and when the budget is spent the model is asked once to
conclude, from an amount that was set aside for it at the start.
"""

from __future__ import annotations

import asyncio
import inspect
import math
import zlib
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from whence.rlm.answers.output import Output, output_type
from whence.rlm.calling.budget import NOTHING, Amount, Ledger
from whence.rlm.calling.pricing import CHARACTERS_PER_TOKEN
from whence.rlm.cells import cells
from whence.rlm.conversation import Conversation, check_opening
from whence.rlm.environments.opening import open_environment
from whence.rlm.errors import BudgetSpent, NoAnswer, ReplayMissed
from whence.rlm.events import CellRan, Concluding, HistoryCompacted, ModelReplied, Noted, RunEnded, RunStarted
from whence.rlm.hosting import ChildAnswer, Finish, Hosting
from whence.rlm.journal.course import ASKING, BETWEEN, SUMMING_UP, Course, CutShort
from whence.rlm.messages import Message, Reply, Request
from whence.rlm.prompts import CONCLUDE, NO_CELL, SUMMARISE, cut, feedback, opening, shown, system
from whence.runtime.errors import Cancelled, WhenceError
from whence.runtime.events import check_cancelled
from whence.runtime.plain import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from whence.rlm.contexts import Contexts
    from whence.rlm.environments.environment import CellOutcome, Environment
    from whence.rlm.setup import Setup
    from whence.runtime.plain import JSON

SET_ASIDE = 0.12  # of a limit in tokens or dollars, for the concluding reply
GRACE = 0.15  # of the time, at most GRACE_SECONDS, for the concluding reply
GRACE_SECONDS = 60.0
STOPPING = 2.5  # seconds for a cell to end when the time is over, after which its worker is ended
TOLD = 0.25  # of the window behind the opening, for what one turn's cells printed: three turns always fit
FEWEST_SHOWN = 300  # characters of a cell's output where the turn's part is used up


@dataclass(frozen=True, slots=True, kw_only=True)
class Led:
    """What a run of the loop came to."""

    answer: object
    iterations: int
    isolation: str


@dataclass(slots=True)
class Run:
    """One run while it goes on: the root's, or that of a child."""

    setup: Setup
    ledger: Ledger
    place: str
    finish: Finish
    hosting: Hosting
    environment: Environment
    conversation: Conversation
    held: Amount
    course: Course
    iteration: int = 0

    # ── turns ───────────────────────────────────────────────────────────────────────────────────────────

    async def to_the_answer(self) -> Led:
        """Take turns until there is an answer; raises `NoAnswer` or the error that ended the run."""
        while not self.finish.accepted:
            check_cancelled()
            try:
                self.course.reach(self.iteration, BETWEEN)
                if self.iteration >= self.setup.budget.iterations:
                    raise CutShort(f"The {self.setup.budget.iterations} turns are over.")
                async with asyncio.timeout(self._soft_seconds()):
                    await self._turn()
            except (BudgetSpent, CutShort, TimeoutError) as ended:
                if not self.finish.accepted:
                    await self._conclude(_reason(ended))
        return Led(answer=self.finish.value, iterations=self.iteration, isolation=self.environment.name)

    async def _turn(self) -> None:
        self.course.reach(self.iteration, SUMMING_UP)
        if self.setup.compaction and self.conversation.is_full(self.setup.root.window):
            await self._compact()
        self.course.reach(self.iteration, ASKING)
        reply = await self._ask(tuple(self.conversation.messages))
        self.iteration += 1
        self._tell_reply(reply)
        parts = await self._run_cells(reply)
        if not self.finish.accepted:
            self.setup.teller.show_budget(self.place, self.ledger, priced=self.setup.priced)
            said = [cut("\n\n".join(parts), self._most_told())]
            told = feedback(said, self.iteration, self.setup.budget.iterations, self._left())
            self.conversation.add(reply.reply.text, self.course.told(self.iteration, told))
            await self.environment.put("history", list(self.conversation.history))

    def _left(self) -> Mapping[str, JSON]:
        """What is left of the budget, as this turn was or is told: a run that goes on says the same again."""

        def now() -> JSON:
            return {kind: float(f"{value:.3g}") for kind, value in self.ledger.left().items()}

        known = self.setup.recall.once(f"{self.place}/left/{self.iteration}", now)
        return known if isinstance(known, dict) else {}

    async def _ask(self, messages: tuple[Message, ...], most: int | None = None) -> Answer:
        speaker = self.setup.root
        request = Request(
            speaker.model,
            messages,
            max_tokens=most or self.setup.most_output(self.ledger),
            temperature=self.setup.temperature,
        )
        answered = await speaker.caller.ask(request, self.ledger)
        self.setup.book_retries(request.key, answered, self.ledger)
        return Answer(answered.reply, answered.usd, answered.replayed)

    def _tell_reply(self, answer: Answer) -> None:
        self.setup.teller.tell(
            ModelReplied(
                run=self.place,
                iteration=self.iteration,
                text=answer.reply.text,
                usage=answer.reply.usage,
                usd=answer.usd,
                seconds=answer.reply.seconds,
                replayed=answer.replayed,
            )
        )

    async def _run_cells(self, answer: Answer) -> list[str]:
        found = cells(answer.reply.text)
        self.hosting.settled = self.course.follow or self.course.was_told(self.iteration)
        parts: list[str] = []
        if answer.reply.finish == "length":
            parts.append("(Your reply was cut off at its greatest length: write shorter cells.)")
        if not found.cells:
            return [*parts, NO_CELL.format(note=found.note or "there was no cell.")]
        if found.note:
            parts.append(f"({found.note})")
        for number, cell in enumerate(found.cells):
            outcome = await self._run_cell(cell.code, number)
            heading = f"Cell {number + 1}:\n" if len(found.cells) > 1 else ""
            room = self._most_told() - sum(len(part) for part in parts)
            parts.append(heading + shown(outcome, min(self.setup.budget.output, max(FEWEST_SHOWN, room))))
            rest = len(found.cells) - number - 1
            if self.finish.accepted:
                if rest:
                    self._note(f"the answer was given in cell {number + 1}; {rest} more were not run")
                break
            # A finish that was not valid does not keep a later one from being so.
            if outcome.error is not None and outcome.error.kind != "InvalidFinish" and rest:
                parts.append(f"(The {rest} cells after it were not run.)")
                break
        return parts

    def _most_told(self) -> int:
        opened = sum(len(message.content) for message in self.conversation.messages[:2])
        return int(TOLD * (self.setup.root.window * CHARACTERS_PER_TOKEN - opened))

    async def _run_cell(self, code: str, number: int) -> CellOutcome:
        seconds = None if self.hosting.stopped else self.course.enter(self.iteration, number)
        if seconds is None:
            outcome = await self._run_code(code)
        else:
            async with asyncio.timeout(seconds):
                await self._run_code(code)
            raise CutShort(self.course.reason)
        error = outcome.error
        self.setup.teller.tell(
            CellRan(
                run=self.place,
                iteration=self.iteration,
                cell=number,
                code=code,
                output=outcome.output,
                error=None if error is None else f"{error.kind}: {error.message}",
                names=dict(outcome.names),
                lost=outcome.lost,
                seconds=outcome.seconds,
            )
        )
        return outcome

    async def _run_code(self, code: str) -> CellOutcome:
        """Run a cell; where its time is over it is asked to end, and what it has made by then stays."""
        running = asyncio.ensure_future(self.environment.run(code))
        try:
            return await asyncio.shield(running)
        except asyncio.CancelledError:
            if self.course.follow or self._soft_seconds() == 0.0:
                self.environment.interrupt()
                await asyncio.wait({running}, timeout=min(STOPPING, 0.4 * self.ledger.seconds_left()))
            raise
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    def _note(self, message: str) -> None:
        self.setup.teller.tell(Noted(run=self.place, message=message))

    # ── when it gets too long, or too dear ──────────────────────────────────────────────────────────────

    async def _compact(self) -> None:
        summary = await self._ask(self.conversation.with_last(SUMMARISE))
        gone = self.conversation.compact(summary.reply.text)
        self.setup.teller.tell(
            HistoryCompacted(
                run=self.place,
                messages=gone,
                characters=self.conversation.characters,
                kept=len(self.conversation.messages),
            )
        )

    async def _conclude(self, reason: str) -> None:
        """Ask once more, from what was set aside; a reply without a valid answer ends the run."""
        self.setup.teller.tell(Concluding(run=self.place, reason=reason))
        self.hosting.stopped = reason
        self.ledger.settle(self.held, NOTHING)
        self.held = NOTHING
        demand = CONCLUDE.format(reason=reason)
        most = self.course.cut(reason, self._affordable())
        try:
            answer = await self._last_reply(demand, most)
        except BudgetSpent as spent:
            raise NoAnswer(f"{reason} Nothing was left for a concluding reply ({spent.message})") from spent
        self.iteration += 1
        self._tell_reply(answer)
        parts = await self._run_cells(answer)
        if not self.finish.accepted:
            said = " ".join(parts)[-600:]
            raise NoAnswer(f"{reason} The concluding reply gave none either: {said}")

    async def _last_reply(self, demand: str, most: int | None) -> Answer:
        try:
            return await self._ask(self.conversation.with_last(demand), most)
        except (BudgetSpent, ReplayMissed):  # what did not fit when it was recorded was not asked then
            return await self._ask(self.conversation.short(demand), most)

    def _affordable(self) -> int | None:
        """The longest concluding reply that the tokens left allow for."""
        left = self.ledger.left().get("tokens")
        return None if left is None else max(64, min(2_048, int(left * 0.2)))

    def _soft_seconds(self) -> float | None:
        left = self.ledger.seconds_left()
        whole = self.setup.budget.seconds
        if whole is None:
            return None
        return max(0.0, left - min(GRACE * whole, GRACE_SECONDS))


@dataclass(frozen=True, slots=True)
class Answer:
    """A reply of the leading model, what it cost, and whether it comes from a recording."""

    reply: Reply
    usd: float | None
    replayed: bool


def _reason(cut: BaseException) -> str:
    if isinstance(cut, BudgetSpent):
        return cut.message
    return cut.reason if isinstance(cut, CutShort) else "The time is nearly over."


# ── a run from its beginning to its end ─────────────────────────────────────────────────────────────────────


async def recurse(
    setup: Setup,
    contexts: Contexts,
    question: str | None,
    ledger: Ledger,
    *,
    why: str,
    place: str = "0",
    output: Output | None = None,
    settled: bool = False,
) -> Led:
    """Run the loop on `contexts`; raises `NoAnswer`, a `CallError`, or `Cancelled`."""
    finish = Finish(output or setup.output)

    async def child(query: str, part: Mapping[str, JSON] | None, number: int, share: Ledger) -> ChildAnswer:
        below = f"{place}.{number}"
        return await _child(setup, contexts, query, part, below, share, settled=hosting.settled)

    depth = place.count(".")
    hosting = Hosting(setup, ledger, place, finish, child, _reader(contexts))
    course = Course(setup.recall, place, follow=settled or setup.recall.closed)
    held = _set_aside(ledger)
    async with _environment(setup, contexts, hosting, finish.output, depth, place) as environment:
        setup.teller.tell(
            RunStarted(
                run=place,
                question=question or "",
                depth=depth,
                model=setup.root.model,
                route="recursive",
                why=why,
                isolation=environment.name,
                strength=environment.strength,
                documents=len(contexts.documents),
                bytes=contexts.bytes,
            )
        )
        first = Conversation.opened(
            system(finish.output, _tool_lines(setup), depth_left=ledger.budget.depth),
            opening(question, contexts),
        )
        check_opening(first, setup.root.window)
        run = Run(setup, ledger, place, finish, hosting, environment, first, held, course)
        try:
            async with asyncio.timeout(_finite(ledger.seconds_left())):
                return await run.to_the_answer()
        except TimeoutError:
            if finish.accepted:  # the cell that gave it did not end by itself
                return Led(answer=finish.value, iterations=run.iteration, isolation=environment.name)
            limit = setup.budget.seconds or 0.0
            raise NoAnswer("the time is over") from BudgetSpent("seconds", limit)
        finally:
            ledger.settle(run.held, NOTHING)


async def _child(
    setup: Setup,
    contexts: Contexts,
    query: str,
    part: Mapping[str, JSON] | None,
    place: str,
    ledger: Ledger,
    *,
    settled: bool,
) -> ChildAnswer:
    """A child's run; whatever ends it is told to the cell that asked, except a wish to stop."""
    text = output_type(None)
    try:
        with contexts.part({"text": query} if part is None else part) as own:
            question = None if part is None else query
            led = await recurse(
                setup,
                own,
                question,
                ledger,
                why="asked by a cell",
                place=place,
                output=text,
                settled=settled,
            )
    except Cancelled:
        raise
    except WhenceError as error:
        tell_end(setup, place, ledger, None, error, 0)
        return ChildAnswer(None, setup.teller.used(place), error)
    tell_end(setup, place, ledger, led.answer, None, led.iterations)
    return ChildAnswer(plain(led.answer), setup.teller.used(place))


def tell_end(
    setup: Setup, place: str, ledger: Ledger, answer: object, error: WhenceError | None, iterations: int
) -> None:
    """Tell how a run ended."""
    spent = ledger.spent
    setup.teller.tell(
        RunEnded(
            run=place,
            answer=plain(answer),
            error=None if error is None else error.code,
            message="" if error is None else str(error),
            iterations=iterations,
            usage=setup.teller.used(place),
            usd=spent.usd if setup.priced or spent.usd else None,
            seconds=round(ledger.seconds_used(), 6),
        )
    )


@asynccontextmanager
async def _environment(
    setup: Setup, contexts: Contexts, hosting: Hosting, output: Output, depth: int, place: str
) -> AsyncGenerator[Environment]:
    environment = await open_environment(
        setup.environment,
        contexts,
        hosting,
        limits=setup.limits,
        seed=setup.seed + zlib.crc32(place.encode()),
        unsafe=setup.unsafe,
        tools=tuple(setup.tools),
        depth=depth,
        output_kind=output.kind,
        fields=output.fields,
    )
    try:
        yield environment
    finally:
        await environment.aclose()


def _reader(contexts: Contexts) -> Callable[[Mapping[str, JSON], int], str]:
    """Read a part of the context on the host, for a question that is sent without a session."""

    def read(part: Mapping[str, JSON], limit: int) -> str:
        with contexts.part(part) as own:
            return own.text(limit)

    return read


def _set_aside(ledger: Ledger) -> Amount:
    """Reserve one call and a part of the tokens and dollars for the concluding reply."""
    left = ledger.left()
    part = Amount(
        calls=1, tokens=int(left.get("tokens", 0) * SET_ASIDE), usd=left.get("usd", 0.0) * SET_ASIDE
    )
    return ledger.reserve(part)


def _finite(seconds: float) -> float | None:
    return seconds if math.isfinite(seconds) else None


def _tool_lines(setup: Setup) -> dict[str, str]:
    """The user's tools as the model is told of them: signature and first line of the docstring."""
    lines: dict[str, str] = {}
    for name, tool in setup.tools.items():
        first = (inspect.getdoc(tool) or "a tool of the user's").splitlines()[0]
        try:
            how = str(inspect.signature(tool))
        except ValueError:  # some functions that are built in tell nothing of it
            how = "(…)"
        lines[f"{name}{how}"] = first
    return lines
