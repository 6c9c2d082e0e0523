"""Estimands with their derivations as plain JSON, and back: what `whence verify answer.json` reads.

A derivation is a list of steps, premises before what rests on them; a step names its premises by their place
in the list. `from` is the claim, `to` the formula, `because` the facts of the graph, `words` a sentence, and
`plain` one without terms of the trade.

>>> from whence.language.estimand import Step
>>> from whence.language.expression import P
>>> derivation_to_list(Step("observation", P("Y"), P("Y")))[0]["rule"]
'observation'
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast, get_args

from whence.language.assumptions import About, Assumption, Status
from whence.language.assumptions import Source as SaidBy
from whence.language.estimand import (
    Adjustment,
    Estimand,
    Fact,
    FactKind,
    FrontDoor,
    General,
    Observed,
    Rule,
    Shape,
    Step,
)
from whence.language.expression_json import (
    expression_from_dict,
    expression_to_dict,
    query_from_dict,
    query_to_dict,
)
from whence.language.graph_json import graph_from_dict, graph_to_dict
from whence.language.json_reading import Fields, kind
from whence.language.source_json import source_from_dict, source_to_dict
from whence.language.step_words import manager_words
from whence.language.words import graph_words, step_words
from whence.runtime.errors import InvalidAnswer
from whence.runtime.plain import JSON, plain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FACT_LISTS = ("x", "y", "given", "among", "cut_into", "cut_out_of")


def estimand_to_dict(estimand: Estimand) -> dict[str, JSON]:
    """The estimand as plain JSON: `text`, `latex`, `expression`, `derivation`, `shape`, `query`, `graph`."""
    found: dict[str, JSON] = {
        "text": estimand.text,
        "latex": estimand.latex,
        "expression": expression_to_dict(estimand.expression),
        "derivation": list(derivation_to_list(estimand.derivation)),
        "shape": shape_to_dict(estimand.shape),
        "query": query_to_dict(estimand.query),
        "graph": graph_to_dict(estimand.graph),
        "assumptions": [plain(assumption.to_dict()) for assumption in estimand.assumptions],
    }
    if estimand.given:
        found["given"] = [source_to_dict(source) for source in estimand.given]
    return found


def estimand_from_dict(data: object) -> Estimand:
    """An estimand back from plain JSON; raises `InvalidAnswer` if it is none."""
    fields = Fields(data, "an estimand")
    return Estimand(
        query_from_dict(fields.required("query")),
        expression_from_dict(fields.required("expression")),
        derivation_from_list(fields.required("derivation")),
        shape_from_dict(fields.required("shape")),
        graph_from_dict(fields.required("graph")),
        fields.each("assumptions", assumption_from_dict),
        fields.each("given", source_from_dict),
    )


def assumption_from_dict(data: object) -> Assumption:
    """An assumption back from JSON; raises `InvalidAnswer`."""
    fields = Fields(data, "an assumption")
    source: SaidBy = fields.choice("source", get_args(SaidBy))
    status: Status = fields.choice("status", get_args(Status))
    about: About = fields.choice("about", get_args(About)) if fields.get("about") else "other"
    return Assumption(fields.text("statement"), source, fields.truth("testable"), status, about)


def derivation_to_list(derivation: Step) -> list[dict[str, JSON]]:
    """The steps in the order of `Step.walk`, each an object; the root is the last."""
    places: dict[int, int] = {}
    found: list[dict[str, JSON]] = []
    for place, step in enumerate(derivation.walk()):
        places[id(step)] = place
        found.append(
            {
                "rule": step.rule,
                "from": expression_to_dict(step.claim),
                "to": expression_to_dict(step.formula),
                "because": [fact_to_dict(fact) for fact in step.because],
                "premises": [places[id(premise)] for premise in step.premises],
                "words": step_words(step),
                "plain": manager_words(step),
            }
        )
    return found


def derivation_from_list(data: object) -> Step:
    """A derivation back from its list; raises `InvalidAnswer`, also where a premise comes too late."""
    steps: list[Step] = []
    for entry in Fields({"steps": data}, "a derivation").list("steps"):
        steps.append(_step(Fields(entry, "a step"), steps))
    if not steps:
        raise InvalidAnswer("a derivation has no steps")
    return steps[-1]


def _step(fields: Fields, before: Sequence[Step]) -> Step:
    rule: Rule = fields.choice("rule", get_args(Rule))
    claim, formula = (expression_from_dict(fields.required(key)) for key in ("from", "to"))
    premises: list[Step] = []
    for place in fields.list("premises"):
        if isinstance(place, bool) or not isinstance(place, int) or not 0 <= place < len(before):
            raise InvalidAnswer("a step rests on one that does not come before it")
        premises.append(before[place])
    return Step(rule, claim, formula, fields.each("because", fact_from_dict), tuple(premises))


def fact_to_dict(fact: Fact) -> dict[str, JSON]:
    """The fact as plain JSON; `in` describes its graph in words, the other entries are for programs."""
    lists: dict[str, JSON] = {
        key: list(cast("tuple[str, ...]", getattr(fact, key))) for key in FACT_LISTS if getattr(fact, key)
    }
    return {"fact": fact.kind, **lists, "in": graph_words(fact)}


def fact_from_dict(data: object) -> Fact:
    """A fact back from plain JSON; raises `InvalidAnswer`."""
    fields = Fields(data, "a fact")
    kind_: FactKind = fields.choice("fact", get_args(FactKind))
    return Fact(kind_, *(fields.names(key) for key in FACT_LISTS))


def shape_to_dict(shape: Shape) -> dict[str, JSON]:
    """The shape as plain JSON: its name and its lists of variables."""
    lists = {key: list(names) for key, names in _lists_of(shape).items()}
    return {"name": shape.name, **cast("Mapping[str, JSON]", lists)}


def _lists_of(shape: Shape) -> dict[str, tuple[str, ...]]:
    match shape:
        case Adjustment(treatments=x, outcomes=y, adjust=adjust, by=by):
            return {"treatments": x, "outcomes": y, "adjust": adjust, "by": by}
        case FrontDoor(treatments=x, outcomes=y, mediators=mediators):
            return {"treatments": x, "outcomes": y, "mediators": mediators}
        case _:
            return {}


def shape_from_dict(data: object) -> Shape:
    """A shape back from plain JSON; raises `InvalidAnswer`."""
    fields = Fields(data, "a shape")
    x, y = fields.names("treatments"), fields.names("outcomes")
    match fields.text("name"):
        case "adjustment":
            return Adjustment(x, y, fields.names("adjust"), fields.names("by"))
        case "front-door":
            return FrontDoor(x, y, fields.names("mediators"))
        case "observed":
            return Observed()
        case "general":
            return General()
        case other:
            raise InvalidAnswer(f"there is no shape {kind(other)}")
