"""Two tabs of a project, and a field in which somebody types while the page is drawn anew."""

from studio.e2e.conftest import until
from studio.e2e.hands import node

REGIONS = ["data", "canvas-box", "reading", "edges", "runs", "answer", "topbar"]
SHOWN = """(ids) => {
  const at = (el) => (name) => name + el.getAttribute(name);
  const hand = ["tabindex", "class", "style", "hidden"];  // what whoever sits there is about
  const told = (el) => el.nodeType !== 1 ? el.textContent.replace(/\\s+/g, " ") : [el.localName,
    el.getAttributeNames().filter((name) => !hand.includes(name)).sort().map(at(el)),
    [...el.childNodes].map(told)];
  return ids.map((id) => told(document.getElementById(id)));
}"""
TYPED = "effect of price on sales among those who were not told of it"
PUSH = """(address) => {
  let x = 0;
  window.pushing = setInterval(() => fetch(address, {
    method: "POST",
    headers: { "Content-Type": "application/json", "Datastar-Request": "true" },
    body: JSON.stringify({ x: (x = (x + 7) % 300), y: 40 }),
  }), 100);
}"""


def test_two_tabs_show_the_same(person):
    address = person.project("", example="kidney_stones")
    one, other = person.open(address), person.open(address)
    one.bring_to_front()
    node(one, "size").click()
    one.keyboard.press("u")
    until(other, "document.querySelector('#canvas .node[data-name=size].unmeasured')")
    other.get_by_role("button", name="Undo").click()
    until(one, "!document.querySelector('#canvas .unmeasured')")
    other.get_by_label("Title of the project").fill("Stones")
    other.keyboard.press("Tab")
    until(one, "document.querySelector('h1').textContent === 'Stones'")
    until(other, "document.querySelector('h1').textContent === 'Stones'")
    assert one.evaluate(SHOWN, REGIONS) == other.evaluate(SHOWN, REGIONS)


def test_typing_goes_on_while_frames_arrive(person):
    address = person.project("Busy", graph="price -> sales; season -> price; season -> sales")
    page, busy = person.open(address), person.open(address)
    moved = node(busy, "season").get_attribute("id")
    page.bring_to_front()
    question = page.locator("#question")
    question.click()
    busy.evaluate(PUSH, f"{address}/graph/move/{moved}")
    until(page, "window.shownFrames > 10")
    before = page.evaluate("window.shownFrames")
    page.keyboard.type(TYPED, delay=40)
    for _ in range(20):
        page.keyboard.press("ArrowLeft", delay=20)
    page.keyboard.type("(here) ", delay=40)
    at = len(TYPED) - 20
    wanted = f"{TYPED[:at]}(here) {TYPED[at:]}"
    frames = page.evaluate("window.shownFrames") - before
    field = (
        "(({ id, value, selectionStart: a, selectionEnd: b }) => [id, value, a, b])(document.activeElement)"
    )
    state = page.evaluate(field)
    assert state == ["question", wanted, at + 7, at + 7]
    assert frames > 30
    until(page, "document.querySelector('#echo').textContent.trim()")
    busy.evaluate("clearInterval(window.pushing)")
    assert question.input_value() == wanted
    assert page.evaluate("document.activeElement.id") == "question"
