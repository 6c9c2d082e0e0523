"""An answer is of the type asked for, or the model is told in words what is wrong with it."""

import dataclasses
import datetime
import enum
import json
import sys
from typing import Any, Literal

import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typing_extensions import TypedDict

from whence.rlm.answers.json_found import json_in
from whence.rlm.answers.output import output_type
from whence.rlm.errors import InvalidOutput, InvalidSignature


class Finding(pydantic.BaseModel):
    name: str
    count: int = 0
    tags: list[str] = []
    other: "Finding | None" = None


class Strict(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(strict=True, extra="forbid")
    day: datetime.date
    pair: tuple[int, int]


class Renamed(pydantic.BaseModel):
    given: int = pydantic.Field(alias="Given")


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


@dataclasses.dataclass
class Point:
    x: int
    y: float = 0.5


class Row(TypedDict):
    name: str
    n: int


SCHEMA = {
    "type": "object",
    "properties": {"items": {"type": "array", "items": {"type": "integer"}}, "name": {"type": "string"}},
    "required": ["items"],
    "additionalProperties": False,
}


def refused(output, value):
    with pytest.raises(InvalidOutput) as caught:
        output.validate(value)
    return caught.value.reason


# ── text ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("given", [None, str, "context -> answer", "-> answer: str"])
def test_text_is_kept_and_other_values_become_text(given):
    output = output_type(given)
    assert output.kind == "text"
    for value, text in [
        (" a\n", " a\n"), (3, "3"), (2.5, "2.5"), (True, "True"), ([1, "ü"], '[1, "ü"]'),
        ({"a": None}, '{"a": null}'), ([], "[]"), (0, "0"),
    ]:  # fmt: skip
        assert output.validate(value) == text


@pytest.mark.parametrize("value", [None, "", " ", "\n\t ", "\u2003"])
def test_an_empty_answer_is_refused(value):
    assert refused(output_type(None), value) == "an empty answer"
    with pytest.raises(InvalidOutput, match="empty"):
        output_type(None).from_reply(f"<think>hm</think>{value or ''}")


@pytest.mark.parametrize("given", [None, "-> answer: float", dict[str, Any], {"type": "array"}])
@pytest.mark.parametrize("value", [float("nan"), [float("inf")], {"a": ["\ud800"]}, {"\udfff": 1}])
def test_what_no_json_and_no_file_can_hold_is_refused(given, value):
    refused(output_type(given), value)


def test_a_bottomless_value_is_refused():
    value: Any = 1
    for _ in range(5_000):
        value = [value]
    for kind in (None, list[Any], {"type": "array"}):
        assert "nested" in refused(output_type(kind), value)


# ── types ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("kind", "value", "made"),
    [
        (int, 42, 42),
        (int, "42", 42),
        (int, 42.0, 42),
        (float, 1, 1.0),
        (float, "2.5", 2.5),
        (bool, True, True),
        (bool, "true", True),
        (list[str], ["a"], ["a"]),
        (list[str], '["a"]', ["a"]),
        (list[str], [1], ["1"]),
        (dict[str, int], {"a": 1}, {"a": 1}),
        (tuple[int, str], [1, "a"], (1, "a")),
        (set[int], [1, 2], {1, 2}),
        (int | None, None, None),
        (int | bool, True, True),
        (Literal["a", "b"], "a", "a"),
        (Literal[1, 2], 1, 1),
        (Colour, "red", Colour.RED),
        (datetime.date, "2024-02-03", datetime.date(2024, 2, 3)),
        (Point, {"x": "3"}, Point(3)),
        (Row, {"name": "a", "n": 1}, {"name": "a", "n": 1}),
        (Finding, {"name": "a", "other": {"name": "b"}}, Finding(name="a", other=Finding(name="b"))),
        (Finding, '{"name": "a"}', Finding(name="a")),
        (Finding, '```json\n{"name": "a"}\n```', Finding(name="a")),
        (Strict, {"day": "2024-02-03", "pair": [1, 2]}, Strict(day=datetime.date(2024, 2, 3), pair=(1, 2))),
        (Renamed, {"Given": 1}, Renamed(Given=1)),
        (list[Any], [None, True, {"a": [1]}], [None, True, {"a": [1]}]),
    ],
    ids=str,
)
def test_a_value_of_a_python_type_is_made_and_goes_into_records_and_back(kind, value, made):
    output = output_type(kind)
    assert output.kind == "value"
    found = output.validate(value)
    assert found == made and type(found) is type(made)
    plain = output.plain(found)
    assert output.validate(json.loads(json.dumps(plain))) == made
    assert output.schema is not None and output.describe().startswith("The answer is ")


