"""JSON schemas as answers: the one place that speaks to jsonschema. Nothing is ever fetched.

A schema may come from a cell, that is from a language model. Such a one may hold no regular expressions, no
references, and no other words by which a few lines can cost hours, and is not held against values so large
that it would take long (`trusted=False`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, cast

from whence.rlm.answers.typed import MOST_FAULTS, shown, where
from whence.rlm.errors import InvalidOutput, InvalidSignature
from whence.runtime.plain import JSON

LONGEST_UNTRUSTED = 20_000
DEEPEST_UNTRUSTED = 40
MOST_WORK = 300_000  # parts of the schema times parts of the value, of which each takes some microseconds
REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef")
# Beside patterns and references: every two items are compared, every branch is gone through once more at each
# level above it.
TWICE = ("uniqueItems", "unevaluatedItems", "unevaluatedProperties")
DEAR = (*REFERENCES, *TWICE, "pattern", "patternProperties", "propertyNames")
HOLDS_VALUES = frozenset({"const", "enum", "default", "examples"})
HOLDS_NAMES = frozenset({"properties", "patternProperties", "$defs", "definitions", "dependentSchemas"})
LONGEST_TOLD = 200


class SchemaCheck:
    """A JSON schema, and whether a value is what it describes."""

    __slots__ = ("_size", "_validator", "schema")

    def __init__(self, schema: Mapping[str, JSON], *, trusted: bool = True) -> None:
        from jsonschema import Draft202012Validator, SchemaError  # noqa: PLC0415 - needed by few
        from jsonschema.validators import validator_for  # noqa: PLC0415
        from referencing import Registry  # noqa: PLC0415

        try:
            text = json.dumps(schema, allow_nan=False)
        except (TypeError, ValueError, RecursionError) as error:
            raise InvalidSignature("a schema", f"it is no JSON ({error})") from error
        self.schema: dict[str, JSON] = json.loads(text)
        self._size = 0 if trusted else measured(self.schema)[0]
        if not trusted:
            _refuse_dear(self.schema, text)
        if not isinstance(self.schema.get("$schema", ""), str):
            raise InvalidSignature(text, "its $schema is no text")
        kind = validator_for(self.schema, default=Draft202012Validator)
        try:
            kind.check_schema(self.schema)
        except SchemaError as error:
            place = where("", list(error.absolute_path)).replace("the answer", "the schema")
            raise InvalidSignature(text, f"{place}: {error.message[:LONGEST_TOLD]}") from error
        except RecursionError as error:
            raise InvalidSignature(text, "it is nested too deep") from error
        registry: Any = cast(
            "Any", Registry
        )()  # empty: without one, jsonschema would fetch what a reference names
        self._validator: Any = kind(self.schema, registry=registry)
        self._follow_references(text)

    def check(self, value: JSON) -> JSON:
        """The value itself; raises `InvalidOutput`."""
        if self._size and self._size * measured(value)[0] > MOST_WORK:
            raise InvalidOutput("it is too large to be held against this schema; ask for less at once")
        faults = self._faults(value, MOST_FAULTS + 1)
        if faults:
            more = ["and more"] if len(faults) > MOST_FAULTS else []
            raise InvalidOutput("; ".join([*map(_told, faults[:MOST_FAULTS]), *more]))
        return value

    def _follow_references(self, text: str) -> None:
        """Refuse a schema that leads out of itself or round in a circle, before it is used."""
        from referencing import Registry, Resource  # noqa: PLC0415
        from referencing.exceptions import Unresolvable  # noqa: PLC0415
        from referencing.jsonschema import DRAFT202012  # noqa: PLC0415

        named = any("$id" in part for part in parts(self.schema))
        resource: Any = Resource.from_contents(self.schema, default_specification=DRAFT202012)
        lookup: Any = cast("Any", Registry)().with_resource("", resource).resolver().lookup
        for target in (part[word] for part in parts(self.schema) for word in REFERENCES if word in part):
            if isinstance(target, str) and not named:
                try:
                    lookup(target)
                except Unresolvable as error:
                    reason = f"it refers to {target[:80]}, which it does not hold, and nothing is fetched"
                    raise InvalidSignature(text, reason) from error
        kinds: tuple[JSON, ...] = (None, 0, "", [], {})
        for value in kinds:
            self._faults(value, 1)

    def _faults(self, value: JSON, most: int) -> list[Any]:
        from referencing.exceptions import Unresolvable  # noqa: PLC0415

        try:
            return list(islice(self._validator.iter_errors(value), most))
        except (Unresolvable, RecursionError, OverflowError, re.error) as error:
            reason = f"a reference or pattern in it leads nowhere ({type(cast('object', error)).__name__})"
            raise InvalidSignature(json.dumps(self.schema), reason) from None


def parts(schema: JSON) -> Iterator[dict[str, JSON]]:
    """Every schema within a schema, itself first; what stands for values is no schema."""
    waiting: list[JSON] = [schema]
    while waiting:
        part = waiting.pop()
        if isinstance(part, list):
            waiting.extend(part)
        elif isinstance(part, dict):
            yield part
            for word, inner in part.items():
                if word in HOLDS_NAMES and isinstance(inner, dict):
                    waiting.extend(inner.values())
                elif word not in HOLDS_VALUES:
                    waiting.append(inner)


def measured(value: JSON) -> tuple[int, int]:
    """How many parts a value has, itself one of them, and how deep it is nested."""
    level, parts_there_are, depth = [value], 0, 0
    while level:
        parts_there_are += len(level)
        depth += 1
        below: list[JSON] = []
        for part in level:
            if isinstance(part, list):
                below += part
            elif isinstance(part, dict):
                below += part.values()
        level = below
    return parts_there_are, depth


def _refuse_dear(schema: dict[str, JSON], text: str) -> None:
    if measured(schema)[1] > DEEPEST_UNTRUSTED:
        raise InvalidSignature(text, f"a schema from a cell is nested at most {DEEPEST_UNTRUSTED} deep")
    if len(text) > LONGEST_UNTRUSTED:
        raise InvalidSignature(text, f"a schema from a cell has at most {LONGEST_UNTRUSTED:,} characters")
    for part in parts(schema):
        for word in DEAR:
            if word in part:
                raise InvalidSignature(text, f"a schema from a cell holds no {word}")


def _told(fault: object) -> str:
    error = cast("Any", fault)  # a ValidationError, whose parts the stubs leave open
    place = where("", list(error.absolute_path))
    message = str(error.message)
    if len(message) > LONGEST_TOLD:  # it holds the whole value
        wanted = json.dumps(error.validator_value, ensure_ascii=False, default=str)[:LONGEST_TOLD]
        message = f"{error.validator} should be {wanted} (it is {shown(error.instance)})"
    return f"{place}: {message}"
