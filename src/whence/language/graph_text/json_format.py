"""Graphs as JSON: `{"nodes": ["x", "y"], "edges": [{"source": "x", "target": "y", "mark": "->"}]}`.

Read are also edges as lists (`["x", "y"]`, `["x", "<->", "y"]`) or in arrow text (`"x -> y"`), nodes as
objects with `id` or `name` and `latent`, the node-link form of networkx and d3 (`links`), `bidirected` lists
of pairs, and a bare list of edges.

>>> read('{"edges": [["x", "y"]], "bidirected": [["x", "y"]]}').graph().kind
'ADMG'
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, cast, get_args

from whence.language.graph import Kind
from whence.language.graph_json import edge_from_dict, graph_to_dict
from whence.language.graph_text import arrows
from whence.language.graph_text.sketch import Sketch
from whence.language.json_reading import Fields, as_text
from whence.runtime.errors import GraphSyntax, InvalidAnswer, InvalidGraph

if TYPE_CHECKING:
    from collections.abc import Sequence

    from whence.language.graph import Graph

EXAMPLE = 'Write {"nodes": ["x", "y"], "edges": [["x", "->", "y"]]}.'


def read(text: str) -> Sketch:
    """The graph that a JSON text describes; raises `GraphSyntax` or `InvalidGraph`."""
    try:
        data: object = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        raise GraphSyntax(text, getattr(error, "pos", 0), "This is not readable JSON.", EXAMPLE) from error
    return from_data(data)


def from_data(data: object) -> Sketch:
    """The graph that JSON values describe."""
    whole: object = {"edges": cast("object", data)} if isinstance(data, list) else data
    try:
        return _sketch(Fields(whole, "the graph"))
    except InvalidAnswer as error:
        raise InvalidGraph(f"This JSON is no graph: {error.reason}.", EXAMPLE) from error


def _sketch(fields: Fields) -> Sketch:
    if fields.get("nodes") is None and fields.get("edges") is None and fields.get("links") is None:
        raise InvalidAnswer('it has neither "nodes" nor "edges"')
    sketch = Sketch()
    sketch.kind = None if fields.get("kind") is None else fields.choice("kind", get_args(Kind))
    for node in fields.list("nodes"):
        if isinstance(node, str):
            sketch.add(node)
            continue
        entry = Fields(node, "a node")
        named = next((key for key in ("id", "name", "label") if entry.value(key) is not None), "id")
        name = sketch.add(str(entry.required(named)))
        if entry.truth("latent") or entry.get("observed") in (False, "no"):
            sketch.latent.add(name)
    default = "--" if fields.get("directed") is False else "->"
    for edge in (*fields.list("edges"), *fields.list("links")):
        _join(sketch, edge, default)
    for edge in fields.list("bidirected"):
        _join(sketch, edge, "<->")
    sketch.latent.update(fields.names("latent"))
    return sketch


def _join(sketch: Sketch, data: object, default: str) -> None:
    if isinstance(data, str):
        inner = arrows.read(data)
        sketch.edges += inner.edges
        return
    if isinstance(data, list | tuple):
        ends = [as_text(part, "an edge") for part in cast("Sequence[object]", data)]
        if len(ends) not in (2, 3):
            raise InvalidAnswer(f"an edge has {len(ends)} parts, not two or three")
        mark = ends[1] if len(ends) == 3 else default
        sketch.join([ends[0]], mark, [ends[-1]])
        return
    fields = Fields(data, "an edge")
    if fields.get("mark") is not None:
        sketch.edges.append(edge_from_dict(data))
        return
    source, target = (str(fields.required(end)) for end in ("source", "target"))
    sketch.join([source], default, [target])


def write(graph: Graph) -> str:
    """The graph as JSON that reads back to an equal graph, in the order of its nodes, citations kept."""
    return json.dumps(graph_to_dict(graph), ensure_ascii=False, indent=1) + "\n"
