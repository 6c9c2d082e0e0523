"""Identification: is the answer to this causal question a formula in what was observed, and which?

The question is taken apart into its probabilities; each that speaks of doing or imagining is proved equal
to a formula in the observational distribution alone, or a hedge proves that there is none; the formulas
are put back into the question. Nothing here knows data.

Source: J. Pearl, *Causality* (2009), chapter 3; the algorithms are named in `effects`, `id_algorithm`,
`idc` and `treated`.

>>> from whence.language.graph import Edge
>>> from whence.language.query import effect
>>> g = Graph.of((), [Edge("Z", "X"), Edge("Z", "Y"), Edge("X", "Y")])
>>> estimand = identify(effect("X", "Y"), g)
>>> [step.rule for step in estimand.derivation.walk()]
['adjustment', 'query']
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from whence.identification.effects import Proved, identify_doing
from whence.identification.idc import Barred
from whence.identification.ledger import ledger, listed
from whence.identification.projection import latent_projection
from whence.identification.treated import claim_of, identify_treated, taken_apart
from whence.language.estimand import Estimand, General, Observed, Shape, Step
from whence.language.expression import Expression, Kernel, P, Term, atoms, pattern, replace_atoms, substitute
from whence.language.graph import Graph
from whence.language.printing import to_text
from whence.language.query import Query
from whence.language.refusals import NotIdentified, NotYetAnswerable
from whence.runtime.errors import InvalidQuery, RepeatedVariable, TreatmentIsOutcome
from whence.runtime.events import Derived, emit
from whence.runtime.plain import quoted


def identify(query: Query, graph: Graph) -> Estimand | NotIdentified | NotYetAnswerable:
    """The estimand of a query with its derivation, or why there is none.

    `NotIdentified` is proved by its hedge; `NotYetAnswerable` says that no procedure of ours covers this
    kind of question or graph. Raises `UnknownVariable`, `TreatmentIsOutcome`, `RepeatedVariable`, and
    `InvalidQuery` for latent variables and for bodies without meaning. Emits a `Derived` event for each
    step.
    """
    check_query(query, graph)
    if graph.kind not in ("DAG", "ADMG"):
        return NotYetAnswerable(
            f"Effects are derived in DAGs and ADMGs so far, and this graph is a {graph.kind}.",
            ("directing its open edges",),
        )
    observed = latent_projection(graph)
    work = _Work(observed)
    for atom in atoms(query.body):
        if isinstance(atom, P):
            failure = work.prove(atom)
            if isinstance(failure, Barred):
                return _refusal(query, graph, failure)
            if failure is not None:
                return failure
    formula = replace_atoms(query.body, work.formula)
    root = Step("query", query.body, formula, (), work.premises)
    for step in root.walk():
        emit(Derived(stage="identify", formula=f"{to_text(step.claim)}: {step.rule}"))
    shape = work.shape
    return Estimand(query, formula, root, shape, graph, ledger(observed, query, root, shape))


@dataclass(slots=True)
class _Work:
    """What has been proved so far, by claim."""

    graph: Graph
    proved: dict[P, Proved] = field(default_factory=dict[P, Proved])

    def prove(self, atom: P) -> Barred | NotYetAnswerable | None:
        """Prove what the atom claims, unless that was done; None says that it is."""
        claim = claimed(atom)
        if claim in self.proved:
            return None
        imagined = any(term.world for term in claim.terms)
        if imagined:
            found = identify_treated(self.graph, claim)
        elif claim.do:
            found = identify_doing(self.graph, claim)
        else:
            found = Proved(Step("observation", claim, claim), Observed())
        if found is None:
            return NotYetAnswerable(
                f"No procedure here answers {to_text(atom)}: of counterfactuals, only effects among those "
                "seen at one value of the treatment are derived so far.",
                ("asking for an effect of doing, such as E[Y | do(X=1)]",),
            )
        if isinstance(found, Barred):
            return _unreached(found) if imagined else found
        self.proved[claim] = found
        return None

    def formula(self, atom: P | Kernel) -> Expression:
        """What stands for the atom in the estimand."""
        if isinstance(atom, Kernel):
            return atom
        step = self.proved[claimed(atom)].step
        if step.rule == "observation":
            return atom
        # The levels of an imagined treatment stand in its formula already.
        fixed = {term.name for term in claimed(atom).terms if term.value is not None}
        named = ((term.name, term.value) for term in atom.terms if term.name not in fixed)
        values = {name: value for name, value in named if value is not None}
        return substitute(step.formula, values)

    @property
    def premises(self) -> tuple[Step, ...]:
        """One step for each claim."""
        return tuple(each.step for each in self.proved.values())

    @property
    def shape(self) -> Shape:
        """The one shape that all parts have, or the general one."""
        shapes = {each.shape for each in self.proved.values()}
        return shapes.pop() if len(shapes) == 1 else General()


def claimed(atom: P) -> P:
    """What a derivation proves for an atom: all its values open, but for those of an imagined treatment."""
    parts = taken_apart(atom)
    return pattern(atom) if parts is None else claim_of(parts)


def _unreached(barred: Barred) -> NotYetAnswerable:
    x, y = listed(barred.treatments), listed(barred.outcomes)
    return NotYetAnswerable(
        "The effect among those seen treated is derived from covariates that block the back-door paths, or "
        f"from the effect of {x} on {y} in everyone; here no such covariates were observed, and the latter "
        f"is not determined (unobserved common causes join {listed(barred.hedge.forest)}).",
        (f"observing what confounds {x} and {y}", f"an experiment that sets {x}"),
    )


def _refusal(query: Query, graph: Graph, barred: Barred) -> NotIdentified:
    x, y, hedge = barred.treatments, barred.outcomes, barred.hedge
    outer = [name for name in hedge.forest if name not in hedge.subforest]
    message = (
        f"The effect of {listed(x)} on {listed(y)} is not determined by what is observed: "
        f"unobserved common causes join {listed(outer)} with {listed(hedge.subforest)}, "
        "so two models can agree on all the data and differ on the effect."
    )
    inside = set(hedge.forest)
    hidden = [edge for edge in graph.edges if edge.mark == "<->" and {edge.source, edge.target} <= inside]
    pairs = [f"observing what causes both {edge.source} and {edge.target}" for edge in hidden]
    observing = [f"observing {name}" for name in graph.nodes if name in graph.latent]
    would_help = (*pairs, *observing, f"an experiment that sets {listed(x)}")
    return NotIdentified(message, would_help, query, hedge, x, y, graph)


def check_query(query: Query, graph: Graph) -> None:
    """Raise the typed error for names that are unknown, latent, repeated or in two roles."""
    found = atoms(query.body)
    if not found:
        raise InvalidQuery("The question asks for nothing.", "Ask for a probability or an expectation.")
    for atom in found:
        if isinstance(atom, Kernel):
            raise InvalidQuery("A kernel Q[…] is no question.", "Ask for P(Y | do(X)) instead.")
        for name in _every_name(atom.terms):
            graph.number(name)
            if name in graph.latent:
                raise InvalidQuery(
                    f"{quoted(name)} is latent, so no estimand can mention it.",
                    "Ask about variables that were observed, or take it off the latent ones.",
                )
        _check_roles(atom)


def _check_roles(atom: P) -> None:
    if not atom.of:
        raise InvalidQuery("A probability of nothing was asked for.", "Name an outcome.")
    outcomes = {term.name for term in atom.of}
    for name in _every_name(atom.do):
        if name in outcomes:
            raise TreatmentIsOutcome(name)
    for term in atom.of:
        for name in _every_name(term.world):
            if name == term.name:
                raise TreatmentIsOutcome(name)
    # Two terms of one name differ where their worlds do: Y and Y had X been 0.
    seen: set[tuple[str, tuple[Term, ...]]] = set()
    for term in atom.terms:
        if (term.name, term.world) in seen:
            raise RepeatedVariable(term.name)
        seen.add((term.name, term.world))
    for term in atom.given:
        if any(term.name == other.name for other in atom.do):
            raise RepeatedVariable(term.name)


def _every_name(terms: tuple[Term, ...]) -> Iterator[str]:
    for term in terms:
        yield term.name
        yield from _every_name(term.world)
