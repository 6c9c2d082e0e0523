"""A reader is sent what is new to it, in its newest state, and no more than it has said it can take."""

import asyncio

from studio.event_stream import patches
from whence.studio.wire.hub import Hub
from whence.studio.wire.regions import Board, Region
from whence.studio.wire.stream import WINDOW, frames


class Page:
    """Regions that a test can change."""

    def __init__(self, **texts):
        self.texts = texts
        self.rendered = []

    def regions(self):
        return [
            Region(name, text, lambda n=name, t=text: self._html(n, t)) for name, text in self.texts.items()
        ]

    def _html(self, name, text):
        self.rendered.append(name)
        return f'<p id="{name}">{text}</p>'


class Watcher:
    """Reads a stream in the background, as a browser does, and acknowledges if it is told to."""

    def __init__(self, hub, page, **options):
        self.hub, self.page = hub, page
        self.texts, self.name, self.frame = {}, "", 0
        self.heard = 0
        self.acknowledging = True
        self.beats = 0
        self.task = asyncio.ensure_future(self._read(options))

    async def _read(self, options):
        with self.hub.reader("t") as reader:
            await self._hear(frames(reader, self.page.regions, **({"pace": 0.0} | options)))

    async def _hear(self, sent):
        async for frame in sent:
            text = frame.decode()
            self.heard += len(text)
            self.beats += text.startswith(":")
            for kind, told, _ in patches(text):
                if kind == "elements":
                    name = told.split('"')[1]
                    self.texts[name] = told.split(">", 1)[1].rsplit("<", 1)[0]
                else:
                    self.name, self.frame = told.get("stream", self.name), told.get("frame", self.frame)
            if self.acknowledging:
                self.acknowledge()
            await asyncio.sleep(0)

    def acknowledge(self):
        self.hub.acknowledge("t", self.name, self.frame)

    async def until(self, what):
        for _ in range(2_000):
            if what():
                return
            await asyncio.sleep(0.001)
        raise AssertionError("it did not come to pass")


def run(scenario):
    async def whole():
        hub = Hub()
        await scenario(hub)
        hub.close()
        await asyncio.sleep(0.01)
        assert hub.reading() == 0

    asyncio.run(whole())


def test_the_first_frame_holds_everything():
    async def scenario(hub):
        watcher = Watcher(hub, Page(a="1", b="2"))
        await watcher.until(lambda: watcher.texts == {"a": "1", "b": "2"})

    run(scenario)


def test_only_what_changed_is_rendered_and_sent():
    async def scenario(hub):
        page = Page(a="1", b="2")
        watcher = Watcher(hub, page)
        await watcher.until(lambda: "b" in watcher.texts)
        page.rendered.clear()
        page.texts["b"] = "3"
        hub.changed("t")
        await watcher.until(lambda: watcher.texts["b"] == "3")
        assert page.rendered == ["b"]
        hub.changed("t")
        await asyncio.sleep(0.02)
        assert page.rendered == ["b"]

    run(scenario)


def test_a_reader_that_says_nothing_gets_no_more_than_the_window_and_then_the_newest():
    async def scenario(hub):
        page = Page(a="0")
        watcher = Watcher(hub, page)
        await watcher.until(lambda: watcher.texts)
        watcher.acknowledging = False
        before = watcher.heard
        for number in range(1, 400):
            page.texts["a"] = f"{number} " + "x" * 2_000
            hub.changed("t")
            await asyncio.sleep(0)
        await asyncio.sleep(0.02)
        assert watcher.heard - before < WINDOW + 5_000
        assert not watcher.texts["a"].startswith("399 ")
        watcher.acknowledge()
        await watcher.until(lambda: watcher.texts["a"].startswith("399 "))
        assert watcher.heard - before < WINDOW + 10_000

    run(scenario)


def test_a_region_larger_than_the_window_is_sent_whole():
    async def scenario(hub):
        page = Page(a="y" * 4 * WINDOW)
        watcher = Watcher(hub, page)
        watcher.acknowledging = False
        await watcher.until(lambda: len(watcher.texts.get("a", "")) == 4 * WINDOW)

    run(scenario)


def test_a_silent_stream_is_kept_alive():
    async def scenario(hub):
        watcher = Watcher(hub, Page(a="1"), beat=0.01)
        await watcher.until(lambda: watcher.beats >= 3)

    run(scenario)


def test_an_acknowledgement_from_elsewhere_or_of_the_past_changes_nothing():
    async def scenario(hub):
        watcher = Watcher(hub, Page(a="1"))
        await watcher.until(lambda: watcher.texts)
        assert not hub.acknowledge("t", "nobody", 7)
        assert not hub.acknowledge("other", watcher.name, 7)
        assert hub.acknowledge("t", watcher.name, -1)

    run(scenario)


def test_another_thread_can_tell_of_news():
    async def scenario(hub):
        hub.attach(asyncio.get_running_loop())
        page = Page(a="1")
        watcher = Watcher(hub, page)
        await watcher.until(lambda: watcher.texts)
        page.texts["a"] = "2"
        await asyncio.to_thread(hub.changed_elsewhere, "t")
        await watcher.until(lambda: watcher.texts["a"] == "2")

    run(scenario)


def test_a_reader_who_leaves_is_forgotten():
    async def scenario(hub):
        watcher = Watcher(hub, Page(a="1"))
        await watcher.until(lambda: watcher.texts)
        watcher.task.cancel()
        await asyncio.sleep(0.01)
        assert hub.reading("t") == 0

    run(scenario)


def test_what_many_read_is_rendered_once():
    async def scenario(hub):
        page = Page(a="1", b="2")
        board = Board(page.regions, lambda: hub.version("t"))
        watchers = [Watcher(hub, board) for _ in range(5)]
        for watcher in watchers:
            await watcher.until(lambda watcher=watcher: len(watcher.texts) == 2)
        assert page.rendered == ["a", "b"]
        page.texts["b"] = "3"
        hub.changed("t")
        for watcher in watchers:
            await watcher.until(lambda watcher=watcher: watcher.texts["b"] == "3")
        assert page.rendered == ["a", "b", "b"]

    run(scenario)
