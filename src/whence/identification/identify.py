"""Identification: is the answer to this causal question a formula in what is given, and which?

The question is taken apart into its probabilities; each that speaks of doing or imagining is proved equal to
a formula in the distributions given (by default, that of all observed variables); the formulas are put back
into the question. If one of them has no formula, two models are shown that agree on all that is given and
differ on the question. Nothing here knows data.

Source: J. Pearl, *Causality* (2009), chapter 3; the algorithms are named in `proving`.

>>> from whence.language.graph import Edge
>>> from whence.language.query import effect
>>> g = Graph.of((), [Edge("Z", "X"), Edge("Z", "Y"), Edge("X", "Y")])
>>> estimand = identify(effect("X", "Y"), g)
>>> [step.rule for step in estimand.derivation.walk()]
['adjustment', 'query']
"""

from __future__ import annotations

from collections.abc import Iterable

from whence.identification.counterfactuals.path_specific import unfolded
from whence.identification.ledger import ledger
from whence.identification.projection import latent_projection
from whence.identification.proving import Bar, NotCovered, Prover
from whence.identification.query_checks import check_query
from whence.identification.refusing import refuse
from whence.identification.sources.general_id import Thicket
from whence.identification.sources.given import Given, as_known, some_of, sources_from
from whence.language.estimand import Estimand, Step
from whence.language.expression import P, atoms, replace_atoms
from whence.language.graph import Graph
from whence.language.graph_text import graph as read_graph
from whence.language.printing import to_text
from whence.language.query import Query
from whence.language.query_text import query as read_query
from whence.language.refusals import ImpossibleEvidence, NotIdentified, NotYetAnswerable
from whence.language.source import Source
from whence.runtime.events import Derived, emit, heard


def identify(
    query: Query | str,
    graph: Graph | str,
    given: Given | Iterable[Given] | None = None,
    *,
    advise: bool = True,
) -> Estimand | NotIdentified | NotYetAnswerable | ImpossibleEvidence:
    """The estimand of a query with its derivation, or why there is none.

    Query and graph may be their texts. `given` are the distributions at hand, each a `Source`, a probability
    or its text, such as `["P(X, Z)", "P(Y | do(X))"]`; without it, all observed variables were seen together.
    `NotIdentified` is proved by its two models; `NotYetAnswerable` says that no procedure of ours decides a
    question of this kind, or in this kind of graph; `ImpossibleEvidence` that what is held as seen
    contradicts itself. Without `advise` a refusal does not say what would help: to search for that takes
    longer than all the rest (`refusing.advice` does it later).

    Raises `UnknownVariable`, `TreatmentIsOutcome`, `RepeatedVariable`, and `InvalidQuery` for latent
    variables, for bodies without meaning and for an empty list of sources. Emits a `Derived` event for each
    step.
    """
    graph = read_graph(graph)
    query = unfolded(read_query(query), graph)
    check_query(query, graph)
    sources = sources_from(given, graph)
    directed = graph.kind in ("DAG", "ADMG")
    plain = latent_projection(graph) if directed else graph
    prover = _proved(query, plain, sources) if directed else _tried(query, Prover(plain, sources, sources))
    if not isinstance(prover, Prover):
        return refuse(query, graph, sources, prover, advise=advise)
    formula = replace_atoms(query.body, prover.formula)
    root = Step("query", query.body, formula, (), prover.premises)
    if heard():
        for step in root.walk():
            emit(Derived(stage="identify", formula=f"{to_text(step.claim)}: {step.rule}"))
    shape = prover.shape
    assumptions = ledger(prover.graph, query, root, shape)
    return Estimand(query, formula, root, shape, graph, assumptions, prover.stated)


def _proved(query: Query, graph: Graph, sources: tuple[Source, ...]) -> Prover | Bar:
    """Every probability of the query proved from the sources, or from some of them; or what bars it.

    What only a source that is left out mentions is latent: another then measures all the rest, perhaps.
    """
    bar = None
    for used in (sources, *some_of(sources)):
        observed, known = as_known(graph, used, query.variables)
        found = _tried(query, Prover(observed, known, used, search=used is sources))
        if isinstance(found, Prover):
            return found
        bar = bar or found
        if not (isinstance(bar, NotCovered) or (isinstance(bar, Thicket) and not bar.complete)):
            break
    assert bar is not None
    return bar


def _tried(query: Query, prover: Prover) -> Prover | Bar:
    """The prover once it has proved every probability of the query, or what bars one of them."""
    for atom in atoms(query.body):
        bar = prover.prove(atom) if isinstance(atom, P) else None
        if bar is not None:
            return bar
    return prover
