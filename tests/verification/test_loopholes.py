"""Certificates made to slip through: each states something false in the smallest way, and each is rejected.

Next to each stands what makes it true, and is accepted, so that nothing else is the reason.
"""

from dataclasses import replace
from fractions import Fraction

import pytest

from oracles.worlds import arrows
from whence.identification.identify import identify
from whence.identification.verification.models import Values
from whence.identification.verify import verify
from whence.language.estimand import Adjustment, Estimand, Fact, General, Step
from whence.language.expression import Expectation, Expression, Kernel, P, Term
from whence.language.graph import Graph
from whence.language.model import Disagreement, Elsewhere, HiddenCause, Mechanism, StructuralModel
from whence.language.query import Query
from whence.language.refusals import NotIdentified
from whence.language.source import Source
from whence.runtime.errors import ProofRejected

PLAIN = arrows("X->Y")
BOW = arrows("X->Y X<->Y")
APART = Graph.of("XY", [])


def proof(body: Expression, given: tuple[Source, ...], graph: Graph, *steps: Step) -> Estimand:
    formula = steps[-1].formula if steps else body
    root = Step("query", body, formula, (), steps[-1:])
    return Estimand(Query(body), formula, root, General(), graph, (), given)


def rejected(certificate: Estimand | NotIdentified, why: str) -> None:
    with pytest.raises(ProofRejected, match=why):
        verify(certificate)


def test_a_source_with_a_value_before_the_bar_does_not_hold_the_rest_of_it_alone():
    """P(Y, X=1) is not P(Y), by itself or as the start of a kernel."""
    cut, whole = Source(P(("Y", Term("X", 1)))), Source(P(("Y", "X")))
    assert verify(proof(P("Y"), (whole,), PLAIN))
    rejected(proof(P("Y"), (cut,), PLAIN), "value before the bar")
    kernel = Step("ancestral", Kernel(("Y",)), P("Y"), (Fact("ancestral", ("Y",)),))
    effect = Step("effect", P("Y", (), "X"), P("Y"), (Fact("ancestral", ("Y",), among=("Y",)),), (kernel,))
    assert verify(proof(P("Y", (), "X"), (whole,), APART, effect))
    rejected(proof(P("Y", (), "X"), (cut,), APART, effect), "value before the bar")


def test_what_holds_at_home_is_no_proof_about_another_population():
    """The mechanism of Y may differ there, and the formula speaks of the one here."""
    given = (Source(P(("X", "Y"))), Source(P("X", population="A"), ("X", "Y")))
    adjusted = Step("adjustment", P("Y", (), "X"), P("Y", "X"), (Fact("adjustment set", ("X",), ("Y",)),))
    whole = Step("ancestral", Kernel(("X", "Y")), P(("X", "Y")), (Fact("ancestral", ("X", "Y")),))
    facts = (Fact("order", ("X", "Y")), Fact("district", ("Y",)))
    kernel = Step("c-factor", Kernel(("Y",)), P("Y", "X"), facts, (whole,))
    fact = Fact("ancestral", ("Y",), among=("Y",))
    effect = Step("effect", P("Y", (), "X"), P("Y", "X"), (fact,), (kernel,))
    imagined = P(Term("Y", None, (Term("X", 1),)), Term("X", 1))
    same = Step("consistency", imagined, P("Y", Term("X", 1)))
    for step in (adjusted, effect, same):
        claim = step.claim
        assert isinstance(claim, P)
        assert verify(proof(claim, given, PLAIN, step))
        away = P(claim.of, claim.given, claim.do, "A")
        rejected(proof(away, given, PLAIN, replace(step, claim=away)), "claim")


def test_a_record_counts_only_where_its_own_source_says_that_it_was_made():
    """X* of the second source is X where R2 = 1; that R1 = 1 says nothing of it."""
    graph = arrows("X->Z X->R2 Z->R1")
    body = P(("X", "Z"), Term("R1", 1))
    own = Source(P(("X*", "Z", "R1", "R2")), (), (("X", "R1"),))
    assert verify(proof(body, (own,), graph))
    given = (Source(P(("X*", "R1")), (), (("X", "R1"),)), replace(own, proxies=(("X", "R2"),)))
    rejected(proof(body, given, graph), "two indicators")
    elsewhere = (given[0], Source(P(("X*", "Z", "R1"), (), (), "A"), (), (("X", "R1"),)))
    rejected(proof(body, elsewhere, graph), "not at hand")