@pytest.mark.parametrize(
    ("kind", "value", "told"),
    [
        (int, True, "true"),
        (int, 3.5, "3.5"),
        (int, "three", "three"),
        (int, None, "null"),
        (int, [], "list"),
        (float, False, "false"),
        (float, "inf", "finite"),
        (list[int], [1, True], r"\[1\]"),
        (dict[str, float], {"a b": False}, r'\["a b"\]'),
        (Literal["a", "b"], "c", "'a' or 'b'"),
        (Literal[1, 2], True, "true"),
        (Point, {"x": True}, "x should be"),
        (Point, {"y": 1}, "x: Field required"),
        (Finding, {"name": "a", "count": False}, "count should be a number"),
        (Finding, {"name": "a", "other": {"name": "b", "count": True}}, r"other\.count"),
        (Finding, {"name": "a", "tags": ["b", ["c"]]}, r"tags\[1\] should be a valid string"),
        (Strict, {"day": "2024-02-03", "pair": [1, "2"]}, r"pair\[1\]"),
        (Renamed, {"Given": True}, "Given"),
        (list[str], "a", "should be a list"),
    ],
    ids=str,
)
def test_what_is_of_another_type_is_refused_with_the_place_and_what_came(kind, value, told):
    with pytest.raises(InvalidOutput, match=told) as caught:
        output_type(kind).validate(value)
    assert "http" not in str(caught.value) and "pydantic" not in str(caught.value)


def test_messages_stay_short():
    many = refused(output_type(list[int]), ["x" * 10_000] * 200)
    assert "195 more" in many and len(many) < 2_000
    assert len(refused(output_type(SCHEMA), {"items": ["x" * 10_000] * 200})) < 2_000
    assert len(refused(output_type({"type": "integer"}), "x" * 100_000)) < 500


def test_a_number_too_long_for_python_is_refused():
    before = sys.get_int_max_str_digits()
    huge = 10**before
    for kind in (int, None, {"type": "integer"}):
        refused(output_type(kind), huge)


@pytest.mark.parametrize("given", [42, True, ..., [int], b"int", object(), lambda: 1, 2.5, {1, 2}])
def test_what_is_no_type_is_refused(given):
    with pytest.raises(InvalidSignature):
        output_type(given)


# ── JSON schemas ────────────────────────────────────────────────────────────────────────────────────────────


def test_a_json_schema_is_checked():
    output = output_type(SCHEMA)
    assert output.kind == "value" and output.schema == SCHEMA
    assert output.validate({"items": [1, 2]}) == {"items": [1, 2]}
    assert output.validate('{"items": []}') == {"items": []}
    assert refused(output, {"items": [1, "a", True]}).startswith("items[1]: ")
    assert "items[2]" in refused(output, {"items": [1, 2, True]})
    assert "'other'" in refused(output, {"items": [], "other": 1})
    assert "required" in refused(output, {})
    assert output.plain({"items": [1]}) == {"items": [1]}


