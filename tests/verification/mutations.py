"""Proofs turned false: changed in one place as a slip would, or all the way up as a liar would."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from oracles.evaluation import Meaningless, agree, is_true_in, truth_of, value_of
from oracles.models import Model, joint, random_model
from whence.language.estimand import Adjustment, Estimand, Fact, FrontDoor, Step
from whence.language.expression import (
    Expression,
    Kernel,
    P,
    Product,
    Quotient,
    Sum,
    Term,
    atoms,
    children,
    rebuilt,
)
from whence.language.graph import Edge, Graph
from whence.language.query import Query
from whence.runtime.errors import CyclicGraph, QueryError


@dataclass(frozen=True)
class Mutant:
    """A proof changed, the graph that it is held against, and what was done to it."""

    estimand: Estimand
    graph: Graph
    how: str


def states_something_false(mutant: Mutant, seed: int) -> bool | None:
    """Whether any step of the proof is false in a random model; None where a step has no meaning at all."""
    model = random_model(mutant.graph, np.random.default_rng(seed))
    try:
        steps = [*mutant.estimand.derivation.walk()]
        false = any(not is_true_in(step, model) for step in steps)
        whole = Step("query", mutant.estimand.query.body, mutant.estimand.expression)
        return false or not is_true_in(whole, model) or not shape_is_true_in(mutant.estimand, model)
    except Meaningless:
        return None


def shape_is_true_in(estimand: Estimand, model: Model) -> bool:
    """Whether the estimate that the shape stands for equals the query (told for P(Y | do X, W) only)."""
    body, shape = estimand.query.body, estimand.shape
    if not isinstance(body, P) or not body.do or not isinstance(shape, Adjustment | FrontDoor):
        return True
    x = shape.treatments
    if isinstance(shape, Adjustment):
        z, by = shape.adjust, shape.by
        outer = P(shape.outcomes, (*x, *z, *by))
        formula: Expression = Sum(z, Product((outer, P(z, by)))) if z else outer
    else:
        inner = Sum(x, Product((P(shape.outcomes, (*x, *shape.mediators)), P(x))))
        formula = Sum(shape.mediators, Product((P(shape.mediators, x), inner)))
    return agree(value_of(formula, joint(model)), truth_of(body, model))


# ── changing expressions ────────────────────────────────────────────────────────────────────────────────────


def swapped(expression: Expression, change: dict[int, Expression]) -> Expression:
    """The expression with parts (by identity) replaced."""
    memo: dict[int, Expression] = {}

    def walk(node: Expression) -> Expression:
        if id(node) in change:
            return change[id(node)]
        if id(node) not in memo:
            memo[id(node)] = rebuilt(node, tuple(walk(part) for part in children(node)))
        return memo[id(node)]

    return walk(expression)


def parts_of(expression: Expression) -> list[Expression]:
    found: dict[int, Expression] = {}
    pending = [expression]
    while pending:
        node = pending.pop()
        if id(node) not in found:
            found[id(node)] = node
            pending.extend(children(node))
    return list(found.values())


def changed_node(
    node: Expression, names: tuple[str, ...], rng: np.random.Generator
) -> tuple[Expression, str]:
    """One node of an expression, changed at its top."""
    pick = lambda options: options[int(rng.integers(len(options)))]  # noqa: E731
    match node:
        case P(of=of, given=given):
            options = ["other outcome", "add"] + ["drop", "swap given", "exchange"] * bool(given)
            how = pick(options)
            if how == "drop":
                gone = pick(given)
                return P(of, [term for term in given if term != gone]), "drop a conditioning variable"
            if how == "add":
                return P(of, (*given, Term(pick(names)))), "add a conditioning variable"
            if how == "swap given":
                gone = pick(given)
                kept = [term for term in given if term != gone]
                return P(of, [*kept, Term(pick(names))]), "swap a conditioning variable"
            if how == "exchange":
                here, there = pick(of), pick(given)
                return (
                    P([*(t for t in of if t != here), there], [*(t for t in given if t != there), here]),
                    "exchange outcome and condition",
                )
            gone = pick(of)
            return P([*(t for t in of if t != gone), Term(pick(names))], given), "another outcome"
        case Sum(over=over, body=body):
            how = pick(["less", "more", "other"])
            gone = pick(over)
            kept = tuple(name for name in over if name != gone)
            if how == "less":
                return (Sum(kept, body) if kept else body), "sum over less"
            if how == "more":
                return Sum(tuple({*over, pick(names)}), body), "sum over more"
            return Sum(tuple({*kept, pick(names)}), body), "sum over another"
        case Product(factors=factors) if len(factors) > 1:
            gone = int(rng.integers(len(factors)))
            if rng.random() < 0.5:
                return Product(factors[:gone] + factors[gone + 1 :]), "drop a factor"
            return Product((*factors, factors[gone])), "repeat a factor"
        case Quotient(numerator=numerator, denominator=denominator):
            if rng.random() < 0.5:
                return numerator, "drop the denominator"
            return Quotient(denominator, numerator), "invert a ratio"
        case _:
            return P(pick(names)), "replace a part"


# ── changing proofs ─────────────────────────────────────────────────────────────────────────────────────────


def rewritten(
    estimand: Estimand, change: dict[int, Expression], step_change: Callable[[Step, Step], Step] | None = None
) -> Estimand:
    """The proof with parts of formulas replaced wherever the same part is used, up to the estimand."""
    made: dict[int, Step] = {}
    for step in estimand.derivation.walk():
        new = replace(
            step,
            formula=swapped(step.formula, change),
            premises=tuple(made[id(premise)] for premise in step.premises),
        )
        made[id(step)] = step_change(step, new) if step_change else new
    root = made[id(estimand.derivation)]
    return replace(estimand, derivation=root, expression=swapped(estimand.expression, change))


def only(target: Step, change: Callable[[Step], Step]) -> Callable[[Step, Step], Step]:
    return lambda old, new: change(new) if old is target else new


def mutants(estimand: Estimand, rng: np.random.Generator) -> Iterator[Mutant]:
    """One mutant of each sort, at random places."""
    graph, names = estimand.graph, estimand.graph.observed
    steps = list(estimand.derivation.walk())
    pick = lambda options: options[int(rng.integers(len(options)))]  # noqa: E731
    step = pick(steps)

    part = pick(parts_of(step.formula))
    other, how = changed_node(part, names, rng)
    yield Mutant(rewritten(estimand, {id(part): other}), graph, f"liar: {how} in {step.rule}")
    slip = {id(part): other}
    yield Mutant(
        rewritten(estimand, {}, only(step, lambda new: replace(new, formula=swapped(new.formula, slip)))),
        graph,
        f"slip: {how} in {step.rule}",
    )
    top = pick(parts_of(estimand.expression))
    other, how = changed_node(top, names, rng)
    expression = swapped(estimand.expression, {id(top): other})
    yield Mutant(replace(estimand, expression=expression), graph, f"estimand only: {how}")
    root = replace(estimand.derivation, formula=expression)
    yield Mutant(replace(estimand, expression=expression, derivation=root), graph, f"root: {how}")

    yield from claim_mutants(estimand, step, names, rng)
    yield from graph_mutants(estimand, rng)
    yield from step_mutants(estimand, steps, rng)
    if isinstance(estimand.shape, Adjustment):
        adjust = tuple({*estimand.shape.adjust} ^ {pick(names)})
        yield Mutant(replace(estimand, shape=replace(estimand.shape, adjust=adjust)), graph, "another shape")


def claim_mutants(estimand: Estimand, step: Step, names: tuple[str, ...], rng) -> Iterator[Mutant]:
    def other_claim(claim: Expression) -> Expression:
        name = names[int(rng.integers(len(names)))]
        if isinstance(claim, Kernel):
            return Kernel(tuple({*claim.of} ^ {name}))
        if isinstance(claim, P):
            parts = [set(claim.of), set(claim.given), set(claim.do)]
            parts[int(rng.integers(3))] ^= {Term(name)}
            return P(*parts)
        return claim

    claim = other_claim(step.claim)
    changed = rewritten(estimand, {}, only(step, lambda new: replace(new, claim=claim)))
    yield Mutant(changed, estimand.graph, f"another claim of {step.rule}")
    root = estimand.derivation
    body = other_claim(root.claim)
    premises = tuple(replace(premise, claim=body) for premise in root.premises)
    try:
        query = Query(body)
    except QueryError:
        return
    asked = replace(estimand, query=query, derivation=replace(root, claim=body, premises=premises))
    yield Mutant(asked, estimand.graph, "another query")
    yield Mutant(replace(estimand, query=query), estimand.graph, "another query than the proof's")


def graph_mutants(estimand: Estimand, rng: np.random.Generator) -> Iterator[Mutant]:
    graph = estimand.graph
    edges = list(graph.edges)
    if edges:
        gone = edges[int(rng.integers(len(edges)))]
        less = Graph.of(graph.nodes, [e for e in edges if e is not gone], latent=graph.latent)
        yield Mutant(estimand, less, "an edge less in the graph")
    a, b = (str(name) for name in rng.permutation(graph.nodes)[:2])
    for edge in (Edge(a, b), Edge(a, b, "<->")):
        try:
            yield Mutant(estimand, Graph.of(graph.nodes, [*edges, edge], latent=graph.latent), "an edge more")
        except CyclicGraph:
            continue
    if edges:
        turned = edges[int(rng.integers(len(edges)))]
        kept = [e for e in edges if e is not turned]
        mark = "<->" if turned.mark == "->" else "->"
        other = Graph.of(graph.nodes, [*kept, Edge(turned.source, turned.target, "<->")], latent=graph.latent)
        if mark == "<->":
            yield Mutant(estimand, other, "an arrow made a hidden cause")


def step_mutants(estimand: Estimand, steps: list[Step], rng: np.random.Generator) -> Iterator[Mutant]:
    pick = lambda options: options[int(rng.integers(len(options)))]  # noqa: E731
    graph = estimand.graph
    step = pick(steps)
    other = pick(steps)
    if step.premises:
        place = int(rng.integers(len(step.premises)))
        swapped_in = (*step.premises[:place], other, *step.premises[place + 1 :])
        if other not in [s for s in steps if step in s.walk()]:
            change = {id(step.premises[place].formula): other.formula}
            yield Mutant(
                rewritten(estimand, change, only(step, lambda new: replace(new, premises=swapped_in))),
                graph,
                "another premise, used throughout",
            )
            yield Mutant(
                rewritten(estimand, {}, only(step, lambda new: replace(new, premises=swapped_in))),
                graph,
                "another premise",
            )
    rule = pick(
        ["ancestral", "c-factor", "marginal", "effect", "adjustment", "observation", "rule 2", "average"]
    )
    yield Mutant(
        rewritten(estimand, {}, only(step, lambda new: replace(new, rule=rule))), graph, "another rule"
    )
    yield from order_mutants(estimand, steps, rng)
    leaf = P(pick(graph.observed))
    for claim in atoms(step.claim):
        forged = Step("observation", claim, leaf)
        premises = tuple(replace(forged, claim=premise.claim) for premise in step.premises)
        if premises:
            yield Mutant(
                rewritten(
                    estimand,
                    {id(premise.formula): leaf for premise in step.premises},
                    only(step, lambda new, premises=premises: replace(new, premises=premises)),
                ),
                graph,
                "forged premises",
            )
        break


def order_mutants(estimand: Estimand, steps: list[Step], rng: np.random.Generator) -> Iterator[Mutant]:
    """A c-factor as a liar would make it: by another order, each factor given all that comes before."""
    ordered = [step for step in steps if step.rule == "c-factor"]
    if not ordered:
        return
    step = ordered[int(rng.integers(len(ordered)))]
    stated = next(fact for fact in step.because if fact.kind == "order")
    order = tuple(str(name) for name in rng.permutation(stated.x))
    assert isinstance(step.claim, Kernel)
    factors = [P(v, order[: order.index(v)]) for v in order if v in step.claim.of]
    formula = Product(tuple(factors)) if len(factors) > 1 else factors[0]
    because = tuple(Fact("order", order) if fact.kind == "order" else fact for fact in step.because)
    yield Mutant(
        rewritten(
            estimand,
            {id(step.formula): formula},
            only(step, lambda new: replace(new, because=because, formula=formula)),
        ),
        estimand.graph,
        "another order",
    )
