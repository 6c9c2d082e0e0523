"""What DOT and dagitty share: statements in braces, groups `{a b} -> c`, attributes in brackets.

A group here only saves writing: `{a b} -> c` is `a -> c; b -> c` and says nothing of a and b, other than in
an arrow list.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, cast, get_args

from whence.language.graph import Kind
from whence.runtime.plain import quoted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from whence.language.graph_text.sketch import Sketch
    from whence.language.graph_text.tokens import Cursor, Token

DEEPEST = 50
BODY = "A graph's statements stand in braces: { x -> y }."


class Dialect(Protocol):
    """Where DOT and dagitty differ."""

    def arrow(self, cursor: Cursor, token: Token, attributes: Mapping[str, str], /) -> str:
        """The arrow that an edge means; fails where the dialect has none like it."""
        ...

    def is_latent(self, cursor: Cursor, attributes: Mapping[str, str], /) -> bool:
        """Whether a node's attributes make it a hidden one."""
        ...


def body(cursor: Cursor, sketch: Sketch, dialect: Dialect, depth: int = 0) -> list[str]:
    """The statements from `{` to `}`; the nodes that they name."""
    if depth > DEEPEST:
        cursor.fail("These braces are nested too deeply.")
    cursor.expect("{", BODY)
    names: list[str] = []
    while not cursor.take("}"):
        if cursor.at_end:
            cursor.fail('"}" is missing.', BODY)
        if not cursor.take(";", ","):
            names += _statement(cursor, sketch, dialect, depth)
    return names


def _statement(cursor: Cursor, sketch: Sketch, dialect: Dialect, depth: int) -> list[str]:
    following = cursor.tokens[min(cursor.place + 1, len(cursor.tokens) - 1)]
    if cursor.is_at("graph", "node", "edge") and following.text == "[":
        whole = cursor.next().text == "graph"
        settings = attributes(cursor)
        if whole:
            _set(cursor, sketch, settings)
        return []
    if following.kind == "symbol" and following.text == "=":
        key = cursor.name("A name")
        cursor.next()
        _set(cursor, sketch, {key: cursor.name("A value")})
        return []
    left = _operand(cursor, sketch, dialect, depth)
    links: list[tuple[Sequence[str], Token, Sequence[str]]] = []
    named = list(left)
    while cursor.at_arrow:
        token = cursor.next()
        right = _operand(cursor, sketch, dialect, depth)
        links.append((left, token, right))
        named += right
        left = right
    found = attributes(cursor)
    if not links and dialect.is_latent(cursor, found):
        sketch.latent.update(left)
    if not links and found:
        sketch.said.update(dict.fromkeys(left, found))
    for a, token, b in links:
        sketch.join(a, dialect.arrow(cursor, token, found), b)
    return named


def _operand(cursor: Cursor, sketch: Sketch, dialect: Dialect, depth: int) -> list[str]:
    """A node, or the nodes of a group."""
    if cursor.is_at("{"):
        return body(cursor, sketch, dialect, depth + 1)
    if cursor.is_at("subgraph"):
        cursor.next()
        if not cursor.is_at("{"):
            cursor.name("The subgraph's name")
        return body(cursor, sketch, dialect, depth + 1)
    if cursor.at_arrow:
        cursor.fail("An arrow stands where a node should.", "Write x -> y.")
    name = sketch.add(cursor.name("A node"))
    if cursor.is_at(":"):
        cursor.fail("Ports are not read.", 'If the colon is part of the name, put the name in "…".')
    return [name]


def attributes(cursor: Cursor) -> dict[str, str]:
    """Attribute lists `[a=b, c]`, if there are any; an attribute without a value has the value ""."""
    found: dict[str, str] = {}
    while cursor.take("["):
        while not cursor.take("]"):
            if cursor.at_end:
                cursor.fail('"]" is missing.', "Close the attributes.")
            if not cursor.take(",", ";"):
                key = cursor.name("An attribute")
                found[key] = cursor.name("The attribute's value") if cursor.take("=") else ""
    return found


def _set(cursor: Cursor, sketch: Sketch, settings: Mapping[str, str]) -> None:
    kind = settings.get("kind")
    if kind is None:
        return
    if kind not in get_args(Kind):
        cursor.fail(f"{quoted(kind)} is no kind of graph.", f"Use one of {', '.join(get_args(Kind))}.")
    sketch.kind = cast("Kind", kind)


def dot_string(text: str) -> str:
    r"""The text in double quotes, with `"` and `\` escaped and nothing else."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
