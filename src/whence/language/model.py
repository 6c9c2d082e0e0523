"""Structural causal models of discrete variables in exact numbers, and pairs of them that disagree.

A model draws its hidden causes, independently, and then computes every variable from its parents and the
hidden causes that reach it. Two models of one graph that agree on all that is known and differ on a question
prove that the question has no answer from what is known: each could be the truth.

Source: J. Pearl, *Causality* (2009), definitions 7.1.1 and 3.2.4.

>>> coin = HiddenCause("U", (Fraction(1, 2), Fraction(1, 2)))
>>> model = StructuralModel((("X", (0, 1)),), (coin,), (Mechanism("X", ("U",), (0, 1)),))
>>> model.levels_of("X")
(0, 1)
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from whence.language.expression import Term, Value


@dataclass(frozen=True, slots=True)
class HiddenCause:
    """An unobserved variable with levels 0, 1, … and their probabilities, independent of all the others."""

    name: str
    probabilities: tuple[Fraction, ...]


@dataclass(frozen=True, slots=True)
class Mechanism:
    """The value of `variable` for every combination of its inputs' levels, the last input fastest.

    The inputs are parents of the variable and hidden causes.
    """

    variable: str
    inputs: tuple[str, ...]
    table: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class StructuralModel:
    """Levels of the observed variables, hidden causes, and one mechanism for each observed variable.

    A variable of the graph that has no levels here is constant, and irrelevant.
    """

    levels: tuple[tuple[str, tuple[Value, ...]], ...]
    hidden: tuple[HiddenCause, ...]
    mechanisms: tuple[Mechanism, ...]

    @property
    def variables(self) -> tuple[str, ...]:
        """The observed variables that vary."""
        return tuple(name for name, _ in self.levels)

    def levels_of(self, name: str) -> tuple[Value, ...]:
        """The values that an observed variable can take."""
        return dict(self.levels)[name]


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """The two models in another population: they differ from those at home in some mechanisms only."""

    population: str
    first: StructuralModel
    second: StructuralModel


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Two models that agree on every distribution given and differ on the query.

    `values` is what the query is in the first and in the second, at these values of its open variables.
    """

    first: StructuralModel
    second: StructuralModel
    values: tuple[Fraction, Fraction]
    at: tuple[Term, ...] = ()
    elsewhere: tuple[Elsewhere, ...] = ()
