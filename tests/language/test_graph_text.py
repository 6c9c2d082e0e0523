import importlib
import json
from collections import Counter

import networkx
import pytest

from language.graphs import random_graph
from whence.language.graph import Edge, Graph
from whence.language.graph_text import graph, to_networkx, write
from whence.runtime.errors import (
    CyclicGraph,
    GraphSyntax,
    InvalidGraph,
    InvalidOption,
    MissingFile,
    UnknownVariable,
    WhenceError,
)

FORMATS = ("arrows", "dagitty", "dot", "gml", "json")


@pytest.mark.parametrize("format", FORMATS)
def test_every_text_format_gives_back_each_of_500_random_graphs(format):
    for seed in range(500):
        known = random_graph(seed)
        text = write(known, format)
        assert graph(text) == known, (seed, text)


def test_networkx_gives_back_each_of_500_random_graphs():
    for seed in range(500):
        known = random_graph(seed)
        assert graph(to_networkx(known)) == known


def test_the_random_graphs_are_of_every_kind_and_have_latent_and_lone_nodes():
    graphs = [random_graph(seed) for seed in range(500)]
    kinds = Counter(g.kind for g in graphs)
    assert len(kinds) == 6
    assert min(kinds.values()) > 20
    assert sum(bool(g.latent) for g in graphs) > 100
    assert {edge.mark for g in graphs for edge in g.edges} == {"->", "<->", "--", "o->", "o-o", "o--"}


@pytest.mark.parametrize("format", ("dagitty", "dot", "gml", "json"))
def test_the_formats_that_list_nodes_keep_their_order(format):
    for seed in range(100):
        known = random_graph(seed)
        assert graph(write(known, format)).nodes == known.nodes


@pytest.mark.parametrize("format", FORMATS)
def test_a_file_is_read_by_its_content(format, tmp_path):
    known = graph("x -> y <- z; y <-> w; U [latent] -> x")
    path = tmp_path / "g.txt"
    path.write_text("\ufeff" + write(known, format), "utf-8")
    assert graph(path) == known
    assert graph(str(path)) == known


def test_arrow_lists_read_as_people_write_them():
    g = graph("x -> y <- z; y <-> w\nlonely  # a comment\na → b")
    assert g.nodes == ("x", "y", "z", "w", "lonely", "a", "b")
    assert set(g.edges) == {Edge("x", "y"), Edge("z", "y"), Edge("w", "y", "<->"), Edge("a", "b")}
    assert graph("I->X X->Y") == graph("I -> X -> Y")
    assert graph("x <-> y") == graph("y <--> x")


def test_members_of_an_arrow_block_are_confounded_with_one_another():
    assert graph("{a, b, c} -> x -> y") == graph("a <-> b a <-> c b <-> c a -> x b -> x c -> x x -> y")
    assert graph("{a} -> x").kind == "DAG"
    assert graph("x -> {a b}") == graph("x -> a x -> b a <-> b")


def test_circles_and_dashes_draw_all_the_marks():
    for text, edge in {
        "x o-> y": Edge("x", "y", "o->"),
        "x <-o y": Edge("y", "x", "o->"),
        "x@->y": Edge("x", "y", "o->"),
        "x <-@ y": Edge("y", "x", "o->"),
        "x o-o y": Edge("x", "y", "o-o"),
        "x @-@ y": Edge("x", "y", "o-o"),
        "x o-- y": Edge("x", "y", "o--"),
        "x --o y": Edge("y", "x", "o--"),
        "x --@ y": Edge("y", "x", "o--"),
        "x -- y": Edge("x", "y", "--"),
        "x --- y": Edge("x", "y", "--"),
        "xo->y": Edge("xo", "y"),
        "x->o": Edge("x", "o"),
        "x--other": Edge("x", "other", "--"),
    }.items():
        assert graph(text).edges == (edge,), text


def test_latent_nodes_and_the_kind_can_be_said_in_text_or_by_argument():
    g = graph("U [latent] -> x; U -> y")
    assert g.latent == {"U"}
    assert graph("U -> x; U -> y", latent=["U"]) == g
    assert graph("U -> x; U -> y", latent="U") == g
    assert graph(g, latent="x").latent == {"U", "x"}
    assert graph("[MAG] x -> y").kind == graph("x -> y", kind="MAG").kind == "MAG"
    with pytest.raises(UnknownVariable):
        graph("x -> y", latent=["U"])


def test_dagitty_texts_of_the_web_site_are_read():
    text = """dag {
    bb="-3.5,-3,4,3"
    "a name" [exposure,pos="-1.0,0.5"]
    D [outcome,pos="1,0"]
    U [latent]
    {"a name" B} -> D [beta=.5]
    U -> {B D}
    D <-> B
    }"""
    g = graph(text)
    assert g == graph('"a name" -> D; B -> D; U [latent] -> B; U -> D; D <-> B')
    assert graph("pdag { a -- b -> c }").kind == "CPDAG"
    assert graph("mag { a -> b }").kind == "MAG"
    with pytest.raises(GraphSyntax, match="Selected"):
        graph("dag { a -> b S [selected] }")
    with pytest.raises(InvalidGraph):
        graph("dag { a -- b }")


