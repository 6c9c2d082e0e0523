"""`bounds`: between which limits the answer must lie, where the graph does not fix it.

    question, graph, data ─bounds_problem─▶ linear programme in words ─solve─▶ limits, each with its proof

Data are a table, or probabilities: a `Factor`, or a mapping from statements such as "P(R=1 | do(T=1))" to
numbers, factors or tables, of what was seen and of experiments together.

Source: A. Balke and J. Pearl (JASA 1997); J. Tian and J. Pearl (2000); C. Manski (1990, 1997).

>>> known = {"P(X=1, Y=1)": 0.3, "P(X=1)": 0.5, "P(Y=1 | do(X=0))": 0.2}
>>> found = bounds("P(Y_{X=0}=0 | X=1, Y=1)", "X -> Y; X <-> Y", known)
>>> [round(end, 6) for end in (found.lower, found.upper)], found.sharp
([0.333333, 1.0], True)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, cast

from whence.data.reading import table
from whence.data.tables import Table
from whence.engine.inputs import as_graph
from whence.engine.joint_told import solved
from whence.estimation.bounds import solve
from whence.estimation.bounds_data import AtHand, Range, Told, of_factor, of_table
from whence.estimation.bounds_values import Bounds
from whence.estimation.values import Warning_
from whence.identification.bounds.bounds_assumptions import narrows
from whence.identification.bounds.bounds_problem import bounds_problem
from whence.language.assumptions import Assumption
from whence.language.bounds_problem import BoundsProblem
from whence.language.expression import P, Term, Value, atoms, free_variables
from whence.language.factor import Factor
from whence.language.query import Query
from whence.language.query_text import query as parsed
from whence.language.refusals import Contradiction, NotIdentified, NotYetAnswerable, Refusal
from whence.runtime.errors import (
    DataError,
    InvalidOption,
    InvalidQuery,
    MethodError,
    QueryError,
    UnknownVariable,
)
from whence.runtime.plain import quoted

if TYPE_CHECKING:
    from whence.data.any_data import AnyData
    from whence.data.pushdown.remote import Remote
    from whence.data.scanning.scan import Scan
    from whence.engine.how import How
    from whence.explanation.answer import Answer
    from whence.language.graph import Graph

Levels = Mapping[str, tuple[Value, ...]]
MOST_LEVELS = 12
"""A column of more values than this is not taken for discrete."""
FROM_MEANS = (
    "of the outcome only its means were used, so limits that use its whole distribution may be narrower"
)


def bounds(  # noqa: PLR0913 - the public face: options by name, none required
    query: str | Query,
    graph: object,
    data: object = None,
    *,
    given: Mapping[str | P, object] | None = None,
    assuming: Iterable[str] = (),
    levels: Mapping[str, Sequence[Value]] | None = None,
    ranges: Mapping[str, Range] | None = None,
    weights: str | None = None,
    level: float = 0.95,
) -> Bounds | Refusal:
    """The limits of a query's answer under every model of the graph that has the distributions given.

    `data` are rows (whatever `whence.table` reads), a `Factor`, or a mapping from statements to what is known
    of them; `given` is a further such mapping, for example {"P(Y | do(X))": trial}. `assuming` narrows them:
    monotone(X -> Y), decreasing(X -> Y), exogenous(X), monotone_selection(X -> Y) and
    monotone_instrument(Z, X -> Y). `levels` gives the values of variables that the data do not show;
    `ranges` the limits of an outcome that is a number of many values. Refuses as `solve` and
    `bounds_problem` do. Raises `QueryError`, `GraphError` and `DataError`.
    """
    asked, known = parsed(query), as_graph(graph)
    if known is None:
        raise InvalidQuery("Bounds need a graph.", "Say what causes what, such as X -> Y; X <-> Y.")
    if not 0.0 < level < 1.0:
        raise InvalidOption("level", level, "a number between 0 and 1")
    for name in (*(levels or {}), *(ranges or {})):
        known.number(name)
    statements = _statements(data, given, known.observed, weights)
    limits = {name: _checked(name, each) for name, each in (ranges or {}).items()}
    assumptions = tuple(assuming)
    own = _levels(statements, asked, levels or {}, limits, known.observed)
    statements = _joined(statements, own)
    problem = bounds_problem(asked, known, own, [each.source for each in statements], assumptions)
    if not isinstance(problem, BoundsProblem):
        return problem
    return _solved(problem, statements, limits, level)


def _solved(
    problem: BoundsProblem, statements: Sequence[Statement], ranges: Mapping[str, Range], level: float
) -> Bounds | Refusal:
    levels = dict(problem.levels)
    at_hand = [each.at_hand(levels, ranges) for each in statements]
    ranged = [name for name in ranges if name in levels]
    if ranged:
        parents = [name for edge in problem.graph.edges if edge.mark == "->" for name in (edge.source,)]
        causes = [name for name in ranged if name in parents]
        if causes or len(ranged) > 1:
            return NotYetAnswerable(
                "A number of many values is bounded only where it is the outcome and causes nothing."
            )
        split = {name for block in problem.blocks for name, _ in block.at}
        if problem.sharp and set(problem.inputs) - split:
            problem = replace(problem, sharp=False, why=FROM_MEANS)
    found = solve(problem, at_hand, level)
    if isinstance(found, Bounds) and found.interval is not None and isinstance(problem.query.body, P):
        low, high = found.interval
        return replace(found, interval=(max(low, 0.0), min(high, 1.0)))  # it is of a probability
    return found


@dataclass(frozen=True, slots=True)
class Statement:
    """A distribution and what is known of it: a table, a factor, or one number."""

    source: P
    known: Table | Factor | float

    def levels(self) -> dict[str, tuple[Value, ...]]:
        """The values that each variable has here."""
        found: dict[str, tuple[Value, ...]] = {
            t.name: (t.value,) for t in self.source.terms if t.value is not None
        }
        if isinstance(self.known, Factor):
            found |= {name: self.known.levels_of(name) for name in self.known.variables}
        if isinstance(self.known, Table):
            for name in (t.name for t in self.source.terms):
                levels = self.known.field(name).levels
                if 0 < len(levels) <= MOST_LEVELS:
                    found[name] = tuple(levels)
        return found

    def at_hand(self, levels: Levels, ranges: Mapping[str, Range]) -> AtHand:
        """Its numbers, over the levels that matter."""
        if isinstance(self.known, Table):
            names = [t.name for t in self.source.terms if t.name in levels]
            return of_table(self.known, names, levels, {n: ranges[n] for n in names if n in ranges})
        if isinstance(self.known, Factor):
            return of_factor(self.known, {**self.levels(), **levels})
        return Told(self.known)


def _statements(
    data: object, given: Mapping[str | P, object] | None, observed: Sequence[str], weights: str | None
) -> tuple[Statement, ...]:
    found: list[Statement] = []
    if isinstance(data, Mapping) and data and all(map(_is_statement, cast("Mapping[object, object]", data))):
        found += [_statement(text, known) for text, known in cast("Mapping[str, object]", data).items()]
    elif isinstance(data, Factor):
        found.append(_statement(P(data.variables), data))
    elif data is not None:
        rows = (
            data
            if isinstance(data, Table) and weights is None
            else table(cast("object", data), weights=weights)
        )
        found.append(Statement(P([name for name in observed if name in rows]), rows))
    found += [_statement(text, known) for text, known in (given or {}).items()]
    if not found:
        raise InvalidQuery(
            "No distribution is given.", "Give data, or probabilities such as {'P(X=1, Y=1)': 0.2}."
        )
    return tuple(found)


def _joined(statements: Sequence[Statement], levels: Levels) -> tuple[Statement, ...]:
    """The statements, those of single numbers seen as one distribution where they fix it."""
    single = [each for each in statements if isinstance(each.known, float) and not each.source.do]
    told = {each.source: each.known for each in single if isinstance(each.known, float)}
    # What is said twice, and otherwise, must meet the rest as it stands: no number makes way for another.
    once = all(told[each.source] == each.known for each in single)
    named = all(term.name in levels for atom in told for term in atom.terms)
    whole = solved(told, levels) if once and named else None
    if whole is None:
        return tuple(statements)
    rest = (each for each in statements if each not in single)
    return (Statement(P(whole.variables), whole), *rest)


def _is_statement(key: object) -> bool:
    return isinstance(key, P) or (isinstance(key, str) and key.strip().startswith(("P(", "P@")))


def _statement(text: str | P, known: object) -> Statement:
    source = text if isinstance(text, P) else parsed(text).body
    if not isinstance(source, P) or any(term.world for term in source.terms):
        raise InvalidQuery(
            f"{quoted(str(text))} is no distribution of what was seen or set.", "Write P(Y | do(X))."
        )
    if source.population:
        raise InvalidQuery(
            f"{quoted(str(text))} is of another population.", "Give what is known of the one asked about."
        )
    open_names = [term.name for term in source.terms if term.value is None]
    if isinstance(known, bool | int | float):
        if open_names:
            raise InvalidQuery(
                f"{quoted(str(text))} is more than one number.", f"Give {open_names[0]} a value."
            )
        if not 0.0 <= float(known) <= 1.0:
            raise InvalidOption(quoted(str(text)), known, "a probability, from 0 to 1")
        return Statement(source, float(known))
    names = {term.name for term in source.terms}
    if isinstance(known, Factor):
        if set(known.variables) != names:
            other = next(iter(set(known.variables) ^ names))
            raise UnknownVariable(other, known=known.variables, where="factor or in its statement")
        return Statement(source, known)
    rows = known if isinstance(known, Table) else table(known)
    for name in names:
        rows.column(name)
    return Statement(source, rows)


def _levels(
    statements: Sequence[Statement],
    asked: Query,
    given: Mapping[str, Sequence[Value]],
    ranges: Mapping[str, Range],
    observed: Sequence[str],
) -> dict[str, tuple[Value, ...]]:
    """The values of each variable: as given, else all that occur; 0 and 1 where only one of them does."""
    found: dict[str, list[Value]] = {}
    for each in statements:
        for name, values in each.levels().items():
            found.setdefault(name, []).extend(value for value in values if value not in found.get(name, []))
    counted = {name for each in statements if not isinstance(each.known, float) for name in each.levels()}
    stated = {name for each in statements for name in each.levels()} - counted
    for atom in atoms(asked.body):
        for name, value in _valued(atom.terms if isinstance(atom, P) else ()):
            if name in stated and value not in found.get(name, []):
                found.setdefault(name, []).append(value)
    levels = {name: _ordered(values) for name, values in found.items() if name in observed}
    for name, values in levels.items():
        if name in stated and len(values) == 1 and values[0] in (0, 1):
            levels[name] = (0, 1)
    levels |= ranges
    levels |= {name: tuple(values) for name, values in given.items()}
    lacking = [name for name in asked.variables if name not in levels and name in observed]
    if lacking:
        raise InvalidQuery(
            f"Which values {quoted(lacking[0])} has is not known, or it has more than {MOST_LEVELS}.",
            "Give `levels`, classes of it, or for an outcome its `ranges`.",
        )
    return levels


def _valued(terms: Iterable[Term]) -> Iterable[tuple[str, Value]]:
    for term in terms:
        if term.value is not None:
            yield term.name, term.value
        yield from _valued(term.world)


def _ordered(values: Sequence[Value]) -> tuple[Value, ...]:
    numbers = [value for value in values if not isinstance(value, str)]
    return tuple(sorted(numbers)) if len(numbers) == len(values) else tuple(values)


def _checked(name: str, limits: Range) -> Range:
    low, high = limits
    if not low < high:
        raise InvalidOption(f"the range of {quoted(name)}", limits, "a pair of numbers, the lower first")
    return float(low), float(high)


def bounded(
    asked: Query, known: Graph | None, found: AnyData | None, result: object, how: How
) -> Bounds | Contradiction | None:
    """For `ask`: the limits of a question that has no formula; None where there are none to be had.

    The asker's assumptions narrow them where they are of a form that can; the others only go to the ledger.
    """
    open_question = asked.contrast is not None and asked.contrast.open
    if not isinstance(result, NotIdentified | NotYetAnswerable) or known is None or found is None:
        return None
    if open_question or free_variables(asked.body):
        return None
    narrowing = [text for text in (*asked.assuming, *how.assume) if narrows(text)]
    sentences = [text for text in (*asked.assuming, *how.assume) if not narrows(text)]
    try:
        rows = found if isinstance(found, Table) else _counted(found, known)
        limits = bounds(replace(asked, assuming=()), known, rows, assuming=narrowing, level=how.level)
    except (QueryError, DataError, MethodError):
        return None
    if isinstance(limits, Bounds):
        own = tuple(Assumption(text, "user", status="untestable") for text in sentences)
        return replace(limits, assumptions=(*limits.assumptions, *own))
    return limits if isinstance(limits, Contradiction) else None


def _counted(found: Scan | Remote, known: Graph) -> Table:
    """The distinct rows of data that are not in memory, in variables of few values: limits rest on these."""
    few = [name for name in known.observed if name in found and found.field(name).discrete]
    return found.counted([name for name in few if len(found.field(name).levels) <= MOST_LEVELS])


def limited(answer: Answer, limits: Bounds | Contradiction | None) -> Answer:
    """The answer with its limits and what they rest on, or with the word that the data contradict it."""
    if limits is None:
        return answer
    if isinstance(limits, Contradiction):
        return replace(answer, warnings=(*answer.warnings, Warning_(limits.kind, limits.message)))
    notes = tuple(Warning_("bounds", note) for note in limits.notes)
    return replace(
        answer, bounds=limits.to_dict(), assumptions=limits.assumptions, warnings=(*answer.warnings, *notes)
    )
