"""From an edge edit to the new picture and reading on the screen; from an event in the server to the page.

The studio runs in a process of its own and its page in Chromium, on this machine together. (a) An edge of a
graph of 20 nodes and 35 edges is drawn or taken out, by the event that the canvas fires for a hand; measured
is the time, in the page, until the canvas and the words of the reading are those that the edited graph has
(worked out here beforehand), and until the next frame is painted. No graph comes twice, so nothing is in a
cache. (b) A title is changed 20 times a second in the server, to the time at which that is; the page says
when it stands there. (c) Both again while runs of an example go on, one after the other, and how late the
event loop of the server is meanwhile.

    python benchmarks/studio/latency.py [--edits 200] [--ticks 400] [--chromium /usr/bin/chromium]
"""

import argparse
import asyncio
import json
import os
import random
import statistics
import subprocess
import sys
from pathlib import Path

from playwright.async_api import async_playwright
from studio_client import Studio

from whence.language.graph import Edge, Graph
from whence.language.graph_text import write
from whence.runtime.errors import WhenceError
from whence.studio.projects.naming import edge_id, node_id
from whence.studio.projects.sheet import Sheet
from whence.studio.reasoning.reader import read

NODES, EDGES = 20, 35
X, Y = "v5", "v19"
PAUSE = 0.12
PROBE = Path(__file__).with_name("latency_probe.js")


class Walk:
    """Edits of a graph that stays of one standing and is never the same twice."""

    def __init__(self, seed: int, standing: str, latent: int = 0, shared: int = 0) -> None:
        self.chance = random.Random(seed)
        self.standing = standing
        names = [f"v{i}" for i in range(NODES)]
        self.latent = tuple(self.chance.sample([n for n in names if n not in (X, Y)], latent))
        barring = []
        if standing == "refused":
            hidden = self.latent[:1]
            barring = [Edge(hidden[0], end) for end in (X, Y)] if hidden else [Edge(X, Y, "<->")]
        while True:
            kept = {Edge(X, Y), *barring, *self._some(names, shared, "<->")}
            free = self._some(names, EDGES - len(kept), "->")
            self.kept, self.free = kept, free
            try:
                self.graph = Graph.of(names, [*kept, *free], latent=self.latent)
            except WhenceError:
                continue
            if len(self.graph.edges) == EDGES and self._right(self.graph):
                break
        self.seen = {self.graph}

    def _some(self, names: list[str], count: int, mark: str) -> set[Edge]:
        found = set()
        while len(found) < count:
            a, b = sorted(self.chance.sample(range(NODES), 2))
            found.add(Edge(names[a], names[b], mark))
        return found

    def _right(self, graph: Graph) -> bool:
        return read(self.sheet(graph)).standing == self.standing

    def sheet(self, graph: Graph) -> Sheet:
        """The sheet of a graph, with its question."""
        return Sheet(graph=graph, parts={X: "treatment", Y: "outcome"})

    def next(self) -> dict:
        """The next edit: the event of the canvas, and what the page shows then."""
        while True:
            removing = len(self.graph.edges) >= EDGES
            free = set(self.free)
            if removing:
                edge = self.chance.choice(sorted(free, key=str))
                free.remove(edge)
            else:
                (edge,) = self._some(list(self.graph.nodes), 1, "->")
                if edge in free or edge in self.kept or len(self.graph.edges) + 1 != EDGES:
                    continue
                free.add(edge)
            # As the studio makes it: what is new stands last.
            edges = [each for each in self.graph.edges if each != edge] + ([] if removing else [edge])
            try:
                graph = Graph.of(self.graph.nodes, edges, latent=self.latent)
            except WhenceError:
                continue
            if graph not in self.seen and self._right(graph):
                break
        self.seen.add(graph)
        self.graph, self.free = graph, free
        found = read(self.sheet(graph))
        known = edge_id(edge.source, edge.mark, edge.target)
        drawn = {"from": node_id(edge.source), "to": node_id(edge.target), "mark": edge.mark}
        return {
            "event": "wh-remove" if removing else "wh-connect",
            "detail": {"id": known} if removing else drawn,
            "edge": known,
            "there": not removing,
            "headline": found.headline,
            "ways": sorted(way.text for way in found.ways),
            "helps": len(found.would_help),
        }


