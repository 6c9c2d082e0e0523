"""What is false is rejected: proofs changed in one place, proofs made up by the letter, refusals made up."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from oracles.trials import random_effect, truth_fits
from oracles.worlds import random_admg
from verification.liars import Liar
from verification.mutations import Mutant, graph_mutants, mutants, states_something_false
from whence.identification.identify import identify
from whence.identification.verify import verify
from whence.language.estimand import Estimand
from whence.language.refusals import Hedge, NotIdentified
from whence.runtime.errors import ProofRejected, QueryError


def is_accepted(certificate, graph) -> bool:
    try:
        verify(certificate, graph)
    except ProofRejected:
        return False
    return True


def test_of_1000_changed_proofs_that_state_something_false_on_a_random_model_none_is_accepted():
    tally: Counter[str] = Counter()
    number = 0
    while tally["false"] < 1000:
        number += 1
        rng = np.random.default_rng((5, number))
        graph = random_admg(rng, int(rng.integers(3, 7)), float(rng.uniform(1.5, 4)))
        found = identify(random_effect(rng, graph.observed), graph)
        if not isinstance(found, Estimand):
            continue
        for mutant in mutants(found, rng):
            false = states_something_false(mutant, number)
            if false is not False:
                tally["meaningless" if false is None else "false"] += 1
                tally[mutant.how.split(":")[0]] += 1
                assert not is_accepted(mutant.estimand, mutant.graph), mutant
    # Each sort of change has been made, so that the count is not of one sort over and over.
    for how in ("liar", "slip", "root", "another query", "another order", "an edge more", "forged premises"):
        assert tally[how] >= 10, tally


def test_of_3000_proofs_made_up_by_the_letter_of_the_rules_all_that_are_accepted_are_true():
    tally: Counter[str] = Counter()
    for number in range(3000):
        rng = np.random.default_rng((6, number))
        graph = random_admg(rng, int(rng.integers(3, 6)), float(rng.uniform(1.0, 3.0)))
        try:
            estimand = Liar(graph, rng).proof()
        except QueryError:
            continue
        accepted = is_accepted(estimand, graph)
        false = states_something_false(Mutant(estimand, graph, "made up"), number)
        assert not accepted or false is False, estimand
        tally[f"{'accepted' if accepted else 'rejected'}, {'true' if false is False else 'false'}"] += 1
        if accepted:
            tally.update({step.rule for step in estimand.derivation.walk()})
    assert tally["rejected, false"] >= 1500
    # The property would be empty if no made-up proof were true: every rule is used in some that are accepted.
    rules = (
        "ancestral",
        "c-factor",
        "c-component",
        "marginal",
        "districts",
        "average",
        "effect",
        "adjustment",
    )
    for rule in (*rules, "rule 2", "condition", "treated", "consistency"):
        assert tally[rule] >= 3, (rule, tally)


def random_refusal(query, graph, rng: np.random.Generator) -> NotIdentified:
    """A hedge made up for a query; half the time it meets the treatment as a hedge must."""
    names = [str(name) for name in rng.permutation(graph.observed)]
    size = int(rng.integers(1, len(names) + 1))
    forest = {*names[:size], *(query.treatments[:1] if rng.random() < 0.5 else ())}
    subforest = {name for name in forest if rng.random() < 0.6}
    if rng.random() < 0.7:
        subforest -= set(query.treatments)
    roots = {name for name in subforest if rng.random() < 0.6}
    x, y = set(query.treatments), set(query.outcomes)
    for z in query.conditions:
        (x if rng.random() < 0.5 else y).add(z)
    hedge = Hedge(tuple(forest), tuple(subforest), tuple(roots))
    return NotIdentified("made up", (), query, hedge, tuple(x), tuple(y), graph)


def test_no_refusal_of_an_identified_effect_is_accepted_whatever_its_hedge():
    refused = identified = 0
    for number in range(400):
        rng = np.random.default_rng((8, number))
        graph = random_admg(rng, int(rng.integers(2, 6)), float(rng.uniform(2, 4)), 0.5)
        if len(graph.observed) < 2:
            continue
        query = random_effect(rng, graph.observed)
        found = identify(query, graph)
        for _ in range(20):
            refusal = random_refusal(query, graph, rng)
            if isinstance(found, NotIdentified):
                refusal = replace(refusal, models=found.models)
            if isinstance(found, Estimand):
                assert not is_accepted(refusal, graph), refusal
                identified += 1
            else:
                refused += is_accepted(refusal, graph)
        if isinstance(found, Estimand):
            assert truth_fits(found, graph, number)
    # Made-up hedges do hit true ones where there are any, so that rejection above is no accident.
    assert identified >= 4000
    assert refused >= 10


def test_a_hedge_is_rejected_in_any_graph_in_which_the_effect_is_identified():
    rejected = 0
    for number in range(400):
        rng = np.random.default_rng((9, number))
        graph = random_admg(rng, int(rng.integers(3, 7)), float(rng.uniform(2, 4)), 0.5)
        query = random_effect(rng, graph.observed)
        refusal = identify(query, graph)
        if not isinstance(refusal, NotIdentified):
            continue
        for mutant in graph_mutants(replace(refusal, graph=graph), rng):  # type: ignore[type-var]
            if isinstance(identify(query, mutant.graph), Estimand):
                assert not is_accepted(refusal, mutant.graph), mutant
                rejected += 1
    assert rejected >= 20


def changed_hedges(refusal: NotIdentified, rng: np.random.Generator):
    """Hedges that miss one condition each."""
    hedge, graph = refusal.hedge, refusal.graph
    assert hedge is not None
    assert graph is not None
    x = refusal.treatments
    outside = [name for name in graph.observed if name not in hedge.forest]
    yield replace(hedge, forest=hedge.subforest)
    yield replace(hedge, subforest=hedge.forest)
    yield replace(hedge, roots=())
    yield replace(hedge, subforest=())
    yield replace(hedge, subforest=(*hedge.subforest, next(name for name in hedge.forest if name in x)))
    yield replace(hedge, forest=tuple(name for name in hedge.forest if name not in x))
    yield replace(hedge, roots=(*hedge.roots, "nobody"))
    yield replace(hedge, forest=(*hedge.forest, "nobody"))
    if outside:
        yield replace(hedge, roots=(*hedge.roots, outside[0]))
        yield replace(hedge, subforest=(*hedge.subforest, outside[0]))


def test_a_hedge_that_misses_one_condition_is_rejected():
    changed = 0
    for number in range(300):
        rng = np.random.default_rng((10, number))
        graph = random_admg(rng, int(rng.integers(3, 7)), float(rng.uniform(2, 4)), 0.5)
        refusal = identify(random_effect(rng, graph.observed), graph)
        if isinstance(refusal, NotIdentified):
            assert is_accepted(refusal, graph)
            for hedge in changed_hedges(refusal, rng):
                assert not is_accepted(replace(refusal, hedge=hedge), graph), hedge
                changed += 1
            assert not is_accepted(replace(refusal, treatments=()), graph)
            assert not is_accepted(replace(refusal, outcomes=(*refusal.outcomes, *refusal.treatments)), graph)
            assert is_accepted(replace(refusal, hedge=None), graph)
            assert not is_accepted(replace(refusal, models=None), graph)
            assert not is_accepted(replace(refusal, query=None), graph)
    assert changed >= 200


def test_a_proof_needs_a_graph_and_one_that_says_what_causes_what():
    refusal = NotIdentified("no graph")
    with pytest.raises(ProofRejected, match="DAG or an ADMG"):
        verify(refusal)
