"""Every estimand that `identify` returns, against exact enumeration of random discrete models."""

from itertools import pairwise, product

import numpy as np
import pytest

from oracles.evaluation import agree, value_of
from oracles.models import among_those_seen, downstream, interventional, joint, random_model
from oracles.worlds import arrows, random_admg, random_hidden
from whence.identification.identify import identify
from whence.language.estimand import Estimand
from whence.language.expression import P, Term
from whence.language.graph import Graph
from whence.language.query import Query
from whence.language.refusals import NotIdentified


def identified_rightly(graph: Graph, x, y, w, rng) -> bool | None:
    """None for a refusal; otherwise whether the estimand is P(y | do x, w) in a random model."""
    found = identify(Query(P(tuple(y), tuple(w), tuple(x))), graph)
    if isinstance(found, NotIdentified):
        return None
    assert isinstance(found, Estimand)
    model = random_model(graph, rng)
    return agree(value_of(found.expression, joint(model)), interventional(model, y, x, w))


def drawn(rng, names, counts):
    picked = [str(name) for name in rng.permutation(names)[: sum(counts)]]
    ends = np.cumsum([0, *counts])
    return [picked[a:b] for a, b in pairwise(ends)]


@pytest.mark.parametrize(
    ("treatments", "outcomes", "conditions"), [(1, 1, 0), (2, 2, 0), (1, 1, 1), (2, 1, 1)]
)
def test_no_estimand_is_wrong_on_random_admgs(treatments, outcomes, conditions):
    rng = np.random.default_rng([3, treatments, outcomes, conditions])
    verdicts = []
    for _ in range(500):
        size = int(rng.integers(4, 9))
        graph = random_admg(rng, size, degree=float(rng.uniform(1.5, 4)), share=float(rng.uniform(0.1, 0.6)))
        x, y, w = drawn(rng, graph.nodes, (treatments, outcomes, conditions))
        verdicts.append(identified_rightly(graph, x, y, w, rng))
    assert verdicts.count(False) == 0
    assert verdicts.count(True) > 100
    assert verdicts.count(None) > 30


def test_no_estimand_is_wrong_or_mentions_latent_nodes_where_the_graph_has_them():
    rng = np.random.default_rng(5)
    verdicts = []
    for _ in range(300):
        graph = random_hidden(rng, int(rng.integers(5, 9)), 2)
        x, y = drawn(rng, graph.observed, (1, 1))
        verdicts.append(identified_rightly(graph, x, y, [], rng))
    assert verdicts.count(False) == 0
    assert verdicts.count(True) > 100
    assert verdicts.count(None) > 10


@pytest.mark.parametrize("conditions", [0, 1])
def test_no_effect_among_the_treated_is_wrong_on_random_admgs(conditions):
    rng = np.random.default_rng([7, conditions])
    rules = []
    for _ in range(900):
        graph = random_admg(rng, int(rng.integers(3, 7)), degree=2.5)
        (x,), (y,), w = drawn(rng, graph.nodes, (1, 1, conditions))
        for would, was in product((0, 1), (0, 1)):
            atom = P(Term(y, None, (Term(x, would),)), (Term(x, was), *map(Term, w)))
            found = identify(Query(atom), graph)
            if not isinstance(found, Estimand):
                continue
            model = random_model(graph, rng)
            if would != was and set(w) & downstream(model, x):
                continue  # two worlds of w at once: the oracle of functional models covers these
            truth = among_those_seen(model, [y], x, w).at({x: was, f"{x}*": would})
            rule = found.derivation.premises[0].rule
            # Among descendants of the treatment, W is what was seen, as it is where the two levels agree.
            if would == was:
                assert agree(
                    value_of(found.expression, joint(model)),
                    interventional(model, [y], [], [x, *w]).at({x: was}),
                )
            else:
                assert agree(value_of(found.expression, joint(model)), truth)
            rules.append((rule, bool(found.derivation.premises[0].premises)))
    assert {("treated", False), ("consistency", False), ("conditional counterfactual", True)} <= set(rules)


def test_the_napkin_estimand_is_right_where_y0_returns_the_plain_conditional():
    graph = arrows("W->Z Z->X X->Y W<->X W<->Y")
    found = identify(Query(P("Y", (), "X")), graph)
    assert isinstance(found, Estimand)
    assert [step.rule for step in found.derivation.walk()] == [
        "ancestral", "c-factor", "marginal", "c-component", "average", "districts", "effect", "query",
    ]  # fmt: skip
    model = random_model(graph, np.random.default_rng(1))
    assert agree(value_of(found.expression, joint(model)), interventional(model, ["Y"], ["X"]))
    assert not agree(value_of(P("Y", "X"), joint(model)), interventional(model, ["Y"], ["X"]))
