"""Derivations written out by hand: a builder for each rule, and the textbook proofs made with them."""

from oracles.worlds import arrows
from whence.language.estimand import Estimand, Fact, General, Shape, Step
from whence.language.expression import (
    Difference,
    Expression,
    Kernel,
    P,
    Product,
    Quotient,
    Sum,
    Term,
    substitute,
    total,
)
from whence.language.graph import Graph
from whence.language.query import Query

BACK_DOOR = arrows("Z->X Z->Y X->Y")
FRONT_DOOR = arrows("X->Z Z->Y X<->Y")
NAPKIN = arrows("Z2->Z1 Z1->X X->Y Z2<->X Z2<->Y")
VERMA = arrows("A->B B->C C->D B<->D")


def proof(step: Step, graph: Graph, shape: Shape | None = None, query: Query | None = None) -> Estimand:
    body = query.body if query else step.claim
    root = Step("query", body, step.formula, (), (step,))
    return Estimand(query or Query(body), step.formula, root, shape or General(), graph)


def ancestral(*names: str) -> Step:
    return Step("ancestral", Kernel(names), P(names), (Fact("ancestral", names),))


def c_factor(whole: Step, order: tuple[str, ...], *factors: P) -> Step:
    s = tuple(term.name for factor in factors for term in factor.of)
    facts = (Fact("order", order), Fact("district", s, among=order))
    formula = Product(factors) if len(factors) > 1 else factors[0]
    return Step("c-factor", Kernel(s), formula, facts, (whole,))


def c_component(whole: Step, order: tuple[str, ...], *s: str) -> Step:
    f, ratios = whole.formula, []
    for place, v in enumerate(order):
        if v in s:
            later = order[place + 1 :]
            ratios.append(Quotient(total(later, f), total((v, *later), f)))
    facts = (Fact("order", order), Fact("district", s, among=order))
    return Step(
        "c-component", Kernel(s), ratios[0] if len(ratios) == 1 else Product(tuple(ratios)), facts, (whole,)
    )


def marginal(whole: Step, *kept: str) -> Step:
    t = whole.claim.of  # type: ignore[attr-defined]
    gone = tuple(name for name in t if name not in kept)
    return Step(
        "marginal", Kernel(kept), total(gone, whole.formula), (Fact("ancestral", kept, among=t),), (whole,)
    )


def districts(*parts: Step) -> Step:
    d = tuple(name for part in parts for name in part.claim.of)  # type: ignore[attr-defined]
    facts = tuple(Fact("district", part.claim.of, among=d) for part in parts)  # type: ignore[attr-defined]
    formula = Product(tuple(part.formula for part in parts)) if len(parts) > 1 else parts[0].formula
    return Step("districts", Kernel(d), formula, facts, parts)


def effect(whole: Step, graph: Graph, y: tuple[str, ...], x: tuple[str, ...]) -> Step:
    d = whole.claim.of  # type: ignore[attr-defined]
    gone = tuple(name for name in d if name not in y)
    among = tuple(name for name in graph.observed if name not in x)
    fact = Fact("ancestral", d, among=among)
    return Step("effect", P(y, (), x), total(gone, whole.formula), (fact,), (whole,))


def adjustment(y: str, x: str, z: tuple[str, ...], w: tuple[str, ...] = ()) -> Step:
    outer = P(y, (x, *z, *w))
    formula: Expression = Sum(z, Product((outer, P(z, w)))) if z else outer
    return Step("adjustment", P(y, w, x), formula, (Fact("adjustment set", (x,), (y,), (*z, *w)),))


def front_door() -> Step:
    whole = ancestral("X", "Z", "Y")
    z = c_factor(whole, ("X", "Z", "Y"), P("Z", "X"))
    xy = c_factor(whole, ("X", "Z", "Y"), P("X"), P("Y", ("X", "Z")))
    return effect(districts(z, marginal(xy, "Y")), FRONT_DOOR, ("Y",), ("X",))


def napkin() -> Step:
    whole = ancestral("Z2", "Z1", "X", "Y")
    order = ("Z2", "Z1", "X", "Y")
    district = c_factor(whole, order, P("Z2"), P("X", ("Z1", "Z2")), P("Y", ("X", "Z1", "Z2")))
    y = c_component(marginal(district, "X", "Y"), ("X", "Y"), "Y")
    fact = Fact("independent of", ("Y",), ("Z1",))
    mean = Step("average", Kernel("Y"), Sum(("Z1",), Product((P("Z1"), y.formula))), (fact,), (y,))
    return effect(mean, NAPKIN, ("Y",), ("X",))


def verma() -> Step:
    """P(D | do C): sum over A and B of P(A) P(B | A) P(D | A, B, C), where A is averaged over."""
    whole = ancestral("A", "B", "C", "D")
    bd = c_factor(whole, ("A", "B", "C", "D"), P("B", "A"), P("D", ("A", "B", "C")))
    d = marginal(bd, "D")
    fact = Fact("independent of", ("D",), ("A",))
    mean = Step("average", Kernel("D"), Sum(("A",), Product((P("A"), d.formula))), (fact,), (d,))
    return effect(mean, VERMA, ("D",), ("C",))


CONDITIONAL = arrows("X->Z Z->Y X<->Z")


def conditional() -> Step:
    """P(Y | do X, Z): by rule 2 from P(Y | do X, do Z), which is P(Y | X, Z)."""
    whole = ancestral("X", "Z", "Y")
    y = c_factor(whole, ("X", "Z", "Y"), P("Y", "Z"))
    both = effect(y, CONDITIONAL, ("Y",), ("X", "Z"))
    fact = Fact("separated", ("Y",), ("Z",), ("X",), cut_into=("X",), cut_out_of=("Z",))
    return Step("rule 2", P("Y", "Z", "X"), both.formula, (fact,), (both,))


LATE = arrows("X->Y Y->Z X->Z")


def condition_on_what_comes_after() -> Step:
    """P(Y | do X, Z) where Z is an effect of both: the joint by adjustment, then its ratio."""
    whole = ancestral("X", "Y", "Z")
    order = ("X", "Y", "Z")
    parts = districts(c_factor(whole, order, P("Y", "X")), c_factor(whole, order, P("Z", ("X", "Y"))))
    both = effect(parts, LATE, ("Y", "Z"), ("X",))
    return Step("condition", P("Y", "Z", "X"), Quotient(both.formula, Sum(("Y",), both.formula)), (), (both,))


TREATED = arrows("Z->X Z->Y X->Y W->Y")


def treated(z: tuple[str, ...] = ("Z",), w: tuple[str, ...] = ()) -> Step:
    set_to, seen = Term("X", 0), Term("X", 1)
    by = tuple(Term(name) for name in w)
    claim = P(Term("Y", None, (set_to,)), (seen, *by))
    outer = P("Y", (set_to, *(Term(name) for name in z), *by))
    formula: Expression = Sum(z, Product((outer, P(z, (seen, *by))))) if z else outer
    return Step("treated", claim, formula, (Fact("separated", ("X",), ("Y",), (*z, *w), cut_out_of=("X",)),))


def from_doing(doing: Step) -> Step:
    """The untreated outcome of the treated of two levels, from the effect."""
    set_to, seen = Term("X", 0), Term("X", 1)
    top = Difference(substitute(doing.formula, {"X": 0}), P(("Y", set_to)))
    return Step("consistency", P(Term("Y", None, (set_to,)), seen), Quotient(top, P(seen)), (), (doing,))
