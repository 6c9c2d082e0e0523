"""The question language: `query` reads it, `str(query)` writes it, and the two agree exactly.

    P(Y=1 | X=1)                        seeing
    P(Y=1 | do(X=1), Z=z)               doing
    P(Y_{X=0}=0 | X=1, Y=1)             imagining: Y had X been 0, among those seen with X=1 and Y=1
    E[Y | do(X=1)] - E[Y | do(X=0)]     means; differences, ratios (/) and products of any of these
    E[Y_{X=1} - Y_{X=0} | X=1]          the difference of two means with one condition
    ATE(X -> Y)   ATT(X -> Y)   CATE(X -> Y by Z, W)   ATE(X=2 vs X=1 -> Y)
    NDE(X -> Y via M)   NIE(X -> Y via M)   CDE(X -> Y via M=0)   PSE(X -> Y via X -> M -> Y)
    PN(X=1 -> Y=1)   PS(X=1 -> Y=1)   PNS(X=1 -> Y=1)
    … assuming monotone(X -> Y), exogenous(X)

Names and values that are not plain words are JSON strings (`"re 78"`); values are numbers, `true`, `false`,
or text. A variable without a value stands for each of its values. Names are matched exactly here; matching
them to columns is the business of `questions`.

Source: J. Pearl, *Causality* (2009), for the notation.

>>> q = query("E[sales | do(price=9)] - E[sales | do(price=10)]")
>>> q.contrast.kind, str(q)
('ATE', 'E[sales | do(price=9)] - E[sales | do(price=10)]')
"""

from __future__ import annotations

import re

from whence.language.expression import (
    Difference,
    Expectation,
    Expression,
    P,
    Product,
    Quotient,
    Term,
)
from whence.language.query import Query, of_contrast
from whence.language.query_forms import CONTRASTS, PARTS, contrast, part
from whence.language.query_tokens import Cursor, tokens
from whence.runtime.errors import InvalidQuery, near_miss
from whence.runtime.plain import quoted

LATER = {"LATE": "The effect among compliers"}
HEADS = ("P", "E", *CONTRASTS, *PARTS, *LATER)
DEEPEST = 100
SPELT_OUT = "To combine effects, write them out with E[Y | do(X=1)]."
EXAMPLES = "Ask in a form such as P(Y | do(X=1)), E[Y | do(X=1)] - E[Y | do(X=0)] or ATE(X -> Y)."


def query(text: str | Query) -> Query:
    """The query that the text asks; a `Query` is returned as it is.

    Raises `QuerySyntax` with the column and a proposal, `InvalidQuery` for what can be read but has no
    meaning or is not supported yet, `TreatmentIsOutcome` and `RepeatedVariable`.
    """
    if isinstance(text, Query):
        return text
    _refuse_later_forms(text)
    cursor = Cursor(text, tokens(text))
    found = contrast(cursor) if cursor.is_at(*CONTRASTS) and cursor.following.text == "(" else None
    asked = Query(_difference(cursor, 0)) if found is None else of_contrast(found)
    assumed = assumptions(cursor)
    if cursor.now.kind != "end":
        if found is not None:
            cursor.fail("A contrast stands by itself", SPELT_OUT)
        cursor.fail(
            f"{quoted(cursor.now.text)} is not expected here", "A query ends, or goes on with -, / or *."
        )
    return Query(asked.body, asked.contrast, assumed)


def _refuse_later_forms(text: str) -> None:
    head = re.match(rf"\s*({'|'.join(LATER)})\s*\(", text)
    if head is not None:
        raise InvalidQuery(f"{LATER[head[1]]} ({head[1]}) is not supported yet.", EXAMPLES)
    if re.match(r"\s*why\s", text, re.IGNORECASE) or re.search(r"\bactual\s+cause\b", text, re.IGNORECASE):
        raise InvalidQuery("Questions of why and of actual causes are not supported yet.", EXAMPLES)


def _later(cursor: Cursor) -> None:
    if cursor.is_at(*LATER) and cursor.following.text in ("(", "["):
        form = LATER[cursor.now.text]
        raise InvalidQuery(f"{form} ({cursor.now.text}) is not supported yet.", EXAMPLES)


# ── formulas ────────────────────────────────────────────────────────────────────────────────────────────────


def _difference(cursor: Cursor, depth: int) -> Expression:
    if depth > DEEPEST:
        cursor.fail("These brackets are nested too deeply")
    found = _fraction(cursor, depth)
    while cursor.take("-"):
        found = Difference(found, _fraction(cursor, depth))
    return found


def _fraction(cursor: Cursor, depth: int) -> Expression:
    """Factors side by side or joined by *, and fractions, read from the left."""
    factors: list[Expression] = [_factor(cursor, depth)]
    while True:
        if cursor.take("/"):
            factors = [Quotient(_product(factors), _factor(cursor, depth))]

        elif cursor.take("*") or cursor.is_at(*HEADS, "("):
            factors.append(_factor(cursor, depth))
        else:
            return _product(factors)


def _product(factors: list[Expression]) -> Expression:
    return factors[0] if len(factors) == 1 else Product(tuple(factors))