def test_a_schema_that_is_itself_wrong_is_refused():
    for schema in (
        {"type": "strin"},
        {"type": "object", "properties": 3},
        {"minimum": "a"},
        {"pattern": "("},
        {"$schema": 3},
        {"a": object()},
        {"default": float("nan")},
        {"$ref": "#/$defs/none"},
        {"$ref": "#"},
        {"$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}, "$ref": "#/$defs/a"},
    ):
        with pytest.raises(InvalidSignature):
            output_type(schema)


@pytest.mark.parametrize(
    "target", ["https://example.com/a.json", "file:///etc/passwd", "other.json", "urn:a:b"]
)
def test_a_reference_out_of_the_schema_is_refused_and_never_fetched(target, monkeypatch):
    asked = []

    def fetched(*args, **_named):
        asked.append(args)
        raise OSError("nothing is fetched in tests")

    monkeypatch.setattr("urllib.request.urlopen", fetched)
    monkeypatch.setattr("socket.socket.connect", fetched)
    with pytest.raises(InvalidSignature, match="fetched"):
        output_type({"properties": {"a": {"$ref": target}}})
    with pytest.raises(InvalidSignature):
        output_type({"$id": "https://example.com/b.json", "$ref": target}).validate({})
    assert asked == []


def test_a_reference_within_the_schema_is_followed():
    schema = {"$defs": {"n": {"type": "integer"}}, "type": "array", "items": {"$ref": "#/$defs/n"}}
    assert output_type(schema).validate([1]) == [1]
    assert "[0]" in refused(output_type(schema), ["a"])
    tree = {"type": "object", "properties": {"next": {"$ref": "#"}}}
    assert output_type(tree).validate({"next": {"next": {}}})


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "string", "pattern": "(a+)+$"},
        {"properties": {"a": {"patternProperties": {"(a+)+$": {}}}}},
        {"$defs": {"a": {}}, "$ref": "#/$defs/a"},
        {"enum": ["x" * 30_000]},
    ],
)
def test_a_schema_that_a_model_wrote_may_hold_nothing_that_is_dear(schema):
    with pytest.raises(InvalidSignature, match="from a cell"):
        output_type(schema, trusted=False)
    assert output_type(schema)


def test_a_harmless_schema_that_a_model_wrote_is_used():
    schema = {"properties": {"pattern": {"enum": [{"$ref": 1}]}}, "default": {"pattern": "("}}
    assert output_type(schema, trusted=False).validate({"pattern": {"$ref": 1}})


# ── signatures ──────────────────────────────────────────────────────────────────────────────────────────────


def test_a_signature_of_one_field_takes_the_value_bare_or_under_its_name():
    output = output_type("context, query -> answer: int")
    assert (output.kind, output.fields, output.inputs) == ("value", ("answer",), ("context", "query"))
    assert output.validate(42) == output.validate({"answer": "42"}) == output.validate('{"answer": 42}') == 42
    refused(output, {"answers": 42})
    refused(output, {"answer": 42, "more": 1})
    assert output_type("-> answer").validate({"answer": "x"}) == "x"
    assert output_type("-> answer: dict[str, int]").validate({"answer": 1}) == {"answer": 1}
    assert output_type("-> answer: dict[str, int]").validate({"answer": {"answer": 1}}) == {"answer": 1}


def test_a_signature_of_several_fields_wants_exactly_these():
    output = output_type("-> answer: list[str], evidence: str, sure: bool | None")
    assert (output.kind, output.fields) == ("fields", ("answer", "evidence", "sure"))
    given = {"answer": ["a"], "evidence": "b", "sure": None}
    assert output.validate(given) == given == output.plain(output.validate(given))
    assert output.validate(json.dumps(given)) == given
    assert refused(output, {"answer": [], "evidence": "b"}) == 'the field "sure" is missing'
    told = refused(output, {"answer": [], "evidnce": "b", "more": 1})
    assert '"evidence"' in told and "did you mean evidence" in told and '"more"' in told
    told = refused(output, {"answer": ["a", []], "evidence": None, "sure": None})
    assert "answer[1]" in told and "evidence" in told
    assert "object" in refused(output, ["a"])


@pytest.mark.parametrize(
    ("text", "value", "made"),
    [
        ("-> a: int", "3", 3),
        ("->a:tuple[int, ...]", [1, 2], (1, 2)),
        ("-> a: tuple[int, str]", [1, "b"], (1, "b")),
        ("-> a: dict[str, list[float]]", {"x": [1]}, {"x": [1.0]}),
        ("-> a: Literal['->', 'b, c']", "->", "->"),
        ("q -> a: Literal[1, 'x', True, None]", None, None),
        ("-> a: Optional[int]", None, None),
        ("-> a: int | str | None", "b", "b"),
        ("-> a: Union[int, str]", 1, 1),
        ("-> a: list", [1, None], [1, None]),
        ("-> a: dict", {"b": 1}, {"b": 1}),
        ("document: list[str] -> a: float", 1, 1.0),
        ("\n context ,\n query ->\n a : bool\n", False, False),
    ],
)
def test_the_types_of_a_signature(text, value, made):
    assert output_type(text).validate(value) == made


