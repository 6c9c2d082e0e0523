"""Everything that can go wrong by misuse, each with what happened, where, and the cure.

    WhenceError
    ├── GraphError
    │   ├── InvalidGraph
    │   ├── CyclicGraph
    │   ├── GraphSyntax
    │   └── UnknownVariable
    ├── QueryError
    │   ├── InvalidQuery
    │   ├── QuerySyntax
    │   ├── AmbiguousQuestion
    │   ├── TreatmentIsOutcome
    │   ├── RepeatedVariable
    │   └── UnknownLevel
    ├── DataError
    │   ├── MissingFile
    │   ├── EmptyData
    │   ├── UnreadableData
    │   ├── UnknownColumn            (an UnknownVariable too)
    │   ├── DuplicateColumns
    │   ├── UnusableColumnName
    │   ├── TooManyColumns
    │   ├── TextInNumericRole
    │   ├── InfiniteValues
    │   ├── InvalidFilter
    │   ├── InvalidWeights
    │   └── MissingExtra
    ├── MethodError
    │   ├── InvalidOption
    │   ├── UnsuitableMethod
    │   └── UnsuitableLearner
    ├── ProofRejected
    ├── InvalidAnswer
    ├── BrokenRecord
    ├── Cancelled
    └── TaskFailed

A question that cannot be answered from what was given is no error but a value
(`NotIdentified`, `NeedsGraph`, …).

>>> print(UnknownVariable("sale", known=["price", "sales"]))
No variable "sale" in the graph. Did you mean "sales"?
"""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING, ClassVar

from whence.runtime.plain import JSON, bare, plain, quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class WhenceError(Exception):
    """The base of every error of ours: `message` says what and where, `cure` what to do next."""

    code: ClassVar[str] = "whence_error"

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.code = re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()

    def __init__(self, message: str, cure: str = "") -> None:
        super().__init__(message, cure)
        self.message = message
        self.cure = cure

    def __str__(self) -> str:
        return f"{self.message} {self.cure}".rstrip()

    def __reduce__(self) -> tuple[object, ...]:
        # The default would call the constructor with `args`, which are not those of the subclass.
        return (_restored, (type(self), self.args), self.__dict__)

    def to_dict(self) -> dict[str, JSON]:
        """`error`, `message`, `cure`, and `details`: whatever else this error knows, as plain JSON."""
        known = {k: plain(v) for k, v in vars(self).items() if k not in {"message", "cure"} and k[0] != "_"}
        return {"error": self.code, "message": self.message, "cure": self.cure, "details": known}


def _restored(kind: type[WhenceError], args: tuple[object, ...]) -> WhenceError:
    error = kind.__new__(kind)
    error.args = args
    return error


def near_miss(name: str, known: Iterable[str]) -> str | None:
    """The known name closest to `name` (case and `_`/space/`-` apart), or None if none is close.

    >>> near_miss("Sale", ["price", "sales"])
    'sales'
    """
    folded: dict[str, str] = {}
    for candidate in known:
        folded.setdefault(_folded(candidate), candidate)
    close = difflib.get_close_matches(_folded(name), folded, n=1, cutoff=0.6)
    return folded[close[0]] if close else None


def _folded(name: str) -> str:
    return re.sub(r"[\s_\-.]+", "_", name.strip().casefold())


def listed(names: Sequence[str], limit: int = 8) -> str:
    """The names for a message, quoted, cut after `limit`."""
    shown = ", ".join(quoted(name, 40) for name in names[:limit])
    return shown if len(names) <= limit else f"{shown} and {len(names) - limit:,} more"


class PointedError(WhenceError):
    """An error at one place of a text: shows the line and points at the column with a caret."""

    def __init__(self, text: str, position: int, message: str, cure: str = "") -> None:
        self.text = text
        self.position = min(max(position, 0), len(text))
        before = text[: self.position]
        self.line = before.count("\n") + 1
        self.column = self.position - (before.rfind("\n") + 1) + 1
        place = f"column {self.column}" if "\n" not in text else f"line {self.line}, column {self.column}"
        super().__init__(f"{message.rstrip('.')} (at {place}).", cure)

    @property
    def picture(self) -> str:
        """The line at fault, cut to a window around the column, and a caret under it."""
        whole = self.text.split("\n")[self.line - 1]
        start = max(0, self.column - 61)
        window = "".join(c if c.isprintable() else " " for c in whole[start : start + 100])
        return f"  {window}\n  {' ' * (self.column - 1 - start)}^"

    def __str__(self) -> str:
        return f"{self.message}\n{self.picture}\n{self.cure}".rstrip()


# ── graphs ──────────────────────────────────────────────────────────────────────────────────────────────────


class GraphError(WhenceError):
    """Something is wrong with the graph."""


class InvalidGraph(GraphError):
    """The edges do not make a graph of the kind asked for."""


