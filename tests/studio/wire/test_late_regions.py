"""What is large and looked at least comes a frame after the rest, and never later than that."""

import asyncio

from studio.event_stream import patches
from studio.wire.test_streams import Page, Watcher, run
from whence.studio.wire.regions import Board, Region
from whence.studio.wire.stream import Sent


def region(name: str, text: str, *, late: bool = False) -> Region:
    return Region(name, text, lambda: f'<p id="{name}">{text}</p>', late)


def names(frame: bytes) -> list[str]:
    return [told.split('"')[1] for kind, told, _ in patches(frame.decode()) if kind == "elements"]


def test_what_is_late_comes_in_the_frame_after():
    sent, regions = Sent(), [region("big", "1", late=True), region("a", "1")]
    assert names(sent.next(regions)) == ["a"] and sent.behind
    assert names(sent.next(regions)) == ["big"] and not sent.behind
    assert sent.next(regions) == b"" and not sent.behind


def test_what_is_late_does_not_wait_for_nothing():
    sent = Sent()
    assert names(sent.next([region("big", "1", late=True)])) == ["big"] and not sent.behind


def test_a_page_that_never_rests_shows_what_is_late_all_the_same():
    sent, shown = Sent(), []
    for number in range(20):
        shown += [names(sent.next([region("a", f"{number}"), region("big", f"{number}", late=True)]))]
    assert shown == [["a"], ["a", "big"]] * 10


def test_what_is_late_is_sent_as_it_is_then_and_once():
    sent = Sent()
    sent.next([region("a", "1"), region("big", "old", late=True)])
    frame = sent.next([region("a", "1"), region("big", "new", late=True)])
    assert names(frame) == ["big"] and b"new" in frame and b"old" not in frame


def test_what_is_late_and_went_back_to_what_was_shown_is_not_sent():
    sent = Sent()
    for _ in range(2):
        sent.next([region("a", "1"), region("big", "1", late=True)])
    sent.next([region("a", "2"), region("big", "2", late=True)])
    assert sent.behind
    assert sent.next([region("a", "2"), region("big", "1", late=True)]) == b"" and not sent.behind


class Slow(Page):
    """A page with one region that is late."""

    def regions(self):
        return [Region(r.id, r.key, r.html, r.id == "big") for r in super().regions()]


def test_a_stream_brings_both_without_another_change():
    async def scenario(hub):
        page = Slow(big="1", a="1")
        board = Board(page.regions, lambda: hub.version("t"))
        watcher = Watcher(hub, board)
        await watcher.until(lambda: watcher.texts == {"a": "1", "big": "1"})
        page.texts.update(big="2", a="2")
        hub.changed("t")
        await watcher.until(lambda: watcher.texts == {"a": "2", "big": "2"})
        assert page.rendered == ["a", "big", "a", "big"]
        page.rendered.clear()
        await asyncio.sleep(0.02)
        assert page.rendered == []

    run(scenario)


def test_a_reader_that_says_nothing_is_not_sent_what_is_late_beyond_the_window():
    async def scenario(hub):
        page = Slow(big="1", a="x" * 100_000)
        watcher = Watcher(hub, page)
        watcher.acknowledging = False
        await watcher.until(lambda: "a" in watcher.texts)
        await asyncio.sleep(0.02)
        assert "big" not in watcher.texts
        watcher.acknowledge()
        await watcher.until(lambda: watcher.texts.get("big") == "1")

    run(scenario)
