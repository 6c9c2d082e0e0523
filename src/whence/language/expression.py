"""The algebra of probabilities: one immutable tree that is proved, evaluated and printed.

An expression denotes a function of the values of its free variables. `P(Y | X, do(Z))` is a table over
`Y`, `X` and `Z`; `Sum(("Z",), …)` binds `Z`; `Expectation("Y", body)` is the sum over `y` of `y · body(y)`.
Scoping is lexical, so the `X` under a `Sum(("X",), …)` is not the `X` outside it. A query is an expression
with `do` or worlds in it; its estimand is an equal expression without them.

Source: J. Pearl, *Causality* (2009), chapter 3; `Kernel(C)` is the c-factor Q[C] of J. Tian and J. Pearl,
"A general identification condition for causal effects" (AAAI 2002).

>>> inner = Sum(("X",), Product((P("Y", given=("X", "Z")), P("X"))))
>>> front_door = Sum(("Z",), Product((P("Z", given="X"), inner)))
>>> sorted(free_variables(front_door))
['X', 'Y']
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

Value = bool | int | float | str
"""What a variable can be set to or seen as."""


@dataclass(frozen=True, slots=True)
class Term:
    """A variable, perhaps at a value, perhaps in a world where others were set.

    `Term("Y", 1, (Term("X", 0),))` reads: Y would be 1 had X been 0. A term of a world may itself have a
    world (nested counterfactuals). `value=None` leaves the value open.
    """

    name: str
    value: Value | None = None
    world: tuple[Term, ...] = ()

    def __post_init__(self) -> None:
        if self.world:
            object.__setattr__(self, "world", in_order(self.world))

    @property
    def key(self) -> tuple[object, ...]:
        """What terms are ordered by: name, then world, then value."""
        worlds = tuple(term.key for term in self.world)
        return (self.name, worlds, self.value is not None, type(self.value).__name__, repr(self.value))


def in_order(terms: Iterable[Term]) -> tuple[Term, ...]:
    """The terms in their canonical order, so that equal events are equal values."""
    found = tuple(terms)
    return found if len(found) < 2 else tuple(sorted(found, key=lambda term: term.key))


_named = lru_cache(maxsize=1 << 12)(Term)
"""The term of a name alone: estimands are full of them."""

Terms = str | Term | Iterable[str | Term]


def as_terms(terms: Terms) -> tuple[Term, ...]:
    """Names or terms, one or many, as terms in canonical order."""
    if isinstance(terms, str):
        return (_named(terms),)
    if isinstance(terms, Term):
        return (terms,)
    found = tuple(terms)
    if not found:
        return ()
    names = [term for term in found if isinstance(term, str)]
    if len(names) == len(found):  # names alone are sorted as they are, which is quicker
        return tuple(map(_named, sorted(names)))
    return in_order(Term(term) if isinstance(term, str) else term for term in found)


class Expression:
    """The root of the algebra; its kinds are the frozen classes below and no others."""

    __slots__ = ()


@dataclass(frozen=True, slots=True, init=False)
class P(Expression):
    """A probability: of terms, given terms, in the world where the terms of `do` are set.

    `population` names where, if that is not the population that the question is about.
    """

    of: tuple[Term, ...]
    given: tuple[Term, ...] = ()
    do: tuple[Term, ...] = ()
    population: str = ""

    def __init__(self, of: Terms, given: Terms = (), do: Terms = (), population: str = "") -> None:
        object.__setattr__(self, "of", as_terms(of))
        object.__setattr__(self, "given", as_terms(given))
        object.__setattr__(self, "do", as_terms(do))
        object.__setattr__(self, "population", population)

    @property
    def terms(self) -> tuple[Term, ...]:
        """Every term, outcomes first."""
        return (*self.of, *self.given, *self.do)


@dataclass(frozen=True, slots=True)
class Kernel(Expression):
    r"""Q[C], the distribution of C when every other observed variable is set: P(C | do(V \ C))."""

    of: tuple[str, ...]
    population: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "of", tuple(sorted(self.of)))


@dataclass(frozen=True, slots=True)
class Sum(Expression):
    """The sum of `body` over every value of the variables `over`, which it binds."""

    over: tuple[str, ...]
    body: Expression

    def __post_init__(self) -> None:
        object.__setattr__(self, "over", tuple(sorted(self.over)))


@dataclass(frozen=True, slots=True)
class Product(Expression):
    """The product of its factors; of none, 1."""

    factors: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Quotient(Expression):
    """`numerator` divided by `denominator`."""

    numerator: Expression
    denominator: Expression


@dataclass(frozen=True, slots=True)
class Difference(Expression):
    """`left` minus `right`."""

    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Expectation(Expression):
    """The sum over the values v of `variable` of v · body(v); binds `variable`."""

    variable: str
    body: Expression


def total(over: Iterable[str], body: Expression) -> Expression:
    """`body` summed over the names; `body` itself when there are none."""
    names = tuple(over)
    return Sum(names, body) if names else body


def product(factors: Iterable[Expression]) -> Expression:
    """The product of the factors; a single factor is itself."""
    found = tuple(factors)
    return found[0] if len(found) == 1 else Product(found)


def children(expression: Expression) -> tuple[Expression, ...]:
    """The direct parts of an expression, left to right."""
    match expression:
        case Sum(body=body) | Expectation(body=body):
            return (body,)
        case Product(factors=factors):
            return factors
        case Quotient(numerator=left, denominator=right) | Difference(left=left, right=right):
            return (left, right)
        case _:
            return ()


def rebuilt(expression: Expression, parts: tuple[Expression, ...]) -> Expression:
    """The same kind of expression over other parts; itself where the parts are the same objects."""
    if all(new is old for new, old in zip(parts, children(expression), strict=True)):
        return expression
    match expression:
        case Sum() | Expectation():
            return replace(expression, body=parts[0])
        case Product():
            return Product(parts)
        case Quotient():
            return Quotient(*parts)
        case Difference():
            return Difference(*parts)
        case _:
            return expression


def atoms(expression: Expression) -> tuple[P | Kernel, ...]:
    """Every probability and kernel in the tree, each once, in order of first appearance."""
    found: dict[P | Kernel, None] = {}
    seen: set[int] = set()
    pending = [expression]
    while pending:
        node = pending.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, P | Kernel):
            found[node] = None
        pending.extend(reversed(children(node)))
    return tuple(found)


Known = dict[int, tuple[Expression, frozenset[str]]]
"""Names by identity: estimands share parts, and a tree walk would visit a shared part many times."""


def free_variables(expression: Expression, known: Known | None = None) -> frozenset[str]:
    """The names whose values the expression depends on: mentioned without a value and not bound.

    `known` remembers what was found from one call to the next, where parts are shared between them.
    """
    memo: Known = {} if known is None else known
    found = memo.get(id(expression))
    if found is not None:
        return found[1]
    names = frozenset[str]().union(*(free_variables(part, memo) for part in children(expression)))
    match expression:
        case P():
            names = frozenset(name for term in expression.terms for name in names_in(term, open_only=True))
        case Kernel(of=of):
            names = frozenset(of)
        case Sum(over=over):
            names -= frozenset(over)
        case Expectation(variable=variable):
            names -= {variable}
        case _:
            pass
    memo[id(expression)] = (expression, names)
    return names


def names_in(term: Term, *, open_only: bool = False) -> frozenset[str]:
    """The names in a term and its worlds; with `open_only`, those that stand without a value.

    What is set to that which it would be in another world, as M in Y_{X=1, M_{X=0}}, is not open.
    """
    inner = frozenset[str]().union(*(names_in(part, open_only=open_only) for part in term.world))
    if open_only:
        inner -= {part.name for part in term.world if part.world}
    return inner if open_only and term.value is not None else inner | {term.name}


def substitute(expression: Expression, values: Mapping[str, Value]) -> Expression:
    """The expression with its free variables set to values; bound names keep their scope."""
    if not values:
        return expression
    memo: dict[tuple[int, frozenset[str]], Expression] = {}

    def walk(node: Expression, live: frozenset[str]) -> Expression:
        if isinstance(node, P) and not _mentions(node, live):
            return node
        key = (id(node), live)
        if key in memo or not live:
            return memo.get(key, node)
        match node:
            case P():
                chosen = {name: values[name] for name in live}
                of, given, do = (
                    tuple(_at(term, chosen) for term in part) for part in (node.of, node.given, node.do)
                )
                same = (of, given, do) == (node.of, node.given, node.do)
                result: Expression = node if same else P(of, given, do, node.population)
            case Sum(over=over):
                result = rebuilt(node, (walk(node.body, live - frozenset(over)),))
            case Expectation(variable=variable):
                result = rebuilt(node, (walk(node.body, live - {variable}),))
            case _:
                result = rebuilt(node, tuple(walk(part, live) for part in children(node)))
        memo[key] = result
        return result

    return walk(expression, frozenset(values))


def _mentions(atom: P, names: frozenset[str]) -> bool:
    """Whether one of these names stands in the probability, or may do so in a world."""
    for terms in (atom.of, atom.given, atom.do):
        for term in terms:
            if term.name in names or term.world:
                return True
    return False


def _at(term: Term, values: Mapping[str, Value]) -> Term:
    if not term.world and (term.value is not None or term.name not in values):
        return term
    value = values.get(term.name) if term.value is None else term.value
    return Term(term.name, value, _world_at(term.world, values))


def _world_at(world: tuple[Term, ...], values: Mapping[str, Value]) -> tuple[Term, ...]:
    """What is set to that which it would be in another world has no value of its own to be given."""
    return tuple(
        Term(part.name, part.value, _world_at(part.world, values)) if part.world else _at(part, values)
        for part in world
    )


def replace_atoms(expression: Expression, change: Callable[[P | Kernel], Expression]) -> Expression:
    """The expression with every probability and kernel replaced by what `change` makes of it."""
    memo: dict[int, Expression] = {}

    def walk(node: Expression) -> Expression:
        if id(node) not in memo:
            if isinstance(node, P | Kernel):
                memo[id(node)] = change(node)
            else:
                memo[id(node)] = rebuilt(node, tuple(walk(part) for part in children(node)))
        return memo[id(node)]

    return walk(expression)


def pattern(atom: P) -> P:
    """The probability with its values removed: what a derivation proves once for all values."""
    of, given, do = (tuple(map(_valueless, part)) for part in (atom.of, atom.given, atom.do))
    return P(of, given, do, atom.population)


def _valueless(term: Term) -> Term:
    return Term(term.name, None, tuple(_valueless(part) for part in term.world))
