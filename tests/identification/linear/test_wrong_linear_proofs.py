"""Mutated linear proofs: what the verifier accepts is true, and it says no in one way only."""

import json
from collections import Counter
from collections.abc import Callable
from copy import deepcopy
from fractions import Fraction
from random import Random

import numpy as np

from oracles.worlds import random_admg, random_hidden
from whence.identification.linear.identify_linear import identify_linear
from whence.identification.verification.linear import verify_linear
from whence.language.covariance import Covariances
from whence.language.graph import Graph
from whence.language.linear import LinearEstimand, LinearModel
from whence.language.linear_json import linear_from_dict, linear_to_dict
from whence.runtime.errors import InvalidAnswer, ProofRejected, WhenceError


def proofs(count: int) -> list[LinearEstimand]:
    rng = np.random.default_rng(7)
    found = []
    while len(found) < count:
        g = random_admg(rng, 5, 3.5) if rng.random() < 0.7 else random_hidden(rng, 7, 2, 3.0)
        x, y = (str(v) for v in rng.permutation(g.observed)[:2])
        answer = identify_linear(g, x, y, ("direct", "total")[int(rng.integers(2))])
        if isinstance(answer, LinearEstimand) and answer.steps:
            found.append(answer)
    return found


def mutated(data: dict, chance: Random) -> dict:
    """One thing changed somewhere in the certificate: a name, a list, a step, the effect asked for."""
    data = deepcopy(data)
    names = [v for v in data["graph"]["nodes"] if v not in data["graph"]["latent"]]
    step = chance.choice(data["steps"])
    equation = chance.choice(step["equations"])

    def flip(names_: list, name: str) -> None:
        names_.remove(name) if name in names_ else names_.append(name)

    edges = data["graph"]["edges"]
    changes: list[Callable[[], object]] = [
        lambda: equation.update(source=chance.choice(names)),
        lambda: flip(equation["given"], chance.choice(names)),
        lambda: flip(equation["less"], chance.choice(names)),
        lambda: step.update(target=chance.choice(names)),
        lambda: step["unknowns"].__setitem__(0, chance.choice(names)),
        lambda: flip(step["known"], chance.choice(names)),
        data["steps"].reverse,
        lambda: data["steps"].remove(step),
        lambda: data.update(cause=chance.choice(names)),
        lambda: data.update(effect=chance.choice(names)),
        lambda: data.update(asked="total" if data["asked"] == "direct" else "direct"),
        lambda: flip(data["left_out"], chance.choice(names)),
        lambda: data["totals"] and flip(chance.choice(data["totals"])["causes"], chance.choice(names)),
        lambda: edges.append({"source": names[0], "target": chance.choice(names[1:]), "mark": "<->"}),
        lambda: edges.remove(chance.choice(edges)),
    ]
    chance.choice(changes)()
    return data


def right_in_a_random_model(found: LinearEstimand, seed: int) -> bool:
    """The formula in a model of its graph, against the effect worked out along all paths."""
    g, chance = found.graph, Random(seed)
    arrows = {(e.source, e.target): Fraction(chance.randint(-60, 60), 7) for e in g.edges if e.mark == "->"}
    shared = [(e.source, e.target, Fraction(chance.randint(1, 9))) for e in g.edges if e.mark == "<->"]
    alone = [(v, v, Fraction(chance.randint(100, 200))) for v in g.nodes]
    order = tuple(g.nodes[i] for i in g.order)
    model = LinearModel(order, tuple((a, b, w) for (a, b), w in arrows.items()), (*shared, *alone))
    whole = model.covariances
    cells = {
        (a, b): whole.rows[whole.place(a)][whole.place(b)] for a in g.observed for b in g.observed if a <= b
    }
    value = found.value(Covariances.of(g.observed, cells))
    return value == along_paths(g, arrows, found.cause, found.effect, found.kind)


def along_paths(g: Graph, arrows: dict, x: str, y: str, kind: str) -> Fraction:
    """The sum over all causal paths, through hidden variables alone for a direct effect."""
    if x == y:
        return Fraction(1)
    total = Fraction(0)
    for (a, b), weight in arrows.items():
        if a == x and (b == y or kind == "total" or b in g.latent):
            total += weight * along_paths(g, arrows, b, y, kind)
    return total


def test_what_is_accepted_after_a_mutation_is_true_and_what_is_false_is_rejected():
    chance = Random(3)
    counts: Counter[str] = Counter()
    originals = proofs(30)
    for found in originals:
        assert right_in_a_random_model(found, 1)
        data = json.loads(json.dumps(linear_to_dict(found)))
        for _ in range(15):
            try:
                changed = linear_from_dict(mutated(data, chance))
                verify_linear(changed)
            except (ProofRejected, InvalidAnswer) as error:
                counts[type(error).__name__] += 1
                continue
            assert right_in_a_random_model(changed, 2), changed
            counts["accepted"] += 1
    assert counts["ProofRejected"] > 200
    assert counts["accepted"] > 20


def test_garbled_files_never_end_in_anything_but_a_typed_error():
    chance = Random(5)
    junk: tuple[object, ...] = (None, 3, "Q", [], {}, [["X"]], [{}], "", True, {"effect": "X"})
    for found in proofs(6):
        data = json.loads(json.dumps(linear_to_dict(found)))
        for _ in range(60):
            broken = deepcopy(data)
            place: object = broken
            while isinstance(place, dict | list) and place and chance.random() < 0.7:
                inside = list(place) if isinstance(place, dict) else list(range(len(place)))
                key = chance.choice(inside)
                below = place[key]
                if not isinstance(below, dict | list) or not below or chance.random() < 0.3:
                    place[key] = chance.choice(junk)
                    break
                place = below
            try:
                verify_linear(linear_from_dict(broken))
            except WhenceError:
                continue
