"""The drawing under the hand: the same things by mouse, by finger and by keyboard, while the server draws anew."""
# ruff: noqa: E501 - a page in one line is easier to read than one cut into pieces

import pytest
from datastar_py.sse import ServerSentEventGenerator as Events

from studio.client.test_directives import STREAM, until

PLACES = {"a": (100, 100), "b": (300, 100), "c": (100, 300), "d": (300, 300)}
EDGES = {"ab": ("a", "b"), "ac": ("a", "c")}
CSS = "svg{position:absolute;left:20px;top:40px} .node{touch-action:none} .hit{fill:transparent;stroke:transparent;stroke-width:16}"


def drawing(places=None, edges=None, mode="edit", extra=""):
    places, edges = PLACES if places is None else places, EDGES if edges is None else edges
    nodes = "".join(
        f'<g id="{k}" class="node" tabindex="-1" role="button" aria-label="{k}: other" data-name="{k.upper()}" data-x="{x}" data-y="{y}" data-class="{{selected: $_sel==\'{k}\'}}">'
        f'<circle cx="{x}" cy="{y}" r="20"/><g class="handle"><circle cx="{x + 20}" cy="{y - 20}" r="13"/></g></g>'
        for k, (x, y) in places.items()
    )
    lines = "".join(
        f'<g id="{k}" class="edge" tabindex="-1" role="button" aria-label="{k}" data-from="{f}" data-to="{t}"><path class="hit" d="M{places[f][0]} {places[f][1]}L{places[t][0]} {places[t][1]}"/></g>'
        for k, (f, t) in edges.items()
    )
    ground = "" if places else "tabindex=0"
    # Twice as large on the page as in its own units, so that one is not taken for the other.
    return (
        f'<svg id="canvas" data-canvas="{mode}" {ground} role="application" viewBox="0 0 400 360" width="800" height="720" data-on:wh-select="$_sel = evt.detail.id" {extra}>'
        f'<g class="lines">{lines}</g><g class="nodes">{nodes}</g></svg>'
    )


PAGE = f"<p data-say aria-live=polite></p><input id=field>{STREAM}<div id=box>%s</div>"


@pytest.fixture
def hand(show, site):
    def begin(svg=None):
        return Hand(show(PAGE % (svg or drawing()), CSS), site)

    return begin


class Hand:
    def __init__(self, tab, site):
        self.tab, self.site = tab, site
        self.mouse, self.press = tab.mouse, tab.keyboard.press

    def at(self, x, y):
        """A place of the drawing on the page."""
        return 20 + 2 * x, 40 + 2 * y

    def drag(self, start, *stops, steps=4):
        self.mouse.move(*self.at(*start))
        self.mouse.down()
        for stop in stops:
            self.mouse.move(*self.at(*stop), steps=steps)

    def seen(self, *but):
        return [tuple(each) for each in self.tab.evaluate("seen") if each[0] not in (*but, "select")]

    def selected(self):
        return [detail["id"] for name, detail in self.tab.evaluate("seen") if name == "select"]

    def draws(self, svg, sign):
        self.site.say(Events.patch_elements(svg.replace("<svg ", f'<svg data-sign="{sign}" ')))
        self.tab.wait_for_selector(f"#canvas[data-sign='{sign}']")

    def rubber(self):
        return self.tab.evaluate("document.querySelector('.rubber')?.getAttribute('d') ?? ''")


def test_a_click_selects_and_survives_a_new_drawing(hand):
    it = hand()
    it.mouse.click(*it.at(*PLACES["b"]))
    assert it.selected() == ["b"]
    assert it.tab.evaluate(
        "[b.classList.contains('selected'), document.activeElement.id, b.tabIndex, a.tabIndex]"
    ) == [True, "b", 0, -1]
    it.mouse.click(*it.at(100, 200))
    assert it.selected() == ["b", "ac"]
    it.mouse.click(*it.at(*PLACES["b"]))
    it.draws(drawing({**PLACES, "e": (200, 200)}), 2)
    assert it.tab.evaluate(
        "[b.classList.contains('selected'), document.activeElement.id, b.tabIndex, e.tabIndex]"
    ) == [True, "b", 0, -1]


