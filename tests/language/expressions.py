"""Random joints and random expressions over them, for Hypothesis."""

from hypothesis import strategies as st

from whence.language.expression import Difference, Expectation, P, Product, Quotient, Sum, Term
from whence.language.factor import Factor

LEVELS = {"A": (0, 1), "B": (0, 1, 2), "C": (0, 1)}
NAMES = tuple(LEVELS)


def joints(positive: bool = False) -> st.SearchStrategy[Factor]:
    size = 12
    counts = st.lists(st.integers(1 if positive else 0, 4), min_size=size, max_size=size)
    return counts.filter(any).map(lambda cells: Factor(NAMES, tuple(LEVELS.values()), tuple(cells)))


@st.composite
def atoms(draw: st.DrawFn) -> P:
    roles = {name: draw(st.sampled_from(("of", "given", "out", "of"))) for name in NAMES}
    values = {name: draw(st.sampled_from((None, None, None, *LEVELS[name]))) for name in NAMES}
    terms = {role: [Term(n, values[n]) for n in NAMES if roles[n] == role] for role in ("of", "given")}
    name = draw(st.sampled_from(NAMES))
    again = Term(name, draw(st.sampled_from((None, *LEVELS[name]))))
    repeated = draw(st.sampled_from(([], [], [], [again])))
    return P(terms["of"], [*terms["given"], *repeated])


CHAINS = st.sampled_from(
    [
        Product((P("A", ("B", "C")), P("B", "C"), P("C"))),
        Product((P("C", "A"), P("B", ("A", "C")))),
        Product((P("B", ("A", "C")), P("C"))),
        Quotient(P(("A", "B"), "C"), P("B", "C")),
        Quotient(Sum(("A",), P(NAMES)), Sum(("A", "B"), P(NAMES))),
    ]
)


def _larger(parts: st.SearchStrategy) -> st.SearchStrategy:
    name = st.sampled_from(NAMES)
    names = st.lists(name, min_size=1, max_size=3, unique=True).map(tuple)
    products = st.lists(parts, min_size=0, max_size=3).map(lambda factors: Product(tuple(factors)))
    return st.one_of(
        st.builds(Sum, names, parts),
        products,
        st.builds(Sum, names, products),
        st.builds(Quotient, parts, parts),
        st.builds(Difference, parts, parts),
        st.builds(Expectation, name, parts),
        st.builds(Expectation, name, st.builds(Sum, names, products)),
    )


expressions = st.recursive(atoms() | CHAINS, _larger, max_leaves=8)
