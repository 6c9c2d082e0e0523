"""What identification returns: an estimand with the derivation that proves it.

A derivation is a tree of steps. Each step states that a claim (a probability with `do`, or a kernel Q[C])
equals a formula in what was observed, by a named rule resting on facts of the graph; `whence.verify` derives
those facts anew. The rules are listed in `docs/derivations.md`.

>>> from whence.language.expression import P
>>> step = Step("observation", P("Y", "X"), P("Y", "X"))
>>> [each.rule for each in step.walk()]
['observation']
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from whence.language.printing import to_latex, to_text
from whence.language.simplify import simplify

if TYPE_CHECKING:
    from collections.abc import Iterator

    from whence.language.assumptions import Assumption
    from whence.language.expression import Expression
    from whence.language.graph import Graph
    from whence.language.query import Query
    from whence.language.source import Source

Rule = Literal[
    "ancestral",
    "c-factor",
    "c-component",
    "marginal",
    "districts",
    "average",
    "effect",
    "adjustment",
    "treated",
    "rule 2",
    "condition",
    "observation",
    "consistency",
    "transport",
    "counterfactual",
    "conditional counterfactual",
    "ratio",
    "impossible",
    "given",
    "rule 1",
    "rule 3",
    "sum",
    "chain",
    "proxy",
    "value",
    "policy",
    "query",
]
FactKind = Literal["separated", "ancestral", "district", "order", "independent of", "adjustment set", "alike"]


@dataclass(frozen=True, slots=True)
class Fact:
    """A property of the graph that a step rests on.

    `separated`: x and y are m-separated given `given` in the graph described by `within` ("G", or G with
    edges into `cut_into` and out of `cut_out_of` removed). `ancestral`: x holds all its ancestors within
    `among`. `district`: x is a district of the subgraph on `among`. `order`: x is a topological order.
    `independent of`: the kernel of x does not depend on y. `adjustment set`: `given` serves for x on y.
    `alike`: the mechanisms of x are the same in the population of the premise as in that of the question.
    """

    kind: FactKind
    x: tuple[str, ...]
    y: tuple[str, ...] = ()
    given: tuple[str, ...] = ()
    among: tuple[str, ...] = ()
    cut_into: tuple[str, ...] = ()
    cut_out_of: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """`claim` equals `formula`, by `rule`, because of facts of the graph and of what the premises proved."""

    rule: Rule
    claim: Expression
    formula: Expression
    because: tuple[Fact, ...] = ()
    premises: tuple[Step, ...] = ()

    def walk(self) -> Iterator[Step]:
        """Every step once, premises before what rests on them."""
        seen: set[int] = set()
        pending: list[tuple[Step, bool]] = [(self, False)]
        while pending:
            step, opened = pending.pop()
            if opened:
                yield step
            elif id(step) not in seen:
                seen.add(id(step))
                if step.premises:
                    pending.append((step, True))
                    pending += [(premise, False) for premise in reversed(step.premises)]
                else:
                    yield step


@dataclass(frozen=True, slots=True)
class Adjustment:
    """The shape of P(Y | do X [, by]) = Σ over `adjust` of P(Y | X, adjust, by) · P(adjust | by)."""

    treatments: tuple[str, ...]
    outcomes: tuple[str, ...]
    adjust: tuple[str, ...]
    by: tuple[str, ...] = ()
    name: Literal["adjustment"] = "adjustment"


@dataclass(frozen=True, slots=True)
class FrontDoor:
    """The shape of an effect carried by observed `mediators` (Pearl 1995)."""

    treatments: tuple[str, ...]
    outcomes: tuple[str, ...]
    mediators: tuple[str, ...]
    name: Literal["front-door"] = "front-door"


@dataclass(frozen=True, slots=True)
class Observed:
    """The question is of rung one: its estimand is itself."""

    name: Literal["observed"] = "observed"


@dataclass(frozen=True, slots=True)
class General:
    """A functional of the joint distribution with no simpler shape."""

    name: Literal["general"] = "general"


Shape = Adjustment | FrontDoor | Observed | General


@dataclass(frozen=True, slots=True, repr=False)
class Estimand:
    """An expression in what was observed that equals the query, and the derivation that proves it.

    `graph` is the graph it was derived in, as the user gave it; `assumptions` is what that graph claims;
    `given` are the distributions at hand, if they are others than that of all that is observed.
    """

    query: Query
    expression: Expression
    derivation: Step
    shape: Shape
    graph: Graph
    assumptions: tuple[Assumption, ...] = ()
    given: tuple[Source, ...] = ()

    def __repr__(self) -> str:
        return f"Estimand({self.query} = {self.text}, by {self.shape.name})"

    @property
    def text(self) -> str:
        """The estimand in one line, simplified for reading."""
        return to_text(simplify(self.expression))

    @property
    def latex(self) -> str:
        """The estimand in LaTeX, simplified for reading."""
        return to_latex(simplify(self.expression))
