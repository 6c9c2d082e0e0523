"""Proofs made up by the letter of the rules, about distributions and worlds: what is accepted is true."""

from collections import Counter
from collections.abc import Callable

import numpy as np

from oracles.claims import states_something_false
from oracles.searches import KINDS, random_recovery
from oracles.worlds import random_admg
from verification.liars_of_worlds import DistributionLiar, WorldLiar
from whence.identification.verify import verify
from whence.language.estimand import Estimand
from whence.runtime.errors import ProofRejected, QueryError

Liar = DistributionLiar | WorldLiar


def about_distributions(rng: np.random.Generator) -> Liar:
    graph, _, given = random_recovery(rng, str(rng.choice(KINDS)))
    return DistributionLiar(graph, given, rng)


def about_worlds(rng: np.random.Generator) -> Liar:
    nodes, degree, share = int(rng.integers(2, 5)), float(rng.uniform(1, 3)), float(rng.uniform(0, 0.4))
    return WorldLiar(random_admg(rng, nodes, degree, share), rng)


def is_accepted(estimand: Estimand) -> bool:
    try:
        verify(estimand)
    except ProofRejected:
        return False
    return True


def made_up(liar: Callable[[np.random.Generator], Liar], count: int, seed: int) -> Counter[str]:
    """How so many proofs fared; one that is accepted and not true in a random model fails."""
    tally: Counter[str] = Counter()
    for number in range(count):
        rng = np.random.default_rng((seed, number, 55))
        try:
            estimand = liar(rng).proof()
        except QueryError:
            continue
        accepted = is_accepted(estimand)
        false = states_something_false(estimand, estimand.graph, number)
        assert not accepted or false is False, estimand
        tally[f"{'accepted' if accepted else 'rejected'}, {'true' if false is False else 'false'}"] += 1
        if accepted:
            tally.update({step.rule for step in estimand.derivation.walk()})
    return tally


def test_of_2000_made_up_proofs_about_distributions_all_that_are_accepted_are_true():
    tally = made_up(about_distributions, 2000, seed=8)
    assert tally["rejected, false"] >= 550
    # The property would be empty if no made-up proof were true: every rule is used in some that are accepted.
    for rule in ("given", "rule 1", "rule 2", "rule 3", "sum", "condition", "value", "proxy", "transport"):
        assert tally[rule] >= 10, (rule, tally)
    assert tally["chain"] + tally["ratio"] >= 1, tally


def test_of_2000_made_up_proofs_about_worlds_all_that_are_accepted_are_true():
    tally = made_up(about_worlds, 2000, seed=9)
    assert tally["rejected, false"] >= 700
    for rule in ("counterfactual", "conditional counterfactual", "ratio", "impossible"):
        assert tally[rule] >= 10, (rule, tally)
