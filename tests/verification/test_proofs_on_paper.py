"""A proof can be checked by someone who has nothing but its JSON."""

import json

import numpy as np
import pytest

from oracles.trials import random_contrast, random_effect
from oracles.worlds import random_admg
from whence.identification.identify import identify
from whence.identification.kinship import descendants_of
from whence.identification.verify import verify
from whence.language.estimand import Estimand
from whence.language.estimand_json import estimand_from_dict, estimand_to_dict
from whence.language.refusal_json import refusal_from_dict, refusal_to_dict
from whence.language.refusals import NotIdentified
from whence.runtime.errors import InvalidQuery, ProofRejected


def test_proofs_and_refusals_are_accepted_after_a_round_trip_through_json():
    proofs = refusals = 0
    for number in range(300):
        rng = np.random.default_rng((31, number))
        graph = random_admg(rng, int(rng.integers(3, 8)), float(rng.uniform(1.5, 4)))
        names = graph.observed
        query = random_effect(rng, names) if number % 2 else random_contrast(rng, names, number % 4 == 0)
        try:
            found = identify(query, graph)
        except InvalidQuery:
            assert set(query.conditions) & set(descendants_of(graph, query.treatments))
            continue
        if isinstance(found, Estimand):
            back = estimand_from_dict(json.loads(json.dumps(estimand_to_dict(found))))
            assert len(verify(back)) == len(verify(found, graph))
            proofs += 1
        elif isinstance(found, NotIdentified):
            assert verify(refusal_from_dict(json.loads(json.dumps(refusal_to_dict(found))))) == ()
            refusals += 1
    assert proofs >= 150
    assert refusals >= 20


def test_a_proof_tampered_with_in_its_json_is_rejected():
    tampered = 0
    for number in range(60):
        rng = np.random.default_rng((32, number))
        graph = random_admg(rng, 5, 3.0)
        found = identify(random_effect(rng, graph.observed), graph)
        if isinstance(found, Estimand) and graph.edges:
            text = json.dumps(estimand_to_dict(found)["expression"])
            data = estimand_to_dict(found)
            a, b = (str(name) for name in rng.permutation(graph.observed)[:2])
            data["expression"] = json.loads(
                text.replace(f'"{a}"', '"?"').replace(f'"{b}"', f'"{a}"').replace("?", b)
            )
            back = estimand_from_dict(json.loads(json.dumps(data)))
            if back.expression != found.expression:
                with pytest.raises(ProofRejected):
                    verify(back)
                tampered += 1
    assert tampered >= 20
