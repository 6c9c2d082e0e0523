"""Derivations written out by hand: the textbook ones are accepted, and each slip in them is rejected."""

from dataclasses import replace

import numpy as np
import pytest

from oracles.evaluation import agree, truth_of, value_of
from oracles.models import joint, random_model
from oracles.worlds import arrows
from whence.identification.verify import verify
from whence.language.estimand import Adjustment, Estimand, Fact, FrontDoor, General, Observed, Shape, Step
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
    substitute,
    total,
)
from whence.language.graph import Graph
from whence.language.query import Query, att
from whence.language.refusals import Hedge, NotIdentified
from whence.runtime.errors import ProofRejected

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


CORRECT = {
    "back-door": (adjustment("Y", "X", ("Z",)), BACK_DOOR, Adjustment(("X",), ("Y",), ("Z",))),
    "front-door": (front_door(), FRONT_DOOR, FrontDoor(("X",), ("Y",), ("Z",))),
    "napkin": (napkin(), NAPKIN, General()),
    "verma": (verma(), VERMA, General()),
    "conditional": (conditional(), CONDITIONAL, General()),
    "condition": (condition_on_what_comes_after(), LATE, General()),
    "adjustment within W": (
        adjustment("Y", "X", ("Z",), ("W",)),
        TREATED,
        Adjustment(("X",), ("Y",), ("Z",), ("W",)),
    ),
    "treated": (treated(), TREATED, Adjustment(("X",), ("Y",), ("Z",))),
    "treated within W": (treated(w=("W",)), TREATED, Adjustment(("X",), ("Y",), ("Z",), ("W",))),
    "treated by the front door": (from_doing(front_door()), FRONT_DOOR, General()),
    "treated by what cannot matter": (
        Step("consistency", P(Term("Y", None, (Term("X", 0),)), Term("X", 1)), P("Y", Term("X", 1))),
        arrows("Y->X X<->Y X->Z"),
        General(),
    ),
    "observation": (Step("observation", P("Y", "X"), P("Y", "X")), BACK_DOOR, Observed()),
    "no back door": (adjustment("Y", "X", ()), LATE, Adjustment(("X",), ("Y",), ())),
}


@pytest.mark.parametrize("name", CORRECT)
def test_a_correct_derivation_is_accepted_and_its_estimand_is_true(name: str):
    step, graph, shape = CORRECT[name]
    estimand = proof(step, graph, shape)
    checked = verify(estimand)
    assert [each.step for each in checked] == list(estimand.derivation.walk())
    for seed in range(3):
        model = random_model(graph, np.random.default_rng(seed))
        assert agree(truth_of(step.claim, model), value_of(step.formula, joint(model)))


def test_a_difference_of_means_is_proved_from_one_pattern_for_both_of_its_values():
    step, graph, shape = CORRECT["front-door"]
    sides = [Expectation("Y", substitute(step.formula, {"X": value})) for value in (1, 0)]
    bodies = [Expectation("Y", P("Y", (), Term("X", value))) for value in (1, 0)]
    body, formula = Difference(*bodies), Difference(*sides)
    estimand = Estimand(Query(body), formula, Step("query", body, formula, (), (step,)), shape, graph)
    assert len(verify(estimand)) > 5
    swapped = Difference(sides[1], sides[0])
    lie = replace(estimand, expression=swapped, derivation=replace(estimand.derivation, formula=swapped))
    with pytest.raises(ProofRejected, match="query"):
        verify(lie)


def test_the_effect_on_the_treated_needs_a_proof_for_each_of_its_two_worlds():
    query = att("X", "Y")
    same = Step("consistency", P(Term("Y", None, (Term("X", 1),)), Term("X", 1)), P("Y", Term("X", 1)))
    other = treated()
    formula = Difference(Expectation("Y", same.formula), Expectation("Y", other.formula))
    shape = Adjustment(("X",), ("Y",), ("Z",))
    root = Step("query", query.body, formula, (), (same, other))
    estimand = Estimand(query, formula, root, shape, TREATED)
    assert len(verify(estimand)) == 3
    with pytest.raises(ProofRejected, match="no proof"):
        verify(replace(estimand, derivation=replace(root, premises=(other,))))


