"""Where an answer came from, so that it can be made again: data, graph, seed, versions, command and script.

>>> from whence.engine.how import How
>>> print(command("effect of x on y", "x.csv", "x -> y", How(seed=7)))
whence ask 'effect of x on y' --data x.csv --graph 'x -> y' --seed 7
"""

from __future__ import annotations

import os
import platform
import shlex
from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

import whence
from whence.data.pushdown.remote import Remote
from whence.engine.already_read import as_given
from whence.language.graph_text import arrows
from whence.language.graph_text.reading import looks_like_path
from whence.language.printing import to_text
from whence.language.source_json import source_to_dict
from whence.runtime.plain import JSON, placeless, plain

if TYPE_CHECKING:
    from whence.data.any_data import AnyData
    from whence.engine.how import How
    from whence.language.graph import Graph
    from whence.language.source import Source

FLAGS = {"clusters": "cluster", "placebo_outcomes": "placebo", "benchmarks": "benchmark"}
SOMEWHERE = "DATA"
"""Stands for data that came from memory and have no name on a command line."""


def provenance(
    question: str, data: object, graph: object, known: Graph | None, found: AnyData | None, how: How
) -> dict[str, JSON]:
    """Plain JSON: what went in, under which versions, and the command line and script that do it again."""
    data, graph = as_given(data), as_given(graph)
    drawing = None if known is None else graph_argument(graph, known)
    file = os.fspath(cast("str | os.PathLike[str]", data)) if isinstance(data, str | os.PathLike) else None
    told: dict[str, JSON] = {"seed": how.seed}
    if found is not None:
        told |= {"data": found.source, "rows": found.rows}
        # Of rows that stay in a database there is no hash, for there is none without fetching them.
        told |= {} if isinstance(found, Remote) else {"data_sha256": found.sha256}
    if known is not None:
        told["graph"] = arrows.write(known) if drawing is None or looks_like_path(drawing) else drawing
    days = dated(known, found)
    if days:
        told["labels"] = days
    told |= {
        "version": whence.__version__,
        "python": platform.python_version(),
        "platform": platform.system(),
    }
    source = file if file is not None or found is None else SOMEWHERE
    return {
        **told,
        "call": {"question": question, "data": file, "graph": drawing, "options": options(how)},
        "command": command(question, source, drawing, how),
        "script": script(question, file, found, drawing, how),
    }


def dated(known: Graph | None, found: AnyData | None) -> dict[str, JSON]:
    """The unit of each date among the variables: arithmetic counts them in days."""
    if found is None:
        return {}
    names = found.columns if known is None else [name for name in known.observed if name in found]
    return {name: {"unit": "days"} for name in names if found.storage(name) == "date"}


def graph_argument(graph: object, known: Graph) -> str:
    """The graph as a command line takes it: the line or the file that was given, else an arrow list."""
    if isinstance(graph, str | os.PathLike):
        given = os.fspath(cast("str | os.PathLike[str]", graph)).strip()
        if "\n" not in given:
            return given
    return arrows.write(known)


def command(question: str, data: str | None, graph: str | None, how: How) -> str:
    """The command line that asks the same."""
    words = ["whence", "ask", question]
    words += [] if data is None else ["--data", data]
    words += [] if graph is None else ["--graph", graph]
    words += [word for source in how.given for word in given_words(source)]
    for name, value in how.chosen.items():
        flag = "--" + FLAGS.get(name, name)
        if isinstance(value, Mapping):
            pairs = cast("Mapping[str, object]", value).items()
            named = [f"{key}={each}" for key, each in pairs if isinstance(each, str)]
            words += [word for each in named for word in (flag, each)]
        elif isinstance(value, tuple) and name != "given":
            words += [word for each in cast("tuple[object, ...]", value) for word in (flag, str(each))]
        elif isinstance(value, str | int | float):  # learners of the user's own have no name there
            words += [flag, str(value)]
    return shlex.join(words)


def script(question: str, data: str | None, found: AnyData | None, graph: str | None, how: How) -> str:
    """The Python that asks the same; data that came from memory are called `data`."""
    lines = ["import whence as wh", ""]
    if data is None and found is not None:
        lines += [f"data = ...  # {found.source}"]
    arguments = [repr(question)]
    arguments += [f"data={data!r}"] if data is not None else ["data"] if found is not None else []
    arguments += [f"graph={graph!r}"] if graph is not None else []
    if how.given:
        arguments.append(f"given=[{', '.join(map(_source, how.given))}]")
    arguments += [f"{name}={_literal(value)}" for name, value in how.chosen.items() if name != "given"]
    return "\n".join([*lines, f"answer = wh.ask({', '.join(arguments)})", "print(answer.text)"])


def options(how: How) -> dict[str, JSON]:
    """The options that were chosen, as plain JSON."""
    found = {name: plain(value) for name, value in how.chosen.items()}
    if how.given:
        found["given"] = [source_to_dict(source) for source in how.given]
    return found


def given_words(source: Source) -> list[str]:
    """A distribution at hand as the command line takes it."""
    words = ["--given", to_text(source.distribution)]
    words += ["--differs", f"{source.population}:{','.join(source.differs)}"] if source.differs else []
    return [*words, *(word for name, seen in source.proxies for word in ("--recorded", f"{name}:{seen}"))]


def _source(source: Source) -> str:
    text = repr(to_text(source.distribution))
    further = [f"differs={source.differs!r}"] if source.differs else []
    further += [f"proxies={source.proxies!r}"] if source.proxies else []
    return f"wh.Source(wh.query({text}).body, {', '.join(further)})" if further else text


def _literal(value: object) -> str:
    if isinstance(value, tuple):
        return placeless(repr(list(cast("tuple[object, ...]", value))))
    if isinstance(value, Mapping):
        return placeless(repr(dict(cast("Mapping[str, object]", value))))
    return placeless(repr(value))
