"""Random queries, with names and values that try to break out of their quotes."""

import random

from hypothesis import strategies as st

from whence.language.causation import Causation, causation_body
from whence.language.expression import Difference, Expectation, Expression, P, Product, Quotient, Term
from whence.language.mediation import Mediated, of_mediated
from whence.language.paths import path_name
from whence.language.query import Contrast, Query, of_contrast
from whence.runtime.errors import QueryError

PLAIN = ("X", "Y", "Z", "W", "re78", "wt82_71", "größe", "v.1")
ODD = (
    "do",
    "by",
    "vs",
    "assuming",
    "true",
    "P",
    "E",
    "ATE",
    "Y_",
    "_",
    "__",
    "a b",
    'say "hi"',
    "back\\",
    "Y_{X=0}",
    "x|y",
    "1",
    "-1",
    "",
    "new\nline",
    "变量",
    "do(X)",
    "e\u0301",
    "a.",
    "1e4",
    "²",
    "x²",
    "\u2028",
    "None",
    "NDE",
    "why",
    "'",
    "why me",
    "False",
)
LETTERS = 'aZ_09 .,"\\{}[]()=|-/*\t\n\u0000é²\u0301\u2028\ud7ff🙂'
NUMBERS = (0, 1, -1, 10**30, 1.0, -0.5, 1e-7, 1e300, 0.1, True, False)


class Maker:
    """Makes the parts of a query from one source of randomness."""

    def __init__(self, seed: int) -> None:
        self.r = random.Random(seed)

    def name(self) -> str:
        pick = self.r.random()
        if pick < 0.5:
            return self.r.choice(PLAIN)
        return self.r.choice(ODD) if pick < 0.8 else "".join(self.r.choices(LETTERS, k=self.r.randint(0, 5)))

    def value(self):
        pick = self.r.random()
        if pick < 0.4:
            return self.r.choice(NUMBERS)
        if pick < 0.6:
            return self.r.choice((self.r.randint(-99, 99), self.r.gauss(0, 1e3), self.r.random() / 1e9))
        return self.name()

    def term(self, worlds: bool = True, value: bool | None = None, depth: int = 0) -> Term:
        chosen = self.value() if (self.r.random() < 0.5 if value is None else value) else None
        world = ()
        if worlds and self.r.random() < 0.3:
            nested = depth < 2 and self.r.random() < 0.3
            world = tuple(
                self.term(nested, None if nested else True, depth + 1) for _ in range(self.r.randint(1, 2))
            )
        return Term(self.name(), chosen, world)

    def terms(self, low: int, high: int, worlds: bool = True) -> list[Term]:
        return [self.term(worlds) for _ in range(self.r.randint(low, high))]

    def atom(self) -> Expression:
        given, do = self.terms(0, 2), self.terms(0, 2, worlds=False)
        if self.r.random() < 0.5:
            return P(self.terms(1, 3), given, do)
        of = self.term(value=False)
        return Expectation(of.name, P(of, given, do))

    def body(self, depth: int = 0) -> Expression:
        if depth > 2 or self.r.random() < 0.5:
            return self.atom()
        parts = [self.body(depth + 1) for _ in range(self.r.randint(2, 3))]
        kind = self.r.choice((Difference, Quotient, Product))
        return Product(tuple(parts)) if kind is Product else kind(*parts[:2])

    def contrast(self) -> Contrast:
        by = tuple(self.name() for _ in range(self.r.randint(0, 2)))
        level, base = (self.value() if self.r.random() < 0.5 else None for _ in range(2))
        kind = self.r.choice(("ATT", "CATE" if by else "ATE"))
        return Contrast(kind, self.name(), self.name(), level, base, by)

    def part(self) -> Mediated | Causation:
        """A part of an effect, or a probability of causation."""
        x, y, level, base = self.name(), self.name(), self.value(), self.value()
        if self.r.random() < 0.3:
            kind = self.r.choice(("PN", "PS", "PNS"))
            return Causation(kind, x, y, level, base, self.value(), self.value())
        via = tuple(self.name() for _ in range(self.r.randint(1, 2)))
        kind = self.r.choice(("NDE", "NIE", "CDE", "PSE"))
        if kind == "PSE":
            return Mediated("PSE", x, y, level, base, tuple(path_name((x, name, y)) for name in via))
        held = tuple(Term(name, self.value()) for name in via) if kind == "CDE" else ()
        return Mediated(kind, x, y, level, base, via, held)

    def query(self) -> Query:
        written = ("exogenous(X)", "monotone(X -> Y)", "f(a > b)", self.name())
        assuming = tuple(self.r.sample(written, self.r.choice((0, 0, 1, 2))))
        if self.r.random() < 0.15:
            part = self.part()
            return of_mediated(part) if isinstance(part, Mediated) else Query(causation_body(part))
        if self.r.random() < 0.3:
            found = of_contrast(self.contrast())
            return Query(found.body, found.contrast, assuming)
        return Query(self.body(), None, assuming)


def random_query(seed: int) -> Query:
    """A query that has a meaning."""
    maker = Maker(seed)
    while True:
        try:
            return maker.query()
        except QueryError:
            continue


def queries() -> st.SearchStrategy[Query]:
    return st.integers(0, 2**40).map(random_query)
