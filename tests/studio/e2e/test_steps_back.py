"""Undo, redo, and the address of an earlier state."""

from studio.e2e.hands import edge, expect, graph, node

EDGES = [("a", "b"), ("b", "c"), ("a", "c"), ("c", "d")]


def states(person, address, page) -> list[dict]:
    """The graph after each of several edits of different kinds."""
    found = [graph(page)]
    ids = {name: node(page, name).get_attribute("id") for name in "abcd"}

    def done(path, **signals):
        before = page.locator("#topbar .saved").inner_text()
        person.post(f"{address}/graph/{path}", **signals)
        expect(page.locator("#topbar .saved")).not_to_have_text(before)
        found.append(graph(page))

    for source, target in EDGES:
        done("edge", source=ids[source], target=ids[target], mark="->")
    done(f"change/{edge(page, 'a', 'c').get_attribute('id')}/confounded")
    done(f"remove/{ids['b']}")
    done("node", name="e")
    return found


def shows(page, wanted) -> None:
    """Wait until the page shows this graph."""
    for _ in range(500):
        if graph(page) == wanted:
            return
        page.wait_for_timeout(10)
    assert graph(page) == wanted


def test_every_edit_is_taken_back_and_done_again_in_the_page_and_after_a_reload(person):
    address = person.project("Back and forth", graph="a; b; c; d")
    page = person.open(address)
    known = states(person, address, page)
    assert len({str(each) for each in known}) == len(known) == 8
    for wanted in known[-2::-1]:
        page.get_by_role("button", name="Undo").click()
        shows(page, wanted)
    for wanted in known[1:4]:
        page.keyboard.press("Control+Shift+Z")
        shows(page, wanted)
    page.reload()
    shows(page, known[3])
    for wanted in known[4:]:
        page.get_by_role("button", name="Redo").click()
        shows(page, wanted)
    expect(page.get_by_role("button", name="Redo")).to_be_disabled()
    page.keyboard.press("Control+z")
    shows(page, known[-2])


def test_quick_steps_are_all_taken(person):
    address = person.project("Quick", graph="a; b; c; d")
    page = person.open(address)
    known = states(person, address, page)
    for _ in range(7):
        page.keyboard.press("Control+z")
    shows(page, known[0])
    for _ in range(7):
        page.keyboard.press("Control+y")
    shows(page, known[-1])


def test_the_address_of_an_earlier_state_shows_it_and_changes_nothing(person):
    address = person.project("Then and now", graph="a; b; c; d")
    page = person.open(address)
    link = page.get_by_role("link", name="Permalink").get_attribute("href")
    known = states(person, address, page)
    past = person.open(link)
    expect(past.get_by_text("as it was. It cannot be changed.")).to_be_visible()
    assert graph(past) == known[0]
    assert past.locator("#stream, form, #canvas-box .tools, #topbar button:has-text('Undo')").count() == 0
    sent = []
    past.on("request", lambda request: sent.append(request.url))
    node(past, "a").click()
    for key in ("Delete", "t", "u", "r", "Control+z", "n", "e", "ArrowRight", "Enter"):
        past.keyboard.press(key)
    assert past.evaluate("!!document.activeElement.closest('#canvas')")
    box = past.locator("#canvas").bounding_box()
    past.mouse.dblclick(box["x"] + 20, box["y"] + 20)
    assert past.locator("dialog, .rubber").count() == 0
    assert sent == []
    assert graph(past) == known[0]
    assert graph(page) == known[-1]
    past.get_by_role("link", name="as it is now").click()
    past.wait_for_url(f"**{address}")
    shows(past, known[-1])
