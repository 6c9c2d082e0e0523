"""A proof by any rule is shown in every view: each rule has a title, no step is left out."""

import html
import re
from functools import cache
from typing import get_args

import pytest

from whence.explanation.answer import Answer
from whence.explanation.mathml import equation
from whence.explanation.outline import outline
from whence.explanation.proof import TITLES, proof_lines
from whence.identification.classes.markov_class import cpdag
from whence.identification.identify import identify
from whence.identification.sources.policies import Policy
from whence.identification.sources.policy_questions import identify_policy
from whence.identification.verify import verify
from whence.language.estimand import Estimand, Rule
from whence.language.graph_text import graph
from whence.language.query_text import query
from whence.language.source import Source

BOTH_MISSING = Source(query('P("x*", "y*", rx, ry)').body, (), (("x", "rx"), ("y", "ry")))
ELSEWHERE = Source(query("P@trial(y, z | do(x))").body, ("x",))

PROOFS = {
    "adjustment": ("P(y | do(x))", "z -> x -> y; z -> y", None),
    "front door": ("P(y | do(x))", "x -> m -> y; x <-> y", None),
    "napkin": ("P(y | do(x))", "w -> z -> x -> y; w <-> x; w <-> y", None),
    "conditional effect": ("P(y | do(x), z)", "x -> m -> y; x <-> y; z -> y; z -> m", None),
    "conditional on what follows": ("P(y | do(x), z)", "x -> m -> y; x <-> y; y -> z", None),
    "treated": ("ATT(x -> y)", "z -> x -> y; z -> y", None),
    "seen and done": ("P(y=1 | x=1) - P(y=1 | do(x=1))", "z -> x -> y; z -> y", None),
    "consistency": ("P(y_{x=1}=1 | x=1)", "x -> y; x <-> y", None),
    "counterfactual": ("P(y_{x=1}=1, x=0)", "x -> m -> y; x <-> y", None),
    "two worlds": ("P(y_{x=1}=1, z_{x=0}=1)", "x -> y; x -> z", None),
    "given a counterfactual": ("P(m_{x=1}=1 | y_{x=1}=1)", "x -> m -> y; x <-> y", None),
    "impossible": ("P(x_{x=1}=0)", "x -> y", None),
    "nested": ("NIE(x -> y via m)", "x -> m -> y; x -> y; c -> m; c -> x; c -> y", None),
    "sources": ("P(y | do(x))", "x -> z -> y; x <-> y", ["P(x, z)", "P(y | do(z))"]),
    "mean over what is set": ("P(y)", "x; y", ["P(y | do(x))"]),
    "transport": ("P(y | do(x))", "x -> z -> y; x <-> y", [ELSEWHERE, "P(x, z)"]),
    "selected sample": ("P(y | do(x))", "z -> x -> y; z -> y; z -> s", ["P(x, y, z | s=1)", "P(z)"]),
    "do-search": ("P(y | do(x))", "z -> x -> y; z -> y", ["P(y | do(x), z)", "P(z)"]),
    "missing data": ("P(x, y)", "x -> y; x -> ry; y -> rx", [BOTH_MISSING]),
    "equivalence class": ("P(y | do(x))", cpdag(graph("u -> x; v -> x; x -> y")), None),
}


@cache
def proofs() -> dict[str, Estimand]:
    found = {}
    for kind, (text, drawing, given) in PROOFS.items():
        known = graph(drawing) if isinstance(drawing, str) else drawing
        found[kind] = identify(query(text), known, given)
    found["policy"] = identify_policy("P(y)", graph("z -> x -> y; z -> y"), [Policy("x", ("z",))])
    return found


KINDS = [*PROOFS, "policy"]


def answer(kind: str) -> Answer:
    found = proofs()[kind]
    assert isinstance(found, Estimand), found
    verify(found)
    return Answer(str(found.query), found.query, graph=found.graph, estimand=found, verified=True)


def plain(text: str) -> str:
    """A text without how it was broken into lines."""
    return re.sub(r"\s+", "", text)


def test_every_rule_is_used_by_one_of_these_proofs_and_has_a_title():
    used = {step.rule for found in proofs().values() for step in found.derivation.walk()}
    assert used == set(get_args(Rule)) == set(TITLES)


@pytest.mark.parametrize("kind", KINDS)
def test_every_step_is_shown_in_the_terminal_in_html_and_in_markdown(kind: str):
    shown = answer(kind)
    text, page, markdown = shown.to_text(full=True), html.unescape(shown.to_html()), shown.to_markdown()
    lines, _ = proof_lines(shown.estimand)
    assert lines
    for line in lines:
        for view in (text, page, markdown):
            assert line.title in view
            assert plain(line.text) in plain(view)
        assert all(plain(fact) in plain(text) for fact in line.facts)
        assert all(fact in page for fact in line.facts)


@pytest.mark.parametrize("kind", KINDS)
def test_every_step_is_shown_in_latex(kind: str):
    shown = answer(kind)
    text = shown.to_latex()
    lines, _ = proof_lines(shown.estimand)
    assert all(rf"\textbf{{{line.title}.}}" in text for line in lines)
    assert text.count(r"\item \textbf{") == len(lines)
    assert text.count("{") - text.count(r"\{") == text.count("}") - text.count(r"\}")


@pytest.mark.parametrize("kind", KINDS)
def test_every_step_has_a_formula_in_mathml_that_says_what_its_text_says(kind: str):
    for line in proof_lines(proofs()[kind])[0]:
        math = equation(line.claim, line.formula)
        assert math.count("<mrow>") == math.count("</mrow>")
        letters = set(re.findall(r"<(?:mi|mtext)>([^<]+)</", math))
        names = {name for name in re.findall(r"[^\W\d]\w*", line.text) if name not in ("do", "P", "E", "Q")}
        assert {name for name in names if name.isalpha()} <= letters | set("".join(letters))


@pytest.mark.parametrize("kind", KINDS)
def test_the_proof_comes_back_from_json_and_holds(kind: str):
    again = Answer.from_json(answer(kind).to_json())
    assert again == answer(kind)
    verify(again.estimand)


@pytest.mark.parametrize("kind", ["sources", "transport", "missing data", "policy"])
def test_what_the_formula_is_made_from_is_said_in_every_view(kind: str):
    shown = answer(kind)
    assert outline(shown).given
    for source in outline(shown).given:
        for view in (shown.to_text(), html.unescape(shown.to_html()), shown.to_markdown()):
            assert plain(source) in plain(view)
    assert "From P" in shown.to_latex()
