"""The small grammar in which published estimands are written: `sum{Z}[P(Y|X,Z) P(Z)] / P(X)`."""

from __future__ import annotations

import re

from whence.language.expression import Expression, P, Product, Quotient, Sum

TOKEN = re.compile(r"sum\{(?P<over>[^}]*)\}\[|[Pp]\((?P<of>[^|)]*)(?:\|(?P<given>[^)]*))?\)|(?P<mark>[\]/])")


def formula(text: str) -> Expression:
    """A product of factors (written side by side), or the ratio of two."""
    tokens = list(TOKEN.finditer(text))
    assert "".join(token.group() for token in tokens).replace(" ", "") == text.replace(" ", ""), text
    found, rest = ratio(tokens)
    assert not rest, text
    return found


def ratio(tokens: list[re.Match[str]]) -> tuple[Expression, list[re.Match[str]]]:
    above, tokens = factors(tokens)
    if tokens and tokens[0]["mark"] == "/":
        below, tokens = factors(tokens[1:])
        return Quotient(above, below), tokens
    return above, tokens


def factors(tokens: list[re.Match[str]]) -> tuple[Expression, list[re.Match[str]]]:
    found: list[Expression] = []
    while tokens and tokens[0]["mark"] is None:
        first, tokens = tokens[0], tokens[1:]
        if first["over"] is not None:
            body, tokens = ratio(tokens)
            assert tokens[0]["mark"] == "]"
            found.append(Sum(names(first["over"]), body))
            tokens = tokens[1:]
        else:
            found.append(P(names(first["of"]), names(first["given"] or "")))
    return (found[0] if len(found) == 1 else Product(tuple(found))), tokens


def names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())
