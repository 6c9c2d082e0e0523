"""The value of an expression on an exact joint distribution, by other code than the engine's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import reduce

import numpy as np

from oracles.models import Model, Table, among_those_seen, combine, interventional, joint, truncated
from whence.language.estimand import Step
from whence.language.expression import (
    Difference,
    Expectation,
    Expression,
    Kernel,
    P,
    Product,
    Quotient,
    Sum,
    Term,
)


class Meaningless(Exception):
    """The expression is not one that has a value: a variable twice in one probability, say."""


def need(condition: object, what: object) -> None:
    if not condition:
        raise Meaningless(str(what))


def value_of(
    expression: Expression,
    joint: Table,
    levels: Mapping[str, Sequence[object]] | None = None,
    atom: Callable[[P | Kernel], Table] | None = None,
    every_atom: bool = False,
) -> Table:
    """The table of an expression; values are level numbers unless `levels` names them.

    Probabilities with do or worlds or of other populations, and kernels, have no value but the one that
    `atom` gives them; with `every_atom` it gives that of all others as well.
    """
    memo: dict[int, tuple[Expression, Table]] = {}

    def walk(node: Expression) -> Table:
        if id(node) not in memo:
            memo[id(node)] = (node, work(node))
        return memo[id(node)][1]

    def number(term: Term) -> int:
        if levels is None:
            need(isinstance(term.value, int), term)
            return int(term.value)  # type: ignore[arg-type]
        return list(levels[term.name]).index(term.value)

    def work(node: Expression) -> Table:
        match node:
            case P() | Kernel() if atom is not None and (every_atom or not is_plain(node)):
                return atom(node)
            case P(of=of, given=given) if is_plain(node):
                names = [term.name for term in node.terms]
                need(of and len(set(names)) == len(names) and set(names) <= set(joint.names), node)
                both = joint.keep(names)
                table = both / both.keep(term.name for term in given) if given else both
                return table.at({term.name: number(term) for term in (*of, *given) if term.value is not None})
            case Sum(over=over, body=body):
                table = walk(body)
                need(set(over) <= set(joint.names), node)
                missing = [name for name in over if name not in table.names]
                factor = np.prod([joint.cells.shape[joint.names.index(name)] for name in missing])
                kept = table.keep(name for name in table.names if name not in over)
                return Table(kept.names, kept.cells * factor)
            case Expectation(variable=variable, body=body):
                known = (
                    range(joint.cells.shape[joint.names.index(variable)])
                    if levels is None
                    else levels[variable]
                )
                weights = Table((variable,), np.array([float(level) for level in known]))  # type: ignore[arg-type]
                table = walk(body) * weights
                return table.keep(name for name in table.names if name != variable)
            case Product(factors=factors):
                return reduce(lambda a, b: a * b, map(walk, factors), Table((), np.array(1.0)))
            case Quotient(numerator=numerator, denominator=denominator):
                return walk(numerator) / walk(denominator)
            case Difference(left=left, right=right):
                return walk(left) - walk(right)
            case _:
                raise Meaningless(f"not about what was observed: {node}")

    with np.errstate(divide="ignore", invalid="ignore"):
        return walk(expression)


def is_plain(node: P | Kernel) -> bool:
    worlds = isinstance(node, P) and any(term.world for term in node.terms)
    return isinstance(node, P) and not (node.do or node.population or worlds)


def truth_of(expression: Expression, model: Model) -> Table:
    """What a claim is in the model: interventions and worlds by the truncated factorisation."""

    def atom(node: P | Kernel) -> Table:
        if isinstance(node, Kernel):
            need(set(node.of) <= set(model.observed), node)
            return truncated(model, set(model.observed) - set(node.of))
        need(node.of, node)
        world = node.of[0].world
        names = [term.name for term in node.terms]
        need(len(set(names)) == len(names) and set(names) <= set(model.observed), node)
        values = {term.name: term.value for term in node.terms if term.value is not None}
        if not world:
            parts = ([term.name for term in part] for part in (node.of, node.do, node.given))
            return interventional(model, *parts).at(values)  # type: ignore[arg-type]
        (treatment,) = world
        values[f"{treatment.name}*"] = treatment.value
        given = [term.name for term in node.given if term.name != treatment.name]
        outcomes = [term.name for term in node.of]
        return among_those_seen(model, outcomes, treatment.name, given).at(values)  # type: ignore[arg-type]

    return value_of(expression, joint(model), atom=atom)


def is_true_in(step: Step, model: Model) -> bool:
    """Whether claim and formula of a step are the same function in the model; raises `Meaningless`."""
    return agree(truth_of(step.claim, model), value_of(step.formula, joint(model)))


def agree(one: Table, other: Table, tolerance: float = 1e-8) -> bool:
    """Whether two tables are the same function: where only one has a name, it must not matter."""
    gap = combine(np.subtract, one, other).cells
    return bool(np.all(np.abs(gap) <= tolerance))
