"""Two models that prove nothing are rejected: changed in one place, or taken for another question."""

from collections import Counter

import numpy as np
import pytest

from oracles.refusals import is_false, is_plain
from verification.refused import KINDS, refused
from verification.wrong_models import changed_refusals
from whence.identification.verify import verify
from whence.language.graph import Graph
from whence.language.refusals import NotIdentified
from whence.runtime.errors import ProofRejected

FALSE = dict.fromkeys(KINDS, 140) | {"selection": 40, "missing": 60}
"""Of each kind, 1,080 in all; those that are searched for take longest to find."""


def is_accepted(refusal: NotIdentified, graph: Graph) -> bool:
    try:
        verify(refusal, graph)
    except ProofRejected:
        return False
    return True


def count_false(kind: str, least: int, seed: int) -> Counter[str]:
    """How refusals of a kind were changed until so many were false; none of these may be accepted."""
    tally: Counter[str] = Counter()
    before: list[NotIdentified] = []
    for number, (refusal, graph) in enumerate(refused(kind, seed)):
        if not is_plain(refusal):
            continue
        assert is_accepted(refusal, graph), refusal
        assert is_false(refusal, graph) is False, refusal
        rng = np.random.default_rng((seed, number, 31))
        for how, mutant, other_graph in changed_refusals(refusal, graph, before, rng):
            if not is_plain(mutant):
                tally["not judged"] += 1
                continue
            false = is_false(mutant, other_graph)
            accepted = is_accepted(mutant, other_graph)
            assert not (false and accepted), (how, mutant, other_graph)
            tally["false" if false else "true" if false is False else "near"] += 1
            tally["true, accepted"] += accepted and false is False
            tally[how.removesuffix(", in both")] += bool(false)
        before = [refusal, *before[:1]]
        if tally["false"] >= least:
            return tally
    raise AssertionError


@pytest.mark.parametrize("kind", KINDS)
def test_no_refusal_is_accepted_whose_models_were_changed_to_what_is_false(kind: str):
    tally = count_false(kind, FALSE[kind], seed=3)
    # Changes that leave a proof are accepted, so that it is not change as such that is rejected.
    assert tally["true, accepted"] >= 3, tally
    for how in (
        "a probability moved",
        "a table entry",
        "the first twice",
        "another value",
        "a mechanism dropped",
    ):
        assert tally[how] >= 1, tally
