"""An answer as JSON of the schema `whence.answer/1`, and back.

The keys are those that DESIGN promises; inside an estimand and a refusal stand a few more that checking them
needs. Reading trusts nothing: whatever is not an answer raises `InvalidAnswer`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypedDict, cast, get_args

from whence.estimation.values import Estimate, Warning_
from whence.language.assumptions import Assumption
from whence.language.estimand_json import assumption_from_dict, estimand_from_dict, estimand_to_dict
from whence.language.graph_json import graph_from_dict, graph_to_dict
from whence.language.json_reading import Fields
from whence.language.query_text import query as parsed
from whence.language.refusal_json import refusal_from_dict, refusal_to_dict
from whence.refutation.result import Refutation
from whence.runtime.errors import InvalidAnswer, WhenceError
from whence.runtime.plain import JSON, plain

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any, TypeVar

    from whence.explanation.answer import Answer
    from whence.language.estimand import Estimand
    from whence.language.graph import Graph
    from whence.language.query import Query
    from whence.language.refusals import Refusal

    T = TypeVar("T")

ParsedBy = Literal["syntax", "grammar", "lm"]
"""Who read the question: the query language, the grammar of plain English, or a language model."""

SCHEMA = "whence.answer/1"


def answer_to_dict(answer: Answer) -> dict[str, JSON]:
    """The answer as plain JSON values, keys in the order of the schema."""
    return {
        "schema": SCHEMA,
        "question": answer.question,
        "parsed_by": answer.parsed_by,
        "query": None if answer.query is None else str(answer.query),
        "rung": answer.rung,
        "status": answer.status,
        "verdict": answer.verdict,
        "refusal": _refusal(answer),
        "graph": None if answer.graph is None else graph_to_dict(answer.graph),
        "estimand": _estimand(answer),
        "estimate": None if answer.estimate is None else answer.estimate.to_dict(),
        "estimates": [each.to_dict() for each in answer.estimates],
        "bounds": plain(answer.bounds),
        "assumptions": [plain(each) for each in answer.assumptions],
        "refutations": [plain(each) for each in answer.refutations],
        "warnings": [each.to_dict() for each in answer.warnings],
        "provenance": plain(answer.provenance),
    }


def _refusal(answer: Answer) -> JSON:
    if answer.refusal is None:
        return None
    found = refusal_to_dict(answer.refusal)
    witness = found.get("witness")
    nothing: dict[str, JSON] = {"hedge": {}, "models": [], "verified": answer.verified}
    return {**found, "witness": {**nothing, **witness} if isinstance(witness, dict) else nothing}


def _estimand(answer: Answer) -> JSON:
    if answer.estimand is None:
        return None
    return {**estimand_to_dict(answer.estimand), "verified": answer.verified}


class AnswerFields(TypedDict):
    """What an `Answer` is made of."""

    question: str
    query: Query | None
    parsed_by: ParsedBy
    verdict: str | None
    refusal: Refusal | None
    graph: Graph | None
    estimand: Estimand | None
    verified: bool
    estimate: Estimate | None
    estimates: tuple[Estimate, ...]
    bounds: Mapping[str, Any] | None
    assumptions: tuple[Assumption, ...]
    refutations: tuple[Refutation, ...]
    warnings: tuple[Warning_, ...]
    provenance: Mapping[str, JSON]


def answer_fields(data: object) -> AnswerFields:
    """What the answer of these JSON values is made of; raises `InvalidAnswer` for whatever is none."""
    fields = Fields(data, "an answer")
    if fields.get("schema") != SCHEMA:
        raise InvalidAnswer(f"its schema is {fields.get('schema')!r} and not {SCHEMA}")
    try:
        return _answer(fields)
    except InvalidAnswer:
        raise
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError, WhenceError) as error:
        raise InvalidAnswer(f"something in it is garbled: {type(error).__name__} {error}") from error


def _answer(fields: Fields) -> AnswerFields:
    parsed_by: ParsedBy = fields.choice("parsed_by", get_args(ParsedBy))
    return AnswerFields(
        question=fields.text("question"),
        query=None if fields.get("query") is None else parsed(fields.text("query")),
        parsed_by=parsed_by,
        verdict=None if fields.get("verdict") is None else fields.text("verdict"),
        refusal=_maybe(fields, "refusal", refusal_from_dict),
        graph=_maybe(fields, "graph", graph_from_dict),
        estimand=_maybe(fields, "estimand", estimand_from_dict),
        verified=_verified(fields),
        estimate=_maybe(fields, "estimate", _estimate),
        estimates=fields.each("estimates", _estimate),
        bounds=_maybe(fields, "bounds", _object),
        assumptions=fields.each("assumptions", assumption_from_dict),
        refutations=fields.each("refutations", _refutation),
        warnings=fields.each("warnings", _warning),
        provenance=_object(fields.required("provenance")),
    )


def _verified(fields: Fields) -> bool:
    """Whether the proof, or the certificate that there is none, was checked."""
    if fields.get("estimand") is not None:
        return Fields(fields.get("estimand"), "an estimand").truth("verified")
    witness = Fields(fields.get("refusal") or {}, "a refusal").get("witness")
    return Fields(witness or {}, "a witness").truth("verified")


def _maybe(fields: Fields, key: str, read: Callable[[object], T]) -> T | None:
    found = fields.get(key)
    return None if found is None else read(found)


def _object(data: object) -> Mapping[str, Any]:
    if not isinstance(data, dict):
        raise InvalidAnswer("a part that should be an object is none")
    return cast("Mapping[str, Any]", data)


def _estimate(data: object) -> Estimate:
    return Estimate.from_dict(_object(data))


def _refutation(data: object) -> Refutation:
    given = dict(_object(data))
    for key in ("statistic", "p", "power"):
        # JSON has no word for infinite and undefined numbers; they are written as text.
        found = given.get(key)
        given[key] = float(found) if isinstance(found, str) else found
        if not isinstance(given[key], int | float | None):
            raise InvalidAnswer(f"the {key} of a refutation is no number")
    return Refutation.from_dict(given)


def _warning(data: object) -> Warning_:
    fields = Fields(data, "a warning")
    return Warning_(fields.text("code"), fields.text("message"))