class Bench:
    """A studio, a browser, and what they are asked for."""

    def __init__(self, studio: Studio, browser) -> None:
        self.studio, self.browser = studio, browser
        self.answers: dict[str, asyncio.Future] = {}

    def listen(self) -> None:
        """Hear what the server answers to wishes."""
        loop = asyncio.get_running_loop()

        def hear() -> None:
            for line in iter(self.studio.process.stdout.readline, b""):
                told = json.loads(line)
                loop.call_soon_threadsafe(self.answers[next(iter(told))].set_result, told)

        loop.run_in_executor(None, hear)

    async def wish(self, answer: str, **wish: object) -> dict:
        """Ask the server for something; what it answers has this name."""
        self.answers[answer] = asyncio.get_running_loop().create_future()
        self.studio.process.stdin.write(json.dumps(wish).encode() + b"\n")
        self.studio.process.stdin.flush()
        return await self.answers[answer]

    async def page(self, address: str):
        """The page of a project, with the probe in it."""
        context = await self.browser.new_context(viewport={"width": 1280, "height": 900})
        name, _, value = self.studio.cookies[0].partition("=")
        origin = f"http://127.0.0.1:{self.studio.port}"
        await context.add_cookies([{"name": name, "value": value, "url": origin}])
        page = await context.new_page()
        await page.add_init_script(path=PROBE)
        await page.goto(origin + address)
        await asyncio.sleep(1)
        return page

    async def opened(self, walk: Walk):
        """A new project with the graph of a walk and its question."""
        address = await self.studio.project("Latency")
        await self.studio.post(address + "/graph/text", {"text": write(walk.graph, "json")})
        await self.studio.post(f"{address}/graph/role/{node_id(X)}/treatment", {})
        await self.studio.post(f"{address}/graph/role/{node_id(Y)}/outcome", {})
        return await self.page(address)

    async def edits(self, name: str, walk: Walk, count: int) -> None:
        """Measure so many edits."""
        page = await self.opened(walk)
        found = []
        cpu = self.studio.cpu()
        for number in range(count + 10):
            edit = walk.next()
            await asyncio.sleep(PAUSE)
            took = await page.evaluate("edit => probe.edit(edit)", edit)
            if number >= 10:
                found.append(took)
            elif number == 9:
                cpu = self.studio.cpu()
        await page.context.close()
        tell(f"{name}: in the page", [took["dom"] for took in found])
        tell(f"{name}: painted", [took["painted"] for took in found], bar=(80, 250))
        if any("helped" in took for took in found):
            tell(f"{name}: what would help", [took["helped"] for took in found if "helped" in took])
        first, script = (statistics.median(took[part] for took in found) for part in ("first", "work"))
        cpu = (self.studio.cpu() - cpu) / count * 1e3
        print(
            f"    medians: the first event arrives after {first:.1f} ms, the page's script works on it for "
            f"{script:.1f} ms; server's processor time {cpu:.0f} ms an edit; {load()}"
        )

    async def ticks(self, name: str, count: int) -> None:
        """Measure so many events."""
        walk = Walk(3, "identified", shared=3)
        page = await self.opened(walk)
        await page.evaluate("() => probe.listen()")
        await self.wish("ticks", tick=page.url.rsplit("/", 1)[1], times=count)
        await asyncio.sleep(0.5)
        found = await page.evaluate("() => probe.heard")
        await page.context.close()
        tell(f"{name}: in the page ({len(found)} of {count})", [each["dom"] for each in found], bar=(10, 60))
        tell(f"{name}: painted", [each["painted"] for each in found])


def tell(name: str, times: list[float], bar: tuple[float, float] | None = None) -> None:
    """The quantiles, beside the bar for the median and the 99th percentile."""
    ordered = sorted(times)
    p50, p90, p99 = (ordered[min(len(ordered) - 1, int(len(ordered) * q))] for q in (0.5, 0.9, 0.99))
    told = f"(bar {bar[0]}, {bar[1]})" if bar else ""
    print(
        f"{name:48} n {len(ordered):4}  p50 {p50:6.1f}  p90 {p90:6.1f}  p99 {p99:6.1f}  "
        f"max {ordered[-1]:6.1f} ms {told}",
        flush=True,
    )


def load() -> str:
    return "load " + " ".join(f"{each:.1f}" for each in os.getloadavg())


CASES = (
    ("identified", 1, "identified", 0, 3),
    ("refused, by a hidden common cause", 2, "refused", 0, 2),
    ("refused, three latent variables", 4, "refused", 3, 0),
)


async def all_of(options: argparse.Namespace) -> None:
    studio = started()
    try:
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(
                executable_path=options.chromium, args=["--no-sandbox"]
            )
            print(f"{os.cpu_count()} cores, {load()}, Chromium {browser.version}", flush=True)
            bench = Bench(studio, browser)
            bench.listen()
            if "a" in options.parts:
                for name, seed, standing, latent, shared in CASES:
                    await bench.edits(name, Walk(seed, standing, latent, shared), options.edits)
            if "b" in options.parts:
                await bench.ticks("an event, 20 a second", options.ticks)
            if "c" in options.parts:
                await during_runs(bench, options)
            print(load())
            await browser.close()
    finally:
        studio.stop()


async def during_runs(bench: Bench, options: argparse.Namespace) -> None:
    """Both again while one run after another goes on."""
    lag = await bench.wish("lag", lag=5)
    tell("event loop, idle: late by", lag["lag"])
    _, body = await bench.studio.post(f"/projects/example/{options.example}", {})
    project = body.split(b"/p/")[1].split(b"'")[0].decode()
    alone = (await bench.wish("runs", runs=project, seconds=1))["runs"]
    seconds = (options.edits + 10) * 0.4
    going = asyncio.ensure_future(bench.wish("runs", runs=project, seconds=seconds + options.ticks * 0.06))
    watching = asyncio.ensure_future(bench.wish("lag", lag=seconds / 2))
    name, seed, standing, latent, shared = CASES[0]
    await bench.edits(f"{name}, during runs", Walk(seed + 10, standing, latent, shared), options.edits)
    lag = await watching
    await bench.ticks("an event, during runs", options.ticks)
    still = not going.done()
    took = (await going)["runs"]
    tell("event loop, during runs: late by", lag["lag"])
    print(
        f"runs of {options.example}: {statistics.median(alone):.2f} s alone, {statistics.median(took):.2f} s "
        f"meanwhile ({len(took)}){'' if still else '; THEY ENDED TOO SOON'}"
    )


def started() -> Studio:
    """A studio that listens to wishes."""
    command = [sys.executable, str(Path(__file__).with_name("latency_server.py"))]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    told = json.loads(process.stdout.readline())
    return Studio(process, told["port"], told["cookies"])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--edits", type=int, default=200)
    parser.add_argument("--ticks", type=int, default=400)
    parser.add_argument("--parts", default="abc")
    parser.add_argument("--example", default="lalonde")
    parser.add_argument("--chromium", default="/usr/bin/chromium")
    options = parser.parse_args()
    if not Path(options.chromium).exists():
        print(f"There is no {options.chromium} here: nothing was measured.")
        return 0
    asyncio.run(all_of(options))
    return 0


if __name__ == "__main__":
    sys.exit(main())
