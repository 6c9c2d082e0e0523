"""Whether two models prove a refusal, by the definition: every unit of both solved at once, in floats.

A model is read into columns over its units (`oracles.functional`); what a source shows is a table over them.
Nothing of the verifier is used. The answer is None where the numbers are too close to tell.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import product
from math import prod

import numpy as np

from oracles.functional import Functional, at
from oracles.pairs import heard, incompatible
from whence.identification.projection import latent_projection
from whence.language.expression import (
    Difference,
    Expectation,
    Expression,
    P,
    Product,
    Quotient,
    Sum,
    Term,
    atoms,
    free_variables,
)
from whence.language.graph import Graph
from whence.language.model import Disagreement, StructuralModel
from whence.language.refusals import NotIdentified
from whence.language.source import Source

NEAR = 1e-10
"""Numbers nearer than this are the same; further apart than a thousand times this, they are not."""


def units(model: StructuralModel) -> int:
    """How many combinations of levels its hidden causes have."""
    return prod(len(cause.probabilities) for cause in model.hidden)


def is_plain(refusal: NotIdentified) -> bool:
    """Whether this oracle can judge it: levels 0, 1, …, few units, no constant variable in the question."""
    pair, query = refusal.models, refusal.query
    assert pair is not None
    assert query is not None
    everyone = [pair.first, pair.second, *(m for each in pair.elsewhere for m in (each.first, each.second))]
    numbered = all(values == (*range(len(values)),) for model in everyone for _, values in model.levels)
    said = set(query.variables) | {t.name for s in refusal.given for t in s.distribution.terms if t.value}
    few = all(units(model) <= 1 << 11 for model in everyone)
    return numbered and few and all(said <= set(model.variables) for model in everyone)


def columns(model: StructuralModel, graph: Graph, records: Mapping[str, str]) -> Functional:
    """The model over all its units; records are further variables, with one level more where missing."""
    counts = [len(cause.probabilities) for cause in model.hidden]
    grid = np.indices(counts).reshape(len(counts), -1) if counts else np.zeros((0, 1), int)
    weights = np.ones(grid.shape[1])
    for row, cause in zip(grid, model.hidden, strict=True):
        weights = weights * np.array([float(share) for share in cause.probabilities])[row]
    sizes = {name: len(values) for name, values in model.levels}
    hidden = {cause.name: row for cause, row in zip(model.hidden, grid, strict=True)}
    every = {**sizes, **dict(zip(hidden, counts, strict=True))}
    inputs = {each.variable: each.inputs for each in model.mechanisms}
    tables = {
        each.variable: np.array(each.table).reshape([every[name] for name in each.inputs])
        for each in model.mechanisms
    }
    for x, r in records.items():
        if x in sizes:
            seen = (r,) if r in sizes else ()
            table = np.full([sizes[x], *(sizes[name] for name in seen)], sizes[x])
            table[(range(sizes[x]), 1) if seen else ...] = range(sizes[x])
            inputs[f"{x}*"], tables[f"{x}*"], sizes[f"{x}*"] = (x, *seen), table, sizes[x] + 1
    return Functional(graph, sizes, weights, hidden, inputs, tables)


def shown(model: Functional, source: Source) -> np.ndarray:
    """P(of | given, do) at every value, not a number where the condition never happens."""
    atom = source.distribution
    parts = ([t for t in part if t.name in model.levels] for part in (atom.of, atom.given, atom.do))
    of, given, do = parts
    found = []
    for values in product(*(range(model.levels[t.name]) if t.value is None else [t.value] for t in do)):
        world = tuple(Term(t.name, value) for t, value in zip(do, values, strict=True))
        names = [t.name for t in (*given, *of)]
        cells = np.zeros([model.levels[name] for name in names])
        if names:
            np.add.at(cells, tuple(model.column(name, world) for name in names), model.weights)
        else:
            cells += model.weights.sum()
        cells = cells[tuple(slice(None) if t.value is None else t.value for t in (*given, *of))]
        behind = tuple(range(sum(t.value is None for t in given), cells.ndim))
        with np.errstate(invalid="ignore"):  # what never happens has no distribution after it
            found.append(cells / cells.sum(axis=behind, keepdims=True) if given else cells)
    return np.array(found)


def value(model: Functional, body: Expression, values: Mapping[str, int]) -> float:
    """The query in the model at these values of its open variables."""
    match body:
        case P(do=do):
            world = tuple(at(term, values) for term in do)
            of, given = (
                [replace(term, world=world) if do else term for term in part]
                for part in (body.of, body.given)
            )
            found = model.probability(P(of, given), values)
            return float("nan") if found is None else found
        case Sum(over=over, body=inner):
            every = product(*(range(model.levels[name]) for name in over))
            return sum(value(model, inner, {**values, **dict(zip(over, c, strict=True))}) for c in every)
        case Expectation(variable=name, body=inner):
            return sum(k * value(model, inner, {**values, name: k}) for k in range(model.levels[name]))
        case Product(factors=factors):
            return prod(value(model, factor, values) for factor in factors)
        case Quotient(numerator=top, denominator=bottom):
            below = value(model, bottom, values)
            return value(model, top, values) / below if below else float("nan")
        case Difference(left=left, right=right):
            return value(model, left, values) - value(model, right, values)
        case _:
            raise AssertionError(body)


def far(one: np.ndarray | float, other: np.ndarray | float) -> bool | None:
    """Whether they differ; None where it cannot be told."""
    if np.shape(one) != np.shape(other) or np.any(np.isnan(one) != np.isnan(other)):
        return True
    gap = float(np.nanmax(np.abs(np.subtract(one, other)), initial=0.0))
    return False if gap <= NEAR else True if gap > 1000 * NEAR else None


def is_false(refusal: NotIdentified, graph: Graph) -> bool | None:
    """Whether the two models are no proof: None where the oracle cannot tell."""
    pair, query = refusal.models, refusal.query
    assert pair is not None
    assert query is not None
    try:
        verdicts = [*_verdicts(pair, query.body, refusal.given, graph)]
    except (KeyError, IndexError, ValueError, StopIteration, TypeError, RecursionError, AssertionError):
        return True  # one that cannot be worked out is no model
    return True if True in verdicts else None if None in verdicts else False


def _verdicts(pair: Disagreement, body: Expression, given: tuple[Source, ...], graph: Graph):
    """True for each thing that is wrong."""
    projection = latent_projection(graph)
    everyone = [pair.first, pair.second, *(m for each in pair.elsewhere for m in (each.first, each.second))]
    for model in everyone:
        yield from (True for _ in incompatible(model, projection))
        yield model.levels != pair.first.levels
        made = [each.variable for each in model.mechanisms]
        yield sorted(made) != sorted(model.variables)
        for each in model.mechanisms:
            yield not {*each.table} <= {*model.levels_of(each.variable)}
    records = {x: r for source in given for x, r in source.proxies}
    for source in given or (Source(P(projection.nodes)),):
        away = [each for each in pair.elsewhere if each.population == source.population]
        two = (away[0].first, away[0].second) if away else (pair.first, pair.second)
        one, other = (shown(columns(model, projection, records), source) for model in two)
        yield far(one, other)
        basic = replace(source, distribution=_uncovered(source.distribution, records), proxies=())
        yield not (shown(columns(two[0], projection, {}), basic) > 0).all()
    for each in pair.elsewhere:
        differs = {v for source in given if source.population == each.population for v in source.differs}
        yield each.population not in {source.population for source in given}
        for home, there in ((pair.first, each.first), (pair.second, each.second)):
            kept = [
                {m.variable: heard(model, m) for m in model.mechanisms if m.variable not in differs}
                for model in (home, there)
            ]
            yield kept[0] != kept[1]
    values = {term.name: term.value for term in pair.at}
    yield not free_variables(body) <= values.keys()
    yield any(isinstance(atom, P) and atom.population != "" for atom in atoms(body))
    found = [value(columns(model, projection, {}), body, values) for model in (pair.first, pair.second)]  # type: ignore[arg-type]
    for one, stated in zip(found, pair.values, strict=True):
        yield bool(np.isnan(one)) or far(one, float(stated))
    gap = abs(found[0] - found[1])
    yield None if 0.9e-6 < gap < 1.1e-6 else not gap > 1e-6


def _uncovered(atom: P, records: Mapping[str, str]) -> P:
    """The distribution of what records and indicators are of: all of it must be possible."""

    def plain(terms: Iterable[Term]) -> list[Term]:
        names = [term.name for term in atom.terms]
        found = [replace(t, name=t.name[:-1]) if t.name[:-1] in records else t for t in terms]
        return [t for t in found if t.name not in names or t in terms]

    return P(plain(atom.of), plain(atom.given), atom.do, atom.population)