class CyclicGraph(GraphError):
    """A variable would be its own cause: `cycle` names the variables in order."""

    def __init__(self, cycle: Sequence[str]) -> None:
        closed = len(cycle) > 1 and cycle[0] == cycle[-1]
        self.cycle = tuple(cycle[:-1] if closed else cycle)
        path = " -> ".join(bare(name) for name in (*self.cycle, *self.cycle[:1]))
        super().__init__(
            f"The graph has a cycle: {path}.",
            "Remove one of these arrows, or give the variables a time (x1 -> y1 -> x2).",
        )


class GraphSyntax(GraphError, PointedError):
    """The text of a graph cannot be read."""


class UnknownVariable(GraphError):
    """A name that is not there; the cure names the closest one that is."""

    def __init__(self, name: str, known: Iterable[str] = (), where: str = "graph", *, cure: str = "") -> None:
        self.name = name
        self.known = tuple(known)
        self.where = where
        close = near_miss(name, self.known)
        self.suggestion = close
        hint = f"Did you mean {quoted(close)}?" if close is not None else ""
        if close is None and self.known:
            hint = f"There are: {listed(self.known)}."
        super().__init__(f"No {self._noun()} {quoted(name)} in the {where}.", f"{hint} {cure}".strip())

    @staticmethod
    def _noun() -> str:
        return "variable"


# ── questions ───────────────────────────────────────────────────────────────────────────────────────────────


class QueryError(WhenceError):
    """Something is wrong with the question."""


class InvalidQuery(QueryError):
    """The question can be read but has no meaning."""


class QuerySyntax(QueryError, PointedError):
    """The text of a query cannot be read."""


class AmbiguousQuestion(QueryError):
    """The question can be meant in several ways; `readings` are queries to choose from."""

    def __init__(self, question: str, readings: Sequence[str], why: str = "") -> None:
        self.question = question
        self.readings = tuple(readings)
        reason = why or f"The question {quoted(question, 200)} can be read in {len(self.readings)} ways."
        if not self.readings and not why:
            reason = f"The question {quoted(question, 200)} is not one this grammar can read."
        choices = "".join(f"\n  {reading}" for reading in self.readings)
        ask = (
            f"Ask one of these:{choices}"
            if self.readings
            else ('Ask in a form such as "effect of price on sales" or "P(sales | do(price=1))".')
        )
        super().__init__(reason, ask)


class TreatmentIsOutcome(QueryError):
    """The same variable is set and asked about."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(
            f"{quoted(name)} is both the treatment and the outcome.",
            "Ask for the effect of one variable on another.",
        )


class RepeatedVariable(QueryError):
    """A variable stands twice where it may stand once."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"{quoted(name)} is named twice in the question.", "Name each variable once.")


class UnknownLevel(QueryError):
    """A value that its variable never has in the data; the cure names the closest one that it has."""

    def __init__(self, variable: str, value: object, known: Sequence[object] = ()) -> None:
        self.variable = variable
        self.value = value
        self.known = tuple(known)
        texts = [str(level) for level in self.known]
        close = near_miss(str(value), texts)
        cure = f"Did you mean {quoted(close)}?" if close is not None else f"There are: {listed(texts)}."
        super().__init__(f"No row has {quoted(variable)} = {quoted(str(value))}.", cure if texts else "")


# ── data ────────────────────────────────────────────────────────────────────────────────────────────────────


class DataError(WhenceError):
    """Something is wrong with the data."""


class MissingFile(DataError):
    """There is no such file."""

    def __init__(self, path: object) -> None:
        self.path = str(path)
        super().__init__(f"There is no file {quoted(self.path, 300)}.", "Check the path.")


class EmptyData(DataError):
    """A file or table without rows (or without columns)."""

    def __init__(self, where: str, cure: str = "Give data with at least one row under its header.") -> None:
        self.where = where
        super().__init__(f"There are no rows in {where}.", cure)


class UnreadableData(DataError):
    """The data cannot be read: `reason` says why."""

    def __init__(self, where: str, reason: str, cure: str = "") -> None:
        self.where = where
        self.reason = reason
        super().__init__(f"Cannot read {where}: {reason.rstrip('.')}.", cure)


class UnknownColumn(UnknownVariable, DataError):
    """A column that the data does not have."""

    def __init__(self, name: str, known: Iterable[str] = (), where: str = "data", *, cure: str = "") -> None:
        super().__init__(name, known, where, cure=cure)

    @staticmethod
    def _noun() -> str:
        return "column"