def _factor(cursor: Cursor, depth: int) -> Expression:
    _later(cursor)
    token = cursor.now
    if cursor.take("("):
        found = _difference(cursor, depth + 1)
        cursor.expect(")", "Close the bracket.")
        return found
    if cursor.is_at("P", "E") and cursor.following.text in ("(", "[", "@"):
        cursor.next()
        where = (
            cursor.name("The population", "Name it, as in P@trial(Y | do(X)).") if cursor.take("@") else ""
        )
        if not cursor.is_at("(", "["):
            cursor.fail('"(" is missing', "Write P@trial(Y | do(X)).")
        closing = {"(": ")", "[": "]"}[cursor.next().text]
        read = _probability if token.text == "P" else _mean
        return read(cursor, closing, where)
    if cursor.is_at(*PARTS) and cursor.following.text == "(":
        return part(cursor)
    if cursor.is_at(*CONTRASTS):
        cursor.fail("A contrast stands by itself", SPELT_OUT)
    if token.kind == "number":
        cursor.fail("A number cannot be part of a query", "Multiply the answer by it instead.")
    if token.kind == "word" and cursor.following.text in ("(", "["):
        close = near_miss(token.text, HEADS)
        proposal = f"Did you mean {close}? " if close is not None else ""
        if token.text.lower() in ("pr", "prob", "probability"):
            proposal = "Did you mean P? "
        cursor.fail(f"There is no query form {quoted(token.text)}", proposal + EXAMPLES)
    return cursor.fail("This is no query" if token.text else "A probability or mean is missing", EXAMPLES)


def _probability(cursor: Cursor, closing: str, where: str) -> P:
    of = _terms(cursor, closing)
    given, do = _condition(cursor, closing)
    return P(of, given, do, where)


def _mean(cursor: Cursor, closing: str, where: str) -> Expression:
    """E[Y | …], or E[Y_{X=1} - Y_{X=0} | …], the difference of two."""
    terms = [_mean_of(cursor)]
    while cursor.take("-"):
        terms.append(_mean_of(cursor))
    given, do = _condition(cursor, closing)
    means = [Expectation(term.name, P(term, given, do, where)) for term in terms]
    found: Expression = means[0]
    for mean in means[1:]:
        found = Difference(found, mean)
    return found


def _mean_of(cursor: Cursor) -> Term:
    token = cursor.now
    term = _term(cursor)
    if term.value is not None:
        cursor.fail(
            "E takes the mean of a variable, not of an event", "For its probability write P(Y=1 | …).", token
        )
    if cursor.is_at(","):
        cursor.fail("E takes the mean of one variable", "Ask for each by itself.")
    return term


def _terms(cursor: Cursor, closing: str) -> list[Term]:
    if cursor.is_at("|", closing):
        cursor.fail("A variable is missing", "Say what is asked about, as in P(Y | X).")
    if cursor.is_at("do") and cursor.following.text == "(":
        cursor.fail("do(…) stands after the bar", "Write P(Y | do(X)).")
    found = [_term(cursor)]
    while cursor.take(","):
        found.append(_term(cursor))
    return found


def _condition(cursor: Cursor, closing: str) -> tuple[list[Term], list[Term]]:
    """What stands after the bar, up to the closing bracket: what is seen, and what is done."""
    given: list[Term] = []
    do: list[Term] = []
    if cursor.take("|"):
        while True:
            if cursor.is_at("do") and cursor.following.text == "(":
                cursor.next()
                cursor.next()
                do += _terms(cursor, ")")
                cursor.expect(")", "Close do( … ).")
            else:
                given.append(_term(cursor))
            if not cursor.take(","):
                break
    if not cursor.take(closing):
        if cursor.is_at("="):
            cursor.fail("This = has no name on its left", "Write one = between a variable and its value.")
        cursor.fail(f"{quoted(closing)} is missing", "Separate variables by commas and close the bracket.")
    return given, do


def _term(cursor: Cursor) -> Term:
    """A variable, with a world and a value if it has them: Y, Y=1, Y_{X=0}, Y_{X=1, M_{X=0}}=1."""
    name = cursor.name("A variable")
    world: list[Term] = []
    if cursor.take("_{"):
        world = [_term(cursor)]
        while cursor.take(","):
            world.append(_term(cursor))
        cursor.expect("}", "Close the world, as in Y_{X=0}.")
    value = cursor.value() if cursor.take("=") else None
    return Term(name, value, tuple(world))


# ── assumptions ─────────────────────────────────────────────────────────────────────────────────────────────


def assumptions(cursor: Cursor) -> tuple[str, ...]:
    """What stands after `assuming`: words, words with brackets, or JSON strings, kept as written."""
    if not cursor.take("assuming"):
        return ()
    found = [_assumption(cursor)]
    while cursor.take(","):
        found.append(_assumption(cursor))
    return tuple(found)


def _assumption(cursor: Cursor) -> str:
    token = cursor.now
    if token.kind not in ("word", "string"):
        cursor.fail(
            "An assumption is missing", "Write one such as monotone(X -> Y), or a sentence in quotes."
        )
    cursor.next()
    if token.kind == "string" or not cursor.is_at("("):
        return token.text
    while not cursor.is_at(")"):
        cursor.next()
        if cursor.now.kind == "end" or cursor.is_at("("):
            cursor.fail('")" is missing', "Close the assumption, as in monotone(X -> Y).")
    return cursor.text[token.position : cursor.next().end]
