"""A schema that a cell wrote does not keep the host busy, whatever reply it is held against."""

from __future__ import annotations

import json

import pytest

from whence.rlm.answers.output import output_type
from whence.rlm.answers.schema_check import MOST_WORK, measured
from whence.rlm.errors import InvalidOutput, InvalidSignature


def nested(word: str, levels: int) -> dict[str, object]:
    """Each level goes through all that lies below it twice, so that 30 of them never end."""
    schema: dict[str, object] = {"type": "object"}
    for _ in range(levels):
        schema = {"allOf": [schema], word: False}
    return schema


DEAR = {
    "comparing every two items": {"type": "array", "uniqueItems": True},
    "comparing them further in": {"properties": {"x": {"items": {"uniqueItems": True}}}},
    "branches gone through again": nested("unevaluatedProperties", 18),
    "items gone through again": nested("unevaluatedItems", 18),
    "depth": {"oneOf": [json.loads('{"oneOf":[' * 60 + "{}" + "]}" * 60)]},
}


@pytest.mark.parametrize("what", DEAR)
def test_what_can_take_hours_is_refused_before_anything_is_paid_for(what: str) -> None:
    with pytest.raises(InvalidSignature):
        output_type(DEAR[what], trusted=False)


def test_a_user_may_write_such_a_schema() -> None:
    assert output_type(DEAR["comparing every two items"]).validate([1, 2]) == [1, 2]


def test_a_large_value_is_not_held_against_a_large_schema() -> None:
    checker = output_type({"items": {"anyOf": [{"const": k} for k in range(500)]}}, trusted=False)
    assert checker.from_reply(json.dumps([499] * 100)) == [499] * 100
    with pytest.raises(InvalidOutput, match="too large"):
        checker.validate([499] * 20_000)


def test_a_usual_reply_is_far_below_the_bound() -> None:
    schema = {
        "type": "array",
        "items": {
            "type": "object",
            "properties": {
                "name": {"type": "string"},
                "year": {"type": "integer"},
                "place": {"type": "string"},
            },
            "required": ["name"],
        },
    }
    value = [{"name": "a", "year": 1, "place": "b"}] * 1_000
    assert measured(schema)[0] * measured(value)[0] < MOST_WORK / 3
    assert output_type(schema, trusted=False).validate(value) == value
