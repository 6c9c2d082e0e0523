"""Random queries, with names and values that try to break out of their quotes."""

from hypothesis import strategies as st
from whence.language.expression import Difference, Expectation, P, Product, Quotient, Term
from whence.language.query import Contrast, Query, of_contrast
from whence.runtime.errors import QueryError

PLAIN = ("X", "Y", "Z", "W", "re78", "wt82_71", "größe", "v.1")
ODD = (
    "do", "by", "vs", "assuming", "true", "P", "E", "ATE", "Y_", "_", "__", "a b", 'say "hi"', "back\\", "Y_{X=0}", "x|y", "1", "-1",
    "", "new\nline", "变量", "do(X)", "e\u0301", "a.", "1e4", "²", "x²", "\u2028", "None", "NDE", "why", "'",
)  # fmt: skip
names = st.sampled_from(PLAIN) | st.sampled_from(ODD) | st.text(max_size=6)
values = (
    st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | names
    | st.sampled_from(("true", "False", "0", "1.0", "vs", "yes"))
)


def terms(worlds: bool = True) -> st.SearchStrategy[Term]:
    plain = st.builds(Term, names, st.none() | values)
    if not worlds:
        return plain
    set_ = st.builds(Term, names, values)
    nested = st.builds(Term, names, st.none(), st.lists(set_, min_size=1, max_size=2).map(tuple))
    world = st.lists(set_ | nested, max_size=2).map(tuple)
    return plain | st.builds(Term, names, st.none() | values, world)


probabilities = st.builds(
    P,
    st.lists(terms(), min_size=1, max_size=3),
    st.lists(terms(), max_size=3),
    st.lists(terms(worlds=False), max_size=2),
)


@st.composite
def means(draw: st.DrawFn) -> Expectation:
    term = draw(terms())
    of = Term(term.name, None, term.world)
    given, do = draw(st.lists(terms(), max_size=2)), draw(st.lists(terms(worlds=False), max_size=2))
    return Expectation(of.name, P(of, given, do))


bodies = st.recursive(
    probabilities | means(),
    lambda parts: st.one_of(
        st.builds(Difference, parts, parts),
        st.builds(Quotient, parts, parts),
        st.lists(parts, min_size=2, max_size=3).map(lambda factors: Product(tuple(factors))),
    ),
    max_leaves=5,
)

levels = st.none() | values
contrasts = st.one_of(
    st.builds(Contrast, st.sampled_from(("ATE", "ATT")), names, names, levels, levels),
    st.builds(
        Contrast,
        st.sampled_from(("CATE", "ATT")),
        names,
        names,
        levels,
        levels,
        st.lists(names, min_size=1, max_size=2).map(tuple),
    ),
)
assumings = st.lists(st.sampled_from(("exogenous(X)", "monotone(X -> Y)", "f(a > b)")) | names, max_size=2)


@st.composite
def queries(draw: st.DrawFn) -> Query:
    """Queries that have a meaning."""
    from hypothesis import assume

    assuming = tuple(draw(assumings))
    try:
        if draw(st.booleans()):
            found = of_contrast(draw(contrasts))
            return Query(found.body, found.contrast, assuming)
        return Query(draw(bodies), None, assuming)
    except QueryError:
        assume(False)
        raise
