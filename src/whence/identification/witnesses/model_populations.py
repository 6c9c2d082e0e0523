"""The same model in several populations: alike but for the mechanisms that may differ.

Source: E. Bareinboim and J. Pearl, "Causal inference and the data-fusion problem" (PNAS 2016): selection
diagrams.

>>> from whence.language.expression import P
>>> trial = Source(P("Y", do="X", population="trial"), differs=("Y",))
>>> may_differ((trial,), "trial")
{'Y'}
"""

from __future__ import annotations

import math
import random
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

from whence.identification.witnesses.model_agreement import agree_on, agree_on_all
from whence.identification.witnesses.model_answers import Populations
from whence.identification.witnesses.model_values import Evaluated
from whence.identification.witnesses.parity_models import Causes
from whence.identification.witnesses.random_models import random_table, steps_of
from whence.language.model import HiddenCause, Mechanism, StructuralModel
from whence.language.source import Source

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def may_differ(given: tuple[Source, ...], population: str) -> set[str]:
    """The variables whose mechanism may be another in a population: what all its sources say."""
    said = [set(source.differs) for source in given if source.population == population]
    return set[str].intersection(*said) if population and said else set()


def everywhere(
    given: tuple[Source, ...], home: StructuralModel, blocks: Mapping[str, set[str]], chance: random.Random
) -> dict[str, Evaluated]:
    """The model of each population, with other mechanisms where they may differ.

    `blocks` names the hidden causes that are to move, each with the variables that hear it. Where all of
    these may differ, the cause itself does, and they are left as they are; where one may, it hears chance
    instead.
    """
    models = {"": Evaluated(home)}
    for source in given:
        if source.population not in models:
            differs = may_differ(given, source.population)
            model = home
            for name in sorted(differs & set(home.variables)):
                held = next((cause for cause, heard in blocks.items() if name in heard), None)
                if held is None or not blocks[held] <= differs:
                    model = _altered(model, name, held, chance)
            models[source.population] = Evaluated(model)
    return models


def _altered(
    model: StructuralModel, name: str, instead_of: str | None, chance: random.Random
) -> StructuralModel:
    """The model with another mechanism for a variable, and its own noise in place of a hidden cause."""
    levels = dict(model.levels)
    old = next(each for each in model.mechanisms if each.variable == name)
    hidden = model.hidden
    inputs = old.inputs
    if instead_of is not None:
        steps = steps_of(len(levels[name]))
        cause = Causes({each.name: 0 for each in hidden} | dict.fromkeys(levels, 0)).new(Fraction(1, steps))
        hidden = (*hidden, HiddenCause(cause, (Fraction(1, steps),) * steps))
        inputs = (*(each for each in inputs if each != instead_of), cause)
    sizes = {each.name: len(each.probabilities) for each in hidden}
    rows = math.prod(len(levels[each]) if each in levels else sizes[each] for each in inputs[:-1])
    changed = Mechanism(name, inputs, random_table(levels[name], rows, chance))
    mechanisms = tuple(changed if each is old else each for each in model.mechanisms)
    return StructuralModel(model.levels, hidden, mechanisms)


def with_shares(model: Evaluated, cause: str, shares: Sequence[Fraction]) -> Evaluated:
    """The model with another distribution of one hidden cause."""
    hidden = tuple(
        HiddenCause(cause, tuple(shares)) if each.name == cause else each for each in model.model.hidden
    )
    return Evaluated(replace(model.model, hidden=hidden))


def shares_of(model: Evaluated, cause: str) -> tuple[Fraction, ...]:
    """The distribution of one hidden cause."""
    return next(each.probabilities for each in model.model.hidden if each.name == cause)


def agree_everywhere(given: tuple[Source, ...], one: Populations, two: Populations) -> bool:
    """Whether the models agree on all that is given: without sources, on everything at home.

    Whatever varies must be able to take any combination of values, in both.
    """
    if not given:
        return agree_on_all(one[""], two[""])
    return all(agree_on(source, one[source.population], two[source.population]) for source in given) and all(
        agree_on_all(model, model) for models in (one, two) for model in models.values()
    )
