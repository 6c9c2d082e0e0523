"""A run of many slow calls, in a process of its own that a test may kill: `long_run.py JOURNAL LOG [resume]`.

Every call that is made writes a line to LOG.
"""

import asyncio
import os
import sys

from whence.rlm import RLM

CELLS = (
    "first = llm_query_batched([f'first {i}' for i in range(40)], sample=1)\nprint(len(first))",
    "second = [str(llm_query(f'second {i} after {len(first)}')) for i in range(20)]\nprint(len(second))",
    "third = llm_query_batched([f'third {i}: {second[i % 20]}' for i in range(40)])",
    "import random\nFINAL(f'{len(first)} {second[7]} {third[39]} {random.random()}')",
)


def main() -> None:
    journal, log, *more = sys.argv[1:]
    made = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    async def speak(messages: list[dict[str, str]]) -> str:
        asked = messages[-1]["content"]
        root = messages[0]["role"] == "system"
        turn = sum(message["role"] == "assistant" for message in messages)
        os.write(made, f"{f'turn {turn}' if root else asked}\n".encode())
        await asyncio.sleep(0.02)
        return f"```repl\n{CELLS[turn]}\n```" if root else f"reply to {asked[:12]}"

    rlm = RLM("slow", client=speak, route="recursive", max_in_flight=8)
    done = rlm.completion("context", "?", journal=journal, resume=bool(more))
    print(done.answer)


if __name__ == "__main__":
    main()