@pytest.mark.parametrize(
    "text",
    [
        "", "answer", "->", "a ->", "-> 3", "-> a: itn", "-> a: List[int]", "-> a: list[int, str]",
        "-> a: dict[int, str]",
        "-> a, a", "a -> a", "-> a=3", "-> *a", "-> **a", "-> a, /", "-> a: 'int'", "-> a: Literal[1.5]",
        "-> a: Literal[x]", "-> a: __import__('os').system('false')", "-> a: int if 1 else str",
        "-> a: (lambda: int)()",
        "-> a): pass\nimport os\ndef f(b", "a -> b -> c", "-> a: list[" * 200, "-> " + "a" * 3_000,
        "-> a: " + "list[" * 90 + "int" + "]" * 90 + " | nothing", "-> a: \x00", "-> class",
        "-> a: open", "-> a: object",
    ],
)  # fmt: skip
def test_a_text_that_is_no_signature_is_refused_and_nothing_of_it_is_run(text):
    with pytest.raises(InvalidSignature):
        output_type(text)


# ── what the model is told ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (None, "The answer is text."),
        (int, "The answer is a whole number."),
        (list[str], "The answer is a list of texts, as a JSON value."),
        (Literal["a", "b"], 'The answer is one of "a", "b", as a JSON value.'),
        ("-> a: int | None", "The answer is a whole number or null."),
        ("-> a: int, b: list[str]", "SUBMIT(a=…, b=…)"),
    ],
)
def test_the_answer_is_described_in_words(given, told):
    assert told in output_type(given).describe()


def test_a_schema_is_shown_without_the_titles_that_nobody_needs():
    told = output_type(Finding).describe()
    assert '"count":{"default":0,"type":"integer"}' in told and '"title"' not in told
    named = output_type({"type": "object", "properties": {"title": {"type": "string"}}, "title": "Book"})
    assert '"title":{"type":"string"}' in named.describe() and "Book" not in named.describe()


# ── replies read directly ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "reply",
    [
        "42", " 42\n", '"42"', "```json\n42\n```", "```\n42\n```", '{"answer": 42}',
        '```json\n{"answer": 42}\n```',
        'I counted [1] and [2].\n\n{"answer": 42}', '<think>It may be {"answer": 7}</think>\n42',
        'So: {"answer": 42}.',
        '{"answer": "x"} no, {"answer": 42}', "thought aloud\n</think>\n42",
    ],
)  # fmt: skip
def test_a_typed_answer_is_found_in_a_reply(reply):
    assert output_type("-> answer: int").from_reply(reply) == 42


@pytest.mark.parametrize(
    "reply", ["", "forty-two", "The answer is 42.", "<think>42", "[42", '{"answer": "x"}', "```\n```"]
)
def test_a_reply_without_a_valid_answer_is_refused(reply):
    with pytest.raises(InvalidOutput):
        output_type("-> answer: int").from_reply(reply)


def test_a_bare_word_is_good_for_a_type_of_words():
    assert output_type(Literal["yes", "no"]).from_reply("yes\n") == "yes"
    assert output_type(Colour).from_reply("blue") is Colour.BLUE
    assert output_type(None).from_reply("  It is\n so. ") == "It is\n so."


@pytest.mark.parametrize(
    "reply", ["[" * 200_000, "{" * 200_000, '{"a":' * 100_000, "```json\n" * 50_000, "[1 " * 100_000]
)
def test_a_hostile_reply_is_only_refused(reply):
    with pytest.raises(InvalidOutput):
        output_type("-> answer: int").from_reply(reply)


JSONS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


@given(JSONS)
def test_no_value_makes_a_check_fail_otherwise_than_by_refusing(value):
    for kind in (
        None,
        int,
        "-> a: int, b: str",
        SCHEMA,
        Finding,
        list[str],
        dict[str, Any],
        Literal["a", 1],
    ):
        output = output_type(kind)
        try:
            found = output.validate(value)
        except InvalidOutput as error:
            assert error.reason
        else:
            assert output.validate(json.loads(json.dumps(output.plain(found)))) == found


@given(JSONS)
def test_json_in_a_fence_is_found_whatever_it_holds(value):
    assert next(iter(json_in(f"Look:\n```json\n{json.dumps(value)}\n```\n"))) == value
