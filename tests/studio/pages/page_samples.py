"""Views made by hand, one for each state of a page, and a reader of the HTML that came of them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from html.parser import HTMLParser

from whence.identification.identify import identify
from whence.language.graph import Edge, Graph
from whence.language.graph_text import graph
from whence.language.query_text import query
from whence.language.roles import roles
from whence.studio.projects.sheet import Dataset, Sheet
from whence.studio.reasoning.reading import Reading, Verdict, Verdicts, Way
from whence.studio.uploads.summary import Bar, ColumnSummary, TableSummary
from whence.studio.view import HomeView, JournalCard, Message, ProjectCard, View

HOSTILE = "<img src=x onerror=alert(1)>\"'`{{7*7}}${x}@post('/evil')\u202e</script>"
VOID = frozenset({"meta", "link", "input", "br", "path", "circle", "rect", "polygon", "line", "img"})


def arrow(source: str, target: str) -> Edge:
    return Edge(source, target)


def drawn(treatment: str = "price", outcome: str = "sales", other: str = "season") -> Reading:
    g = Graph.of((), [arrow(other, treatment), arrow(other, outcome), arrow(treatment, outcome)])
    asked = query('ATE("x" -> "y")')
    reply = identify(asked, graph("z -> x; z -> y; x -> y"))
    ways = (
        Way(
            "w1",
            (treatment, outcome),
            (arrow(treatment, outcome),),
            True,
            True,
            f"{treatment} → {outcome}",
            "",
        ),
        Way(
            "w2",
            (treatment, other, outcome),
            (arrow(other, treatment), arrow(other, outcome)),
            False,
            False,
            f"{treatment} ← {other} → {outcome}",
            f"{other} is adjusted for",
        ),
    )
    return Reading(
        g,
        "identified",
        f"Identified: adjust for {{{other}}}.",
        echo=f"E[{outcome} | do({treatment}=1)]",
        query=asked,
        reply=reply,
        verified=True,
        formula=f"E[{outcome}]",
        adjusted=(other,),
        roles=roles(g, [treatment], [outcome], adjusted=[other]),
        ways=ways,
        more=2,
        sets=((other,), ()),
        instruments=(other,),
        would_help=(f"Measure {other}.",),
    )


def table(*names: str) -> TableSummary:
    columns = tuple(
        ColumnSummary(name, "integer", ("0", "1", name), 3, 3, (Bar(name, 4), Bar("b", 2)), "0", "1", "9")
        for name in names
    )
    return TableSummary(
        names[0] + ".csv", 200, 200, "ab" * 32, columns, (f"A note on {names[0]}.",), ((names[0],),)
    )


def project(treatment: str = "price", outcome: str = "sales", other: str = "season") -> View:
    reading = drawn(treatment, outcome, other)
    sheet = Sheet(
        f"About {outcome}",
        Dataset("k", "shop.csv"),
        {treatment: "treatment", outcome: "outcome"},
        ("0", other),
        {f"{other}2": f"{other} = 0"},
        f"{other} > 1",
        reading.graph,
        {treatment: (10.0, 20.0)},
        f"effect of {treatment} on {outcome}",
    )
    tested = (
        Verdict(treatment, other, (), 0.001, 0.2, 200, True, f"{treatment} and {other} are not apart."),
        Verdict(outcome, other, (), 0.6, 0.01, 200, False, f"{outcome} and {other} are apart."),
    )
    return View(
        "abcdefghijkl",
        7,
        sheet,
        reading,
        can_undo=True,
        change=f"Was identified by adjusting for {{{other}}}.",
        table=table(treatment, outcome, other, f"{other} (spare)"),
        verdicts=Verdicts(False, tested, "1 of 3 does not hold."),
        labels={"undo": f"add {other}"},
    )


FULL = project()
NOTHING = Reading(Graph.of((), ()), "empty", "Draw what you know.")
STATES: dict[str, View] = {
    "full": FULL,
    "empty": View("abcdefghijkl", 0, Sheet(), NOTHING),
    "data only": replace(FULL, reading=NOTHING, sheet=Sheet("", FULL.sheet.data), verdicts=None, change=""),
    "graph only": replace(FULL, table=None, sheet=replace(FULL.sheet, data=None), verdicts=None),
    "unasked": replace(FULL, reading=Reading(FULL.reading.graph, "unasked", "No question yet.")),
    "misread": replace(
        FULL, reading=replace(FULL.reading, standing="misread", trouble="No variable.", reply=None)
    ),
    "refused": replace(FULL, reading=replace(FULL.reading, standing="refused", reply=None, formula="")),
    "loading": replace(FULL, table=None, loading="shop.csv", verdicts=Verdicts(True)),
    "error": replace(FULL, message=Message("error", "graph", "A circle.", "Turn one edge round.")),
    "note": replace(FULL, message=Message("note", "data", "Two rows were left out.")),
    "past": replace(FULL, live=False),
    "past and empty": View("abcdefghijkl", 0, Sheet(), NOTHING, live=False),
    "hostile": project(HOSTILE, HOSTILE + "y", HOSTILE + "z"),
}
HOME = HomeView(
    (
        ProjectCard("abcdefghijkl", "Prices", "now", 3, "shop.csv", 2, "Raised."),
        ProjectCard("b" * 12, "", "", 0, "", 0),
    ),
    (("lalonde", "men"), ("made_up", "words of the view")),
    (JournalCard("j1", "Which papers?", "going", "now"),),
)
EMPTY_HOME = HomeView((), (), ())


@dataclass
class Element:
    """An element with its attributes, its parent, and the text within it."""

    tag: str
    attributes: dict[str, str]
    parent: Element | None
    text: str = ""
    children: list[Element] = field(default_factory=list)

    def inside(self, tag: str) -> bool:
        return self.parent is not None and (self.parent.tag == tag or self.parent.inside(tag))


class Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.all: list[Element] = []
        self.open: list[Element] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        parent = self.open[-1] if self.open else None
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"{tag} has an attribute twice: {names}"
        made = Element(tag, {name: value or "" for name, value in attrs}, parent)
        self.all.append(made)
        if parent is not None:
            parent.children.append(made)
        if tag not in VOID:
            self.open.append(made)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open, f"</{tag}> closes nothing"
            assert self.open[-1].tag == tag, f"</{tag}> closes {self.open[-1].tag}"
            self.open.pop()

    def handle_data(self, data: str) -> None:
        for element in self.open:
            element.text += data


def elements(html: str) -> list[Element]:
    """Every element; fails where tags do not match."""
    reader = Reader()
    reader.feed(html)
    reader.close()
    assert not reader.open, f"{reader.open[-1].tag} is not closed"
    return reader.all
