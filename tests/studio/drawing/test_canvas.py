"""The canvas: everything a page needs to work on a graph, safe whatever the names, and told in words."""

import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from explanation.answers import HOSTILE
from whence.explanation.strands import strands
from whence.language.graph import Edge, Graph, Mark
from whence.language.lettering import visible
from whence.language.roles import ROLES, roles
from whence.language.svg_marks import RULES
from whence.studio.assets import style
from whence.studio.drawing.canvas import canvas
from whence.studio.drawing.commands import UnsafeAddress
from whence.studio.drawing.legend import legend, line_mark, lines, role_mark
from whence.studio.drawing.picture import graph_svg
from whence.studio.drawing.places import places
from whence.studio.projects.naming import edge_id, node_id, pair_id
from whence.studio.reasoning.reading import Reading, Verdict, Verdicts, Way

CSS = Path(__file__).parents[3] / "src/whence/studio/static/css/20-canvas.css"


def reading(graph: Graph, x: str = "", y: str = "", adjusted=(), ways=()) -> Reading:
    asked = x in graph.index and y in graph.index
    return Reading(
        graph,
        "identified" if asked else "unasked",
        "",
        adjusted=tuple(adjusted),
        roles=roles(graph, [x], [y], adjusted=adjusted) if asked else None,
        strands=strands(graph, [x], [y], adjusted) if asked else None,
        ways=tuple(ways),
    )


def triangle() -> Graph:
    return Graph.of((), [Edge("age", "school"), Edge("age", "wage"), Edge("school", "wage")])


def drawn(given: Reading, pins=None, verdicts=None, *, live=True) -> ET.Element:
    """The canvas as XML: only the colon of our attributes stands in the way of that."""
    picture = canvas(given, pins or {}, verdicts, address="/p/abc", live=live)
    return ET.fromstring(re.sub(r"\sdata-on:(?=wh-)", " data-on-", picture))


def by_id(root: ET.Element, known: str) -> ET.Element:
    return next(each for each in root.iter() if each.get("id") == known)


def classes(root: ET.Element, kind: str) -> list[ET.Element]:
    return [each for each in root.iter() if kind in each.get("class", "").split()]


def test_every_node_and_edge_has_its_id_its_place_and_its_words():
    root = drawn(reading(triangle(), "school", "wage"))
    node = by_id(root, node_id("age"))
    assert node.get("aria-label") == (
        "age, C: confounder, not adjusted for. Causes: school and wage. Caused by: nothing."
    )
    assert float(node.get("data-y")) < float(by_id(root, node_id("wage")).get("data-y"))
    edge = by_id(root, edge_id("age", "->", "wage"))
    assert edge.get("aria-label") == "age causes wage: open bias"
    assert (edge.get("data-from"), edge.get("data-to")) == (node_id("age"), node_id("wage"))
    assert "open" in edge.get("class").split()


def test_one_mark_is_reached_by_tab_and_all_by_arrows():
    root = drawn(reading(triangle(), "school", "wage"))
    stops = [each.get("tabindex") for each in (*classes(root, "node"), *classes(root, "edge"))]
    assert sorted(stops) == ["-1"] * 5 + ["0"]


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("live", [True, False])
def test_hostile_names_stand_in_text_and_words_alone(name: str, live: bool):
    others = f"{name}1", f"{name}2"
    graph = Graph.of((), [Edge(name, others[0]), Edge(name, others[1]), Edge(*others)], latent=[others[1]])
    told = Verdicts(False, (Verdict(name, others[0], (), 0.01, 0.1, 9, True, name),))
    root = drawn(reading(graph, name, others[0], [others[1]]), {name: (1.0, 2.0)}, told, live=live)
    shown = {visible(part) for part in (name, *others)}
    allowed = {"svg", "desc", "title", "g", "path", "circle", "rect", "polygon", "text"}
    for each in root.iter():
        assert each.tag in allowed
        for key, value in each.attrib.items():
            assert key.startswith(("data-", "aria-")) or not any(
                part in value for part in shown if len(part) > 3
            )
            assert key != "style"
            assert not key.startswith("on")
            if key.startswith("data-on-") or key == "data-class":
                assert re.fullmatch(r"[\w$.'=|&:;,@/(){}^!<>\- +]+", value)


def test_a_permalink_selects_but_changes_nothing():
    root = drawn(reading(triangle(), "school", "wage"), live=False)
    assert root.get("data-canvas") == "read"
    assert [key for key in root.attrib if key.startswith("data-on-")] == ["data-on-wh-select"]
    assert not classes(root, "handle")
    assert {each.get("role") for each in classes(root, "node")} == {"img"}


def test_an_address_that_could_break_out_of_an_expression_is_refused():
    with pytest.raises(UnsafeAddress):
        canvas(reading(triangle()), {}, None, address="/p/a'+alert(1)+'", live=True)


def test_what_is_done_goes_to_the_addresses_of_the_project():
    root = drawn(reading(triangle()))
    assert "@post('/p/abc/graph/move/' + evt.detail.id" in root.get("data-on-wh-move")
    for event, address in (
        ("connect", "/p/abc/graph/edge'"),
        ("remove", "/p/abc/graph/remove/'"),
        ("role", "/p/abc/graph/role/'"),
        ("latent", "/p/abc/graph/latent/'"),
    ):
        assert address in root.get(f"data-on-wh-{event}")
    assert "$_adding = true" in root.get("data-on-wh-add")


