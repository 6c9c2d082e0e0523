"""Every rule with every slip that can be made in it: each is rejected at the step that is wrong."""

from dataclasses import replace

import pytest

from oracles.worlds import arrows
from verification.derivations import (
    BACK_DOOR,
    CONDITIONAL,
    FRONT_DOOR,
    LATE,
    NAPKIN,
    TREATED,
    adjustment,
    ancestral,
    c_component,
    c_factor,
    condition_on_what_comes_after,
    conditional,
    districts,
    effect,
    from_doing,
    front_door,
    marginal,
    napkin,
    proof,
    treated,
)
from whence.identification.verify import verify
from whence.language.estimand import Fact, Step
from whence.language.expression import (
    Difference,
    Kernel,
    P,
    Product,
    Quotient,
    Sum,
    Term,
    substitute,
)
from whence.language.graph import Graph
from whence.runtime.errors import ProofRejected

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
        effect(
            replace(
                NAPKIN_MEAN,
                premises=NAPKIN_MEAN.premises[0].premises,
                formula=Sum(("Z1",), Product((P("Z1"), NAPKIN_MEAN.premises[0].premises[0].formula))),
            ),
            NAPKIN,
            ("Y",),
            ("X",),
        ),
        NAPKIN,
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