def test_hidden_causes_are_the_same_whether_drawn_as_nodes_or_as_bidirected_edges():
    drawn = arrows("U->X U->Y X->Z Z->Y", latent=("U",))
    assert verify(proof(front_door(), drawn))
    with pytest.raises(ProofRejected):
        verify(proof(front_door(), arrows("U->X U->Y X->Z Z->Y U->Z", latent=("U",))))
    chain = arrows("X->U U->Z Z->Y V->W W->X W->Y", latent=("U", "V", "W"))
    assert verify(proof(front_door(), chain))


# ── wrong ones ──────────────────────────────────────────────────────────────────────────────────────────────

WHOLE = ancestral("X", "Z", "Y")
ORDER = ("X", "Z", "Y")
ZX = c_factor(WHOLE, ORDER, P("Z", "X"))
XY = c_factor(WHOLE, ORDER, P("X"), P("Y", ("X", "Z")))
Y = marginal(XY, "Y")
ZY = districts(ZX, Y)
RULE_2 = conditional()
JOINT = condition_on_what_comes_after()
NAPKIN_MEAN = napkin().premises[0]


def on_effect(kernel: Step) -> Step:
    """A front-door proof whose last step rests on this kernel."""
    return effect(kernel, FRONT_DOOR, ("Y",), ("X",))


def in_front_door(**changed: Step) -> Step:
    z, xy = changed.get("z", ZX), changed.get("xy", XY)
    return on_effect(districts(z, changed.get("y", marginal(xy, "Y"))))


def without(step: Step, kind: str) -> Step:
    return replace(step, because=tuple(fact for fact in step.because if fact.kind != kind))


