"""Which format a graph's source is in, told by how it begins.

>>> format_of("digraph { x -> y }"), format_of("pag { a @-> b }"), format_of("x -> y")
('dot', 'dagitty', 'arrows')
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast

from whence.language.graph_text import arrows, dagitty, dot, gml, json_format, networkx_format
from whence.language.graph_text.networkx_format import NetworkxGraph
from whence.runtime.errors import InvalidGraph, MissingFile
from whence.runtime.plain import quoted

if TYPE_CHECKING:
    from collections.abc import Callable

    from whence.language.graph_text.sketch import Sketch

Format = Literal["arrows", "dagitty", "dot", "gml", "json"]

READERS: dict[Format, Callable[[str], Sketch]] = {
    "arrows": arrows.read,
    "dagitty": dagitty.read,
    "dot": dot.read,
    "gml": gml.read,
    "json": json_format.read,
}

SUFFIXES = frozenset({".dot", ".gv", ".gml", ".json", ".dag", ".dagitty", ".graph", ".txt", ".arrows"})

_NAMED = r'(?:\s+(?:"(?:[^"\\]|\\.)*"|[\w.]+))?\s*\{'
DAGITTY = re.compile(r"(?:dag|pdag|mag|pag)" + _NAMED)
DOT = re.compile(r"(?:strict\s+)?(?:di)?graph" + _NAMED, re.IGNORECASE)
GML = re.compile(r'(?:(?:Creator|Version|comment)\s+(?:"[^"]*"|\S+)\s+)*graph\s*\[(?!\s*latent\s*\])')
JSON_OBJECT = re.compile(r'\{\s*"(?:[^"\\]|\\.)*"\s*:|\[\s*[\[{]')
FOLDERS = re.compile(r'(?!//|/\*)[^\s"]*[/\\][^\s"]*')
"""A word with a folder in it. No name of a node has slashes unless it is quoted."""
COMMENTS = re.compile(r"(?:\s|\ufeff|#[^\n]*\n|//[^\n]*\n|/\*.*?\*/)*", re.DOTALL)


def sketch(source: object) -> Sketch:
    """The graph that the source describes, not yet checked."""
    if isinstance(source, Path):
        return text_sketch(file_text(source))
    if isinstance(source, str):
        return text_sketch(file_text(Path(source)) if looks_like_path(source) else source)
    if isinstance(source, NetworkxGraph):
        return networkx_format.read(source)
    if isinstance(source, Mapping):
        return json_format.from_data(cast("object", source))
    if isinstance(source, Iterable):
        return json_format.from_data(list(cast("Iterable[object]", source)))
    raise InvalidGraph(
        f"A {type(source).__name__} is no graph.", "Give text such as x -> y, a path, or a networkx graph."
    )


def text_sketch(text: str) -> Sketch:
    """The graph that a text describes, in whichever format it is."""
    return READERS[format_of(text)](text)


def format_of(text: str) -> Format:
    """The format of a graph's text."""
    start = COMMENTS.match(text)
    begin = start.end() if start is not None else 0
    if DAGITTY.match(text, begin):
        return "dagitty"
    if DOT.match(text, begin):
        return "dot"
    if GML.match(text, begin):
        return "gml"
    return "json" if JSON_OBJECT.match(text, begin) or _is_json(text) else "arrows"


def _is_json(text: str) -> bool:
    if text.strip()[:1] not in ("{", "["):
        return False
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def looks_like_path(text: str) -> bool:
    """Whether a text names a file: by its ending, by a folder in it, or because there is such a file."""
    if not text.strip() or len(text) > 1000 or re.search(r"[\n;{}\[\]<>]|->|--", text):
        return False
    path = Path(text)
    if path.suffix.lower() in SUFFIXES:
        return True
    return FOLDERS.fullmatch(text) is not None or _is_file(path)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a name too long for a file, or a folder that may not be looked into
        return False


def file_text(path: Path) -> str:
    """The text of a graph's file; raises `MissingFile`, or `InvalidGraph` if it is not text."""
    try:
        return path.read_text("utf-8-sig")
    except FileNotFoundError as error:
        raise MissingFile(path) from error
    except IsADirectoryError as error:
        raise InvalidGraph(
            f"{quoted(str(path))} is a folder, not the file of a graph.",
            "Give a file, or text such as x -> y.",
        ) from error
    except UnicodeDecodeError as error:
        raise InvalidGraph(f"The file {quoted(str(path))} is not UTF-8 text.", "Save it as UTF-8.") from error
    except (OSError, ValueError) as error:
        raise InvalidGraph(
            f"The file {quoted(str(path))} cannot be read: {_reason(error)}.",
            "Check the path and its permissions.",
        ) from error


def _reason(error: OSError | ValueError) -> str:
    """The system's own word for what is wrong, without the number and the path that it comes with."""
    return (error.strerror or "").lower() if isinstance(error, OSError) else "its name cannot be one"
