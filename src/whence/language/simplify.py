"""Display algebra: a shorter expression that is equal wherever the longer one is defined.

Identification builds its formulas from rules and leaves sums that add up to one, chains that fold into one
probability, and expectations around whole formulas. Here they are put as a reader would write them. No fact
of any graph is used: the result equals the original for every joint distribution. Where conditioning on an
event of probability zero leaves the original undefined, the result may be defined, never the other way round.

Source: the chain rule and marginalisation. S. Tikka and J. Karvanen, "Simplifying probabilistic expressions
in causal inference" (JMLR 2017), treats the harder problem of using the graph as well.

>>> from whence.language.expression import P, Product, Sum
>>> from whence.language.printing import to_text
>>> to_text(simplify(Sum(("Z",), Product((P("Y", ("X", "Z")), P("Z", "X"))))))
'P(Y | X)'
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from whence.language.expression import (
    Difference,
    Expectation,
    Expression,
    Known,
    P,
    Product,
    Quotient,
    Sum,
    Term,
    children,
    free_variables,
    names_in,
    product,
    rebuilt,
    total,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

ONE = Product(())


def simplify(expression: Expression) -> Expression:
    """An equal expression that is easier to read."""
    return _Simplifier().run(expression)


@dataclass(slots=True)
class _Simplifier:
    """Works from the leaves up, once per shared part (results are kept by identity)."""

    done: dict[int, tuple[Expression, Expression]] = field(
        default_factory=dict[int, tuple[Expression, Expression]]
    )
    free: Known = field(default_factory=dict[int, tuple[Expression, frozenset[str]]])

    def run(self, node: Expression) -> Expression:
        known = self.done.get(id(node))
        if known is not None:
            return known[1]
        over_simpler = rebuilt(node, tuple(self.run(part) for part in children(node)))
        match over_simpler:
            case P(of=()):
                result: Expression = ONE
            case Product(factors=factors):
                result = product(chained(flat(factors)))
            case Quotient(numerator=top, denominator=bottom):
                result = self.quotient(top, bottom)
            case Sum(over=over, body=body):
                result = self.total(over, body)
            case Expectation(variable=variable, body=body):
                result = self.mean(variable, body)
            case _:
                result = over_simpler
        self.done[id(node)] = (node, result)
        return result

    def names(self, node: Expression) -> frozenset[str]:
        """The free variables of the node."""
        return free_variables(node, self.free)

    # ── sums ────────────────────────────────────────────────────────────────────────────────────────────────

    def total(self, over: Sequence[str], body: Expression) -> Expression:
        """Σ over the names of the body, each factor kept out of the sums that do not concern it."""
        if isinstance(body, Sum) and not set(over) & set(body.over):
            return self.total((*over, *body.over), body.body)
        if isinstance(body, Quotient) and not set(over) & self.names(body.denominator):
            return self.quotient(self.total(over, body.numerator), body.denominator)
        factors, remaining = self.eliminated(flat((body,)), over)
        outside = [factor for factor in factors if not self.names(factor) & set(remaining)]
        inside = [factor for factor in factors if self.names(factor) & set(remaining)]
        idle = [name for name in remaining if not any(name in self.names(factor) for factor in inside)]
        sums = [total(names, product(chained(group))) for names, group in self.groups(inside, remaining)]
        if idle:  # a sum of what does not vary counts the levels of the name
            rest = chained((*outside, *sums))
            return Sum(tuple(idle), product(rest))
        return product(chained(flat((*outside, *sums))))

    def eliminated(
        self, factors: Sequence[Expression], over: Sequence[str]
    ) -> tuple[list[Expression], list[str]]:
        """The factors after summing out every name that one probability alone can absorb; the other names."""
        found, remaining = list(factors), list(over)
        progress = True
        while progress:
            progress = False
            for name in tuple(remaining):
                concerned = [factor for factor in found if name in self.names(factor)]
                merged = chained(concerned)
                less = without(merged[0], name) if len(merged) == 1 and isinstance(merged[0], P) else None
                if less is not None:
                    kept = [factor for factor in found if name not in self.names(factor)]
                    found = [*kept, *(() if less == ONE else (less,))]
                    remaining.remove(name)
                    progress = True
        return found, remaining

    def groups(
        self, factors: Sequence[Expression], over: Sequence[str]
    ) -> Iterator[tuple[list[str], list[Expression]]]:
        """The factors in groups that share no summed name, each with its names."""
        pending = list(factors)
        while pending:
            group = [pending.pop(0)]
            names = self.names(group[0]) & set(over)
            while linked := [factor for factor in pending if self.names(factor) & names]:
                names = names.union(*(self.names(factor) & set(over) for factor in linked))
                group += linked
                pending = [factor for factor in pending if not any(factor is other for other in linked)]
            order = {id(factor): place for place, factor in enumerate(factors)}
            yield sorted(names), sorted(group, key=lambda factor: order[id(factor)])

    # ── fractions ───────────────────────────────────────────────────────────────────────────────────────────

    def quotient(self, top: Expression, bottom: Expression) -> Expression:
        """The fraction with common factors cancelled and P(a, b) / P(b) written as P(a | b)."""
        if isinstance(bottom, Quotient):
            return self.quotient(product(flat((top, bottom.denominator))), bottom.numerator)
        if isinstance(top, Quotient):
            return self.quotient(top.numerator, product(flat((top.denominator, bottom))))
        above, below = list(flat((top,))), list(flat((bottom,)))
        for factor in tuple(below):
            if factor in above:
                above.remove(factor)
                below.remove(factor)
        for under in tuple(below):
            for place, over in enumerate(above):
                given = conditioned(over, under)
                if given is not None:
                    above[place] = given
                    below.remove(under)
                    break
        numerator = product(chained(above))
        return Quotient(numerator, product(chained(below))) if below else numerator

    # ── expectations ────────────────────────────────────────────────────────────────────────────────────────

    def mean(self, variable: str, body: Expression) -> Expression:
        """The mean of the variable under the body, moved to the one factor that holds it."""
        match body:
            case Difference(left=left, right=right):
                return Difference(self.mean(variable, left), self.mean(variable, right))
            case Quotient(numerator=top, denominator=bottom) if variable not in self.names(bottom):
                return Quotient(self.mean(variable, top), bottom)
            case Sum(over=over, body=inner) if variable not in over:
                return Sum(over, self.mean(variable, inner))
            case P() if (parts := apart(body, variable)) is not None:
                mean, rest = parts
                return product((Expectation(variable, mean), *rest))
            case Product(factors=factors):
                concerned = [factor for factor in factors if variable in self.names(factor)]
                if len(concerned) != 1:
                    return Expectation(variable, body)
                moved = (
                    self.mean(variable, factor) if factor is concerned[0] else factor for factor in factors
                )
                return product(flat(moved))
            case _:
                return Expectation(variable, body)


def flat(factors: Iterable[Expression]) -> tuple[Expression, ...]:
    """The factors with products among them opened and units dropped."""
    found: list[Expression] = []
    for factor in factors:
        found.extend(flat(factor.factors) if isinstance(factor, Product) else (factor,))
    return tuple(found)


def chained(factors: Iterable[Expression]) -> tuple[Expression, ...]:
    """The factors with every P(a | b, c) P(b | c) written as P(a, b | c), at the earlier place."""
    slots: list[Expression | None] = list(factors)
    by_event = {_event(factor): place for place, factor in enumerate(slots) if isinstance(factor, P)}
    for start in range(len(slots)):
        place = start
        while isinstance(first := slots[place], P) and first.given:
            other = by_event.get((first.do, first.population, frozenset(first.given)), place)
            second = slots[other]
            joint = joined(first, second) if isinstance(second, P) and other != place else None
            if joint is None:
                break
            slots[place] = slots[other] = None
            place = min(place, other)
            slots[place] = joint
            by_event[_event(joint)] = place
    return tuple(factor for factor in slots if factor is not None)


def _event(atom: P) -> tuple[tuple[Term, ...], str, frozenset[Term]]:
    return atom.do, atom.population, frozenset((*atom.of, *atom.given))


def joined(first: P, second: P) -> P | None:
    """P(a, b | c) for P(a | b, c) and P(b | c)."""
    whole = (*second.of, *second.given)
    alike = (first.do, first.population) == (second.do, second.population)
    if not alike or set(first.given) != set(whole) or not _distinct((*first.of, *whole)):
        return None
    return P((*first.of, *second.of), second.given, first.do, first.population)


def conditioned(over: Expression, under: Expression) -> P | None:
    """P(a | b, c) for P(a, b | c) above and P(b | c) below."""
    if not isinstance(over, P) or not isinstance(under, P):
        return None
    alike = (over.do, over.population) == (under.do, under.population)
    if not alike or over.given != under.given or not set(under.of) < set(over.of):
        return None
    if not _distinct((*over.of, *over.given)):
        return None
    rest = [term for term in over.of if term not in under.of]
    return P(rest, (*over.given, *under.of), over.do, over.population)


def without(atom: P, name: str) -> Expression | None:
    """The probability summed over an outcome of it, or None where the name stands elsewhere as well."""
    own, rest = _parted(atom, name)
    if own is None:
        return None
    return P(rest, atom.given, atom.do, atom.population) if rest else ONE


def apart(atom: P, variable: str) -> tuple[P, tuple[P, ...]] | None:
    """P(y | a, b) and what is left of P(y, a | b), or None where the variable stands elsewhere as well."""
    own, rest = _parted(atom, variable)
    if own is None or not _distinct((*atom.of, *atom.given)):
        return None
    others = (P(rest, atom.given, atom.do, atom.population),) if rest else ()
    return P(own, (*atom.given, *rest), atom.do, atom.population), others


def _parted(atom: P, name: str) -> tuple[Term | None, tuple[Term, ...]]:
    """The outcome of that name, if it is open and the name stands nowhere else in the atom; the others."""
    own = [term for term in atom.of if term.name == name and term.value is None]
    rest = tuple(term for term in atom.of if term not in own)
    elsewhere = (*rest, *atom.given, *atom.do, *(part for term in own for part in term.world))
    if len(own) != 1 or any(name in names_in(term) for term in elsewhere):
        return None, rest
    return own[0], rest


def _distinct(terms: Iterable[Term]) -> bool:
    names = [term.name for term in terms]
    return len(names) == len(set(names))
