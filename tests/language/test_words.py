from typing import get_args

import pytest

from whence.language.estimand import Fact, FactKind, Rule, Step
from whence.language.expression import Kernel, P, Product, Quotient, Sum, Term
from whence.language.words import WORDS, fact_words, listed, step_words

WHOLE = Step("ancestral", Kernel(("M", "X", "Y")), P(("M", "X", "Y")))
FORMULA = Sum(("Z",), Product((P("Y", ("X", "Z")), P("Z"))))
SEEN = Term("X", None)
STEPS = {
    "ancestral": WHOLE,
    "c-factor": Step("c-factor", Kernel(("X", "Y")), Product((P("X"), P("Y", ("X", "M")))), (), (WHOLE,)),
    "c-component": Step("c-component", Kernel(("Y",)), Quotient(P(("X", "Y")), P("X")), (), (WHOLE,)),
    "marginal": Step("marginal", Kernel(("X", "Y")), Sum(("M",), P(("M", "X", "Y"))), (), (WHOLE,)),
    "districts": Step("districts", Kernel(("M", "Y")), P("Y"), (), (WHOLE, WHOLE)),
    "average": Step("average", Kernel(("Y",)), FORMULA, (), (WHOLE,)),
    "effect": Step("effect", P("Y", do="X"), Sum(("M",), P(("M", "Y"))), (), (WHOLE,)),
    "adjustment": Step("adjustment", P("Y", do="X"), FORMULA),
    "treated": Step("treated", P(Term("Y", None, (Term("X"),)), SEEN), FORMULA),
    "rule 2": Step("rule 2", P("Y", "Z", "X"), P("Y"), (), (Step("effect", P("Y", do=("X", "Z")), P("Y")),)),
    "condition": Step("condition", P("Y", "Z", do="X"), Quotient(P("Y"), P("Z"))),
    "observation": Step("observation", P("Y", "X"), P("Y", "X")),
    "consistency": Step("consistency", P(Term("Y", None, (Term("X"),)), SEEN), P("Y", "X")),
    "transport": Step("transport", Kernel(("X", "Y")), P(("X", "Y")), (), (WHOLE,)),
    "counterfactual": Step("counterfactual", P(Term("Y", 1, (Term("X", 0),))), P("Y"), (), (WHOLE,)),
    "conditional counterfactual": Step("conditional counterfactual", P("Y", "Z"), P("Y"), (), (WHOLE,)),
    "ratio": Step("ratio", P("Y", "Z"), Quotient(P("Y"), P("Z")), (), (WHOLE, WHOLE)),
    "impossible": Step("impossible", P(Term("Y", 1, (Term("X", 0),))), P("Y")),
    "given": Step("given", P("Y", "X"), P("Y", "X")),
    "rule 1": Step("rule 1", P("Y", "Z"), P("Y"), (), (WHOLE,)),
    "rule 3": Step("rule 3", P("Y", do="Z"), P("Y"), (), (WHOLE,)),
    "sum": Step("sum", P("Y"), Sum(("Z",), P(("Y", "Z"))), (), (WHOLE,)),
    "chain": Step("chain", P(("Y", "Z")), Product((P("Y", "Z"), P("Z"))), (), (WHOLE, WHOLE)),
    "proxy": Step("proxy", P("Y", Term("R", 1)), P("Y*", Term("R", 1)), (), (WHOLE,)),
    "value": Step("value", P(Term("Y", 1)), P(Term("Y", 1)), (), (WHOLE,)),
    "policy": Step("policy", P("Y", population="policy"), Sum(("X",), P(("X", "Y"))), (), (WHOLE,)),
    "query": Step("query", P("Y"), P("Y"), (), (WHOLE,)),
}


@pytest.mark.parametrize("rule", get_args(Rule))
def test_every_rule_has_a_plain_sentence(rule):
    words = step_words(STEPS[rule])
    assert words[0].isupper() or words.startswith(("P(", "Q[", "Z", "X"))
    assert words.endswith(".")
    assert "nothing" not in words.replace("changes nothing", "")
    assert set(WORDS) == set(get_args(Rule))


def test_the_sentences_name_the_variables():
    assert step_words(STEPS["adjustment"]).startswith("Z blocks every path that confounds X and Y")
    assert "setting Z" not in step_words(STEPS["condition"])
    assert "seeing Z is as good as setting it" in step_words(STEPS["rule 2"])
    assert step_words(Step("adjustment", P("Y", do="X"), P("Y", "X"))).startswith("No path confounds X and Y")


@pytest.mark.parametrize("kind", get_args(FactKind))
def test_every_fact_has_words(kind):
    assert "x" in fact_words(Fact(kind, ("x",), ("y",), ("z",), ("x", "y")))


def test_names_are_listed_as_a_sentence_lists_them():
    assert [listed(names) for names in ((), ("a",), ("a", "b"), ("a", "b c", "d"))] == [
        "nothing",
        "a",
        "a and b",
        'a, "b c" and d',
    ]
