"""`ask_many`: many questions, of one table or of each of many, answered side by side.

An item of work is a table and a question. It is answered in one worker from end to end, so no worker waits
for another, and its answer is the one that `ask` gives (the seconds it took apart) whatever the executor.
Items go table by table: a file is read once in each process that needs it, and no more tables are held than
are being asked about. A question that fails spoils no other; what failed is told when the rest is answered.

>>> world = {"x": [0, 0, 1, 1] * 40, "y": [1, 2, 2, 3] * 40}
>>> answers = ask_many(["E[y | do(x=1)]", "E[y | do(x=0)]"], world, "x -> y", executor="serial")
>>> [answer.estimate.value for answer in answers]
[2.5, 1.5]
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from traceback import format_exception
from typing import TYPE_CHECKING, TypeAlias, Unpack, cast

from whence.engine.already_read import AlreadyRead, already_read
from whence.engine.asking import ask
from whence.engine.explain import recorded
from whence.engine.how import How, HowOptions
from whence.engine.inputs import as_graph
from whence.engine.many_tables import Held, InFiles, ManyTables, Tables, many_tables, several_of
from whence.engine.questions_failed import QuestionsFailed
from whence.engine.steps import hearing
from whence.explanation.answer import Answer
from whence.runtime.errors import Cancelled, TaskFailed, WhenceError
from whence.runtime.events import Event
from whence.runtime.executor import Executor, TasksSetAside
from whence.runtime.executor import executor as as_executor
from whence.runtime.in_use import InUse
from whence.runtime.plain import quoted

if TYPE_CHECKING:
    from whence.language.graph import Graph
    from whence.language.query import Query

Question: TypeAlias = "str | Query"
Item: TypeAlias = tuple[int, Question]
"""The place of a table, and what it is asked."""

Outcome: TypeAlias = Answer | WhenceError


def ask_many(
    questions: Iterable[Question],
    data: object = None,
    graph: object = None,
    *,
    tables: Tables | None = None,
    record: str | Path | None = None,
    executor: Executor | str | None = None,
    on_event: Callable[[Event], None] | None = None,
    **options: Unpack[HowOptions],
) -> tuple[Answer, ...]:
    """Ask several questions of the same data, or of each of many tables, and of the same graph.

    Parameters
    ----------
    questions: texts or queries, as for `whence.ask`
    data: whatever `whence.table` reads; it is read once
    graph: whatever `whence.graph` reads
    tables: in place of `data`, several, in a sequence or by name. Each is asked every question. Files are
        read by the worker that answers (on a cluster every machine must see them), anything else here
    record: a record of analyses, to which the answers are added in their order
    executor: who answers; one worker answers a question from end to end
    on_event: told what happens, of all questions together
    options: those of `whence.ask`, the same for every question

    Returns
    -------
    the answers table by table, and of each table in the order of the questions: of k questions, question j of
    table i is at i·k + j. The name of a table, if it has one, is `answer.provenance["table"]`.

    Raises
    ------
    QuestionsFailed: when all are through; it holds the answers, and the error of each question that failed
    InvalidOption: for both `data` and `tables`, and for one text where several are meant
    whatever reading `data` or `graph` raises, for no question could be answered
    """
    asked = several_of("questions", questions)
    _check_names(options)
    how = How(where=options.get("where"), derive=options.get("derive"), weights=options.get("weights"))
    held = many_tables(data, tables, how)
    task = Asking(held, already_read(graph, as_graph(graph)), how, _lasting(options))
    items = [(place, question) for place in range(len(held.sources)) for question in asked]
    with hearing(on_event):
        outcomes = _outcomes(task, items, as_executor(executor))
    return _answers(outcomes, items, held, record)


@dataclass(frozen=True, slots=True)
class Asking:
    """What a worker knows: the tables or where they are, the graph, and how to answer."""

    tables: ManyTables
    graph: AlreadyRead[Graph | None]
    how: How
    options: HowOptions
    workers: Executor | str = "serial"
    read: InUse[Held] = field(default_factory=InUse["Held"], compare=False, repr=False)

    def __call__(self, item: Item) -> Outcome:
        """Answer one question; an error is a value here, so that it does not stop the others."""
        place, question = item
        try:
            with self.read.held(place, lambda: self._table(place)) as held:
                data = None if held.value is None else held
                return ask(question, data, self.graph, executor=self.workers, **self.options)
        except Cancelled:
            raise
        except WhenceError as error:
            return _alone(error)
        except Exception as error:  # noqa: BLE001 - a fault of ours or of the user's learner: told as well
            fault = TaskFailed(0, error)  # it learns its place where the outcomes are gathered
            fault.add_note("".join(format_exception(error)))
            return fault

    def _table(self, place: int) -> Held:
        source = self.tables.sources[place]
        if isinstance(source, InFiles):
            return source.read(self.how)
        if isinstance(source, WhenceError):
            raise source
        return source


def _alone(error: WhenceError) -> WhenceError:
    """The error as another process would send it: without the frames, which hold on to the tables."""
    error.__cause__ = error.__context__ = None
    return error.with_traceback(None)


def _check_names(options: HowOptions) -> None:
    for name in options:
        if name not in HowOptions.__optional_keys__:
            # What Python says of a name that no parameter has; said here, it is said once.
            raise TypeError(f"ask_many() got an unexpected keyword argument {name!r}")


def _lasting(options: HowOptions) -> HowOptions:
    """The options, what can be gone through only once made a tuple: there are many questions."""
    given = options.get("given")
    if not isinstance(given, Iterator):
        return options
    return cast("HowOptions", {**options, "given": tuple(cast("Iterator[object]", given))})


def _outcomes(task: Asking, items: Sequence[Item], workers: Executor) -> list[Outcome]:
    if len(items) == 1:  # nobody else is at work, so this one question may have all the workers
        return [replace(task, workers=workers)(items[0])]
    found: dict[int, Outcome] = {}
    try:
        workers.map(task, items, stage="questions", kind="python", each=found.__setitem__)
    except TasksSetAside as lost:  # questions that killed every worker; the others were answered
        found.update(dict.fromkeys(lost.indices, lost))
    return [found[place] for place in range(len(items))]


def _answers(
    outcomes: Sequence[Outcome], items: Sequence[Item], tables: ManyTables, record: str | Path | None
) -> tuple[Answer, ...]:
    """The answers, each with the name of its table, recorded in their order; or the error that holds them."""
    failures: dict[int, WhenceError] = {}
    answers: list[Answer] = []
    for place, (outcome, (of_table, _)) in enumerate(zip(outcomes, items, strict=True)):
        if isinstance(outcome, Answer):
            name = tables.names[of_table]
            named = {} if name is None else {"table": name}
            answers.append(recorded(outcome, {**outcome.provenance, **named}, record))
        else:
            failures[place] = _placed(outcome, place)
    if failures:
        labels = [f"{quoted(str(question), 80)}{tables.label(of_table)}" for of_table, question in items]
        found = iter(answers)
        whole = [None if place in failures else next(found) for place in range(len(items))]
        raise QuestionsFailed(failures, whole, labels) from failures[min(failures)]
    return tuple(answers)


def _placed(error: WhenceError, place: int) -> WhenceError:
    if not isinstance(error, TaskFailed):
        return error
    placed = TaskFailed(place, error.cause)
    for note in getattr(error, "__notes__", ()):
        placed.add_note(note)
    return placed
