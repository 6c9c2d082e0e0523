"""The panels by themselves: what is listed of many columns, what a histogram draws, what may be asked."""

from __future__ import annotations

from dataclasses import replace

from studio.pages.page_samples import FULL, elements, table
from whence.studio.pages.ask_panel import METHOD_WORDS, ask_region, suggestions
from whence.studio.pages.data_panel import MOST, data_region, histogram, listed, told
from whence.studio.pages.examples import EXAMPLES
from whence.studio.pages.graph_panel import edges_region, reading_region
from whence.studio.projects.sheet import Dataset, Sheet
from whence.studio.uploads.summary import Bar, ColumnSummary


def test_of_many_columns_the_first_are_listed_and_those_with_a_part_and_the_rest_is_counted() -> None:
    names = [f"c{i}" for i in range(MOST + 30)]
    view = replace(FULL, table=table(*names), sheet=Sheet(parts={names[-1]: "outcome"}))
    assert view.table is not None
    shown = [row.column.name for row in listed(view, view.table.columns)]
    assert shown == [*names[:MOST], names[-1]]
    assert "29 further columns not listed" in data_region(view).html()


def test_a_bar_is_as_tall_as_its_count_and_none_vanishes() -> None:
    drawn = histogram([Bar("a", 1000), Bar("b", 1), Bar("c", 0)])
    assert drawn.count("M") == 2
    assert "v-24h" in drawn
    assert "v-1h" in drawn


def test_nothing_is_drawn_of_no_rows() -> None:
    assert histogram([]) == ""
    assert histogram([Bar("a", 0)]) == ""


def test_a_column_is_told_by_its_range_its_levels_or_how_many_values_it_has() -> None:
    base = ColumnSummary("a", "continuous", (), 0, 900, (), "1", "2", "3")
    assert told(base) == "1 to 3, median 2"
    assert told(replace(base, kind="binary", levels=("no", "yes"))) == "no, yes"
    assert told(replace(base, kind="identifier", low="", high="", distinct=1)) == "1 value"
    assert told(replace(base, low="", missing=1234)) == "900 values; 1,234 missing"


def test_a_column_that_is_not_in_the_graph_can_be_put_there() -> None:
    buttons = [
        each
        for each in elements(data_region(FULL).html())
        if each.tag == "button" and "value" in each.attributes
    ]
    assert [each.attributes["value"] for each in buttons if "add" in each.attributes["class"]] == [
        "season (spare)"
    ]


def test_the_levels_of_the_treatment_are_offered_for_the_contrast() -> None:
    found = elements(data_region(FULL).html())
    (low,) = [each for each in found if each.attributes.get("id") == "contrast-low"]
    chosen = [each.attributes["value"] for each in low.children if "selected" in each.attributes]
    assert chosen == ["0"]


def test_questions_are_suggested_from_parts_or_from_the_example() -> None:
    assert suggestions(FULL) == ("ATE(price -> sales)", "ATT(price -> sales)")
    fresh = replace(FULL, sheet=Sheet(data=Dataset("k", "lalonde", "lalonde")))
    assert suggestions(fresh) == (EXAMPLES["lalonde"].question,)
    assert suggestions(replace(FULL, sheet=Sheet())) == ()


def test_every_method_has_words() -> None:
    from whence.estimation.plan import METHODS

    assert set(METHODS) == set(METHOD_WORDS)


def test_every_bundled_data_set_has_words() -> None:
    from whence.examples import names

    assert set(names()) == set(EXAMPLES)


def test_the_table_of_edges_holds_all_that_can_be_done_on_the_picture() -> None:
    html = edges_region(FULL).html()
    for act in (
        "Turn season → price round",
        "Confounded instead of",
        "Remove season → price",
        "Rename season",
    ):
        assert act in html
    for address in ("/graph/node", "/graph/edge", "/graph/text"):
        assert f"/p/abcdefghijkl{address}" in html


def test_the_reading_names_sets_ways_and_what_the_data_contradict() -> None:
    html = reading_region(FULL).html()
    for words in (
        "Adjusted for",
        "Would do too",
        "Instruments",
        "Ways of the effect",
        "Other ways",
        "2 longer ways",
    ):
        assert words in html
    assert "price and season are not apart." in html
    assert html.index("1 independence that holds") < html.index("sales and season are apart.")
    assert "<math" in html


def test_the_forms_of_a_question_stand_in_lines_of_their_own_and_fold() -> None:
    trouble = "No form of this is known. Known are:\n  effect of <b> on y\n  P(y | do(x=1))"
    view = replace(FULL, reading=replace(FULL.reading, standing="misread", trouble=trouble))
    html = ask_region(view).html()
    assert "\\n" not in html and "effect of &lt;b&gt; on y<br>P(y | do(x=1))" in html
    assert html.index("Known are:") < html.index("<details") < html.index("&lt;b&gt;")
    assert "\\n" not in reading_region(view).html()
