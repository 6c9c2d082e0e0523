"""Parts of an effect as phrases for a reader.

>>> from whence.language.mediation import nde
>>> part_words(nde("X", "Y", "M").body, str)
'the direct effect of X on Y, not through M,'
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from whence.explanation.figures import listed
from whence.language.lettering import visible
from whence.language.mediation import as_mediated
from whence.language.paths import path_of
from whence.language.printing import value_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from whence.language.expression import Expression


def part_words(body: Expression, name: Callable[[str], str]) -> str | None:
    """What part of which effect is asked about, by the words for its variables; None for other questions."""
    asked = as_mediated(body)
    if asked is None:
        return None
    of = f"effect of {name(asked.treatment)} on {name(asked.outcome)}"
    match asked.kind:
        case "NDE":
            return f"the direct {of}, not through {listed([name(each) for each in asked.via])},"
        case "NIE":
            return f"the indirect {of}, through {listed([name(each) for each in asked.via])},"
        case "CDE":
            held = [
                f"{name(term.name)} = {visible(value_text(term.value))}"
                for term in asked.held
                if term.value is not None
            ]
            return f"the {of} with {listed(held)} set"
        case "PSE":
            paths = [" → ".join(map(name, path_of(each) or (each,))) for each in asked.via]
            return f"the {of} along {listed(paths)}"
