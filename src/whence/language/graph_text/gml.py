r"""The Graph Modelling Language: `graph [ directed 1 node [ id 0 label "x" ] edge [ source 0 target 1 ] ]`.

A node's name is its label (its id where it has none). An edge's mark is its `mark` (`->` in directed graphs
and `--` in others, where it has none). A node with `latent 1` or `observed "no"` is hidden.

Source: M. Himsolt, "GML: a portable graph file format" (1997).

>>> nodes = 'node [ id 0 label "x" ] node [ id 1 label "y" ]'
>>> read(f"graph [ directed 1 {nodes} edge [ source 0 target 1 ] ]").edges
[Edge(source='x', target='y', mark='->', citations=())]
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeAlias, cast, get_args

from whence.language.graph import Kind, kind_of
from whence.language.graph_text.dot import says_latent
from whence.language.graph_text.sketch import Sketch
from whence.runtime.errors import GraphSyntax, InvalidGraph
from whence.runtime.plain import quoted

if TYPE_CHECKING:
    from whence.language.graph import Graph

Value: TypeAlias = "str | list[tuple[str, Value]]"

PIECE = re.compile(r'\s+|#[^\n]*|(?P<string>"[^"]*")|(?P<bracket>[\[\]])|(?P<word>[^\s\[\]"#]+)')
ENTITY = re.compile(r"&(?:#(\d{1,7})|(quot|amp|lt|gt|apos));")
ENTITIES = {"quot": '"', "amp": "&", "lt": "<", "gt": ">", "apos": "'"}
DEEPEST = 50
EXAMPLE = 'Write graph [ node [ id 0 label "x" ] … edge [ source 0 target 1 ] ].'


def read(text: str) -> Sketch:
    """The graph that a GML text describes; raises `GraphSyntax`, or `InvalidGraph` for edges to no node."""
    graphs = [value for key, value in _parse(text) if key == "graph"]
    if len(graphs) != 1 or isinstance(graphs[0], str):
        raise GraphSyntax(text, 0, "There is not one graph in this GML text.", EXAMPLE)
    sketch = Sketch()
    names: dict[str, str] = {}
    scalars = _scalars(graphs[0])
    kind = scalars.get("kind")
    if kind is not None and kind not in get_args(Kind):
        raise InvalidGraph(f"{quoted(kind)} is no kind of graph.", f"Use one of {', '.join(get_args(Kind))}.")
    sketch.kind = cast("Kind | None", kind)
    for entry in _children(graphs[0], "node"):
        name = sketch.add(entry.get("label", entry.get("id", "")))
        names[entry.get("id", name)] = name
        if says_latent(entry):
            sketch.latent.add(name)
    if len(sketch.nodes) < len(names):
        raise InvalidGraph("Two nodes of this GML text have one label.", "Give each node its own label.")
    default = "->" if scalars.get("directed", "0") == "1" else "--"
    for entry in _children(graphs[0], "edge"):
        ends = [names.get(entry.get(end, "")) for end in ("source", "target")]
        if None in ends:
            shown = f"{entry.get('source')} to {entry.get('target')}"
            raise InvalidGraph(f"The edge from {shown} has an end that is no node.", EXAMPLE)
        source, target = (str(end) for end in ends)
        sketch.join([source], entry.get("mark", default), [target])
    return sketch


def _children(graph: list[tuple[str, Value]], kind: str) -> list[dict[str, str]]:
    return [_scalars(value) for key, value in graph if key == kind and not isinstance(value, str)]


def _scalars(entries: list[tuple[str, Value]]) -> dict[str, str]:
    return {key: value for key, value in entries if isinstance(value, str)}


def _parse(text: str) -> list[tuple[str, Value]]:
    """The nested keys and values; strings and numbers alike as text."""
    stack: list[list[tuple[str, Value]]] = [[]]
    key: str | None = None
    position = 0
    while position < len(text):
        match = PIECE.match(text, position)
        if match is None:
            raise GraphSyntax(text, position, "This quotation is not closed.", 'Add the closing ".')
        string, bracket, word = match["string"], match["bracket"], match["word"]
        if bracket == "[":
            if key is None or len(stack) > DEEPEST:
                raise GraphSyntax(text, position, "A key must stand before this bracket.", EXAMPLE)
            inner: list[tuple[str, Value]] = []
            stack[-1].append((key, inner))
            stack.append(inner)
            key = None
        elif bracket == "]":
            if key is not None or len(stack) == 1:
                raise GraphSyntax(text, position, "This bracket closes nothing.", EXAMPLE)
            stack.pop()
        elif key is None and word is not None:
            key = word
        elif key is not None and (string is not None or word is not None):
            stack[-1].append((key, _unescaped(string[1:-1]) if string is not None else str(word)))
            key = None
        elif string is not None:
            raise GraphSyntax(text, position, "A key must stand before this value.", EXAMPLE)
        position = match.end()
    if len(stack) > 1 or key is not None:
        raise GraphSyntax(text, len(text), "The text ends too early.", EXAMPLE)
    return stack[0]


def _unescaped(text: str) -> str:
    def character(match: re.Match[str]) -> str:
        code = match[1]
        if code is None:
            return ENTITIES[match[2]]
        return chr(int(code)) if int(code) < 0x110000 else match[0]

    return ENTITY.sub(character, text)


def _string(text: str) -> str:
    shown = text.replace("&", "&amp;").replace('"', "&quot;")
    return '"' + "".join(c if " " <= c <= "~" else f"&#{ord(c)};" for c in shown) + '"'


def write(graph: Graph) -> str:
    """The graph as GML that reads back to an equal graph."""
    lines = ["graph [", "  directed 1"]
    if kind_of(graph.edges) != graph.kind:
        lines.append(f'  kind "{graph.kind}"')
    for number, name in enumerate(graph.nodes):
        hidden = " latent 1" if name in graph.latent else ""
        lines.append(f"  node [ id {number} label {_string(name)}{hidden} ]")
    for edge in graph.edges:
        ends = f"source {graph.index[edge.source]} target {graph.index[edge.target]}"
        lines.append(f'  edge [ {ends} mark "{edge.mark}" ]')
    return "\n".join([*lines, "]"]) + "\n"