def test_a_node_is_dragged_and_stays_until_the_server_has_drawn_it_there(hand):
    it = hand()
    it.drag(PLACES["a"], (110, 100), (150, 140))
    assert it.tab.evaluate("a.style.translate") == "50px 40px"
    assert it.rubber() == "M150 140L300 100M150 140L100 300"
    it.draws(drawing(), 2)
    assert it.tab.evaluate("a.style.translate") == "50px 40px"
    it.mouse.up()
    assert it.seen() == [("move", {"id": "a", "x": 150, "y": 140})]
    it.draws(drawing(extra="data-more=1"), 3)
    assert it.tab.evaluate("a.style.translate") == "50px 40px"
    it.draws(drawing({**PLACES, "a": (150, 140)}), 4)
    until(it.tab, "a.style.translate === ''")
    assert it.rubber() == ""


def test_a_shake_of_the_hand_moves_nothing(hand):
    it = hand()
    it.drag(PLACES["a"], (101, 101))
    it.mouse.up()
    assert it.seen() == []
    assert it.tab.evaluate("a.style.translate") == ""


@pytest.mark.parametrize(
    ("start", "keys", "mark"),
    [((120, 80), [], "->"), ((100, 100), ["Shift"], "->"), ((120, 80), ["Alt"], "<->")],
)
def test_an_edge_is_drawn_from_the_handle_or_with_shift(hand, start, keys, mark):
    it = hand()
    for key in keys:
        it.tab.keyboard.down(key)
    it.drag(start, (200, 150), (250, 260))
    assert it.rubber() == "M100 100L250 260"
    it.draws(drawing(), 2)
    assert it.rubber() == "M100 100L250 260"
    it.mouse.move(*it.at(*PLACES["d"]))
    assert it.rubber() == "M100 100L300 300"
    it.mouse.up()
    for key in keys:
        it.tab.keyboard.up(key)
    assert it.seen() == [("connect", {"from": "a", "to": "d", "mark": mark})]
    assert it.rubber() == ""


def test_an_edge_that_is_dropped_on_nothing_or_on_its_own_node_is_none(hand):
    it = hand()
    for end in ((200, 200), (100, 100)):
        it.drag((120, 80), (250, 260), end)
        it.mouse.up()
    it.drag((120, 80), PLACES["d"])
    it.press("Escape")
    it.mouse.up()
    assert it.seen() == []
    assert it.rubber() == ""


def test_a_double_click_adds_on_the_ground_and_opens_a_mark(hand):
    it = hand()
    it.mouse.dblclick(*it.at(200, 200))
    it.mouse.dblclick(*it.at(*PLACES["b"]))
    assert it.seen() == [("add", {"x": 200, "y": 200}), ("open", {"id": "b"})]


def test_the_arrow_keys_go_to_the_nearest_and_tab_leaves(hand):
    it = hand()
    it.tab.focus("#field")
    it.press("Tab")
    assert it.tab.evaluate("document.activeElement.id") == "a"
    walked = []
    for key in ("ArrowRight", "ArrowRight", "ArrowDown", "ArrowLeft", "ArrowUp", "ArrowUp", "ArrowUp"):
        it.press(key)
        walked.append(it.tab.evaluate("document.activeElement.id"))
    assert walked == ["ab", "b", "d", "c", "ac", "a", "a"]
    assert it.tab.evaluate("[...document.querySelectorAll('[tabindex=\"0\"]')].map((el) => el.id)") == ["a"]
    it.press("Tab")
    assert not it.tab.evaluate("canvas.contains(document.activeElement)")


@pytest.mark.parametrize(("last", "mark"), [("Enter", "->"), ("c", "<->")])
def test_an_edge_is_drawn_by_keys_and_told_aloud(hand, last, mark):
    it = hand()
    it.tab.focus("#a")
    it.press("e")
    assert "a: other" in it.tab.text_content("[data-say]")
    it.press("ArrowRight")
    assert it.tab.text_content("[data-say]") == "b: other"
    it.draws(drawing(), 2)
    it.press("ArrowDown")
    assert it.rubber() == "M100 100L300 300"
    assert it.tab.evaluate("document.activeElement.id") == "a"
    it.press(last)
    assert it.seen() == [("connect", {"from": "a", "to": "d", "mark": mark})]
    assert it.rubber() == ""


def test_escape_ends_drawing_and_nothing_is_drawn(hand):
    it = hand()
    it.tab.focus("#a")
    for key in ("e", "ArrowRight", "Escape", "ArrowRight"):
        it.press(key)
    assert it.seen() == []
    assert it.tab.evaluate("document.activeElement.id") == "ab"


