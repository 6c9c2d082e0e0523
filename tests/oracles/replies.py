"""Questions of one kind put to `identify`, and each reply held against the verifier and the truth."""

from __future__ import annotations

from collections import Counter

import numpy as np

from oracles.claims import states_something_false
from oracles.functional import random_functional
from oracles.mediated import mediation_trials
from oracles.refusals import is_false, is_plain
from oracles.trials import Tally
from verification.refused import KINDS, random_question
from whence.identification.identify import identify
from whence.identification.verify import verify
from whence.language.estimand import Estimand
from whence.language.expression import P, free_variables
from whence.language.graph import Graph
from whence.language.query import Query
from whence.language.refusals import ImpossibleEvidence, NotIdentified, NotYetAnswerable
from whence.runtime.errors import ProofRejected, QueryError

VERDICTS = ("identified", "not_identified", "impossible_evidence", "not_yet_answerable", "no question")


def reply_trials(kind: str, count: int, seed: int) -> Tally:
    """Random questions of a kind of `KINDS`."""
    tally = Tally()
    for number in range(count):
        rng = np.random.default_rng((seed, number, KINDS.index(kind)))
        try:
            query, graph, given = random_question(kind, rng)
        except QueryError:  # a name stands open for two things, say
            tally.counts["no question"] += 1
            continue
        try:
            found = identify(query, graph, given)
        except QueryError:
            tally.counts["no question"] += 1
            continue
        except Exception as error:
            tally.fault("crash", graph, query, (given, repr(error)))
            continue
        try:
            if isinstance(found, Estimand | NotIdentified):
                verify(found, graph)
        except ProofRejected as error:
            tally.fault("rejected", graph, query, (given, error))
        judge_reply(found, query, graph, number, tally)
    return tally


def judge_reply(found: object, query: Query, graph: Graph, seed: int, tally: Tally) -> None:
    """Count the reply; one that is false in a random model, or by its own two models, is a fault."""
    match found:
        case Estimand():
            tally.counts["identified"] += 1
            false = None if graph.latent else states_something_false(found, graph, seed)
            tally.counts["identified, held against models"] += false is False
            if false:
                tally.fault("wrong", graph, query, (found.given, found.expression))
        case NotIdentified():
            tally.counts["not_identified"] += 1
            if is_plain(found):
                false = is_false(found, graph)
                tally.counts["not_identified, held against the definition"] += false is False
                if false:
                    tally.fault("wrong", graph, query, (found.given, found.models))
        case ImpossibleEvidence():
            tally.counts["impossible_evidence"] += 1
            body = query.body
            model = random_functional(graph, np.random.default_rng(seed))
            if isinstance(body, P) and model.probability(
                P(body.given), dict.fromkeys(free_variables(body), 0)
            ):
                tally.fault("wrong", graph, query, found)
        case NotYetAnswerable():
            tally.counts["not_yet_answerable"] += 1
        case _:
            tally.fault("no verdict", graph, query, found)


def mediated_replies(count: int, seed: int) -> Tally:
    """Parts of effects, and effects along paths, by verdict."""
    found = mediation_trials(count, seed)
    counts: Counter[str] = Counter()
    for key, number in found.counts.items():
        counts[key.split(" ", 1)[-1]] += number
    return Tally(counts, found.faults)
