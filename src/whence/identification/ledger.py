"""What an estimand rests on, said for people: the entries that identification makes in the ledger.

A graph claims most by what it leaves out: an absent arrow says "no effect", an absent `<->` says "no common
cause that was not observed". Those that the shape of the estimand leans on are spelt out.

Source: J. Pearl, *Causality* (2009), section 1.2; M. Hernán and J. Robins, *Causal Inference: What If*
(2020), chapter 3, for consistency and positivity.

>>> from whence.language.estimand import Adjustment
>>> print(shape_assumptions(Graph.of(("X", "Y"), []), Adjustment(("X",), ("Y",), ()))[0].statement)
No unobserved confounder of X and Y.
"""

from __future__ import annotations

from collections.abc import Sequence

from whence.identification.kinship import ancestors, descendants
from whence.language.assumptions import Assumption
from whence.language.estimand import Adjustment, FrontDoor, Observed, Shape, Step
from whence.language.expression import P
from whence.language.graph import Graph
from whence.language.query import Query

IMAGINING = frozenset({"counterfactual", "conditional counterfactual", "consistency"})
"""The rules whose steps may rest on more than the graph says of one world."""

SHOWN = 12
"""How many names a sentence lists before it only counts."""


def ledger(graph: Graph, query: Query, derivation: Step, shape: Shape) -> tuple[Assumption, ...]:
    """Every assumption behind an estimand in the (projected) graph, the asker's own last."""
    found = shape_assumptions(graph, shape)
    treatments = query.treatments
    steps = [step for step in derivation.walk() if step.rule in IMAGINING]
    if treatments:
        who = listed(treatments)
        found.append(
            Assumption(
                f"Being set to a value of {who} is the same as being seen at it, "
                "and nobody's outcome depends on another's treatment.",
                "default",
                about="consistency",
            )
        )
    if not isinstance(shape, Adjustment | FrontDoor | Observed):
        found += general_assumptions(graph, query)
    if any(_across_worlds(step) for step in steps):
        found.append(
            Assumption(
                "Across worlds, hidden causes stay as they are, and those that the graph does not draw as "
                "shared are independent; no experiment can test this.",
                "graph",
            )
        )
    if any(step.rule == "consistency" and step.premises for step in steps):
        found.append(Assumption(f"{listed(treatments)} takes two values only.", "default", testable=True))
    return (*found, *(Assumption(text, "user") for text in query.assuming))


def _across_worlds(step: Step) -> bool:
    """Whether a step puts together what would be in different worlds."""
    if step.rule == "consistency" or not isinstance(step.claim, P):
        return False
    worlds = {term.world for term in (*step.claim.of, *step.claim.given)}
    return len(worlds) > 1 or any(setting.world for world in worlds for setting in world)


def shape_assumptions(graph: Graph, shape: Shape) -> list[Assumption]:
    """What the shape of an estimand claims of the graph."""
    match shape:
        case Adjustment(treatments=x, outcomes=y, adjust=adjust, by=by):
            return _adjustment(graph, x, y, (*adjust, *by))
        case FrontDoor(treatments=x, outcomes=y, mediators=through):
            return [
                Assumption(f"{listed(x)} affects {listed(y)} only through {listed(through)}.", "graph"),
                _unconfounded(f"No unobserved confounder of {listed(x)} and {listed(through)}."),
                _unconfounded(
                    f"Given {listed(x)}, no unobserved confounder of {listed(through)} and {listed(y)}."
                ),
                _overlap(x, through),
            ]
        case _:
            return []


def _adjustment(graph: Graph, x: Sequence[str], y: Sequence[str], held: Sequence[str]) -> list[Assumption]:
    beyond = f" beyond {listed(held)}" if held else ""
    found = [_unconfounded(f"No unobserved confounder of {listed(x)} and {listed(y)}{beyond}.")]
    if not held:
        return found
    after = descendants(graph, graph.mask(x), graph.all)
    if not graph.mask(held) & after:
        found.append(Assumption(f"{listed(x)} does not affect {listed(held)}.", "graph"))
    return [*found, _overlap(x, held)]


def _overlap(x: Sequence[str], held: Sequence[str]) -> Assumption:
    return Assumption(
        f"Every compared value of {listed(x)} occurs at each value of {listed(held)} (overlap).",
        "default",
        testable=True,
        about="overlap",
    )


def _unconfounded(statement: str) -> Assumption:
    return Assumption(statement, "graph", about="confounding")


def general_assumptions(graph: Graph, query: Query) -> list[Assumption]:
    """What is left out among the variables that matter: the ancestors of what the query speaks of."""
    among = ancestors(graph, graph.mask(query.variables), graph.all)
    names = graph.names(among)
    known = frozenset(names)
    pairs = [
        f"{edge.source} and {edge.target}"
        for edge in graph.edges
        if edge.mark == "<->" and edge.source in known and edge.target in known
    ]
    hidden = (
        f"Only these share causes that were not observed: {listed(pairs, '; ')}."
        if pairs
        else f"Among {listed(names)}, no two share a cause that was not observed."
    )
    return [
        Assumption(hidden, "graph"),
        Assumption(f"Among {listed(names)}, no arrow is missing from the graph.", "graph"),
        Assumption(
            "Every combination of values that the estimand divides by occurs.",
            "default",
            testable=True,
            about="overlap",
        ),
    ]


def listed(names: Sequence[str], between: str = ", ") -> str:
    """The names in a sentence, counted where they are many."""
    if len(names) <= SHOWN:
        return between.join(names)
    return f"{between.join(names[:SHOWN])} and {len(names) - SHOWN:,} more"