def test_dot_texts_of_other_tools_are_read():
    g = graph(
        'strict digraph G { rankdir=LR; node [shape=box]; a -> {b c}; U[label="Unobserved", observed="no"]; }'
    )
    assert g == graph("a -> b; a -> c; U [latent]")
    assert graph("graph { a -- b }") == graph("a -- b")
    assert graph("digraph { subgraph cluster_0 { a; b } -> c }") == graph("a -> c; b -> c")
    with pytest.raises(GraphSyntax):
        graph("digraph { a -- b }")
    with pytest.raises(GraphSyntax):
        graph("graph { a--o b }")


def test_gml_texts_of_other_tools_are_read():
    assert graph(
        'graph[directed 1 node[ id "a" label "a"] node[ id "b" ] edge[source "a" target "b"]]'
    ) == graph("a -> b")
    assert graph("\n".join(networkx.generate_gml(networkx.DiGraph([("größe", "y")])))) == graph("größe -> y")


def test_json_in_several_customs_is_read():
    expected = graph("x -> y; y <-> z; U [latent] -> x")
    edges = [["x", "y"], ["y", "<->", "z"], ["U", "x"]]
    assert graph(json.dumps({"edges": edges, "latent": ["U"]})) == expected
    assert graph({"edges": edges, "latent": ["U"]}) == expected
    nodes = [{"id": "x"}, {"id": "y"}, {"id": "z"}, {"id": "U", "latent": True}]
    links = [{"source": "x", "target": "y"}, {"source": "U", "target": "x"}]
    assert graph({"directed": True, "nodes": nodes, "links": links, "bidirected": [["y", "z"]]}) == expected
    assert graph([("x", "y"), ("y", "<->", "z"), ("U", "x")], latent="U") == expected
    data = networkx.node_link_data(networkx.DiGraph([("x", "y")]), edges="links")
    assert graph(data) == graph("x -> y")


def test_networkx_graphs_are_read_by_what_they_can_do():
    assert graph(networkx.DiGraph([("a", "b"), (1, "b")])) == graph("a -> b; 1 -> b")
    assert graph(networkx.Graph([("a", "b")])) == graph("a -- b")
    with pytest.raises(InvalidGraph, match="Two nodes"):
        graph(networkx.DiGraph([(1, "1")]))


def test_a_cycle_is_named_and_a_syntax_error_points_at_its_column():
    with pytest.raises(CyclicGraph) as cycle:
        graph("a -> b -> c -> a; d -> a")
    assert "a -> b -> c -> a" in str(cycle.value)
    with pytest.raises(GraphSyntax) as error:
        graph("x -> y; z -> -> w")
    assert error.value.column == 14
    assert str(error.value).splitlines()[2].index("^") - 2 == 13


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "x ->",
        "-> x",
        "x -> y, z",
        "{a, b",
        "x - y",
        'x -> "y',
        "[MAP] x -> y",
        "[MAG",
        "x [hidden]",
        "x [latent",
        "dag {",
        "dag { x -> }",
        "dag { x [ }",
        "dag { x } y",
        "digraph { x:p -> y }",
        "digraph {{{}",
        'graph [ node [ id 0 label "x ]',
        "graph [ node [ id 0 ]",
        "graph [ edge [ source 0 target 1 ] ]",
        "graph [ ] ]",
        '{"nodes": 3}',
        '{"edges": [["a"]]}',
        '{"edges": [["a", "=>", "b"]]}',
        '{"edges": [[1, 2]]}',
        '{"nodes": [',
        '{"kind": "X", "nodes": []}',
        "{" * 500,
        "dag " + "{" * 5000,
        "graph " + "[ a " * 5000,
        '{"a":' * 100_000,
        "x -> x",
        "x <> y",
        "x => y",
        '"\\q" -> y',
    ],
)
def test_what_is_no_graph_is_one_clear_error(text):
    with pytest.raises(WhenceError) as error:
        graph(text)
    assert error.value.message


def test_a_missing_file_an_odd_source_and_an_unknown_format_are_said_to_be_so(tmp_path):
    with pytest.raises(MissingFile):
        graph("nowhere.dot")
    with pytest.raises(MissingFile):
        graph(tmp_path / "nowhere")
    with pytest.raises(InvalidGraph):
        graph(tmp_path)
    (tmp_path / "latin.dot").write_bytes("digraph { größe }".encode("latin-1"))
    with pytest.raises(InvalidGraph, match="UTF-8"):
        graph(tmp_path / "latin.dot")
    with pytest.raises(InvalidGraph):
        graph(42)
    with pytest.raises(InvalidOption):
        write(graph("x"), "mermaid")  # pyright: ignore[reportArgumentType]


def test_an_empty_graph_is_written_and_read_as_one():
    empty = Graph.of((), ())
    assert [graph(write(empty, format)) for format in FORMATS] == [empty] * 5


def test_the_package_networkx_is_only_needed_for_writing():
    module = importlib.import_module("whence.language.graph_text.networkx_format")
    assert "networkx" not in vars(module)
