"""The truth about any given distribution: of several populations, of a selection, with values missing.

A model of each population is exact (`oracles.models`); a proxy is one more variable, equal to the variable
where its indicator is 1, and at one more level, the last, where it is not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import reduce

import numpy as np

from oracles.evaluation import Meaningless, need
from oracles.models import Model, Table, random_model, truncated
from whence.language.estimand import Step
from whence.language.expression import Difference, Expression, P, Product, Quotient, Sum
from whence.language.graph import Graph
from whence.language.source import Source


@dataclass
class Truth:
    """A model for each population, and the indicator of each variable that may be missing."""

    models: Mapping[str, Model]
    indicators: Mapping[str, str]
    tables: dict[object, Table] = field(default_factory=dict)

    def joint(self, population: str, do: frozenset[str]) -> Table:
        """The distribution of everything, proxies too, under do: a table over the values done as well."""
        if (population, do) not in self.tables:
            table = truncated(self.models[population], do)
            for x, r in self.indicators.items():
                levels = self.models[population].levels[x]
                proxy = np.zeros((levels, 2, levels + 1))
                proxy[:, 0, levels] = 1
                proxy[range(levels), 1, range(levels)] = 1
                table = table * Table.of((x, r, f"{x}*"), proxy)
            self.tables[population, do] = table
        return self.tables[population, do]

    def size(self, name: str) -> int:
        plain = name.removesuffix("*")
        return self.models[""].levels[plain] + (plain != name)

    def probability(self, atom: P) -> Table:
        """P(of | given, do), its values put in."""
        if atom not in self.tables:
            of, given, do = ({term.name for term in part} for part in (atom.of, atom.given, atom.do))
            need(of and len(atom.terms) == len(of | given | do), atom)
            need(not any(term.world for term in atom.terms), atom)
            both = self.joint(atom.population, frozenset(do)).keep(of | given | do)
            table = both / both.keep(given | do) if given else both
            self.tables[atom] = table.at({t.name: t.value for t in atom.terms if t.value is not None})  # type: ignore[misc]
        return self.tables[atom]

    def value(self, expression: Expression, memo: dict[int, tuple[Expression, Table]] | None = None) -> Table:
        """The table of an expression over its free variables."""
        memo = {} if memo is None else memo
        if id(expression) not in memo:
            with np.errstate(divide="ignore", invalid="ignore"):
                memo[id(expression)] = expression, self._value(expression, memo)
        return memo[id(expression)][1]

    def _value(self, expression: Expression, memo: dict[int, tuple[Expression, Table]]) -> Table:
        match expression:
            case P():
                return self.probability(expression)
            case Sum(over=over, body=body):
                table = self.value(body, memo)
                factor = np.prod([self.size(name) for name in over if name not in table.names])
                return table.keep(set(table.names) - set(over)) * Table((), np.array(factor))
            case Product(factors=factors):
                return reduce(lambda a, b: a * b, (self.value(f, memo) for f in factors), ONE)
            case Quotient(numerator=left, denominator=right):
                return self.value(left, memo) / self.value(right, memo)
            case Difference(left=left, right=right):
                return self.value(left, memo) - self.value(right, memo)
            case _:
                raise Meaningless(str(expression))


ONE = Table((), np.array(1.0))


def random_truth(graph: Graph, given: tuple[Source, ...], rng: np.random.Generator) -> Truth:
    """A positive model drawn at random, and in every other population others of what differs there.

    Indicators and what stands at a value somewhere have two levels, the others two or three.
    """
    indicators = {x: r for source in given for x, r in source.proxies}
    terms = [term for source in given for term in source.distribution.terms]
    binary = {*indicators.values(), *(term.name for term in terms if term.value is not None)}
    levels = {v: 2 if v in binary else int(rng.integers(2, 4)) for v in graph.nodes}
    home = random_model(graph, rng, levels, hidden_levels=2)
    models = {"": home}
    for name in {source.population for source in given} - {""}:
        differs = {v for source in given if source.population == name for v in source.differs}
        other = random_model(graph, rng, levels, hidden_levels=2)
        below = {u: {v for v, above in home.parents.items() if u in above} for u in home.tables}
        # A hidden cause may differ where all that it causes is said to.
        new = {u for u in home.tables if u in differs or (u not in graph.index and below[u] <= differs)}
        models[name] = replace(home, tables={u: (other if u in new else home).tables[u] for u in home.tables})
    return Truth(models, indicators)


def same_function(one: Table, other: Table, tolerance: float = 1e-8) -> bool:
    """Whether two tables agree wherever the first has a value; a name that only one has must not matter."""
    names = tuple(sorted({*one.names, *other.names}))
    left, right = np.broadcast_arrays(one.over(names), other.over(names))
    known = ~np.isnan(left)
    return bool(known.any() and np.all(np.abs(left - right)[known] <= tolerance))


def false_step(step: Step, truth: Truth) -> Step | None:
    """The first step whose claim is not its formula in the model."""
    memo: dict[int, tuple[Expression, Table]] = {}
    for each in step.walk():
        assert isinstance(each.claim, P)
        if not same_function(truth.value(each.claim, memo), truth.value(each.formula, memo)):
            return each
    return None


def is_at_hand(atom: P, source: Source) -> bool:
    """Whether a probability can be read off a source: by summing out, conditioning, putting values in.

    Where an atom has a variable with an indicator at 1, the proxy serves.
    """
    known, do = source.distribution, {term.name: term.value for term in source.distribution.do}
    of, given = ({term.name: term.value for term in part} for part in (known.of, known.given))
    fixed = {t.name: t.value for t in known.terms if t.value is not None}
    values = {term.name: term.value for term in atom.terms}
    indicators = dict(source.proxies)

    def written(name: str) -> str:
        star = f"{name}*"
        return star if name in indicators and (star in of or star in given) else name

    before = {written(term.name) for term in atom.of}
    after = {written(term.name) for term in atom.given}
    for term in (*atom.of, *atom.given):
        if written(term.name) != term.name:
            r = indicators[term.name]
            places = [*atom.given, *atom.do, *(atom.of if term in atom.of else ())]
            if not any(place.name == r and place.value == 1 for place in places):
                return False
    return (
        atom.population == known.population
        and {term.name for term in atom.do} == do.keys()
        and before <= of.keys()
        and given.keys() <= after <= of.keys() | given.keys()
        and all(values.get(name, value) == value for name, value in fixed.items() if name in values)
        and all(name in values for name in fixed if name not in of)
    )
