"""The IDC* algorithm: the probability of an event in several worlds, among those seen to meet a condition.

P(γ | δ) is a ratio of sums of kernels, as in `id_star`. What was seen in δ cuts the event's random variables
into groups that share no hidden cause and no variable without a value; groups that hold nothing of γ are the
same above and below and cancel, so their kernels need not be known. If the rest cannot be had that way,
P(γ, δ) / P(δ) is tried, where γ's own values may say more.

Sources: I. Shpitser and J. Pearl, "What counterfactuals can be tested" (UAI 2007), IDC*; J. Correa, S. Lee
and E. Bareinboim, "Nested counterfactual identification from arbitrary surrogate experiments" (NeurIPS 2021),
section 4, for ancestral components.

>>> from whence.language.graph import Edge
>>> g = Graph.of((), [Edge("Z", "X"), Edge("Z", "Y"), Edge("X", "Y")])
>>> found = identify_conditional_event(g, P(Term("Y", None, (Term("X", 0),)), Term("X", 1)))
>>> from whence.language.printing import to_text
>>> to_text(found.step.formula)
"(Σ_{Z} P(Z) P(X=1 | Z) P(Y | X=0, Z)) / (Σ_{Y', Z} P(Z) P(X=1 | Z) P(Y' | X=0, Z))"
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from whence.identification.counterfactuals.counterfactual_worlds import Worlds
from whence.identification.counterfactuals.id_star import (
    ZERO,
    Bar,
    Kernels,
    districts_of,
    factors,
    identify_event,
    needs_value,
    observational,
    unasked,
)
from whence.identification.effects import Proved
from whence.language.estimand import General, Step
from whence.language.expression import P, Quotient, Term, product, substitute, total
from whence.language.graph import Graph
from whence.language.printing import name_text, to_text, value_text
from whence.language.refusals import ImpossibleEvidence
from whence.runtime.errors import InvalidQuery

Unproved = Bar | ImpossibleEvidence


def identify_conditional_event(
    graph: Graph, atom: P, kernel: Kernels | None = None
) -> Proved | Unproved | None:
    """A proof of P(γ | δ), terms in worlds, values kept; or why there is none.

    `graph` is a DAG or ADMG without latent nodes; `kernel` finds the kernels of districts in what is given,
    by default in P(V). A `Conflict`, `Hedge` or `Thicket` bars every formula for values in general;
    `ImpossibleEvidence` says that δ contradicts itself; None that the form is not covered (worlds beside a
    `do`). Raises `InvalidQuery` where a name stands open for two things at once.
    """
    if atom.do or atom.population:
        return None
    check_terms((*atom.of, *atom.given))
    names = [term.name for term in (*atom.of, *atom.given)]
    find = observational(graph, names) if kernel is None else kernel
    if Worlds.of(graph, atom.given).impossible:
        return ImpossibleEvidence(f"{_event(atom.given)} contradicts itself, so it never happens.")
    if Worlds.of(graph, (*atom.of, *atom.given)).impossible:
        return Proved(Step("impossible", atom, ZERO), General())
    if not atom.given:
        step = identify_event(graph, atom, find)
    else:
        step = _by_groups(graph, atom, find)
        if not isinstance(step, Step):
            ratio = _by_ratio(graph, atom, find)
            step = ratio if isinstance(ratio, Step) or step is None else step
    return Proved(step, General()) if isinstance(step, Step) else step


def _by_groups(graph: Graph, atom: P, kernel: Kernels) -> Step | Bar | None:
    """P(γ | δ) from the groups that hold something of γ; None where an open name would mean two things."""
    mine = [term for term in atom.of if not _own(term)]
    worlds = Worlds.of(graph, (*(Term(term.name, None, term.world) for term in mine), *atom.given))
    numbers = worlds.relevant()
    names = {term.name for term in mine}
    own = {each for each in worlds.asked if each not in worlds.seen and worlds.variables[each].name in names}
    groups = worlds.groups(numbers, told=set(worlds.asked) - own)
    kept = {number for group in groups if own.intersection(group) for number in group}
    numbers = [number for number in numbers if number in kept]
    if worlds.clash(numbers) is not None:
        return None
    found = factors(worlds, numbers, kernel)
    if isinstance(found, Bar):
        return found
    premises, formulas = found
    opened = {worlds.variables[number].name for number in own}
    values = {term.name: term.value for term in mine if term.name in opened and term.value is not None}
    summed = unasked(worlds, numbers)
    formula = Quotient(
        substitute(total(summed, product(formulas)), values), total((*summed, *opened), product(formulas))
    )
    return Step("conditional counterfactual", atom, formula, districts_of(worlds, numbers), premises)


def _by_ratio(graph: Graph, atom: P, kernel: Kernels) -> Step | Bar:
    """P(γ, δ) / P(δ)."""
    both = identify_event(graph, P((*atom.of, *atom.given)), kernel)
    if not isinstance(both, Step):
        return both
    condition = identify_event(graph, P(atom.given), kernel)
    if not isinstance(condition, Step):
        return condition
    return Step("ratio", atom, Quotient(both.formula, condition.formula), (), (both, condition))


def check_terms(terms: Iterable[Term]) -> None:
    """Raise `InvalidQuery` for open names that would mean two things, and for settings without meaning."""
    found = tuple(terms)
    settings = [setting for term in found for setting in _settings(term)]
    for setting in (each for each in settings if each.world):
        shown = name_text(setting.name)
        if setting.value is not None:
            raise InvalidQuery(
                f"{shown} is set to a value and to what it would be in another world.",
                f"Write {shown}={value_text(setting.value)}, or leave the value out.",
            )
        if _own(setting):
            raise InvalidQuery(f"{shown} is set in its own world.", f"Set {shown} itself, as in {shown}=1.")
    counts = Counter(term.name for term in found)
    opened = {setting.name for setting in settings if setting.value is None and not setting.world}
    for term in found:
        own = _own(term)
        twice = counts[term.name] > 1 or term.name in opened
        if (term.value is None and (twice or own)) or any(each.value is None for each in own):
            raise needs_value(term.name)


def _own(term: Term) -> list[Term]:
    """What sets the variable itself in its own world, such as Y in Y_{Y=1}."""
    return [setting for setting in term.world if setting.name == term.name]


def _settings(term: Term) -> Iterator[Term]:
    for setting in term.world:
        yield setting
        yield from _settings(setting)


def _event(terms: tuple[Term, ...]) -> str:
    return to_text(P(terms))[2:-1]
