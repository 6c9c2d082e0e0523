"""The style sheets: what the answer is drawn with is what reports are drawn with, and nothing is left out."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import whence.studio
from explanation.answers import every_kind, labelled
from studio.pages_answer.shown import Page
from whence.explanation.charts.canvas import RULES
from whence.explanation.html import fragment, summary
from whence.studio.assets import style

SHEETS = Path(whence.studio.__file__).parent / "static" / "css"


def test_the_charts_look_as_in_a_report():
    assert RULES in style()


@pytest.mark.parametrize("sheet", ["40-answer.css", "50-watch.css"])
def test_a_sheet_loads_nothing_and_is_balanced(sheet: str):
    text = (SHEETS / sheet).read_text()
    assert "url(" not in text
    assert "@import" not in text
    assert text.count("{") == text.count("}")


@pytest.mark.parametrize("kind", every_kind())
def test_a_fragment_brings_no_style_of_its_own(kind: str):
    for html in (fragment(every_kind()[kind]), summary(every_kind()[kind])):
        page = Page(html)
        assert not page.broken
        assert not [tag for tag, told in page.elements if tag == "style" or "style" in told]


def test_a_fragment_says_what_the_report_says_in_its_order():
    titles = re.findall(r"<h[23][^>]*>(.*?)</h[23]>", fragment(labelled()))
    report = re.findall(r"<h[23][^>]*>(.*?)</h[23]>", labelled().to_html())
    assert titles == report
    assert len(titles) > 4
