"""Recovery: what the do-search derives in small graphs, and what is within reach of it in large ones.

A large graph is first made small. Missing data are factorised (`missing_data`). Otherwise, a set Z that
blocks the back-door paths is found in linear time, and the search runs on a few blocks of variables:
outcomes, treatments, conditions, the part of Z that is known from outside the selection, the rest of it, the
indicators of each, and what the samples were selected by. Adjustment by covariates that x does not cause,
with selected, missing and outside data, is then a special case, proved by the same rules.

Sources: E. Bareinboim, J. Tian and J. Pearl, "Recovering from selection bias in causal and statistical
inference" (AAAI 2014); J. Correa, J. Tian and E. Bareinboim, "Generalized adjustment under confounding and
selection biases" (AAAI 2018).

>>> from whence.language.graph import Edge, Graph
>>> from whence.language.printing import to_text
>>> g = Graph.of((), [Edge("Z", "X"), Edge("Z", "Y"), Edge("X", "Y"), Edge("Z", "S")])
>>> given = (Source(P(("X", "Y", "Z"), Term("S", 1))), Source(P("Z")))
>>> step = recover(g, P("Y", do="X"), given)
>>> print(to_text(step.formula) if isinstance(step, Step) else step)
Σ_{Z} P(Y | S=1, X, Z) P(Z)
"""

from __future__ import annotations

from collections.abc import Iterator

from whence.identification.reachability import DESCENDANTS, Adjacency, reached
from whence.identification.separators import Separation, minimal_separator
from whence.identification.sources.do_search import BUDGET, BudgetSpent, Exhausted, do_search, search
from whence.identification.sources.do_search_sources import Task
from whence.identification.sources.missing_data import recovered, recovered_effect
from whence.language.estimand import Step
from whence.language.expression import P, Term
from whence.language.graph import Graph
from whence.language.source import Source, starred

SMALL = 10
"""Up to how many variables the whole graph is searched first, briefly."""

BRIEF = 20_000
"""How many statements that brief search derives before it gives up."""

FOCUSED = 3_000
"""How many statements a search on blocks derives before it gives up."""


def recover(
    graph: Graph, claim: P, given: tuple[Source, ...], budget: int = BUDGET
) -> Step | Exhausted | BudgetSpent:
    """The step that proves `claim` from the distributions `given`, or why none was found.

    As `do_search`, for graphs of any size: in those beyond its reach, some of what there is is found.
    """
    if len(Task.of(graph, claim, given).graph.nodes) <= SMALL:
        found = do_search(graph, claim, given, min(budget, BRIEF))
        if not isinstance(found, BudgetSpent):
            return found
    attempted = _attempted(graph, claim, given, budget)
    return do_search(graph, claim, given, budget) if attempted is None else attempted


def _attempted(graph: Graph, claim: P, given: tuple[Source, ...], budget: int) -> Step | None:
    """By the factorisations of missing data, by searches on blocks, by adjustment with missing data."""
    recorded = [source for source in given if source.proxies]
    for source in recorded:
        if (found := recovered(graph, claim, source)) is not None:
            return found
    for z, blocks in _choices(graph, claim, given):
        focused = search(Task.of(graph, claim, given, blocks), min(budget, FOCUSED))
        if isinstance(focused, Step):
            return focused
        for source in recorded:
            if claim.do and (found := recovered_effect(graph, claim, source, z)) is not None:
                return found
    return None


Blocks = list[tuple[str, ...]]


def _choices(graph: Graph, claim: P, given: tuple[Source, ...]) -> Iterator[tuple[tuple[str, ...], Blocks]]:
    """Covariates to adjust for, and the blocks of a search with them; those known from outside first."""
    y, w, x = (tuple(term.name for term in part) for part in (claim.of, claim.given, claim.do))
    selected = sorted(
        {term.name for each in given for term in each.distribution.terms if term.value is not None}
        - {*y, *w, *x}
    )
    plain = [{_behind(each, term) for term in each.distribution.of} for each in given]
    everything = set[str]().union(*plain) - {*selected, *(r for each in given for _, r in each.proxies)}
    outside = set[str]().union(
        *(
            names
            for each, names in zip(given, plain, strict=True)
            if all(term.value is None for term in each.distribution.terms) and not each.population
        )
    )
    known = outside - {x for each in given for x, _ in each.proxies}
    seen = set[tuple[str, ...]]()
    for usable in (known, outside, everything):
        for apart in (x, (*x, *selected)):
            z = _separating(graph, x, apart, y, w, usable - {*y, *w, *x})
            if z is None or z in seen:
                continue
            seen.add(z)
            parts = ([v for v in z if v in outside], [v for v in z if v not in outside])
            yield z, _blocks(given, (y, w, x), *parts, selected)


def _blocks(
    given: tuple[Source, ...],
    asked: tuple[tuple[str, ...], ...],
    outside: list[str],
    inside: list[str],
    selected: list[str],
) -> Blocks:
    """The sets as blocks, each with a block of its indicators."""
    indicator = {x: r for each in given for x, r in each.proxies}
    sets = [*asked, tuple(outside), tuple(inside)]
    # What may be missing is a block apart from what may not.
    split = [
        tuple(v for v in names if (v in indicator) == missing) for names in sets for missing in (False, True)
    ]
    taken = {v for names in split for v in names}
    found = [names for names in split if names]
    for names in split:
        fresh = tuple(
            dict.fromkeys(indicator[v] for v in names if v in indicator and indicator[v] not in taken)
        )
        if fresh:
            found.append(fresh)
            taken |= {*fresh}
    return [*found, *((name,) for name in selected if name not in taken)]


def _behind(source: Source, term: Term) -> str:
    """The variable that a term of a source speaks of, by its own name."""
    return next((x for x, _ in source.proxies if starred(x) == term.name), term.name)


def _separating(
    graph: Graph,
    x: tuple[str, ...],
    apart: tuple[str, ...],
    y: tuple[str, ...],
    w: tuple[str, ...],
    usable: set[str],
) -> tuple[str, ...] | None:
    """A minimal set that, beside w, parts y from what is to be apart from it where arrows out of x are cut.

    It is of what is usable and not caused by x. Of x alone, it blocks every back-door path.
    """
    edges = Adjacency.of(graph)
    treated, held = graph.mask(x), graph.mask(w)
    allowed = graph.mask(usable) & ~reached(DESCENDANTS, edges, treated)
    left, right = graph.mask(apart), graph.mask(y)
    if (left & (right | held)) or not left:
        return None if left else ()
    found = minimal_separator(Separation(edges.cut(0, treated), left, right, held, allowed | held))
    return None if found is None else graph.names(found & ~held)
