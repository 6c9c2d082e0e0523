r"""HTML from elements: every text is escaped by the one function that makes them, none is put in as it is.

>>> str(element("p", {"class": "a"}, "1 < 2", element("b", {}, "\u202e")))
'<p class="a">1 &lt; 2<b>\\u202e</b></p>'
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

from whence.rlm.views.showing import visible

NAME = re.compile(r"[a-z][a-z0-9]*(?:-[a-z]+)*")
ATTRIBUTE = re.compile(r"(?!on)[a-z]+[12]?(?:[A-Z][a-z]+)?(?:-[a-z]+)*")
EMPTY = frozenset({"meta", "br"})
NEVER = frozenset({"script", "iframe", "object", "embed", "link", "base", "form", "a", "img"})
NEVER_SET = frozenset({"href", "src", "style", "srcdoc", "action"})


@dataclass(frozen=True, slots=True)
class Markup:
    """HTML that `element` made."""

    text: str

    def __str__(self) -> str:
        return self.text


def element(name: str, attributes: Mapping[str, object], *inside: Markup | str | None) -> Markup:
    """An element; texts in it and in its attributes are escaped, and what cannot be seen is spelt out."""
    if NAME.fullmatch(name) is None or name in NEVER:
        raise ValueError(f"no element {name!r} is made here")
    written = [name]
    for key, value in attributes.items():
        if ATTRIBUTE.fullmatch(key) is None or key in NEVER_SET:
            raise ValueError(f"no attribute {key!r} is set here")
        if value is not None:
            written.append(f'{key}="{escape(visible(str(value)), quote=True)}"')
    opened = f"<{' '.join(written)}>"
    if name in EMPTY:
        return Markup(opened)
    return Markup(f"{opened}{''.join(_inner(part) for part in inside if part is not None)}</{name}>")


def style(rules: str) -> Markup:
    """A style element; what it holds is ours, and cannot end it."""
    if "<" in rules:
        raise ValueError("a style sheet holds no <")
    return Markup(f"<style>{rules}</style>")


def joined(parts: list[Markup]) -> Markup:
    """Elements one after another."""
    return Markup("".join(part.text for part in parts))


def _inner(part: Markup | str) -> str:
    return part.text if isinstance(part, Markup) else escape(visible(part, keep="\n\t"), quote=True)
