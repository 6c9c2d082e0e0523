"""Path-specific settings taken apart: edge by edge, as nested counterfactuals.

In Y_{X=0, "along X -> M -> Y"=1} each variable on the path sees, along the path's own edges, what X=1 brings,
and X=0 along all others. So Y has X at 0, and M as it would be with X at 1: Y_{X=0, M_{X=1}}. Which parents
are to be named depends on the graph. If one variable were needed both ways (a recanting witness), the nested
terms say so, and identification refuses.

Sources: C. Avin, I. Shpitser and J. Pearl, "Identifiability of path-specific effects" (IJCAI 2005);
I. Shpitser, "Counterfactual graphical models for longitudinal mediation analysis with unobserved confounding"
(Cognitive Science 2013), section 4.

>>> from whence.language.graph import Edge
>>> from whence.language.query_text import query
>>> g = Graph.of((), [Edge("X", "M"), Edge("M", "Y"), Edge("X", "Y")])
>>> str(unfolded(query("PSE(X -> Y via X -> Y)"), g))
'E[Y_{M_{X=0}, X=1}] - E[Y_{X=0}]'
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise

from whence.identification.kinship import descendants
from whence.identification.projection import latent_projection
from whence.language.expression import P, Term, Value, atoms, replace_atoms
from whence.language.graph import Graph
from whence.language.paths import path_of, path_text
from whence.language.printing import name_text
from whence.language.query import Query
from whence.runtime.errors import InvalidQuery

Path = tuple[str, ...]


def unfolded(query: Query, graph: Graph) -> Query:
    """The query with its path-specific settings taken apart along the graph; itself where it has none.

    Raises `UnknownVariable` for a name along a path that is not in the graph, `InvalidQuery` for a path that
    is not there or that a setting blocks, and `InvalidGraph` for a graph that is no DAG or ADMG.
    """
    if not has_paths(query):
        return query
    graph = latent_projection(graph)

    def change(atom: P) -> P:
        of, given = (tuple(_term(term, graph) for term in part) for part in (atom.of, atom.given))
        return P(of, given, atom.do, atom.population)

    body = replace_atoms(query.body, lambda atom: change(atom) if isinstance(atom, P) else atom)
    return Query(body, None, query.assuming)


def has_paths(query: Query) -> bool:
    """Whether some setting of the query is along a path."""
    found = (term for atom in atoms(query.body) if isinstance(atom, P) for term in (*atom.of, *atom.given))
    return any(_paths_in(term) for term in found)


def _paths_in(term: Term) -> bool:
    return any(path_of(setting.name) is not None or _paths_in(setting) for setting in term.world)


def _term(term: Term, graph: Graph) -> Term:
    """The term with the paths in its world taken apart."""
    world = tuple(_term(setting, graph) for setting in term.world)
    along: dict[Path, Value] = {}
    plain: list[Term] = []
    for setting in world:
        path = None if setting.name in graph.nodes else path_of(setting.name)
        if path is None:
            plain.append(setting)
        elif setting.value is None:
            raise InvalidQuery(
                f"What goes along {path_text(path)} was not said.", "Give the path a value, such as 1."
            )
        else:
            along[path] = setting.value
    if not along:
        return Term(term.name, term.value, world)
    for path in along:
        _check(path, term, plain, graph)
    return replace(_Unfolding(graph, tuple(plain), along).built((term.name,)), value=term.value)


def _check(path: Path, term: Term, plain: list[Term], graph: Graph) -> None:
    shown = path_text(path)
    numbers = [graph.number(name) for name in path]
    for cause, effect in pairwise(numbers):
        if not graph.parents[effect] >> cause & 1:
            missing = f"{name_text(graph.nodes[cause])} -> {name_text(graph.nodes[effect])}"
            raise InvalidQuery(
                f"There is no edge {missing}, so no path {shown}.", "Name a path of the graph."
            )
    if path[-1] != term.name:
        raise InvalidQuery(
            f"The path {shown} does not end in {name_text(term.name)}.",
            "Name paths that lead to the outcome.",
        )
    held = {setting.name for setting in plain}
    if path[0] not in held:
        raise InvalidQuery(
            f"What {name_text(path[0])} is off the path {shown} was not said.",
            f"Set it as well, as in {name_text(term.name)}_{{{name_text(path[0])}=0, …}}.",
        )
    blocked = held.intersection(path[1:])
    if blocked:
        raise InvalidQuery(
            f"{name_text(min(blocked))} is set, so nothing goes along {shown}.", "Leave one of the two out."
        )


@dataclass(frozen=True, slots=True)
class _Unfolding:
    """`plain` is what is set off the paths, `along` the value that goes along each of them."""

    graph: Graph
    plain: tuple[Term, ...]
    along: Mapping[Path, Value]

    def built(self, suffix: Path) -> Term:
        """What the first variable of `suffix` is to the next one, for what follows in it."""
        node = self.graph.number(suffix[0])
        changed = {path[0]: value for path, value in self.along.items() if path[1:] == suffix}
        world = [each for each in self.plain if each.name not in changed]
        world += [Term(name, value) for name, value in changed.items()]
        parents = self.graph.names(self.graph.parents[node])
        tails = {path[-len(suffix) - 1 :] for path in self.along}
        passed = [name for name in parents if (name, *suffix) in tails and name not in changed]
        world += [self.built((name, *suffix)) for name in passed]
        # What is set anew for this variable alone must not reach it by way of its other parents.
        anew = self.graph.mask([*changed, *passed])
        reached = self.graph.names(descendants(self.graph, anew, self.graph.all))
        held = {setting.name for setting in world}
        world += [Term(name, None, self.plain) for name in parents if name in reached and name not in held]
        return Term(suffix[0], None, tuple(world))
