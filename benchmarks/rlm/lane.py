"""One lane of the measurement: a simulated server and a process of the rivals of its own, tasks one after
the other.

Called by accuracy.py with the plan as JSON on the standard input; writes a JSON line per task and arm.
"""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from readers import WINDOW, Server, direct, map_reduce, retrieve, truncated

from whence.rlm.calling.budget import Budget
from whence.rlm.calling.pricing import Price
from whence.rlm.rlm import RLM
from whence.rlm.tasks import Task, make_task

HERE = Path(__file__).parent
READERS = {"direct": direct, "truncated": truncated, "map-reduce": map_reduce, "retrieve": retrieve}
USD_IN, USD_OUT = 0.25, 2.0
MOST_CALLS = 20_000


class Rivals:
    """The process that runs `rlms` and DSPy, started when it is first needed."""

    def __init__(self, python: str) -> None:
        self.python = python
        self.process: subprocess.Popen | None = None

    def answer(self, arm: str, policy: str, server: Server, task: Task, context: Path) -> dict:
        """Have a task answered there."""
        if self.process is None:
            self.process = subprocess.Popen(
                [self.python, str(HERE / "rivals" / "answer.py")],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
        line = {
            "arm": arm,
            "model": f"sim?policy={policy}",
            "base_url": server.base_url,
            "question": task.question,
            "context_file": str(context),
            "max_calls": MOST_CALLS,
        }
        self.process.stdin.write(json.dumps(line) + "\n")
        self.process.stdin.flush()
        reply = self.process.stdout.readline()
        if not reply:
            self.process = None
            return {"answer": None, "error": "the process died", "seconds": 0.0}
        return json.loads(reply)


def ours(policy: str, server: Server, task: Task, context: str) -> object:
    rlm = RLM(
        f"sim?policy={policy}",
        base_url=server.base_url,
        budget=Budget(calls=MOST_CALLS, seconds=None),
        price=Price(input=USD_IN, output=USD_OUT),
        window=WINDOW,
    )
    return rlm.completion(context, task.question).answer


def run(arm: str, rivals: Rivals, server: Server, task: Task, context: str, file: Path) -> dict:
    """One task by one arm, with what the server counted."""
    server.reset()
    began = time.perf_counter()
    name, _, policy = arm.partition(":")
    answer, error, seconds = None, None, None
    if name in {"rlms", "dspy"}:
        reply = rivals.answer(name, policy or "plan", server, task, file)
        answer, error, seconds = reply["answer"], reply["error"], reply["seconds"]
    else:
        try:
            if name == "ours":
                answer = ours(policy or "plan", server, task, context)
            else:
                answer = READERS[name](server, task, context)
        except Exception as problem:
            error = f"{type(problem).__name__}: {problem}"[:300]
    stats = server.stats()
    return {
        "kind": task.kind,
        "size": task.size,
        "seed": task.seed,
        "arm": arm,
        "score": 0.0 if error else task.score(answer),
        "tokens": stats["tokens_in"] + stats["tokens_out"],
        "usd": stats["usd"],
        "requests": stats["requests"],
        "seconds": time.perf_counter() - began if seconds is None else seconds,
        "error": error,
    }


def main() -> None:
    given = json.load(sys.stdin)
    simulated = subprocess.Popen(
        [sys.executable, "-m", "whence.testing.simulated", "--watch-stdin", *given["server"]],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    base_url = simulated.stdout.readline().strip()
    rivals = Rivals(given["rivals"])
    server = Server(base_url, "sim")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "context.txt"
        for kind, size, seed, arms in given["plan"]:
            task = make_task(kind, size, seed)
            context = task.context
            file.write_text(context, "utf-8")
            for arm in arms:
                print(json.dumps(run(arm, rivals, server, task, context, file)), flush=True)
    simulated.stdin.close()
    simulated.wait()
    if rivals.process is not None:
        rivals.process.stdin.close()
        rivals.process.wait()


if __name__ == "__main__":
    main()