def test_a_complete_source_serves_after_one_with_records():
    given = (Source(P(("X*", "R")), (), (("X", "R"),)), Source(P(("X", "Z", "R"))))
    assert verify(proof(P(("X", "Z"), Term("R", 1)), given, arrows("X->Z Z->R")))


def test_to_set_a_record_is_not_to_set_its_variable():
    graph = arrows("X->Y R->Z")
    body = P("Y", Term("R", 1), "X")
    assert verify(proof(body, (Source(P(("Y", "R"), (), "X"), (), (("X", "R"),)),), graph))
    rejected(proof(body, (Source(P(("Y", "R"), (), "X*"), (), (("X", "R"),)),), graph), "record")
    clash = arrows("X->Y R->Z X*->Y")
    rejected(proof(P("Y"), (Source(P(("X*", "Y", "R")), (), (("X", "R"),)),), clash), "record")


def test_a_source_of_another_world_or_of_a_name_twice_is_none():
    for known in (P(Term("Y", None, (Term("X", 1),))), P("Y", "Y"), P("Y", (), "Y")):
        rejected(proof(P("Y", "X"), (Source(P(("X", "Y"))), Source(known)), PLAIN), "no distribution")


def test_that_mechanisms_are_alike_is_stated_only_where_the_rule_needs_it():
    given = (Source(P(("X", "Y"), (), (), "A"), ("X",)),)
    there = Step("given", P("Y", "X", (), "A"), P("Y", "X", (), "A"))
    alike = Fact("alike", ("Y",), given=("X",))
    moved = Step("transport", P("Y", "X"), there.formula, (alike,), (there,))
    assert verify(proof(P("Y", "X"), given, PLAIN, moved))
    false = replace(moved, because=(alike, Fact("alike", ("X",))))
    rejected(proof(P("Y", "X"), given, PLAIN, false), "same in both")


def test_the_shape_of_an_estimate_is_that_of_one_world_and_of_what_was_seen_together():
    """Adjustment estimates P(Y had X been x, M been m): not Y had M been as without X, nor Y and W apart."""
    base, level = (Term("X", 0),), (Term("X", 1),)
    shapes = {
        Adjustment(("X",), ("Y",), ("Z",)): (arrows("Z->X Z->Y X->Y"), P(Term("Y", 1, level))),
        Adjustment(("M", "X"), ("Y",), ()): (
            arrows("X->M M->Y X->Y"),
            P(Term("Y", 1, (*level, Term("M", None, base)))),
        ),
        Adjustment(("X",), ("W", "Y"), ()): (
            arrows("X->Y X->W"),
            P((Term("Y", 1, level), Term("W", 1, base))),
        ),
    }
    for number, (shape, (graph, body)) in enumerate(shapes.items()):
        found = identify(Query(body), graph)
        assert isinstance(found, Estimand)
        assert verify(found)
        if number == 0:
            assert verify(replace(found, shape=shape))
        else:
            rejected(replace(found, shape=shape), "not that of")
    graph, adjusted = arrows("Z->X Z->Y X->Y"), Adjustment(("X",), ("Y",), ("Z",))
    trial = identify(Query(P("Y", (), "X")), graph, ["P(Y | do(X))", "P@A(X, Y, Z)"])
    assert isinstance(trial, Estimand)
    rejected(replace(trial, shape=adjusted), "not that of")


# ── refusals ────────────────────────────────────────────────────────────────────────────────────────────────


