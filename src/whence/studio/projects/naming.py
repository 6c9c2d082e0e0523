"""Names for the page that are never made of a person's words: an id is a hash, so it can carry no markup.

>>> node_id("age"), edge_id("age", "->", "wage")
('nc598dcda33', 'e0f0f519bc5')
"""

from __future__ import annotations

import hashlib
import json


def node_id(name: str) -> str:
    """The id of a variable or a column on the page."""
    return "n" + _short(name)


def edge_id(source: str, mark: str, target: str) -> str:
    """The id of an edge on the page."""
    return "e" + _short(source, mark, target)


def pair_id(one: str, other: str) -> str:
    """The id of two variables, whichever is named first."""
    return "i" + _short(*sorted((one, other)))


def _short(*words: str) -> str:
    return hashlib.sha256(json.dumps(words).encode("utf-8", "surrogatepass")).hexdigest()[:10]
