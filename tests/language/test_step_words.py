"""Every rule of the calculus is said twice: so that it can be checked, and so that it can be told."""

import re
from typing import get_args

import pytest

from language.test_words import STEPS
from whence.explanation.proof import TITLES
from whence.identification.identify import identify
from whence.language.estimand import Rule, Step
from whence.language.expression import Kernel, P, Sum
from whence.language.graph_text import graph
from whence.language.query import att, effect
from whence.language.step_words import MANAGER_WORDS, step_sentences
from whence.language.words import WORDS, step_words

# What nobody outside the trade would say.
JARGON = re.compile(
    r"\b(distributions?|probabilit\w+|condition\w*|marginal\w*|kernels?|districts?|confound\w*|separat\w+|"
    r"covariates?|interven\w+|counterfactual\w*|estimand|summed|joint|factors?|rule|do-calculus|populations?|"
    r"independent of|path|graph|treatment|ancest\w+|topolog\w+)\b|Q\[|P\(|do\(|Σ",
    re.IGNORECASE,
)


@pytest.mark.parametrize("rule", get_args(Rule))
def test_every_rule_has_a_sentence_for_a_statistician_and_one_for_a_manager(rule: Rule):
    said = step_sentences(STEPS[rule])
    assert said.statistician == step_words(STEPS[rule])
    assert said.statistician != said.manager
    for sentence in (said.statistician, said.manager):
        assert sentence.endswith(".")
        assert "  " not in sentence
        assert (
            "nothing outside" in sentence.lower()
            or "nothing is" in sentence.lower()
            or "lose nothing" in sentence
            or ("nothing" not in sentence.replace("changes nothing", ""))
        )
    assert not JARGON.search(said.manager), said.manager
    assert len(said.manager) < 140
    assert set(MANAGER_WORDS) == set(WORDS) == set(TITLES) == set(get_args(Rule))


@pytest.mark.parametrize(
    "text",
    ["x -> m; m -> y; x <-> y", "z -> x; z -> y; x -> y", "w -> r; r -> x; x -> y; w <-> x; w <-> y"],
)
def test_no_sentence_of_a_real_derivation_speaks_jargon_to_the_manager(text: str):
    g = graph(text)
    estimand = identify(effect("x", "y"), g)
    steps = list(estimand.derivation.walk())
    assert steps
    for step in steps:
        assert not JARGON.search(step_sentences(step).manager)


def test_the_variables_are_named_to_the_manager_too():
    g = graph("season -> price; season -> sales; price -> sales")
    said = [step_sentences(step).manager for step in identify(effect("price", "sales"), g).derivation.walk()]
    assert "sales at different price only among cases alike in season" in said[0]
    assert said[-1] == "Putting the pieces together answers the question from the records alone."
    treated = identify(att("price", "sales"), g)
    assert any("weighed to match" in step_sentences(step).manager for step in treated.derivation.walk())


def test_the_rules_of_the_do_calculus_name_what_they_drop():
    first = Step("rule 1", P("Y", "A"), P("Y"), (), (Step("given", P("Y", ("A", "B")), P("Y")),))
    assert step_words(first).startswith("Whether B was seen makes no difference to Y here")
    third = Step("rule 3", P("Y", do=("A", "B")), P("Y"), (), (Step("given", P("Y", do="A"), P("Y")),))
    assert step_words(third).startswith("Whether B is set makes no difference to Y here")
    second = Step("rule 2", P("Y", do="Z"), P("Y"), (), (Step("given", P("Y", "Z"), P("Y")),))
    assert "seeing Z is as good as setting it" in step_words(second)
    total = Step(
        "sum", P("Y"), Sum(("Z",), P(("Y", "Z"))), (), (Step("given", P(("Y", "Z")), P(("Y", "Z"))),)
    )
    assert step_words(total) == "Z was not asked for, so it is summed out."
    assert step_sentences(Step("ancestral", Kernel(("M",)), P("M"))).manager.startswith(
        "Nothing outside drives M"
    )