def test_an_empty_graph_teaches_how_to_begin_and_can_be_reached_by_tab():
    root = drawn(Reading(Graph.of((), []), "empty", ""))
    said = " ".join(each.text or "" for each in root.iter() if each.tag == "text")
    assert "Double-click anywhere, or press N" in said
    assert root.get("tabindex") == "0"
    assert root.get("data-on-wh-add")
    still = drawn(Reading(Graph.of((), []), "empty", ""), live=False)
    assert "Double-click" not in ET.tostring(still, "unicode")


def test_a_pin_is_kept_to_the_point_and_marked():
    root = drawn(reading(triangle(), "school", "wage"), {"age": (333.0, -44.5)})
    node = by_id(root, node_id("age"))
    assert (node.get("data-x"), node.get("data-y")) == ("333", "-44.5")
    assert "pinned" in node.get("class").split()
    assert len(classes(root, "pinned")) == 1


def test_a_broken_independence_is_a_line_with_its_p_value_between_its_two():
    graph = Graph.of(("a", "b", "c"), [Edge("a", "b"), Edge("b", "c")])
    tested = (
        Verdict("a", "c", ("b",), 0.00004, 0.3, 100, True, "a and c are not independent given b"),
        Verdict("c", "a", (), 0.04, 0.3, 100, True, ""),
        Verdict("b", "gone", (), 0.001, 0.3, 100, True, ""),
    )
    root = drawn(reading(graph), verdicts=Verdicts(False, tested))
    (broken,) = classes(root, "broken")
    assert broken.get("id") == pair_id("a", "c")
    assert broken.get("aria-label") == "a and c are not independent given b"
    assert "p < 0.001" in [each.text for each in broken.iter()]
    assert not classes(drawn(reading(graph), verdicts=Verdicts(False, (
        Verdict("a", "c", ("b",), 0.4, 0.0, 100, False, ""),))), "broken")  # fmt: skip


def test_a_way_lights_up_its_edges_and_marks_what_blocks_it():
    graph = triangle()
    ways = [
        Way("w1", ("school", "wage"), (Edge("school", "wage"),), True, True, "", ""),
        Way(
            "w2",
            ("school", "age", "wage"),
            (Edge("age", "school"), Edge("age", "wage")),
            False,
            False,
            "",
            "",
        ),
    ]
    root = drawn(reading(graph, "school", "wage", ["age"], ways))
    rule = {each.get("id"): each.get("data-class") for each in root.iter() if each.get("data-class")}
    assert "flow: $_path=='w1'" in rule[edge_id("school", "->", "wage")]
    assert "ebb: $_path=='w2'" in rule[edge_id("age", "->", "school")]
    assert "blocks: $_path=='w2'" in rule[node_id("age")]
    assert "onway: $_path=='w1'||$_path=='w2'" in rule[node_id("school")]
    assert rule["canvas"] == "{tracing: $_path!=''}"
    assert len(classes(root, "stop")) == 1


@pytest.mark.parametrize("mark", ["->", "<->", "--", "o->", "o-o", "o--"])
def test_every_mark_is_told_and_drawn(mark: Mark):
    root = drawn(reading(Graph.of((), [Edge("a", "b", mark)], kind="PAG")))
    (edge,) = classes(root, "edge")
    assert edge.get("data-mark") == mark
    assert edge.get("aria-label") not in ("", None)
    heads = sum(part in "<>" for part in mark)
    assert len(classes(edge, "wh-head")) == heads
    assert len(classes(edge, "wh-ring")) == mark.count("o")


def test_a_former_layout_keeps_everything_where_it_was_when_an_edge_goes():
    region = [Edge("region", "school"), Edge("region", "wage"), Edge("age", "region")]
    before = places(reading(Graph.of((), [*triangle().edges, *region]), "school", "wage"), {})
    after = Graph.of((), [*triangle().edges, *region[:2]])
    found = places(reading(after, "school", "wage"), {}, before)
    assert {n.name: (n.x, n.y) for n in found.nodes} == {n.name: (n.x, n.y) for n in before.nodes}


def test_the_style_of_a_page_holds_the_alphabet_of_the_drawings_and_the_canvas():
    assert RULES in style() and CSS.read_text("utf-8") in style()


def test_the_legend_names_what_occurs_in_the_order_of_roles():
    given = reading(triangle(), "school", "wage")
    assert [role for role, _ in legend(given)] == ["treatment", "outcome", "confounder"]
    assert [strand for strand, _ in lines(given)] == ["causal", "open"]
    for mark in (*map(role_mark, ROLES), *(line_mark(strand) for strand, _ in lines(given))):
        assert ET.fromstring(mark).get("aria-hidden") == "true"


def test_the_picture_to_take_away_stands_alone_with_and_without_pins():
    for pins in (None, {"age": (0.0, -200.0)}):
        root = ET.fromstring(graph_svg(reading(triangle(), "school", "wage"), pins))
        assert root.get("viewBox")
        assert root.find("{http://www.w3.org/2000/svg}style") is not None
        assert not [each for each in root.iter() if "style" in each.attrib]
