"""Proofs about worlds, experiments, populations and records, changed to what is false: none is accepted."""

from collections import Counter

import numpy as np

from oracles.claims import states_something_false
from verification.altered import Forger
from verification.refused import KINDS, random_question
from whence.identification.identify import identify
from whence.identification.verify import verify
from whence.language.estimand import Estimand
from whence.language.graph import Graph
from whence.runtime.errors import ProofRejected, QueryError

FALSE = {
    "effect": 220,
    "contrast": 220,
    "treated": 40,
    "counterfactual": 120,
    "counterfactual from experiments": 120,
    "surrogate": 190,
    "transport": 50,
    "missing": 30,
}
"""1,000 and more in all; those that are searched for take longest to find."""


def is_accepted(estimand: Estimand, graph: Graph) -> bool:
    try:
        verify(estimand, graph)
    except ProofRejected:
        return False
    return True


def changed_until(kind: str, least: int, seed: int) -> Counter[str]:
    """Proofs of a kind, changed until so many are false; what is accepted must be true on a random model."""
    tally: Counter[str] = Counter()
    number = 0
    while tally["false"] < least:
        number += 1
        rng = np.random.default_rng((seed, number, KINDS.index(kind), 77))
        try:
            query, graph, given = random_question(kind, rng)
            found = identify(query, graph, given) if not graph.latent else None
        except QueryError:
            continue
        if not isinstance(found, Estimand):
            continue
        if states_something_false(found, graph, number) is None:  # a question that the oracle has no word for
            tally["not judged"] += 1
            continue
        assert is_accepted(found, graph), found
        assert not states_something_false(found, graph, number), found
        for mutant in Forger(found, rng).mutants():
            false = states_something_false(mutant.estimand, mutant.graph, number)
            accepted = is_accepted(mutant.estimand, mutant.graph)
            assert not accepted or false is False, mutant
            tally["false" if false else "true" if false is False else "meaningless"] += 1
            tally["accepted"] += accepted
            tally[f"false: {mutant.how.split(':')[0].split(' of ')[0]}"] += bool(false)
            if false:
                tally.update({f"rule {step.rule}" for step in found.derivation.walk()})
    return tally


def test_of_1000_changed_proofs_of_every_kind_that_state_something_false_none_is_accepted():
    tally: Counter[str] = Counter()
    for kind, least in FALSE.items():
        found = changed_until(kind, least, seed=5)
        assert found["accepted"] >= 3, (kind, found)
        tally.update(found)
    assert tally["false"] >= 1000
    # Each sort of change has been made, and to proofs by every rule.
    for how in ("liar", "slip", "result", "another question", "another claim", "another premise",
                "another source", "a source less", "other differences", "an edge more"):  # fmt: skip
        assert tally[f"false: {how}"] >= 1, (how, tally)
    for rule in ("counterfactual", "conditional counterfactual", "impossible", "consistency", "treated",
                 "transport", "given", "proxy", "rule 2", "average"):  # fmt: skip
        assert tally[f"rule {rule}"] >= 3, (rule, tally)
