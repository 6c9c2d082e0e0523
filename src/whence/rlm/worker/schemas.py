"""JSON schemas as far as the worker checks them: the host asks the server to keep to them, this looks after.

>>> misfit("12", {"type": "integer"}), misfit(12, {"type": "integer"})
('a string where an integer is wanted', None)
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Final, TypeAlias, cast

from whence.runtime.plain import JSON

Schema: TypeAlias = "Mapping[str, object] | type | None"

_TYPES: Final[Mapping[type, str]] = {
    str: "string",
    int: "integer",
    float: "number",
    bool: "boolean",
    list: "array",
    dict: "object",
}


def as_schema(schema: object) -> dict[str, JSON] | None:
    """A JSON schema from one, from a Python type, or from a dict of names and types."""
    if schema is None:
        return None
    if isinstance(schema, type) and schema in _TYPES:
        return {"type": _TYPES[schema]}
    if isinstance(schema, dict) and schema:
        table = cast("dict[object, object]", schema)
        if all(isinstance(key, str) and isinstance(item, type) for key, item in table.items()):
            fields = {str(key): cast("JSON", as_schema(item)) for key, item in table.items()}
            return {
                "type": "object",
                "properties": fields,
                "required": list(fields),
                "additionalProperties": False,
            }
        try:
            return cast("dict[str, JSON]", json.loads(json.dumps(table)))
        except (TypeError, ValueError) as error:
            raise TypeError(f"schema is no JSON schema: {error}") from None
    raise TypeError(
        'schema is a JSON schema such as {"type": "integer"}, a type, or a dict like {"name": str}'
    )


def misfit(value: JSON, schema: Mapping[str, JSON]) -> str | None:
    """Why `value` is not what `schema` asks for, None if it is as far as is checked here."""
    if "enum" in schema and not any(_same(value, one) for one in cast("list[JSON]", schema["enum"])):
        return "not one of the values allowed"
    if "const" in schema and not _same(value, schema["const"]):
        return "not the value wanted"
    kinds = schema.get("type")
    wanted = [kinds] if isinstance(kinds, str) else cast("list[str]", kinds or [])
    if wanted and not any(_is(value, kind) for kind in wanted):
        return f"a {_kind(value)} where {_article(wanted[0])} is wanted"
    for either in ("anyOf", "oneOf"):
        choices = schema.get(either)
        if isinstance(choices, list) and all(misfit(value, _table(choice)) for choice in choices):
            return "of none of the forms allowed"
    if isinstance(value, dict):
        return _object_misfit(value, schema)
    if isinstance(value, list):
        return _array_misfit(value, schema)
    if isinstance(value, str):
        return _text_misfit(value, schema)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _number_misfit(value, schema)
    return None


def coerced(value: JSON, schema: Mapping[str, JSON]) -> JSON:
    """The value, with a number or a truth value that came as text read as what the schema wants.

    >>> [coerced(value, {"type": "integer"}) for value in ("12", 3.0, "x")]
    [12, 3, 'x']
    """
    kind = schema.get("type")
    if kind == "integer" and isinstance(value, float) and value.is_integer():
        return int(value)
    if not isinstance(value, str):
        return value
    text = value.strip()
    if kind in {"integer", "number"} and re.fullmatch(r"[-+]?\d{1,300}", text, re.ASCII):
        return int(text)
    if kind == "number" and re.fullmatch(r"[-+]?\d{1,50}\.\d{1,50}", text, re.ASCII):
        return float(text)
    if kind == "boolean" and text.casefold() in {"true", "false"}:
        return text.casefold() == "true"
    return value


def _same(value: JSON, other: JSON) -> bool:
    return isinstance(value, bool) == isinstance(other, bool) and value == other


def _is(value: JSON, kind: str) -> bool:
    match kind:
        case "string":
            return isinstance(value, str)
        case "boolean":
            return isinstance(value, bool)
        case "integer":
            return isinstance(value, int) and not isinstance(value, bool)
        case "number":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "array":
            return isinstance(value, list)
        case "object":
            return isinstance(value, dict)
        case "null":
            return value is None
        case _:
            return True


def _kind(value: JSON) -> str:
    names = ("null", "boolean", "integer", "number", "string", "array", "object")
    return next((name for name in names if _is(value, name)), "value")


def _article(kind: str) -> str:
    return f"{'an' if kind[0] in 'aio' else 'a'} {kind}"


def _table(schema: JSON) -> Mapping[str, JSON]:
    return schema if isinstance(schema, dict) else {}


def _object_misfit(value: Mapping[str, JSON], schema: Mapping[str, JSON]) -> str | None:
    fields = _table(schema.get("properties"))
    for name in cast("list[str]", schema.get("required") or []):
        if name not in value:
            return f"without {name!r}"
    more = schema.get("additionalProperties")
    for name, item in value.items():
        if name not in fields and more is False:
            return f"with {name!r}, which is not asked for"
        wrong = misfit(item, _table(fields.get(name, more if isinstance(more, dict) else {})))
        if wrong:
            return f"{name!r} is {wrong}"
    return None


def _array_misfit(value: list[JSON], schema: Mapping[str, JSON]) -> str | None:
    if _outside(len(value), schema, "minItems", "maxItems"):
        return f"a list of {len(value):,}"
    each = _table(schema.get("items"))
    return next(
        (f"item {at} is {wrong}" for at, item in enumerate(value) if (wrong := misfit(item, each))), None
    )


def _text_misfit(value: str, schema: Mapping[str, JSON]) -> str | None:
    if _outside(len(value), schema, "minLength", "maxLength"):
        return f"text of {len(value):,} characters"
    pattern = schema.get("pattern")
    if isinstance(pattern, str) and not re.search(pattern, value):
        return f"not of the pattern {pattern}"
    return None


def _number_misfit(value: float, schema: Mapping[str, JSON]) -> str | None:
    if _outside(value, schema, "minimum", "maximum"):
        return f"{value}, which is out of range"
    return None


def _outside(size: float, schema: Mapping[str, JSON], least: str, most: str) -> bool:
    low, high = schema.get(least), schema.get(most)
    return (isinstance(low, int | float) and size < low) or (isinstance(high, int | float) and size > high)
