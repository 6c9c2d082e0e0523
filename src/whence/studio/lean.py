r"""Our scripts as they go over the wire: the same words without comments and without blanks that say nothing.

No name is changed and nothing is moved, so what runs in the browser reads as the file does. It knows as much
of JavaScript as the two scripts of the studio use: statements end in semicolons or braces, and no template
stands within a template.

>>> lean("// why\nlet a = [1, 2,];\n\nif (a  /  2 > 1) {\n  go(/ +[/ ]/g, ' x ');\n}\n")
"let a=[1,2];if(a/2>1){go(/ +[/ ]/g,' x ')}"
"""

from __future__ import annotations

import re

TOKEN = re.compile(
    r"""(?P<blank>\s+|//[^\n]*|/\*.*?\*/)
      | (?P<quoted>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`)
      | (?P<word>[\w$]+)
      | (?P<pattern>/(?:[^/\\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+/[a-z]*)
      | (?P<mark>.)""",
    re.VERBOSE | re.DOTALL,
)
CLOSING = frozenset(")]}")
NOT_VALUES = frozenset({"return", "typeof", "case", "in", "of"})


def lean(source: str) -> str:
    """The script without what only people read."""
    kept: list[str] = []
    gap, at = "", 0
    while at < len(source):
        found = TOKEN.match(source, at)
        if found is None:  # pragma: no cover - the last kind of token is any character
            break
        text, kind = found[0], found.lastgroup
        if kind == "pattern" and _is_value(kept):
            text, kind = "/", "mark"  # after a value, a stroke divides
        at += len(text)
        if kind == "blank":
            gap = "\n" if "\n" in text or gap == "\n" else " "
            continue
        if kept and gap and _needed(gap, kept[-1], text):
            kept.append(gap)
        if text in CLOSING and kept and (kept[-1] == "," or (text == "}" and kept[-1] == ";")):
            kept.pop()
        kept.append(text)
        gap = ""
    return "".join(kept)


def _is_value(kept: list[str]) -> bool:
    last = next((each for each in reversed(kept) if each.strip()), "")
    return last[-1:] in CLOSING or (bool(re.match(r"[\w$\"'`]", last)) and last not in NOT_VALUES)


def _needed(gap: str, before: str, after: str) -> bool:
    a, b = before[-1], after[0]
    if (a + b) in ("++", "--") or (re.match(r"[\w$]", a) and re.match(r"[\w$]", b)):
        return True
    return gap == "\n" and a in ")]}" and b not in ")]}.,;:?&|="
