"""What a running studio holds: an answer is told to be old once anything changes that it rests on."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager

import pytest

from whence.studio.pages.runs import answer_region, outdated
from whence.studio.projects.edits import DropData, Edit, Rename, SetContrast, SetPart, Where
from whence.studio.settings import Settings
from whence.studio.workshop import Desk, Workshop

CSV = "z,x,y,w\n" + "".join(
    f"{i % 2},{(i // 2 + i // 7) % 2},{i % 5 + i % 2},{1 + i % 2}\n" for i in range(60)
)
GRAPH = "z -> x; z -> y; x -> y"


@asynccontextmanager
async def answered(home):
    """A project whose question was made from its parts and has been answered."""
    from whence.studio.projects.edits import LoadData, SetGraph

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


def test_a_file_that_is_not_taken_is_told_on_the_page(tmp_path) -> None:
    from starlette.requests import Request

    from whence.studio.handlers.data import upload
    from whence.studio.security.form_file import InvalidUpload

    body = b'--B\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n\r\n--B--\r\n'

    async def sent() -> Desk:
        workshop = Workshop(Settings(home=tmp_path))
        workshop.hub.attach(asyncio.get_running_loop())
        desk = await workshop.desk(workshop.shelf.create("").id)

        async def receive():
            return {"type": "http.request", "body": body, "more_body": False}

        class App:
            class state:  # noqa: N801 - as Starlette has it
                pass

        App.state.workshop = workshop
        scope = {
            "type": "http",
            "method": "POST",
            "headers": [(b"content-type", b"multipart/form-data; boundary=B")],
            "path_params": {"project": desk.project.id},
            "app": App,
        }
        with pytest.raises(InvalidUpload):
            await upload(Request(scope, receive))
        await workshop.close()
        return desk

    message = asyncio.run(sent()).message
    assert message is not None and "empty" in message.text and message.cure