def test_every_key_does_what_it_says(hand):
    it = hand()
    it.tab.focus("#b")
    for key in ("Enter", "r", "t", "y", "u", "n", "Delete", "Backspace"):
        it.press(key)
    one = {"id": "b"}
    assert it.seen() == [
        ("open", one),
        ("rename", one),
        ("role", {**one, "role": "treatment"}),
        ("role", {**one, "role": "outcome"}),
        ("latent", one),
        ("add", {"x": 300, "y": 180}),
        ("remove", one),
        ("remove", one),
    ]
    it.tab.evaluate("seen.length = 0")
    it.tab.focus("#ab")
    for key in ("r", "t", "e", "Delete"):
        it.press(key)
    assert it.seen() == [("remove", {"id": "ab"})]


def test_shift_and_arrows_move_a_node_and_it_is_told_once(hand):
    it = hand()
    it.tab.focus("#a")
    for key in ("Shift+ArrowRight", "Shift+ArrowRight", "Shift+ArrowDown"):
        it.press(key)
    assert it.tab.evaluate("a.style.translate") == "16px 8px"
    until(it.tab, "seen.some(([name]) => name === 'move')")
    assert it.seen() == [("move", {"id": "a", "x": 116, "y": 108})]
    assert it.tab.evaluate("document.activeElement.id") == "a"


def test_whoever_stood_on_a_mark_that_is_removed_stands_on_the_next(hand):
    it = hand()
    it.tab.focus("#b")
    it.draws(drawing({k: v for k, v in PLACES.items() if k != "b"}, {"ac": ("a", "c")}), 2)
    until(it.tab, "document.activeElement.id !== ''")
    assert it.tab.evaluate("document.activeElement.id") == "a"
    it.draws(drawing({}, {}), 3)
    until(it.tab, "document.activeElement.id === 'canvas'")


def test_an_empty_ground_is_reached_by_tab_and_takes_n(hand):
    it = hand(drawing({}, {}))
    it.tab.focus("#field")
    it.press("Tab")
    it.press("n")
    assert it.seen() == [("add", {"x": 200, "y": 180})]


def test_undo_and_redo_anywhere_but_in_fields(hand):
    it = hand()
    for key in ("Control+z", "Control+Shift+z", "Control+y"):
        it.press(key)
    it.tab.focus("#a")
    it.press("Control+z")
    it.tab.focus("#field")
    it.press("Control+z")
    assert it.seen() == [("undo", {}), ("redo", {}), ("redo", {}), ("undo", {})]


def test_a_permalink_is_looked_at_and_not_changed(hand):
    it = hand(drawing(mode="read"))
    it.drag(PLACES["a"], (200, 200))
    it.mouse.up()
    it.mouse.dblclick(*it.at(200, 200))
    for key in ("Delete", "e", "n", "t", "Shift+ArrowRight", "Enter"):
        it.press(key)
    assert it.seen() == []
    assert it.selected()


def test_a_finger_drags_as_a_mouse_does(hand, site):
    it = hand()
    it.tab.evaluate(
        """([from, to]) => {
            const send = (type, [clientX, clientY]) => document.elementFromPoint(clientX, clientY).dispatchEvent(
              new PointerEvent(type, {bubbles: true, cancelable: true, pointerType: "touch", clientX, clientY}));
            send("pointerdown", from); send("pointermove", to); send("pointerup", to);
        }""",
        [it.at(*PLACES["a"]), it.at(150, 120)],
    )
    assert it.seen() == [("move", {"id": "a", "x": 150, "y": 120})]


def test_a_file_is_dropped_into_the_field_and_nowhere_else(show):
    tab = show(
        """<div id=zone data-drop><input type=file id=file data-on:change="$n = ($n ?? 0) + el.files.length"></div>
        <p id=n data-text="$n"></p>"""
    )
    drop = """(selector) => {
        const dataTransfer = new DataTransfer();
        dataTransfer.items.add(new File(["a"], "a.csv"));
        const evt = new DragEvent("drop", {bubbles: true, cancelable: true, dataTransfer});
        document.querySelector(selector).dispatchEvent(evt);
        return [evt.defaultPrevented, file.files[0]?.name ?? ""];
    }"""
    assert tab.evaluate(drop, "#n") == [True, ""]
    assert tab.evaluate(drop, "#zone") == [True, "a.csv"]
    assert tab.text_content("#n") == "1"


def test_a_button_copies_the_text_of_an_element(show, tab, site):
    tab.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=site.address)
    tab = show("<p data-say></p><pre id=code>x -> y</pre><button data-copy=code id=copy>copy</button>")
    tab.click("#copy")
    tab.wait_for_selector("[data-say]:text('Copied.')")
    assert tab.evaluate("navigator.clipboard.readText()") == "x -> y"
