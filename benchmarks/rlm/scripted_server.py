"""A mock of an OpenAI-compatible server whose model is a script named by the model: `turns-41`, `batch-1000`.

`turns-N` writes a trivial cell N - 1 times and then finishes; `batch-N` asks N sub-calls from one cell.
Whoever speaks (Whence, `rlms`, DSPy) gets its own way of finishing. Prints its base URL.
"""

from __future__ import annotations

import argparse
import asyncio
import json

from mock_server import serve


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


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--delay", type=float, default=0.05)
    asyncio.run(serve(parser.parse_args().delay, content))
