"""A mock of an OpenAI-compatible server whose model is a script named by the model: `turns-41`, `batch-1000`.

`turns-N` writes a trivial cell N - 1 times and then finishes; `batch-N` asks N sub-calls from one cell.
Whoever speaks (Whence, `rlms`, DSPy) gets its own way of finishing. Prints its base URL.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time


def content(body: bytes) -> str:
    """What the scripted model says."""
    asked = json.loads(body)
    messages = asked["messages"]
    kind, _, number = asked["model"].rpartition("/")[2].partition("-")
    text = "".join(str(message["content"]) for message in messages)
    if not any(mark in text for mark in ("FINAL(value)", "REPL environment", "Python REPL", "SUBMIT(")):
        return "yes"
    turn = sum(message["role"] == "assistant" for message in messages)
    if "SUBMIT(" in text and "FINAL(value)" not in text:
        return dspy(kind, int(number), text)
    finish = "FINAL({})" if "FINAL(value)" in text else "answer['content'] = {}\nanswer['ready'] = True"
    if kind == "batch":
        code = f"replies = llm_query_batched([f'item {{i}}' for i in range({number})])\n"
        counted = finish.format("str(sum(reply == 'yes' for reply in replies))")
        return f"```repl\n{code}{counted}\n```"
    last = turn + 1 >= int(number)
    return f"```repl\n{finish.format(repr('done')) if last else f'x = {turn}; print(x)'}\n```"


def dspy(kind: str, number: int, text: str) -> str:
    """The same in DSPy's form: two fields between its markers; turns are counted in its rendered history."""
    turn = text.count("=== Step ")
    last = turn + 1 >= number
    code = "SUBMIT('done')" if last else f"x = {turn}; print(x)"
    if kind == "batch":
        code = f"r = llm_query_batched([f'item {{i}}' for i in range({number})])\nSUBMIT(str(len(r)))"
    return f"[[ ## reasoning ## ]]\nOn.\n\n[[ ## code ## ]]\n```python\n{code}\n```\n\n[[ ## completed ## ]]"


class Scripted(asyncio.Protocol):
    """Answers every POST after a delay."""

    def __init__(self, delay: float) -> None:
        self.delay = delay
        self.inbox = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where to answer."""
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer each whole request."""
        self.inbox += data
        while True:
            head, found, rest = self.inbox.partition(b"\r\n\r\n")
            lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
            length = int(lengths[0][15:]) if lengths else 0
            if not found or len(rest) < length:
                return
            body, self.inbox = rest[:length], rest[length:]
            asyncio.get_running_loop().call_later(self.delay, self.answer, body)

    def answer(self, body: bytes) -> None:
        """Answer one, if anybody still listens."""
        said = {
            "id": "x",
            "object": "chat.completion",
            "created": int(time.time()),
            "model": "scripted",
            "choices": [
                {
                    "index": 0,
                    "finish_reason": "stop",
                    "message": {"role": "assistant", "content": content(body)},
                }
            ],
            "usage": {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15},
        }
        reply = json.dumps(said).encode()
        if not self.transport.is_closing():
            head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
            self.transport.write(head % len(reply) + reply)


async def serve(delay: float) -> None:
    """Serve until killed."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Scripted(delay), "127.0.0.1", 0, backlog=1024)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--delay", type=float, default=0.05)
    asyncio.run(serve(parser.parse_args().delay))
