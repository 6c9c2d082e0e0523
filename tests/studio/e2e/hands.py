"""What a person does on the page, by mouse or by keyboard, and what can be read there."""

import csv
import io
import random
from collections import Counter

import pytest

from studio.e2e.conftest import until

sync_api = pytest.importorskip("playwright.sync_api", reason="needs Playwright (the package playwright)")
expect = sync_api.expect

QUESTION = "effect of x on y"
EFFECT = 2.0


def confounded(rows: int = 200, seed: int = 4) -> bytes:
    """A CSV file in which z causes x and y, and x adds two to y."""
    draw, out = random.Random(seed), io.StringIO()
    lines = csv.writer(out, lineterminator="\n")
    lines.writerow(["z", "x", "y"])
    for _ in range(rows):
        z = draw.gauss(0, 1)
        x = int(draw.gauss(z, 1) > 0)
        lines.writerow([round(z, 4), x, round(EFFECT * x + 3 * z + draw.gauss(0, 1), 4)])
    return out.getvalue().encode()


def node(page, name: str):
    """The variable on the canvas."""
    return page.locator(f'#canvas .node[data-name="{name}"]')


def edge(page, source: str, target: str, mark: str = "->"):
    """The edge on the canvas."""
    one, other = (node(page, name).get_attribute("id") for name in (source, target))
    return page.locator(f'#canvas .edge[data-from="{one}"][data-to="{other}"][data-mark="{mark}"]')


def centre(locator) -> tuple[float, float]:
    """Where its middle is in the window."""
    locator.scroll_into_view_if_needed()
    box = locator.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def drag(page, start, end) -> None:
    """Press the mouse here, move, and let go there."""
    end.scroll_into_view_if_needed()
    page.mouse.move(*centre(start))
    page.mouse.down()
    page.mouse.move(*centre(end), steps=5)
    page.mouse.up()


def graph(page) -> dict[str, list[str]]:
    """The graph that the canvas shows, in words."""
    return page.evaluate(
        """() => {
          const name = (id) => document.getElementById(id)?.dataset.name;
          const all = (marks) => [...document.querySelectorAll("#canvas " + marks)];
          return {
            nodes: all(".node").map(({ dataset }) => dataset.name).sort(),
            edges: all(".edge").map(({ dataset: d }) => `${name(d.from)} ${d.mark} ${name(d.to)}`).sort(),
          };
        }"""
    )


FOCUSED = "document.activeElement"


def tab_to(page, selector: str, most: int = 150, key: str = "Tab") -> None:
    """Press Tab until this has the focus."""
    for _ in range(most):
        if page.evaluate(f"{FOCUSED}.matches({selector!r})"):
            return
        page.keyboard.press(key)
    raise AssertionError(f"Tab does not come to {selector}")


def walk_to(page, name: str) -> None:
    """Press arrow keys on the canvas until this variable has the focus."""
    _arrows(page, name, f"(({{ x, y }}) => [+x, +y])({FOCUSED}.dataset)", by=f"{FOCUSED}.getBBox()")


def aim_at(page, name: str) -> None:
    """Press arrow keys while an edge is drawn until the line that is drawn ends at this variable."""
    _arrows(
        page,
        name,
        "document.querySelector('#canvas .rubber').getAttribute('d').split(/[MLZ ,]/).slice(-2).map(Number)",
    )


def _arrows(page, name: str, place: str, by: str = "") -> None:
    there = page.evaluate(
        f"""(({{ dataset: {{ x, y }} }}) => [+x, +y])(document.querySelector('.node[data-name="{name}"]'))"""
    )
    tried: Counter[tuple[tuple[float, ...], str]] = Counter()
    for _ in range(60):
        at = page.evaluate(place)
        if at == there:
            return
        if by and at[0] != at[0]:  # on an edge
            at = page.evaluate(f"(({{ x, y, width, height }}) => [x + width / 2, y + height / 2])({by})")
        dx, dy = there[0] - at[0], there[1] - at[1]
        towards = {"ArrowRight": dx, "ArrowLeft": -dx, "ArrowDown": dy, "ArrowUp": -dy}
        # Straight on, and where that has led nowhere, round about.
        key = min(towards, key=lambda key: (tried[tuple(at), key], -towards[key]))
        tried[tuple(at), key] += 1
        page.keyboard.press(key)
    raise AssertionError(f"the arrow keys do not come to {name}")


STAGES = """() => {
  window.stagesSeen = [];
  const look = () => {
    for (const each of document.querySelectorAll("#runs .track li")) {
      const told = `${each.querySelector(".title").textContent} ${each.className}`;
      if (!window.stagesSeen.includes(told)) window.stagesSeen.push(told);
    }
  };
  const runs = document.getElementById("runs");
  new MutationObserver(look).observe(runs, { subtree: true, childList: true, attributes: true });
}"""


def watch_stages(page) -> None:
    """Have the page write down every state of every stage that it shows."""
    page.evaluate(STAGES)


def stages_seen(page) -> set[str]:
    """What was shown of the stages, such as `Estimate going`."""
    return set(page.evaluate("window.stagesSeen"))


def answered(page, number: int = 1) -> None:
    """Wait until the page shows how the run came out."""
    until(page, f"document.querySelector('#runs .past #run-{number}.answered')", 60)
    until(page, "document.querySelector('#answer .sentence')")
