"""A model by script: the leading model says what is written for it, sub-calls get what a function says."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from whence.rlm.prompts import SYSTEM

BEGINNING = SYSTEM[:60]


class Script:
    """`turns` are the leading model's replies, the last for ever; `sub` answers all other questions."""

    def __init__(self, *turns: str, sub: Callable[[str], str] = lambda prompt: f"read {len(prompt)}") -> None:
        self.turns: Sequence[str] = turns
        self.sub = sub
        self.seen: list[list[dict[str, str]]] = []
        self.asked: list[str] = []

    def __call__(self, messages: list[dict[str, str]]) -> str:
        if messages[0]["role"] != "system":
            self.asked.append(messages[-1]["content"])
            return self.sub(messages[-1]["content"])
        self.seen.append(messages)
        turn = sum(message["role"] == "assistant" for message in messages)
        return self.turns[min(turn, len(self.turns) - 1)]


def cell(code: str) -> str:
    return f"```repl\n{code}\n```"