def bow(response: int) -> StructuralModel:
    """X and Y as seen are the same for either response; Y had X been otherwise is that response, mostly."""
    causes = (HiddenCause("u", (Fraction(1, 4),) * 4), HiddenCause("n", (Fraction(1, 4), Fraction(3, 4))))
    rows = ((u % 2 if x == u // 2 else response, n) for x in (0, 1) for u in range(4) for n in (0, 1))
    table = tuple(y if n else 1 - y for y, n in rows)
    mechanisms = (Mechanism("X", ("u",), (0, 0, 1, 1)), Mechanism("Y", ("X", "u", "n"), table))
    return StructuralModel((("X", (0, 1)), ("Y", (0, 1))), causes, mechanisms)


FIRST, SECOND = bow(0), bow(1)
DONE = P(Term("Y", 1), (), Term("X", 1))
VALUES = tuple(Values(model).of(DONE, {}) for model in (FIRST, SECOND))


def refusal(
    body: Expression, graph: Graph, given: tuple[Source, ...] = (), pair: Disagreement | None = None
) -> NotIdentified:
    pair = pair or Disagreement(FIRST, SECOND, VALUES)  # type: ignore[arg-type]
    return NotIdentified("", (), Query(body), None, (), (), graph, given, pair)


def coins(share: Fraction, names: tuple[str, str] = ("X", "Y"), levels: tuple[int, int] = (0, 1)):
    """Two variables that know nothing of each other; the share of the second at 1."""
    causes = (HiddenCause("a", (Fraction(1, 2),) * 2), HiddenCause("b", (1 - share, share)))
    made = (Mechanism(names[0], ("a",), levels), Mechanism(names[1], ("b",), (0, 1)))
    return StructuralModel(((names[0], levels), (names[1], (0, 1))), causes, made)


def coin_pair(*args) -> Disagreement:
    half, third = Fraction(1, 2), Fraction(1, 3)
    return Disagreement(coins(half, *args), coins(third, *args), (half, third))


def test_what_cannot_happen_has_probability_zero_though_its_variables_do_not_vary():
    """Z does not listen to W: it cannot be 0 and have been 1 under another W."""
    graph = arrows("X->Y X<->Y W->Y Z->Y")
    imagined = Term("Y", 1, (Term("X", 1),))
    possible = P((Term("Z", 1), Term("Z", 1, (Term("W", 1),)), imagined))
    assert verify(refusal(possible, graph)) == ()
    rejected(refusal(P((Term("Z", 0), Term("Z", 1, (Term("W", 1),)), imagined)), graph), "not what they say")


def test_a_question_about_another_population_is_not_refused_by_models_of_this_one():
    given = (Source(P(("X", "Y"))), Source(P("Y", (), "X", "A"), ("Y",)))
    away = Elsewhere("A", FIRST, replace(SECOND, mechanisms=FIRST.mechanisms))
    pair = Disagreement(FIRST, SECOND, VALUES, (), (away,))  # type: ignore[arg-type]
    assert verify(refusal(DONE, BOW, given, pair)) == ()
    rejected(refusal(P(DONE.of, (), DONE.do, "A"), BOW, given, pair), "another population")


def test_models_in_which_a_source_is_empty_do_not_agree_on_it():
    """P(Y | do X=5) is P(Y) where X does not cause Y, whatever models say in which X is never 5."""
    body, pair = P(Term("Y", 1)), coin_pair()
    for known in (P("Y", (), Term("X", 5)), P("Y", Term("X", 5))):
        rejected(refusal(body, APART, (Source(known),), pair), "is empty")
    record = (Source(P(("Y*", "R")), (), (("Y", "R"),)),)
    rejected(refusal(body, Graph.of("RY", []), record, coin_pair(("R", "Y"), (0, 2))), "is empty")


def test_models_cannot_leave_out_a_latent_variable_that_is_given_or_asked_about():
    graph = arrows("X->Y U->X U->Y", ("U",))
    assert verify(refusal(DONE, graph)) == ()
    rejected(refusal(DONE, graph, (Source(P(("U", "X", "Y"))),)), "not observed")
    rejected(refusal(P(Term("Y", 1), Term("U", 1), Term("X", 1)), graph), "not observed")
    rejected(refusal(P(Term("Y", 1), (), (Term("X", 1), Term("Q", 1))), graph), "not observed")


@pytest.mark.parametrize("level", ["one", float("inf"), float("nan")])
def test_there_is_no_mean_of_levels_that_are_no_numbers(level):
    def model(share: Fraction) -> StructuralModel:
        made = (Mechanism("Y", ("b",), (0, level)),)
        return StructuralModel((("Y", (0, level)),), (HiddenCause("b", (1 - share, share)),), made)

    pair = Disagreement(model(Fraction(1, 2)), model(Fraction(1, 3)), (Fraction(1, 2), Fraction(1, 3)))
    body = Expectation("Y", P("Y", (), Term("X", 1)))
    rejected(refusal(body, PLAIN, (Source(P("X")),), pair), "models")
