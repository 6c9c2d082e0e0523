"""Hostile names, values and labels in every field: nothing runs, nothing breaks, the text is shown."""

import csv
import io
import json
import random
import re
from itertools import pairwise

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from studio.e2e.conftest import Person, until
from studio.e2e.hands import answered
from studio.e2e.hostile import TEXTS, WRITTEN
from whence.language.lettering import visible
from whence.studio.projects.checking import NO_TEXT, nameable

UNHARMED = """() => {
  const foreign = "iframe, object, embed, base, style, meta[http-equiv], img, form[action]";
  const acts = (el) => el.getAttributeNames().filter((name) => /^on|^srcdoc$/i.test(name));
  return [window.__xss ?? null, document.scripts.length, document.querySelectorAll(foreign).length,
    [...document.querySelectorAll("*")].flatMap(acts), document.querySelectorAll("#main").length,
    ({}).polluted ?? null];
}"""
GENERATE = (Phase.explicit, Phase.generate)
"""To make a failing text smaller takes a browser too long."""
FINE = [None, 2, 0, [], 1, None]
NAMES = [text for text in TEXTS if nameable(text)]


def written(texts, limit: int) -> list[str]:
    """The texts as a field takes them: cut, without blanks around, none twice and none empty."""
    return [text for text in dict.fromkeys(text[:limit].strip() for text in texts) if text]


@pytest.fixture(scope="module")
def desk(browser, studio):
    """A person at the page of an empty project, for all of these texts."""
    person = Person(browser, studio)
    address = person.project("Hostile")
    page = person.open(address)
    page.locator("#edges-fold").evaluate("(el) => el.open = true")
    yield person, address, page
    person.leave()


NAMED = """() => [
  [...document.querySelectorAll("#canvas .node")].map((el) => el.dataset.name),
  [...document.querySelectorAll("#edges .role .name")].map((el) => el.textContent),
  [...document.querySelectorAll("#edge-source option")].slice(1).map((el) => el.textContent),
]"""


def names_are_shown(desk, names) -> None:
    person, address, page = desk
    edges = [[one, "->", other] for one, other in pairwise(names)]
    person.post(f"{address}/graph/text", text=json.dumps({"nodes": names, "edges": edges}))
    wanted = sorted(map(visible, names))
    shown = []
    for _ in range(1000):
        shown = [sorted(each) for each in page.evaluate(NAMED)]
        if shown == [wanted] * 3:
            break
        page.wait_for_timeout(10)
    assert shown == [wanted] * 3
    assert page.locator("#canvas .edge").count() == len(edges)
    assert page.evaluate(UNHARMED) == FINE


def test_there_are_enough_hostile_texts():
    assert len(TEXTS) >= 100
    assert len(NAMES) >= 100


def test_names_of_variables(desk):
    for first in range(0, len(NAMES), 40):
        names_are_shown(desk, NAMES[first : first + 40])


@settings(max_examples=4, phases=GENERATE)
@given(names=st.lists(WRITTEN.filter(nameable), min_size=10, max_size=25, unique=True))
def test_names_that_were_made_up(desk, names):
    names_are_shown(desk, names)


def writable(text: str) -> bool:
    """Whether a field of one line takes it: no line breaks, no control characters."""
    return not NO_TEXT.search(text)


def told(desk, title: str, question: str) -> None:
    person, address, page = desk
    person.post(f"{address}/title", title=title)
    title = " ".join(title.split())  # as a title is kept
    person.post(f"{address}/question", question=question)
    until(page, f"document.querySelector('#topbar h1').textContent === {json.dumps(visible(title))}")
    until(page, f"document.getElementById('question').value === {json.dumps(question)}")
    assert page.evaluate("document.getElementById('title').value") == title
    assert page.evaluate("document.title") == "Hostile · Whence"  # as it was opened


def test_titles_and_questions(desk):
    for title in written(filter(writable, TEXTS), 200):
        told(desk, title, title)
    assert desk[2].evaluate(UNHARMED) == FINE


@settings(max_examples=25, phases=GENERATE)
@given(text=WRITTEN.map(str.strip).filter(bool).filter(writable))
def test_titles_and_questions_that_were_made_up(desk, text):
    told(desk, text[:200].strip(), text)
    assert desk[2].evaluate(UNHARMED) == FINE


