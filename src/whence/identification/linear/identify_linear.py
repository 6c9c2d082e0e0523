"""A coefficient or a total effect, identified because every relation is linear.

Without linearity an instrument identifies nothing; with it, it identifies a coefficient. The direct effect of
x on y is the coefficient of x in the equation of y over the observed variables. The total effect adds up
products of coefficients along all causal paths; it is found from those coefficients, or directly, with
variables between x and y treated as if they were not observed, so that what goes through them counts as
direct.

What is found holds in general: for all models of the graph but those in which a denominator happens to be
zero. For graphs with latent nodes, that the denominators are not zero always is made sure in the graph as it
was given.

Sources: S. Wright (1921); C. Brito and J. Pearl (UAI 2002); R. Foygel, J. Draisma and M. Drton (2012);
J. Pearl, *Causality* (2009), chapter 5.

>>> from whence.language.graph import Edge
>>> bow = [Edge("X", "Y"), Edge("X", "Y", "<->")]
>>> identify_linear(Graph.of((), [Edge("Z", "X"), *bow]), "X", "Y").text
'b[X -> Y] = Cov(Z, Y) / Cov(Z, X)'
>>> identify_linear(Graph.of((), bow), "X", "Y").kind
'not_identified'
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations, islice
from typing import get_args

from whence.identification.effects import Proved, identify_doing
from whence.identification.linear.disagreement import disagreeing
from whence.identification.linear.points import point
from whence.identification.linear.solving import Solver
from whence.identification.projection import latent_projection
from whence.identification.reachability import ANCESTORS, DESCENDANTS, Adjacency, reached
from whence.language.assumptions import Assumption
from whence.language.covariance import EffectKind
from whence.language.expression import P
from whence.language.graph import Edge, Graph, bits
from whence.language.linear import LinearEstimand, LinearStep, NotIdentifiedLinearly, Through
from whence.language.refusals import NotYetAnswerable
from whence.runtime.errors import InvalidOption, InvalidQuery, TreatmentIsOutcome
from whence.runtime.events import check_cancelled
from whence.runtime.plain import quoted

REMEDIES = 12
"""How many additions are tried for a refused effect."""

LEFT_OUT = 16
"""How many choices of variables on the way to leave out are tried for a total effect."""


def identify_linear(
    graph: Graph, x: str, y: str, effect: EffectKind = "direct"
) -> LinearEstimand | NotIdentifiedLinearly | NotYetAnswerable:
    """The effect of x on y as a formula in observed covariances, or why there is none.

    `NotIdentifiedLinearly` is proved by two linear models; `NotYetAnswerable` says that neither a formula
    nor such a pair was found. Raises `UnknownVariable`, `TreatmentIsOutcome`, `InvalidQuery` for latent
    variables and `InvalidOption` for an effect other than "direct" and "total".
    """
    _check(graph, x, y, effect)
    if graph.kind not in ("DAG", "ADMG"):
        return NotYetAnswerable(
            f"Linear effects are derived in DAGs and ADMGs, and this graph is a {graph.kind}.",
            ("directing its open edges",),
        )
    seen = latent_projection(graph)
    found = _identified(graph, seen, x, y, effect)
    if found is not None:
        free = not found.steps or _without_linearity(seen, x, y, effect)
        return replace(found, nonparametric=free, assumptions=_ledger(seen, found))
    return _refusal(graph, seen, x, y, effect)


def formula_if_linear(graph: Graph, x: str, y: str, effect: EffectKind) -> LinearEstimand | None:
    """The formula alone, in a DAG or ADMG; where none was found, nothing more is looked for."""
    return _identified(graph, latent_projection(graph), x, y, effect)


def _identified(graph: Graph, seen: Graph, x: str, y: str, effect: EffectKind) -> LinearEstimand | None:
    """The effect with some variables on the way left out, or from total effects on the causes of y."""
    on_the_way = _between(seen, x, y) if effect == "total" else ()
    for left_out in _choices(on_the_way):
        check_cancelled()
        found = _solved(graph, x, y, effect, left_out)
        if found is not None:
            steps, totals = found
            return LinearEstimand(graph, x, y, effect, steps, left_out, totals)
    return _from_parts(graph, seen, x, y) if on_the_way else None


def _from_parts(graph: Graph, seen: Graph, x: str, y: str) -> LinearEstimand | None:
    """The total effects on the causes of y on the way, each found by itself, times their coefficients."""
    b = seen.index[y]
    causes = seen.names(seen.parents[b] & seen.mask([x, *_between(seen, x, y)]))
    steps = Solver.of(seen, point(graph, 0)).solve({(seen.index[cause], b) for cause in causes})
    if steps is None:
        return None
    parts: list[LinearEstimand] = []
    for cause in causes:
        part = None if cause == x else _identified(graph, seen, x, cause, "total")
        if part is not None:
            parts.append(part)
        elif cause != x:
            return None
    return LinearEstimand(graph, x, y, "total", steps, (), (Through(y, causes),), parts=tuple(parts))


def _check(graph: Graph, x: str, y: str, effect: str) -> None:
    for name in (x, y):
        graph.number(name)
        if name in graph.latent:
            raise InvalidQuery(
                f"{quoted(name)} is latent, so no formula in covariances can mention it.",
                "Ask about variables that were observed, or take it off the latent ones.",
            )
    if x == y:
        raise TreatmentIsOutcome(x)
    if effect not in get_args(EffectKind):
        raise InvalidOption("effect", effect, get_args(EffectKind))


def _between(graph: Graph, x: str, y: str) -> tuple[str, ...]:
    """The variables on causal paths from x to y, without these two."""
    edges = Adjacency.of(graph)
    after, before = reached(DESCENDANTS, edges, graph.mask([x])), reached(ANCESTORS, edges, graph.mask([y]))
    return graph.names(after & before & ~graph.mask([x, y]))


def _choices(names: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """All names left out, then none, then some, the more the sooner."""
    sizes = [len(names), 0, *range(len(names) - 1, 0, -1)] if names else [0]
    return islice((each for size in sizes for each in combinations(names, size)), LEFT_OUT)


def _solved(
    graph: Graph, x: str, y: str, effect: EffectKind, left_out: tuple[str, ...]
) -> tuple[tuple[LinearStep, ...], tuple[Through, ...]] | None:
    """The steps for one choice of variables to leave out, and how a total effect is put together."""
    shown = Graph.of(graph.nodes, graph.edges, latent=graph.latent | set(left_out), kind=graph.kind)
    seen = latent_projection(shown)
    a, b = seen.index[x], seen.index[y]
    wanted = {(a, b)} if seen.parents[b] >> a & 1 else set[tuple[int, int]]()
    if effect == "total":
        edges = Adjacency.of(seen)
        causal = reached(DESCENDANTS, edges, 1 << a) & reached(ANCESTORS, edges, 1 << b)
        wanted = {(p, v) for v in bits(causal & ~(1 << a)) for p in bits(seen.parents[v] & causal)}
    if not wanted:
        return (), ()
    steps = Solver.of(seen, point(shown, 0)).solve(wanted)
    if steps is None:
        return None
    return steps, _totals(seen, x, y) if effect == "total" else ()


def _totals(graph: Graph, x: str, y: str) -> tuple[Through, ...]:
    """Through which causes the total effect of x comes to each variable on the way and to y."""
    among = graph.mask([x, y, *_between(graph, x, y)])
    ahead = [node for node in graph.order if among >> node & 1 and graph.nodes[node] != x]
    return tuple(Through(graph.nodes[node], graph.names(graph.parents[node] & among)) for node in ahead)


def _without_linearity(graph: Graph, x: str, y: str, effect: EffectKind) -> bool:
    """Whether the effect (for a direct one, with all other causes of y held) is identified as it stands."""
    held = graph.names(graph.parents[graph.index[y]]) if effect == "direct" else ()
    return isinstance(identify_doing(graph, P(y, do=tuple(dict.fromkeys((x, *held))))), Proved)


def _ledger(graph: Graph, found: LinearEstimand) -> tuple[Assumption, ...]:
    if not found.steps:
        return (Assumption("No arrow or causal path is missing from the graph.", "graph"),)
    steps = [*found.steps, *(step for part in found.parts for step in part.steps)]
    used = sorted({name for step in steps for name in (step.target, *step.unknowns, *_sources(step))})
    pairs = [
        f"{edge.source} and {edge.target}"
        for edge in graph.edges
        if edge.mark == "<->" and {edge.source, edge.target} <= set(used)
    ]
    shared = f"only these share hidden causes: {'; '.join(pairs)}" if pairs else "no two share a hidden cause"
    return (
        Assumption(
            "Every variable is a linear function of its causes and an error.", "default", testable=True
        ),
        Assumption(f"Among {', '.join(used)}, {shared}, and no arrow is missing from the graph.", "graph"),
        Assumption(
            "What the formula divides by is not zero, as in all models of the graph but a vanishing few.",
            "default",
            testable=True,
        ),
    )


def _sources(step: LinearStep) -> list[str]:
    return [name for each in step.equations for name in (each.source, *each.given)]


def _refusal(
    graph: Graph, seen: Graph, x: str, y: str, effect: EffectKind
) -> NotIdentifiedLinearly | NotYetAnswerable:
    what = f"the {effect} effect of {x} on {y}"
    would_help = tuple(_remedies(graph, x, y, effect))
    if _without_linearity(seen, x, y, effect):
        return NotYetAnswerable(
            f"No formula in covariances was found for {what}; it is identified without linearity, though.",
            ("asking for it without assuming linearity",),
        )
    models = disagreeing(graph, seen, x, y, effect)
    if models is not None:
        message = (
            f"Even if everything is linear, {what} is not determined: "
            "two linear models agree on all covariances and differ on it."
        )
        return NotIdentifiedLinearly(message, would_help, graph, x, y, effect, models)
    return NotYetAnswerable(
        f"No instruments, instrumental sets or half-treks were found for {what}, "
        "and no two linear models that prove it out of reach.",
        would_help,
    )


def _remedies(graph: Graph, x: str, y: str, effect: EffectKind) -> Iterator[str]:
    """What would make the effect identified, each tried: an instrument, or hidden causes observed."""
    fresh = "a new variable"
    while fresh in graph.index:
        fresh += "'"
    moved = Graph.of((*graph.nodes, fresh), (*graph.edges, Edge(fresh, x)), latent=graph.latent)
    tried = [(f"an instrument: a variable that moves {x}, and {y} only through it", moved)]
    tried += [
        (f"observing {name}", Graph.of(graph.nodes, graph.edges, latent=graph.latent - {name}))
        for name in sorted(graph.latent)
    ]
    ends = graph.mask([x, y])
    hidden = [edge for edge in graph.edges if edge.mark == "<->"]
    # Those at the two variables first: they are what most often stands in the way.
    hidden.sort(key=lambda edge: -(graph.mask([edge.source, edge.target]) & ends).bit_count())
    for edge in hidden:
        left = [other for other in graph.edges if other != edge]
        seen = Graph.of(
            (*graph.nodes, fresh),
            (*left, Edge(fresh, edge.source), Edge(fresh, edge.target)),
            latent=graph.latent,
        )
        tried.append((f"observing what causes both {edge.source} and {edge.target}", seen))
    for sentence, changed in tried[:REMEDIES]:
        if _identified(changed, latent_projection(changed), x, y, effect) is not None:
            yield sentence
