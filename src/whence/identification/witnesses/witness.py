"""The proof of a refusal: two models of the graph that agree on all that is known and differ on the question.

Either could be the truth, so no amount of data answers. Where a hedge bars an effect, the two are models of
parities, built from it. Whatever is built is checked in exact numbers before it is handed out, and None says
that nothing was found, never that there is nothing to be found.

Source: I. Shpitser and J. Pearl (AAAI 2006), theorem 4.

>>> from whence.language.graph import Edge
>>> from whence.language.query import effect
>>> bow = Graph.of((), [Edge("X", "Y"), Edge("X", "Y", "<->")])
>>> pair = disagreement(effect("X", "Y", 1, 0), bow, (), Hedge(("X", "Y"), ("Y",), ("Y",)))
>>> pair.first.variables, pair.values
(('X', 'Y'), (Fraction(3, 8), Fraction(3, 16)))
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from whence.identification.counterfactuals.conflicts import conflicts
from whence.identification.idc import Barred, identify_conditional_effect
from whence.identification.projection import latent_projection
from whence.identification.witnesses.bit_models import levels_with
from whence.identification.witnesses.model_answers import differ
from whence.identification.witnesses.model_populations import agree_everywhere
from whence.identification.witnesses.model_search import searched
from whence.identification.witnesses.model_values import Evaluated
from whence.identification.witnesses.parity_forest import parity_forest
from whence.identification.witnesses.parity_models import parity_pair
from whence.identification.witnesses.parity_routes import Aim, routes
from whence.language.expression import P, Term, Value, atoms
from whence.language.graph import Graph
from whence.language.model import Disagreement, StructuralModel
from whence.language.query import Query
from whence.language.refusals import Hedge
from whence.language.source import Source


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, what is given, and the graph of the observed variables."""

    query: Query
    graph: Graph
    given: tuple[Source, ...]
    named: dict[str, tuple[Value, ...]]
    aim: Aim


def disagreement(
    query: Query,
    graph: Graph,
    given: tuple[Source, ...] = (),
    hedge: Hedge | None = None,
    treatments: tuple[str, ...] = (),
    outcomes: tuple[str, ...] = (),
) -> Disagreement | None:
    """Two models that agree on everything given and differ on the query by 1e-6 or more, if any was found.

    `graph` is a DAG or ADMG; without `given`, the distribution of all observed variables is. `treatments`
    and `outcomes` are those of the effect that the hedge is for, where that is not the query itself.
    """
    asked = _asked(query, latent_projection(graph), given, treatments, outcomes)
    pairs = _parities(asked, hedge) if hedge is not None else _parities_of_parts(asked)
    for first, second in pairs:
        found = _checked(asked, first, second)
        if found is not None:
            return found
    found = searched(query.body, asked.graph, given, asked.named)
    if found is None and query.rung == 3:
        found = next(filter(None, (_checked(asked, *pair) for pair in _conflicting(asked))), None)
    return found


def _asked(
    query: Query,
    graph: Graph,
    given: tuple[Source, ...],
    treatments: tuple[str, ...],
    outcomes: tuple[str, ...],
) -> Asked:
    named: dict[str, tuple[Value, ...]] = {}
    set_to: dict[str, set[Value | None]] = {}
    for atom in atoms(query.body):
        if isinstance(atom, P):
            settings_of = [*atom.do, *(part for term in atom.terms for part in term.world)]
            for term in settings_of:
                set_to.setdefault(term.name, set()).add(term.value)
            for term in _every(atom.terms):
                if term.value is not None and term.value not in named.get(term.name, ()):
                    named[term.name] = (*named.get(term.name, ()), term.value)
    x = graph.mask(treatments or query.treatments)
    y = graph.mask(query.outcomes) & ~x
    z = (graph.mask(outcomes) & ~y if outcomes else graph.mask(query.conditions)) & ~x & ~y
    compared = graph.mask(name for name, values in set_to.items() if len(values) > 1)
    low = graph.mask(
        name for name, values in named.items() if levels_with(values, 2).index(values[0]) % 2 == 0
    )
    return Asked(query, graph, given, named, Aim(x, y, z, compared & x, low, graph.mask(query.variables)))


def _every(terms: tuple[Term, ...]) -> Iterator[Term]:
    for term in terms:
        yield term
        yield from _every(term.world)


def _parities(asked: Asked, hedge: Hedge) -> Iterator[tuple[StructuralModel, StructuralModel]]:
    graph, aim = asked.graph, asked.aim
    whole, inner = graph.mask(hedge.forest), graph.mask(hedge.subforest)
    forest = parity_forest(graph, whole, inner, aim.x, aim.y | aim.z)
    if forest is None:
        return
    for gates in dict.fromkeys((aim.compared, 0, aim.x)):
        way = routes(graph, forest.roots, aim, gates)
        if way is not None:
            yield parity_pair(graph, forest, way, aim, asked.named)


def _parities_of_parts(asked: Asked) -> Iterator[tuple[StructuralModel, StructuralModel]]:
    """Pairs for the effects of what the question sets, in whatever world, where a hedge bars them."""
    graph, query = asked.graph, asked.query
    x = graph.mask(query.treatments)
    y = graph.mask(query.outcomes) & ~x
    z = graph.mask(query.conditions) & ~x & ~y
    effects = [(x, y, z), (x, y, 0)]
    terms = [term for atom in atoms(query.body) if isinstance(atom, P) for term in atom.terms if term.world]
    effects += [(graph.mask(part.name for part in t.world), graph.mask([t.name]), 0) for t in terms]
    for doing, seen, among in dict.fromkeys(effects):
        if not doing or not seen or doing & seen:
            continue
        barred = identify_conditional_effect(graph, doing, seen, among)
        if isinstance(barred, Barred):
            part = _asked(query, graph, asked.given, barred.treatments, barred.outcomes)
            yield from _parities(part, barred.hedge)


def _conflicting(asked: Asked) -> Iterator[tuple[StructuralModel, StructuralModel]]:
    """Pairs for questions that see a variable at two values at once."""
    graph, query = asked.graph, asked.query
    x = graph.mask(query.treatments)
    z = graph.mask(query.conditions) & ~graph.mask(query.outcomes)
    for away in dict.fromkeys((x, 0)):
        aim = replace(asked.aim, x=x, y=graph.mask(query.outcomes) & ~away, z=z & ~away)
        for forest, way in conflicts(graph, aim):
            yield parity_pair(graph, forest, way, aim, asked.named)


def _checked(asked: Asked, first: StructuralModel, second: StructuralModel) -> Disagreement | None:
    """The pair with what the query is in each, if it proves the refusal."""
    # Nothing need differ between populations where it may: one pair of models serves for all of them.
    everywhere = ("", *(source.population for source in asked.given))
    one, two = (dict.fromkeys(everywhere, Evaluated(model)) for model in (first, second))
    if not agree_everywhere(asked.given, one, two):
        return None
    return differ(asked.query.body, one, two)
