"""Python types as answers: the one place that speaks to pydantic.

Values are checked as JSON in pydantic's lax mode ("42" is an int where an int is asked), with one thing
stricter: true and false are no numbers. Messages are written for the model that made the value.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from whence.rlm.errors import InvalidOutput, InvalidSignature
from whence.runtime.plain import JSON, plain

if TYPE_CHECKING:
    from pydantic import TypeAdapter, ValidationError

MOST_FAULTS = 5
LONGEST_SHOWN = 80
WORDING = (
    ("Input should be", "should be"),
    ("Value error, ", ""),
    ("a valid array", "a list"),
    ("a valid dictionary", "an object"),
)


class Typed:
    """A Python type: what its JSON looks like, and whether a value is of it."""

    __slots__ = ("_adapter", "schema")

    def __init__(self, given: object, name: str = "") -> None:
        from pydantic import TypeAdapter  # noqa: PLC0415 - half a second that few need
        from pydantic.errors import PydanticUserError  # noqa: PLC0415

        # Numbers are taken for text, and what JSON cannot hold is refused, unless the type has settings.
        config: Any = {"coerce_numbers_to_str": True, "allow_inf_nan": False}
        shown = name or str(given)
        form: Any = given
        try:
            try:
                self._adapter: TypeAdapter[object] = TypeAdapter(form, config=config)
            except PydanticUserError as error:
                if error.code != "type-adapter-config-unused":
                    raise
                self._adapter = TypeAdapter(form)
            self.schema: Mapping[str, JSON] = self._adapter.json_schema()
        except (PydanticUserError, NameError, TypeError, RecursionError) as error:
            reason = str(error).partition("\n")[0].partition(" For further")[0]
            raise InvalidSignature(shown, reason) from error

    def check(self, value: JSON, path: str = "") -> object:
        """The value as an object of the type; raises `InvalidOutput`."""
        from pydantic import ValidationError  # noqa: PLC0415

        try:
            # As JSON: a list is then good for a tuple, and text for a date, even if the type is strict.
            found = self._adapter.validate_json(json.dumps(value))
        except ValidationError as error:
            raise InvalidOutput(_told(error, path)) from None
        faults = list(_truths_for_numbers(value, self.plain(found), path))
        if faults:
            raise InvalidOutput("; ".join(faults[:MOST_FAULTS]))
        return found

    def plain(self, value: object) -> JSON:
        """A value of the type as JSON."""
        from pydantic_core import PydanticSerializationError  # noqa: PLC0415

        try:
            return self._adapter.dump_python(value, mode="json", by_alias=True, warnings="none")
        except PydanticSerializationError:
            return plain(value)


def _told(error: ValidationError, path: str) -> str:
    faults = error.errors(include_url=False, include_context=False)
    told: list[str] = []
    for fault in faults[:MOST_FAULTS]:
        place = where(path, [part for part in fault["loc"] if not _is_branch(part)])
        said = fault["msg"]
        for foreign, own in WORDING:
            said = said.replace(foreign, own, 1)
        came = "" if fault["type"] == "missing" else f" (it is {shown(fault['input'])})"
        told.append(f"{place} {said}{came}" if said.startswith("should") else f"{place}: {said}{came}")
    if len(faults) > MOST_FAULTS:
        told.append(f"and {len(faults) - MOST_FAULTS} more")
    return "; ".join(told)


def _is_branch(part: int | str) -> bool:
    """Whether a part of pydantic's path names a branch of a union (`list[int]`, `function-after[…]`)."""
    return isinstance(part, str) and part.endswith("]") and "[" in part


def where(path: str, parts: Sequence[int | str]) -> str:
    """A place in a value, as Python would write it: answer.items[2].name.

    >>> where("answer", ["items", 2, "name"]), where("", [])
    ('answer.items[2].name', 'the answer')
    """
    text = path
    for part in parts:
        if isinstance(part, int):
            text += f"[{part}]"
        elif part.isidentifier():
            text += f".{part}" if text else part
        else:
            text += f"[{json.dumps(part[:LONGEST_SHOWN])}]"
    return text or "the answer"


def shown(value: object) -> str:
    """A value for a message: its kind and its beginning.

    >>> shown("abc"), shown(None), shown([1, 2])
    ('the text "abc"', 'null', 'the list [1, 2]')
    """
    kinds: dict[str, str] = {"str": "the text ", "list": "the list ", "dict": "the object "}
    try:
        text = json.dumps(value, ensure_ascii=False, default=str)
    except (ValueError, RecursionError):
        text = str(type(value).__name__)
    cut = text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}… of {len(text):,} characters"
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return ("the number " if number else kinds.get(type(value).__name__, "")) + cut


def _truths_for_numbers(given: object, made: object, path: str) -> list[str]:
    """Where a true or false was taken for a number; what came out has the shape of what went in."""
    if isinstance(given, bool):
        if isinstance(made, int | float) and not isinstance(made, bool):
            return [f"{where(path, [])} should be a number (it is {shown(given)})"]
        return []
    pairs: list[tuple[int | str, object, object]] = []
    if isinstance(given, list) and isinstance(made, list):
        one, two = cast("list[object]", given), cast("list[object]", made)
        pairs = [(place, *pair) for place, pair in enumerate(zip(one, two, strict=False))]
    elif isinstance(given, dict) and isinstance(made, dict):
        first, second = cast("dict[str, object]", given), cast("dict[str, object]", made)
        pairs = [(key, item, second[key]) for key, item in first.items() if key in second]
    return [
        fault
        for key, item, out in pairs
        for fault in _truths_for_numbers(item, out, where(path, [key]) if path else where("", [key]))
    ]
