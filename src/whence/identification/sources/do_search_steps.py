"""The derivation that a do-search found, as steps over the algebra of probabilities.

Each statement remembers the rule that gave it and the statements that the rule was applied to; here these
become claims, formulas and facts of the graph, premises first. The rules are listed in `docs/derivations.md`.

Source: S. Tikka, A. Hyttinen and J. Karvanen, "Causal effect identification from multiple incomplete data
sources: a general search-based approach" (JSS 2021).

>>> from whence.language.graph import Edge, Graph
>>> from whence.language.source import Source
>>> task = Task.of(Graph.of((), [Edge("X", "Y")]), P("Y", do="X"), (Source(P(("X", "Y"))),))
>>> reasons = {(2, 1, 0, 0, 0): Reason("given", (), task.leaves[0])}
>>> reasons[2, 0, 1, 0, 0] = Reason("rule 2", ((2, 1, 0, 0, 0),))
>>> [step.rule for step in derivation(task, reasons, task.target).walk()]
['given', 'rule 2']
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from whence.identification.sources.do_search_rules import Statement
from whence.identification.sources.do_search_sources import Leaf, Task
from whence.language.estimand import Fact, Rule, Step
from whence.language.expression import (
    Expression,
    P,
    Product,
    Quotient,
    Sum,
    free_variables,
    substitute,
    total,
)


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a statement holds: by which rule, from which others, or read off which source."""

    rule: Rule
    premises: tuple[Statement, ...]
    leaf: Leaf | None = None


def derivation(task: Task, reasons: Mapping[Statement, Reason], target: Statement) -> Step:
    """The step that proves the target, with all that it rests on."""
    done: dict[Statement, Step] = {}
    pending = [target]
    while pending:
        statement = pending[-1]
        reason = reasons[statement]
        missing = [each for each in reason.premises if each not in done]
        if missing:
            pending += missing
            continue
        pending.pop()
        if statement not in done:
            premises = tuple(done[each] for each in reason.premises)
            done[statement] = _step(task, statement, reason, premises)
    return done[target]


def _step(task: Task, statement: Statement, reason: Reason, premises: tuple[Step, ...]) -> Step:
    claim = task.probability(statement)
    if reason.leaf is not None:
        return _read_off(task, statement, reason.leaf, claim)
    formula = _formula(task, statement, reason, [premise.formula for premise in premises])
    return Step(reason.rule, claim, formula, _facts(task, statement, reason), premises)


def _read_off(task: Task, statement: Statement, leaf: Leaf, claim: P) -> Step:
    """What a source says; a proxy stands for its variable where that was recorded."""
    scope = statement[0] | statement[1]
    proxies = sum(x for x, _ in leaf.proxies if x & scope)
    written = task.probability(statement, proxies)
    given = Step("given", written, written)
    return Step("proxy", claim, claim, (), (given,)) if proxies else given


def _formula(task: Task, statement: Statement, reason: Reason, parts: list[Expression]) -> Expression:
    first, premise = parts[0], reason.premises[0]
    names = task.graph.names
    match reason.rule:
        case "chain":
            return Product(tuple(parts))
        case "ratio":
            return Quotient(first, parts[1])
        case "sum":
            return Sum(names(premise[0] & ~statement[0]), first)
        case "condition":
            return Quotient(first, total(names(statement[0]), first))
        case "value":
            gained = names(statement[3] & ~premise[3])
            return substitute(first, {name: task.levels[name] for name in gained})
        case "rule 1" | "rule 3":
            gone = (premise[1] | premise[2]) & ~(statement[1] | statement[2]) & ~premise[3]
            over = free_variables(first).intersection(names(gone))
            return Quotient(Sum(tuple(over), first), Sum(tuple(over), Product(()))) if over else first
        case _:
            return first


def _facts(task: Task, statement: Statement, reason: Reason) -> tuple[Fact, ...]:
    """What the graph must be like for a rule of the do-calculus to apply."""
    of, given, do, _, _ = statement
    other = reason.premises[0]
    names = task.graph.names
    z = (given ^ other[1]) | (do ^ other[2])
    seen, done = given & ~z, do & ~z
    into, out_of = names(done), ()
    match reason.rule:
        case "rule 1":
            pass
        case "rule 2":
            out_of = names(z)
        case "rule 3":
            into = names(done | (z & ~task.calculus.graph.ancestors(seen, done)))
        case "transport":
            return (Fact("alike", names(of), (), names(given | do), cut_into=names(do)),)
        case _:
            return ()
    return (Fact("separated", names(of), names(z), names(seen | done), cut_into=into, cut_out_of=out_of),)
