r"""The script that makes an answer again: it holds everything but the data, checks these, asks, and compares.

The names of a graph stand in it in the order that they had, since sums come out alike to the last bit only in
the order in which they were added up. Whatever a person wrote stands in it as a Python literal, so that no
text can become code.

>>> from whence.language.graph import Edge
>>> print(graph_lines(Graph.of(("y", "x"), [Edge("x", "y")])))
['y; x', 'x -> y']
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

import whence
from whence.language.graph import Graph, kind_of
from whence.language.graph_text import json_format, write
from whence.studio.projects.asking import options_of
from whence.studio.projects.checking import graph_of_text

if TYPE_CHECKING:
    from whence.explanation.answer import Answer
    from whence.runtime.plain import JSON
    from whence.studio.projects.history import RunEntry
    from whence.studio.projects.sheet import Dataset, Sheet

READING = ("where", "derive", "weights")
"""The options of `ask` that bear on how the data are read."""

HEAD = '''\
"""Makes an answer again that was found in the studio of Whence {version}{data}."""

import sys

import whence as wh{examples}
'''
NUMBERS = '''

def numbers(answer):
    """What an answer says: its status, every number with its interval, and the limits where there are any."""
    told = answer.to_dict()
    limits = told["bounds"] or {}
    each = [told["estimate"], *told["estimates"]]
    found = [[one["value"], one["se"], one["interval"]] for one in each if one]
    return [told["status"], found, limits.get("lower"), limits.get("upper")]

'''
END = """\
print(answer.to_text())
if numbers(answer) != EXPECTED:
    sys.exit(f"The studio found {EXPECTED}; this is {numbers(answer)} (whence {wh.__version__}).")
"""
CHECK = """\
if table.sha256 != SHA256:
    sys.exit(f"{DATA} does not hold the data that the answer is about.")
"""


def script_text(run: RunEntry, sheet: Sheet, answer: Answer) -> str:
    """A Python script that asks what this run asked, of the same data, and checks that it finds the same."""
    options: dict[str, object] = {**options_of(sheet)}
    digest = answer.provenance.get("data_sha256")
    data = sheet.data if isinstance(digest, str) else None
    bundled = data is not None and data.example is not None
    examples = "\nfrom whence.examples import path" if bundled else ""
    how = "" if data is None or bundled else ";\ngive it the path of the data: python SCRIPT.py DATA"
    lines = [HEAD.format(version=whence.__version__, data=how, examples=examples)]
    lines += [f"QUESTION = {run.question!r}", _graph(answer.graph)]
    if data is not None:
        lines += [f"SHA256 = {digest!r}"]
    lines += [f"OPTIONS = {_literal(options)}", f"EXPECTED = {numbers(answer)!r}", NUMBERS]
    if data is not None:
        reading = "".join(f", {name}=OPTIONS[{name!r}]" for name in READING if name in options)
        lines += [_source(data), f"table = wh.table(DATA{reading})", CHECK]
    table = "None" if data is None else "table"
    lines += [f"answer = wh.ask(QUESTION, {table}, GRAPH, **OPTIONS)", END]
    return "\n".join(lines)


def numbers(answer: Answer) -> list[JSON]:
    """What the script compares: status, every number with its interval, and limits where there are any."""
    told = answer.to_dict()
    limits = cast("Mapping[str, JSON]", told["bounds"] or {})
    each = [told["estimate"], *cast("list[JSON]", told["estimates"])]
    found: list[JSON] = [[one["value"], one["se"], one["interval"]] for one in each if isinstance(one, dict)]
    return [told["status"], found, limits.get("lower"), limits.get("upper")]


def graph_lines(graph: Graph) -> list[str]:
    """The graph as lines of arrows that read back to it, names and edges in the same order; [] if none do."""
    head = "" if kind_of(graph.edges) == graph.kind else f"[{graph.kind}] "
    lines = [head + write(Graph.of(graph.nodes, (), latent=graph.latent))]
    lines += [write(Graph.of((), [edge])) for edge in graph.edges]
    if any(edge.citations for edge in graph.edges):
        return []
    back = graph_of_text("\n".join(lines))
    same = back == graph and back.nodes == graph.nodes and back.edges == graph.edges
    return lines if same else []


def _graph(graph: Graph | None) -> str:
    if graph is None:
        return "GRAPH = None"
    lines = graph_lines(graph)
    if not lines:
        return f"GRAPH = {json_format.write(graph)!r}"
    # A line that ends is never taken for the path of a file, though a variable be called wages.txt.
    return 'GRAPH = "\\n".join([\n' + "".join(f"    {line!r},\n" for line in [*lines, ""]) + "])"


def _source(data: Dataset) -> str:
    if data.example is not None:
        return f"DATA = path({data.example!r})"
    return f"DATA = sys.argv[1] if len(sys.argv) > 1 else {data.label!r}"


def _literal(options: Mapping[str, object]) -> str:
    """The options as a Python literal; all of them are numbers, texts, and tuples or mappings of texts."""
    return "{\n" + "".join(f"    {name!r}: {value!r},\n" for name, value in options.items()) + "}"
