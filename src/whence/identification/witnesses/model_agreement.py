"""Whether two structural models agree on what is known, exactly: on every distribution that was given.

On the distribution of all that is observed they agree if they agree, district by district, on what the
district does when the other variables are set: the distribution is the product of these kernels. So a large
model is compared in small parts. Any other distribution is worked out in both models for every setting.
Each must be positive where something is conditioned on, and the whole one everywhere.

Source: J. Tian and J. Pearl, "A general identification condition for causal effects" (AAAI 2002).

>>> from whence.identification.witnesses.bit_models import Bit, bit_model
>>> from whence.language.graph import Edge, Graph
>>> fork = Graph.of((), [Edge("X", "Y")])
>>> coin = Bit(0, "path", hidden=("U1",))
>>> half = Fraction(1, 2)
>>> copied = bit_model(fork, (coin, Bit(1, "path", ((0, "path"),), ("U2",))), {"U1": half, "U2": half}, {})
>>> apart = bit_model(fork, (coin, Bit(1, "path", (), ("U2",))), {"U1": half, "U2": half}, {})
>>> agree_on_all(Evaluated(copied), Evaluated(apart))
True
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import TypeVar

from whence.identification.witnesses.model_values import Evaluated, Weights, every_setting
from whence.language.expression import Term
from whence.language.source import Source, starred

MISSING = "not recorded"
"""What a proxy shows where its indicator is not 1."""

CELLS = 1 << 14
"""Tables of more cells than this are not worked out."""


def agree_on_all(first: Evaluated, second: Evaluated) -> bool:
    """Whether both have the same distribution of all their variables, positive everywhere."""
    for part, around in districts_of(first, second):
        cells = math.prod(first.size[name] for name in part)
        if cells * math.prod(first.size[name] for name in around) > CELLS:
            return False
        for world in every_setting(first, around):
            terms = tuple(Term(name, None, world) for name in part)
            one, scale = first.weighed(terms)
            two, other = second.weighed(terms)
            if len(one) < cells or not same(one, scale, two, other):
                return False
    return True


def same(one: Weights, scale: int, two: Weights, other: int) -> bool:
    """Whether two tables of weights are the same distribution."""
    if scale == other:
        return one == two
    return one.keys() == two.keys() and all(one[key] * other == two[key] * scale for key in one)


def districts_of(first: Evaluated, second: Evaluated) -> Iterator[tuple[list[str], list[str]]]:
    """What hidden causes join in either model, with all that they listen to beside."""
    joined = {name: [name] for name in first.levels}
    for model in (first, second):
        owner: dict[str, str] = {}
        for name, mechanism in model.mechanisms.items():
            for cause in mechanism.inputs:
                if cause not in model.weights:
                    continue
                group, other = joined[name], joined[owner.setdefault(cause, name)]
                if group is not other:
                    group += other
                    joined.update(dict.fromkeys(other, group))
    done: set[str] = set()
    for name in first.rank:
        if name not in done:
            part = joined[name]
            done.update(part)
            heard = [
                each for model in (first, second) for own in part for each in model.mechanisms[own].inputs
            ]
            yield part, [each for each in dict.fromkeys(heard) if each in first.levels and each not in part]


N = TypeVar("N", int, Fraction)

Rows = Mapping[tuple[int, ...], Sequence[N]]
"""A number for each combination of level numbers, or one for each level of a hidden cause."""

Table = dict[tuple[object, ...], dict[tuple[object, ...], Sequence[N]]]
"""What there is for each outcome and condition together, by condition."""


def agree_on(source: Source, first: Evaluated, second: Evaluated) -> bool:
    """Whether both have the same distribution of this sort, wherever its conditions happen.

    The models are those of its population.
    """
    if size_of(first, source) > CELLS:
        return False
    one, two = (tables(model, source, shares(model)) for model in (first, second))
    return all(_alike(*pair) for pair in zip(one, two, strict=True))


def shares(model: Evaluated) -> Callable[[tuple[Term, ...]], Rows[Fraction]]:
    """The probabilities of random variables' levels, as rows of one number."""
    return lambda terms: {key: (share,) for key, share in model.distribution(terms).items()}


def tables(
    model: Evaluated, source: Source, rows: Callable[[tuple[Term, ...]], Rows[N]]
) -> Iterator[Table[N]]:
    """What the source shows of the model, one table for each setting of what it sets.

    `rows` gives what there is for each combination of level numbers of random variables.
    """
    atom = source.distribution
    present = [term for term in (*atom.of, *atom.given, *atom.do) if _real(term.name, source) in model.levels]
    fixed = {term.name: term.value for term in atom.do if term.value is not None}
    for world in every_setting(model, [term.name for term in atom.do if term in present]):
        if all(fixed.get(term.name, term.value) == term.value for term in world):
            of, given = ([term for term in part if term in present] for part in (atom.of, atom.given))
            yield _table(model, source, (of, given), world, rows)


def size_of(model: Evaluated, source: Source) -> int:
    """How many numbers the tables of a source hold."""
    names = {_real(term.name, source) for term in source.distribution.terms}
    names |= {name for pair in source.proxies for name in pair}
    return math.prod(model.size[name] for name in names if name in model.levels)


def _table(
    model: Evaluated,
    source: Source,
    terms: tuple[Sequence[Term], Sequence[Term]],
    world: tuple[Term, ...],
    rows: Callable[[tuple[Term, ...]], Rows[N]],
) -> Table[N]:
    of, given = terms
    both = (*of, *given)
    seen = {starred(name): indicator for name, indicator in source.proxies}
    needed = [*(_real(term.name, source) for term in both), *(seen[t.name] for t in both if t.name in seen)]
    real = [name for name in dict.fromkeys(needed) if name in model.levels]
    found: Table[N] = {}
    for key, row in rows(tuple(Term(name, None, world) for name in real)).items():
        at = {name: model.levels[name][level] for name, level in zip(real, key, strict=True)}
        for term in both:
            if term.name in seen:
                hidden = at.get(seen[term.name], 1) != 1
                at[term.name] = MISSING if hidden else at[_real(term.name, source)]
        if all(term.value is None or at[term.name] == term.value for term in both):
            cells = found.setdefault(tuple(at[term.name] for term in given), {})
            outcome = tuple(at[term.name] for term in of)
            before = cells.get(outcome)
            cells[outcome] = row if before is None else [a + b for a, b in zip(before, row, strict=True)]
    return found


def _real(name: str, source: Source) -> str:
    """The variable that a proxy is of; any other name is its own."""
    return next((variable for variable, _ in source.proxies if starred(variable) == name), name)


def _alike(one: Table[Fraction], two: Table[Fraction]) -> bool:
    if not one or one.keys() != two.keys():
        return False
    for condition, cells in one.items():
        other = two[condition]
        if condition:
            totals = [sum(row[0] for row in each.values()) for each in (cells, other)]
            if cells.keys() != other.keys():
                return False
            if any(row[0] * totals[1] != other[key][0] * totals[0] for key, row in cells.items()):
                return False
        elif cells != other:
            return False
    return True
