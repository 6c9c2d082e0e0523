"""The drawing in words, for those who hear it: each variable with its part and its neighbours, each edge.

>>> from whence.language.graph import Edge, Graph
>>> g = Graph.of((), [Edge("age", "wage"), Edge("age", "school"), Edge("school", "wage")])
>>> node_words(g, "age", "confounder")
'age, C: confounder, not adjusted for. Causes: wage and school. Caused by: nothing.'
>>> edge_words(Edge("age", "wage"), "open")
'age causes wage: open bias'
"""

from __future__ import annotations

from whence.language.graph import Edge, Graph, Mark
from whence.language.lettering import visible
from whence.language.roles import Role
from whence.language.svg import STRANDS, WORDS, Strand
from whence.language.svg_marks import LETTERS
from whence.studio.reasoning.reading import Verdict

JOINED: dict[Mark, str] = {
    "->": "causes",
    "<->": "shares an unmeasured cause with",
    "--": "is joined with",
    "o->": "may cause, or shares a cause with,",
    "o-o": "is joined in an unknown way with",
    "o--": "is joined in a partly unknown way with",
}


def role_words(role: Role) -> str:
    """What a role means to the person who draws."""
    return "confounder, not adjusted for" if role == "confounder" else WORDS[role]


def node_words(graph: Graph, name: str, role: Role) -> str:
    """A variable: its part in the question, its effects, its causes, and with what else it is joined."""
    node = graph.index[name]
    part = role_words(role) if role != "other" else "no part in the question"
    if name in graph.latent and role != "latent":
        part += ", not measured"
    letter = f", {LETTERS[role]}" if LETTERS[role] else ""  # a label holds what can be seen
    told = f"{visible(name)}{letter}: {part}. Causes: {_listed(graph.names(graph.children[node]))}."
    told += f" Caused by: {_listed(graph.names(graph.parents[node]))}."
    if graph.spouses[node]:
        told += f" Shares an unmeasured cause with: {_listed(graph.names(graph.spouses[node]))}."
    return told


def edge_words(edge: Edge, strand: Strand) -> str:
    """An edge: what joins what, how, and what it carries for the question."""
    told = f"{visible(edge.source)} {JOINED[edge.mark]} {visible(edge.target)}"
    return told if strand == "plain" else f"{told}: {STRANDS[strand]}"


def p_words(verdict: Verdict) -> str:
    """The p-value of a verdict as it stands beside its line.

    >>> p_words(Verdict("a", "b", (), 0.00001, 0.4, 100, True, ""))
    'p < 0.001'
    """
    return "p < 0.001" if verdict.p < 0.001 else f"p = {verdict.p:.3f}".rstrip("0").rstrip(".")


def _listed(names: tuple[str, ...]) -> str:
    shown = [visible(name) for name in names]
    if len(shown) < 2:
        return shown[0] if shown else "nothing"
    return f"{', '.join(shown[:-1])} and {shown[-1]}"
