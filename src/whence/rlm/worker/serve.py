"""The worker's program: it takes what the host begins a session with, and runs cells until the host is gone.

One thread reads: answers go to whoever waits for them, an interrupt stops the running cell. The first thread
runs the cells one after the other, for only it can be stopped in the middle of anything.
"""

from __future__ import annotations

import os
import socket
import warnings
from dataclasses import asdict
from queue import SimpleQueue
from typing import cast

from whence.rlm.worker.interrupts import Interrupts
from whence.rlm.worker.link import HostGone, Link
from whence.rlm.worker.namespace import open_session
from whence.rlm.worker.session import Ran, Session
from whence.rlm.worker.threads import start
from whence.rlm.worker.wire import BrokenFrame, Frame, Wire
from whence.runtime.plain import JSON


def serve(connection: socket.socket, scratch: str) -> None:
    """Serve one session on `connection`; `scratch` is the folder in which files may be written."""
    del scratch  # it is the working folder already
    wire = Wire(connection)
    wire.send({"type": "ready", "pid": os.getpid()})
    begin = _until_begin(wire)
    if begin is None:
        return
    wire.takes_files = False
    warnings.simplefilter("ignore", SyntaxWarning)
    interrupts = Interrupts()
    link = Link(wire, interrupts)
    try:
        session = open_session(begin, wire.files, link, interrupts)
    except Exception as error:  # noqa: BLE001 - the host is told, whatever it is
        wire.send({"type": "failed", "message": f"{type(error).__name__}: {str(error)[:2000]}"})
        return
    inbox: SimpleQueue[Frame | None] = SimpleQueue()
    start(lambda: _read(wire, link, interrupts, inbox), "whence-reader")
    try:
        while (frame := inbox.get()) is not None:
            _do(frame, session, wire)
    except (HostGone, OSError):
        return


def _until_begin(wire: Wire) -> Frame | None:
    while (frame := wire.receive()) is not None:
        if frame.get("type") == "begin":
            return frame
    return None


def _read(wire: Wire, link: Link, interrupts: Interrupts, inbox: SimpleQueue[Frame | None]) -> None:
    try:
        while (frame := wire.receive()) is not None:
            match frame.get("type"):
                case "reply":
                    link.deliver(frame.get("id"), frame.get("value"))
                case "interrupt":
                    link.interrupt()
                case "run":
                    interrupts.queued += 1
                    inbox.put(frame)
                case "put":
                    inbox.put(frame)
                case "end":
                    break
                case _:
                    pass
    except (BrokenFrame, OSError):
        pass
    inbox.put(None)
    link.close()


def _do(frame: Frame, session: Session, wire: Wire) -> None:
    if frame.get("type") == "put":
        session.put(str(frame.get("name")), frame.get("value"))
        return
    number = frame.get("id")
    ran = session.run(str(frame.get("code", "")), number if isinstance(number, int) else 0)
    try:
        wire.send(_told(ran, number))
    except BrokenFrame as error:
        wire.send(_told(Ran(error={"kind": "BrokenFrame", "message": str(error), "traceback": ""}), number))


def _told(ran: Ran, number: JSON) -> Frame:
    return {"type": "ran", "id": number, **cast("Frame", asdict(ran))}
