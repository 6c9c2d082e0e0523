"""The bounds problem: what data and graph leave open about a question, as a linear programme in words.

Where a question has no formula, it may still have limits. Take the *component*: the variables whose hidden
common causes are the trouble. How one unit's component would respond to everything that matters (its
*responses*) is its *type*; nobody knows how common each type is, but every distribution at hand puts linear
constraints on that, and the question is a linear function of it, or a ratio of two. `estimation.bounds`
fills in the numbers and solves it.

Source: A. Balke and J. Pearl, "Bounds on treatment effects from studies with imperfect compliance" (JASA
1997); M. Sachs, G. Jonzon, A. Sjölander and E. Gabriel, "A general method for deriving tight symbolic bounds
on causal effects" (Journal of Computational and Graphical Statistics, 2023).

>>> str(Response("Y", (("X", 1),)))
'Y_{X=1}'
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from whence.language.expression import P, Value
from whence.language.printing import name_text, value_text

if TYPE_CHECKING:
    from whence.language.assumptions import Assumption
    from whence.language.factor import Number
    from whence.language.graph import Graph
    from whence.language.query import Query

Setting = tuple[tuple[str, Value], ...]
"""Variables at values, ordered by name."""


def setting_of(values: dict[str, Value]) -> Setting:
    """The setting that a mapping spells out."""
    return tuple(sorted(values.items()))


@dataclass(frozen=True, slots=True)
class Response:
    """What a variable of the component would be, were other variables set so and the rest left alone."""

    variable: str
    setting: Setting

    def __str__(self) -> str:
        name = name_text(self.variable)
        world = ", ".join(f"{name_text(each)}={value_text(value)}" for each, value in self.setting)
        return f"{name}_{{{world}}}" if world else name


@dataclass(frozen=True, slots=True)
class Chance:
    """A number that a distribution at hand gives: P(of | given) in source number `source`.

    Values that the source sets by `do` stand in `given`, too.
    """

    source: int
    of: Setting
    given: Setting = ()


@dataclass(frozen=True, slots=True)
class Piece:
    """`times` · the chances · the share of types whose responses (by number) have these values."""

    event: tuple[tuple[int, Value], ...]
    chances: tuple[Chance, ...] = ()
    times: Number = 1


Form = tuple[Piece, ...]
"""A linear function of how common the types are: the sum of its pieces."""


@dataclass(frozen=True, slots=True)
class Row:
    """`form` equals the product of the chances, times the value of `condition` where there is one."""

    form: Form
    chances: tuple[Chance, ...]
    condition: Form | None = None


@dataclass(frozen=True, slots=True)
class Ratio:
    """`numerator` over `denominator`, which is 1 if None."""

    numerator: Form
    denominator: Form | None = None


@dataclass(frozen=True, slots=True)
class Ordering:
    """An assumption: the first mean is at most the second."""

    smaller: Ratio
    larger: Ratio


@dataclass(frozen=True, slots=True)
class Block:
    """The types under one value of the covariates that split the problem (`at`; empty where none does).

    `responses` are numbers of responses of the problem; each type gives their values, in that order.
    """

    at: Setting
    responses: tuple[int, ...]
    types: tuple[tuple[Value, ...], ...]


@dataclass(frozen=True, slots=True, repr=False)
class BoundsProblem:
    """A linear programme over the shares of response types, without its numbers.

    `objective` is a sum of ratios. `core` are the responses that all blocks have; their shares are the same
    in each. `joint` is the number of the source that is the whole observational distribution, if any. `sharp`
    says that the ends are attained by models of the graph, `why` why (not).
    """

    query: Query
    graph: Graph
    levels: tuple[tuple[str, tuple[Value, ...]], ...]
    sources: tuple[P, ...]
    joint: int | None
    component: tuple[str, ...]
    inputs: tuple[str, ...]
    responses: tuple[Response, ...]
    blocks: tuple[Block, ...]
    core: tuple[int, ...]
    rows: tuple[Row, ...]
    orderings: tuple[Ordering, ...]
    objective: tuple[Ratio, ...]
    sharp: bool
    why: str
    assumptions: tuple[Assumption, ...] = ()

    def __repr__(self) -> str:
        return f"BoundsProblem({self.query}, {self.size} types of {', '.join(self.component) or 'nothing'})"

    @property
    def size(self) -> int:
        """How many unknown shares there are."""
        return sum(len(block.types) for block in self.blocks)
