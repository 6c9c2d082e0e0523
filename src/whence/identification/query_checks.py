"""Does a question fit its graph? Every fault is one typed error that names its cure.

>>> from whence.language.graph import Edge
>>> from whence.language.query import effect
>>> check_query(effect("X", "Y"), Graph.of((), [Edge("X", "Y")]))
"""

from __future__ import annotations

from collections.abc import Iterator

from whence.identification.no_effect import come_after
from whence.language.expression import Kernel, P, Term, atoms
from whence.language.graph import Graph
from whence.language.paths import path_of
from whence.language.printing import name_text
from whence.language.query import Query
from whence.language.source import POLICY
from whence.runtime.errors import InvalidQuery, RepeatedVariable, TreatmentIsOutcome
from whence.runtime.plain import quoted


def check_query(query: Query, graph: Graph) -> None:
    """Raise the typed error for names that are unknown, latent, repeated or in two roles."""
    found = atoms(query.body)
    if not found:
        raise InvalidQuery("The question asks for nothing.", "Ask for a probability or an expectation.")
    for atom in found:
        if isinstance(atom, Kernel):
            raise InvalidQuery("A kernel Q[…] is no question.", "Ask for P(Y | do(X)) instead.")
        if atom.population not in ("", POLICY):
            raise InvalidQuery(
                f"The question is about the population {quoted(atom.population)}.",
                "Ask about your own, without @, and say of each source where it is from.",
            )
        for name in _every_name(atom.terms, graph):
            graph.number(name)
            if name in graph.latent:
                raise InvalidQuery(
                    f"{quoted(name)} is latent, so no estimand can mention it.",
                    "Ask about variables that were observed, or take it off the latent ones.",
                )
        _check_roles(atom, graph)
    _check_groups(query, graph)


def _check_groups(query: Query, graph: Graph) -> None:
    """Raise where an effect within groups is asked for, and the treatment decides who is in which."""
    contrast = query.contrast
    after = come_after(query, graph) if contrast is not None and contrast.kind == "CATE" else ()
    if contrast is not None and after:
        x, y, z = map(name_text, (contrast.treatment, contrast.outcome, after[0]))
        raise InvalidQuery(
            f"{z} comes after {x}, which decides who is where in {z}: there is no effect within such groups.",
            f"Group by what comes before {x}, or by what {z} was: E[{y}_{{{x}=1}} - {y}_{{{x}=0}} | {z}].",
        )


def _check_roles(atom: P, graph: Graph) -> None:
    if not atom.of:
        raise InvalidQuery("A probability of nothing was asked for.", "Name an outcome.")
    outcomes = {term.name for term in atom.of}
    for name in _every_name(atom.do, graph):
        if name in outcomes:
            raise TreatmentIsOutcome(name)
    for term in atom.of:
        for setting in term.world:
            # Y_{Y=1}=1, with both values, is plainly true or false.
            if setting.name == term.name and None in (setting.value, term.value):
                raise TreatmentIsOutcome(term.name)
    # Two terms of one name differ where their worlds do: Y and Y had X been 0.
    seen: set[tuple[str, tuple[Term, ...]]] = set()
    for term in atom.terms:
        if (term.name, term.world) in seen:
            raise RepeatedVariable(term.name)
        seen.add((term.name, term.world))
    for term in atom.given:
        if any(term.name == other.name for other in atom.do):
            raise RepeatedVariable(term.name)


def _every_name(terms: tuple[Term, ...], graph: Graph) -> Iterator[str]:
    for term in terms:
        yield from (path_of(term.name) if term.name not in graph.nodes else None) or (term.name,)
        yield from _every_name(term.world, graph)
