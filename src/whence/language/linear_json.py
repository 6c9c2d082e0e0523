"""Linear estimands and linear refusals as plain JSON, and back: what a third party needs to check them.

>>> from whence.language.graph import Edge, Graph
>>> from whence.language.linear import Equation
>>> g = Graph.of((), [Edge("Z", "X"), Edge("X", "Y"), Edge("X", "Y", "<->")])
>>> found = LinearEstimand(g, "X", "Y", "direct", (LinearStep("Y", ("X",), (Equation("Z"),)),))
>>> linear_from_dict(linear_to_dict(found)) == found
True
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, get_args

from whence.language.covariance import EffectKind, moment_text
from whence.language.estimand_json import assumption_from_dict
from whence.language.graph_json import graph_from_dict, graph_to_dict
from whence.language.json_reading import Fields
from whence.language.linear import (
    Equation,
    LinearEstimand,
    LinearModel,
    LinearStep,
    NotIdentifiedLinearly,
    Through,
)
from whence.language.linear_words import linear_manager_words, linear_step_words
from whence.runtime.errors import InvalidAnswer
from whence.runtime.plain import JSON, plain

if TYPE_CHECKING:
    from collections.abc import Sequence

FORMAT = "whence.linear/1"


def linear_to_dict(found: LinearEstimand | NotIdentifiedLinearly) -> dict[str, JSON]:
    """The result as plain JSON; `status` says which of the two it is."""
    if isinstance(found, NotIdentifiedLinearly):
        models: list[JSON] = [_model(model) for model in found.models or ()]
        return {
            "schema": FORMAT,
            "status": "refused",
            "kind": found.kind,
            "message": found.message,
            "would_help": list(found.would_help),
            "cause": found.cause,
            "effect": found.effect,
            "asked": found.asked,
            "graph": None if found.graph is None else graph_to_dict(found.graph),
            "models": models,
        }
    return {
        "schema": FORMAT,
        "status": "answered",
        "cause": found.cause,
        "effect": found.effect,
        "asked": found.kind,
        "method": found.method,
        "text": found.text,
        "latex": found.latex,
        "nonparametric": found.nonparametric,
        "graph": graph_to_dict(found.graph),
        "steps": [_step(step) for step in found.steps],
        "left_out": list(found.left_out),
        "parts": [linear_to_dict(part) for part in found.parts],
        "totals": [{"effect": each.effect, "causes": list(each.causes)} for each in found.totals],
        "assumptions": [plain(assumption.to_dict()) for assumption in found.assumptions],
    }


def _step(step: LinearStep) -> JSON:
    equations: list[JSON] = [
        {"source": each.source, "given": list(each.given), "less": list(each.less)} for each in step.equations
    ]
    return {
        "target": step.target,
        "unknowns": list(step.unknowns),
        "known": list(step.known),
        "equations": equations,
        "method": step.method,
        "formulas": [f"{moment_text(name)} = {moment_text(formula)}" for name, formula in step.formulas],
        "words": linear_step_words(step),
        "manager_words": linear_manager_words(step),
    }


def _model(model: LinearModel) -> JSON:
    def cells(triples: Sequence[tuple[str, str, Fraction]]) -> list[JSON]:
        return [[a, b, str(value)] for a, b, value in triples]

    return {
        "names": list(model.names),
        "coefficients": cells(model.coefficients),
        "errors": cells(model.errors),
    }


def linear_from_dict(data: object) -> LinearEstimand | NotIdentifiedLinearly:
    """A result back from plain JSON; raises `InvalidAnswer` if it is none."""
    fields = Fields(data, "a linear answer")
    fields.choice("schema", (FORMAT,))
    asked: EffectKind = fields.choice("asked", get_args(EffectKind))
    cause, effect = fields.text("cause"), fields.text("effect")
    if fields.choice("status", ("answered", "refused")) == "refused":
        models = fields.each("models", _model_from)
        if len(models) not in (0, 2):
            raise InvalidAnswer(f"it shows {len(models)} models, not two")
        graph = fields.get("graph")
        return NotIdentifiedLinearly(
            fields.text("message"),
            fields.names("would_help"),
            None if graph is None else graph_from_dict(graph),
            cause,
            effect,
            asked,
            (models[0], models[1]) if models else None,
        )
    return LinearEstimand(
        graph_from_dict(fields.required("graph")),
        cause,
        effect,
        asked,
        fields.each("steps", _step_from),
        fields.names("left_out"),
        fields.each("totals", _through_from),
        None if fields.get("nonparametric") is None else fields.truth("nonparametric"),
        fields.each("assumptions", assumption_from_dict),
        fields.each("parts", _part_from),
    )


def _part_from(data: object) -> LinearEstimand:
    found = linear_from_dict(data)
    if isinstance(found, NotIdentifiedLinearly):
        raise InvalidAnswer("a part of a linear answer is a refusal")
    return found


def _step_from(data: object) -> LinearStep:
    fields = Fields(data, "a step")
    equations = fields.each("equations", _equation_from)
    unknowns = fields.names("unknowns")
    if not unknowns or len(unknowns) != len(equations):
        raise InvalidAnswer(f"a step has {len(unknowns)} unknowns and {len(equations)} equations")
    return LinearStep(fields.text("target"), unknowns, equations, fields.names("known"))


def _equation_from(data: object) -> Equation:
    fields = Fields(data, "an equation")
    return Equation(fields.text("source"), fields.names("given"), fields.names("less"))


def _through_from(data: object) -> Through:
    fields = Fields(data, "a total effect")
    causes = fields.names("causes")
    if not causes:
        raise InvalidAnswer("a total effect comes through no cause")
    return Through(fields.text("effect"), causes)


def _model_from(data: object) -> LinearModel:
    fields = Fields(data, "a linear model")
    return LinearModel(
        fields.names("names"), fields.each("coefficients", _cell), fields.each("errors", _cell)
    )


def _cell(data: object) -> tuple[str, str, Fraction]:
    parts = Fields({"cell": data}, "a linear model").names("cell")
    if len(parts) != 3:
        raise InvalidAnswer(f"a number of a model has {len(parts)} parts, not two names and a fraction")
    first, second, value = parts
    try:
        return first, second, Fraction(value)
    except (ValueError, ZeroDivisionError) as error:
        raise InvalidAnswer(f'"{value[:40]}" is no fraction') from error
