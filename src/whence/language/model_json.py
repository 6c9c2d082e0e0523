"""Structural models and pairs of them that disagree as plain JSON, and back; numbers are exact.

A probability is written as the text of a fraction, `"1/3"`.

>>> from fractions import Fraction
>>> model = StructuralModel((("X", (0, 1)),), (HiddenCause("U", (Fraction(1, 3), Fraction(2, 3))),), ())
>>> model_to_dict(model)["hidden"]
[{'name': 'U', 'probabilities': ['1/3', '2/3']}]
>>> model_from_dict(model_to_dict(model)) == model
True
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import TYPE_CHECKING

from whence.language.expression_json import read_term, term_to_json
from whence.language.json_reading import Fields, kind
from whence.language.model import Disagreement, Elsewhere, HiddenCause, Mechanism, StructuralModel
from whence.runtime.errors import InvalidAnswer

if TYPE_CHECKING:
    from whence.language.expression import Value
    from whence.runtime.plain import JSON

FRACTION = re.compile(r"-?\d{1,4300}(?:/\d{1,4300})?")
"""As long as Python turns a text into a number without being asked to."""


def disagreement_to_dict(pair: Disagreement) -> dict[str, JSON]:
    """The two models, each with what the query is in it, and the values of the query's open variables."""
    return {
        "models": [_side(pair, number) for number in (0, 1)],
        "at": [term_to_json(term) for term in pair.at],
    }


def _side(pair: Disagreement, number: int) -> dict[str, JSON]:
    found: dict[str, JSON] = {
        "value": str(pair.values[number]),
        **model_to_dict((pair.first, pair.second)[number]),
    }
    if pair.elsewhere:
        found["elsewhere"] = [
            {"population": each.population, **model_to_dict((each.first, each.second)[number])}
            for each in pair.elsewhere
        ]
    return found


def disagreement_from_dict(data: object) -> Disagreement:
    """Two models back from plain JSON; raises `InvalidAnswer`."""
    fields = Fields(data, "a pair of models")
    sides = [Fields(side, "a model") for side in fields.list("models")]
    if len(sides) != 2:
        raise InvalidAnswer("a refusal is proved by two models, and it has another number of them")
    first, second = sides
    there = [side.each("elsewhere", _population) for side in sides]
    if [name for name, _ in there[0]] != [name for name, _ in there[1]]:
        raise InvalidAnswer("the two models are of different populations")
    elsewhere = tuple(Elsewhere(name, one, two) for (name, one), (_, two) in zip(*there, strict=True))
    return Disagreement(
        model_from_dict(first.data),
        model_from_dict(second.data),
        (_fraction(first.required("value")), _fraction(second.required("value"))),
        fields.each("at", read_term),
        elsewhere,
    )


def _population(data: object) -> tuple[str, StructuralModel]:
    return Fields(data, "a population").text("population"), model_from_dict(data)


def model_to_dict(model: StructuralModel) -> dict[str, JSON]:
    """The model as plain JSON."""
    return {
        "levels": [{"name": name, "values": list(values)} for name, values in model.levels],
        "hidden": [
            {"name": cause.name, "probabilities": [str(share) for share in cause.probabilities]}
            for cause in model.hidden
        ],
        "mechanisms": [
            {"variable": each.variable, "inputs": list(each.inputs), "table": list(each.table)}
            for each in model.mechanisms
        ],
    }


def model_from_dict(data: object) -> StructuralModel:
    """A model back from plain JSON; raises `InvalidAnswer`."""
    fields = Fields(data, "a model")
    return StructuralModel(
        fields.each("levels", _levels), fields.each("hidden", _hidden), fields.each("mechanisms", _mechanism)
    )


def _levels(data: object) -> tuple[str, tuple[Value, ...]]:
    fields = Fields(data, "the levels of a variable")
    return fields.text("name"), fields.each("values", _value)


def _hidden(data: object) -> HiddenCause:
    fields = Fields(data, "a hidden cause")
    return HiddenCause(fields.text("name"), fields.each("probabilities", _fraction))


def _mechanism(data: object) -> Mechanism:
    fields = Fields(data, "a mechanism")
    return Mechanism(fields.text("variable"), fields.names("inputs"), fields.each("table", _value))


def _value(data: object) -> Value:
    found = Fields({"value": data}, "a model").value("value")
    if found is None:
        raise InvalidAnswer("a value of a model is null")
    return found


def _fraction(data: object) -> Fraction:
    if not isinstance(data, str) or FRACTION.fullmatch(data) is None or data.endswith("/0"):
        raise InvalidAnswer(f"{kind(data)} is no fraction such as 1/3")
    try:
        return Fraction(data)
    except ZeroDivisionError as error:
        raise InvalidAnswer("a fraction divides by zero") from error
