"""A mock of nothing: the studio itself, which does on demand what the benchmark of latencies measures.

A line of JSON on its standard input is a wish: {"tick": project, "times": 200} changes the title of a project
so often at 20 a second, each title a time stamp; {"runs": project, "seconds": 20} asks its question again and
again for so long; {"lag": seconds} watches how late the event loop is. Each is answered by a line of JSON.
"""

import asyncio
import json
import socket
import sys
import tempfile
import time
from pathlib import Path

import uvicorn

from whence.studio.app import create
from whence.studio.projects.edits import Rename, SetOptions
from whence.studio.security.connections import connection_protocol
from whence.studio.security.sessions import Sessions
from whence.studio.serving import settled_memory
from whence.studio.settings import Settings

EVERY = 0.05
STEP = 0.002


async def ticks(workshop, project: str, times: int) -> dict:
    desk = await workshop.desk(project)
    due = time.perf_counter()
    for _ in range(times):
        due += EVERY
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        await workshop.edit(desk, Rename(f"at {time.time() * 1000:.3f}"), "project")
    return {"ticks": times}


async def runs(workshop, project: str, seconds: float) -> dict:
    desk = await workshop.desk(project)
    took = []
    until = time.perf_counter() + seconds
    seed = 0
    while time.perf_counter() < until:
        seed, began = seed + 1, time.perf_counter()
        await workshop.edit(desk, SetOptions("auto", seed, 0.95), "ask")
        await workshop.ask(desk, desk.sheet.question)
        while workshop.runner.views(desk.project)[0].state == "going":
            await asyncio.sleep(0.02)
        took.append(time.perf_counter() - began)
        view = workshop.runner.views(desk.project)[0]
        assert view.state == "answered", view.error
    return {"runs": took}


async def lag(seconds: float) -> dict:
    late, until = [], time.perf_counter() + seconds
    while (began := time.perf_counter()) < until:
        await asyncio.sleep(STEP)
        late.append(1000 * (time.perf_counter() - began - STEP))
    return {"lag": late}


async def serve(guard, listening: socket.socket) -> None:
    config = uvicorn.Config(
        guard,
        http=connection_protocol(),
        ws="none",
        log_level="error",
        access_log=False,
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    running = asyncio.ensure_future(server.serve(sockets=[listening]))
    wishes = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(wishes), sys.stdin)
    tasks = set()

    async def grant(wish: dict) -> None:
        workshop = guard._app.state.workshop  # nothing of the studio is made for this
        if "tick" in wish:
            found = await ticks(workshop, wish["tick"], wish["times"])
        elif "runs" in wish:
            found = await runs(workshop, wish["runs"], wish["seconds"])
        else:
            found = await lag(wish["lag"])
        print(json.dumps(found), flush=True)

    while line := await wishes.readline():
        tasks.add(asyncio.ensure_future(grant(json.loads(line))))
    server.should_exit = True
    await running


def main() -> None:
    home = Path(tempfile.mkdtemp())
    listening = socket.create_server(("127.0.0.1", 0), backlog=128)
    port = listening.getsockname()[1]
    sessions = Sessions(home)
    guard = create(Settings(home=home, port=port), sessions)
    cookie = f"{guard.gate.cookie}={sessions.exchange(sessions.launch())}"
    print(json.dumps({"port": port, "cookies": [cookie]}), flush=True)
    loop_of = uvicorn.Config(guard).get_loop_factory()
    with settled_memory(), asyncio.Runner(loop_factory=loop_of) as runner:
        runner.run(serve(guard, listening))


if __name__ == "__main__":
    main()