WRONG: dict[str, tuple[Step, Graph]] = {
    # ancestral
    "ancestral: a parent is left out": (effect(ancestral("Y"), BACK_DOOR, ("Y",), ("X", "Z")), BACK_DOOR),
    "ancestral: another formula": (
        in_front_door(z=replace(ZX, premises=(replace(WHOLE, formula=P("X")),))),
        FRONT_DOOR,
    ),
    "ancestral: its fact is not stated": (
        in_front_door(z=replace(ZX, premises=(without(WHOLE, "ancestral"),))),
        FRONT_DOOR,
    ),
    "ancestral: it has a premise": (
        in_front_door(z=replace(ZX, premises=(replace(WHOLE, premises=(WHOLE,)),))),
        FRONT_DOOR,
    ),
    "ancestral: a name twice": (
        effect(
            Step("ancestral", Kernel(("Y", "Y")), P("Y"), (Fact("ancestral", ("Y",)),)),
            BACK_DOOR,
            ("Y",),
            ("X",),
        ),
        BACK_DOOR,
    ),
    "ancestral: an unknown name": (effect(ancestral("Q"), BACK_DOOR, ("Q",), ("X",)), BACK_DOOR),
    "ancestral: of nothing": (Step("ancestral", Kernel(()), P(())), BACK_DOOR),
    # c-factor
    "c-factor: a parent is left out of a factor": (
        in_front_door(z=c_factor(WHOLE, ORDER, P("Z"))),
        FRONT_DOOR,
    ),
    "c-factor: a hidden path is forgotten": (
        in_front_door(xy=c_factor(WHOLE, ORDER, P("X"), P("Y", "Z"))),
        FRONT_DOOR,
    ),
    "c-factor: a factor looks ahead": (
        in_front_door(z=c_factor(WHOLE, ORDER, P("Z", ("X", "Y")))),
        FRONT_DOOR,
    ),
    "c-factor: effects before causes": (
        in_front_door(z=c_factor(WHOLE, ("Z", "X", "Y"), P("Z"))),
        FRONT_DOOR,
    ),
    "c-factor: the order lacks a variable": (
        in_front_door(z=c_factor(WHOLE, ("X", "Z"), P("Z", "X"))),
        FRONT_DOOR,
    ),
    "c-factor: a variable twice in the order": (
        in_front_door(
            z=replace(
                c_factor(WHOLE, ("X", "Z", "Z", "Y"), P("Z", "X"), P("Z", "X")),
                claim=Kernel("Z"),
                because=(Fact("order", ("X", "Z", "Z", "Y")), Fact("district", ("Z",), among=ORDER)),
            )
        ),
        FRONT_DOOR,
    ),
    "c-factor: the order is not stated": (in_front_door(z=without(ZX, "order")), FRONT_DOOR),
    "c-factor: the district is not stated": (in_front_door(z=without(ZX, "district")), FRONT_DOOR),
    "c-factor: half a district": (
        effect(c_factor(ancestral("X", "Y"), ("X", "Y"), P("Y", "X")), arrows("X->Y X<->Y"), ("Y",), ("X",)),
        arrows("X->Y X<->Y"),
    ),
    "c-factor: two districts as one": (
        on_effect(marginal(c_factor(WHOLE, ORDER, P("X"), P("Z", "X"), P("Y", ("X", "Z"))), "Z", "Y")),
        FRONT_DOOR,
    ),
    "c-factor: its premise is not all that was seen": (
        in_front_door(y=c_factor(XY, ("X", "Y"), P("X"), P("Y", "X"))),
        FRONT_DOOR,
    ),
    "c-factor: a variable outside its premise": (
        replace(on_effect(ZY), premises=(c_factor(ancestral("X", "Z"), ("X", "Z"), P("Y", ("X", "Z"))),)),
        FRONT_DOOR,
    ),
    "c-factor: a factor with do": (in_front_door(z=replace(ZX, formula=P("Z", (), "X"))), FRONT_DOOR),
    "c-factor: a factor at a value": (in_front_door(z=replace(ZX, formula=P("Z", Term("X", 1)))), FRONT_DOOR),
    "c-factor: a factor twice": (
        in_front_door(z=replace(ZX, formula=Product((P("Z", "X"), P("Z", "X"))))),
        FRONT_DOOR,
    ),
    # c-component
    "c-component: half a district": (in_front_door(y=c_component(XY, ("X", "Y"), "Y")), FRONT_DOOR),
    "c-component: effects before causes": (
        effect(
            replace(
                NAPKIN_MEAN, premises=(c_component(NAPKIN_MEAN.premises[0].premises[0], ("Y", "X"), "Y"),)
            ),
            NAPKIN,
            ("Y",),
            ("X",),
        ),
        NAPKIN,
    ),
    "c-component: the original distribution is taken again (y0 on the napkin)": (
        effect(c_component(ancestral("Z2", "Z1", "X", "Y"), ("X", "Y"), "Y"), NAPKIN, ("Y",), ("X",)),
        NAPKIN,
    ),
    "c-component: only the numerator": (
        replace(
            effect(NAPKIN_MEAN.premises[0], NAPKIN, ("Y",), ("X",)),
            premises=(
                replace(NAPKIN_MEAN.premises[0], formula=NAPKIN_MEAN.premises[0].formula.numerator),  # type: ignore[attr-defined]
            ),
            formula=NAPKIN_MEAN.premises[0].formula.numerator,  # type: ignore[attr-defined]
        ),
        NAPKIN,
    ),
    # marginal
    "marginal: a cause of what is kept is summed out": (
        on_effect(marginal(districts(ZX, Y), "Y")),
        FRONT_DOOR,
    ),
    "marginal: more is claimed than there was": (
        on_effect(Step("marginal", Kernel(("Z", "Y")), Y.formula, (Fact("ancestral", ("Z", "Y")),), (Y,))),
        FRONT_DOOR,
    ),
    "marginal: another sum": (in_front_door(y=replace(Y, formula=Sum(("Z",), XY.formula))), FRONT_DOOR),
    "marginal: no sum": (in_front_door(y=replace(Y, formula=XY.formula)), FRONT_DOOR),
    "marginal: its fact is not stated": (in_front_door(y=without(Y, "ancestral")), FRONT_DOOR),
    # districts
    "districts: one twice and one left out": (
        on_effect(replace(ZY, premises=(ZX, ZX), formula=Product((ZX.formula, ZX.formula)))),
        FRONT_DOOR,
    ),
    "districts: one left out": (on_effect(replace(ZY, premises=(ZX,), formula=ZX.formula)), FRONT_DOOR),
    "districts: parts that belong to one district": (
        effect(districts(ancestral("X"), ancestral("Y")), arrows("X<->Y W->W2"), ("X", "Y"), ("W",)),
        arrows("X<->Y W->W2"),
    ),
    "districts: a factor missing": (on_effect(replace(ZY, formula=ZX.formula)), FRONT_DOOR),
    "districts: of nothing": (on_effect(Step("districts", Kernel(("Z", "Y")), Product(()))), FRONT_DOOR),
    # average
    "average: over a parent": (
        effect(
            replace(
                NAPKIN_MEAN,
                formula=Sum(("X",), Product((P("X"), NAPKIN_MEAN.premises[0].formula))),
                because=(Fact("independent of", ("Y",), ("X",)),),
            ),
            NAPKIN,
            ("Y",),
            ("X",),
        ),
        NAPKIN,
    ),
    "average: with weights that do not add up to one": (
        effect(
            replace(
                NAPKIN_MEAN,
                formula=Sum(("Z1",), Product((P("Z1"), P("Z1"), NAPKIN_MEAN.premises[0].formula))),
            ),
            NAPKIN,
            ("Y",),
            ("X",),
        ),
        NAPKIN,
    ),
    "average: over nothing": (on_effect(replace(ZY, rule="average", premises=(ZY,), because=())), FRONT_DOOR),
    "average: of another kernel": (
        on_effect(replace(ZY, rule="average", premises=(ZX,), because=())),
        FRONT_DOOR,
    ),
    # effect
    "effect: a treatment within the kernel": (
        replace(
            effect(XY, arrows("X<->Y"), ("Y",), ("X",)),
            premises=(c_factor(ancestral("X", "Y"), ("X", "Y"), P("X"), P("Y", "X")),),
        ),
        arrows("X<->Y"),
    ),
    "effect: a cause of the outcome is missing": (on_effect(Y), FRONT_DOOR),
    "effect: the outcome is not in the kernel": (replace(on_effect(ZX), claim=P("Y", (), "X")), FRONT_DOOR),
    "effect: summed over too much": (replace(on_effect(ZY), formula=Sum(("Z", "Y"), ZY.formula)), FRONT_DOOR),
    "effect: not summed": (replace(on_effect(ZY), formula=ZY.formula), FRONT_DOOR),
    "effect: a condition from nowhere": (replace(on_effect(ZY), claim=P("Y", "Z", "X")), FRONT_DOOR),
    "effect: another treatment": (replace(on_effect(ZY), claim=P("Y", (), "Z")), FRONT_DOOR),
    "effect: at a value": (replace(on_effect(ZY), claim=P("Y", (), Term("X", 1))), FRONT_DOOR),
    "effect: no premise": (replace(on_effect(ZY), premises=()), FRONT_DOOR),
    # adjustment
    "adjustment: a confounder is left open": (adjustment("Y", "X", ()), BACK_DOOR),
    "adjustment: hidden confounding": (adjustment("Y", "X", ("Z",)), arrows("Z->X Z->Y X->Y X<->Y")),
    "adjustment: for a mediator": (adjustment("Y", "X", ("Z",)), arrows("X->Z Z->Y")),
    "adjustment: for a descendant of a mediator": (adjustment("Y", "X", ("D",)), arrows("X->Z Z->Y Z->D")),
    "adjustment: for a descendant of the outcome": (adjustment("Y", "X", ("D",)), arrows("X->Y Y->D")),
    "adjustment: for a collider (M-bias)": (adjustment("Y", "X", ("M",)), arrows("X<->M M<->Y X->Y")),
    "adjustment: for the descendant of a collider": (
        adjustment("Y", "X", ("D",)),
        arrows("X<->M M<->Y X->Y M->D"),
    ),
    "adjustment: for an instrument's confounded child": (
        adjustment("Y", "X", ("D",)),
        arrows("X->D D<->Y X->Y"),
    ),
    "adjustment: within what the treatment changes": (
        adjustment("Y", "X", (), ("W",)),
        arrows("X->W X->Y W<->V V->Y"),
    ),
    "adjustment: within what the treatment and the confounder change": (
        adjustment("Y", "X", ("Z",), ("W",)),
        arrows("X->W Z->W Z->Y X->Y"),
    ),
    "adjustment: for what is held as seen": (
        replace(
            adjustment("Y", "X", ("Z",)),
            claim=P("Y", "Z", "X"),
            formula=Sum(("Z",), Product((P("Y", ("X", "Z")), P("Z", "Z")))),
        ),
        BACK_DOOR,
    ),
    "adjustment: P(Z) where P(Z | W) is meant": (
        replace(
            adjustment("Y", "X", ("Z",), ("W",)),
            formula=Sum(("Z",), Product((P("Y", ("X", "Z", "W")), P("Z")))),
        ),
        arrows("Z->X Z->Y X->Y W->Z"),
    ),
    "adjustment: P(Z | X) where P(Z) is meant": (
        replace(
            adjustment("Y", "X", ("Z",)), formula=Sum(("Z",), Product((P("Y", ("X", "Z")), P("Z", "X"))))
        ),
        BACK_DOOR,
    ),
    "adjustment: Z in the sum and in the condition": (adjustment("Y", "X", ("Z",), ("Z",)), BACK_DOOR),
    "adjustment: its fact is not stated": (
        without(adjustment("Y", "X", ("Z",)), "adjustment set"),
        BACK_DOOR,
    ),
    "adjustment: a false fact beside the true one": (
        replace(
            adjustment("Y", "X", ("Z",)),
            because=(Fact("adjustment set", ("X",), ("Y",), ("Z",)), Fact("separated", ("X",), ("Y",))),
        ),
        BACK_DOOR,
    ),
    # treated
    "treated: a confounder is left open": (treated(()), TREATED),
    "treated: for a mediator": (treated(("Z",)), arrows("X->Z Z->Y X->Y")),
    "treated: for a descendant": (treated(("Z",)), arrows("X->Z X->Y")),
    "treated: weights of the untreated": (
        replace(
            treated(),
            formula=Sum(("Z",), Product((P("Y", (Term("X", 0), "Z")), P("Z", Term("X", 0))))),
        ),
        TREATED,
    ),
    "treated: weights of everyone": (
        replace(treated(), formula=Sum(("Z",), Product((P("Y", (Term("X", 0), "Z")), P("Z"))))),
        TREATED,
    ),
    "treated: the seen outcome": (
        replace(treated(), formula=Sum(("Z",), Product((P("Y", (Term("X", 1), "Z")), P("Z", Term("X", 1)))))),
        TREATED,
    ),
    "treated: its fact is not stated": (without(treated(), "separated"), TREATED),
    # consistency
    "consistency: for another value": (
        Step("consistency", P(Term("Y", None, (Term("X", 0),)), Term("X", 1)), P("Y", Term("X", 1))),
        TREATED,
    ),
    "consistency: of an outcome in a world that was not seen": (
        Step("consistency", P(Term("Y", None, (Term("X", 0),))), P("Y", Term("X", 0))),
        TREATED,
    ),
    "consistency: from the effect, without taking off what was seen": (
        replace(from_doing(front_door()), formula=substitute(front_door().formula, {"X": 0})),
        FRONT_DOOR,
    ),
    "consistency: from the effect of something else": (
        replace(
            from_doing(effect(ZX, FRONT_DOOR, ("Z",), ("X",))),
            claim=P(Term("Y", None, (Term("X", 0),)), Term("X", 1)),
        ),
        FRONT_DOOR,
    ),
    "consistency: from the effect, of one level only": (
        replace(
            from_doing(front_door()),
            claim=P(Term("Y", None, (Term("X", 0),)), Term("X", 0)),
            formula=Quotient(from_doing(front_door()).formula.numerator, P(Term("X", 0))),  # type: ignore[attr-defined]
        ),
        FRONT_DOOR,
    ),
    "consistency: from the effect, within what the treatment changes": (
        Step(
            "consistency",
            P(Term("Y", None, (Term("X", 0),)), ("W", Term("X", 1))),
            Quotient(
                Difference(P(("Y", "W"), Term("X", 0)), P(("Y", "W", Term("X", 0)))), P(("W", Term("X", 1)))
            ),
            (),
            (
                Step(
                    "adjustment",
                    P(("Y", "W"), (), "X"),
                    P(("Y", "W"), "X"),
                    (Fact("adjustment set", ("X",), ("Y", "W")),),
                ),
            ),
        ),
        arrows("X->W X->Y W->Y"),
    ),
    "consistency: of what the treatment changes, as though it did not": (
        Step("consistency", P(Term("Y", None, (Term("X", 0),)), Term("X", 1)), P("Y", Term("X", 1))),
        arrows("X->M M->Y"),
    ),
    # rule 2
    "rule 2: a treatment is lost on the way": (
        Step(
            "rule 2",
            P("Y", "Z"),
            P("Y", ("X", "Z")),
            (Fact("separated", ("Y",), ("Z",), cut_out_of=("Z",)),),
            (
                Step(
                    "adjustment",
                    P("Y", (), ("X", "Z")),
                    P("Y", ("X", "Z")),
                    (Fact("adjustment set", ("X", "Z"), ("Y",)),),
                ),
            ),
        ),
        arrows("X->Y Z->Y"),
    ),
    "rule 2: a path through the treatment's hidden cause": (
        Step(
            "rule 2",
            P("Y", "X"),
            adjustment("Y", "X", ("Z",)).formula,
            (Fact("separated", ("Y",), ("X",), cut_out_of=("X",)),),
            (adjustment("Y", "X", ("Z",)),),
        ),
        BACK_DOOR,
    ),
    "rule 2: its fact is not stated": (without(RULE_2, "separated"), CONDITIONAL),
    "rule 2: another formula": (replace(RULE_2, formula=P("Y", "X")), CONDITIONAL),
    "rule 2: nothing is moved": (
        Step("rule 2", RULE_2.claim, RULE_2.formula, (), (RULE_2,)),
        CONDITIONAL,
    ),
    "rule 2: a treatment is lost": (replace(RULE_2, claim=P("Y", "Z")), CONDITIONAL),
    # condition
    "condition: not divided": (replace(JOINT, formula=JOINT.premises[0].formula), LATE),
    "condition: divided by the wrong sum": (
        replace(JOINT, formula=Quotient(JOINT.premises[0].formula, Sum(("Z",), JOINT.premises[0].formula))),
        LATE,
    ),
    "condition: of another effect": (replace(JOINT, claim=P("X", "Z", "Y")), LATE),
    "condition: without a condition": (replace(JOINT, claim=P(("Y", "Z"), (), "X")), LATE),
    # observation
    "observation: of doing": (Step("observation", P("Y", (), "X"), P("Y", "X")), BACK_DOOR),
    "observation: of doing, told as it is": (
        Step("observation", P("Y", (), "X"), P("Y", (), "X")),
        BACK_DOOR,
    ),
    "observation: of another world": (
        Step("observation", P(Term("Y", None, (Term("X", 1),))), P("Y", Term("X", 1))),
        BACK_DOOR,
    ),
    "observation: of the unseen": (
        Step("observation", P("Y", "U"), P("Y", "U")),
        arrows("U->Y", latent=("U",)),
    ),
    "query: the formula depends on what may not matter, and does not say so": (
        effect(NAPKIN_MEAN.premises[0], NAPKIN, ("Y",), ("X",)),
        NAPKIN,
    ),
    # a query within a proof, and a kernel by a rule for effects
    "query: as a premise": (Step("query", P("Y", (), "X"), P("Y", "X")), BACK_DOOR),
    "effect: of a kernel": (replace(on_effect(ZY), claim=Kernel(("Y",))), FRONT_DOOR),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_derivation_is_rejected(name: str):
    step, graph = WRONG[name]
    with pytest.raises(ProofRejected) as caught:
        verify(proof(step, graph))
    # At the step that is wrong, not at one that would have stopped a right one as well.
    assert caught.value.rule == name.split(":", 1)[0], caught.value


def seeing(body: Expression, graph: Graph) -> Estimand:
    """What was seen, told as it is."""
    return Estimand(Query(body), body, Step("query", body, body), Observed(), graph)


def unfinished() -> dict[str, Estimand]:
    """Right steps put to the wrong use at the root."""
    right = proof(*CORRECT["back-door"])
    root = right.derivation
    seen = P("Y", "X")
    return {
        "the estimand is another": replace(right, expression=seen),
        "the root's formula is another": replace(right, derivation=replace(root, formula=seen)),
        "the root's claim is another": replace(right, derivation=replace(root, claim=P("Y", (), "Z"))),
        "the query is another": replace(right, query=Query(P("X", (), "Z"))),
        "the root is no root": replace(right, derivation=root.premises[0]),
        "the root rests on nothing": replace(right, derivation=replace(root, premises=())),
        "the effect is left as it is": replace(
            right, expression=root.claim, derivation=replace(root, formula=root.claim, premises=())
        ),
        "a value is lost": replace(
            right,
            query=Query(P("Y", (), Term("X", 1))),
            derivation=replace(root, claim=P("Y", (), Term("X", 1))),
        ),
        "the estimate would adjust for nothing": replace(right, shape=Adjustment(("X",), ("Y",), ())),
        "the estimate would be of another effect": replace(right, shape=Adjustment(("Z",), ("Y",), ("Z",))),
        "the estimate would be of another outcome": replace(right, shape=Adjustment(("X",), ("Z",), ("Z",))),
        "the estimate would adjust for nobody": replace(right, shape=Adjustment(("X",), ("Y",), ("Z", "Q"))),
        "the estimate would be within Z": replace(right, shape=Adjustment(("X",), ("Y",), (), ("Z",))),
        "the estimate among the treated would adjust for what comes after": proof(
            treated(), arrows("Z->X Z->Y X->Y X->D"), Adjustment(("X",), ("Y",), ("Z", "D"))
        ),
        "the estimate within W would adjust for what comes after": proof(
            adjustment("Y", "X", ("Z",), ("W",)),
            arrows("Z->X Z->Y X->Y X->D W->Y"),
            Adjustment(("X",), ("Y",), ("Z", "D"), ("W",)),
        ),
        "the estimate would go by the front door": replace(right, shape=FrontDoor(("X",), ("Y",), ("Z",))),
        "the estimate would go by no door": replace(right, shape=FrontDoor(("X",), ("Y",), ())),
        "the estimate would be what was seen": replace(right, shape=Observed()),
        "what is asked about is hidden": seeing(P("Y", "U"), arrows("U->Y U->X", latent=("U",))),
        "what is asked about is unknown": seeing(P("Y", "Q"), BACK_DOOR),
        "what is asked about is a kernel": seeing(Kernel("Y"), BACK_DOOR),
        "the graph has no direction": replace(
            right, graph=Graph.of(BACK_DOOR.nodes, BACK_DOOR.edges, kind="CPDAG")
        ),
        "the graph knows other variables": replace(right, graph=arrows("A->B")),
        "the outcome is hidden": replace(right, graph=arrows("Z->X Z->Y X->Y", latent=("Y",))),
        "the confounder is hidden": replace(right, graph=arrows("Z->X Z->Y X->Y", latent=("Z",))),
    }


@pytest.mark.parametrize("name", unfinished())
def test_right_steps_are_rejected_when_they_prove_something_else(name: str):
    with pytest.raises(ProofRejected):
        verify(unfinished()[name])


def test_what_was_seen_is_its_own_estimand():
    assert len(verify(seeing(P("Y", "X"), BACK_DOOR))) == 1


def test_a_root_that_reaches_the_outcome_only_through_a_treatment_makes_no_hedge():
    graph = arrows("X1->R X1<->R R->X2 X2->Y")
    hedge = Hedge(("X1", "R"), ("R",), ("R",))
    one = NotIdentified("", (), Query(P("Y", (), "X1")), hedge, ("X1",), ("Y",), graph)
    assert verify(one) == ()
    both = replace(one, query=Query(P("Y", (), ("X1", "X2"))), treatments=("X1", "X2"))
    with pytest.raises(ProofRejected, match="no ancestor"):
        verify(both)


@pytest.mark.parametrize(
    ("graph", "hedge", "why"),
    [
        ("X->Y X<->Y", (("X", "Y"), ("Y",), ("X",)), "nested"),
        ("X->Y X<->Y", (("X", "Y"), ("X",), ("X",)), "nested"),
        ("X->Y X<->Y Z->Y", (("Z", "Y"), ("Y",), ("Y",)), "nested"),
        ("X->Y", (("X", "Y"), ("Y",), ("Y",)), "district"),
        ("X<->Y", (("X", "Y"), ("Y",), ("Y",)), "roots"),
        ("X->M M->Y X<->Y", (("X", "Y"), ("Y",), ("Y",)), "roots"),
        ("X->Z Z->Y X<->Z", (("X", "Z", "Y"), ("Z", "Y"), ("Y",)), "district"),
    ],
)
def test_what_is_no_hedge_is_rejected_for_what_it_lacks(graph: str, hedge, why: str):
    refusal = NotIdentified("", (), Query(P("Y", (), "X")), Hedge(*hedge), ("X",), ("Y",), arrows(graph))
    with pytest.raises(ProofRejected, match=why):
        verify(refusal)


def test_a_hedge_for_a_condition_that_rule_2_takes_away_is_rejected():
    # Z can be set instead of seen, and P(Y | do X, do Z) is P(Y | Z): the hedge is for P(Y, Z | do X).
    hedge = Hedge(("X", "Z"), ("Z",), ("Z",))
    refusal = NotIdentified("", (), Query(P("Y", "Z", "X")), hedge, ("X",), ("Y", "Z"), CONDITIONAL)
    with pytest.raises(ProofRejected, match="another effect"):
        verify(refusal)
    assert verify(replace(refusal, query=Query(P(("Y", "Z"), (), "X")))) == ()


def test_a_proof_that_shares_parts_is_checked_in_time_linear_in_its_parts():
    # Each step doubles the tree: written out, the last formula has some 10^18 leaves.
    step = Step("ancestral", Kernel("Y"), P("Y"), (Fact("ancestral", ("Y",)),))
    for _ in range(60):
        step = c_component(step, ("Y",), "Y")
    graph = arrows("X->W Y->W")
    assert len(verify(proof(effect(step, graph, ("Y",), ("X",)), graph))) == 63

    def copied(expression: Expression, memo: dict[int, Expression]) -> Expression:
        if id(expression) not in memo:
            match expression:
                case Quotient(numerator=a, denominator=b):
                    memo[id(expression)] = Quotient(copied(a, memo), copied(b, memo))
                case Sum(over=over, body=body):
                    memo[id(expression)] = Sum(over, copied(body, memo))
                case _:
                    memo[id(expression)] = P("Y")
        return memo[id(expression)]

    # The same with no part shared between steps, as after a round trip through JSON.
    whole = effect(step, graph, ("Y",), ("X",))
    apart = replace(proof(whole, graph), expression=copied(whole.formula, {}))
    assert len(verify(apart)) == 63
