"""The views say the same, in the same order, escape what strangers named, and load nothing from outside."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from explanation.answers import HOSTILE, every_kind, failed_placebo, hostile, job_training, labelled
from whence.explanation.outline import outline
from whence.identification.identify import identify
from whence.language.graph import Edge, Graph

VOID = {"meta", "br", "img", "hr", "link", "input"}


class Page(HTMLParser):
    """Reads a page as a browser would: elements, attributes, texts; unbalanced tags are noted."""

    def __init__(self, text: str):
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.open: list[str] = []
        self.broken: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.broken.append(tag)

    def handle_data(self, data):
        self.texts.append(data)


PAGES = {"page": lambda answer: answer.to_html(), "notebook": lambda answer: answer._repr_html_()}
ALLOWED = {
    *(
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "main",
        "header",
        "section",
        "footer",
        "div",
        "p",
        "b",
    ),
    *(
        "span",
        "bdi",
        "br",
        "h1",
        "h2",
        "h3",
        "strong",
        "code",
        "pre",
        "ul",
        "ol",
        "li",
        "dl",
        "dt",
        "dd",
        "figure",
    ),
    *("figcaption", "details", "summary", "table", "thead", "tbody", "tr", "th", "td"),
    *("svg", "desc", "g", "rect", "circle", "polygon", "path", "line", "text"),
    *("math", "mrow", "mi", "mn", "mo", "mtext", "msub", "msup", "mfrac", "munder"),
}


@pytest.mark.parametrize("view", PAGES)
@pytest.mark.parametrize("kind", every_kind())
def test_a_page_is_well_formed_and_loads_nothing(kind: str, view: str):
    text = PAGES[view](every_kind()[kind])
    page = Page(text)
    assert not page.broken
    assert not page.open
    assert {tag for tag, _ in page.elements} <= ALLOWED
    for _, attributes in page.elements:
        assert not {"src", "href", "xlink:href", "action", "srcset", "data", "poster"} & set(attributes)
        assert not [name for name in attributes if name.startswith("on")]
        assert "url(" not in (attributes.get("style") or "")
    assert "@import" not in text
    assert "url(" not in text
    assert "://" not in text


def test_a_page_forbids_everything_but_its_own_style():
    policy = next(a for _, a in Page(job_training().to_html()).elements if a.get("http-equiv"))
    assert policy["content"] == "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


@pytest.mark.parametrize("view", PAGES)
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_stay_text_in_html_and_svg(name: str, view: str):
    page = Page(PAGES[view](hostile(name)))
    assert not page.broken
    assert {tag for tag, _ in page.elements} <= ALLOWED
    for _, attributes in page.elements:
        assert not [key for key in attributes if key.startswith("on") or key in ("src", "href")]
    shown = "".join(page.texts)
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]", shown)


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_cannot_steer_the_terminal(name: str):
    plain = hostile(name).to_text(full=True, color=False)
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]", plain)
    coloured = hostile(name).to_text(full=True, color=True)
    assert re.sub("\x1b\\[[0-9;]*m", "", coloured).count("\x1b") == 0
    # The only colours are ours: the answer without colour has as many lines.
    assert len(plain.splitlines()) == len(coloured.splitlines())


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_no_markup_in_markdown(name: str):
    text = hostile(name).to_markdown()
    outside = re.sub(r"(?ms)^(`{3,}).*?^\1$|(`+)(?!`).*?(?<!`)\2(?!`)", "", text)
    assert not re.search(r"<(?!br)[a-zA-Z/!]", outside)
    assert not re.search(r"(?<!\\)!\[|(?<!\\)\]\(", outside)
    assert "://" not in outside
    assert not re.search(r"(?m)^# c", outside)


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_no_commands_in_latex(name: str):
    text = hostile(name).to_latex()
    assert not re.search(r"\\(input|include|write|read|openout|def|catcode|csname)\b", text)
    bare = re.sub(r"\\[{}\\$&#%_]", "", text)
    depth = 0
    for character in bare:
        depth += (character == "{") - (character == "}")
        assert depth >= 0
    assert depth == 0
    assert bare.count("$") % 2 == 0


@pytest.mark.parametrize("kind", ["job_training", "labelled", "failed_placebo", "distribution"])
def test_every_view_gives_interval_and_n_with_every_number(kind: str):
    answer = every_kind()[kind]
    shown = outline(answer)
    views = {
        "html": "".join(Page(answer.to_html()).texts).replace("\N{NO-BREAK SPACE}", " "),
        "text": " ".join(answer.to_text().split()),
        "md": answer.to_markdown().replace("\\", ""),
        "latex": answer.to_latex().replace("\\ensuremath{-}", "−").replace("\\", ""),
    }
    for view, text in views.items():
        if shown.line is not None:
            assert "16,177" in text, view
            assert "190 to" in text, view
            assert "2,950" in text, view
        for cell in shown.cells:
            assert cell.value in text, view
            assert cell.interval in text, view
            assert cell.n in text, view


@pytest.mark.parametrize("kind", every_kind())
def test_every_view_begins_with_the_one_sentence(kind: str):
    answer = every_kind()[kind]
    words = answer.text.split()[:6]
    for text in (answer.to_text(), answer.to_markdown().lstrip("# ").replace("\\", "")):
        assert text.split()[: len(words)] == words
    page = Page(answer.to_html())
    heading = [tag for tag, _ in page.elements].count("h1")
    assert heading == 1


def test_a_failed_check_is_said_in_every_view_before_the_evidence():
    answer = failed_placebo()
    for text in (answer.to_text(), answer.to_html(), answer.to_markdown(), answer.to_latex()):
        plain = text.replace("\N{NO-BREAK SPACE}", " ")
        assert "do not rely on this number" in " ".join(plain.split())
        assert plain.lower().index("failed") < plain.index("Proved")


def test_the_order_of_the_page_is_that_of_every_answer():
    text = labelled().to_html()
    body = text[text.index("<body") :]
    places = [
        body.index(part)
        for part in (
            "<h1",
            "wh-dot",
            ">Proved<",
            ">Estimated<",
            ">Tested<",
            "The graph",
            "The proof",
            "rests on",
        )
    ]
    places += [body.index("Attempts to break it"), body.index("Reproduce it")]
    assert places == sorted(places)


def test_colour_is_off_when_piped_and_lines_fit_a_hundred_columns(capsys: pytest.CaptureFixture[str]):
    for answer in every_kind().values():
        text = answer.to_text(full=True)
        assert "\x1b" not in text
        long = [line for line in text.splitlines() if len(line) > 100 and "whence ask" not in line]
        assert [line for line in long if not line.strip().startswith("--")] == []


def test_full_shows_proof_and_ledger_and_the_short_text_does_not():
    answer = job_training()
    assert "What it rests on" in answer.to_text(full=True)
    assert "Adjustment, among the treated" in answer.to_text(full=True)
    assert "What it rests on" not in answer.to_text()


def test_files_are_written_as_asked(tmp_path):
    answer = job_training()
    for name, write in {
        "a.html": answer.to_html,
        "a.md": answer.to_markdown,
        "a.tex": answer.to_latex,
        "a.json": answer.to_json,
    }.items():
        text = write(tmp_path / name)
        assert (tmp_path / name).read_text("utf-8") == text


def test_a_long_adjustment_set_is_one_letter_in_the_formulas_and_explained_once():
    shown = outline(job_training())
    assert shown.short is not None
    assert shown.short.text.startswith("Z = {age, education")
    assert all("education" not in line.text for line in shown.proof)
    text = job_training().to_text(full=True)
    assert "Z = {age" in text


def test_where_nothing_was_adjusted_for_no_confounding_is_said_to_be_removed():
    graph = Graph.of((), [Edge("treat", "re78")])
    estimand = identify(job_training().query, graph)
    # The two are the same number but for rounding.
    found = replace(job_training().estimate, value=1794.34, naive=1794.34 - 9.09e-13)
    answer = replace(job_training(), graph=graph, estimand=estimand, estimate=found)
    for view in (answer.to_text(), answer.to_html(), answer.to_markdown(), answer.to_latex()):
        assert "confounding removed" not in view
    adjusted = outline(replace(job_training(), estimate=found)).line
    assert adjusted.removed == 0.0
