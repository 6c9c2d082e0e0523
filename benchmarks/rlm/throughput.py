"""1,000 calls of 50 ms at 64 in flight: a bare aiohttp client, ours, and two rivals, in one run.

The mock server runs in a process of its own and answers from a raw protocol, so that the client is what is
measured. The bare client posts the same JSON over one pooled session with a semaphore and reads the text of
the reply: the least that a client can do. Ours is the whole way of a call: budget, pace, sharing, typed
reply. They alternate, and the medians and their ratio are printed. CPU is that of the client's process.

    python benchmarks/rlm/throughput.py --rivals OTHER/bin/python    # an interpreter that has rlms and dspy
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import textwrap
import time
from functools import partial

import aiohttp
from mock_server import Mock

from whence.rlm.calling.budget import Budget, Ledger
from whence.rlm.calling.calls import Answered, Caller
from whence.rlm.calling.pace import Pace
from whence.rlm.calling.pricing import Price
from whence.rlm.clients.openai import OpenAIClient
from whence.rlm.messages import Message, Request

DELAY = 0.05
ROOT_BYTES = 1_500
BAR_WALL = 1.3
BAR_CPU_MS = 0.7

# ── the mock server ─────────────────────────────────────────────────────────────────────────────────────────


def spoken(body: bytes, count: int) -> str:
    """What the mock says. A sub-call is short; a rival's root prompt is long and gets a cell in reply."""
    if len(body) > ROOT_BYTES:
        return (SCRIPT_DSPY if b"[[ ##" in body else SCRIPT_RLMS).replace("COUNT", str(count))
    return "yes"


SCRIPT_RLMS = textwrap.dedent(
    """
    ```repl
    import time
    began = time.perf_counter()
    replies = llm_query_batched([f"Is {i} even?" for i in range(COUNT)])
    took = time.perf_counter() - began
    answer["content"] = f"{took} {sum(reply == 'yes' for reply in replies)}"
    answer["ready"] = True
    ```
    """
)
SCRIPT_DSPY = (
    "[[ ## reasoning ## ]]\nAsk them all.\n\n[[ ## code ## ]]\n```python\n"
    "import time\n"
    "began = time.perf_counter()\n"
    'replies = llm_query_batched([f"Is {i} even?" for i in range(COUNT)])\n'
    "took = time.perf_counter() - began\n"
    "SUBMIT(answer=f\"{took} {sum(reply == 'yes' for reply in replies)}\")\n"
    "```\n\n[[ ## completed ## ]]"
)


