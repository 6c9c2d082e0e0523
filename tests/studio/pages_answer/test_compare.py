"""Two answers side by side: what differs is told, edge by edge, and numbers stand on one line."""

from __future__ import annotations

from dataclasses import replace

import pytest

from explanation.answers import HOSTILE, hostile, job_training, not_identified
from studio.pages_answer.shown import a_view, check_allowed, done
from whence.language.graph import Edge, Graph
from whence.studio.pages.compare import compare_page, rows
from whence.studio.reasoning.run_view import RunView


def page_of(first, second):
    runs = [
        RunView(i, 1, each.question, "answered", done(), answer=each)
        for i, each in enumerate((first, second), start=1)
    ]
    return check_allowed(compare_page(a_view(*runs), *runs))


def test_of_two_graphs_only_the_edges_that_one_lacks_are_shown():
    answer = job_training()
    graph = answer.graph
    assert graph is not None
    kept = [edge for edge in graph.edges if edge != Edge("age", "treat")]
    other = replace(answer, graph=Graph.of(graph.nodes, [*kept, Edge("re78", "shoes")]))
    (row,) = [each for each in rows(answer, other) if "graph" in each.what]
    assert row.first == ("age -> treat",)
    assert row.second == ("re78 -> shoes", "shoes")
    page = page_of(answer, other)
    assert "age -> treat" in page.text
    assert "age -> re78" not in page.text


def test_two_numbers_stand_on_one_line_and_their_difference_is_told():
    first = job_training()
    assert first.estimate is not None
    second = replace(first, estimate=replace(first.estimate, value=2000.0, interval=(900.0, 3100.0)))
    page = page_of(first, second)
    assert "differs from the first by +429" in page.text
    assert "On one line" in page.text
    assert "The same, edge for edge" in page.text


def test_an_answer_beside_a_refusal_has_no_line():
    page = page_of(job_training(), not_identified())
    assert "On one line" not in page.text
    assert "impossible" in page.text


def test_an_answer_beside_itself_agrees():
    assert "agree in all" in page_of(job_training(), job_training()).text


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_stay_text(name: str):
    page_of(hostile(name), job_training())
