"""The drawing of a graph: nothing overlaps, treatment left of outcome, many covariates stay clean."""

import random
import re
from xml.etree import ElementTree as ET

import pytest

from explanation.answers import COVARIATES, HOSTILE, confounded_graph, job_graph
from whence.explanation.strands import strands
from whence.language.graph import Edge, Graph
from whence.language.layout import layout
from whence.language.lettering import width, wrap
from whence.language.roles import roles
from whence.language.routes import along, frame_box, label_at, labels, routes, shape_box
from whence.language.svg import draw


def random_graph(rng: random.Random, size: int) -> Graph:
    names = [f"v{i}" for i in range(size)]
    edges = [Edge(a, b) for i, a in enumerate(names) for b in names[i + 1 :] if rng.random() < 2.0 / size]
    edges += [Edge(*rng.sample(names, 2), "<->") for _ in range(rng.randrange(4))]
    return Graph.of(names, dict.fromkeys(edges))


CASES = [(seed, size) for size in (2, 4, 7, 12, 20) for seed in range(12)]


@pytest.mark.parametrize(("seed", "size"), CASES)
def test_no_node_overlaps_another_and_the_treatment_is_left_of_the_outcome(seed: int, size: int):
    rng = random.Random(seed)
    graph = random_graph(rng, size)
    x, y = rng.sample(graph.nodes, 2)
    found = layout(graph, roles(graph, [x], [y]))
    at = {node.name: node for node in found.nodes}
    assert set(at) == set(graph.nodes)
    assert at[x].x < at[y].x
    boxes = [shape_box(node) for node in found.nodes]
    for i, box in enumerate(boxes):
        assert not any(box.meets(other) for other in boxes[i + 1 :])
    frames = [frame_box(frame) for frame in found.frames]
    outside = [shape_box(node) for node in found.nodes if not node.framed]
    for frame in frames:
        assert not any(frame.meets(box) for box in outside)


@pytest.mark.parametrize(("seed", "size"), CASES)
def test_no_name_crosses_a_node(seed: int, size: int):
    rng = random.Random(seed)
    graph = random_graph(rng, size)
    x, y = rng.sample(graph.nodes, 2)
    found = layout(graph, roles(graph, [x], [y]))
    for label in labels(graph, found):
        others = [shape_box(node) for node in found.nodes if node.name != label.name]
        assert not any(label.box.meets(box) for box in others)


def test_twenty_nodes_keep_most_edges_clear_of_other_nodes():
    bad = total = 0
    for seed in range(12):
        graph = random_graph(random.Random(seed), 20)
        found = layout(graph, roles(graph, ["v0"], ["v19"]))
        shapes = {node.name: shape_box(node) for node in found.nodes}
        for way in routes(graph, found, labels(graph, found)):
            total += 1
            ends = {way.edges[0].source, way.edges[0].target}
            points = [along(way, i / 30) for i in range(1, 30)]
            bad += any(box.holds(p) for name, box in shapes.items() if name not in ends for p in points)
    assert total > 150
    assert bad <= total * 0.03


def test_confounded_covariates_are_one_frame_and_two_arrows():
    graph = job_graph()
    found = layout(graph, roles(graph, ["treat"], ["re78"], adjusted=COVARIATES))
    assert [frame.names for frame in found.frames] == [COVARIATES]
    drawn = routes(graph, found, labels(graph, found))
    assert len(drawn) == 3
    assert sorted(len(way.edges) for way in drawn) == [1, 10, 10]
    for node in found.nodes:
        if node.framed:
            frame = frame_box(found.frames[0])
            box = shape_box(node)
            name = label_at(node, "right").box
            assert frame.left < box.left
            assert name.right < frame.right
            assert frame.top < box.top
            assert max(name.bottom, box.bottom) < frame.bottom


def test_a_narrow_drawing_fits_a_telephone():
    picture = draw(job_graph(), roles(job_graph(), ["treat"], ["re78"]), narrow=True)
    assert int(re.search(r'width="(\d+)"', picture)[1]) <= 390


