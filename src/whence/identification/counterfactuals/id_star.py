"""The ID* algorithm: the probability of an event in several worlds, from the kernels of an ADMG.

The event's random variables fall into districts (`counterfactual_worlds`). If every node stands for one of
them only, and each district sees one value of every node, the districts are independent and each is a kernel
at these values: Pr(event) = Σ Π Q[C]. Otherwise two different responses of one variable would have to be
known together, which no experiment shows. Nested terms, such as Y had X been 1 and M what it would have been
had X been 0, are unnested by the same construction.

Complete: where it fails, the event's probability is not determined, unless a value makes it so.

Sources: I. Shpitser and J. Pearl, "What counterfactuals can be tested" (UAI 2007), and "Complete
identification methods for the causal hierarchy" (JMLR 2008); J. Correa, S. Lee and E. Bareinboim, "Nested
counterfactual identification from arbitrary surrogate experiments" (NeurIPS 2021), theorems 1 to 3.

>>> from whence.language.graph import Edge
>>> g = Graph.of((), [Edge("X", "M"), Edge("M", "Y"), Edge("X", "Y")])
>>> from whence.language.expression import Term
>>> nested = Term("Y", 1, (Term("X", 1), Term("M", None, (Term("X", 0),))))
>>> step = identify_event(g, P(nested), observational(g, "Y"))
>>> from whence.language.printing import to_text
>>> to_text(step.formula)
'Σ_{M} P(M | X=0) P(Y=1 | M, X=1)'
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from whence.identification.counterfactuals.counterfactual_worlds import Conflict, Worlds
from whence.identification.kernels import Regime, ancestral_set, averaged, district_kernel
from whence.identification.kinship import ancestors
from whence.identification.sources.general_id import Thicket
from whence.language.estimand import Fact, Step
from whence.language.expression import Difference, Expression, P, Product, product, substitute, total
from whence.language.graph import Graph
from whence.language.printing import name_text
from whence.language.refusals import Hedge
from whence.runtime.errors import InvalidQuery

Kernels = Callable[[int], Step | Hedge | Thicket]
"""What proves the kernel Q[C] of a district, given as a mask of its nodes, or says what bars it."""

Bar = Conflict | Hedge | Thicket
"""Why there is no formula."""

ONE = Product(())
ZERO = Difference(ONE, ONE)


def observational(graph: Graph, names: Iterable[str]) -> Kernels:
    """Kernels of the ancestors of these variables, found in the observed distribution P(V)."""
    regime = Regime.observed(graph)
    top = ancestral_set(regime, ancestors(graph, graph.mask(names), graph.all))

    def kernel(part: int) -> Step | Hedge:
        step = district_kernel(regime, part, top)
        return step if isinstance(step, Hedge) else averaged(graph, part, step)

    return kernel


def identify_event(graph: Graph, claim: P, kernel: Kernels) -> Step | Bar:
    """The step that proves P(γ) equal to a formula, or what bars one.

    `graph` is a DAG or ADMG without latent nodes; `claim` has terms in worlds, no conditions and no `do`.
    Raises `InvalidQuery` where a name stands open for two things at once.
    """
    worlds = Worlds.of(graph, claim.of)
    if worlds.impossible:
        return Step("impossible", claim, ZERO)
    numbers = worlds.relevant()
    clash = worlds.clash(numbers)
    if clash is not None:
        raise needs_value(clash)
    found = factors(worlds, numbers, kernel)
    if isinstance(found, Bar):
        return found
    premises, formulas = found
    formula = total(unasked(worlds, numbers), product(formulas))
    return Step("counterfactual", claim, formula, districts_of(worlds, numbers), premises)


def factors(
    worlds: Worlds, numbers: Sequence[int], kernel: Kernels
) -> tuple[tuple[Step, ...], tuple[Expression, ...]] | Bar:
    """The kernels of the districts of these variables, and their formulas at the values that they see."""
    doubled = worlds.doubled(numbers)
    if doubled is not None:
        return doubled
    premises: list[Step] = []
    formulas: list[Expression] = []
    for district in worlds.groups(numbers):
        values = worlds.values(district)
        if isinstance(values, Conflict):
            return values
        step = kernel(worlds.mask(district))
        if not isinstance(step, Step):
            return step
        premises.append(step)
        formulas.append(substitute(step.formula, values))
    return tuple(premises), tuple(formulas)


def unasked(worlds: Worlds, numbers: Iterable[int]) -> tuple[str, ...]:
    """The names to be summed over: of the variables that have no value, and are not asked about."""
    held = set(numbers).difference(worlds.seen, worlds.asked)
    return tuple(sorted(worlds.variables[number].name for number in held))


def districts_of(worlds: Worlds, numbers: Sequence[int]) -> tuple[Fact, ...]:
    """The districts among these variables, as facts of the graph."""
    graph = worlds.graph
    among = graph.names(worlds.mask(numbers))
    groups = worlds.groups(numbers)
    return tuple(Fact("district", graph.names(worlds.mask(group)), among=among) for group in groups)


def needs_value(name: str) -> InvalidQuery:
    """The error for a name that stands open for two things at once."""
    shown = name_text(name)
    return InvalidQuery(
        f"{shown} stands for two things in this question, and has no value in one of them.",
        f"Give it values wherever it stands, such as {shown}=1.",
    )