def test_what_is_refused_is_said_and_the_page_goes_on(desk):
    person = desk[0]
    address = person.project("Refused", example="drug")
    page = person.open(address)
    for path, signals in (
        ("graph/text", {"text": "<img src=x onerror=window.__xss=1> -> ->"}),
        ("graph/node", {"name": "a\nb"}),
        ("data/where", {"condition": "<script>window.__xss=1</script>"}),
        ("data/derive", {"column": "<b>", "expression": "</textarea><img src=x onerror=window.__xss=1>"}),
        ("graph/text", {"text": "dag { <script>window.__xss=1</script> }"}),
    ):
        person.post(f"{address}/dismiss")
        until(page, "!document.querySelector('#message p')")
        person.post(f"{address}/{path}", **signals)
        until(page, "document.querySelector('#message.error p')?.textContent.length > 20")
    assert page.evaluate(UNHARMED) == FINE


NUMBERLIKE = re.compile(r"0|1e309|true|null|NaN")


def table(columns: list[str], levels: list[str]) -> bytes:
    """A CSV file with these columns, each of them with two of the levels."""
    draw, out = random.Random(1), io.StringIO()
    lines = csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL)
    lines.writerow(columns)
    for _ in range(40):
        lines.writerow([levels[(2 * i + draw.randrange(2)) % len(levels)] for i in range(len(columns))])
    return out.getvalue().encode()


def test_columns_levels_and_names_of_files(desk):
    person = desk[0]
    columns = written([text for text in TEXTS if nameable(text)], 500)[:120]
    levels = written([text for text in TEXTS if "\x85" not in text and not NUMBERLIKE.fullmatch(text)], 60)
    address = person.project("Columns", graph="a")
    name = "<img src=x onerror=window.__xss=1>.csv"
    person.studio.upload(person.context, address, name, table(columns, levels))
    other = person.open(address)
    assert other.locator("#data .label").text_content() == name
    assert other.locator("#data .column .name").all_text_contents() == [visible(each) for each in columns]
    cells = other.locator("#rows-fold td").all_text_contents()
    assert cells
    assert set(cells) <= {visible(each) for each in levels}
    for column in other.locator("#data .column select").all()[:5]:
        wanted = column.locator("option", has_text="treatment").get_attribute("value")
        person.post(f"{address}/data/part/{wanted}")
        until(other, "document.querySelector('#contrast-low')")
    shown = set(other.locator("#contrast-low option").all_text_contents()) - {"the usual"}
    assert shown
    assert shown <= {visible(each) for each in levels}
    assert other.evaluate(UNHARMED) == FINE


def test_an_answer_about_hostile_names_and_all_that_is_taken_away_of_it(desk, tmp_path):
    person = desk[0]
    x, y, z = (
        "<img src=x onerror=window.__xss=1>",
        "\"'></script><svg onload=window.__xss=1>",
        "${alert(1)}'); @post('/projects'); ('",
    )
    draw, out = random.Random(2), io.StringIO()
    lines = csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL)
    lines.writerow([x, y, z])
    for _ in range(200):
        c = draw.random() < 0.5
        t = draw.random() < (0.7 if c else 0.3)
        o = draw.random() < 0.2 + 0.3 * t + 0.3 * c
        lines.writerow(["<b>1" if t else "<b>0", int(o), "]]>" if c else "-->"])
    address = person.project(x)
    person.studio.upload(person.context, address, "a.csv", out.getvalue().encode())
    edges = [[z, "->", x], [z, "->", y], [x, "->", y]]
    person.post(f"{address}/graph/text", text=json.dumps({"nodes": [x, y, z], "edges": edges}))
    other = person.open(address)
    for name, part in ((x, "treatment"), (y, "outcome")):
        known = (
            other.locator("#canvas .node")
            .nth(0)
            .evaluate(
                "(el, name) => [...el.parentNode.children].find(({ dataset }) => dataset.name === name).id",
                visible(name),
            )
        )
        person.post(f"{address}/graph/role/{known}/{part}")
    person.post(f"{address}/data/contrast", low="<b>0", high="<b>1")
    person.post(f"{address}/runs", question="")
    answered(other)
    assert visible(y) in other.locator("#answer").text_content()
    assert other.evaluate(UNHARMED) == FINE
    for path in ("/", address, f"{address}/answers/1", f"{address}/at/3"):
        person.go(other, path)
        assert other.evaluate(UNHARMED) == FINE, path
        assert visible(x) in other.locator("body").text_content(), path
    person.ledger.expected = ("request: file://",)
    for file in ("answers/1/report.html", "graph.svg"):
        path = tmp_path / file.replace("/", "-")
        path.write_bytes(person.context.request.get(f"{person.studio.origin}{address}/take/{file}").body())
        other.goto(path.as_uri())
        assert other.evaluate("window.__xss ?? null") is None
        assert other.evaluate("document.scripts?.length ?? 0") == 0
    person.ledger.expected = ()
