"""Expressions and queries as plain JSON, and back.

Each node is an object with one telling key: `P` with `given` and `do`, `sum` and `mean` with `of`, `product`,
`quotient`, `difference`, `Q`. A part that an expression shares between places is written once, with an
`id`, and after that as `{"same": id}`: estimands of large graphs would otherwise grow without bound.

>>> from whence.language.expression import P
>>> expression_to_dict(P("Y", "X"))
{'P': ['Y'], 'given': ['X']}
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, cast, get_args

from whence.language.expression import (
    Difference,
    Expectation,
    Expression,
    Kernel,
    P,
    Product,
    Quotient,
    Sum,
    Term,
    children,
)
from whence.language.json_reading import Fields, kind
from whence.language.query import Contrast, ContrastKind, Query
from whence.runtime.errors import InvalidAnswer, QueryError

if TYPE_CHECKING:
    from whence.runtime.plain import JSON

DEEPEST = 150


def expression_to_dict(expression: Expression) -> dict[str, JSON]:
    """The expression as plain JSON."""
    uses: Counter[int] = Counter()
    pending = [expression]
    while pending:
        node = pending.pop()
        uses[id(node)] += 1
        if uses[id(node)] == 1:
            pending.extend(children(node))
    return _write(expression, uses, {})


def _write(node: Expression, uses: Mapping[int, int], names: dict[int, int]) -> dict[str, JSON]:
    if id(node) in names:
        return {"same": names[id(node)]}
    parts: list[JSON] = [_write(part, uses, names) for part in children(node)]
    match node:
        case P(of=of, given=given, do=do):
            found: dict[str, JSON] = {"P": [term_to_json(term) for term in of]}
            found |= {"given": [term_to_json(term) for term in given]} if given else {}
            found |= {"do": [term_to_json(term) for term in do]} if do else {}
            return found | _population(node.population)
        case Kernel(of=of):
            found = {"Q": list(of)}
            return found | _population(node.population)
        case Sum(over=over):
            found = {"sum": list(over), "of": parts[0]}
        case Expectation(variable=variable):
            found = {"mean": variable, "of": parts[0]}
        case Product():
            found = {"product": parts}
        case Quotient():
            found = {"quotient": parts}
        case Difference():
            found = {"difference": parts}
        case _:
            raise TypeError(f"{type(node).__name__} is no kind of expression")
    if uses[id(node)] > 1:
        names[id(node)] = len(names)
        found["id"] = names[id(node)]
    return found


def _population(name: str) -> dict[str, JSON]:
    return {"population": name} if name else {}


def term_to_json(term: Term) -> JSON:
    """The term as plain JSON: its name, or an object with its value and world."""
    if term.value is None and not term.world:
        return term.name
    found: dict[str, JSON] = {"name": term.name}
    found |= {} if term.value is None else {"value": term.value}
    found |= {"world": [term_to_json(part) for part in term.world]} if term.world else {}
    return found


def expression_from_dict(data: object) -> Expression:
    """An expression back from plain JSON; raises `InvalidAnswer` if it is none."""
    return _read(data, {}, 0)


def _read(data: object, named: dict[int, Expression], depth: int) -> Expression:
    if depth > DEEPEST:
        raise InvalidAnswer("an expression is nested too deeply")
    fields = Fields(data, "an expression")
    if fields.get("P") is not None:
        of, given, do = (fields.each(key, read_term) for key in ("P", "given", "do"))
        return P(of, given, do, _where(fields))
    if fields.get("Q") is not None:
        return Kernel(fields.names("Q"), _where(fields))
    if fields.get("same") is not None:
        same = fields.get("same")
        if not isinstance(same, int) or same not in named:
            raise InvalidAnswer("an expression refers to a part that was not given before")
        return named[same]
    found = _read_composite(fields, named, depth + 1)
    number = fields.get("id")
    if isinstance(number, int):
        named[number] = found
    return found


def _where(fields: Fields) -> str:
    return fields.text("population") if fields.get("population") is not None else ""


def _read_composite(fields: Fields, named: dict[int, Expression], depth: int) -> Expression:
    def part(data: object) -> Expression:
        return _read(data, named, depth)

    if fields.get("sum") is not None:
        return Sum(fields.names("sum"), part(fields.required("of")))
    if fields.get("mean") is not None:
        return Expectation(fields.text("mean"), part(fields.required("of")))
    if fields.get("product") is not None:
        return Product(fields.each("product", part))
    for key, make in (("quotient", Quotient), ("difference", Difference)):
        if fields.get(key) is not None:
            parts = fields.each(key, part)
            if len(parts) != 2:
                raise InvalidAnswer(f"a {key} has {len(parts)} parts, not two")
            return make(*parts)
    raise InvalidAnswer(f"an expression is of no known kind ({_keys(fields.data)})")


def read_term(data: object) -> Term:
    """A term back from plain JSON: a name alone, or an object; raises `InvalidAnswer`."""
    return _read_term(data, 0)


def _read_term(data: object, depth: int) -> Term:
    if depth > DEEPEST:
        raise InvalidAnswer("a world is nested too deeply")
    if isinstance(data, str):
        return Term(data)
    fields = Fields(data, "a term")
    world = fields.each("world", lambda part: _read_term(part, depth + 1))
    return Term(fields.text("name"), fields.value("value"), world)


def _keys(data: object) -> str:
    if isinstance(data, Mapping):
        return ", ".join(str(key)[:40] for key in cast("Mapping[object, object]", data)) or "no keys"
    return kind(data)


def query_to_dict(query: Query) -> dict[str, JSON]:
    """The query as plain JSON: its text for readers, its body and contrast for programs."""
    found: dict[str, JSON] = {"text": str(query), "body": expression_to_dict(query.body)}
    if query.contrast is not None:
        found["contrast"] = contrast_to_dict(query.contrast)
    if query.assuming:
        found["assuming"] = list(query.assuming)
    return found


def query_from_dict(data: object) -> Query:
    """A query back from plain JSON; raises `InvalidAnswer`."""
    fields = Fields(data, "a query")
    body = expression_from_dict(fields.required("body"))
    contrast = fields.get("contrast")
    try:
        found = None if contrast is None else contrast_from_dict(contrast)
        return Query(body, found, fields.names("assuming"))
    except QueryError as error:
        raise InvalidAnswer(f"its query has no meaning: {error.message}") from error


def contrast_to_dict(contrast: Contrast) -> dict[str, JSON]:
    """The contrast as plain JSON."""
    return {
        "kind": contrast.kind,
        "treatment": contrast.treatment,
        "outcome": contrast.outcome,
        "level": contrast.level,
        "base": contrast.base,
        "by": list(contrast.by),
    }


def contrast_from_dict(data: object) -> Contrast:
    """A contrast back from plain JSON; raises `InvalidAnswer`, or a `QueryError` if it has no meaning."""
    fields = Fields(data, "a contrast")
    kind_: ContrastKind = fields.choice("kind", get_args(ContrastKind))
    treatment, outcome = fields.text("treatment"), fields.text("outcome")
    return Contrast(
        kind_, treatment, outcome, fields.value("level"), fields.value("base"), fields.names("by")
    )
