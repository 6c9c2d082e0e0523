"""The language of dagitty.net: `dag { X [exposure] U [latent] X -> Y U -> {X Y} A <-> B }`.

Types `dag`, `pdag`, `mag` and `pag` are read (a `pdag` as a CPDAG, unless it says `kind=MPDAG`). Positions
and the roles exposure, outcome and adjusted are no part of a graph, since the question says them here;
`marked` gives the roles. A selected
variable changes what the data are a sample of, so it is an error until selection is supported.

Source: J. Textor, B. van der Zander et al., "Robust causal inference using directed acyclic graphs: the R
package dagitty" (International Journal of Epidemiology 2016).

>>> read("pag { a @-> b }").graph().edges[0].mark
'o->'
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from whence.language.graph_text.braces import BODY, body, dot_string
from whence.language.graph_text.sketch import Sketch
from whence.language.graph_text.tokens import Cursor, tokens

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from whence.language.graph import Graph, Kind
    from whence.language.graph_text.tokens import Token

TYPES: dict[Kind, str] = {
    "DAG": "dag",
    "ADMG": "dag",
    "CPDAG": "pdag",
    "MPDAG": "pdag",
    "MAG": "mag",
    "PAG": "pag",
}
DEFAULTS: dict[str, Kind] = {"pdag": "CPDAG", "mag": "MAG", "pag": "PAG"}


class _Dagitty:
    def arrow(self, _cursor: Cursor, token: Token, _attributes: Mapping[str, str]) -> str:
        return token.text

    def is_latent(self, cursor: Cursor, attributes: Mapping[str, str]) -> bool:
        if "selected" in attributes:
            cursor.fail("Selected variables are not supported yet.", "Remove [selected].")
        return "latent" in attributes or "unobserved" in attributes or "u" in attributes


def read(text: str) -> Sketch:
    """The graph that a dagitty text describes; raises `GraphSyntax`."""
    cursor = Cursor(text, tokens(text, "dot"))
    kind = cursor.take("dag", "pdag", "mag", "pag") or cursor.fail("A dagitty text begins with dag {.", BODY)
    if not cursor.is_at("{"):
        cursor.name("The graph's name")
    sketch = Sketch()
    body(cursor, sketch, _Dagitty())
    if not cursor.at_end:
        cursor.fail("The graph ended before this.", "Put it inside the braces.")
    default: Kind = "ADMG" if any(edge.mark == "<->" for edge in sketch.edges) else "DAG"
    sketch.kind = sketch.kind or DEFAULTS.get(kind.text, default)
    return sketch


def marked(text: str, role: str) -> tuple[str, ...]:
    """The variables that a dagitty text marks as `exposure` or `outcome`, which are no part of the graph.

    >>> marked("dag { x [exposure] y [outcome] x -> y }", "outcome")
    ('y',)
    """
    return tuple(name for name, said in read(text).said.items() if role in said)


def write(graph: Graph, exposures: Iterable[str] = (), outcomes: Iterable[str] = ()) -> str:
    """The graph as a dagitty text that reads back to an equal graph, and marks these variables."""
    marks = {name: ["latent"] for name in graph.latent}
    for role, names in (("exposure", exposures), ("outcome", outcomes)):
        for name in names:
            marks.setdefault(name, []).append(role)
    bidirected = any(edge.mark == "<->" for edge in graph.edges)
    told = graph.kind != "MPDAG" and (graph.kind != "ADMG" or bidirected)
    lines = [f"{TYPES[graph.kind]} {{"] + ([] if told else [f"kind={graph.kind}"])
    lines += [
        dot_string(name) + (f" [{','.join(marks[name])}]" if name in marks else "") for name in graph.nodes
    ]
    for edge in graph.edges:
        mark = edge.mark.replace("o", "@")
        lines.append(f"{dot_string(edge.source)} {mark} {dot_string(edge.target)}")
    return "\n".join([*lines, "}"]) + "\n"
