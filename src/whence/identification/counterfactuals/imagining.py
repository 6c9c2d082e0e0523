"""What would have been, shape first: by adjustment where a set serves, else by the general algorithms.

The effect among those seen treated has simple shapes, which are estimated best; every other event in several
worlds goes through ID* and IDC*. What these refuse may still be had if the treatment takes two values only,
which is an assumption, and is said.

Source: J. Pearl, *Causality* (2009), chapters 7 and 8.

>>> from whence.language.graph import Edge
>>> front = Graph.of((), [Edge("X", "M"), Edge("M", "Y"), Edge("X", "Y", "<->")])
>>> from whence.language.expression import Term
>>> found = identify_counterfactual(front, P(Term("Y", None, (Term("X", 0),)), Term("X", 1)))
>>> found.step.rule
'conditional counterfactual'
"""

from __future__ import annotations

from whence.identification.counterfactuals.id_star import Kernels
from whence.identification.counterfactuals.idc_star import Unproved, identify_conditional_event
from whence.identification.counterfactuals.treated import (
    claim_of,
    identify_treated,
    taken_apart,
    treated_of_two_levels,
)
from whence.identification.effects import Proved
from whence.language.expression import P
from whence.language.graph import Graph


def identify_counterfactual(graph: Graph, atom: P, kernel: Kernels | None = None) -> Proved | Unproved | None:
    """A proof of P(γ | δ), terms in worlds, or why there is none.

    The claim that is proved is the atom, values kept; of the effects among those seen treated it is the atom
    with the values of outcomes and conditions left open. `graph` is a DAG or ADMG without latent nodes.
    `kernel` finds the kernels of districts in what is given; None means that P(V) is.

    A `Conflict`, `Hedge` or `Thicket` bars every formula for values in general; `ImpossibleEvidence` says
    that δ contradicts itself; None that the form is not covered (worlds beside a `do`). Raises `InvalidQuery`
    where a name stands open for two things at once.
    """
    names = [term.name for term in atom.terms]
    parts = taken_apart(atom) if kernel is None and not atom.population else None
    claim = claim_of(parts) if parts is not None and len(set(names)) == len(names) else None
    shaped = None if claim is None else identify_treated(graph, claim)
    if shaped is not None:
        return shaped
    found = identify_conditional_event(graph, atom, kernel)
    if claim is None or found is None or isinstance(found, Proved):
        return found
    return treated_of_two_levels(graph, claim) or found
