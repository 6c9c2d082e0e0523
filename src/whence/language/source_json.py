"""Sources as plain JSON, and back.

>>> source_to_dict(Source(P("Y", do="X")))
{'distribution': {'P': ['Y'], 'do': ['X']}}
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from whence.language.expression import P
from whence.language.expression_json import expression_from_dict, expression_to_dict
from whence.language.json_reading import Fields
from whence.language.source import Source
from whence.runtime.errors import InvalidAnswer

if TYPE_CHECKING:
    from whence.runtime.plain import JSON


def source_to_dict(source: Source) -> dict[str, JSON]:
    """The source as plain JSON."""
    found: dict[str, JSON] = {"distribution": expression_to_dict(source.distribution)}
    if source.differs:
        found["differs"] = list(source.differs)
    if source.proxies:
        found["proxies"] = [list(pair) for pair in source.proxies]
    return found


def source_from_dict(data: object) -> Source:
    """A source back from plain JSON; raises `InvalidAnswer`."""
    fields = Fields(data, "a source")
    distribution = expression_from_dict(fields.required("distribution"))
    if not isinstance(distribution, P):
        raise InvalidAnswer("a source is no distribution")
    return Source(distribution, fields.names("differs"), fields.each("proxies", _pair))


def _pair(data: object) -> tuple[str, str]:
    names = Fields({"names": data}, "a proxy").names("names")
    if len(names) != 2:
        raise InvalidAnswer("a proxy does not pair a variable with its indicator")
    return names[0], names[1]
