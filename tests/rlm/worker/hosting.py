"""A small host for tests: it starts a worker in a process of its own and answers what its cells ask."""

from __future__ import annotations

import array
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from whence.rlm.worker.wire import Decoder, encode

SOURCE = Path(__file__).parents[3] / "src"
PROGRAM = (
    "import socket, sys; sys.path.insert(0, {source!r}); from whence.rlm.worker.serve import serve; "
    "serve(socket.socket(fileno=int(sys.argv[1])), '.')"
)

Answer = Callable[[str, dict[str, Any]], Any]


def echo(kind: str, arguments: dict[str, Any]) -> Any:
    """Answer as a patient host would: replies repeat their prompt, every finish is accepted."""
    if kind == "llm":
        return [reply(f"re: {prompt}") for prompt in arguments["prompts"]]
    if kind == "rlm":
        return [reply(f"rlm: {query['query']} {query['context']}") for query in arguments["queries"]]
    if kind == "estimate":
        count = len(arguments["characters"])
        left = {"calls": 100.0}
        return {
            "calls": count,
            "tokens": sum(arguments["characters"]) // 4,
            "usd": None,
            "seconds": 1.0,
            "left": left,
        }
    if kind == "tool":
        return {"ok": True, "value": [arguments["name"], arguments["args"], arguments["kwargs"]]}
    return {"ok": True}


def reply(text: str, value: Any = None) -> dict[str, Any]:
    """A reply that came."""
    return {"ok": True, "text": text, "value": value, "usage": {"input": len(text), "output": 1}}


def failure(code: str = "rate_limited", message: str = "too many requests") -> dict[str, Any]:
    """A reply that did not come."""
    return {"ok": False, "error": code, "message": message, "usage": {}}


class Worker:
    """A worker with its session begun; `run` gives what became of a cell, `calls` what the cells asked."""

    def __init__(
        self,
        answer: Answer = echo,
        *,
        texts: Sequence[str] = ("one\ntwo\n",),
        confined: Any = None,
        **begin: Any,
    ) -> None:
        self.answer = answer
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self._confined = confined
        self._mine = self._start() if confined is None else confined.socket
        self._mine.settimeout(20)
        self._decoder = Decoder()
        self._frames: list[dict[str, Any]] = []
        self._number = 0
        self._begin(texts, begin)
        assert self.frame()["type"] == "ready"

    def _start(self) -> socket.socket:
        mine, theirs = socket.socketpair()
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-c", PROGRAM.format(source=str(SOURCE)), str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL if not os.environ.get("WORKER_ERRORS") else None,
            env={"PYTHONHASHSEED": "0"},
            cwd=tempfile.gettempdir(),
        )
        theirs.close()
        return mine

    def _begin(self, texts: Sequence[str], begin: dict[str, Any]) -> None:
        documents = []
        for place, text in enumerate(texts):
            with tempfile.TemporaryFile() as file:
                file.write(text.encode())
                file.flush()
                self._mine.sendmsg(
                    [encode({"type": "files", "count": 1})],
                    [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [file.fileno()]))],
                )
            documents.append(
                {"name": f"doc{place}", "file": place, "offset": 0, "length": len(text.encode())}
            )
        shape = "text" if len(texts) == 1 else "documents"
        self.send({"type": "begin", "documents": documents, "shape": shape, "seed": 7, **begin})

    def send(self, frame: dict[str, Any]) -> None:
        self._mine.sendall(encode(frame))

    def frame(self) -> dict[str, Any]:
        """The next frame of the worker's; an EOFError when it is dead."""
        while not self._frames:
            data = self._mine.recv(1 << 16)
            if not data:
                raise EOFError("the worker is gone")
            self._frames += self._decoder.feed(data)
        return self._frames.pop(0)

    def start(self, code: str) -> int:
        self._number += 1
        self.send({"type": "run", "id": self._number, "code": code})
        return self._number

    def run(self, code: str, *, interrupt_after: float | None = None) -> dict[str, Any]:
        """Run a cell, answering its calls; with `interrupt_after` seconds it is stopped."""
        number = self.start(code)
        if interrupt_after is not None:
            time.sleep(interrupt_after)
            self.send({"type": "interrupt"})
        return self.finish(number)

    def finish(self, number: int) -> dict[str, Any]:
        while True:
            frame = self.frame()
            if frame["type"] == "ran":
                assert frame["id"] == number
                return frame
            assert frame["type"] == "call"
            self.calls.append((frame["kind"], frame["arguments"]))
            value = self.answer(frame["kind"], frame["arguments"])
            if value is not None:
                self.send({"type": "reply", "id": frame["id"], "value": value})

    def output(self, code: str) -> str:
        """What a cell without a mistake prints."""
        ran = self.run(code)
        assert ran["error"] is None, ran["error"]
        return str(ran["output"])

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_: object) -> None:
        if self._confined is not None:
            self._confined.close()
            return
        self._mine.close()
        self._process.kill()
        self._process.wait()


class Scripted:
    """A host in this process: `answer` is called at once for what is submitted."""

    def __init__(self, answer: Answer = echo) -> None:
        self.answer = answer
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def submit(self, kind: str, arguments: dict[str, Any]) -> Any:
        self.calls.append((kind, arguments))
        return _There(self.answer(kind, arguments))

    @property
    def prompts(self) -> list[str]:
        return [prompt for kind, asked in self.calls if kind == "llm" for prompt in asked["prompts"]]


class _There:
    def __init__(self, value: Any) -> None:
        self._value = value

    def result(self, timeout: float | None = None) -> Any:
        return self._value

    def done(self) -> bool:
        return True
