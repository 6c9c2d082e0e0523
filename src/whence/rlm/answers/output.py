"""What an answer must be: text, a value of a type, or several named fields, and the check that it is so.

The model gives an answer as JSON. It is checked where it arrives; what is wrong with it goes back to the
model in words, so that it can give another.

>>> output = output_type("context -> answer: int, evidence: list[str]")
>>> output.validate({"answer": "42", "evidence": []})
{'answer': 42, 'evidence': []}
>>> output.validate({"answer": 42})
Traceback (most recent call last):
    ...
whence.rlm.errors.InvalidOutput: This is not a valid answer: the field "evidence" is missing.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from inspect import isroutine
from typing import Literal, Protocol, TypeAlias, cast

from whence.rlm.answers.json_found import json_in, without_thoughts
from whence.rlm.answers.schema_check import SchemaCheck
from whence.rlm.answers.signature import signature
from whence.rlm.answers.typed import Typed, shown
from whence.rlm.errors import InvalidOutput, InvalidSignature
from whence.runtime.errors import listed, near_miss
from whence.runtime.plain import JSON, plain

Kind: TypeAlias = Literal["text", "value", "fields"]

DEEPEST = 100
LONGEST_NUMBER = 13_000  # bits; Python writes no number of more than 4,300 digits
WORDS: Mapping[str, str] = {
    "string": "text", "integer": "a whole number", "number": "a number", "boolean": "true or false",
    "null": "null", "array": "a list", "object": "an object",
}  # fmt: skip


class Check(Protocol):
    """Whether a value is what it should be: raises `InvalidOutput`, or gives it as an object of its type."""

    def check(self, value: JSON, /) -> object:
        """Check one value."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """What an answer must be.

    `kind` tells what `validate` gives: "text" a str, "value" an object of the type, "fields" a dict with
    exactly the names `fields`. A signature of one field has its name in `fields`, and an answer may be given
    under that name or bare. `inputs` are the names before the arrow of a signature, `schema` describes the
    answer as JSON (None for text).
    """

    kind: Kind
    fields: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    schema: Mapping[str, JSON] | None = None
    _types: Mapping[str, Typed] = field(default_factory=dict[str, Typed], repr=False)
    _check: Check | None = field(default=None, repr=False)

    def validate(self, value: JSON) -> object:
        """The answer as what was asked for; raises `InvalidOutput` with a message for the model."""
        if (fault := _unsound(value)) is not None:
            raise InvalidOutput(fault)
        if self.kind == "text":
            return _text(self._bare(value))
        try:
            return self._checked(value)
        except InvalidOutput:
            found = _as_json(value)  # FINAL(json.dumps(…)), as models like to write
            if found is None or found[0] == value:
                raise
            return self._checked(found[0])

    def from_reply(self, reply: str) -> object:
        """The answer in a reply that is nothing else, or holds it as JSON; raises `InvalidOutput`."""
        text = without_thoughts(reply).strip()
        if self.kind == "text" or not text:
            return _text(text)
        first: InvalidOutput | None = None
        for value in (*json_in(text), text):
            try:
                return self.validate(value)
            except InvalidOutput as error:
                first = first or error
        found = next(iter(json_in(text)), None)
        if found is None:
            raise InvalidOutput(f"the reply holds no JSON. {self.describe()}")
        raise first or InvalidOutput("the reply holds no answer")

    def plain(self, value: object) -> JSON:
        """A validated answer as JSON, for records; `validate` gives it back."""
        if isinstance(self._check, Typed):
            return self._check.plain(value)
        if self.kind == "fields" and isinstance(value, Mapping):
            given = cast("Mapping[str, object]", value)
            return {
                name: self._types[name].plain(item) for name, item in given.items() if name in self._types
            }
        return plain(value)

    def describe(self) -> str:
        """What to answer, for the model: in words, and as a JSON schema where words do not tell all."""
        if self.kind == "text":
            return "The answer is text."
        if self.kind == "fields":
            told = ", ".join(f'"{name}" ({_words(self._types[name].schema)})' for name in self.fields)
            calls = ", ".join(f"{name}=…" for name in self.fields)
            return f"The answer is an object with exactly the fields {told}; SUBMIT({calls}) gives it."
        schema = self.schema or {}
        words = _words(schema)
        if words in WORDS.values() and words not in {"a list", "an object"}:
            return f"The answer is {words}."
        if words.startswith(("one of", "a list of")) and "JSON" not in words:
            return f"The answer is {words}, as a JSON value."
        return f"The answer is {words}."

    def _bare(self, value: JSON) -> JSON:
        """The value itself where it comes under the name of the only field."""
        if len(self.fields) == 1 and isinstance(value, dict) and value.keys() == set(self.fields):
            return value[self.fields[0]]
        return value

    def _checked(self, value: JSON) -> object:
        if self.kind == "fields":
            return self._checked_fields(value)
        if self._check is None:
            return value
        bare = self._bare(value)
        try:
            return self._check.check(bare)
        except InvalidOutput:
            if bare is value:
                raise
            try:  # a dict[str, …] that happens to have the field's name as its only key
                return self._check.check(value)
            except InvalidOutput:
                pass
            raise

    def _checked_fields(self, value: JSON) -> dict[str, object]:
        if not isinstance(value, dict):
            reason = f"it should be an object with the fields {listed(self.fields)} (it is {shown(value)})"
            raise InvalidOutput(reason)
        faults = list(_misnamed(value, self.fields))
        made: dict[str, object] = {}
        for name in self.fields:
            if name in value:
                try:
                    made[name] = self._types[name].check(value[name], name)
                except InvalidOutput as error:
                    faults.append(error.reason)
        if faults:
            raise InvalidOutput("; ".join(faults))
        return made


TEXT = Output(kind="text")


def output_type(given: object = None, *, trusted: bool = True) -> Output:
    """Read what an answer must be; raises `InvalidSignature`.

    `given` is None or `str` (text), a Python type or pydantic model, a JSON schema as a dict, or a signature
    as text. A schema that a model wrote is not `trusted`: what could take hours to check is refused.
    """
    if given is None or given is str:
        return TEXT
    if isinstance(given, str):
        return _from_signature(given)
    if isinstance(given, Mapping):
        check = SchemaCheck(cast("Mapping[str, JSON]", given), trusted=trusted)
        return Output(kind="value", schema=check.schema, _check=check)
    if given is ... or isinstance(given, bool | int | float | bytes | list | tuple | set) or isroutine(given):
        raise InvalidSignature(str(cast("object", given)), "it is a value and no type")
    typed = Typed(given, getattr(given, "__name__", ""))
    return Output(kind="value", schema=_short(typed.schema), _check=typed)


def _from_signature(text: str) -> Output:
    read = signature(text)
    names = tuple(read.outputs)
    types = {name: Typed(kind, text) for name, kind in read.outputs.items()}
    if len(names) == 1:
        [name] = names
        if read.outputs[name] is str:
            return Output(kind="text", fields=names, inputs=read.inputs)
        only = types[name]
        return Output(kind="value", fields=names, inputs=read.inputs, schema=only.schema, _check=only)
    schema: dict[str, JSON] = {
        "type": "object",
        "properties": {name: dict(each.schema) for name, each in types.items()},
        "required": list(names),
        "additionalProperties": False,
    }
    return Output(kind="fields", fields=names, inputs=read.inputs, schema=schema, _types=types)


def _text(value: JSON) -> str:
    if value is None or (isinstance(value, str) and not value.strip()):
        raise InvalidOutput("an empty answer")
    if isinstance(value, str):
        return value
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


def _as_json(value: JSON) -> tuple[JSON] | None:
    """What JSON a text is, None if it is none."""
    if not isinstance(value, str):
        return None
    found = next(iter(json_in(value, whole=True)), None)
    return None if found is None or _unsound(found) is not None else (found,)


def _misnamed(value: Mapping[str, JSON], names: tuple[str, ...]) -> Iterator[str]:
    missing = [name for name in names if name not in value]
    if missing:
        are = "fields {} are missing" if len(missing) > 1 else "field {} is missing"
        yield f"the {are.format(listed(missing))}"
    for name in [name for name in value if name not in names][:5]:
        close = near_miss(name, missing)
        hint = f"; did you mean {close}?" if close is not None else ""
        yield f"there is no field {listed([name])}{hint}"


def _unsound(value: JSON) -> str | None:
    """Why a value can be no answer at all: what no JSON can hold, or no file."""
    level: list[JSON] = [value]
    for _ in range(DEEPEST):
        below: list[JSON] = []
        for item in level:
            if isinstance(item, float) and not math.isfinite(item):
                return f"it holds the number {item}, which JSON has no word for"
            if isinstance(item, int) and item.bit_length() > LONGEST_NUMBER:
                return "it holds a number of thousands of digits"
            if isinstance(item, str) and any("\ud800" <= character <= "\udfff" for character in item):
                return "a text in it holds half a character (a lone surrogate)"
            if isinstance(item, list):
                below += item
            elif isinstance(item, dict):
                below += [*item.keys(), *item.values()]
        if not below:
            return None
        level = below
    return f"it is nested deeper than {DEEPEST}"


# ── in words ────────────────────────────────────────────────────────────────────────────────────────────────


def _words(schema: Mapping[str, JSON]) -> str:
    """A schema in a few words where it is simple, as JSON where it is not."""
    kind = schema.get("type")
    rest = schema.keys() - {"type", "title", "description"}
    choices, items, either = schema.get("enum"), schema.get("items"), schema.get("anyOf")
    if isinstance(choices, list) and len(choices) <= 20 and rest == {"enum"}:
        return "one of " + ", ".join(json.dumps(choice, ensure_ascii=False) for choice in choices)
    if isinstance(kind, str) and kind in WORDS and (not rest or rest == {"additionalProperties"}):
        return WORDS[kind]
    if kind == "array" and rest == {"items"} and isinstance(items, dict) and items.get("type") in WORDS:
        inner = _words(items)
        plural = {"text": "texts", "a whole number": "whole numbers", "a number": "numbers"}
        if inner in plural:
            return f"a list of {plural[inner]}"
    if isinstance(either, list) and rest == {"anyOf"}:
        branches = [_words(branch) for branch in either if isinstance(branch, dict)]
        if all(branch in WORDS.values() for branch in branches):
            return " or ".join(branches)
    return f"JSON of this schema: {json.dumps(_short(schema), ensure_ascii=False, separators=(',', ':'))}"


def _short(schema: Mapping[str, JSON]) -> dict[str, JSON]:
    """A schema without the titles that pydantic gives everything."""

    def shorter(part: JSON, *, names: bool = False) -> JSON:
        if isinstance(part, list):
            return [shorter(item) for item in part]
        if not isinstance(part, dict):
            return part
        kept = part if names else {word: item for word, item in part.items() if word != "title"}
        values = {"const", "enum", "default", "examples"}
        return {
            word: item if word in values and not names else shorter(item, names=word in NAMED and not names)
            for word, item in kept.items()
        }

    return cast("dict[str, JSON]", shorter(dict(schema)))


NAMED = frozenset({"properties", "patternProperties", "$defs", "definitions", "dependentSchemas"})