class DuplicateColumns(DataError):
    """Two columns have one name, or names that differ in nothing but capitals."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = tuple(names)
        folded = [name.casefold() for name in self.names]
        fault = "stand more than once"
        if len(self.names) > 1 and all(folded.count(name) > 1 for name in folded):
            fault = "differ only in capitals, which many readers take for one name"
        super().__init__(f"These columns {fault}: {listed(self.names)}.", "Give each its own name.")


class UnusableColumnName(DataError):
    """A column name that is empty or holds control characters."""

    def __init__(self, name: str) -> None:
        self.name = name
        reason = "is empty" if not name.strip() else "holds control characters"
        super().__init__(f"The column name {quoted(name)} {reason}.", "Rename the column.")


class TooManyColumns(DataError):
    """More columns than can be meant."""

    def __init__(self, count: int, limit: int) -> None:
        self.count = count
        self.limit = limit
        super().__init__(
            f"The data has {count:,} columns; at most {limit:,} are read.",
            "Keep the columns that the question and the graph name.",
        )


class TextInNumericRole(DataError):
    """Text where numbers are needed."""

    def __init__(self, column: str, role: str, examples: Sequence[object] = ()) -> None:
        self.column = column
        self.role = role
        self.examples = tuple(str(example) for example in examples)
        such = f" (such as {listed(self.examples, 3)})" if self.examples else ""
        super().__init__(
            f"The {role} {quoted(column)} holds text{such}, but numbers are needed.",
            "Clean those values, or derive a numeric column from it.",
        )


class InfiniteValues(DataError):
    """Infinite numbers in a column."""

    def __init__(self, column: str, count: int) -> None:
        self.column = column
        self.count = count
        plural = "value" if count == 1 else "values"
        super().__init__(
            f"The column {quoted(column)} holds {count:,} infinite {plural}.",
            "Mend them at the source, or filter such rows out with `where`.",
        )


class InvalidFilter(DataError):
    """A `where` or `derive` expression that cannot be used."""

    def __init__(self, expression: str, reason: str) -> None:
        self.expression = expression
        self.reason = reason
        super().__init__(
            f"Cannot use the expression {quoted(expression, 200)}: {reason.rstrip('.')}.",
            "Give one expression over the columns, such as year > 2020.",
        )


class InvalidWeights(DataError):
    """A weights column that is none."""

    def __init__(
        self, reason: str, cure: str = "Weights are whole counts, or probabilities that add up to one."
    ) -> None:
        self.reason = reason
        super().__init__(f"Cannot use the weights: {reason.rstrip('.')}.", cure)


class MissingExtra(DataError):
    """An optional package is needed and not installed."""

    def __init__(self, package: str, purpose: str) -> None:
        self.package = package
        self.purpose = purpose
        super().__init__(
            f"{purpose} needs the package {package}, which is not installed.", f"Install {package}."
        )


# ── methods, proofs, work ───────────────────────────────────────────────────────────────────────────────────


class MethodError(WhenceError):
    """Something is wrong with how the answer is to be computed."""


class InvalidOption(MethodError):
    """An option has a value that it cannot have."""

    def __init__(self, name: str, value: object, allowed: Sequence[object] | str) -> None:
        self.name = name
        self.value = str(value)
        choices = allowed if isinstance(allowed, str) else ", ".join(str(choice) for choice in allowed)
        self.allowed = choices
        close = (
            None if isinstance(allowed, str) else near_miss(self.value, [str(choice) for choice in allowed])
        )
        hint = f" Did you mean {quoted(close)}?" if close is not None else ""
        super().__init__(f"{name} cannot be {quoted(self.value)}.", f"It may be: {choices}.{hint}")


class UnsuitableMethod(MethodError):
    """The method does not fit the question or the data."""

    def __init__(self, method: str, reason: str, cure: str = "") -> None:
        self.method = method
        self.reason = reason
        super().__init__(f"The method {quoted(method)} does not fit: {reason.rstrip('.')}.", cure)


class UnsuitableLearner(MethodError):
    """A learner that cannot do what is asked of it."""

    def __init__(self, learner: str, reason: str, cure: str = "") -> None:
        self.learner = learner
        self.reason = reason
        super().__init__(f"The learner {quoted(learner)} does not fit: {reason.rstrip('.')}.", cure)


class ProofRejected(WhenceError):
    """A step of a derivation does not hold."""

    def __init__(self, rule: str, reason: str) -> None:
        self.rule = rule
        self.reason = reason
        super().__init__(
            f"The proof is rejected at the step {quoted(rule)}: {reason.rstrip('.')}.",
            "Do not use this estimand; identify the query again.",
        )


class InvalidAnswer(WhenceError):
    """JSON that is no answer of ours."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(
            f"This is not a readable answer: {reason.rstrip('.')}.", "Give JSON of whence.answer/1."
        )


class BrokenRecord(WhenceError):
    """A record of analyses was changed after it was written."""

    def __init__(self, path: object, line: int | None) -> None:
        self.path = str(path)
        self.line = line
        place = "at its end" if line is None else f"at line {line}"
        super().__init__(
            f"The record {quoted(self.path, 300)} does not hang together {place}.",
            "It was edited or cut: keep it as it is, and begin a new record.",
        )


class Cancelled(WhenceError):
    """The work was cancelled from outside."""

    def __init__(self) -> None:
        super().__init__("Cancelled.")


class TaskFailed(WhenceError):
    """An unexpected failure in one item of parallel work: `index` says which, `cause` what."""

    def __init__(self, index: int, cause: BaseException | str) -> None:
        self.index = index
        self.cause = cause if isinstance(cause, str) else f"{type(cause).__name__}: {cause}"
        super().__init__(f"Item {index} of the work failed: {self.cause}.")
