"""The proof that no estimand exists where policies are in force: two models, and policies in both.

The two models agree on all that is given and differ on what a joint intervention would do: on what is asked
about together with what the policies look at, were the governed variables set. Policies drawn at random, the
same in both, then mostly make them differ on the question too. That is checked in exact numbers before the
models are handed out; where it is not so, it is said that the question is open.

Sources: J. Tian (UAI 2008); J. Pearl, *Causality* (2009), definition 3.2.4.

>>> from whence.language.graph import Edge
>>> g = Graph.of((), [Edge("X", "Y"), Edge("X", "Y", "<->")])
>>> rule, known = Source(P("X", (), (), POLICY), ("X",)), Source(P(("X", "Y")))
>>> bar = Thicket(("Y",), (), ("X",), ("Y",), complete=True)
>>> refuse_policy(Query(P("Y", (), (), POLICY)), g, ((known,), (rule,)), bar).kind
'not_identified'
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from fractions import Fraction

from whence.identification.ledger import listed
from whence.identification.projection import latent_projection
from whence.identification.sources.general_id import Thicket
from whence.identification.sources.policies import Policy, under_policies
from whence.identification.witnesses.model_answers import differ
from whence.identification.witnesses.model_values import Evaluated
from whence.identification.witnesses.parity_models import Causes
from whence.identification.witnesses.random_models import random_table, steps_of
from whence.identification.witnesses.witness import disagreement
from whence.language.expression import Difference, P, Term, atoms
from whence.language.graph import Graph
from whence.language.model import Disagreement, HiddenCause, Mechanism, StructuralModel
from whence.language.query import Query
from whence.language.refusals import TWO_MODELS, NotIdentified, NotYetAnswerable
from whence.language.source import POLICY, Source
from whence.runtime.errors import InvalidQuery

DRAWS = 12
"""How many sets of policies are tried on two models."""


def refuse_policy(
    query: Query, graph: Graph, given: tuple[tuple[Source, ...], tuple[Source, ...]], bar: Thicket
) -> NotIdentified | NotYetAnswerable:
    """What to reply where `bar` leaves no formula; `given` are the sources proper, and the policies."""
    sources, rules = given
    one = "responds" if len(bar.district) == 1 else "respond"
    why = (
        f"how {listed(bar.district)} {one} when all else is set follows from none of the distributions given"
    )
    helps = (f"an experiment that sets {listed(bar.treatments)}",) if bar.treatments else ()
    pair = _pair(query, graph, sources, rules, bar)
    if pair is None:
        undecided = "Two models that prove that there is none were not found either, so this is open."
        return NotYetAnswerable(f"No formula was found for {query}: {why}. {undecided}", helps)
    told = f"{query} is not determined: {why}. {TWO_MODELS}"
    return NotIdentified(
        told, helps, query, None, bar.treatments, bar.outcomes, graph, (*sources, *rules), pair
    )


def _pair(
    query: Query, graph: Graph, sources: tuple[Source, ...], rules: tuple[Source, ...], bar: Thicket
) -> Disagreement | None:
    """Two models with policies in force, if any are found."""
    rulers = [
        Policy(t.name, tuple(z.name for z in r.distribution.given)) for r in rules for t in r.distribution.of
    ]
    try:
        under_policies(latent_projection(graph), rulers)
    except InvalidQuery:
        return None  # without what is always done there would be a circle, and no model has one
    known = () if sources == (Source(P(graph.observed)),) else sources
    for asked in _joint_effects(query, rules, bar):
        pair = disagreement(asked, graph, known)
        for draw in range(DRAWS if pair is not None else 0):
            assert pair is not None
            found = _with_policies(query, pair, sources, rules, random.Random(draw))  # noqa: S311
            if found is not None:
                return found
    return None


def _joint_effects(query: Query, rules: Sequence[Source], bar: Thicket) -> list[Query]:
    """The effects on which two models are to differ: with all that the policies look at, and without.

    A policy that weighs values of a treatment shows no difference that is the same for each of them.
    """
    terms = {term.name: term for atom in atoms(query.body) if isinstance(atom, P) for term in atom.terms}
    done = frozenset(bar.treatments)
    seen = {term.name for rule in rules for term in rule.distribution.given} - done
    found: list[Query] = []
    for names in ({*bar.outcomes, *seen} - done, {*bar.outcomes} - done, {*bar.district} - done):
        if names and done:
            of = [terms.get(name, Term(name)) for name in names]
            settings = [[terms.get(name, Term(name, value)) for name in done] for value in (1, 0)]
            one, two = (P(of, (), setting) for setting in settings)
            found += [Query(Difference(one, two))] if one != two else []
            found += [Query(P(of, (), [terms.get(v, Term(v)) for v in done]))]
    for atom in atoms(query.body):
        if isinstance(atom, P) and atom.given and done:
            of, seen_at = ([term for term in part if term.name not in done] for part in (atom.of, atom.given))
            do = [terms.get(name, Term(name)) for name in done]
            found += [Query(P(of, seen_at, do))] if of else []
    return list(dict.fromkeys(found))


def _with_policies(
    query: Query,
    pair: Disagreement,
    sources: Sequence[Source],
    rules: Sequence[Source],
    chance: random.Random,
) -> Disagreement | None:
    """The pair with policies drawn at random in force in both, if it differs on the question then."""
    causes = Causes(dict.fromkeys((*_names_of(pair.first), *_names_of(pair.second)), 0))
    drawn: list[tuple[Mechanism, HiddenCause]] = []
    levels = dict(pair.first.levels)
    for rule in rules:
        (variable,) = (term.name for term in rule.distribution.of)
        if variable in levels:
            steps = steps_of(len(levels[variable]))
            noise = HiddenCause(causes.new(Fraction(1, steps)), (Fraction(1, steps),) * steps)
            looks = tuple(term.name for term in rule.distribution.given if term.name in levels)
            rows = math.prod(len(levels[name]) for name in looks)
            table = random_table(levels[variable], rows, chance)
            drawn.append((Mechanism(variable, (*looks, noise.name), table), noise))
    homes = (pair.first, pair.second)
    one, two = ({"": Evaluated(home), POLICY: Evaluated(_ruled(home, drawn))} for home in homes)
    for each in pair.elsewhere:
        one[each.population], two[each.population] = Evaluated(each.first), Evaluated(each.second)
    for name in {source.population for source in sources} - one.keys():
        one[name], two[name] = one[""], two[""]
    return differ(query.body, one, two)


def _names_of(model: StructuralModel) -> list[str]:
    return [*model.variables, *(cause.name for cause in model.hidden)]


def _ruled(model: StructuralModel, drawn: Sequence[tuple[Mechanism, HiddenCause]]) -> StructuralModel:
    """The model with these mechanisms in the place of its own."""
    new = {mechanism.variable: mechanism for mechanism, _ in drawn}
    mechanisms = tuple(new.get(each.variable, each) for each in model.mechanisms)
    return StructuralModel(model.levels, (*model.hidden, *(noise for _, noise in drawn)), mechanisms)
