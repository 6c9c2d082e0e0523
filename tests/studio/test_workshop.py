"""What a running studio holds, and what its handlers make of it, without a server around them."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from types import SimpleNamespace

import pytest
from starlette.requests import Request

from whence.studio.handlers.data import contrast, upload
from whence.studio.handlers.project import delete
from whence.studio.pages.runs import answer_region, outdated
from whence.studio.projects.edits import (
    Ask,
    DropData,
    Edit,
    LoadData,
    Rename,
    SetContrast,
    SetGraph,
    SetPart,
    Where,
)
from whence.studio.security.form_file import InvalidUpload
from whence.studio.settings import Settings
from whence.studio.workshop import Desk, Workshop

CSV = "z,x,y,w\n" + "".join(
    f"{i % 2},{(i // 2 + i // 7) % 2},{i % 5 + i % 2},{1 + i % 2}\n" for i in range(60)
)
GRAPH = "z -> x; z -> y; x -> y"


@asynccontextmanager
async def answered(home):
    """A project whose question was made from its parts and has been answered."""
    workshop = Workshop(Settings(home=home))
    workshop.hub.attach(asyncio.get_running_loop())
    desk = await workshop.desk(workshop.shelf.create("Trial").id)
    file = home / "trial.csv"
    file.write_text(CSV)
    data = workshop.cabinet.bring(file)
    for edit in (LoadData(data, ("z", "x", "y", "w")), SetGraph(GRAPH)):
        assert await workshop.edit(desk, edit, "data")
    assert await workshop.edit(desk, SetPart("x", "treatment"), "data")
    assert await workshop.edit(desk, SetPart("y", "outcome"), "data")
    assert await workshop.ask(desk, "")
    while any(run.state == "going" for run in workshop.runner.views(desk.project)):
        await asyncio.sleep(0.01)
    try:
        yield workshop, desk
    finally:
        await workshop.close()


def old_after(home, *edits: Edit) -> bool:
    async def change() -> bool:
        async with answered(home) as (workshop, desk):
            view = workshop.view(desk)
            assert view.runs[0].answer is not None and not outdated(view), view.runs[0].error
            for edit in edits:
                assert await workshop.edit(desk, edit, "data"), desk.message
            view = workshop.view(desk)
            assert outdated(view) == ("ask again" in answer_region(view).html())
            return outdated(view)

    return asyncio.run(change())


@pytest.mark.parametrize(
    "edit",
    [
        SetPart("z", "treatment"),
        SetPart("z", "outcome"),
        SetPart("w", "weights"),
        SetPart("w", "cluster"),
        SetPart("w", "placebo"),
        SetContrast(("1", "0")),
        Where("z = 0"),
        DropData(),
    ],
    ids=lambda edit: f"{type(edit).__name__} {getattr(edit, 'part', '')}".strip(),
)
def test_an_answer_is_told_to_be_old_once_something_it_rests_on_has_changed(tmp_path, edit) -> None:
    assert old_after(tmp_path, edit)


def test_an_answer_is_not_told_to_be_old_by_a_title_or_by_a_change_that_was_taken_back(tmp_path) -> None:
    assert not old_after(tmp_path, Rename("Another"), SetContrast(("1", "0")), SetContrast(None))


def test_what_a_kill_left_in_quarantine_is_gone_at_the_next_start(tmp_path) -> None:
    (tmp_path / "quarantine").mkdir()
    (tmp_path / "quarantine" / "3f.upload").write_bytes(b"x" * 1000)
    Workshop(Settings(home=tmp_path)).shelf.close()
    assert list((tmp_path / "quarantine").iterdir()) == []


def asked_of(workshop: Workshop, desk: Desk, body: bytes, kind: str = "application/json") -> Request:
    """A request to a handler, as far as handlers look at one."""

    async def receive():
        return {"type": "http.request", "body": body, "more_body": False}

    app = SimpleNamespace(state=SimpleNamespace(workshop=workshop))
    headers = [(b"content-type", kind.encode())]
    told = {"method": "POST", "headers": headers, "path_params": {"project": desk.project.id}, "app": app}
    return Request({"type": "http", "query_string": b"", **told}, receive)


def test_a_file_that_is_not_taken_is_told_on_the_page(tmp_path) -> None:
    body = b'--B\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n\r\n--B--\r\n'

    async def sent() -> Desk:
        workshop = Workshop(Settings(home=tmp_path))
        desk = await workshop.desk(workshop.shelf.create("").id)
        with pytest.raises(InvalidUpload):
            await upload(asked_of(workshop, desk, body, "multipart/form-data; boundary=B"))
        await workshop.close()
        return desk

    message = asyncio.run(sent()).message
    assert message is not None and "empty" in message.text and message.cure


def test_of_a_treatment_with_two_values_one_is_enough_and_both_go_back_to_the_usual(tmp_path) -> None:
    async def told() -> list[object]:
        async with answered(tmp_path) as (workshop, desk):
            found = []
            for body in (b'{"low": "1"}', b'{"low": "1", "high": ""}', b'{"low": "", "high": "1"}'):
                await contrast(asked_of(workshop, desk, body))
                found.append((desk.sheet.contrast, desk.message))
            return found

    assert asyncio.run(told()) == [(("1", "0"), None), (None, None), (("0", "1"), None)]


def test_undo_leaves_what_is_being_typed_unless_it_changes_the_question(tmp_path) -> None:
    async def told() -> list[str]:
        async with answered(tmp_path) as (workshop, desk):
            workshop.typing(desk, "effect of x on")
            await workshop.edit(desk, SetContrast(("1", "0")), "data")
            await workshop.step(desk, "undo")
            found = [desk.sheet.question]
            await workshop.edit(desk, Ask("effect of z on y"), "ask")
            await workshop.step(desk, "undo")
            return [*found, desk.sheet.question]

    assert asyncio.run(told()) == ["effect of x on", ""]


def test_pages_of_a_project_that_is_removed_elsewhere_are_told_so(tmp_path) -> None:
    async def told() -> tuple[Desk, int]:
        workshop = Workshop(Settings(home=tmp_path))
        desk = await workshop.desk(workshop.shelf.create("").id)
        before = workshop.hub.version(desk.project.id)
        await delete(asked_of(workshop, desk, b""))
        news = workshop.hub.version(desk.project.id) - before
        assert "removed" in "".join(region.html() for region in workshop.board(desk).regions())
        await workshop.close()
        return desk, news

    desk, news = asyncio.run(told())
    assert desk.message is not None and "removed" in desk.message.text and news
