"""Reading a sheet: the headline says what was proved and checked, and nothing that is read raises."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.reasoning.test_ways import small_graphs, without_first_edges
from whence.identification.adjustment import is_adjustment_set
from whence.identification.identify import identify
from whence.identification.separation import separated
from whence.identification.verify import verify
from whence.language.estimand import Adjustment, Estimand
from whence.language.graph import Edge, Graph
from whence.language.graph_text import graph as graph_of
from whence.language.query import effect
from whence.language.refusals import NotIdentified
from whence.runtime.errors import ProofRejected
from whence.studio.projects.sheet import Sheet
from whence.studio.reasoning import reader
from whence.studio.reasoning.difference import difference
from whence.studio.reasoning.reader import read

EFFECT = "effect of X on Y"


def reading(text: str, question: str = EFFECT, latent=()):
    return read(Sheet(graph=graph_of(text, latent=latent), question=question))


@pytest.mark.parametrize("start", [1, 4])
def test_identified_is_said_exactly_where_identify_and_verify_say_it(start) -> None:
    kinds = set()
    for graph in (*small_graphs(3, stride=3, start=1), *small_graphs(4, stride=131, start=start)):
        found, reply = read(Sheet(graph=graph, question=EFFECT)), identify(effect("X", "Y"), graph)
        kinds.add(found.standing)
        assert found.headline.startswith("Identified") is (found.standing == "identified")
        assert (found.standing == "identified") is isinstance(reply, Estimand), graph
        if isinstance(reply, Estimand):
            verify(reply)
            assert found.verified and found.formula == reply.text
            if isinstance(reply.shape, Adjustment):
                assert is_adjustment_set(graph, "X", "Y", found.adjusted)
                cut, _ = without_first_edges(graph)
                assert separated(cut, "X", "Y", found.adjusted)
                assert not any(way.open and not way.causal for way in found.ways)
            assert all(is_adjustment_set(graph, "X", "Y", each) for each in found.sets)
        else:
            assert isinstance(reply, NotIdentified) and found.verified
            assert found.headline.startswith("Not identified")
            assert found.barrier and not found.sets
            assert any(way.open and not way.causal for way in found.ways)
    assert kinds == {"identified", "refused"}


def test_a_proof_that_the_check_rejects_is_not_called_identified(monkeypatch) -> None:
    def reject(*_):
        raise ProofRejected("adjustment", "it is a forgery")

    monkeypatch.setattr(reader, "verify", reject)
    found = reading("W1 -> X; W1 -> Y; X -> Y")
    assert found.standing == "refused" and not found.verified and not found.reply
    assert "Identified" not in found.headline and not found.formula and not found.sets


def test_a_fault_of_ours_is_a_sentence_and_not_an_exception(monkeypatch, caplog) -> None:
    def fail(*_, **__):
        raise RuntimeError("secret detail")

    monkeypatch.setattr(reader, "identify", fail)
    found = reading("W2 -> X; W2 -> Y; X -> Y")
    assert found.standing == "refused" and "secret" not in found.headline + found.trouble
    assert "secret detail" in caplog.text


HEADLINES = [
    ("Z -> X; Z -> Y; X -> Y", EFFECT, "Identified: adjust for {Z}."),
    ("X -> Y", EFFECT, "Identified: nothing need be adjusted for."),
    ("X -> M -> Y; X <-> Y", EFFECT, "Identified: follow the effect through {M}, the front door."),
    ("Y -> X", EFFECT, "Identified: by the graph, X has no effect on Y."),
    ("X -> Y; X <-> Y", EFFECT, "Not identified: unobserved common causes join X with Y."),
    ("Z -> X; Z -> Y; X -> Y", "ATT(X -> Y)", "Identified among the treated: adjust for {Z}."),
    (
        "Z -> X; Z -> Y; X -> Y; A -> Y",
        "CATE(X -> Y by A)",
        "Identified for each value of A: adjust for {Z}.",
    ),
    ("X -> Y", "E[Y | X=1]", "Identified: it asks only about what is seen."),
    ("X -> Y", "", "Choose a treatment and an outcome, or type a question."),
    ("X -> Y", "effect of nonsense", "The question cannot be read as it stands."),
    ("X -> Y", "effect of X on sales", "The question cannot be read as it stands."),
    ("X -> Y", "P(Y | do(X", "The question cannot be read as it stands."),
]


@pytest.mark.parametrize(("text", "question", "headline"), HEADLINES)
def test_the_headline_is_one_plain_sentence(text, question, headline) -> None:
    assert reading(text, question).headline == headline


def test_no_graph_is_an_invitation_and_a_question_of_seeing_needs_none() -> None:
    assert read(Sheet()).standing == "empty"
    seen = read(Sheet(question="E[pain | drug=1]"), columns=("drug", "pain"))
    assert (
        seen.standing == "empty" and seen.echo == "E[pain | drug=1]" and "about what is seen" in seen.headline
    )
    assert read(Sheet(question="E[pain | drg=1]"), columns=("drug", "pain")).trouble


def test_a_choice_half_made_is_told() -> None:
    graph = graph_of("X -> Y")
    assert (
        read(Sheet(graph=graph, parts={"X": "treatment"})).headline
        == "Choose an outcome: what does X change?"
    )
    found = read(Sheet(graph=graph, parts={"Y": "outcome"}))
    assert found.headline == "Choose a treatment: what could change Y?"
    assert found.roles is not None and found.roles["Y"] == "outcome"


def test_a_latent_treatment_is_misread_with_its_cure() -> None:
    found = reading("U -> Y; X -> Y", "effect of U on Y", latent=["U"])
    assert found.standing == "misread" and '"U" is latent' in found.trouble


@pytest.mark.parametrize(
    "text",
    [
        "X -- Y",
        "X o-> Y",
        "X o-o Y; Y o-o Z",
        "A -> X; B -> X; X -> Y",
        "X -- Y; Y -- Z; Z -- X; A -> X",
        "X o-- Y",
    ],
)
def test_classes_of_graphs_give_a_sentence(text) -> None:
    found = reading(text)
    assert found.headline.endswith(".") and found.standing in ("refused", "identified")
    assert found.verified or found.standing == "refused"


def test_a_class_in_which_a_set_serves_is_identified() -> None:
    graph = Graph.of((), [Edge("A", "X"), Edge("B", "X"), Edge("X", "Y")], kind="CPDAG")
    found = read(Sheet(graph=graph, question=EFFECT))
    assert found.standing == "identified" and found.verified and found.ways == () and found.strands is None


def test_columns_that_nothing_joins_yet_are_not_taken_for_the_claim_of_no_effect() -> None:
    loaded = Graph.of(("X", "Y", "Z"), ())
    found = read(Sheet(graph=loaded, question=EFFECT))
    assert found.standing == "empty" and not found.verified and "draw an arrow" in found.headline
    assert found.roles is not None and found.roles["X"] == "treatment"
    assert read(Sheet(graph=loaded, question="E[Y | X=1]")).standing == "identified"
    drawn = Graph.of(("X", "Y", "Z"), [Edge("Z", "Y")])
    assert "no effect" in read(Sheet(graph=drawn, question=EFFECT)).headline


def test_the_order_of_nodes_is_that_of_the_sheet_whatever_was_read_before() -> None:
    one = Graph.of(("X", "Y"), [Edge("X", "Y")])
    other = Graph.of(("Y", "X"), [Edge("X", "Y")])
    assert read(Sheet(graph=one, question=EFFECT)).graph.nodes == ("X", "Y")
    assert read(Sheet(graph=other, question=EFFECT)).graph is other


names = st.text(min_size=1, max_size=30).filter(str.strip)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    st.lists(names, min_size=2, max_size=6, unique=True),
    st.data(),
    st.one_of(st.none(), st.text(max_size=60)),
)
def test_no_names_and_no_question_make_reading_raise(nodes, data, question) -> None:
    pairs = data.draw(st.lists(st.sampled_from(list(combinations(nodes, 2))), max_size=8, unique=True))
    graph = Graph.of(nodes, [Edge(a, b) for a, b in pairs])
    parts = {nodes[0]: "treatment", nodes[1]: "outcome"}
    found = read(Sheet(graph=graph, question=question or "", parts=parts))
    assert found.headline and all(character.isprintable() for character in found.headline)
    assert all(character.isprintable() for way in found.ways for character in way.text + way.why)
    assert "fault of ours" not in found.headline


def change(before: str, after: str, latent=(), question: str = EFFECT) -> str:
    read_before = reading(before, question, [u for u in latent if u in before])
    return difference(read_before, reading(after, question, [u for u in latent if u in after]))


Z = "Z -> X; Z -> Y; X -> Y"
CHANGES = [
    (Z, Z + "; U -> X; U -> Y", "Was identified by adjusting for {Z}; now not: X ← U → Y is open."),
    (Z + "; U -> X; U -> Y", Z, "Now identified: adjust for {Z}."),
    (Z, Z + "; W -> X; W -> Y", "Still identified; the adjustment set changed from {Z} to {Z, W}."),
    (Z, Z + "; Q -> Z", ""),
    (Z, "Z -> X; Z -> Y; Y -> X", "Still identified; now as no effect at all, before by adjusting for {Z}."),
    ("X -> Y", "X -> Y; X <-> Y", "Was identified without adjusting for anything; now not: X ↔ Y is open."),
    (
        "X -> M -> Y; X <-> Y",
        "X -> M -> Y; X <-> Y; X <-> M",
        "Was identified by the front door through {M}; now not: unobserved common causes join X with M.",
    ),
    ("X -> M -> Y", "X -> M -> Y; X <-> Y", None),
    (Z, "Z -> X", "Was identified by adjusting for {Z}; now the question cannot be read."),
    ("X -> A", "X -> A; X -> Y", "Now identified: nothing need be adjusted for."),
    ("X -> Y; X <-> Y", "X -> Y; X <-> Y; A -> X", ""),
]


@pytest.mark.parametrize(("before", "after", "told"), CHANGES)
def test_what_an_edit_did_is_told(before, after, told) -> None:
    found = change(before, after, ["U"])
    if told is None:
        told = "Still identified; now by the front door through {M}, before without adjusting for anything."
    assert found == told


def test_what_cannot_be_decided_is_not_called_refuted() -> None:
    after = Graph.of((), [Edge("X", "Y", "--")])
    told = difference(reading("X -> Y"), read(Sheet(graph=after, question=EFFECT)))
    assert told.startswith("Was identified without adjusting for anything; now not decided: ")


def test_another_question_is_no_change_of_the_graph() -> None:
    assert difference(reading(Z), reading(Z, "ATT(X -> Y)")) == ""


def test_a_long_set_that_changes_out_of_sight_is_told_by_what_came_and_went() -> None:
    many = "; ".join(f"A{i:02} -> X; A{i:02} -> Y" for i in range(12)) + "; X -> Y"
    found = change(many, many + "; B -> X; B -> Y; A11 -> B")
    assert found.startswith("Still identified; the adjustment set")


def test_nothing_changes_between_equal_readings_and_each_change_names_the_standing() -> None:
    graphs = list(small_graphs(3, stride=5, start=2))
    for one, other in combinations(graphs, 2):
        before, after = (read(Sheet(graph=each, question=EFFECT)) for each in (one, other))
        told = difference(before, after)
        if before.standing != after.standing:
            assert told.startswith("Now identified" if after.standing == "identified" else "Was identified")
        if told.startswith("Was"):
            assert after.standing == "refused"
            reason, found, _ = told.split("now not: ")[1].partition(" is open")
            shown = {each.text: each for each in after.ways}
            assert not found or (shown[reason].open and not shown[reason].causal)
        assert difference(before, replace(before)) == ""
