"""What is estimated and how: everything that is needed to do it again on other rows or other columns.

A plan is made once from an estimand, a table and the options; running it gives an estimate, and refutations
run it again on altered data, with the learners that were chosen the first time.

>>> Options(folds=1)
Traceback (most recent call last):
whence.runtime.errors.InvalidOption: folds cannot be "1". It may be: a whole number, 2 or more.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from numbers import Integral, Real
from typing import TYPE_CHECKING, Literal, TypeAlias, cast

from whence.estimation.learners import Learners
from whence.estimation.methods import Asked, Method
from whence.language.expression import Expression, P, Value, atoms
from whence.runtime.errors import InvalidOption, UnsuitableMethod
from whence.runtime.seeds import Seed

if TYPE_CHECKING:
    from whence.language.query import Contrast

Errors: TypeAlias = Literal["classical", "robust", "cluster", "bootstrap"]
Setting: TypeAlias = "tuple[tuple[str, Value], ...]"
"""Variables at values: an arm, or a group."""

METHODS: tuple[str, ...] = ("auto", "aipw", "plr", "ols", "plug-in")
ERRORS: tuple[str, ...] = ("robust", "classical", "cluster", "bootstrap")

REPLICATES = 200
"""Bootstrap samples if the user does not say: enough for a standard error (Efron and Tibshirani, 6.4)."""

FEWEST_REPLICATES = 25
"""With fewer the standard error is itself uncertain by more than a seventh."""

MOST_REPLICATES = 100_000
"""With so many it is uncertain by two in a thousand; more would fill the memory and tell nothing further."""


@dataclass(frozen=True, slots=True)
class Options:
    """How to estimate, checked at the door; to name `clusters` is to ask for clustered errors.

    Likewise to name `replicates` is to ask for the bootstrap, of whole clusters if these are named as well.
    """

    method: Asked = "auto"
    learners: Learners = field(default_factory=Learners)
    errors: Errors = "robust"
    clusters: str | None = None
    folds: int = 5
    repeats: int = 5
    level: float = 0.95
    seed: Seed = field(default_factory=lambda: Seed(0))
    replicates: int | None = None

    @property
    def usual(self) -> Errors:
        """The errors of a single run, which are never those of the bootstrap: robust ones, or clustered."""
        if self.errors == "bootstrap":
            return "robust" if self.clusters is None else "cluster"
        return self.errors

    def __post_init__(self) -> None:
        self._settle_replicates()
        if self.clusters is not None and self.errors == "robust":
            object.__setattr__(self, "errors", "cluster")
        if self.method not in METHODS:
            raise InvalidOption("method", self.method, METHODS)
        if self.errors not in ERRORS:
            raise InvalidOption("errors", self.errors, ERRORS)
        if not _whole(self.folds, 2):
            raise InvalidOption("folds", self.folds, "a whole number, 2 or more")
        if not _whole(self.repeats, 1):
            raise InvalidOption("repeats", self.repeats, "a whole number, 1 or more")
        if not isinstance(cast("object", self.level), Real) or not 0.0 < self.level < 1.0:
            raise InvalidOption("level", self.level, "a number between 0 and 1, such as 0.95")
        if self.errors == "cluster" and self.clusters is None:
            raise InvalidOption(
                "errors", "cluster", "cluster only together with clusters, the column that says which"
            )
        if self.errors == "classical" and self.method != "ols":
            raise UnsuitableMethod(
                self.method,
                "classical errors belong to plain regression",
                'Ask for method="ols", or leave errors="robust".',
            )

    def _settle_replicates(self) -> None:
        if self.replicates is not None and self.errors == "robust":
            object.__setattr__(self, "errors", "bootstrap")
        if self.replicates is None and self.errors == "bootstrap":
            object.__setattr__(self, "replicates", REPLICATES)
        if self.replicates is not None and self.errors != "bootstrap":
            raise InvalidOption("replicates", self.replicates, 'a number only with errors="bootstrap"')
        if self.replicates is not None and not _whole(self.replicates, FEWEST_REPLICATES, MOST_REPLICATES):
            among = f"a whole number from {FEWEST_REPLICATES} to {MOST_REPLICATES:,}"
            raise InvalidOption("replicates", self.replicates, among)


@dataclass(frozen=True, slots=True)
class EstimationPlan:
    """One estimate to be made: an effect between `arms`, a mean in one arm, a slope, or an expression.

    `arms` are the settings compared, first less second (one alone is a mean; none a slope, times `step`,
    the units of treatment that the effect is for); `event` turns the outcome into "equals this value";
    `treated` asks about those seen in the first arm; `within` is the group that the estimate is for, whose
    variables are among `by`. `expression` is what a plug-in evaluates, its open variables set by `entry`.
    `ridges` are the penalties of the linear outcome and treatment learners.
    """

    outcome: str
    treatments: tuple[str, ...]
    adjust: tuple[str, ...]
    method: Method
    options: Options
    by: tuple[str, ...] = ()
    arms: tuple[Setting, ...] = ()
    step: float = 1.0
    event: Value | None = None
    treated: bool = False
    within: Setting = ()
    expression: Expression | None = None
    naive: Expression | None = None
    entry: Setting = ()
    contrast: Contrast | None = None
    learners: Learners = field(default_factory=Learners)
    ridges: tuple[float, float] = (0.0, 0.0)
    label: str = ""
    why: str = ""

    @property
    def treatment(self) -> str:
        """The first treatment, which is the only one of a contrast."""
        return self.treatments[0]

    @property
    def shape(self) -> Literal["effect", "mean", "slope", "expression"]:
        """What kind of number the plan is for."""
        if self.method == "plug-in":
            return "expression"
        return ("slope", "mean", "effect")[len(self.arms)]

    @property
    def variables(self) -> tuple[str, ...]:
        """The columns that the plan reads, each once."""
        clusters = () if self.options.clusters is None else (self.options.clusters,)
        written = [formula for formula in (self.expression, self.naive) if formula is not None]
        parts = [atom for formula in written for atom in atoms(formula) if isinstance(atom, P)]
        read = [term.name for atom in parts for term in atom.terms]
        names = (*self.treatments, self.outcome, *self.adjust, *self.by, *read, *clusters)
        return tuple(dict.fromkeys(names))


def _whole(value: object, least: int, most: float = math.inf) -> bool:
    return not isinstance(value, bool) and isinstance(value, Integral) and least <= int(value) <= most


def spelt(setting: Setting) -> str:
    """A setting in words: `x = 1 and z = b`."""
    return " and ".join(f"{name} = {_word(value)}" for name, value in setting)


def _word(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:g}" if isinstance(value, float) else str(value)