def test_covariates_above_mediators_between_instruments_far_left_effects_below():
    edges = [("I", "X"), ("Z", "X"), ("Z", "Y"), ("X", "M"), ("M", "Y"), ("X", "K"), ("Y", "K")]
    graph = Graph.of((), [Edge(a, b) for a, b in edges])
    played = roles(graph, ["X"], ["Y"])
    assert played == {
        "I": "instrument",
        "X": "treatment",
        "Z": "confounder",
        "Y": "outcome",
        "M": "mediator",
        "K": "collider",
    }
    at = {node.name: node for node in layout(graph, played).nodes}
    assert at["I"].x < at["X"].x < at["M"].x < at["Y"].x
    assert at["Z"].y < at["X"].y < at["K"].y


def test_roles_of_textbook_graphs():
    m_bias = Graph.of(
        (), [Edge("U1", "X"), Edge("U1", "Z"), Edge("U2", "Z"), Edge("U2", "Y")], latent=["U1", "U2"]
    )
    played = roles(m_bias, ["X"], ["Y"], adjusted=[])
    assert played["U1"] == played["U2"] == "latent"
    assert played["Z"] == "collider"
    with_bow = Graph.of((), [Edge("W", "X"), Edge("X", "Y"), Edge("W", "Y", "<->")])
    assert roles(with_bow, ["X"], ["Y"])["W"] == "confounder"
    assert roles(with_bow, ["X"], ["Y"], adjusted=["W"])["W"] == "adjusted"


def test_strands_show_the_effect_and_what_is_blocked_and_what_a_collider_opens():
    triangle = Graph.of((), [Edge("Z", "X"), Edge("Z", "Y"), Edge("X", "Y")])
    assert strands(triangle, ["X"], ["Y"])[Edge("Z", "Y")] == "open"
    assert strands(triangle, ["X"], ["Y"], ["Z"])[Edge("Z", "Y")] == "blocked"
    assert strands(triangle, ["X"], ["Y"])[Edge("X", "Y")] == "causal"
    m = Graph.of((), [Edge("A", "X"), Edge("A", "Z"), Edge("B", "Z"), Edge("B", "Y"), Edge("X", "Y")])
    assert set(strands(m, ["X"], ["Y"]).values()) == {"causal", "plain"}
    opened = strands(m, ["X"], ["Y"], ["Z"])
    assert [opened[edge] for edge in m.edges] == ["open", "open", "open", "open", "causal"]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_drawing_alone_is_xml_with_a_title_whatever_the_names(name: str):
    graph = confounded_graph((f"{name}1", f"{name}2", f"{name}3"), name, f"{name}Y")
    root = ET.fromstring(draw(graph, roles(graph, [name], [f"{name}Y"]), title=name))
    tags = {element.tag.removeprefix("{http://www.w3.org/2000/svg}") for element in root.iter()}
    assert tags <= {"svg", "title", "desc", "style", "g", "rect", "circle", "polygon", "path", "text"}
    assert not [key for element in root.iter() for key in element.attrib if key.startswith("on")]
    assert root.find("{http://www.w3.org/2000/svg}desc") is not None


@pytest.mark.parametrize("graph", [Graph.of((), []), Graph.of(("alone",), []), Graph.of(("a", "b"), [])])
def test_graphs_without_edges_are_drawn(graph: Graph):
    assert draw(graph).startswith("<svg")


def test_every_mark_is_drawn():
    edges = [Edge("a", "b", "o->"), Edge("b", "c", "--"), Edge("c", "d", "o-o"), Edge("d", "e", "<->")]
    picture = draw(Graph.of((), edges, kind="PAG"))
    assert picture.count("wh-ring") == 3 + 1  # and the rule of the style
    assert picture.count("<polygon") == 3


def test_long_names_wrap_and_nothing_is_wider_than_asked():
    lines = wrap("household_income_before_taxes_in_thousands_of_dollars_of_1978", 100, 13)
    assert len(lines) == 3
    assert all(width(line, 13) <= 100 for line in lines)
    assert wrap("W" * 80, 60, 13)[-1].endswith("…")
