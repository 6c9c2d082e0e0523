"""How to ask the same again: the command line, the script, and everything that went in.

An answer of `ask` brings command and script in its provenance; for others they are put together here.
"""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING, Any, cast

from whence.explanation.figures import MINUS, number
from whence.language.lettering import visible

if TYPE_CHECKING:
    from whence.explanation.answer import Answer

PROVENANCE = {
    "seed": "Seed",
    "data": "Data",
    "data_sha256": "Data, SHA-256",
    "rows": "Rows",
    "graph": "Graph",
    "graph_sha256": "Graph, SHA-256",
    "version": "Whence",
    "python": "Python",
    "platform": "Platform",
    "elapsed_s": "Seconds",
}


def reproduction(answer: Answer) -> tuple[tuple[str, str], ...]:
    """Names and values of the provenance, those we know first."""
    hidden = {"labels", "command", "script", "call"}
    given = {
        key: value for key, value in answer.provenance.items() if key not in hidden and value is not None
    }
    ordered = [key for key in PROVENANCE if key in given] + [key for key in given if key not in PROVENANCE]
    return tuple(
        (PROVENANCE.get(key, visible(key).replace("_", " ").capitalize()), _plain(given[key], key))
        for key in ordered
    )


def _plain(value: object, key: str = "") -> str:
    if key == "rows" and isinstance(value, int):
        return number(value, "count")
    if isinstance(value, float):
        return f"{value:.3g}".replace("-", MINUS)
    if isinstance(value, str):
        return visible(value)
    if isinstance(value, dict):
        pairs = cast("dict[str, Any]", value).items()
        return ", ".join(f"{visible(key)} {_plain(item)}" for key, item in pairs)
    if isinstance(value, list):
        return ", ".join(_plain(item) for item in cast("list[object]", value))
    return visible(json.dumps(value))


def command(answer: Answer) -> str:
    """The command line that answers the question again."""
    given = answer.provenance.get("command")
    if isinstance(given, str):
        return visible(given)
    parts = ["whence", "ask", shlex.quote(answer.question)]
    for option, key in (("--data", "data"), ("--graph", "graph"), ("--seed", "seed")):
        value = answer.provenance.get(key)
        if isinstance(value, str | int):
            parts += [option, shlex.quote(str(value))]
    return visible(" ".join(parts))


def script(answer: Answer) -> str:
    """The same in Python."""
    given = answer.provenance.get("script")
    if isinstance(given, str):
        return "\n".join(visible(line) for line in given.splitlines())
    data, graph, seed = (answer.provenance.get(key) for key in ("data", "graph", "seed"))
    arguments = [repr(answer.question)]
    arguments += [f"data={data!r}"] if isinstance(data, str) else []
    arguments += [f"graph={graph!r}"] if isinstance(graph, str) else []
    arguments += [f"seed={seed}"] if isinstance(seed, int) else []
    return (
        "import whence as wh\n\n"
        + visible(f"answer = wh.ask({', '.join(arguments)})")
        + "\nprint(answer.text)"
    )
