"""Several populations of one graph, the distributions that sources measure in them, and formulas in these.

A population other than the question's has the same tables but for the variables whose mechanisms may differ,
and for the hidden causes that two of these share.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from oracles.evaluation import Meaningless, agree, need, value_of
from oracles.models import Model, Table, interventional, joint, random_model, truncated
from whence.language.estimand import Step
from whence.language.expression import Expression, Kernel, P
from whence.language.graph import Graph
from whence.language.source import Source


@dataclass(frozen=True)
class Populations:
    """A model per population; the question is about the one named ""."""

    models: Mapping[str, Model]
    sources: tuple[Source, ...]

    @property
    def own(self) -> Model:
        return self.models[""]


def random_populations(
    graph: Graph,
    sources: Sequence[Source],
    rng: np.random.Generator,
    levels: int | Mapping[str, int] = 2,
    hidden_levels: int = 3,
) -> Populations:
    """Random positive models that differ exactly where the sources say that they may."""
    own = random_model(graph, rng, levels, hidden_levels)
    models = {"": own}
    for name in sorted({source.population for source in sources} - {""}):
        differs = {v for source in sources if source.population == name for v in source.differs}
        other = random_model(graph, rng, levels, hidden_levels)
        for v in own.parents:
            if v not in graph.nodes:
                ends = {child for child, above in own.parents.items() if v in above}
                if ends <= differs:
                    differs = {*differs, v}
        tables = {v: other.tables[v] if v in differs else table for v, table in own.tables.items()}
        models[name] = replace(own, tables=tables)
    return Populations(models, tuple(sources))


def measured(world: Populations, atom: P | Kernel) -> Table:
    """An atom of a formula, which must be a margin or a conditional of what one of the sources measures."""
    need(isinstance(atom, P), atom)
    assert isinstance(atom, P)
    need(any(_covers(source, atom) for source in world.sources), f"no source measures {atom}")
    return of_population(world.models[atom.population], atom)


def of_population(model: Model, atom: P) -> Table:
    names = [term.name for term in atom.terms]
    need(atom.of and len(set(names)) == len(names) and set(names) <= set(model.observed), atom)
    need(all(term.value is None and not term.world for term in atom.terms), atom)
    of, given, do = ([term.name for term in part] for part in (atom.of, atom.given, atom.do))
    return interventional(model, of, do, given)


def _covers(source: Source, atom: P) -> bool:
    known = source.distribution
    of, held, do = ({term.name for term in part} for part in (known.of, known.given, known.do))
    wanted, given = {term.name for term in atom.of}, {term.name for term in atom.given}
    return (
        known.population == atom.population
        and do == {term.name for term in atom.do}
        and held <= given
        and wanted | given <= of | held
        and wanted <= of
    )


def value_in(world: Populations, formula: Expression) -> Table:
    """A formula on the distributions that the sources measure; raises `Meaningless` for others."""
    return value_of(formula, joint(world.own), atom=lambda atom: measured(world, atom), every_atom=True)


def truth_in(world: Populations, claim: Expression) -> Table:
    """What a claim about doing, or a kernel, is in its population."""
    if isinstance(claim, Kernel):
        model = world.models[claim.population]
        return truncated(model, set(model.observed) - set(claim.of))
    if isinstance(claim, P):
        return of_population(world.models[claim.population], claim)
    raise Meaningless(claim)


def is_true_of(step: Step, world: Populations) -> bool:
    """Whether claim and formula of a step are the same function in these models."""
    return agree(truth_in(world, step.claim), value_in(world, step.formula))


def random_sources(
    rng: np.random.Generator, names: Iterable[str], elsewhere: bool, narrow: float = 0.2
) -> tuple[Source, ...]:
    """One to three sources that set none to two variables and measure the rest, or sometimes part of it."""
    names = sorted(names)
    differing = {"": (), "a": _some(rng, names, 3), "b": _some(rng, names, 3)}
    found = []
    for _ in range(int(rng.integers(1, 4))):
        population = str(rng.choice(["", "a", "a", "b"])) if elsewhere else ""
        done = _some(rng, names, 3)
        rest = [name for name in names if name not in done]
        if rng.random() < narrow:
            rest = list(_some(rng, rest, len(rest) + 1)) or rest
        found.append(Source(P(rest, (), done, population), differing[population]))
    return tuple(found)


def _some(rng: np.random.Generator, names: Sequence[str], below: int) -> tuple[str, ...]:
    return tuple(str(v) for v in rng.permutation(names)[: int(rng.integers(0, below))])
