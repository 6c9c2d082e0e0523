"""Names in a sentence, as the person wrote them: cut where there are very many, spelt out where invisible.

>>> told(["age", "wage", "job"]), braces(["Z", "W"]), braces([])
('age, wage and job', '{Z, W}', '{}')
"""

from __future__ import annotations

from collections.abc import Sequence

from whence.explanation.figures import listed
from whence.language.lettering import visible

SHOWN = 8
"""How many names a sentence lists before it only counts the rest."""


def told(names: Sequence[str], last: str = "and") -> str:
    """Names as a sentence lists them: "a, b and c"."""
    shown = [visible(name) for name in names[:SHOWN]]
    if len(names) > SHOWN:
        shown.append(f"{len(names) - SHOWN} more")
    return listed(shown, last)


def braces(names: Sequence[str]) -> str:
    """Names as a set: "{Z, W}"."""
    shown = ", ".join(visible(name) for name in names[:SHOWN])
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return f"{{{shown}{more}}}"