async def serve(delay: float, count: int) -> None:
    """Answer until the parent closes our input."""
    loop = asyncio.get_running_loop()
    speaks = partial(spoken, count=count)
    server = await loop.create_server(lambda: Mock(delay, speaks), "127.0.0.1", 0, backlog=1_024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


# ── the two clients ─────────────────────────────────────────────────────────────────────────────────────────


async def bare(url: str, count: int, in_flight: int) -> None:
    """The least that a client over aiohttp can do."""
    gate = asyncio.Semaphore(in_flight)

    async def one(session: aiohttp.ClientSession, number: int) -> str:
        body = {"model": "mock", "messages": [{"role": "user", "content": f"Is {number} even?"}]}
        async with gate, session.post(f"{url}/chat/completions", json=body) as response:
            return (await response.json())["choices"][0]["message"]["content"]

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        replies = await asyncio.gather(*(one(session, number) for number in range(count)))
    assert replies == ["yes"] * count


async def ours(url: str, count: int, in_flight: int) -> None:
    """The whole way of a call."""
    caller = Caller(
        OpenAIClient(url), price=Price(input=1.0, output=2.0), pace=Pace(start=in_flight, most=in_flight)
    )
    ledger = Ledger(Budget(calls=count, usd=100.0, tokens=100_000_000))
    requests = [Request("mock", (Message("user", f"Is {number} even?"),)) for number in range(count)]
    try:
        outcomes = await caller.ask_many(requests, ledger)
    finally:
        await caller.client.aclose()
    assert all(isinstance(outcome, Answered) and outcome.reply.text == "yes" for outcome in outcomes)
    assert ledger.spent.calls == count


def measured(work, url: str, count: int, in_flight: int) -> tuple[float, float]:
    """Wall seconds and CPU seconds of one run."""
    wall, cpu = time.perf_counter(), time.process_time()
    asyncio.run(work(url, count, in_flight))
    return time.perf_counter() - wall, time.process_time() - cpu


# ── rivals ──────────────────────────────────────────────────────────────────────────────────────────────────

RIVALS = {
    "rlms": """
        from rlm import RLM
        rlm = RLM(backend="openai", backend_kwargs={"model_name": "mock", "base_url": URL, "api_key": "none"},
                  environment="local", max_iterations=3)
        work = lambda: rlm.completion("Ask them all.").response
    """,
    "dspy.RLM": """
        import dspy
        from dspy.primitives import LocalInterpreter
        dspy.configure(lm=dspy.LM("openai/mock", api_base=URL, api_key="none", cache=False))
        rlm = dspy.RLM("context, query -> answer", max_llm_calls=10_000, max_iters=3,
                       interpreter_factory=LocalInterpreter)
        work = lambda: rlm(context="nothing", query="Ask them all.").answer
    """,
}
RUN_RIVAL = """
import json, time
wall, cpu = time.perf_counter(), time.process_time()
took, good = work().split()
print(json.dumps([float(took), int(good), time.perf_counter() - wall, time.process_time() - cpu]))
"""


def rival(python: str, name: str, url: str) -> str:
    """What a rival took for the same sub-calls, batched in its REPL, in words."""
    code = f"URL = {url!r}\n{textwrap.dedent(RIVALS[name])}\n{RUN_RIVAL}"
    done = subprocess.run([python, "-c", code], capture_output=True, text=True, check=False, timeout=300)
    try:
        took, good, wall, cpu = json.loads(done.stdout.strip().splitlines()[-1])
    except (ValueError, IndexError):
        return f"no result: {(done.stderr or done.stdout).strip()[-300:]}"
    return f"{took:7.2f} s wall ({good} replies), {cpu:5.2f} s CPU of the run, {wall:5.2f} s in all"


# ── the run ─────────────────────────────────────────────────────────────────────────────────────────────────


def compare(url: str, count: int, in_flight: int, repeats: int) -> bool:
    """Alternate the two, print medians and ratio; whether both bars are met."""
    ways = {"bare aiohttp": bare, "ours": ours}
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    for name, work in ways.items():
        measured(work, url, 100, in_flight)  # imports, first connections
        del name
    for _ in range(repeats):
        for name, work in ways.items():
            times[name].append(measured(work, url, count, in_flight))
    print(
        f"{count:,} calls of {DELAY * 1e3:g} ms, {in_flight} in flight, median of {repeats} (floor"
        f" {-(-count // in_flight) * DELAY:.2f} s); {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
    )
    for name, pairs in times.items():
        wall, cpu = (statistics.median(values) for values in zip(*pairs, strict=True))
        print(f"  {name:14} {wall:7.3f} s wall, {cpu / count * 1e3:6.3f} ms CPU a call")
    ratio = statistics.median(o[0] / b[0] for o, b in zip(times["ours"], times["bare aiohttp"], strict=True))
    cpu_ms = statistics.median(cpu for _, cpu in times["ours"]) / count * 1e3
    print(
        f"  ratio of wall times {ratio:.3f} (bar {BAR_WALL}), CPU {cpu_ms:.3f} ms a call (bar {BAR_CPU_MS})"
    )
    return ratio <= BAR_WALL and cpu_ms <= BAR_CPU_MS


def main() -> int:
    """Start the server, run everything, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--count", type=int, default=1_000)
    parser.add_argument("--in-flight", type=int, default=64)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--rivals", metavar="PYTHON", help="an interpreter that has rlms and dspy")
    given = parser.parse_args()
    if given.serve:
        asyncio.run(serve(DELAY, given.count))
        return 0
    server = subprocess.Popen(
        [sys.executable, __file__, "--serve", "--count", str(given.count)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        url = f"http://127.0.0.1:{int(server.stdout.readline())}/v1"
        met = compare(url, given.count, given.in_flight, given.repeats)
        for name in RIVALS if given.rivals else ():
            print(f"  {name:14} {rival(given.rivals, name, url)}", flush=True)
    finally:
        server.stdin.close()
        server.wait(10)
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
