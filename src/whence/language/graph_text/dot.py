"""Graphviz DOT: `digraph { x -> y; U [latent=true]; a -> b [dir=both] }`.

`dir=both` makes an edge bidirected, `dir=none` (or `--`) undirected; the heads `odot` are circles. A node
with `latent=true` or `observed=no` is hidden. All other attributes are about looks and are left out.

Source: the DOT language, graphviz.org.

>>> read('digraph { a -> b [dir=both]; U [observed="no"] }').graph().kind
'ADMG'
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from whence.language.graph import kind_of
from whence.language.graph_text.braces import BODY, body, dot_string
from whence.language.graph_text.sketch import Sketch
from whence.language.graph_text.tokens import Cursor, tokens
from whence.runtime.plain import quoted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from whence.language.graph import Graph, Mark
    from whence.language.graph_text.tokens import Token

LOOKS: dict[Mark, str] = {
    "->": "",
    "<->": " [dir=both]",
    "--": " [dir=none]",
    "o->": " [dir=both, arrowtail=odot]",
    "o-o": " [dir=both, arrowtail=odot, arrowhead=odot]",
    "o--": " [dir=both, arrowtail=odot, arrowhead=none]",
}
HEADS = {"odot": "o", "none": "", "dot": "o"}
YES = frozenset({"", "true", "yes", "1"})
NO = frozenset({"false", "no", "0"})


class _Dot:
    def __init__(self, directed: bool) -> None:
        self.directed = directed

    def arrow(self, cursor: Cursor, token: Token, attributes: Mapping[str, str]) -> str:
        if token.text != ("->" if self.directed else "--"):
            kind = "digraph" if self.directed else "graph"
            shown = "->" if self.directed else "--"
            cursor.fail(f"A DOT {kind} has no {token.text}.", f"Write {shown}; say dir=both for <->.", token)
        way = attributes.get("dir", "forward" if self.directed else "none").lower()
        if way not in ("forward", "back", "both", "none"):
            cursor.fail(f"An edge has no dir={quoted(way)}.", "Use forward, back, both or none.", token)
        tail = HEADS.get(attributes.get("arrowtail", "normal"), "<") if way in ("both", "back") else ""
        head = HEADS.get(attributes.get("arrowhead", "normal"), ">") if way in ("both", "forward") else ""
        pointed = tail == "<" or head == ">" or (tail and head)
        return f"{tail}-{head}" if pointed else f"{tail}--{head}"

    def is_latent(self, _cursor: Cursor, attributes: Mapping[str, str]) -> bool:
        return says_latent(attributes)


def says_latent(attributes: Mapping[str, str]) -> bool:
    """Whether attributes of a node, in any of the customs in use, make it a hidden one."""
    latent, observed = attributes.get("latent"), attributes.get("observed")
    return (latent is not None and latent.lower() in YES) or (observed or "").lower() in NO


def read(text: str) -> Sketch:
    """The graph that a DOT text describes; raises `GraphSyntax`."""
    cursor = Cursor(text, tokens(text, "dot"))
    if cursor.now.text.lower() == "strict":
        cursor.next()
    kind = cursor.next()
    if kind.text.lower() not in ("graph", "digraph"):
        cursor.fail("A DOT text begins with digraph {.", BODY, kind)
    if not cursor.is_at("{"):
        cursor.name("The graph's name")
    sketch = Sketch()
    body(cursor, sketch, _Dot(kind.text.lower() == "digraph"))
    if not cursor.at_end:
        cursor.fail("The graph ended before this.", "Give one graph at a time.")
    return sketch


def write(graph: Graph) -> str:
    """The graph as DOT that reads back to an equal graph (and that Graphviz draws)."""
    lines = ["digraph {"]
    if kind_of(graph.edges) != graph.kind:
        lines.append(f"  kind={graph.kind};")
    for name in graph.nodes:
        looks = " [latent=true, style=dashed]" if name in graph.latent else ""
        lines.append(f"  {dot_string(name)}{looks};")
    lines += [
        f"  {dot_string(edge.source)} -> {dot_string(edge.target)}{LOOKS[edge.mark]};" for edge in graph.edges
    ]
    return "\n".join([*lines, "}"]) + "\n"
