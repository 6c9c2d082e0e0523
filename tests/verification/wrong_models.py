"""Refusals turned false: their two models changed in one place, or taken for another proof."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

import numpy as np

from verification.mutations import graph_mutants
from whence.language.expression import P, Term
from whence.language.graph import Graph
from whence.language.model import Disagreement, Elsewhere, HiddenCause, Mechanism, StructuralModel
from whence.language.refusals import NotIdentified
from whence.language.source import Source

Changed = tuple[str, NotIdentified, Graph]


def pick(rng: np.random.Generator, options):
    options = list(options)
    return options[int(rng.integers(len(options)))]


def put(found: tuple, place: int, new: object) -> tuple:
    return (*found[:place], new, *found[place + 1 :])


def changed_model(
    model: StructuralModel, graph: Graph, rng: np.random.Generator
) -> Iterator[tuple[str, StructuralModel]]:
    """The model with one thing different in it."""
    place = int(rng.integers(len(model.hidden)))
    cause = model.hidden[place]
    size = len(cause.probabilities)
    if size > 1:
        a, b = (int(i) for i in rng.permutation(size)[:2])
        shares = list(cause.probabilities)
        moved = shares[a] * Fraction(1, 3)
        shares[a], shares[b] = shares[a] - moved, shares[b] + moved
        yield "a probability moved", with_hidden(model, place, replace(cause, probabilities=tuple(shares)))
        shares[b], shares[a] = shares[b] + shares[a], Fraction(0)
        yield "a zero probability", with_hidden(model, place, replace(cause, probabilities=tuple(shares)))
        less = put(cause.probabilities, a, cause.probabilities[a] - cause.probabilities[b])
        less = put(less, b, 2 * cause.probabilities[b])
        yield "a probability doubled", with_hidden(model, place, replace(cause, probabilities=less))
        more = put(cause.probabilities, a, cause.probabilities[a] + 1)
        yield "chances of more than 1", with_hidden(model, place, replace(cause, probabilities=more))
        negative = put(
            put(cause.probabilities, a, Fraction(-1, 7)),
            b,
            sum(cause.probabilities[i] for i in (a, b)) + Fraction(1, 7),
        )
        yield "a negative chance", with_hidden(model, place, replace(cause, probabilities=negative))
    number = int(rng.integers(len(model.mechanisms)))
    own = model.mechanisms[number]
    values = model.levels_of(own.variable)
    entry = int(rng.integers(len(own.table)))
    other = [value for value in values if value != own.table[entry]]
    if other:
        table = put(own.table, entry, pick(rng, other))
        yield "a table entry", with_mechanism(model, number, replace(own, table=table))
    yield (
        "a value that is no level",
        with_mechanism(model, number, replace(own, table=put(own.table, entry, 9))),
    )
    yield "a mechanism dropped", replace(model, mechanisms=tuple(m for m in model.mechanisms if m is not own))
    yield "a mechanism twice", replace(model, mechanisms=(*model.mechanisms, own))
    if len(own.inputs) > 1:
        mixed = tuple(str(name) for name in rng.permutation(own.inputs))
        yield "inputs in another order", with_mechanism(model, number, replace(own, inputs=mixed))
    if own.inputs:
        first = size_of(model, own.inputs[0])
        kept = replace(own, inputs=own.inputs[1:], table=own.table[: len(own.table) // first])
        yield "an input less", with_mechanism(model, number, kept)
    strangers = [
        n for n in (*model.variables, *(c.name for c in model.hidden)) if n not in (*own.inputs, own.variable)
    ]
    if strangers:
        name = pick(rng, strangers)
        table = own.table * size_of(model, name)
        table = put(table, entry, pick(rng, other)) if other else table
        heard = replace(own, inputs=(name, *own.inputs), table=table)
        yield "an input more", with_mechanism(model, number, heard)
    variable = model.levels[int(rng.integers(len(model.levels)))][0]
    more = tuple((n, (*v, len(v)) if n == variable else v) for n, v in model.levels)
    yield "a level more", replace(model, levels=more)
    hidden = model.hidden[place].name
    clash = replace(cause, name=pick(rng, graph.observed))
    named = [
        replace(m, inputs=tuple(clash.name if n == hidden else n for n in m.inputs)) for m in model.mechanisms
    ]
    yield (
        "a hidden cause named as a variable",
        replace(with_hidden(model, place, clash), mechanisms=tuple(named)),
    )


def size_of(model: StructuralModel, name: str) -> int:
    shares = {cause.name: len(cause.probabilities) for cause in model.hidden}
    return shares[name] if name in shares else len(model.levels_of(name))


def with_hidden(model: StructuralModel, place: int, cause: HiddenCause) -> StructuralModel:
    return replace(model, hidden=put(model.hidden, place, cause))


def with_mechanism(model: StructuralModel, place: int, mechanism: Mechanism) -> StructuralModel:
    return replace(model, mechanisms=put(model.mechanisms, place, mechanism))


def changed_pairs(
    pair: Disagreement, graph: Graph, rng: np.random.Generator
) -> Iterator[tuple[str, Disagreement]]:
    """The pair with one of its models changed, or something said of it."""
    side = str(rng.choice(["first", "second"]))
    for how, model in changed_model(getattr(pair, side), graph, rng):
        yield how, replace(pair, **{side: model})
        if how in ("a probability moved", "a table entry", "a level more"):
            # The same in both, so that they may go on agreeing on what is given.
            for again, twin in changed_model(
                pair.second if side == "first" else pair.first, graph, np.random.default_rng(1)
            ):
                if again == how and rng.random() < 0.5:
                    yield (
                        f"{how}, in both",
                        replace(
                            pair,
                            **{"first": model, "second": twin}
                            if side == "first"
                            else {"first": twin, "second": model},
                        ),
                    )
    a, b = pair.values
    yield "first and second swapped", replace(pair, first=pair.second, second=pair.first)
    yield "the first twice", replace(pair, second=pair.first)
    yield "the first twice, and so said", replace(pair, second=pair.first, values=(a, a))
    yield "values swapped", replace(pair, values=(b, a))
    yield "another value", replace(pair, values=(a, b + Fraction(1, 97)))
    yield "both values moved", replace(pair, values=(a + Fraction(1, 97), b + Fraction(1, 97)))
    if pair.at:
        place = int(rng.integers(len(pair.at)))
        term = pair.at[place]
        yield "nothing said of an open variable", replace(pair, at=put(pair.at, place, Term("nobody", 0)))
        flipped = 1 - term.value if term.value in (0, 1) else 0  # type: ignore[operator]
        yield "at another value", replace(pair, at=put(pair.at, place, replace(term, value=flipped)))
        yield "at no level", replace(pair, at=put(pair.at, place, replace(term, value=8)))
    for place, each in enumerate(pair.elsewhere):
        away = str(rng.choice(["first", "second"]))
        for how, model in changed_model(getattr(each, away), graph, rng):
            yield (
                f"elsewhere: {how}",
                replace(pair, elsewhere=put(pair.elsewhere, place, replace(each, **{away: model}))),
            )
        yield (
            "elsewhere swapped",
            replace(
                pair,
                elsewhere=put(pair.elsewhere, place, Elsewhere(each.population, each.second, each.first)),
            ),
        )
        yield (
            "elsewhere not told",
            replace(pair, elsewhere=put(pair.elsewhere, place, replace(each, population="nowhere"))),
        )
        gone = (*pair.elsewhere[:place], *pair.elsewhere[place + 1 :])
        yield "elsewhere left out", replace(pair, elsewhere=gone)


def changed_refusals(
    refusal: NotIdentified, graph: Graph, others: list[NotIdentified], rng: np.random.Generator
) -> Iterator[Changed]:
    """The refusal with other models, or with its models for another query, graph or sources."""
    assert refusal.models is not None
    for how, pair in changed_pairs(refusal.models, graph, rng):
        yield how, replace(refusal, models=pair, hedge=None), graph
    for mutant in graph_mutants(replace(refusal, hedge=None, graph=graph), rng):  # type: ignore[type-var]
        yield f"another graph: {mutant.how}", mutant.estimand, mutant.graph  # type: ignore[misc]
    for other in others:
        yield "another query", replace(refusal, query=other.query, hedge=None), graph
        yield "the models of another", replace(refusal, models=other.models, hedge=None), graph
        yield "the sources of another", replace(refusal, given=other.given, hedge=None), graph
    given = refusal.given or (Source(P(graph.observed)),)
    names = [str(name) for name in rng.permutation(graph.observed)]
    of, do = names[:-1], names[-1:]
    if of:
        yield "an experiment more", replace(refusal, given=(*given, Source(P(of, (), do))), hedge=None), graph
    known = pick(rng, given)
    if known.differs:
        less = replace(known, differs=known.differs[1:])
        same = tuple(
            less if each.population == known.population and each.differs == known.differs else each
            for each in given
        )
        yield (
            "a difference less",
            replace(
                refusal,
                given=tuple(
                    replace(e, differs=less.differs) if e.population == known.population else e for e in same
                ),
                hedge=None,
            ),
            graph,
        )
    away = replace(
        known, distribution=replace_population(known.distribution, "B" if known.population != "B" else "")
    )
    yield (
        "from another population",
        replace(refusal, given=tuple(away if each is known else each for each in given), hedge=None),
        graph,
    )


def replace_population(atom: P, population: str) -> P:
    return P(atom.of, atom.given, atom.do, population)
